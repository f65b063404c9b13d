"""Outputs drawn at random from what the decoder holds for probable."""

from __future__ import annotations

import math
import numbers

import torch
from torch import Tensor

from sksequence.decoding._greedy import follow
from sksequence.decoding._largest import largest
from sksequence.decoding._rows import first_leaf
from sksequence.decoding._tree import Decoded

COLDEST = 1e-30  # what is less is 0 in 32 bits, and greedy search long before


def sample_search(
    decoder,
    state,
    memory,
    *,
    start: int,
    end: int,
    max_steps,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator,
) -> Decoded:
    r"""Draw each symbol from the decoder's distribution.

    With log-probabilities :math:`\ell_v` the symbol v is drawn with

    .. math:: q_v \propto \exp(\ell_v / \tau), \quad v \in N,

    where N holds the `top_k` most probable symbols, and of these the fewest most probable ones
    that have together a probability of at least `top_p` (the nucleus: Holtzman et al., The
    Curious Case of Neural Text Degeneration, 2020). Of equally probable symbols the lower
    counts as the more probable.

    A sequence draws one number from `generator`, in the order of the sequences; what it needs
    for its steps comes from that number alone. So its output does not depend on the other
    sequences, and on a CPU two calls with half of the sequences give what one call gives.

    Parameters
    ----------
    decoder, state, memory, start, end, max_steps
        As in :func:`greedy_search`.
    temperature : float, default=1.0
        :math:`\tau > 0`; towards zero the sampling becomes greedy search.
    top_k : int or None, default=None
        Draw from so many symbols; None: from all.
    top_p : float or None, default=None
        Probability of the nucleus, in (0, 1]; None: 1.
    generator : torch.Generator
        Moved on by one number a sequence.

    Returns
    -------
    decoded : Decoded
        With ``n_best == 1``. Log-probabilities and scores are the decoder's own:
        `temperature`, `top_k` and `top_p` have no part in them.

    Raises
    ------
    ValueError
        If `temperature`, `top_k`, `top_p` or `max_steps` is out of its range.

    Examples
    --------
    >>> import torch
    >>> from sksequence.decoding import Advance, sample_search
    >>> class Coin:  # symbols 0, 1 and end = 2
    ...     def advance(self, tokens, state, memory):
    ...         return Advance(torch.tensor([0.3, 0.5, 0.2]).log().expand(len(tokens), 3), state)
    >>> state, generator = torch.zeros(1000, 1), torch.Generator().manual_seed(0)
    >>> settings = {"start": 3, "end": 2, "max_steps": 100, "generator": generator}
    >>> decoded = sample_search(Coin(), state, None, **settings)
    >>> bool(abs(decoded.lengths.double().mean() - 4) < 0.5)  # 0.8 / 0.2
    True
    >>> decoded = sample_search(Coin(), state, None, top_p=0.5, **settings)  # 1 for ever
    >>> decoded.tokens.unique()
    tensor([1])
    """
    leaf = first_leaf(state, memory)
    seeds = draw_seeds(len(leaf), generator).to(leaf.device)
    choose = sampler(seeds, temperature, top_k, top_p)
    return follow(decoder, state, memory, choose, start, end, max_steps)


def sampler(seeds: Tensor, temperature=1.0, top_k=None, top_p=None) -> Sampler:
    """What chooses the symbols of :func:`sample_search`; `seeds` as :func:`draw_seeds` gives."""
    _check(temperature, top_k, top_p)
    return Sampler(seeds, temperature, top_k, None if top_p == 1 else top_p)


def draw_seeds(n_sequences: int, generator: torch.Generator) -> Tensor:
    """A 64-bit number for each sequence."""
    return torch.randint(
        -(2**63), 2**63 - 1, (n_sequences,), generator=generator, device=generator.device
    )


def check_temperature(temperature) -> None:
    """Raise ValueError unless it is a finite number above 0."""
    if not _is_real(temperature) or not temperature > 0:
        raise ValueError(
            f"temperature must be a number > 0 (and finite), got {temperature!r}; 1 draws from the "
            "distribution as it is. For the most probable symbol at each step use top_k=1."
        )


def _check(temperature, top_k, top_p) -> None:
    check_temperature(temperature)
    if top_k is not None:
        whole = isinstance(top_k, numbers.Integral) and not isinstance(top_k, bool)
        if not whole or top_k < 1:
            raise ValueError(f"top_k must be an integer >= 1 or None (no limit), got {top_k!r}.")
    if top_p is not None and (not _is_real(top_p) or not 0 < top_p <= 1):
        raise ValueError(f"top_p must be a number in (0, 1] or None (no limit), got {top_p!r}.")


def _is_real(value) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


class Sampler:
    """Chooses a symbol for each row.

    Parameters
    ----------
    seeds : integer Tensor of shape (B,)
        A number for each sequence.
    temperature : float
    top_k : int or None
    top_p : float or None
    """

    def __init__(self, seeds: Tensor, temperature: float, top_k: int | None, top_p: float | None):
        self.seeds = seeds
        self.temperature = temperature
        self.top_k = top_k
        self.top_p = top_p
        self._ahead = max(1, min(64, 2**20 // max(1, len(seeds))))
        self._block: tuple[int, Tensor] | None = None

    def __call__(self, log_probs: Tensor, rows: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """The symbols, and the decoder's log-probabilities of them."""
        token = self.choose(log_probs, rows, step)
        return token, log_probs.gather(1, token[:, None])[:, 0]

    def choose(self, log_weights: Tensor, rows: Tensor, step: int) -> Tensor:
        """The symbols.

        Parameters
        ----------
        log_weights : Tensor of shape (n, V)
            Logarithms of the probabilities, up to a number for each row.
        rows : integer Tensor of shape (n,)
            The sequences, in their order.
        step : int
        """
        tokens = None
        if self.temperature != 1:
            log_weights = log_weights - log_weights.amax(dim=1, keepdim=True)
            log_weights = log_weights / max(self.temperature, COLDEST)
        if self.top_k is not None:  # the most probable first
            log_weights, tokens = largest(log_weights, min(self.top_k, log_weights.shape[1]))
        weights = torch.softmax(log_weights, dim=1)
        if self.top_p is None:
            place = draw(weights, self._uniform(rows, step, weights.dtype))
        else:
            place = draw_nucleus(weights, self.top_p, self.seeds[rows], step)
        return (place if tokens is None else tokens.gather(1, place))[:, 0]

    def _uniform(self, rows: Tensor, step: int, dtype: torch.dtype) -> Tensor:
        """A number for each row; those of the next steps are made along with it."""
        first = step - step % self._ahead
        if self._block is None or self._block[0] != first:
            steps = torch.arange(first, first + self._ahead, device=rows.device)
            self._block = first, uniforms(self.seeds[:, None], steps, dtype)
        column = self._block[1][:, step - first]
        return column if len(rows) == len(column) else column[rows]


def draw_nucleus(weights: Tensor, top_p: float, seeds: Tensor, step: int) -> Tensor:
    """Draw from the nucleus of each row, without sorting it.

    v is in the nucleus when what is more probable weighs less than `top_p` of everything. What
    is drawn from a set A that holds the nucleus N, and happens to be in N, is distributed as a
    draw from N. If it is not in N, nor is anything less probable: A loses that, and is drawn
    from again. That takes about log(1 / top_p) rounds.

    Parameters
    ----------
    weights : Tensor of shape (n, V)
    top_p : float
    seeds : integer Tensor of shape (n,)
    step : int

    Returns
    -------
    places : integer Tensor of shape (n, 1)
    """
    mass = top_p * weights.sum(dim=1)
    order = torch.arange(weights.shape[1], device=weights.device)
    rows = torch.arange(len(weights), device=weights.device)
    places = torch.zeros_like(rows)[:, None]
    n_rounds = 0
    while len(rows):
        place = draw(weights, uniforms(seeds[rows], step + (n_rounds << 32), weights.dtype))
        places[rows] = place
        own = weights.gather(1, place)
        above = (weights > own) | ((weights == own) & (order < place))
        weights = weights * above
        again = (weights.sum(dim=1) >= mass[rows]).nonzero()[:, 0]
        rows, weights = rows[again], weights[again]
        n_rounds += 1
    return places


def draw(weights: Tensor, uniform: Tensor) -> Tensor:
    """Invert the distribution function of each row at its uniform number.

    Parameters
    ----------
    weights : Tensor of shape (n, V)
        Not negative; their sum need not be one.
    uniform : Tensor of shape (n,)
        In [0, 1].

    Returns
    -------
    places : integer Tensor of shape (n, 1)
        The first v with :math:`w_0 + ... + w_v > u \\sum w`, whose weight cannot be zero.
    """
    heights = weights.cumsum(dim=1)
    return torch.searchsorted(heights, below_one(uniform)[:, None] * heights[:, -1:], right=True)


def below_one(uniform: Tensor) -> Tensor:
    """At most 1 - eps / 2: times any number it is less than that number, rounded too."""
    return uniform.clamp(max=1 - torch.finfo(uniform.dtype).eps / 2)


def uniforms(seeds: Tensor, step: int | Tensor, dtype: torch.dtype) -> Tensor:
    """Number `step` of the uniform sequence that each seed stands for.

    SplitMix64 (Steele, Lea and Flood, 2014): a counter that is mixed. 64-bit integers wrap
    around, as they should here.
    """
    x = seeds + _times_golden(step)
    x = (x ^ _shifted(x, 30)) * _signed(0xBF58476D1CE4E5B9)
    x = (x ^ _shifted(x, 27)) * _signed(0x94D049BB133111EB)
    x = x ^ _shifted(x, 31)
    return _shifted(x, 11).to(dtype) * 2.0**-53


def _times_golden(step: int | Tensor) -> int | Tensor:
    if isinstance(step, Tensor):
        return (step + 1) * _signed(0x9E3779B97F4A7C15)
    return _signed((step + 1) * 0x9E3779B97F4A7C15)


def _signed(number: int) -> int:
    """The 64-bit integer with the same lowest 64 bits."""
    return (number + 2**63) % 2**64 - 2**63


def _shifted(x: Tensor, n_bits: int) -> Tensor:
    """Shift right without the sign."""
    return (x >> n_bits) & (2 ** (64 - n_bits) - 1)
