"""Piano rolls to MIDI files and back."""

from __future__ import annotations

import os
from numbers import Integral, Real
from typing import Any

import numpy as np

from sksequence.utils import import_optional

TICKS_PER_STEP = 120
TICKS_PER_QUARTER = 2**15 - 1  # the most that a file can say
N_PITCHES = 128
DRUMS = 9  # the channel in which numbers are instruments and no pitches
VELOCITY = 80
MICROSECONDS = 60e6  # in a minute


def write_midi(
    roll: Any,
    path: str | os.PathLike[str],
    *,
    steps_per_quarter: int = 1,
    tempo: float = 120.0,
    lowest_pitch: int = 21,
    hold: bool = True,
    program: int = 0,
) -> None:
    """Write a piano roll as a MIDI file, to be listened to or printed as notes.

    Parameters
    ----------
    roll : array-like of shape (n_steps, n_pitches)
        1 or True where a key sounds and 0 elsewhere, from the lowest pitch up, as a language
        model with ``emission="bernoulli"`` writes it.
    path : str or path-like
        The file, which is replaced when there is one.
    steps_per_quarter : int, default=1
        Steps in a quarter note, at most 273.
    tempo : float, default=120.0
        Quarter notes in a minute, from 4 to 1000.
    lowest_pitch : int, default=21
        MIDI number of the first pitch; 21 is the lowest key of a piano, 60 the middle C.
    hold : bool, default=True
        Whether a pitch that sounds in neighbouring steps is one long note. When False it is
        struck anew at every step.
    program : int, default=0
        The instrument, from 0 to 127, in the list of General MIDI: 0 is a piano, 19 an organ.

    Raises
    ------
    ImportError
        If mido is not installed: ``pip install "sksequence[music]"``.
    TypeError, ValueError
        If the roll is none, or an argument is out of its range.

    See Also
    --------
    read_midi : The way back.
    sksequence.inspection.PianoRollDisplay : A picture of the roll.

    Examples
    --------
    A broken chord, C, E and G, that is held:

    >>> import numpy as np
    >>> from sksequence.preprocessing import write_midi
    >>> roll = np.array([[1, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0],
    ...                  [1, 0, 0, 0, 1, 0, 0, 1]])
    >>> write_midi(roll, "chord.mid", lowest_pitch=60)  # doctest: +SKIP
    """
    roll = _check_roll(roll)
    _check_whole("write_midi", "steps_per_quarter", steps_per_quarter, 1, _most_steps())
    _check_whole("write_midi", "lowest_pitch", lowest_pitch, 0, N_PITCHES - roll.shape[1])
    _check_whole("write_midi", "program", program, 0, 127)
    if isinstance(tempo, bool) or not isinstance(tempo, Real) or not 4 <= float(tempo) <= 1000:
        raise ValueError(
            f"write_midi got tempo={tempo!r}: give the quarter notes in a minute, from 4 to 1000."
        )
    mido = import_optional("mido", extra="music", purpose="write_midi")
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=round(MICROSECONDS / float(tempo))))
    track.append(mido.Message("program_change", program=int(program)))
    now = 0
    for tick, kind, pitch in _events(roll, int(lowest_pitch), hold):
        message = mido.Message(kind, note=pitch, velocity=VELOCITY, time=tick - now)
        track.append(message)
        now = tick
    end = len(roll) * TICKS_PER_STEP
    track.append(mido.MetaMessage("end_of_track", time=end - now))
    ticks_per_quarter = TICKS_PER_STEP * int(steps_per_quarter)
    file = mido.MidiFile(type=0, ticks_per_beat=ticks_per_quarter)
    file.tracks.append(track)
    file.save(os.fspath(path))


def read_midi(
    path: str | os.PathLike[str],
    *,
    steps_per_quarter: int = 1,
    lowest_pitch: int = 21,
    n_pitches: int = 88,
) -> np.ndarray:
    """Read a MIDI file as a piano roll.

    The notes of all tracks and channels sound together, without those of the drums. Where a
    note begins and ends is rounded to whole steps, and a note is a step long at least. How loud
    it is, the pedal and changes of the tempo are not read.

    Parameters
    ----------
    path : str or path-like
        The file.
    steps_per_quarter : int, default=1
        Steps in a quarter note, at most 273.
    lowest_pitch : int, default=21
        MIDI number of the first pitch of the roll; 21 is the lowest key of a piano.
    n_pitches : int, default=88
        Number of pitches of the roll; 88 are the keys of a piano.

    Returns
    -------
    roll : ndarray of float32 of shape (n_steps, n_pitches)
        1 where a key sounds and 0 elsewhere. It ends where the file does.

    Raises
    ------
    ImportError
        If mido is not installed: ``pip install "sksequence[music]"``.
    ValueError
        If the file is no MIDI file, or has a note outside the roll.

    See Also
    --------
    write_midi : The way back.

    Examples
    --------
    >>> from sksequence.preprocessing import read_midi
    >>> read_midi("chord.mid").shape  # doctest: +SKIP
    (3, 88)
    """
    _check_whole("read_midi", "steps_per_quarter", steps_per_quarter, 1, _most_steps())
    _check_whole("read_midi", "lowest_pitch", lowest_pitch, 0, N_PITCHES - 1)
    _check_whole("read_midi", "n_pitches", n_pitches, 1, N_PITCHES - int(lowest_pitch))
    mido = import_optional("mido", extra="music", purpose="read_midi")
    path = os.fspath(path)
    file = _open(mido, path)
    ticks_per_step = file.ticks_per_beat / int(steps_per_quarter)
    notes, end = _notes(mido.merge_tracks(file.tracks))
    places = []
    for pitch, first, last in notes:
        if not 0 <= pitch - lowest_pitch < n_pitches:
            raise ValueError(
                f"The file {path} has a note of pitch {pitch}, but the roll was to have the "
                f"pitches {lowest_pitch} to {lowest_pitch + n_pitches - 1}: give another "
                "lowest_pitch or more n_pitches."
            )
        start = _rounded(first / ticks_per_step)
        places.append(
            (pitch - lowest_pitch, start, max(start + 1, _rounded(last / ticks_per_step)))
        )
    n_steps = max([_rounded(end / ticks_per_step), *(stop for _, _, stop in places)])
    roll = np.zeros((n_steps, n_pitches), dtype=np.float32)
    for column, start, stop in places:
        roll[start:stop, column] = 1
    return roll


def _most_steps() -> int:
    return TICKS_PER_QUARTER // TICKS_PER_STEP


def _rounded(steps: float) -> int:
    """The nearest whole number, of two the larger."""
    return int(np.floor(steps + 0.5))


def _check_roll(roll: Any) -> np.ndarray:
    """A roll as an array of bool of shape (n_steps, n_pitches)."""
    if hasattr(roll, "offsets"):
        raise TypeError(
            "write_midi writes one piano roll into a file, got a container of sequences: give one "
            "of them, such as X[0]."
        )
    roll = np.asarray(roll)
    if roll.ndim != 2 or not len(roll) or not 1 <= roll.shape[1] <= N_PITCHES:
        raise ValueError(
            "write_midi needs a piano roll of shape (n_steps, n_pitches) with a step at least and "
            f"1 to {N_PITCHES} pitches, got shape {roll.shape}."
        )
    if not np.isin(roll, (0, 1)).all():
        raise ValueError(
            "write_midi needs 1 where a key sounds and 0 elsewhere, got other values: of "
            "probabilities make notes first, such as roll > 0.5."
        )
    return roll.astype(bool)


def _check_whole(what: str, name: str, value: Any, low: int, high: int) -> None:
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not low <= int(value) <= high:
        raise ValueError(f"{what} got {name}={value!r}: give a whole number from {low} to {high}.")


def _events(roll: np.ndarray, lowest_pitch: int, hold: bool) -> list[tuple[int, str, int]]:
    """Tick, kind and pitch of each event; at a tick notes end before others begin."""
    silence = np.zeros((1, roll.shape[1]), dtype=bool)
    before, after = np.concatenate([silence, roll]), np.concatenate([roll, silence])
    ends, starts = (before & ~after, after & ~before) if hold else (before, after)
    return [
        (step * TICKS_PER_STEP, kind, lowest_pitch + int(pitch))
        for step in range(len(roll) + 1)
        for kind, places in (("note_off", ends[step]), ("note_on", starts[step]))
        for pitch in np.flatnonzero(places)
    ]


def _open(mido: Any, path: str) -> Any:
    try:
        file = mido.MidiFile(path)
    except FileNotFoundError:
        raise
    except (OSError, EOFError, ValueError, IndexError) as error:
        reason = (str(error) or "it ends in the middle").rstrip(".")
        raise ValueError(f"The file {path} is no MIDI file, or broken: {reason}.") from error
    if file.ticks_per_beat <= 0:
        raise ValueError(
            f"The file {path} counts its time in frames of a film and not in quarter notes, which "
            "read_midi does not read."
        )
    return file


def _notes(messages: Any) -> tuple[list[tuple[int, int, int]], int]:
    """Pitch, first and last tick of each note, and the tick at which the music ends."""
    now, notes = 0, []
    sounding: dict[tuple[int, int], list[int]] = {}
    for message in messages:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        starts = sounding.setdefault((message.channel, message.note), [])
        if message.type == "note_on" and message.velocity:
            starts.append(now)
        elif starts:  # an end of what never began is passed over
            notes.append((message.note, starts.pop(0), now))
    left = [(pitch, start, now) for (_, pitch), starts in sounding.items() for start in starts]
    return notes + left, now
