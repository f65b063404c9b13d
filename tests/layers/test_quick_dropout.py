"""The quick noise has the mean and the shares of the slow one, and is as private."""

import pytest
import torch

from sksequence.layers import Dropout


def layer(rate, seed=0, **options):
    dropout = Dropout(rate, quick=True, **options)
    dropout.generator = torch.Generator().manual_seed(seed)
    return dropout


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_shares_and_mean(rate):
    noise = layer(rate).draw(torch.empty(0), (1000, 1001))
    values = noise.unique()
    assert len(values) == 2
    assert values[0] == 0
    assert float(values[1]) == pytest.approx(1 / (1 - rate), rel=1e-3)
    deviation = (rate * (1 - rate) / noise.numel()) ** 0.5
    assert abs(float((noise == 0).float().mean()) - rate) < 5 * deviation + 1e-5
    assert float(noise.mean()) == pytest.approx(1.0, abs=5 * deviation / (1 - rate))
    of_columns = (noise == 0).float().mean(dim=0)  # also of the four values of a number
    assert float(of_columns.std()) == pytest.approx((rate * (1 - rate) / 1000) ** 0.5, rel=0.1)


def test_values_are_independent_of_their_neighbours():
    noise = layer(0.5).draw(torch.empty(0), (400_000,)) - 1.0
    for lag in (1, 2, 3, 4):
        assert abs(float((noise[lag:] * noise[:-lag]).mean())) < 5 / 400_000**0.5


def test_it_is_private_and_reproducible():
    state = torch.get_rng_state()
    values = torch.ones(3, 5, 7, dtype=torch.float64)
    one, other = layer(0.3)(values), layer(0.3)(values)
    assert torch.equal(one, other)
    assert one.dtype == torch.float64
    assert not torch.equal(one, layer(0.3, seed=1)(values))
    assert torch.equal(state, torch.get_rng_state())


def test_it_is_a_dropout():
    values = torch.ones(3, 5, 7)
    assert torch.equal(layer(0.3).eval()(values), values)
    assert torch.equal(layer(0.0)(values), values)
    same = layer(0.5, variational=True)(values)
    assert torch.equal(same, same[:, :1].expand(-1, 5, -1))
