"""From the characters of a word to one vector.

Words come as ids of shape ``(n_sequences, n_steps, n_characters)``, filled up with the id
`n_tokens`, which is no character. A word without characters becomes zeros.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sksequence.cells import make_cell
from sksequence.layers._parts import embedding
from sksequence.layers._pooling import LastPooling
from sksequence.layers._stack import RecurrentStack

WIDTH = 3
# Odd numbers of 64 bits, as splitmix64 multiplies by (here with a sign).
PLACES = 0x1E3779B97F4A7C15
MIXERS = (0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64)


class CharacterCNN(nn.Module):
    r"""Filters over three neighbouring characters, and the largest value of each in a word.

    .. math:: v_f = \max_i \tanh\Bigl(b_f + \sum_{k=-1}^{1} w_{fk} \cdot e(c_{i+k})\Bigr)

    Ma and Hovy, End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF (2016).

    Parameters
    ----------
    n_tokens : int
        Different characters.
    size : int
        Length of the vector of a character.
    n_outputs : int
        Filters.
    generator : torch.Generator
    """

    def __init__(self, n_tokens: int, size: int, n_outputs: int, generator: torch.Generator):
        super().__init__()
        self.n_tokens, self.n_outputs = n_tokens, n_outputs
        self.table = embedding(n_tokens, size, generator)
        bound = (WIDTH * size) ** -0.5
        self.filters = _uniform((size, WIDTH * n_outputs), bound, generator)
        self.bias = _uniform((n_outputs,), bound, generator)

    def forward(self, words: Tensor) -> Tensor:
        """``(n_sequences, n_steps, n_characters)`` -> ``(n_sequences, n_steps, n_outputs)``."""
        ids, index = _distinct(words, self.n_tokens)
        exists = ids < self.n_tokens  # (n_words, n_characters)
        # what a character gives to the place before it, its own and the next: a small table
        shares = F.pad(self.table.weight @ self.filters, (0, 0, 0, 1))
        after, own, before = F.embedding(ids, shares).chunk(WIDTH, dim=2)
        around = F.pad(after[:, 1:], (0, 0, 0, 1)) + F.pad(before[:, :-1], (0, 0, 1, 0))
        found = torch.tanh(own + around + self.bias)
        found = found.masked_fill(~exists[:, :, None], -1.0).amax(dim=1)
        found = torch.where(exists[:, :1], found, 0.0)
        return F.embedding(index, found)


class CharacterRNN(nn.Module):
    """The last states of an LSTM in each direction.

    Lample et al., Neural architectures for named entity recognition (2016).

    Parameters
    ----------
    n_tokens : int
        Different characters.
    size : int
        Length of the vector of a character.
    n_outputs : int
        Units of both directions together; even.
    generator : torch.Generator
    """

    def __init__(self, n_tokens: int, size: int, n_outputs: int, generator: torch.Generator):
        super().__init__()
        self.n_tokens = n_tokens
        self.table = embedding(n_tokens + 1, size, generator)
        cell, width = make_cell("lstm"), -(-n_outputs // 2)
        self.stack = RecurrentStack(cell, size, [width], generator, bidirectional=True)
        self.pooling = LastPooling(width)
        self.n_outputs = 2 * width

    def forward(self, words: Tensor) -> Tensor:
        """``(n_sequences, n_steps, n_characters)`` -> ``(n_sequences, n_steps, n_outputs)``."""
        ids, index = _distinct(words, self.n_tokens)
        lengths = (ids < self.n_tokens).sum(dim=1)
        steps = self.table(ids)  # (n_words, n_characters, size)
        states, _ = self.stack(steps, lengths.clamp(min=1))
        found, _ = self.pooling(states, lengths.clamp(min=1), None)
        found = torch.where((lengths > 0)[:, None], found, 0.0)
        return F.embedding(index, found)


def make_character_network(
    name: str, n_tokens: int, size: int, generator: torch.Generator
) -> CharacterCNN | CharacterRNN:
    """The network of that name, "cnn" or "rnn", with as many outputs as a character has."""
    if name == "rnn":
        return CharacterRNN(n_tokens, size, size, generator)
    return CharacterCNN(n_tokens, size, size, generator)


def _distinct(words: Tensor, fill: int) -> tuple[Tensor, Tensor]:
    """Each word once, ``(n_words, n_characters)``, and which one stands at each step.

    Half the words of a batch are repeated ones. Words are told apart by a number of 64 bits: an
    order of the words themselves takes far longer, and that two words of a batch share a number
    is to be expected once in more than 10**12 batches.
    """
    flat = words.flatten(0, -2)
    if not flat.shape[1]:
        flat = F.pad(flat, (0, 1), value=fill)
    places = torch.arange(1, flat.shape[1] + 1, device=words.device)
    key = (_scattered(flat.long() + 1) * (_scattered(places * PLACES) | 1)).masked_fill(
        flat == fill, 0
    )  # the fill is left out: a word has the same number in every batch
    key = key.sum(dim=1)
    _, index = torch.unique(key, return_inverse=True)
    first = torch.empty(int(index.max()) + 1, dtype=torch.int64, device=words.device)
    first.scatter_(0, index, torch.arange(len(flat), device=words.device))
    return flat[first], index.view(words.shape[:-1])


def _scattered(numbers: Tensor) -> Tensor:
    """Whole numbers -> numbers all over 64 bits (the last steps of splitmix64)."""
    for factor in MIXERS:
        numbers = (numbers ^ (numbers >> 30)) * factor
    return numbers ^ (numbers >> 31)


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> nn.Parameter:
    values = torch.empty(shape, dtype=torch.float32)
    return nn.Parameter(values.uniform_(-bound, bound, generator=generator))
