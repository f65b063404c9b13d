"""What a language model reads, in its own types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from sksequence.estimators._containers import holds_text
from sksequence.estimators._language_output import is_rows_of_tokens
from sksequence.estimators._language_parameters import stretch
from sksequence.estimators._shifted import Shifted
from sksequence.estimators._sides import documents as documents_of
from sksequence.inputs import Channel, SequenceArray, SequenceSchema, check_sequences
from sksequence.inputs._channel import offsets_from_lengths

# From so many steps on, the last part of one long text is held back.
AUTO_FROM_STEPS = 30_000
END_NAME = "<end>"
SHOWN = 40  # characters of a document in a message


def as_documents(X: Any) -> Any:
    """One text as a list of one, rows of a table of tokens as lists; all else as it is."""
    if is_rows_of_tokens(X):
        return np.asarray(X).tolist()
    return [X] if isinstance(X, str) else X


def default_ends(X: Any) -> str | None:
    """How sequences end, if it is left open: the same way in every container."""
    return None if isinstance(X, str) else "end"


def read(X: Any, what: str, estimator: Any) -> SequenceArray:
    """Sequences of the kind of those of ``fit``.

    Raises
    ------
    TypeError
        If they are texts and those of ``fit`` lists of tokens, or the reverse.
    """
    X = as_documents(X)
    with without_targets():
        sequences = estimator.side_.read(X, what, estimator)
    check_same_kind(X, what, estimator)
    return sequences


@contextmanager
def without_targets() -> Iterator[None]:
    """No error speaks of y, which there is none of."""
    try:
        yield
    except (TypeError, ValueError) as error:
        for of_y in (" (and the same row of y)", " (and the same rows of y)"):
            if of_y in str(error):
                raise type(error)(str(error).replace(of_y, "")) from error
        raise


def check_same_kind(X: Any, what: str, estimator: Any) -> None:
    """Raise TypeError for texts in place of lists of tokens, or the reverse."""
    side = estimator.side_
    if not hasattr(side, "encoder") or not hasattr(X, "__len__"):
        return
    for document in documents_of(X):
        is_text = isinstance(document, str)
        if is_text == side.as_text or callable(side.encoder.analyzer) or not len(document):
            continue
        shown = repr(document)
        shown = shown if len(shown) <= SHOWN else shown[: SHOWN - 3] + "..."
        given, known = ("text", "lists of tokens") if is_text else ("a list of tokens", "texts")
        remedy = f"[{shown}] is one token" if is_text else "give a text"
        if is_text and " " in document.strip():
            remedy = f"e.g. {shown}.split()"
        raise TypeError(
            f"{what} holds {given} ({shown}), but {type(estimator).__name__} was fitted on "
            f"{known}: give the same kind ({remedy})."
        )


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
    """Names of the symbols in the order of their ids, last that of the end, which is no other's."""
    encoder = getattr(side, "encoder", None)
    names = list(range(side.size)) if encoder is None else list(encoder.vocabulary_.tokens)
    if length_model == "end":
        end = END_NAME
        while end in names:
            end = f"<{end}>"
        names.append(end)
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
        unknown_id=channel.unknown_id,
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
    sequences = read(X, "prefix", estimator)
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
    if not n_context:
        raise ValueError(f"{name} was fitted without contexts: leave context out.")
    values = np.atleast_2d(_finite_numbers(context))
    if values.shape[1] != n_context or len(values) not in (1, n):
        raise ValueError(
            f"context has the shape {np.shape(context)}, but {name} was fitted with a context of "
            f"{n_context} values: expected ({n_context},) or ({n}, {n_context})."
        )
    return np.broadcast_to(values, (n, n_context)).copy()


def _finite_numbers(context: Any) -> np.ndarray:
    try:
        values = np.asarray(context, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"context must hold numbers, got {str(context)[:SHOWN]!r}: of categories make columns "
            "of 0 and 1, e.g. with OneHotEncoder."
        ) from error
    if not np.isfinite(values).all():
        found = values[~np.isfinite(values)][0]
        raise ValueError(f"context holds {found}, but needs finite numbers: fill it.")
    return values
