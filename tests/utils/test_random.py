"""Private generators: reproducible, and the caller's global state stays where it is."""

import numpy as np
import pytest
import torch

from sksequence.utils._random import make_generator, torch_generator


def _draw(random_state):
    return make_generator(random_state).random(5).tolist()


@pytest.mark.parametrize("seed", [0, 7, np.int64(7)])
def test_integer_is_a_seed(seed):
    assert _draw(seed) == _draw(int(seed)) == np.random.default_rng(int(seed)).random(5).tolist()


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState])
def test_generator_gives_another_private_one_at_each_call(make):
    given, same = make(3), make(3)
    first, second = _draw(given), _draw(given)
    assert first != second
    assert [first, second] == [_draw(same), _draw(same)]


def test_none_is_fresh():
    assert _draw(None) != _draw(None)


@pytest.mark.parametrize("random_state", [None, 3, np.random.default_rng(0)])
def test_global_state_is_neither_read_nor_moved(random_state):
    before = np.random.get_state()[1].copy(), torch.random.get_rng_state()
    torch_generator(make_generator(random_state))
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])
    assert torch.equal(torch.random.get_rng_state(), before[1])


@pytest.mark.parametrize("random_state", ["0", 1.5, np.random])
def test_other_things_are_refused(random_state):
    with pytest.raises(ValueError, match="random_state must be an integer, None, a numpy Gen"):
        make_generator(random_state)


def test_torch_generator_follows_the_numpy_one():
    def draw(seed):
        rng = np.random.default_rng(seed)
        return [torch.rand(3, generator=torch_generator(rng)).tolist() for _ in range(2)]

    assert draw(0) == draw(0)
    assert draw(0) != draw(1)
    assert draw(0)[0] != draw(0)[1]
    assert torch_generator(np.random.default_rng(0)).device == torch.device("cpu")
