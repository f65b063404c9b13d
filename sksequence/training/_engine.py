"""The training loop; the only file that knows skorch.

skorch gives the epochs, the optimiser's set-up, the callback protocol and the history. The
batches are ours (already on the device, no DataLoader), as are the epoch's own loop (no
record for each batch, no synchronisation with the device before the epoch ends) and the
handling of the end: early stopping does not go through a swallowed KeyboardInterrupt.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback
from skorch.history import History

from sksequence.training._best_weights import BestWeights
from sksequence.training._gradients import Clipping
from sksequence.training._passes import BatchLoss, Passes
from sksequence.training._plan import TrainingPlan
from sksequence.training._progress import ProgressBar
from sksequence.training._run import DivergenceError, TrainingRun
from sksequence.training._schedule import Schedule, StepSize
from sksequence.training._training import Training, Watcher

# Targets are standardised, so a mean loss beyond this is no fit on the way to a better one.
DIVERGED = 1e6


def train(
    network,
    task,
    samples,
    plan: TrainingPlan,
    rng,
    valid_samples=None,
    callbacks=(),
    watcher: Watcher | None = None,
) -> TrainingRun:
    """Train `network` in place.

    Parameters
    ----------
    network : nn.Module
        ``network(batch, state=None, progress=None) -> Outputs``.
    task : object
        ``task.loss(outputs, batch) -> (mean loss, weight it stands for)``.
    samples : object
        ``samples.batches(epoch, rng)`` yields batches, ``samples.n_batches`` counts them.
    plan : TrainingPlan
    rng : numpy.random.Generator
        Orders the batches; its children draw the noise of dropout.
    valid_samples : object, default=None
        ``ordered_batches()`` yields them. With it, training stops early and the weights of
        the best epoch are restored.
    callbacks : sequence of skorch callbacks
    watcher : Watcher, default=None
        Is told of the beginning, of each epoch and, if it wants, of each batch. It may bring the
        training to where an earlier one stood, and it may stop it.

    Returns
    -------
    TrainingRun
        After Ctrl-C too (``stopped_by == "interrupt"``): the caller finishes, then goes on
        with the KeyboardInterrupt.

    Raises
    ------
    DivergenceError
        If the loss is not finite any more.
    """
    optimizer, settings = plan.optimizer_class()
    net = _Net(
        network,
        criterion=None,
        optimizer=optimizer,
        max_epochs=plan.max_epochs,
        train_split=None,
        device=None,
        verbose=0,
        callbacks=list(callbacks),
        **{f"optimizer__{name}": value for name, value in settings.items()},
    )
    net.initialize()
    net.prepare(task, samples, valid_samples, plan, rng, watcher)
    return _run(net)


class _EndOfTraining(Exception):
    """Raised where the next epoch would begin."""


class _Net(NeuralNet):
    """skorch's loop over our samples."""

    @property
    def _default_callbacks(self):
        return []

    def initialize_criterion(self):
        return self  # the task has the loss

    def get_all_learnable_params(self):
        return ((k, p) for k, p in self.module_.named_parameters() if p.requires_grad)

    def prepare(self, task, samples, valid_samples, plan, rng, watcher):
        """Everything that takes part beside the network and the optimiser."""
        self.plan_, self.watcher_ = plan, watcher
        self.samples_, self.valid_samples_ = samples, valid_samples
        self.run_, self.bar_ = TrainingRun(), ProgressBar(plan)
        self.trainable_ = [p for _, p in self.get_all_learnable_params()]
        self.clipping_ = Clipping(self.trainable_, plan)
        self.best_ = BestWeights(self.trainable_, plan.n_iter_no_change)
        schedule = Schedule(plan.learning_rate_schedule)
        self.step_size_ = StepSize(self.optimizer_, plan.learning_rate, schedule)
        self.loss_ = BatchLoss(self.module_, task, plan.autocast)
        self.batch_hooks_ = any(_has_batch_hooks(c) for _, c in self.callbacks_)
        watches = watcher is not None and watcher.watches_batches
        self.passes_ = Passes(
            self.loss_,
            rng,
            plan.max_epochs,
            notify=self.notify if self.batch_hooks_ else None,
            batch_ended=watcher.batch_ended if watches else None,
        )
        _seed_noise(self.module_, rng)

    def get_split_datasets(self, X, y=None, **kwargs):
        return self.samples_, self.valid_samples_

    def get_iterator(self, dataset, training=False):
        return dataset

    def on_epoch_begin(self, net, **kwargs):
        if self.run_.stopped_by != "max_epochs":
            raise _EndOfTraining  # after all callbacks have seen the last epoch's end
        super().on_epoch_begin(net, **kwargs)
        if self.watcher_ is not None:
            self.watcher_.epoch_begins()

    def run_single_epoch(self, iterator, training, prefix, step_fn, **kwargs):
        if iterator is None:
            return
        self.module_.train(training)
        started = time.perf_counter()
        epoch = len(self.run_.history)
        loss = self.passes_.mean_loss(iterator, epoch, training, step_fn)
        self.history.record(f"{prefix}_loss", loss)
        if training:
            _check_converges(loss, epoch + 1, self.plan_)
            self.history.record("seconds", time.perf_counter() - started)
            self.history.record("learning_rate", self.step_size_.now)
            clipped = self.clipping_.share(max(1, iterator.n_batches))
            if clipped is not None:
                self.history.record("gradients_clipped", clipped)

    def train_step(self, batch, progress=0.0, **kwargs):
        self.step_size_.follow(progress)
        for parameter in self.trainable_:  # what zero_grad does, in a thirtieth of its time
            parameter.grad = None
        step = self.loss_.of(batch, progress)
        step["loss"].backward()
        self.clipping_.clip()
        if self.batch_hooks_:
            self.notify(
                "on_grad_computed",
                named_parameters=list(self.get_all_learnable_params()),
                batch=batch,
                training=True,
            )
        self.optimizer_.step()
        return step

    def validation_step(self, batch, **kwargs):
        with torch.no_grad():
            return self.loss_.of(batch)

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        record = self.history[-1]
        record.pop("batches")  # skorch's records of batches; there are none
        self.run_.history.append(record)
        self.bar_.show(record)
        self.step_size_.after_epoch(record.get("valid_loss", record["train_loss"]))
        if "valid_loss" in record:
            if self.best_.compare(record["valid_loss"], len(self.run_.history)):
                self.run_.stopped_by = "early_stopping"
        if self.watcher_ is not None:
            if self.watcher_.epoch_ended() and self.run_.stopped_by == "max_epochs":
                self.run_.stopped_by = "callback"
            self.watcher_.epoch_settled()

    def go_on_after(self, records):
        """The record as if these epochs had been trained here; the bar too."""
        self.run_.history = records
        self.history_ = History(records)
        self.bar_.go_on(records)


def _run(net: _Net) -> TrainingRun:
    """Train, and leave the best weights in the network."""
    net.notify("on_train_begin", X=net.samples_, y=None)
    try:
        if net.watcher_ is not None:
            net.watcher_.begin(Training(net))
        net.fit_loop(net.samples_, epochs=net.plan_.max_epochs - len(net.run_.history))
    except _EndOfTraining:
        pass
    except KeyboardInterrupt:
        net.run_.stopped_by = "interrupt"
    finally:
        net.bar_.close()
        net.notify("on_train_end", X=net.samples_, y=None)
        net.module_.eval()
    if net.best_.there:
        net.best_.put_back()
    elif not all(bool(p.isfinite().all()) for p in net.trainable_):
        what = "the weights became infinite in the last epoch"
        raise DivergenceError(_divergence_message(net.plan_, what))
    net.run_.best_epoch = net.best_.epoch
    net.run_.history = net.history.to_list()[: len(net.run_.history)]
    return net.run_


def _has_batch_hooks(callback) -> bool:
    hooks = ("on_batch_begin", "on_batch_end", "on_grad_computed")
    return any(getattr(type(callback), h, None) is not getattr(Callback, h) for h in hooks)


def _seed_noise(network, rng):
    """Give every layer that makes noise a private generator on its device."""
    parameter = next(network.parameters(), None)
    device = "cpu" if parameter is None else parameter.device
    generator = torch.Generator(device).manual_seed(int(rng.integers(2**63)))
    for module in network.modules():
        if hasattr(module, "generator"):
            module.generator = generator


def _check_converges(loss, epoch, plan):
    if not loss < DIVERGED:
        size = f"{loss:g}" if np.isfinite(loss) else "infinite or not a number"
        what = f"the loss became {size} in epoch {epoch}"
        raise DivergenceError(_divergence_message(plan, what))


def _divergence_message(plan, what) -> str:
    clip = "set gradient_clip=1.0" if plan.gradient_clip is None else "lower gradient_clip"
    return (
        f"training diverged: {what}. Lower learning_rate (now {plan.learning_rate:g}), {clip}, or "
        "check X and y for extreme values."
    )
