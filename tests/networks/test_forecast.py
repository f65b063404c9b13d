"""Networks that forecast: what they read, how they go on."""

import pickle

import numpy as np
import pytest
import torch

from sksequence.batches import WindowBatch
from sksequence.cells import FeedForward, OutputRNN, make_cell
from sksequence.networks import ForecastSpec, pack_network, unpack_network

LOOKBACK, HORIZON = 6, 4


def spec(strategy, **options):
    sizes = {"n_targets": 2, "n_observed": 0, "n_known": 3, "n_static": 1, "n_parameters": 2}
    options = {**sizes, "with_missing": False, "cell": make_cell("gru"), "widths": (5,), **options}
    return ForecastSpec(strategy=strategy, horizon=HORIZON, **options)


def build(spec):
    return spec.build(torch.Generator().manual_seed(0)).double().eval()


def batch(n=3, n_observed=0, seen=None):
    g = torch.Generator().manual_seed(1)

    def draw(*shape):
        return torch.randn(n, *shape, generator=g, dtype=torch.float64)

    return WindowBatch(
        past=draw(LOOKBACK, 2),
        seen=seen,
        observed=draw(LOOKBACK, n_observed),
        known=draw(LOOKBACK + HORIZON, 3),
        static=draw(1),
        level=torch.zeros(n, 1, 2),
        scale=torch.ones(n, 1, 2),
        targets=draw(HORIZON, 2),
    )


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq"])
def test_parameters_of_every_step(strategy):
    n_observed = 0 if strategy == "recursive" else 2
    network = build(spec(strategy, n_observed=n_observed))
    values = network(batch(n_observed=n_observed)).values
    assert values.shape == (3, HORIZON, 2, 2)
    restored = unpack_network(pack_network(pickle.loads(pickle.dumps(network))))
    torch.testing.assert_close(restored(batch(n_observed=n_observed)).values, values)


@pytest.mark.parametrize("strategy", ["recursive", "seq2seq"])
def test_rolling_on_with_the_true_values_is_teacher_forcing(strategy):
    network, windows = build(spec(strategy)), batch()
    taught = network(windows).values
    rolled = network.roll(windows, lambda j, parameters: windows.targets[:, j - 1])
    torch.testing.assert_close(rolled, taught)


def test_recursive_is_one_recurrence_over_past_and_future():
    """By hand: each step is given the value before it and what is known of itself."""
    network, windows = build(spec("recursive")), batch()
    values = torch.cat([windows.past, windows.targets], dim=1)[:, :-1]
    static = windows.static[:, None].expand(-1, LOOKBACK + HORIZON - 1, -1)
    inputs = torch.cat([values, windows.known[:, 1:], static], dim=2)
    steps, _ = network.reader(inputs, None)
    expected = network.head(steps[:, LOOKBACK - 1 :]).unflatten(2, (2, 2))
    torch.testing.assert_close(network(windows).values, expected)


@pytest.mark.parametrize("strategy", ["recursive", "seq2seq"])
def test_a_step_is_blind_for_what_comes_after(strategy):
    network, windows = build(spec(strategy)), batch()
    before = network(windows).values
    windows.known[:, LOOKBACK + 2 :] += 1
    windows.targets[:, 2:] += 1
    after = network(windows).values
    torch.testing.assert_close(after[:, :2], before[:, :2])
    assert not torch.allclose(after[:, 2:], before[:, 2:])


@pytest.mark.parametrize("strategy", ["recursive", "seq2seq"])
def test_rolling_on_goes_beyond_the_horizon(strategy):
    network, windows = build(spec(strategy)), batch()
    longer = WindowBatch(**{**windows.__dict__, "known": windows.known.repeat(1, 2, 1)})

    def own(j, parameters):
        return parameters[..., 0]

    short, long = network.roll(windows, own), network.roll(longer, own)
    assert long.shape[1] == LOOKBACK + 2 * HORIZON
    torch.testing.assert_close(long[:, :HORIZON], short)


def test_scheduled_sampling_goes_from_the_truth_to_the_own_forecast():
    network = build(spec("recursive", teacher_forcing=(1.0, 0.0), location=1)).train()
    windows = batch()
    network.generator = torch.Generator().manual_seed(0)
    taught = network(windows, progress=0.0).values
    free = network(windows, progress=1.0).values
    own = network.roll(windows, lambda j, parameters: parameters[..., 1])
    torch.testing.assert_close(free, own)
    torch.testing.assert_close(taught, network.eval()(windows).values)
    assert not torch.allclose(free, taught)


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq"])
def test_what_is_missing_is_marked_with_the_time_since(strategy):
    network = build(spec(strategy, with_missing=True))
    seen = torch.ones(3, LOOKBACK, 2, dtype=torch.float64)
    complete = network(batch()).values
    torch.testing.assert_close(network(batch(seen=seen)).values, complete)
    holes = seen.clone()
    holes[:, 2:4] = 0
    assert not torch.allclose(network(batch(seen=holes)).values, complete)


def test_steps_since_a_value_was_seen():
    from sksequence.networks._forecast import steps_since

    seen = torch.tensor([0.0, 1, 0, 0, 1, 0])[None, :, None]
    np.testing.assert_array_equal(steps_since(seen).flatten(), [1, 0, 1, 2, 0, 1])


def test_weights_read_the_past_and_the_future_once():
    names = dict(build(spec("recursive")).named_parameters())
    assert not any(name.startswith("decoder") for name in names)
    assert len(build(spec("recursive")).state_dict()) == len(names)


def test_a_forecaster_goes_back_from_the_state_after_the_past():
    for strategy in ("recursive", "seq2seq"):
        gradients = {}
        for steps in (None, (1, 2)):
            network, windows = build(spec(strategy, tbptt_steps=steps)), batch()
            windows.past.requires_grad_()
            network(windows).values[:, 0].sum().backward()
            gradients[steps] = windows.past.grad.abs().sum((0, 2))
        assert (gradients[None] > 0).all()
        reached = (gradients[1, 2] > 0).nonzero()[:, 0].tolist()
        assert reached == ([3, 4, 5] if strategy == "recursive" else [4, 5])


def test_a_forecaster_of_an_output_reads_nothing_that_it_would_forget():
    network, windows = build(spec("recursive", cell=OutputRNN())), batch()
    assert type(network.reader.layers[0][0].cell) is FeedForward
    assert network.read(windows) is None
    rolled = network.roll(windows, lambda j, parameters: windows.targets[:, j - 1])
    torch.testing.assert_close(rolled, network(windows).values)
    assert type(build(spec("seq2seq", cell=OutputRNN())).decoder.layers[0][0].cell) is OutputRNN
