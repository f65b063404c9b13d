"""Sequences beside themselves, one step later: what is read at a step, and what comes there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sksequence.inputs import Channel, SequenceArray


@dataclass(frozen=True)
class Shifted:
    """What a language model reads and what it is asked for.

    Parameters
    ----------
    inputs : SequenceArray
        Of each step the value before it; first a start symbol, or zeros.
    targets : ndarray of shape (n_steps, ...)
        Sequence after sequence.
    owners : ndarray of shape (n_pieces,)
        The sequence that each piece is cut from.
    """

    inputs: SequenceArray
    targets: np.ndarray
    owners: np.ndarray


def shift_symbols(X: SequenceArray, size: int, ends: bool) -> Shifted:
    """Ids below `size`; `size` is the end (where ``ends``), `size` + 1 the start.

    ``x_1 x_2 x_3`` is read as ``start x_1 x_2 (x_3)`` and asked for as ``x_1 x_2 x_3 (end)``.
    """
    ids = np.asarray(X.only.values)
    firsts, offsets = X.offsets[:-1], X.offsets
    if ends:
        before = np.insert(ids, firsts, size + 1)
        targets = np.insert(ids, offsets[1:], size)
        offsets = offsets + np.arange(len(offsets))
    else:
        before, targets = np.roll(ids, 1), ids
        before[firsts] = size + 1
    vectors = X.only.vectors
    if vectors is not None:  # none for the end and the start
        vectors = np.vstack([vectors, np.zeros((2, vectors.shape[1]), dtype=vectors.dtype)])
    channel = Channel(before, n_tokens=size + 2, vectors=vectors)
    inputs = SequenceArray({"values": channel}, offsets, context=X.context, names=X.names)
    return Shifted(inputs, targets, np.arange(len(X)))


def shift_numbers(X: SequenceArray, values: np.ndarray, ends: bool) -> Shifted:
    """Numbers of shape ``(n_steps, n_features)``; first come zeros.

    With ``ends`` a last column of the targets is 1 at the last step of each sequence.
    """
    before = np.roll(values, 1, axis=0)
    before[X.offsets[:-1]] = 0.0
    targets = values
    if ends:
        last = np.zeros((len(values), 1))
        last[X.offsets[1:] - 1] = 1.0
        targets = np.hstack([values, last])
    inputs = SequenceArray(before, X.offsets, context=X.context, names=X.names)
    return Shifted(inputs, targets, np.arange(len(X)))


def cut(shifted: Shifted, n_rows: int, shortest: int) -> Shifted:
    """Long sequences as several contiguous pieces, so that `n_rows` can be read side by side.

    A piece knows the step before it, but not the state of the network there. Pieces are not
    shorter than `shortest` but for the last of a sequence.
    """
    inputs = shifted.inputs
    lengths = inputs.lengths
    size = max(shortest, -(-int(lengths.sum()) // n_rows))
    if lengths.max(initial=0) <= size or len(lengths) >= n_rows:
        return shifted
    counts = -(-lengths // size)
    owners = np.repeat(shifted.owners, counts)
    sizes = -(-lengths // counts)  # pieces of a sequence are equally long, but for the last
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = np.repeat(inputs.offsets[:-1], counts) + place * np.repeat(sizes, counts)
    offsets = np.append(starts, inputs.offsets[-1])
    context = None if inputs.context is None else inputs.context[owners]
    pieces = SequenceArray(dict(inputs.channels), offsets, context=context)
    return Shifted(pieces, shifted.targets, owners)
