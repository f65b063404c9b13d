"""What a language model reads, in its own types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from sksequence.estimators._containers import holds_text
from sksequence.estimators._language_parameters import stretch
from sksequence.estimators._shifted import Shifted
from sksequence.inputs import Channel, SequenceArray, SequenceSchema, check_sequences
from sksequence.inputs._channel import offsets_from_lengths

# From so many steps on, the last part of one long text is held back.
AUTO_FROM_STEPS = 30_000
END_NAME = "<end>"


def as_documents(X: Any) -> Any:
    """One text as a list of one; all else as it is."""
    return [X] if isinstance(X, str) else X


def check_one_channel(sequences: SequenceArray, estimator: Any) -> None:
    """Raise ValueError for several channels."""
    if len(sequences.channels) > 1:
        raise ValueError(
            f"X has the channels {list(sequences.channels)}, but {type(estimator).__name__} models "
            "one: choose it, or put numeric ones side by side as features of a step."
        )


def check_several_symbols(sequences: SequenceArray, length_model: str | None) -> None:
    """Raise ValueError if there is nothing to foretell."""
    ids = np.asarray(sequences.only.values)
    if length_model != "end" and ids.size and (ids == ids[0]).all():
        raise ValueError(
            f"X holds a single symbol ({len(ids)} times): there is nothing to foretell but the "
            "number of steps. Use length_model='end', or other data."
        )


def symbol_names(side: Any, length_model: str | None) -> np.ndarray:
    """Names of the symbols in the order of their ids, that of the end last."""
    encoder = getattr(side, "encoder", None)
    names = list(range(side.size)) if encoder is None else list(encoder.vocabulary_.tokens)
    if length_model == "end":
        names.append(END_NAME)
    result = np.empty(len(names), dtype=object)
    result[:] = names
    return result


def last_stretch_held_back(text: SequenceArray, estimator: Any):
    """The first part of one long text to train on, the last to decide when to stop (or None).

    Raises
    ------
    ValueError
        If the text is shorter than one stretch of `tbptt_steps`.
    """
    n = int(text.lengths[0])
    n_steps, _ = stretch(estimator.tbptt_steps)
    if n_steps is not None and n <= n_steps:
        raise ValueError(
            f"X is one text of {n} steps, but a stretch has tbptt_steps={n_steps}: give a longer "
            "text, lower tbptt_steps, or put texts in a list."
        )
    wanted = estimator.early_stopping
    if wanted == "auto":
        wanted = n >= AUTO_FROM_STEPS
    if not wanted:
        return text, None
    stop = n - max(1, int(estimator.validation_fraction * n))
    return _part(text, slice(0, stop)), _part(text, slice(stop, n))


def _part(text: SequenceArray, at: slice) -> SequenceArray:
    (name, channel), *_ = text.channels.items()
    part = Channel(
        channel.values[at],
        n_tokens=channel.n_tokens,
        vectors=channel.vectors,
        vocabulary_id=channel.vocabulary_id,
    )
    return SequenceArray({name: part}, [0, len(part.values)], context=text.context)


def ranks(targets: np.ndarray, n_symbols: int) -> torch.Tensor:
    """The rank of each symbol by its frequency, 0 for the most frequent."""
    counts = np.bincount(targets, minlength=n_symbols)
    result = np.empty(n_symbols, dtype=np.int64)
    result[np.argsort(-counts, kind="stable")] = np.arange(n_symbols)
    return torch.from_numpy(result)


def ids_of_prefixes(side: Any, prefixes: Any, estimator: Any) -> list[np.ndarray]:
    """Ids, or scaled numbers, of sequences that may be empty if they are in a list."""
    if not isinstance(prefixes, (list, tuple)) and not holds_text(prefixes):
        X = check_sequences(prefixes, estimator=estimator, reset=False)
        return _read_beginnings(X, side, estimator)
    prefixes = list(prefixes)
    if not prefixes:
        raise ValueError("no sequence to begin with: prefixes is empty; [''] or [[]] is the start.")
    empty = np.empty((0, side.size)) if side.kind == "numeric" else np.empty(0, dtype=np.int64)
    rows: list[np.ndarray] = [empty] * len(prefixes)
    there = [i for i, prefix in enumerate(prefixes) if len(prefix)]
    if not there:
        return rows
    chosen: Any = [prefixes[i] for i in there]
    if not holds_text(chosen):
        n_tokens = side.size if side.kind == "symbols" else None
        chosen = SequenceArray.from_list(chosen, n_tokens=n_tokens)
    for i, row in zip(there, _read_beginnings(chosen, side, estimator), strict=True):
        rows[i] = row
    return rows


def _read_beginnings(X: Any, side: Any, estimator: Any) -> list[np.ndarray]:
    """What a side reads; of numbers and symbols the context comes apart."""
    n_context = estimator.network_.spec.reader.schema.n_context
    if n_context and isinstance(X, SequenceArray):
        X = X.with_context(np.zeros((len(X), n_context)))
    sequences = side.read(X, "prefix", estimator)
    if side.kind == "numeric":
        sequences = side.scaled(sequences)
    return [np.asarray(row) for row in sequences]


def begun(
    rows: Sequence[np.ndarray], side: Any, schema: SequenceSchema, context: np.ndarray | None
) -> SequenceArray:
    """Beginnings as the network reads them: first a start symbol, or zeros."""
    offsets = offsets_from_lengths(np.array([len(row) + 1 for row in rows]))
    if side.kind == "numeric":
        first = np.zeros((1, side.size))
        values = np.concatenate([part for row in rows for part in (first, row)])
        return SequenceArray(values, offsets, context=context)
    start = np.array([side.size + 1])
    ids = np.concatenate([part for row in rows for part in (start, row)])
    channel = Channel(ids, n_tokens=side.size + 2)
    return SequenceArray({"values": channel}, offsets, context=context)


def beginning_with_zeros(scaled: SequenceArray, original: SequenceArray) -> Shifted:
    """Numbers with a row of zeros before each sequence."""
    values = np.insert(scaled.only.values, original.offsets[:-1], 0.0, axis=0)
    offsets = original.offsets + np.arange(len(original.offsets))
    inputs = SequenceArray(values, offsets, context=original.context)
    return Shifted(inputs, values, np.arange(len(original)))


def check_context(context: Any, n: int, estimator: Any) -> np.ndarray | None:
    """A context for each of `n` sequences, if the model was fitted with contexts.

    Raises
    ------
    ValueError
        If there is none, one too many, or one of another size.
    """
    n_context = estimator.network_.spec.reader.schema.n_context
    name = type(estimator).__name__
    if context is None:
        if n_context:
            raise ValueError(
                f"{name} was fitted with a context of {n_context} values: give context=, of shape "
                f"({n_context},) or ({n}, {n_context})."
            )
        return None
    values = np.atleast_2d(np.asarray(context, dtype=np.float64))
    if values.shape[1] != n_context or len(values) not in (1, n):
        raise ValueError(
            f"context has the shape {np.shape(context)}, but {name} was fitted with a context of "
            f"{n_context} values: expected ({n_context},) or ({n}, {n_context})."
        )
    return np.broadcast_to(values, (n, n_context)).copy()
