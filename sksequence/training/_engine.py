"""The training loop; the only file that knows skorch.

skorch gives the epochs, the optimiser's set-up, the callback protocol and the history. The
batches are ours (already on the device, no DataLoader), as are the epoch's own loop (no
record for each batch, no synchronisation with the device before the epoch ends) and the
handling of the end: early stopping does not go through a swallowed KeyboardInterrupt.
"""

from __future__ import annotations

import time
from contextlib import nullcontext

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback
from skorch.history import History

from sksequence.training._plan import TrainingPlan
from sksequence.training._progress import ProgressBar
from sksequence.training._run import DivergenceError, TrainingRun
from sksequence.training._schedule import Schedule
from sksequence.training._training import Training, Watcher

# Targets are standardised, so a mean loss beyond this is no fit on the way to a better one.
DIVERGED = 1e6

# A validation loss that falls by less counts as no change.
TOLERANCE = 1e-4


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
    return net.run()


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
        self.task_, self.plan_, self.rng_ = task, plan, rng
        self.samples_, self.valid_samples_ = samples, valid_samples
        self.trainable_ = [p for _, p in self.get_all_learnable_params()]
        self.run_, self.bar_ = TrainingRun(), ProgressBar(plan)
        self.schedule_ = Schedule(plan.learning_rate_schedule)
        self.best_loss_, self.best_weights_, self.waited_ = np.inf, None, 0
        self.batch_hooks_ = any(_has_batch_hooks(c) for _, c in self.callbacks_)
        self.n_clipped_ = self.trainable_[0].new_zeros((), dtype=torch.int64)
        self.base_rate_, self.watcher_, self.watcher_keeps_ = plan.learning_rate, watcher, False
        self.watches_batches_ = watcher is not None and watcher.watches_batches
        self.n_done_, self.n_before_, self.sums_, self.state_ = 0, 0, None, None
        _seed_noise(self.module_, rng)

    def run(self) -> TrainingRun:
        self.notify("on_train_begin", X=self.samples_, y=None)
        try:
            if self.watcher_ is not None:
                self.watcher_.begin(Training(self))
            self.fit_loop(self.samples_, epochs=self.plan_.max_epochs - len(self.run_.history))
        except _EndOfTraining:
            pass
        except KeyboardInterrupt:
            self.run_.stopped_by = "interrupt"
        finally:
            self.bar_.close()
            self.notify("on_train_end", X=self.samples_, y=None)
            self.module_.eval()
        self._restore_best()
        self.run_.history = self.history.to_list()[: len(self.run_.history)]
        return self.run_

    # -- what skorch asks for -------------------------------------------------------------

    def check_data(self, X, y=None):
        pass  # the estimator has checked it

    def get_split_datasets(self, X, y=None, **kwargs):
        return self.samples_, self.valid_samples_

    def get_iterator(self, dataset, training=False):
        return dataset

    def run_single_epoch(self, iterator, training, prefix, step_fn, **kwargs):
        if iterator is None:
            return
        self.module_.train(training)
        started = time.perf_counter()
        epoch = len(self.run_.history)
        batches = iterator.batches(epoch, self.rng_) if training else iterator.ordered_batches()
        n_batches, max_epochs = max(1, iterator.n_batches), self.plan_.max_epochs
        # running sums on the device: nothing waits for it, and no small tensors stay behind
        # between the large ones that each batch frees (memory would grow around them)
        total, weight = 0.0, 0.0
        self.state_ = None  # carried where one batch continues another
        n_before = 0
        if training:
            self.rng_at_start_ = self.rng_.bit_generator.state
            n_before, self.n_before_ = self.n_before_, 0
        for i, batch in enumerate(batches):
            if i < n_before:  # done before a restart; drawn again, for those that follow
                if i == n_before - 1:
                    (total, weight), self.state_ = self.sums_before_, self.state_before_
                continue
            if self.batch_hooks_:
                self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch, progress=(epoch + i / n_batches) / max_epochs)
            total = total + step["loss"].detach() * step["weight"]
            weight = weight + step["weight"]
            if self.batch_hooks_:
                self.notify("on_batch_end", batch=batch, training=training, **step)
            del batch, step  # or the next batch grows beside this one
            if self.watches_batches_ and training:
                self.n_done_, self.sums_ = i + 1, (total, weight)
                self.watcher_.batch_ended()
        self.n_done_ = 0
        loss = float(total / weight)
        self.history.record(f"{prefix}_loss", loss)
        if training:
            self._after_training_pass(loss, time.perf_counter() - started, n_batches)

    def train_step_single(self, batch, progress=None, **kwargs):
        with self._autocast(batch):
            outputs = self._forward(batch, progress)
            loss, weight = self.task_.loss(outputs, batch)
        loss.backward()
        clip = self.plan_.gradient_clip
        if clip is not None:
            size = _CLIP_BY[self.plan_.gradient_clip_by](self.trainable_, clip)
            self.n_clipped_.add_(size > clip)
        return {"loss": loss, "weight": weight, "y_pred": outputs}

    def train_step(self, batch, progress=0.0, **kwargs):
        if self.schedule_.changes:
            self._set_learning_rate(self.schedule_.factor(progress))
        for parameter in self.trainable_:  # what zero_grad does, in a thirtieth of its time
            parameter.grad = None
        step = self.train_step_single(batch, progress)
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
        with torch.no_grad(), self._autocast(batch):
            outputs = self._forward(batch)
            loss, weight = self.task_.loss(outputs, batch)
        return {"loss": loss, "weight": weight, "y_pred": outputs}

    def _forward(self, batch, progress=None):
        """The outputs of a batch; its state is kept, without its past, for a batch that continues.

        Kinds of batches that always stand alone need not say so.
        """
        state = self.state_ if getattr(batch, "continues", False) else None
        outputs = self.module_(batch, state=state, progress=progress)
        self.state_ = detached(outputs.state) if getattr(batch, "goes_on", False) else None
        return outputs

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        record = self.history[-1]
        record.pop("batches")  # skorch's records of batches; there are none
        self.run_.history.append(record)
        self.bar_.show(record)
        self.schedule_.after_epoch(record.get("valid_loss", record["train_loss"]))
        if "valid_loss" in record:
            self._compare(record)
        if self.watcher_ is not None:
            if self.watcher_.epoch_ended() and self.run_.stopped_by == "max_epochs":
                self.run_.stopped_by = "callback"
            self.watcher_.epoch_settled()

    def _compare(self, record):
        loss = record["valid_loss"]
        self.waited_ = 0 if loss < self.best_loss_ - TOLERANCE else self.waited_ + 1
        if loss < self.best_loss_:
            self.best_loss_ = loss
            if not self.watcher_keeps_:
                self.keep_weights()
        if self.waited_ >= self.plan_.n_iter_no_change:
            self.run_.stopped_by = "early_stopping"

    def on_epoch_begin(self, net, **kwargs):
        if self.run_.stopped_by != "max_epochs":
            raise _EndOfTraining  # after all callbacks have seen the last epoch's end
        super().on_epoch_begin(net, **kwargs)
        if self.watcher_ is not None:
            self.watcher_.epoch_begins()

    # -- what a watcher may do --------------------------------------------------------------

    def keep_weights(self):
        """Those of this moment are put back in the end."""
        self.run_.best_epoch = len(self.run_.history)
        self.best_weights_ = [p.detach().clone() for p in self.trainable_]

    def set_base_rate(self, rate):
        """The step size that the schedule multiplies."""
        self.base_rate_ = float(rate)
        self._set_learning_rate(1.0)

    def go_on_after(self, records):
        """The record as if these epochs had been trained here; the bar too."""
        self.history_ = History(records)
        self.bar_.go_on(records)

    # -- pieces ---------------------------------------------------------------------------

    def _after_training_pass(self, loss, seconds, n_batches):
        if not loss < DIVERGED:
            size = f"{loss:g}" if np.isfinite(loss) else "infinite or not a number"
            what = f"the loss became {size} in epoch {len(self.run_.history) + 1}"
            raise DivergenceError(_divergence_message(self.plan_, what))
        self.history.record("seconds", seconds)
        self.history.record("learning_rate", self.optimizer_.param_groups[0]["lr"])
        if self.plan_.gradient_clip is not None:
            self.history.record("gradients_clipped", int(self.n_clipped_) / n_batches)
            self.n_clipped_.zero_()

    def _set_learning_rate(self, factor):
        rate = self.base_rate_ * factor
        for group in self.optimizer_.param_groups:
            group["lr"] = rate

    def _autocast(self, batch):
        if self.plan_.autocast is None:
            return nullcontext()
        return torch.autocast(batch.device.type, dtype=self.plan_.autocast)

    def _restore_best(self):
        if self.best_weights_ is None:
            if not all(bool(p.isfinite().all()) for p in self.trainable_):
                what = "the weights became infinite in the last epoch"
                raise DivergenceError(_divergence_message(self.plan_, what))
            return
        with torch.no_grad():
            for parameter, best in zip(self.trainable_, self.best_weights_, strict=True):
                parameter.copy_(best)


def detached(tree):
    """A tree of tensors without the graph that led to them."""
    if isinstance(tree, torch.Tensor):
        return tree.detach()
    if isinstance(tree, (list, tuple)):
        return type(tree)(detached(branch) for branch in tree)
    return tree


@torch.no_grad()
def _clip_gradients(parameters, limit) -> torch.Tensor:
    """Scale all gradients so that their common norm is at most `limit`; the norm before.

    As ``torch.nn.utils.clip_grad_norm_``, which takes twice the time (as long as the
    optimiser's step in a small network) to sort the gradients by device and type.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    torch._foreach_mul_(gradients, (limit / (norm + 1e-6)).clamp(max=1.0))
    return norm


@torch.no_grad()
def _clip_numbers(parameters, limit) -> torch.Tensor:
    """Bring each number of all gradients between `-limit` and `limit`; the largest before."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    largest = torch.stack(torch._foreach_norm(gradients, torch.inf)).max()
    torch._foreach_clamp_max_(gradients, limit)
    torch._foreach_clamp_min_(gradients, -limit)
    return largest


_CLIP_BY = {"norm": _clip_gradients, "value": _clip_numbers}


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


def _divergence_message(plan, what) -> str:
    clip = "set gradient_clip=1.0" if plan.gradient_clip is None else "lower gradient_clip"
    return (
        f"training diverged: {what}. Lower learning_rate (now {plan.learning_rate:g}), {clip}, or "
        "check X and y for extreme values."
    )
