"""Sequences of which values are missing: what is let through, and the times of their steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.inputs import Channel, SequenceArray, SequenceSchema, check_sequences
from sksequence.layers._missing import masked_channels


def read_sequences(estimator: Any, X: Any, reset: bool) -> SequenceArray:
    """Checked sequences; NaN stays in features where the estimator has ``missing="mask"``.

    Raises
    ------
    TypeError, ValueError
        As ``check_sequences``. NaN is refused in frames, in a context and in the times of steps,
        and so are times that go back.
    """
    masked = estimator.missing == "mask"
    X = check_sequences(X, estimator=estimator, reset=reset, allow_nan=masked)
    if masked:
        schema = SequenceSchema.of(X)
        time = place_of_time(estimator, schema)
        _check_context(X)
        channels = SequenceSchema.named_channels(X)
        for name in set(channels) - set(masked_channels(schema.channels, None)):
            _check_complete(X, channels[name])
        if time is not None:
            _check_times(X, _column(channels[time[0]], time[1]), estimator.time)
    return X


def place_of_time(estimator: Any, schema: SequenceSchema) -> tuple[str, int] | None:
    """The channel and its column that hold the times of steps; None: steps are counted."""
    if estimator.time is None or estimator.missing != "mask":
        return None
    numeric = {k: c for k, c in schema.channels.items() if c.kind == "numeric"}
    known = []
    for name, channel in numeric.items():
        if channel.shape == (1,):
            known.append(name)
        if len(channel.shape) == 1:
            known += channel.feature_names or ()
    if estimator.time in numeric and estimator.time in known:
        return estimator.time, 0
    for name, channel in numeric.items():
        if len(channel.shape) == 1 and estimator.time in (channel.feature_names or ()):
            return name, channel.feature_names.index(estimator.time)
    of = f"time={estimator.time!r} of {type(estimator).__name__}"
    if known:
        raise ValueError(
            f"{of} is neither a channel of one number a step nor the name of a feature (there are "
            f"{known[:12]}): name one of them, add a channel with X.with_channel("
            f"{estimator.time!r}, times), or count steps with time=None."
        )
    raise ValueError(
        f"{of} names a channel or a feature, but nothing in X has a name that could be meant, as "
        f"is always so in lists and arrays: X has {_described(numeric)}. {FROM_LISTS}"
    )


FROM_LISTS = (
    "Of lists or arrays make X = SequenceArray.from_list(X).with_channel('time', times), with "
    "times a list of the times of each sequence, and set time='time'; or give a DataFrame with an "
    "index (sequence, step) and set time to the name of its column; or count steps with time=None."
)


def _described(numeric: dict) -> str:
    """What there is, in words."""
    told = [
        f"{channel.shape[0]} features a step" if len(channel.shape) == 1 else "frames"
        for channel in numeric.values()
    ]
    return " and ".join(told) + " without names" if told else "no numbers"


def check_name_of_time(estimator: Any) -> None:
    """Raise TypeError where the times themselves are given in place of their name."""
    if estimator.time is None or isinstance(estimator.time, str):
        return
    raise TypeError(
        f"time of {type(estimator).__name__} must be a str, the name of the channel or of the "
        f"feature that holds the time of each step, or None, got a "
        f"{type(estimator.time).__name__}: the times belong into X. {FROM_LISTS}"
    )


def check_all_seen(X: SequenceArray) -> None:
    """Raise ValueError if a feature is missing at all steps of all sequences."""
    for name, channel in SequenceSchema.named_channels(X).items():
        if channel.kind != "numeric":
            continue
        parts = [np.fmin.reduce(rows, axis=0) for _, rows in channel.blocks() if len(rows)]
        never = np.isnan(np.fmin.reduce(parts, axis=0)) if parts else np.zeros(1, dtype=bool)
        if never.any():
            column = int(np.argmax(never))
            which = repr(channel.feature_names[column]) if channel.feature_names else column
            of = f" of channel {name!r}" if len(X.channels) > 1 else ""
            raise ValueError(
                f"feature {which}{of} is missing (NaN) at every step of the {len(X)} sequences to "
                "train on, so nothing can be learned about it: leave it out, or give sequences "
                "in which it is seen."
            )


def mean_time_step(X: SequenceArray, time: tuple[str, int], weights: np.ndarray | None) -> float:
    """The mean time from one step to the next, sequences weighted; 1 if there is none."""
    name, column = time
    times = _column(SequenceSchema.named_channels(X)[name], column)
    ends = times[np.stack([X.offsets[:-1], X.offsets[1:] - 1])].astype(np.float64)
    of_sequences = np.ones(len(X)) if weights is None else weights
    passed = float(of_sequences @ (ends[1] - ends[0]))
    return passed / float(of_sequences @ (X.lengths - 1)) if passed > 0 else 1.0


def _check_context(X: SequenceArray) -> None:
    if X.context is None or not np.isnan(X.context).any():
        return
    i, column = np.argwhere(np.isnan(X.context))[0]
    raise ValueError(
        f"value {column} of the context of sequence {i}{_named(X, i)} is NaN, but missing='mask' "
        "is for the values of steps: fill it, e.g. with SimpleImputer(add_indicator=True)."
    )


def _check_complete(X: SequenceArray, channel: Channel) -> None:
    if channel.kind != "numeric":
        return
    for start, rows in channel.blocks():
        if not np.isnan(rows.min(initial=0.0)):
            continue
        row = start + int(np.argwhere(np.isnan(rows))[0, 0])
        if channel.item_offsets is not None:
            row = int(np.searchsorted(channel.item_offsets, row, side="right")) - 1
        raise ValueError(
            f"Input X contains NaN: {_place(X, row)}, in a frame: missing='mask' masks features of "
            "steps, no pixels. Fill them, or leave the step out."
        )


def _column(channel: Channel, column: int) -> np.ndarray:
    return np.concatenate([rows[:, column] for _, rows in channel.blocks()])


def _check_times(X: SequenceArray, times: np.ndarray, name: str) -> None:
    bad = np.isnan(times)
    if bad.any():
        raise ValueError(
            f"the time {name!r} of {_place(X, int(np.argmax(bad)))} is NaN: every step needs its "
            "time. Fill it, leave the step out, or count steps with time=None."
        )
    back = np.diff(times) < 0
    back[X.offsets[1:-1] - 1] = False  # from one sequence to the next
    if back.any():
        row = int(np.argmax(back)) + 1
        raise ValueError(
            f"the time {name!r} goes back from {times[row - 1]:g} to {times[row]:g} at "
            f"{_place(X, row)}: put the steps in the order of their times, as "
            "SequenceArray.from_frame(df, sequence=..., time=...) does."
        )


def _place(X: SequenceArray, row: int) -> str:
    i = int(np.searchsorted(X.offsets, row, side="right")) - 1
    return f"sequence {i}{_named(X, i)}, step {row - X.offsets[i]}"


def _named(X: SequenceArray, i: int) -> str:
    return "" if X.names is None else f" ({str(X.names[i])!r})"
