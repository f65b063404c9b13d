"""From the label probabilities of each step to label strings, without alignment.

A path has one label or the blank at each step. It stands for the label string that is left when
each run of equal labels is taken once and the blanks are dropped (Graves et al., 2006). Here the
blank is the last of the C columns, so that the others are the labels 0 ... C - 2.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from sksequence.decoding._tree import leaves, select

NO_LABEL = -1


class Transcript(NamedTuple):
    """A label string that was found.

    Parameters
    ----------
    labels : ndarray of int of shape (n_labels,)
    log_probability : float
        Of the greedy search: that of the best path. Of the beam: that of the label string, as
        far as its paths stayed in the beam.
    score : float
        What it is ranked by.
    """

    labels: np.ndarray
    log_probability: float
    score: float


class PathScorer(Protocol):
    """Says how good it is that a label follows others; all numbers are logarithms."""

    def start(self, n_rows: int) -> Any:
        """A tree of tensors with `n_rows` rows, with what ``labels`` and ``end`` read."""

    def advance(self, labels: Tensor, state: Any) -> Any:
        """The state after one more label of each row."""

    def labels(self, state: Any) -> Tensor:
        """``(n_rows, n_labels)``: of each label to come next."""

    def end(self, state: Any) -> Tensor:
        """``(n_rows,)``: of nothing to follow."""


def greedy_collapse(log_probs: Tensor, lengths: Tensor) -> list[Transcript]:
    """The label string of the most probable path.

    Parameters
    ----------
    log_probs : Tensor of shape (n_sequences, n_steps, n_labels + 1)
        The blank last.
    lengths : Tensor of shape (n_sequences,)
        Steps that exist.

    Returns
    -------
    list of Transcript
        One for each sequence.

    Examples
    --------
    >>> import torch
    >>> from sksequence.decoding import greedy_collapse
    >>> path = torch.tensor([[0, 0, 2, 0, 1, 1]])  # of the labels 0 and 1, and the blank 2
    >>> log_probs = torch.nn.functional.one_hot(path).double().log()
    >>> greedy_collapse(log_probs, torch.tensor([6]))[0].labels
    array([0, 0, 1])
    """
    best, paths = (part.cpu().numpy() for part in log_probs.double().max(dim=2))
    blank = log_probs.shape[2] - 1
    found = []
    for scores, path, n in zip(best, paths, lengths.tolist(), strict=True):
        path = path[:n]
        kept = path != blank
        kept[1:] &= path[1:] != path[:-1]
        total = float(scores[:n].sum())
        found.append(Transcript(path[kept], total, total))
    return found


class _Beam(NamedTuple):
    """K label strings for each of N sequences, each tensor ``(N, K)``.

    The probability of a string at a step is split by whether its paths end with a blank there.
    """

    ends_blank: Tensor
    ends_label: Tensor
    last: Tensor  # label; NO_LABEL of the empty string
    length: Tensor  # far below zero where no path is left
    key: Tensor  # tells strings from one another
    beside: Tensor  # what a scorer and the bonus add

    @property
    def total(self) -> Tensor:
        return torch.logaddexp(self.ends_blank, self.ends_label)


def prefix_beam_search(
    log_probs: Tensor,
    lengths: Tensor,
    *,
    beam_size: int,
    n_best: int = 1,
    scorer: PathScorer | None = None,
    weight: float = 1.0,
    insertion_bonus: float = 0.0,
) -> list[list[Transcript]]:
    r"""The most probable label strings, over all of their paths (Graves, 2012; Hannun, 2014).

    After each step the `beam_size` best beginnings are kept. With a scorer they are ranked by

    .. math:: \log p(l \mid x) + w \log p_{\mathrm{scorer}}(l) + \beta\, |l|.

    Parameters
    ----------
    log_probs : Tensor of shape (n_sequences, n_steps, n_labels + 1)
        The blank last.
    lengths : Tensor of shape (n_sequences,)
        Steps that exist.
    beam_size : int
        With a beam that holds all beginnings the result is exact.
    n_best : int, default=1
        How many strings, of at most `beam_size`.
    scorer : PathScorer, default=None
    weight : float, default=1.0
        The factor w of the scorer.
    insertion_bonus : float, default=0.0
        The bonus :math:`\beta` of each label.

    Returns
    -------
    list of list of Transcript
        For each sequence, the best first; fewer than `n_best` where no more have paths.
    """
    log_probs = _after_the_end(log_probs.double(), lengths)  # (N, T, C)
    n_rows, n_steps, _ = log_probs.shape
    beam = _empty_strings(n_rows, beam_size, log_probs)
    language = None if scorer is None else _Language(scorer, weight, n_rows, beam_size)
    history = []
    for t in range(n_steps):
        added = None if language is None else language.added()
        beam, parents, labels = _one_step(beam, log_probs[:, t], added, insertion_bonus)
        if language is not None:
            language.follow(parents, labels)
        history.append((parents, labels))
    log_p, ranks = beam.total, beam.total + beam.beside
    if language is not None:
        ranks = ranks + language.ending()
    return _read_back(history, log_p, ranks, n_best)


def _after_the_end(log_probs: Tensor, lengths: Tensor) -> Tensor:
    """Steps that do not exist have a blank for certain, which changes no string."""
    beyond = torch.arange(log_probs.shape[1], device=lengths.device) >= lengths[:, None]
    log_probs = log_probs.masked_fill(beyond[:, :, None], -torch.inf)
    log_probs[:, :, -1].masked_fill_(beyond, 0.0)
    return log_probs


DEAD = -(2**40)


def _empty_strings(n_rows: int, beam_size: int, like: Tensor) -> _Beam:
    impossible = like.new_full((n_rows, beam_size), -torch.inf)
    ends_blank = impossible.clone()
    ends_blank[:, 0] = 0.0
    numbers = torch.zeros(n_rows, beam_size, dtype=torch.int64, device=like.device)
    length = numbers + DEAD
    length[:, 0] = 0
    zeros = like.new_zeros(n_rows, beam_size)
    return _Beam(ends_blank, impossible, numbers + NO_LABEL, length, numbers, zeros)


def _one_step(beam: _Beam, log_probs: Tensor, added: Tensor | None, bonus: float):
    """The beam after one more step of `log_probs` (N, C); parents and labels (N, K)."""
    size = beam.last.shape[1]
    n_labels = log_probs.shape[1] - 1
    last = beam.last.clamp(min=0)
    of_last = log_probs.gather(1, last).masked_fill(beam.last < 0, -torch.inf)
    stays_blank = beam.total + log_probs[:, -1:]
    stays_label = beam.ends_label + of_last
    # (N, K, n_labels): one label more; the same label again only after a blank
    longer = beam.total[:, :, None] + log_probs[:, None, :-1]
    longer = longer.scatter(2, last[:, :, None], (beam.ends_blank + of_last)[:, :, None])
    first = beam.last < 0
    longer = torch.where(
        first[:, :, None], beam.total[:, :, None] + log_probs[:, None, :-1], longer
    )
    stays_label, longer = _merge(beam, last, stays_label, longer)
    beside = beam.beside[:, :, None] + bonus
    if added is not None:
        beside = beside + added
    ranks = torch.cat(
        [
            (torch.logaddexp(stays_blank, stays_label) + beam.beside)[:, :, None],
            longer + beside,
        ],
        dim=2,
    )  # (N, K, 1 + n_labels)
    best, at = ranks.flatten(1).topk(size, dim=1)
    parents, labels = at // (1 + n_labels), at % (1 + n_labels) + NO_LABEL
    grown = labels != NO_LABEL
    of_parent = [part.gather(1, parents) for part in (stays_blank, stays_label)]
    extended = longer.flatten(1).gather(1, parents * n_labels + labels.clamp(min=0))
    besides = beside.expand(-1, -1, n_labels).flatten(1)
    besides = besides.gather(1, parents * n_labels + labels.clamp(min=0))
    key, length = beam.key.gather(1, parents), beam.length.gather(1, parents)
    new = _Beam(
        of_parent[0].masked_fill(grown, -torch.inf),
        torch.where(grown, extended, of_parent[1]),
        torch.where(grown, labels, beam.last.gather(1, parents)),
        (length + grown).masked_fill(best == -torch.inf, DEAD),
        torch.where(grown, _next_key(key, labels), key),
        torch.where(grown, besides, beam.beside.gather(1, parents)),
    )
    return new, parents, labels


def _merge(beam: _Beam, last: Tensor, stays: Tensor, longer: Tensor) -> tuple[Tensor, Tensor]:
    """Give the paths of "ab" + "c" to "abc" where that is in the beam too."""
    # (N, child, parent)
    expected = _next_key(beam.key[:, None, :], beam.last[:, :, None])
    same = (beam.key[:, :, None] == expected) & (
        beam.length[:, :, None] == beam.length[:, None, :] + 1
    )
    same &= beam.length[:, None, :] >= 0
    places = last[:, None, :].expand(-1, last.shape[1], -1)  # (N, parent, child)
    paths = longer.gather(2, places).transpose(1, 2).masked_fill(~same, -torch.inf)
    stays = torch.logaddexp(stays, paths.amax(dim=2))  # a child has one parent
    taken = torch.zeros_like(longer, dtype=torch.int32)
    taken.scatter_add_(2, places, same.transpose(1, 2).int())
    return stays, longer.masked_fill(taken > 0, -torch.inf)


def _next_key(key: Tensor, label: Tensor) -> Tensor:
    """Mix a label into the 64 bits that stand for the string before it."""
    mixed = (key ^ (label + 1)) * -7046029254386353131
    return (mixed ^ (mixed >> 29)) * -4658895280553007687


def _read_back(history: list, log_p: Tensor, ranks: Tensor, n_best: int) -> list[list[Transcript]]:
    """Follow each string back to its start."""
    ranks, order = ranks.sort(dim=1, descending=True, stable=True)
    order, ranks = order[:, :n_best], ranks[:, :n_best]
    log_p = log_p.gather(1, order)
    steps, at = [], order
    for parents, labels in reversed(history):
        steps.append(labels.gather(1, at))
        at = parents.gather(1, at)
    strings = torch.stack(steps[::-1], dim=2).cpu().numpy()  # (N, n_best, T)
    return [
        [
            Transcript(row[row != NO_LABEL], float(p), float(rank))
            for row, p, rank in zip(rows, ps, scores, strict=True)
            if rank > -np.inf
        ]
        for rows, ps, scores in zip(strings, log_p.tolist(), ranks.tolist(), strict=True)
    ]


class _Language:
    """What a scorer says of each string in a beam."""

    def __init__(self, scorer: PathScorer, weight: float, n_rows: int, beam_size: int):
        self.scorer, self.weight, self.shape = scorer, weight, (n_rows, beam_size)
        self.state = scorer.start(n_rows * beam_size)

    def added(self) -> Tensor:
        """``(N, K, n_labels)``."""
        return self.weight * self.scorer.labels(self.state).double().view(*self.shape, -1)

    def ending(self) -> Tensor:
        """``(N, K)``."""
        return self.weight * self.scorer.end(self.state).double().view(self.shape)

    def follow(self, parents: Tensor, labels: Tensor) -> None:
        """Take the states of the parents; only strings that have grown are read further."""
        n_rows, size = self.shape
        firsts = torch.arange(n_rows, device=parents.device)[:, None] * size
        self.state = select(self.state, (parents + firsts).flatten())
        grown = (labels.flatten() != NO_LABEL).nonzero()[:, 0]
        if not len(grown):
            return
        further = self.scorer.advance(labels.flatten()[grown], select(self.state, grown))
        for whole, part in zip(leaves(self.state), leaves(further), strict=True):
            whole[grown] = part


def forced_alignment(
    log_probs: Tensor, lengths: Tensor, targets: Tensor, n_labels: Tensor
) -> tuple[list[np.ndarray], np.ndarray]:
    """The most probable path of a known label string (Viterbi).

    Parameters
    ----------
    log_probs : Tensor of shape (n_sequences, n_steps, n_labels + 1)
        The blank last.
    lengths : Tensor of shape (n_sequences,)
        Steps that exist.
    targets : Tensor of int of shape (n_sequences, n_longest)
        The labels; what stands behind the end of a string does not matter.
    n_labels : Tensor of shape (n_sequences,)
        How many labels each string has.

    Returns
    -------
    spans : list of ndarray of int of shape (n_labels, 2)
        The first step of each label, and the one after its last.
    log_probabilities : ndarray of shape (n_sequences,)
        Of the paths; minus infinity where there is none: the spans mean nothing there.
    """
    log_probs = log_probs.double()
    n_rows, n_steps, n_columns = log_probs.shape
    blank = n_columns - 1
    # states: blank, first label, blank, second label, ..., blank
    states = torch.full((n_rows, 2 * targets.shape[1] + 1), blank, device=targets.device)
    states[:, 1::2] = targets
    may_skip = torch.zeros_like(states, dtype=torch.bool)
    may_skip[:, 3::2] = targets[:, 1:] != targets[:, :-1]
    emitted = log_probs.gather(2, states[:, None, :].expand(-1, n_steps, -1))  # (N, T, S)
    score = torch.full_like(emitted[:, 0], -torch.inf)
    score[:, :2] = emitted[:, 0, :2]
    moves = []
    for t in range(1, n_steps):
        ways = torch.stack([score, _later(score, 1), _later(score, 2)])  # (3, N, S)
        ways[2].masked_fill_(~may_skip, -torch.inf)
        best, move = ways.max(dim=0)
        runs = (t < lengths)[:, None]
        score = torch.where(runs, best + emitted[:, t], score)
        moves.append(move.masked_fill(~runs, 0))
    rows = torch.arange(n_rows, device=states.device)
    at_blank, at_label = 2 * n_labels, (2 * n_labels - 1).clamp(min=0)
    after_label = score[rows, at_label] > score[rows, at_blank]
    at = torch.where(after_label, at_label, at_blank)
    log_p = score[rows, at].cpu().numpy()
    path = [at]
    for move in reversed(moves):
        at = at - move[rows, at]
        path.append(at)
    paths = torch.stack(path[::-1], dim=1).cpu().numpy()  # (N, T)
    sizes = zip(paths, lengths.tolist(), n_labels.tolist(), strict=True)
    return [_spans(path[:n], n_own) for path, n, n_own in sizes], log_p


def _later(score: Tensor, by: int) -> Tensor:
    """The score `by` states before each state."""
    if score.shape[1] <= by:
        return torch.full_like(score, -torch.inf)
    return torch.nn.functional.pad(score[:, :-by], (by, 0), value=-torch.inf)


def _spans(path: np.ndarray, n_labels: int) -> np.ndarray:
    """``(n_labels, 2)``: where the states 1, 3, 5, ... of a path begin and end."""
    wanted = 2 * np.arange(n_labels) + 1
    starts = np.searchsorted(path, wanted, side="left")
    return np.stack([starts, np.searchsorted(path, wanted, side="right")], axis=1)
