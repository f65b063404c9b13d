r"""A linear chain over labels: which label follows which (Lafferty et al., 2001).

.. math::

    s(y, x) &= a_{y_1} + \sum_{t=1}^T e_t(y_t) + \sum_{t=2}^T A_{y_{t-1} y_t} + b_{y_T} \\
    p(y \mid x) &= e^{s(y, x)} / Z(x), \qquad Z(x) = \sum_{y'} e^{s(y', x)}

Sums over all label sequences are taken by messages from step to step, of all sequences of a batch
together. Messages are kept as numbers that add up to one, in 64 bits: beside the largest, ones as
small as :math:`e^{-700}` are still there.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sksequence.layers._parts import linear

# The score of a forbidden transition: a probability of 1e-87, and yet a sequence for which there
# is no other way has a probability, so that no message becomes zero.
FORBIDDEN = -200.0
# A label that is not the given one; larger than any score, smaller than infinity.
EXCLUDED = -1e30
UNLABELLED = -1


class ChainHead(nn.Module):
    """Scores of the labels at each step, and of a label after another one.

    All scores of transitions, starts and ends are zero at first; then the chain is a softmax of
    each step by itself.

    Parameters
    ----------
    n_inputs, n_labels : int
    generator : torch.Generator

    Attributes
    ----------
    forbidden, forbidden_start, forbidden_end : Tensor of bool
        Of shapes ``(n_labels, n_labels)`` (from, to) and ``(n_labels,)``: what never occurs.
    """

    forbidden: Tensor
    forbidden_start: Tensor
    forbidden_end: Tensor

    def __init__(self, n_inputs: int, n_labels: int, generator: torch.Generator):
        super().__init__()
        self.output = linear(n_inputs, n_labels, generator)
        shapes = {"transitions": (n_labels, n_labels), "start": (n_labels,), "end": (n_labels,)}
        for name, shape in shapes.items():
            zeros = torch.zeros(shape, dtype=torch.float32)
            self.register_parameter(name, nn.Parameter(zeros))
        names = ("forbidden", "forbidden_start", "forbidden_end")
        for name, shape in zip(names, shapes.values(), strict=True):
            self.register_buffer(name, torch.zeros(shape, dtype=torch.bool))

    @property
    def weight(self) -> Tensor:
        """``(n_labels, n_inputs)``."""
        return self.output.weight

    def forward(self, readouts: Tensor) -> Tensor:
        """Scores of the labels by themselves, ``(..., n_labels)``."""
        return self.output(readouts)

    def scores(self, forbidden: float = FORBIDDEN) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of transitions ``(n_labels, n_labels)``, starts and ends ``(n_labels,)``."""
        return (
            self.transitions.masked_fill(self.forbidden, forbidden),
            self.start.masked_fill(self.forbidden_start, forbidden),
            self.end.masked_fill(self.forbidden_end, forbidden),
        )

    def losses(self, emissions: Tensor, labels: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Negative log-likelihood of each sequence of labels, ``(n_sequences,)``."""
        scores = self.scores()
        total = log_partition(emissions, *scores, lengths)
        return total - path_scores(emissions, labels, *scores, lengths).to(total.dtype)

    def step_losses(
        self, emissions: Tensor, labels: Tensor, lengths: Tensor | None = None
    ) -> Tensor:
        """Negative log-likelihood of each label given those before, ``(n_sequences, n_steps)``.

        They add up to ``losses``. The loss of an unlabelled step is zero: all labels that it may
        have are summed up.
        """
        return -conditional_log_probs(emissions, labels, *self.scores(), lengths)


def path_scores(
    emissions: Tensor,
    labels: Tensor,
    transitions: Tensor,
    start: Tensor,
    end: Tensor,
    lengths: Tensor | None = None,
) -> Tensor:
    """The score of given labels, ``(n_sequences,)``.

    Parameters
    ----------
    emissions : Tensor of shape (n_sequences, n_steps, n_labels)
    labels : Tensor of int of shape (n_sequences, n_steps)
        What stands after the end of a sequence must be labels too.
    transitions : Tensor of shape (n_labels, n_labels)
    start, end : Tensor of shape (n_labels,)
    lengths : Tensor of shape (n_sequences,), default=None
        None: all sequences have all steps.
    """
    labels = labels.long()
    emitted = emissions.gather(2, labels[:, :, None])[:, :, 0]  # (n_sequences, n_steps)
    moved = transitions[labels[:, :-1], labels[:, 1:]]
    last = labels[:, -1]
    if lengths is not None:
        mask = _mask(lengths, labels.shape[1])
        emitted, moved = emitted * mask, moved * mask[:, 1:]
        last = labels.gather(1, lengths[:, None] - 1)[:, 0]
    return start[labels[:, 0]] + emitted.sum(dim=1) + moved.sum(dim=1) + end[last]


def log_partition(
    emissions: Tensor,
    transitions: Tensor,
    start: Tensor,
    end: Tensor,
    lengths: Tensor | None = None,
) -> Tensor:
    """The logarithm of the sum over all sequences of labels, ``(n_sequences,)``.

    Its gradient is that of the forward-backward algorithm: the probabilities of labels and of
    transitions. Parameters are those of ``path_scores``.
    """
    return _LogPartition.apply(emissions, transitions, start, end, lengths)


@torch.no_grad()
def marginals(
    emissions: Tensor,
    transitions: Tensor,
    start: Tensor,
    end: Tensor,
    lengths: Tensor | None = None,
) -> Tensor:
    """The probability of each label at each step, ``(n_sequences, n_steps, n_labels)``, 64 bits.

    Parameters are those of ``path_scores``.
    """
    chain = _Chain(emissions, transitions, start, end, lengths)
    return chain.nodes(chain.forward(), chain.backward()).transpose(0, 1)


class _LogPartition(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, emissions, transitions, start, end, lengths):
        chain = _Chain(emissions, transitions, start, end, lengths)
        ahead = chain.forward()
        ctx.chain, ctx.ahead = chain, ahead
        ctx.dtypes = [values.dtype for values in (emissions, transitions, start, end)]
        return chain.log_total(ahead).to(emissions.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad):
        chain, ahead = ctx.chain, ctx.ahead
        behind = chain.backward()
        grad = grad.to(ahead[0].dtype)[:, None]
        nodes = chain.nodes(ahead, behind) * grad  # (n_steps, n_sequences, n_labels)
        edges = chain.edges(ahead, behind, grad)
        found = nodes.transpose(0, 1), edges, nodes[0].sum(0), chain.last(nodes).sum(0)
        return *(f.to(dtype) for f, dtype in zip(found, ctx.dtypes, strict=True)), None


class _Chain:
    """Messages along all sequences of a batch; steps are the first axis.

    Potentials are divided by the largest of their step, messages by their sum.
    """

    def __init__(self, emissions, transitions, start, end, lengths):
        emissions = emissions.detach().transpose(0, 1).to(_wide(emissions))
        self.n_steps = len(emissions)
        self.lengths = lengths
        self.top = emissions.amax(dim=2, keepdim=True)  # (n_steps, n_sequences, 1)
        self.at = (emissions - self.top).exp_()  # (n_steps, n_sequences, n_labels)
        scores = [s.detach().to(emissions.dtype) for s in (transitions, start, end)]
        self.tops = [s.max() for s in scores]
        self.move, self.start, self.end = (
            (s - top).exp() for s, top in zip(scores, self.tops, strict=True)
        )
        self.exists = None
        if lengths is not None:  # (n_steps, n_sequences, 1)
            self.exists = _mask(lengths, self.n_steps).transpose(0, 1)[:, :, None]
        self.tiny = torch.finfo(emissions.dtype).tiny

    def forward(self) -> tuple[Tensor, Tensor]:
        """Shares of the labels after each step, and by what they were divided."""
        message = self.start * self.at[0]
        messages: list[Tensor] = []
        sums: list[Tensor] = []
        for t in range(self.n_steps):
            if t:
                message = (messages[-1] @ self.move).mul_(self.at[t])
            total = message.sum(dim=1, keepdim=True).clamp_(min=self.tiny)
            message = message.div_(total)
            if t and self.exists is not None:
                message = torch.where(self.exists[t], message, messages[-1])
            messages.append(message)
            sums.append(total)
        return torch.stack(messages), torch.stack(sums)

    def backward(self) -> Tensor:
        """What each label at each step is worth for the steps after it."""
        back, last = self.move.T.contiguous(), self.end.expand_as(self.at[0])
        message, messages = last, [last]
        for t in range(self.n_steps - 1, 0, -1):
            message = (message * self.at[t]) @ back
            message = message.div_(message.sum(dim=1, keepdim=True).clamp_(min=self.tiny))
            if self.exists is not None:
                message = torch.where(self.exists[t], message, last)
            messages.append(message)
        return torch.stack(messages[::-1])

    def log_total(self, ahead: tuple[Tensor, Tensor]) -> Tensor:
        """Of the sums over all sequences of labels."""
        steps = ahead[1].log() + self.top  # (n_steps, n_sequences, 1)
        if self.exists is not None:
            steps = torch.where(self.exists, steps, 0.0)
        n_moves = self.n_steps - 1 if self.lengths is None else self.lengths - 1
        ends = (ahead[0][-1] @ self.end).clamp(min=self.tiny).log()
        of_moves, of_starts, of_ends = self.tops
        return steps.sum(dim=(0, 2)) + ends + of_moves * n_moves + of_starts + of_ends

    def nodes(self, ahead: tuple[Tensor, Tensor], behind: Tensor) -> Tensor:
        """The probabilities of the labels at each step; zero where there is no step."""
        both = ahead[0] * behind
        both = both / both.sum(dim=2, keepdim=True).clamp_(min=self.tiny)
        return both if self.exists is None else both * self.exists

    def edges(self, ahead: tuple[Tensor, Tensor], behind: Tensor, grad: Tensor) -> Tensor:
        """How often each transition is expected, each sequence times its `grad`."""
        before, after = ahead[0][:-1], behind[1:] * self.at[1:]
        total = ((before @ self.move) * after).sum(dim=2, keepdim=True).clamp_(min=self.tiny)
        after = after * (grad / total)
        if self.exists is not None:
            after = after * self.exists[1:]
        return self.move * (before.flatten(0, 1).T @ after.flatten(0, 1))

    def last(self, nodes: Tensor) -> Tensor:
        """Of each sequence the row of its last step."""
        if self.lengths is None:
            return nodes[-1]
        rows = torch.arange(nodes.shape[1], device=nodes.device)
        return nodes[self.lengths - 1, rows]


def conditional_log_probs(
    emissions: Tensor,
    labels: Tensor,
    transitions: Tensor,
    start: Tensor,
    end: Tensor,
    lengths: Tensor | None = None,
) -> Tensor:
    r"""How probable each label is, given the sequence and the labels before it.

    .. math:: \log p(y_t \mid y_1 \dots y_{t-1}, x) = C_t - C_{t-1}, \qquad
        C_t = \log \sum_{y'_{t+1} \dots} e^{s(y_1 \dots y_t y'_{t+1} \dots, x)}, \quad C_0 = \log Z

    Parameters
    ----------
    labels : Tensor of int of shape (n_sequences, n_steps)
        At unlabelled steps -1.
    emissions, transitions, start, end, lengths
        As of ``path_scores``.

    Returns
    -------
    Tensor of shape (n_sequences, n_steps)
        Zero at unlabelled steps and after the end. It can be differentiated.
    """
    wide, labels = _wide(emissions), labels.long()
    transitions, start, end = (s.to(wide) for s in (transitions, start, end))
    emissions = emissions.to(wide)
    n_steps, n_labels = emissions.shape[1:]
    mask = None if lengths is None else _mask(lengths, n_steps)
    one = F.one_hot(labels.clamp(min=0), n_labels).bool()
    excluded = ~one & (labels != UNLABELLED)[:, :, None]
    given = emissions.masked_fill(excluded, EXCLUDED).unbind(1)
    at = emissions.unbind(1)
    behind, step = [end.expand_as(at[0])], None
    for t in range(n_steps - 1, 0, -1):
        step = _log_matmul(behind[-1] + at[t], transitions.T)
        behind.append(step if mask is None else torch.where(mask[:, t, None], step, end))
    behind = behind[::-1]
    message = start + given[0]
    totals = [
        torch.logsumexp(start + at[0] + behind[0], 1),
        torch.logsumexp(message + behind[0], 1),
    ]
    for t in range(1, n_steps):
        message = _log_matmul(message, transitions) + given[t]
        totals.append(torch.logsumexp(message + behind[t], 1))
    result = torch.stack(totals, dim=1).diff(dim=1)  # (n_sequences, n_steps)
    kept = labels != UNLABELLED
    return torch.where(kept if mask is None else kept & mask, result, 0.0)


def _log_matmul(logs: Tensor, scores: Tensor) -> Tensor:
    """``log(exp(logs) @ exp(scores))``."""
    top, largest = logs.detach().amax(dim=1, keepdim=True), scores.detach().max()
    return ((logs - top).exp() @ (scores - largest).exp()).log() + top + largest


def _mask(lengths: Tensor, n_steps: int) -> Tensor:
    return torch.arange(n_steps, device=lengths.device) < lengths[:, None]


def _wide(values: Tensor) -> torch.dtype:
    return torch.float32 if values.device.type == "mps" else torch.float64
