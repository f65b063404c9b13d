"""Recordings are read from their archive, and the first five of each are the test."""

import io
import wave
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from sksequence.datasets import _spoken, fetch_spoken_digits
from sksequence.datasets._spoken import _read_recordings, _read_wave


def wave_file(samples, rate=8000, n_channels=1, width=2) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(n_channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.asarray(samples, dtype="<i2").tobytes())
    return stream.getvalue()


def test_samples_lie_between_minus_one_and_one():
    samples, rate = _read_wave(wave_file([0, -32768, 16384, 32767], rate=11025))
    assert rate == 11025
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, [0, -1, 0.5, np.float32(1 - 2**-15)])


@pytest.mark.parametrize("options", [{"n_channels": 2}, {"width": 1}])
def test_other_forms_of_recordings_are_refused(options):
    with pytest.raises(ValueError, match="expected 1 channel of 16 bits"):
        _read_wave(wave_file([0, 0], **options))


def test_recordings_of_an_archive_go_to_their_part(tmp_path: Path):
    path = tmp_path / "recordings.zip"
    names = ["7_theo_10.wav", "3_theo_4.wav", "7_ann_0.wav", "7_theo_9.wav"]
    with ZipFile(path, "w") as archive:
        for i, name in enumerate(names):
            archive.writestr(f"recordings/{name}", wave_file([i, i]))
        archive.writestr("recordings/README.md", "no recording")
    train, rate = _read_recordings(path, test=False)
    test, _ = _read_recordings(path, test=True)
    assert rate == 8000
    assert list(zip(train.target, train.speaker, train.recording, strict=True)) == [
        ("7", "theo", 9),
        ("7", "theo", 10),
    ]
    assert [wave[0] * 2**15 for wave in train.data] == [3, 0]
    assert test.speaker.tolist() == ["ann", "theo"]
    assert test.recording.tolist() == [0, 4]


def test_spoken_digits(data_dir: Path):
    digits = fetch_spoken_digits(download_if_missing=False)
    assert digits.sampling_rate == 8000
    for part, n in ((digits.train, 45), (digits.test, 5)):
        counts = Counter(zip(part.speaker.tolist(), part.target.tolist(), strict=True))
        assert len(counts) == 6 * 10
        assert set(counts.values()) == {n}
        assert all(len(wave) > 1000 and np.abs(wave).max() <= 1 for wave in part.data)
    assert set(digits.test.recording.tolist()) == set(range(5))
    X, y = fetch_spoken_digits(split="test", return_X_y=True)
    assert len(X) == 300
    np.testing.assert_array_equal(X[0], digits.test.data[0])
    assert y.tolist() == digits.test.target.tolist()


def test_wrong_arguments_are_named_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(_spoken, "fetch_files", None)
    with pytest.raises(ValueError, match="split must be one of 'train', 'test', got 'dev'"):
        fetch_spoken_digits(split="dev")


def test_missing_archive_says_that_it_has_no_address():
    with pytest.raises(OSError, match=r"spoken_digits/recordings.zip.*has no public address"):
        fetch_spoken_digits()
