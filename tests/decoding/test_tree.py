"""Rows of trees, and the largest values of rows."""

from typing import NamedTuple

import pytest
import torch

from sksequence.decoding import select
from sksequence.decoding._largest import largest


class Pair(NamedTuple):
    left: object
    right: object


def test_select_takes_rows_and_keeps_the_shape_of_the_tree():
    part = torch.arange(6).view(3, 2)
    tree = Pair([part, None], {"a": (part + 10, Pair(part[:, 0], ()))})
    chosen = select(tree, torch.tensor([2, 0, 2, 1]))
    assert isinstance(chosen, Pair)
    assert isinstance(chosen.right["a"][1], Pair)
    assert chosen.left[1] is None
    assert chosen.left[0].tolist() == [[4, 5], [0, 1], [4, 5], [2, 3]]
    assert chosen.right["a"][0].tolist() == [[14, 15], [10, 11], [14, 15], [12, 13]]
    assert chosen.right["a"][1].left.tolist() == [4, 0, 4, 2]


def test_select_names_what_is_no_tree():
    with pytest.raises(TypeError, match="but a int stands in one of them"):
        select([torch.zeros(2), 3], torch.tensor([0]))


@pytest.mark.parametrize("k", [1, 3, 12, 13, 99, 100])
@pytest.mark.parametrize("n_kinds", [2, 20, 10**6])
def test_largest_is_a_stable_sort(k, n_kinds):
    generator = torch.Generator().manual_seed(0)
    values = torch.randint(n_kinds, (50, 100), generator=generator).float()
    values[:10, 3:] = -torch.inf
    found, places = largest(values, k)
    expected, where = values.sort(dim=1, descending=True, stable=True)
    assert torch.equal(found, expected[:, :k])
    there = found > -torch.inf
    assert torch.equal(places[there], where[:, :k][there])
