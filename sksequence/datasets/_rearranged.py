"""Sequences and the same sequences rearranged: toys of which every answer is known."""

from collections.abc import Callable
from string import ascii_lowercase
from typing import Any

import numpy as np

from sksequence.datasets._checks import check_choice, check_count
from sksequence.inputs import SequenceArray
from sksequence.utils._random import make_generator

LETTERS = np.array(list(ascii_lowercase))
KINDS = ("letters", "symbols", "numbers")

Sequences = list[str] | SequenceArray


def make_reversal(
    n_samples: int = 1000,
    *,
    min_steps: int = 2,
    max_steps: int = 10,
    kind: str = "letters",
    n_tokens: int = 10,
    random_state: Any = None,
) -> tuple[Sequences, Sequences]:
    """Make random sequences and the same sequences backwards.

    The oldest test of sequence-to-sequence models: the first step of the output needs the
    last of the input, and the last needs the first. An encoder without attention has to keep
    all of it in one vector; attention, looked at, is the other diagonal.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    min_steps, max_steps : int, default=2 and 10
        Lengths are drawn uniformly from `min_steps` to `max_steps`.
    kind : {"letters", "symbols", "numbers"}, default="letters"
        What a step is: a letter of a text, a symbol (an integer id), or a number drawn
        uniformly from [0, 1).
    n_tokens : int, default=10
        Number of different letters (at most 26) or symbols, all equally likely.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same sequences at every call.

    Returns
    -------
    X : list of str or SequenceArray of shape (n_samples,)
        The sequences: texts for ``"letters"``, else a SequenceArray.
    y : list of str or SequenceArray of shape (n_samples,)
        The same sequences backwards.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    See Also
    --------
    make_sorting : the same sequences in order.

    Examples
    --------
    >>> from sksequence.datasets import make_reversal
    >>> X, y = make_reversal(3, random_state=0)
    >>> list(zip(X, y))
    [('cdaaabigj', 'jgibaaadc'), ('fgjhgff', 'ffghjgf'), ('jcigad', 'dagicj')]
    >>> make_reversal(3, kind="numbers", random_state=0)[0]
    SequenceArray(n_sequences=3, lengths=6..9, n_features=1)
    """
    values, lengths = _draw(n_samples, min_steps, max_steps, kind, n_tokens, random_state)
    return _pair(values, lengths, kind, n_tokens, lambda steps: steps[::-1])


def make_sorting(
    n_samples: int = 1000,
    *,
    min_steps: int = 2,
    max_steps: int = 10,
    kind: str = "letters",
    n_tokens: int = 10,
    random_state: Any = None,
) -> tuple[Sequences, Sequences]:
    """Make random sequences and the same sequences in ascending order.

    Unlike a reversal the task cannot be done by position: where a step goes depends on all
    the others. Steps that occur twice stay twice.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    min_steps, max_steps : int, default=2 and 10
        Lengths are drawn uniformly from `min_steps` to `max_steps`.
    kind : {"letters", "symbols", "numbers"}, default="letters"
        What a step is: a letter of a text, a symbol (an integer id), or a number drawn
        uniformly from [0, 1).
    n_tokens : int, default=10
        Number of different letters (at most 26) or symbols, all equally likely.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same sequences at every call.

    Returns
    -------
    X : list of str or SequenceArray of shape (n_samples,)
        The sequences: texts for ``"letters"``, else a SequenceArray.
    y : list of str or SequenceArray of shape (n_samples,)
        The same sequences in order, a before b and small before large.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    See Also
    --------
    make_reversal : the same sequences backwards.

    Examples
    --------
    >>> from sksequence.datasets import make_sorting
    >>> X, y = make_sorting(3, random_state=0)
    >>> list(zip(X, y))
    [('cdaaabigj', 'aaabcdgij'), ('fgjhgff', 'fffgghj'), ('jcigad', 'acdgij')]
    """
    values, lengths = _draw(n_samples, min_steps, max_steps, kind, n_tokens, random_state)
    return _pair(values, lengths, kind, n_tokens, np.sort)


def _draw(
    n_samples: int, min_steps: int, max_steps: int, kind: str, n_tokens: int, random_state: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Steps of all sequences end to end, and their lengths."""
    check_count("n_samples", n_samples)
    check_count("min_steps", min_steps)
    check_count("max_steps", max_steps, minimum=min_steps, why=", which is min_steps")
    check_choice("kind", kind, KINDS)
    check_count("n_tokens", n_tokens)
    if kind == "letters" and n_tokens > len(LETTERS):
        raise ValueError(
            f"n_tokens must be at most {len(LETTERS)} with kind='letters', got {n_tokens}: "
            "kind='symbols' has no such limit."
        )
    rng = make_generator(random_state)
    lengths = rng.integers(min_steps, max_steps + 1, size=n_samples)
    n_steps = int(lengths.sum())
    if kind == "numbers":
        return rng.random(n_steps), lengths
    return rng.integers(n_tokens, size=n_steps), lengths


def _pair(
    values: np.ndarray,
    lengths: np.ndarray,
    kind: str,
    n_tokens: int,
    rearrange: Callable[[np.ndarray], np.ndarray],
) -> tuple[Sequences, Sequences]:
    """Return the sequences and what `rearrange` makes of each, as `kind` is given to users."""
    X = np.split(values, np.cumsum(lengths)[:-1])
    both = X, [rearrange(steps) for steps in X]
    if kind == "letters":
        texts = [["".join(LETTERS[steps]) for steps in side] for side in both]
        return texts[0], texts[1]
    size = n_tokens if kind == "symbols" else None
    first, second = (SequenceArray.from_list(side, n_tokens=size) for side in both)
    return first, second
