"""The loss that word2vec lowers, measured again and again on the same examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sksequence.inputs._channel import offsets_from_lengths, ragged_positions
from sksequence.preprocessing._word2vec_corpus import cut

_PIECE = 200  # tokens: an example comes from a piece of text of this length
_BLOCK = 1 << 8  # examples that are looked up at a time


@dataclass(frozen=True, eq=False)
class ExampleLoss:
    r"""Mean loss of fixed examples: an input ``h`` and outputs that say yes or no.

    .. math:: L = \frac{1}{n} \sum_{i=1}^{n} \sum_{o \in O_i} \log (1 + e^{-s_o \, u_o \cdot h_i})

    with :math:`h_i` the mean of the vectors of the example's input words (just one word for
    skip-gram). For negative sampling :math:`O_i` are the target word (:math:`s = 1`) and the
    drawn negatives (:math:`s = -1`); for the hierarchical softmax they are the inner nodes on
    the target's path, and :math:`s = 1 - 2 \cdot code`.

    Parameters
    ----------
    inputs : ndarray of shape (n_inputs,)
        Input words of all examples, end to end.
    n_inputs : ndarray of shape (n_examples,)
        How many of them each example has, at least one.
    outputs, signs : ndarray of shape (n_outputs,)
        Rows of the output weights and their signs, for all examples, end to end.
    n_outputs : ndarray of shape (n_examples,)
        How many of them each example has.
    """

    inputs: np.ndarray
    n_inputs: np.ndarray
    outputs: np.ndarray
    signs: np.ndarray
    n_outputs: np.ndarray

    def __call__(self, vectors: np.ndarray, weights: np.ndarray) -> float:
        """The loss of word vectors and output weights, both ``(n_rows, vector_size)``."""
        inputs, outputs = map(offsets_from_lengths, (self.n_inputs, self.n_outputs))
        total = 0.0
        for start in range(0, len(self.n_inputs), _BLOCK):
            stop = min(start + _BLOCK, len(self.n_inputs))
            read = self.inputs[inputs[start] : inputs[stop]]
            part = slice(outputs[start], outputs[stop])
            sums = np.add.reduceat(vectors[read], inputs[start:stop] - inputs[start], axis=0)
            sums /= self.n_inputs[start:stop, np.newaxis].astype(sums.dtype)  # (n_block, size)
            repeated = np.repeat(sums, self.n_outputs[start:stop], axis=0)
            scores = np.einsum("ij,ij->i", repeated, weights[self.outputs[part]])
            total += np.logaddexp(0, -self.signs[part] * scores).sum()
        return float(total / len(self.n_inputs))


def draw_pairs(ids, lengths, keep, window, n_tokens, rng):
    """(target, input) pairs of a random part of a text, drawn as word2vec draws them.

    Parameters
    ----------
    ids : ndarray of shape (n_tokens,)
        Ids of a corpus; negative ones are outside the vocabulary.
    lengths : ndarray of shape (n_documents,)
        Tokens of each document.
    keep : ndarray of shape (n_words,)
        Probability that an occurrence of a word is kept.
    window : int
        The radius of a window is drawn uniformly from ``1 ... window``.
    n_tokens : int
        About how many tokens to look at.
    rng : Generator
        Draws the text, what is kept of it, and the radii.

    Returns
    -------
    words : ndarray of shape (n_kept,)
        The kept words, end to end.
    targets, inputs : ndarray of shape (n_pairs,)
        Positions in `words`; the targets never fall.
    """
    starts, stops = cut(lengths, _PIECE)
    some = rng.choice(len(starts), size=min(len(starts), n_tokens), replace=False, shuffle=False)
    rng.shuffle(some)
    sizes = (stops - starts)[some]
    some = some[: np.searchsorted(np.cumsum(sizes), n_tokens) + 1]
    sizes = sizes[: len(some)]
    words = ids[ragged_positions(starts[some], sizes)]
    piece = np.repeat(np.arange(len(some)), sizes)
    kept = words >= 0
    kept[kept] = rng.random(kept.sum()) < keep[words[kept]]
    words, piece = words[kept], piece[kept]
    return words, *_neighbours(piece, rng.integers(1, window, size=len(piece), endpoint=True))


def _neighbours(piece, radius):
    """All (i, j), i rising, with ``0 < |i - j| <= radius[i]`` in the same piece."""
    here = np.arange(len(piece))
    pairs = []
    for distance in range(1, int(radius.max(initial=0)) + 1):
        together = piece[distance:] == piece[:-distance]
        left, right = here[:-distance][together], here[distance:][together]
        pairs += [
            (left[radius[left] >= distance], right[radius[left] >= distance]),
            (right[radius[right] >= distance], left[radius[right] >= distance]),
        ]
    if not pairs:
        return here[:0], here[:0]
    targets, inputs = (np.concatenate(side) for side in zip(*pairs, strict=True))
    order = np.argsort(targets, kind="stable")
    return targets[order], inputs[order]


def draw_examples(words, targets, inputs, *, cbow: bool, n_examples: int, rng):
    """At most `n_examples` of the pairs, which CBOW joins into one example a target.

    Returns
    -------
    target_words : ndarray of shape (n_examples,)
    input_words, n_inputs : ndarray
        As in `ExampleLoss`.
    """
    if not cbow:
        n_inputs = np.ones(len(targets), dtype=np.int64)
    else:
        targets, n_inputs = np.unique(targets, return_counts=True)
    chosen = rng.choice(len(targets), size=min(len(targets), n_examples), replace=False)
    chosen.sort()
    positions = ragged_positions((np.cumsum(n_inputs) - n_inputs)[chosen], n_inputs[chosen])
    return words[targets[chosen]], words[inputs[positions]], n_inputs[chosen]


def negative_outputs(target_words, counts, negative, rng):
    """Outputs, signs and number of outputs, for negative sampling.

    Negatives are drawn with probability proportional to ``count ** 0.75``; one that happens to
    be the target itself is left out, as in training.
    """
    cumulative = np.cumsum(counts.astype(np.float64) ** 0.75)
    draws = rng.random((len(target_words), negative)) * cumulative[-1]
    drawn = np.searchsorted(cumulative, draws, side="right")
    outputs = np.column_stack([target_words, drawn])  # (n_examples, 1 + negative)
    signs = np.full(outputs.shape, -1, dtype=np.float32)
    signs[:, 0] = 1
    used = (signs == 1) | (outputs != target_words[:, np.newaxis])
    return outputs[used], signs[used], used.sum(axis=1)


def path_outputs(target_words, points, codes):
    """Outputs, signs and number of outputs, for the hierarchical softmax.

    Parameters
    ----------
    target_words : ndarray of shape (n_examples,)
    points, codes : sequence of ndarray
        For each word the inner nodes of its path through the Huffman tree, and the turn taken
        at each.
    """
    sizes = np.array([len(points[word]) for word in target_words], dtype=np.int64)
    outputs = np.concatenate([points[word] for word in target_words]).astype(np.int64)
    turns = np.concatenate([codes[word] for word in target_words]).astype(np.float32)
    return outputs, 1 - 2 * turns, sizes


def keep_probability(counts, sample: float) -> np.ndarray:
    r"""Probability that subsampling keeps an occurrence of each word.

    .. math:: p(w) = \min(1, \sqrt{t / f(w)} + t / f(w))

    with :math:`f(w)` the share of the word in the text and :math:`t` the `sample`.
    """
    if not sample:
        return np.ones(len(counts))
    ratio = sample * counts.sum() / counts
    return np.minimum(1, np.sqrt(ratio) + ratio)
