"""What goes in and out of decoding: trees of tensors, one step, finished outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor


class Advance(NamedTuple):
    """What a decoder answers to one step of R hypotheses.

    Parameters
    ----------
    log_probs : Tensor of shape (R, V)
        Logarithms of the probabilities of the next symbol.
    state : object
        A tree of tensors with R rows; goes in again at the next step.
    attention : Tensor of shape (R, S) or None
        How much of this step's attention each of the S source steps got, zero on padding.
    """

    log_probs: Tensor
    state: Any
    attention: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Decoded:
    """The outputs found for each of B sequences, the best first.

    Where a sequence has fewer than `n_best` outputs of positive probability, empty outputs
    with a score of minus infinity stand last.

    Parameters
    ----------
    tokens : Tensor of shape (B, n_best, T)
        Filled up with `end`; T is the length of the longest.
    lengths : Tensor of shape (B, n_best)
        Number of symbols, `end` not counted.
    log_probabilities : Tensor of shape (B, n_best)
        Natural logarithms, of the symbols and the `end` after them; of the symbols alone where
        the limit of steps came before an `end`. Without penalties, temperature or truncation.
    scores : Tensor of shape (B, n_best)
        What they are ranked by.
    attention : Tensor of shape (B, n_best, T, S) or None
        Row t belongs to symbol t; zero on padding. None where the decoder gives none.
    """

    tokens: Tensor
    lengths: Tensor
    log_probabilities: Tensor
    scores: Tensor
    attention: Tensor | None


def select(tree: Any, index: Tensor) -> Any:
    """Take rows of every tensor in a tree.

    Parameters
    ----------
    tree : Tensor, None, or tuple, named tuple, list or dict of such trees
    index : integer Tensor of shape (n,)
        Rows to take; a row may be taken more than once.

    Returns
    -------
    selected : object
        A tree like `tree` with `n` rows in each tensor.

    Raises
    ------
    TypeError
        If something else than these stands in the tree.

    Examples
    --------
    >>> import torch
    >>> from sksequence.decoding import select
    >>> select({"h": torch.tensor([[1.0], [2.0]]), "fed": None}, torch.tensor([1, 1, 0]))
    {'h': tensor([[2.], [2.], [1.]]), 'fed': None}
    """
    if tree is None:
        return None
    if isinstance(tree, Tensor):
        return tree.index_select(0, index)
    if isinstance(tree, dict):
        return {name: select(branch, index) for name, branch in tree.items()}
    if isinstance(tree, (tuple, list)):
        branches = [select(branch, index) for branch in tree]
        # A named tuple takes its parts one by one.
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    raise _unknown(tree)


def leaves(tree: Any) -> Iterator[Tensor]:
    """The tensors of a tree, None left out."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (dict, tuple, list)):
        for branch in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(branch)
    elif tree is not None:
        raise _unknown(tree)


def _unknown(tree) -> TypeError:
    return TypeError(
        "state and memory of a decoder must be nested tuples, lists and dicts of tensors or "
        f"None, but a {type(tree).__name__} stands in one of them."
    )
