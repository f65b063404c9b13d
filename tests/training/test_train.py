"""Training is the loop that one would write by hand, and says how it went."""

import copy
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from skorch.callbacks import Callback, LRScheduler
from torch import nn

from sksequence.layers import Dropout
from sksequence.training import OPTIMIZERS, DivergenceError


def _by_hand(problem, optimizer="adam", seed=0, n_epochs=3, clip=None, **settings):
    """The same batches, start and optimiser without any engine."""
    network = copy.deepcopy(problem.network)
    rng = np.random.default_rng(seed)
    noise = torch.Generator().manual_seed(int(rng.integers(2**63)))
    for module in network.modules():
        if isinstance(module, Dropout):
            module.generator = noise
    optimizer = OPTIMIZERS[optimizer](network.parameters(), **{"lr": 0.01, **settings})
    losses, network = [], network.train()
    for epoch in range(n_epochs):
        total = weight = 0.0
        for batch in problem.samples.batches(epoch, rng):
            optimizer.zero_grad()
            loss, w = problem.task.loss(network(batch), batch)
            loss.backward()
            if clip is not None:
                clip(network.parameters())
            optimizer.step()
            total, weight = total + float(loss.detach()) * float(w), weight + float(w)
        losses.append(total / weight)
    return network, losses


def _assert_same_weights(one, other, **tolerance):
    torch.testing.assert_close(one.state_dict(), other.state_dict(), **tolerance)


@pytest.mark.parametrize("spec", [{}, {"dropout": 0.3}, {"pooling": "attention"}], ids=str)
@pytest.mark.parametrize("weights", [False, True])
def test_equals_a_loop_by_hand_bit_for_bit(make_problem, spec, weights):
    problem = make_problem(weights=weights, **spec)
    network, run = problem.train()
    expected, losses = _by_hand(problem, fused=True)
    _assert_same_weights(network, expected, rtol=0, atol=0)
    assert [row["train_loss"] for row in run.history] == pytest.approx(losses, rel=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_equals_the_one_of_torch(make_problem, optimizer):
    problem = make_problem(dtype=torch.float64)
    network, _ = problem.train(optimizer=optimizer, weight_decay=0.01)
    expected, _ = _by_hand(problem, optimizer, weight_decay=0.01)
    _assert_same_weights(network, expected, rtol=1e-9, atol=1e-12)
    assert not torch.equal(network.head.weight, problem.network.head.weight)


def test_frozen_weights_stay(make_problem):
    problem = make_problem()
    problem.network.head.weight.requires_grad_(False)
    network, _ = problem.train(valid=True, weight_decay=0.1)
    assert torch.equal(network.head.weight, problem.network.head.weight)
    assert not torch.equal(network.head.bias, problem.network.head.bias)


def test_one_seed_one_result_and_nothing_global_moves(make_problem):
    problem = make_problem(dropout=0.5)
    torch_state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    one, again, other = (problem.train(seed)[0] for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    _assert_same_weights(one, again, rtol=0, atol=0)
    assert not torch.equal(one.head.weight, other.head.weight)


def test_it_learns(make_problem):
    problem = make_problem(n=200)
    _, run = problem.train(max_epochs=30, learning_rate=0.02, valid=True)
    assert run.history[0]["valid_loss"] > 0.3
    assert run.history[-1]["valid_loss"] < 0.05


# -- the record -----------------------------------------------------------------------------


def test_record_makes_a_table(make_problem):
    _, run = make_problem().train(valid=True, gradient_clip=1.0)
    table = pd.DataFrame(run.history)
    assert list(table) == [
        "epoch",
        "train_loss",
        "seconds",
        "learning_rate",
        "gradients_clipped",
        "valid_loss",
    ]
    assert table["epoch"].tolist() == [1, 2, 3]
    assert (table["seconds"] > 0).all()
    assert run.n_epochs == 3
    assert run.stopped_by == "max_epochs"
    assert all(type(value) in (int, float) for row in run.history for value in row.values())


def test_record_without_validation(make_problem):
    network, run = make_problem().train()
    assert list(run.history[0]) == ["epoch", "train_loss", "seconds", "learning_rate"]
    assert run.best_epoch is None
    assert not network.training


@pytest.mark.parametrize("weights", [False, True])
def test_epoch_loss_counts_every_sequence_by_its_weight(make_problem, weights):
    # 30 sequences in batches of 8: two batches have 8, two have 7
    problem = make_problem(dtype=torch.float64, weights=weights)
    _, run = problem.train(max_epochs=1, learning_rate=1e-30)
    whole = problem.samples.batch(np.arange(30))
    loss, _ = problem.task.loss(problem.network(whole), whole)
    assert run.history[0]["train_loss"] == pytest.approx(float(loss.detach()), rel=1e-12)


def test_validation_loss_is_that_of_the_network_at_rest(make_problem):
    problem = make_problem(dtype=torch.float64, dropout=0.8)
    network, run = problem.train(max_epochs=1, valid=True)
    whole = problem.valid_samples.batch(np.arange(10))
    loss, _ = problem.task.loss(network(whole), whole)
    assert run.history[0]["valid_loss"] == pytest.approx(float(loss.detach()), rel=1e-12)


# -- gradient clipping ----------------------------------------------------------------------


class Norms(Callback):
    """The norm of the gradient at each step."""

    def __init__(self):
        self.norms = []

    def on_grad_computed(self, net, named_parameters, **kwargs):
        gradients = [p.grad.flatten() for _, p in named_parameters]
        self.norms.append(float(torch.cat(gradients).norm()))


def test_clipped_gradients_have_at_most_the_norm(make_problem):
    problem = make_problem(dtype=torch.float64)
    free, clipped = Norms(), Norms()
    # steps too small to matter, so that the gradients of both runs are the same
    problem.train(callbacks=[free], learning_rate=1e-30, max_epochs=1)
    limit = float(np.median(free.norms))
    _, run = problem.train(
        callbacks=[clipped], learning_rate=1e-30, max_epochs=1, gradient_clip=limit
    )
    np.testing.assert_allclose(clipped.norms, np.minimum(free.norms, limit), rtol=1e-4)
    assert max(clipped.norms) <= limit
    assert run.history[0]["gradients_clipped"] == np.mean(np.array(free.norms) > limit)


class Largest(Norms):
    """The largest number of the gradient of each batch, as the optimiser sees it."""

    def on_grad_computed(self, net, named_parameters, **kwargs):
        self.norms.append(max(float(p.grad.abs().max()) for _, p in named_parameters))


def test_clipping_by_value_bounds_each_number(make_problem):
    problem = make_problem(dtype=torch.float64)
    free, clipped = Largest(), Largest()
    problem.train(callbacks=[free], learning_rate=1e-30, max_epochs=1)
    limit = float(np.median(free.norms))
    _, run = problem.train(
        callbacks=[clipped],
        learning_rate=1e-30,
        max_epochs=1,
        gradient_clip=limit,
        gradient_clip_by="value",
    )
    np.testing.assert_allclose(clipped.norms, np.minimum(free.norms, limit), rtol=1e-4)
    assert run.history[0]["gradients_clipped"] == np.mean(np.array(free.norms) > limit)


def test_clipping_by_value_equals_that_of_torch(make_problem):
    problem = make_problem(dtype=torch.float64)
    network, _ = problem.train(gradient_clip=0.01, gradient_clip_by="value", optimizer="sgd")
    clip = partial(nn.utils.clip_grad_value_, clip_value=0.01)
    expected, _ = _by_hand(problem, "sgd", clip=clip)
    _assert_same_weights(network, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_clipping_equals_that_of_torch(make_problem, optimizer):
    problem = make_problem(dtype=torch.float64)
    network, run = problem.train(gradient_clip=0.1, optimizer=optimizer)
    clip = partial(nn.utils.clip_grad_norm_, max_norm=0.1)
    expected, _ = _by_hand(problem, optimizer, clip=clip)
    _assert_same_weights(network, expected, rtol=1e-9, atol=1e-12)
    assert run.history[0]["gradients_clipped"] > 0.5


# -- early stopping -------------------------------------------------------------------------


class Script:
    """A task whose validation losses are written down; it may press Ctrl-C."""

    def __init__(self, task, losses=(), interrupt_at=None):
        self.task, self.losses = task, iter(losses)
        self.calls, self.interrupt_at = 0, interrupt_at

    def loss(self, outputs, batch):
        loss, weight = self.task.loss(outputs, batch)
        if not torch.is_grad_enabled():
            return torch.tensor(next(self.losses)), weight
        self.calls += 1
        if self.calls == self.interrupt_at:
            raise KeyboardInterrupt
        return loss, weight


class Weights(Callback):
    """The weights at the end of each epoch."""

    def __init__(self):
        self.seen = []

    def on_epoch_end(self, net, **kwargs):
        self.seen.append(copy.deepcopy(net.module_.state_dict()))


@pytest.mark.parametrize(
    ("losses", "n_epochs", "best", "stopped_by"),
    [
        ([1.0, 0.5, 0.6, 0.7, 0.8, 0.1], 5, 2, "early_stopping"),
        ([1.0, 0.5, 0.6, 0.4, 0.7, 0.6, 0.5], 7, 4, "early_stopping"),
        ([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3], 8, 8, "max_epochs"),
        ([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.8], 8, 7, "max_epochs"),
        # what falls by less than the tolerance counts as no change, the best is kept all the same
        ([1.0, 0.99999, 0.99998, 0.99997, 0.1], 4, 4, "early_stopping"),
        ([1.0, 1.0, 1.0, 1.0], 4, 1, "early_stopping"),
        ([1.0, np.nan, np.nan, np.nan], 4, 1, "early_stopping"),
    ],
)
def test_early_stopping_brings_back_the_best_weights(
    make_problem, losses, n_epochs, best, stopped_by
):
    problem, weights = make_problem(), Weights()
    network, run = problem.train(
        valid=True,
        task=Script(problem.task, losses),
        callbacks=[weights],
        max_epochs=8,
        n_iter_no_change=3,
    )
    assert (run.n_epochs, run.best_epoch, run.stopped_by) == (n_epochs, best, stopped_by)
    assert [row["valid_loss"] for row in run.history] == pytest.approx(
        losses[:n_epochs], nan_ok=True
    )
    assert len(weights.seen) == n_epochs
    torch.testing.assert_close(network.state_dict(), weights.seen[best - 1], rtol=0, atol=0)
    if best < n_epochs:
        assert not torch.equal(network.head.weight, weights.seen[-1]["head.weight"])


def test_real_overfitting_is_stopped(make_problem):
    problem = make_problem(n=12)
    _, run = problem.train(valid=True, max_epochs=500, learning_rate=0.05, n_iter_no_change=5)
    losses = [row["valid_loss"] for row in run.history]
    assert run.stopped_by == "early_stopping"
    assert run.n_epochs < 500
    assert run.best_epoch == int(np.argmin(losses)) + 1


# -- Ctrl-C ---------------------------------------------------------------------------------


def test_interrupt_in_the_middle_of_an_epoch_returns_what_there_is(make_problem):
    problem, weights = make_problem(), Weights()
    task = Script(problem.task, interrupt_at=11)  # the third batch of the third epoch
    network, run = problem.train(task=task, callbacks=[weights], max_epochs=100)
    assert run.stopped_by == "interrupt"
    assert run.n_epochs == len(weights.seen) == 2
    assert [row["epoch"] for row in run.history] == [1, 2]
    assert not network.training
    assert all(p.isfinite().all() for p in network.parameters())


def test_interrupt_brings_back_the_best_weights(make_problem):
    problem, weights = make_problem(), Weights()
    task = Script(problem.task, [1.0, 0.5, 0.9], interrupt_at=14)
    network, run = problem.train(valid=True, task=task, callbacks=[weights], max_epochs=100)
    assert (run.stopped_by, run.best_epoch, run.n_epochs) == ("interrupt", 2, 3)
    torch.testing.assert_close(network.state_dict(), weights.seen[1], rtol=0, atol=0)


def test_interrupt_in_the_first_batch(make_problem):
    problem = make_problem()
    network, run = problem.train(task=Script(problem.task, interrupt_at=1))
    assert (run.stopped_by, run.n_epochs, run.history) == ("interrupt", 0, [])
    _assert_same_weights(network, problem.network, rtol=0, atol=0)


# -- divergence -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clip", "remedy"), [(None, "set gradient_clip=1.0"), (5.0, "lower gradient_clip")]
)
def test_divergence_says_what_to_try(make_problem, clip, remedy):
    problem = make_problem()
    with pytest.raises(DivergenceError) as caught:
        problem.train(learning_rate=1e38, gradient_clip=clip, max_epochs=5)
    assert str(caught.value) == (
        "training diverged: the loss became infinite or not a number in epoch 1. "
        "Lower learning_rate (now 1e+38), "
        f"{remedy}, or check X and y for extreme values."
    )
    assert isinstance(caught.value, FloatingPointError)


def test_divergence_in_the_very_last_step_is_noticed(make_problem):
    problem = make_problem(batch_size="full")
    with pytest.raises(DivergenceError, match="the weights became infinite in the last epoch"):
        problem.train(optimizer="sgd", learning_rate=1e39, max_epochs=1)


# -- callbacks ------------------------------------------------------------------------------


class Calls(Callback):
    """The names of everything that is called."""

    def __init__(self):
        self.names = []

    def __getattribute__(self, name):
        if name.startswith("on_"):
            self.names.append(name[3:])
        return super().__getattribute__(name)

    def on_batch_end(self, net, **kwargs):
        pass


def test_callbacks_are_called_in_order(make_problem):
    calls = Calls()
    make_problem(batch_size=15).train(callbacks=[calls], max_epochs=2)
    batch = ["batch_begin", "grad_computed", "batch_end"]
    epoch = ["epoch_begin", *batch, *batch, "epoch_end"]
    assert calls.names == ["train_begin", *epoch, *epoch, "train_end"]


def test_callbacks_hear_the_end_after_an_error(make_problem):
    calls = Calls()
    with pytest.raises(DivergenceError):
        make_problem().train(callbacks=[calls], learning_rate=1e38)
    assert calls.names[-1] == "train_end"


def test_learning_rate_schedules_of_skorch_work(make_problem):
    problem, rates = make_problem(dtype=torch.float64), []
    watch = SimpleNamespace(rates=rates)

    class Watch(Callback):
        def on_epoch_begin(self, net, **kwargs):
            watch.rates.append(net.optimizer_.param_groups[0]["lr"])

    schedule = LRScheduler(policy="StepLR", step_size=1, gamma=0.1)
    network, run = problem.train(callbacks=[Watch(), schedule], max_epochs=4, optimizer="sgd")
    assert rates == pytest.approx([1e-2, 1e-3, 1e-4, 1e-5])
    assert [row["event_lr"] for row in run.history] == pytest.approx([1e-2, 1e-3, 1e-4, 1e-5])
    plain, _ = problem.train(max_epochs=4, optimizer="sgd")
    assert not torch.equal(network.head.weight, plain.head.weight)


def test_schedule_on_the_validation_loss(make_problem):
    problem = make_problem()
    schedule = LRScheduler(policy="ReduceLROnPlateau", monitor="valid_loss", patience=0)
    task = Script(problem.task, [1.0, 2.0, 3.0, 4.0])
    _, run = problem.train(valid=True, task=task, callbacks=[schedule], max_epochs=4)
    assert run.history[-1]["event_lr"] < run.history[0]["event_lr"]


# -- mixed precision ------------------------------------------------------------------------


def test_mixed_precision_is_near_and_keeps_full_weights(make_problem):
    problem = make_problem(n=60)
    network, run = problem.train(autocast=torch.bfloat16, max_epochs=5, valid=True)
    _, full = problem.train(max_epochs=5, valid=True)
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    ours, theirs = ([row["train_loss"] for row in r.history] for r in (run, full))
    assert ours != theirs
    assert ours == pytest.approx(theirs, rel=0.05)


@pytest.mark.gpu
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_gpu_equals_cpu(make_problem, optimizer):
    here, run = make_problem(dtype=torch.float64).train(optimizer=optimizer, gradient_clip=0.5)
    there, same = make_problem(dtype=torch.float64, device="cuda").train(
        optimizer=optimizer, gradient_clip=0.5
    )
    assert next(there.parameters()).is_cuda
    _assert_same_weights(there.cpu(), here, rtol=1e-6, atol=1e-8)
    for one, other in zip(run.history, same.history, strict=True):
        assert one["train_loss"] == pytest.approx(other["train_loss"])
        assert one["gradients_clipped"] == other["gradients_clipped"]


@pytest.mark.gpu
def test_dropout_and_mixed_precision_on_a_gpu_are_reproducible(make_problem):
    problem = make_problem(dropout=0.5, device="cuda")
    one, again = (problem.train(autocast=torch.bfloat16)[0] for _ in range(2))
    _assert_same_weights(one, again, rtol=0, atol=0)
