"""From the state of a step to a distribution of what comes there.

A head is a layer with ``losses(readouts, targets)``, the negative log-likelihood of each target,
and ``draw``. Heads of symbols have ``log_probs`` over all of them besides. `readouts` have shape
``(n, n_inputs)``, one row for each step that is scored.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sksequence.layers._parts import linear

# Vectors of rare symbols are a quarter as long where this leaves enough of them.
SHRINKS = 64
FLOOR = 1e-3  # of a standard deviation: no density without bound where values repeat


class SoftmaxHead(nn.Module):
    r"""One of `n_symbols`: :math:`p_v \propto \exp(w_v \cdot h + b_v)`.

    Parameters
    ----------
    n_inputs, n_symbols : int
    generator : torch.Generator
    table : nn.Embedding, default=None
        Its first rows are then the weights :math:`w_v` too (Press and Wolf, 2017).
    """

    def __init__(
        self,
        n_inputs: int,
        n_symbols: int,
        generator: torch.Generator,
        table: nn.Embedding | None = None,
    ):
        super().__init__()
        self.n_symbols = n_symbols
        self._table = None if table is None else (table,)  # not a second owner of the weights
        self.project: nn.Linear | None = None
        if table is None:
            self.output = linear(n_inputs, n_symbols, generator)
            return
        size = table.weight.shape[1]
        if size != n_inputs:
            self.project = linear(n_inputs, size, generator, bias=False)
        self.bias = nn.Parameter(torch.zeros(n_symbols, dtype=torch.float32))

    @property
    def weight(self) -> Tensor:
        """``(n_symbols, n_inputs)``, or as wide as the table."""
        return (
            self.output.weight if self._table is None else self._table[0].weight[: self.n_symbols]
        )

    @property
    def offset(self) -> Tensor:
        """``(n_symbols,)``, what is added to all logits."""
        return self.output.bias if self._table is None else self.bias

    def projected(self, readouts: Tensor) -> Tensor:
        """As wide as `weight`."""
        return readouts if self.project is None else self.project(readouts)

    def forward(self, readouts: Tensor) -> Tensor:
        """Logits of shape ``(n, n_symbols)``."""
        return F.linear(self.projected(readouts), self.weight, self.offset)

    def log_probs(self, readouts: Tensor) -> Tensor:
        """``(n, n_symbols)``."""
        return torch.log_softmax(self(readouts), dim=1)

    def losses(self, readouts: Tensor, targets: Tensor) -> Tensor:
        """``(n,)``."""
        return F.cross_entropy(self(readouts), targets.long(), reduction="none")


class AdaptiveSoftmaxHead(nn.Module):
    """Frequent symbols in one softmax, rare ones in clusters with smaller vectors.

    Grave et al., Efficient softmax approximation for GPUs (2017). Symbols must be numbered by
    falling frequency: `order` says how.

    Parameters
    ----------
    n_inputs, n_symbols : int
    order : Tensor of shape (n_symbols,)
        The rank of each symbol, 0 for the most frequent.
    generator : torch.Generator
    cutoffs : tuple of int, default=None
        Ranks where clusters begin; None: after a fifth of what the vocabulary has, and so on.
    """

    order: Tensor

    def __init__(
        self,
        n_inputs: int,
        n_symbols: int,
        order: Tensor,
        generator: torch.Generator,
        cutoffs: tuple[int, ...] | None = None,
    ):
        super().__init__()
        cutoffs = cutoffs or adaptive_cutoffs(n_symbols)
        self.clusters = nn.utils.skip_init(  # its parts would draw from the global generator
            nn.AdaptiveLogSoftmaxWithLoss,
            n_inputs,
            n_symbols,
            list(cutoffs),
            div_value=4.0 if n_inputs >= SHRINKS else 1.0,
        )
        self.register_buffer("order", order)
        with torch.no_grad():
            for weight in self.clusters.parameters():
                bound = weight.shape[1] ** -0.5
                weight.uniform_(-bound, bound, generator=generator)

    @property
    def weight(self) -> Tensor:
        """That of the most frequent symbols and of the clusters."""
        return self.clusters.head.weight

    def log_probs(self, readouts: Tensor) -> Tensor:
        """``(n, n_symbols)``; as dear as a softmax over all of them."""
        return self.clusters.log_prob(readouts).index_select(1, self.order)

    def losses(self, readouts: Tensor, targets: Tensor) -> Tensor:
        """``(n,)``."""
        return -self.clusters(readouts, self.order[targets.long()]).output


def adaptive_cutoffs(n_symbols: int) -> tuple[int, ...]:
    """Where clusters begin: a fifth and three fifths of the vocabulary."""
    return tuple(sorted({max(1, n_symbols // 5), max(2, 3 * n_symbols // 5)}))


class BernoulliHead(nn.Module):
    r"""Each of `n_features` is on or off: :math:`-\log p = \sum_k \log(1 + e^{(1 - 2 x_k) a_k})`.

    Given the past, the features of a step are independent of one another.

    Parameters
    ----------
    n_inputs, n_features : int
    generator : torch.Generator
    """

    def __init__(self, n_inputs: int, n_features: int, generator: torch.Generator):
        super().__init__()
        self.output = linear(n_inputs, n_features, generator)

    @property
    def weight(self) -> Tensor:
        """``(n_features, n_inputs)``."""
        return self.output.weight

    def losses(self, readouts: Tensor, targets: Tensor) -> Tensor:
        """``(n,)``, of all features of a step together."""
        logits = self.output(readouts)
        return F.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=1)

    def mean(self, readouts: Tensor) -> Tensor:
        """Probability of each feature, ``(n, n_features)``."""
        return torch.sigmoid(self.output(readouts))

    def draw(
        self, readouts: Tensor, generator: torch.Generator, temperature: float = 1.0
    ) -> Tensor:
        """Ones and zeros, ``(n, n_features)``."""
        chance = torch.sigmoid(self.output(readouts) / temperature)
        return torch.bernoulli(chance, generator=generator)


class MixtureHead(nn.Module):
    r"""Real values from a mixture of normal distributions (Bishop, 1994; Graves, 2013).

    .. math::

        p(x) = \sum_j \pi_j \prod_k \mathcal N(x_k;\ \mu_{jk}, \sigma_{jk}), \qquad
        \pi = \mathrm{softmax}(a), \quad \mu = b, \quad \sigma = 10^{-3} + \log(1 + e^c)

    With one component it is a normal distribution with a diagonal covariance.

    Parameters
    ----------
    n_inputs, n_features : int
    n_components : int
    generator : torch.Generator
    """

    def __init__(self, n_inputs: int, n_features: int, n_components: int, generator):
        super().__init__()
        self.n_features, self.n_components = n_features, n_components
        self.output = linear(n_inputs, n_components * (1 + 2 * n_features), generator)

    @property
    def weight(self) -> Tensor:
        """``(n_components * (1 + 2 * n_features), n_inputs)``."""
        return self.output.weight

    def parameters_of(self, readouts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logarithms of the shares ``(n, J)``, means and deviations ``(n, J, n_features)``."""
        raw = self.output(readouts)
        n_values = self.n_components * self.n_features
        shares, means, scales = raw.split([self.n_components, n_values, n_values], dim=1)
        shape = (len(raw), self.n_components, self.n_features)
        scales = FLOOR + F.softplus(scales)
        return torch.log_softmax(shares, dim=1), means.view(shape), scales.view(shape)

    def losses(self, readouts: Tensor, targets: Tensor) -> Tensor:
        """``(n,)``, of all features of a step together."""
        shares, means, scales = self.parameters_of(readouts)
        z = (targets[:, None] - means) / scales
        log_densities = -(0.5 * z.square() + scales.log()).sum(dim=2)
        constant = 0.5 * math.log(2 * math.pi) * self.n_features
        return constant - torch.logsumexp(shares + log_densities, dim=1)

    def mean(self, readouts: Tensor) -> Tensor:
        """``(n, n_features)``."""
        shares, means, _ = self.parameters_of(readouts)
        return (shares.exp()[:, :, None] * means).sum(dim=1)

    def draw(
        self, readouts: Tensor, generator: torch.Generator, temperature: float = 1.0
    ) -> Tensor:
        """``(n, n_features)``; a low temperature favours the likeliest component and its mean."""
        shares, means, scales = self.parameters_of(readouts)
        chosen = torch.multinomial(
            torch.softmax(shares / temperature, dim=1), 1, generator=generator
        )  # (n, 1)
        at = chosen[:, :, None].expand(-1, 1, self.n_features)
        mean, scale = means.gather(1, at)[:, 0], scales.gather(1, at)[:, 0]
        noise = torch.empty_like(mean).normal_(generator=generator)
        return mean + temperature**0.5 * scale * noise


class EndingHead(nn.Module):
    """Another head, and the probability that a step is the last one of its sequence.

    The last column of the targets is 1 there, else 0.

    Parameters
    ----------
    head : nn.Module
        Of the other columns.
    n_inputs : int
    generator : torch.Generator
    """

    def __init__(self, head: nn.Module, n_inputs: int, generator: torch.Generator):
        super().__init__()
        self.head = head
        self.last = linear(n_inputs, 1, generator)

    @property
    def weight(self) -> Tensor:
        """That of the other head."""
        return self.head.weight

    def losses(self, readouts: Tensor, targets: Tensor) -> Tensor:
        """``(n,)``, of the values and of the end together."""
        ends = F.binary_cross_entropy_with_logits(
            self.last(readouts)[:, 0], targets[:, -1], reduction="none"
        )
        return self.head.losses(readouts, targets[:, :-1]) + ends

    def mean(self, readouts: Tensor) -> Tensor:
        """That of the values."""
        return self.head.mean(readouts)

    def draw(
        self, readouts: Tensor, generator: torch.Generator, temperature: float = 1.0
    ) -> Tensor:
        """The values, and whether each row is the last one."""
        values = self.head.draw(readouts, generator, temperature)
        last = torch.bernoulli(torch.sigmoid(self.last(readouts)), generator=generator)
        return torch.cat([values, last], dim=1)
