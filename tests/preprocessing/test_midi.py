"""What is written as MIDI is read as it was, and a file says what it should."""

import re
import sys

import numpy as np
import pytest

from sksequence import SequenceArray
from sksequence.preprocessing import read_midi, write_midi


def random_roll(n_steps=40, n_pitches=88, seed=0):
    return (np.random.default_rng(seed).random((n_steps, n_pitches)) < 0.1).astype(np.float32)


@pytest.fixture
def mido():
    return pytest.importorskip("mido")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "music.mid"


@pytest.mark.parametrize("steps_per_quarter", [1, 2, 3, 4, 273])
@pytest.mark.parametrize("hold", [True, False])
def test_a_roll_comes_back_as_it_was(mido, path, steps_per_quarter, hold):
    roll = random_roll()
    write_midi(roll, path, steps_per_quarter=steps_per_quarter, hold=hold)
    found = read_midi(path, steps_per_quarter=steps_per_quarter)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, roll)


def test_silence_at_both_ends_is_kept(mido, path):
    roll = np.zeros((9, 88), dtype=bool)
    roll[3:5, 40] = True
    write_midi(roll, path)
    np.testing.assert_array_equal(read_midi(path), roll)
    write_midi(np.zeros((4, 88)), path)
    assert read_midi(path).shape == (4, 88)
    assert not read_midi(path).any()


def test_other_ranges_of_pitches(mido, path):
    roll = random_roll(n_pitches=128)
    write_midi(roll, path, lowest_pitch=0)
    np.testing.assert_array_equal(read_midi(path, lowest_pitch=0, n_pitches=128), roll)
    write_midi(roll[:, :5], str(path), lowest_pitch=60)
    np.testing.assert_array_equal(read_midi(str(path))[:, 39:44], roll[:, :5])


def notes_of(mido, path):
    """Kind, pitch and time in quarter notes of the notes of a file."""
    file = mido.MidiFile(path)
    now, found = 0, []
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        if message.type.startswith("note"):
            found.append((message.type, message.note, now / file.ticks_per_beat))
    return found


def test_neighbouring_steps_are_one_note_or_several(mido, path):
    roll = [[1, 0], [1, 1]]
    write_midi(roll, path, lowest_pitch=60, steps_per_quarter=2)
    assert notes_of(mido, path) == [
        ("note_on", 60, 0),
        ("note_on", 61, 0.5),
        ("note_off", 60, 1),
        ("note_off", 61, 1),
    ]
    write_midi(roll, path, lowest_pitch=60, steps_per_quarter=2, hold=False)
    assert [note[1:] for note in notes_of(mido, path) if note[0] == "note_on"] == [
        (60, 0),
        (60, 0.5),
        (61, 0.5),
    ]


def test_tempo_length_and_instrument(mido, path):
    write_midi(random_roll(12), path, steps_per_quarter=2, tempo=90, program=19)
    file = mido.MidiFile(path)
    assert file.length == pytest.approx(6 * 60 / 90, abs=1e-4)
    (program,) = (m.program for m in file.tracks[0] if m.type == "program_change")
    assert program == 19


def test_tracks_sound_together_without_the_drums(mido, path):
    file = mido.MidiFile(ticks_per_beat=480)
    for channel, pitch, start, length in ((0, 60, 0, 960), (1, 64, 480, 480), (9, 40, 0, 480)):
        track = mido.MidiTrack()
        track.append(mido.Message("note_on", channel=channel, note=pitch, time=start))
        # a start without force is an end
        track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=0, time=length))
        file.tracks.append(track)
    file.save(path)
    roll = read_midi(path, lowest_pitch=60, n_pitches=5)
    np.testing.assert_array_equal(roll, [[1, 0, 0, 0, 0], [1, 0, 0, 0, 1]])


def test_times_are_rounded_and_no_note_is_lost(mido, path):
    file = mido.MidiFile(ticks_per_beat=100)
    track = mido.MidiTrack()
    for kind, pitch, delta in (
        ("note_on", 60, 49),  # 0.49 -> 0
        ("note_off", 60, 10),  # 0.59 -> 1
        ("note_on", 61, 91),  # 1.50 -> 2
        ("note_off", 61, 10),  # 1.60 -> 2, one step at least
    ):
        track.append(mido.Message(kind, note=pitch, time=delta))
    file.tracks.append(track)
    file.save(path)
    roll = read_midi(path, lowest_pitch=60, n_pitches=2)
    np.testing.assert_array_equal(roll, [[1, 0], [0, 0], [0, 1]])


def test_a_note_that_never_ends_lasts_to_the_end(mido, path):
    file = mido.MidiFile(ticks_per_beat=100)
    track = mido.MidiTrack([mido.Message("note_on", note=60)])
    track.append(mido.MetaMessage("end_of_track", time=300))
    file.tracks.append(track)
    file.save(path)
    assert read_midi(path, lowest_pitch=60, n_pitches=1).ravel().tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("roll", "options", "message"),
    [
        (np.zeros(5), {}, r"shape \(n_steps, n_pitches\).* got shape \(5,\)"),
        (np.zeros((0, 88)), {}, r"with a step at least.* got shape \(0, 88\)"),
        (np.zeros((5, 129)), {}, "1 to 128 pitches"),
        (np.full((5, 88), 0.5), {}, "of probabilities make notes first, such as roll > 0.5"),
        (np.full((5, 88), np.nan), {}, "got other values"),
        (np.zeros((5, 88)), {"lowest_pitch": 41}, "lowest_pitch=41: give .* from 0 to 40"),
        (np.zeros((5, 88)), {"steps_per_quarter": 0}, "steps_per_quarter=0.* from 1 to 273"),
        (np.zeros((5, 88)), {"tempo": 0}, "tempo=0: give the quarter notes in a minute"),
        (np.zeros((5, 88)), {"program": 128}, "program=128"),
    ],
)
def test_what_is_no_roll_is_refused_before_a_file_is_made(path, roll, options, message):
    with pytest.raises(ValueError, match=message):
        write_midi(roll, path, **options)
    assert not path.exists()


def test_a_container_is_no_roll(path):
    X = SequenceArray.from_list([random_roll(), random_roll()])
    with pytest.raises(TypeError, match=r"got a container of sequences: give one .* X\[0\]"):
        write_midi(X, path)


def test_files_that_cannot_be_read(mido, path):
    with pytest.raises(FileNotFoundError):
        read_midi(path)
    for content in (b"", b"no music at all", b"MThd\x00\x00\x00\x06\x00\x00\x00\x01"):
        path.write_bytes(content)
        with pytest.raises(
            ValueError, match=rf"{re.escape(str(path))} is no MIDI file, or broken: \w.*\.$"
        ):
            read_midi(path)
    write_midi(random_roll(), path)
    with pytest.raises(ValueError, match=r"has a note of pitch .* 60 to 60: give another"):
        read_midi(path, lowest_pitch=60, n_pitches=1)
    with pytest.raises(ValueError, match="n_pitches=88: give a whole number from 1 to 28"):
        read_midi(path, lowest_pitch=100)


def test_missing_mido_names_the_extra(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mido", None)
    for call in (lambda: write_midi(random_roll(), path), lambda: read_midi(path)):
        with pytest.raises(ImportError, match=r'pip install "sksequence\[music\]"'):
            call()


def test_chorales_come_back(mido, data_dir, path):
    from sksequence.datasets import fetch_jsb_chorales

    chorales = fetch_jsb_chorales(split="validation").data
    for piece in chorales[:10]:
        write_midi(piece, path)
        np.testing.assert_array_equal(read_midi(path), piece)
