"""What was seen last, a mark, and the time since: as in a loop over steps."""

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from sksequence.inputs import ChannelSchema
from sksequence.layers import MissingInputs

RNG = np.random.default_rng(0)
CHANNELS = {
    "labs": ChannelSchema("numeric", (3,), None, None),
    "kind": ChannelSchema("symbols", (1,), 4, None),
    "hours": ChannelSchema("numeric", (1,), None, None),
}


def gappy(n_sequences=5, n_steps=9, share=0.5):
    values = RNG.normal(size=(n_sequences, n_steps, 3))
    values[RNG.random(values.shape) < share] = np.nan
    values[0, :4] = np.nan  # nothing is seen at the start
    values[1] = np.nan  # or ever
    hours = np.cumsum(RNG.exponential(size=(n_sequences, n_steps, 1)), axis=1)
    kinds = RNG.integers(4, size=(n_sequences, n_steps))
    return {"labs": values, "kind": kinds, "hours": hours}


def layer(time=None, unit=1.0):
    made = MissingInputs(CHANNELS, time).double()
    with torch.no_grad():
        made.rates[0].copy_(torch.tensor([-2.0, 0.0, 1.5]))
        made.unit.fill_(unit)
    return made


def tensors(inputs, steps=slice(None)):
    return {name: torch.from_numpy(values[:, steps]) for name, values in inputs.items()}


def by_hand(values, times, rates):
    """One sequence: filled values, marks, and times since, by the equations step by step."""
    last, seen_at = np.zeros(3), np.full(3, times[0])
    rows = []
    for x, now in zip(values, times, strict=True):
        since = now - seen_at
        seen = ~np.isnan(x)
        filled = np.where(seen, x, np.exp(-rates * since) * last)
        last, seen_at = np.where(seen, x, last), np.where(seen, now, seen_at)
        rows.append(np.concatenate([filled, seen, np.log1p(since)]))
    return np.array(rows)


@pytest.mark.parametrize("timed", [False, True])
def test_a_loop_over_steps_says_the_same(timed):
    inputs = gappy()
    fill = layer(("hours", 0) if timed else None, unit=2.0)
    filled, _ = fill(tensors(inputs))
    rates = softplus(fill.rates[0]).detach().numpy()
    times = inputs["hours"][:, :, 0] / 2 if timed else np.tile(np.arange(9.0), (5, 1))
    for i in range(5):
        expected = by_hand(inputs["labs"][i], times[i], rates)
        np.testing.assert_allclose(filled["labs"][i].detach(), expected, rtol=1e-12)
    np.testing.assert_array_equal(filled["kind"], inputs["kind"])


@pytest.mark.parametrize("timed", [False, True])
def test_pieces_go_on_where_those_before_stopped(timed):
    inputs = gappy()
    fill = layer(("hours", 0) if timed else None, unit=0.3)
    whole, _ = fill(tensors(inputs))
    state, pieces = None, []
    for steps in (slice(0, 1), slice(1, 2), slice(2, 6), slice(6, 9)):
        filled, state = fill(tensors(inputs, steps), state)
        pieces.append(filled["labs"])
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole["labs"], rtol=1e-10, atol=1e-12)


def test_what_is_all_there_is_left_as_it_is():
    inputs = gappy(share=0.0)
    inputs["labs"] = RNG.normal(size=inputs["labs"].shape)
    filled = layer()(tensors(inputs))[0]["labs"].detach().numpy()
    np.testing.assert_array_equal(filled[..., :3], inputs["labs"])
    np.testing.assert_array_equal(filled[..., 3:6], 1.0)
    np.testing.assert_allclose(np.expm1(filled[:, 1:, 6:]), 1.0)  # each step since the one before
    np.testing.assert_array_equal(filled[:, 0, 6:], 0.0)


def test_no_gradient_is_missing():
    inputs = tensors(gappy())
    inputs["labs"].requires_grad_()
    fill = layer()
    filled = fill(inputs)[0]["labs"]
    assert torch.isfinite(filled).all()
    filled.square().sum().backward()
    assert torch.isfinite(fill.rates[0].grad).all()
    assert (fill.rates[0].grad != 0).all()
    assert torch.isfinite(inputs["labs"].grad).all()


def test_the_times_alone_are_not_masked():
    assert layer().names == ("labs", "hours")
    assert layer(("hours", 0)).names == ("labs",)
    assert layer(("labs", 1)).names == ("labs", "hours")
    widened = layer(("hours", 0)).widened(CHANNELS)
    assert [c.shape for c in widened.values()] == [(9,), (1,), (1,)]
