"""Beam search: several hypotheses of every sequence, side by side."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from sksequence.decoding._largest import largest
from sksequence.decoding._rows import first_leaf, remaining, step_limits
from sksequence.decoding._trace import Step, trace_back
from sksequence.decoding._tree import Decoded, select


def beam_search(
    decoder,
    state,
    memory,
    *,
    beam_size: int,
    start: int,
    end: int,
    max_steps,
    length_penalty: float = 0.0,
    coverage_penalty: float = 0.0,
    n_best: int = 1,
) -> Decoded:
    r"""Follow the `beam_size` most probable beginnings of each sequence.

    Outputs that ended are ranked by (Wu et al., Google's Neural Machine Translation System,
    2016, equation 14)

    .. math::

        s(Y) = \frac{\log P(Y)}{\left((5 + |Y|) / 6\right)^\alpha}
            + \beta \sum_i \log \min\Big(\sum_j a_{ij},\, 1\Big)

    where :math:`|Y|` counts the steps taken, that is the symbols and the `end` after them, and
    :math:`a_{ij}` is the attention of step j to source step i. The source steps of a sequence
    are those that got any attention at its first step, which tells them from padding.

    At each step the `beam_size` most probable continuations of all beginnings count. Those
    that are an `end` become outputs; the `beam_size` most probable others stay open (all of the
    same length, they are compared by :math:`\log P`). What is open after `max_steps` becomes an
    output as it is. A sequence is done when no open beginning can get among its `n_best`
    outputs any more, whatever follows: probabilities only fall, so :math:`\log P` so far, with
    the length penalty of `max_steps` and full coverage, is a bound. Of equal continuations the
    one of the higher-ranked beginning is taken, then the lower symbol; of equal outputs the one
    that ended first.

    Parameters
    ----------
    decoder, state, memory, start, end, max_steps
        As in :func:`greedy_search`; `state` too has one row for each sequence.
    beam_size : int
        With 1, and no penalties, this is greedy search.
    length_penalty : float, default=0.0
        :math:`\alpha \ge 0`; larger values favour longer outputs.
    coverage_penalty : float, default=0.0
        :math:`\beta \ge 0`; larger values favour outputs whose attention leaves nothing out.
    n_best : int, default=1
        Outputs to give for each sequence, at most `beam_size`.

    Returns
    -------
    decoded : Decoded
        The outputs with the highest :math:`s(Y)` first; `log_probabilities` are without
        penalties, `scores` are :math:`s(Y)`.

    Raises
    ------
    ValueError
        If a number is out of its range, or `coverage_penalty` is asked of a decoder without
        attention.

    Examples
    --------
    >>> import torch
    >>> from sksequence.decoding import Advance, beam_search
    >>> class Chain:  # the next symbol depends on the last: 0, 1, end = 2, start = 3
    ...     rows = [[0.3, 0.3, 0.4], [0.05, 0.05, 0.9], [0.0, 0.0, 1.0], [0.5, 0.4, 0.1]]
    ...     def advance(self, tokens, state, memory):
    ...         return Advance(torch.tensor(self.rows).log()[tokens], state)
    >>> settings = {"start": 3, "end": 2, "max_steps": 5}
    >>> decoded = beam_search(Chain(), torch.zeros(1, 1), None, beam_size=2, n_best=2, **settings)
    >>> decoded.tokens  # greedy search takes the second
    tensor([[[1],
             [0]]])
    >>> decoded.log_probabilities.exp()  # 0.4 * 0.9 and 0.5 * 0.4
    tensor([[0.3600, 0.2000]])
    """
    _check(beam_size, n_best, length_penalty, coverage_penalty)
    limits = step_limits("max_steps", max_steps, first_leaf(state, memory))
    rules = _Rules(beam_size, n_best, length_penalty, coverage_penalty, start, end)
    with torch.no_grad():
        return _Search(decoder, state, memory, limits, rules).run()


def _check(beam_size, n_best, length_penalty, coverage_penalty) -> None:
    for name, value in (("beam_size", beam_size), ("n_best", n_best)):
        whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        if not whole or value < 1:
            raise ValueError(f"{name} must be an integer >= 1, got {value!r}.")
    if n_best > beam_size:
        raise ValueError(
            f"n_best must be at most beam_size, got n_best={n_best} and beam_size={beam_size}: "
            f"raise beam_size to {n_best} or more."
        )
    penalties = (("length_penalty", length_penalty), ("coverage_penalty", coverage_penalty))
    for name, value in penalties:
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not real or not math.isfinite(value) or value < 0:
            raise ValueError(f"{name} must be a number >= 0, got {value!r}.")


@dataclass(frozen=True)
class _Rules:
    """The settings of a search."""

    beam_size: int
    n_best: int
    length_penalty: float
    coverage_penalty: float
    start: int
    end: int

    def divisor(self, n_steps):
        """((5 + |Y|) / 6)^alpha of a number, or of a tensor of numbers."""
        return ((5 + n_steps) / 6) ** self.length_penalty


class _Outputs(NamedTuple):
    """Some outputs of A sequences, each part of shape ``(A, n)``: the best first once merged.

    `beams` says which of the hypotheses with `lengths` symbols an output is.
    """

    scores: Tensor
    log_probs: Tensor
    lengths: Tensor
    beams: Tensor

    def merge(self, others: _Outputs) -> _Outputs:
        """As many as these, the best of both; of equal ones these come first."""
        both = [torch.cat(parts, dim=1) for parts in zip(self, others, strict=True)]
        order = both[0].sort(dim=1, descending=True, stable=True).indices
        order = order[:, : self.scores.shape[1]]
        return _Outputs(*(part.gather(1, order) for part in both))


class _Candidates(NamedTuple):
    """Continuations of A sequences, the best first, each part of shape ``(A, n)``."""

    totals: Tensor
    parents: Tensor
    tokens: Tensor

    def at(self, places: Tensor) -> _Candidates:
        """Those at `places` of shape ``(A, m)``."""
        return _Candidates(*(part.gather(1, places) for part in self))


class _Search:
    """One beam search over B sequences, of which A are still at work."""

    def __init__(self, decoder, state, memory, limits: Tensor, rules: _Rules):
        self.decoder, self.state, self.memory, self.rules = decoder, state, memory, rules
        self.rows = torch.arange(len(limits), device=limits.device)  # (A,)
        self.limits = limits  # (A,)
        self.cuts = set(limits.tolist())  # numbers of steps at which some sequence must end
        self.tokens = torch.full_like(limits, rules.start)[:, None]  # (A, K)
        self.totals: Tensor = None  # log P of the open ones, (A, K)
        self.source: Tensor = None  # which source steps exist, (A, S)
        self.coverage: Tensor = None  # attention so far, (A * K, S)
        self.outputs: _Outputs = None  # the best so far, (A, n_best)
        self.found: _Outputs = None  # those of the sequences that left, (B, n_best)
        self.history: list[Step] = []

    def run(self) -> Decoded:
        """Search until every sequence is done."""
        while len(self.rows):
            self._step()
        return trace_back(self.history, *self.found, self.rules.end)

    def _step(self) -> None:
        answer = self.decoder.advance(self.tokens.flatten(), self.state, self.memory)
        if not self.history:
            self._begin(answer)
        gaps = self._cover(answer.attention)
        candidates = self._rank(answer.log_probs)
        followed = self._open(candidates)
        self.history.append(Step(self.rows, followed.tokens, followed.parents, answer.attention))
        self._end(candidates, gaps)
        if len(self.history) in self.cuts:
            self._cut(followed, gaps)
        self._go_on(answer.state, followed)

    def _begin(self, answer) -> None:
        """Make what depends on the type of the probabilities."""
        shape = (len(self.rows), self.rules.n_best)
        nothing = answer.log_probs.new_full(shape, -torch.inf)
        none = self.rows.new_zeros(shape)
        self.outputs = _Outputs(nothing, nothing, none, none)
        self.found = _Outputs(*(part.clone() for part in self.outputs))
        self.totals = answer.log_probs.new_zeros(len(self.rows), 1)

    def _cover(self, attention: Tensor | None) -> Tensor | None:
        """The coverage penalty of each hypothesis after this step, ``(A, K)``."""
        if self.rules.coverage_penalty == 0:
            return None
        if attention is None:
            raise ValueError(
                f"coverage_penalty={self.rules.coverage_penalty} needs attention, but the decoder "
                "has none: set coverage_penalty=0, or decode with attention."
            )
        if self.source is None:
            self.source, self.coverage = attention > 0, torch.zeros_like(attention)
        self.coverage = self.coverage + attention
        parts = self.coverage.clamp(max=1).log().view(*self.totals.shape, -1)  # (A, K, S)
        gaps = parts.masked_fill(~self.source[:, None], 0.0).sum(dim=2)
        return self.rules.coverage_penalty * gaps

    def _rank(self, log_probs: Tensor) -> _Candidates:
        """The best continuations, enough for `beam_size` of them not to be an end."""
        n_sequences, n_open = self.totals.shape
        n_symbols = log_probs.shape[1]
        # Each hypothesis ends once, so of K + 1 continuations K stay open.
        width = min(self.rules.beam_size + 1, n_symbols)
        gains, tokens = largest(log_probs, width)  # (A * K, width)
        totals = (self.totals.flatten()[:, None] + gains).view(n_sequences, -1)
        order = totals.sort(dim=1, descending=True, stable=True).indices
        order = order[:, : n_open + self.rules.beam_size]
        return _Candidates(
            totals.gather(1, order),
            order // width,
            tokens.reshape(n_sequences, -1).gather(1, order),
        )

    def _open(self, candidates: _Candidates) -> _Candidates:
        """The best that are no end."""
        is_end = candidates.tokens == self.rules.end
        places = is_end.int().sort(dim=1, stable=True).indices
        # The ends stand last: as many as hypotheses, where everything is a candidate.
        n_open = self.totals.shape[1]
        return candidates.at(places[:, : min(self.rules.beam_size, places.shape[1] - n_open)])

    def _end(self, candidates: _Candidates, gaps: Tensor | None) -> None:
        """The best that are an end become outputs."""
        best = _Candidates(*(part[:, : self.rules.beam_size] for part in candidates))
        lengths = torch.full_like(best.parents, len(self.history) - 1)
        self._keep(best.tokens == self.rules.end, best, gaps, lengths, best.parents)

    def _cut(self, followed: _Candidates, gaps: Tensor | None) -> None:
        """What is open at the limit of its sequence becomes an output."""
        lengths = torch.full_like(followed.parents, len(self.history))
        beams = torch.arange(followed.parents.shape[1], device=lengths.device)
        at_limit = (self.limits == len(self.history))[:, None]
        self._keep(at_limit, followed, gaps, lengths, beams.expand_as(lengths))

    def _keep(self, which: Tensor, candidates: _Candidates, gaps, lengths, beams) -> None:
        scores = candidates.totals / self.rules.divisor(len(self.history))
        if gaps is not None:
            scores = scores + gaps.gather(1, candidates.parents)
        scores = scores.masked_fill(~which, -torch.inf)
        self.outputs = self.outputs.merge(_Outputs(scores, candidates.totals, lengths, beams))

    def _go_on(self, state, followed: _Candidates) -> None:
        """Let done sequences leave; take the hypotheses that go on, one gather of the state."""
        bound = followed.totals[:, 0] / self.rules.divisor(self.limits.to(followed.totals.dtype))
        done = (self.limits <= len(self.history)) | (self.outputs.scores[:, -1] >= bound)
        n_sequences, n_open = self.totals.shape
        first = n_open * torch.arange(n_sequences, device=done.device)[:, None]
        parents = first + followed.parents  # rows of the state
        # Done sequences that have not left yet cannot give outputs any more.
        self.totals = followed.totals.masked_fill(done[:, None], -torch.inf)
        self.tokens = followed.tokens
        keep = remaining(done)
        if keep is not None:
            for whole, part in zip(self.found, self.outputs, strict=True):
                whole[self.rows] = part
            parents = parents[keep]
            self._leave(keep)
        index = parents.flatten()
        self.state, self.coverage = select((state, self.coverage), index)

    def _leave(self, keep: Tensor) -> None:
        names = ("rows", "limits", "tokens", "totals", "source", "outputs", "memory")
        for name in names:
            setattr(self, name, select(getattr(self, name), keep))
