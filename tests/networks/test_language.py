"""A stretch of steps at a time is the whole; the loss is the log-likelihood step by step."""

import numpy as np
import pytest
import torch

from sksequence.batches import SequenceSamples, StreamSamples
from sksequence.cells import GRU, LSTM, RNN
from sksequence.inputs import Channel, SequenceArray, SequenceSchema
from sksequence.networks import HeadSpec, LanguageSpec, NetworkSpec
from sksequence.tasks import NextStep, step_losses
from sksequence.training import TrainingPlan, train

LENGTHS = [9, 4, 12, 12, 1]


def _data(seed=0):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 6, size=sum(LENGTHS))
    X = SequenceArray({"ids": Channel(ids, n_tokens=7)}, np.append(0, np.cumsum(LENGTHS)))
    return X, rng.integers(0, 6, size=sum(LENGTHS))


def _network(X, cell=None, kind="softmax", **kwargs):
    reader = NetworkSpec(
        SequenceSchema.of(X), 1, cell or LSTM(), (5, 4), embedding_size=4, **kwargs
    )
    spec = LanguageSpec(reader, HeadSpec(kind, 6, tied=kind == "softmax"))
    return spec.build(torch.Generator().manual_seed(1)).double()


def _samples(X, targets, **kwargs):
    return SequenceSamples(X, step_targets=targets, dtype=torch.float64, **kwargs)


@pytest.mark.parametrize("cell", [RNN(), GRU(), LSTM()], ids=str)
@torch.no_grad()
def test_stretches_with_carried_state_score_as_the_whole(cell):
    X, targets = _data()
    network = _network(X, cell).eval()
    whole = {}
    for batch in _samples(X, targets).ordered_batches():
        losses = torch.zeros(batch.mask.shape, dtype=torch.float64)
        losses[batch.mask] = step_losses(network(batch), batch)
        whole.update(zip(batch.positions.tolist(), losses.sum(1), strict=True))
    parts = dict.fromkeys(whole, 0.0)
    state = None
    for batch in StreamSamples(_samples(X, targets), 5, 2).batches(0, np.random.default_rng(0)):
        outputs = network(batch, state if batch.continues else None)
        state = outputs.state
        losses = torch.zeros(batch.mask.shape, dtype=torch.float64)
        losses[batch.mask] = step_losses(outputs, batch)
        for position, loss in zip(batch.positions.tolist(), losses.sum(1), strict=True):
            parts[position] = parts[position] + loss
    for position, loss in whole.items():
        torch.testing.assert_close(parts[position], loss)


@pytest.mark.parametrize("kind", ["softmax", "adaptive"])
def test_the_loss_is_that_of_steps_one_by_one(kind):
    X, targets = _data()
    network = _network(X, kind=kind).eval()
    batch = _samples(X, targets).batch(np.arange(len(X)))
    loss, weight = NextStep().loss(network(batch), batch)
    total = 0.0
    for i in range(len(X)):
        one = _samples(X[i : i + 1], targets[X.offsets[i] : X.offsets[i + 1]]).batch(np.array([0]))
        state = None
        for t in range(LENGTHS[i]):
            embedded = network.encoder({n: v[:, t : t + 1] for n, v in one.inputs.items()})
            steps, state = network.stack(embedded, None, state)
            total = total - network.head.log_probs(steps[:, 0])[0, int(one.targets[0, t])]
    assert weight == sum(LENGTHS)
    torch.testing.assert_close(loss, total / weight)


def test_weights_of_steps_and_sequences_multiply():
    X, targets = _data()
    network = _network(X).eval()
    rng = np.random.default_rng(3)
    own, steps = rng.random(len(X)), rng.random(sum(LENGTHS))
    samples = _samples(X, targets, weights=own, step_weights=steps)
    batch = samples.batch(np.arange(len(X)))
    loss, weight = NextStep().loss(network(batch), batch)
    plain = step_losses(network(batch), batch).detach().numpy()
    weights = np.repeat(own, LENGTHS) * steps
    assert float(weight) == pytest.approx(weights.sum())
    assert float(loss.detach()) == pytest.approx(weights @ plain / weights.sum())


def test_training_carries_the_state_and_cuts_its_past():
    """Two stretches, trained without moving (a tiny rate), have the loss of the whole."""
    X, targets = _data()
    network = _network(X)
    whole = _samples(X, targets).batch(np.arange(len(X)))
    expected = float(NextStep().loss(network.eval()(whole), whole)[0].detach())
    streams = StreamSamples(_samples(X, targets), 3, "full")
    plan = TrainingPlan(max_epochs=1, learning_rate=1e-12)
    run = train(network, NextStep(), streams, plan, np.random.default_rng(0), streams)
    assert run.history[0]["train_loss"] == pytest.approx(expected)
    assert run.history[0]["valid_loss"] == pytest.approx(expected)


def test_windows_behind_each_stretch_score_as_the_whole():
    X, targets = _data()
    network = _network(X).eval()
    whole = _samples(X, targets).batch(np.arange(len(X)))
    expected = float(step_losses(network(whole), whole).sum().detach())
    streams = StreamSamples(_samples(X, targets), 2, "full", n_before=4)
    state, total, n = None, 0.0, 0
    for batch in streams.batches(0, np.random.default_rng(0)):
        outputs = network(batch, state if batch.continues else None)
        state = outputs.state
        assert len(state) <= 3
        losses = step_losses(outputs, batch)
        total, n = total + float(losses.sum().detach()), n + len(losses)
    assert n == sum(LENGTHS)
    assert total == pytest.approx(expected)


def test_the_gradient_reaches_back_over_the_window():
    """With a window over everything before it, a stretch has the gradient of the whole."""
    X, targets = _data()
    network = _network(X)
    batches = StreamSamples(_samples(X, targets), 4, "full", n_before=8)
    *_, last = batches.batches(0, np.random.default_rng(0))
    step_losses(network(last), last).sum().backward()
    found = [p.grad.clone() for p in network.parameters() if p.grad is not None]
    network.zero_grad()
    whole = _samples(X, targets).batch(last.positions)
    losses = torch.zeros(whole.mask.shape, dtype=torch.float64)
    losses = losses.masked_scatter(whole.mask, step_losses(network(whole), whole))
    losses[:, last.n_before :].sum().backward()
    expected = [p.grad for p in network.parameters() if p.grad is not None]
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b)
