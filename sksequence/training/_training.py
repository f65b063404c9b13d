"""A training while it runs, as those who watch it see it."""

from __future__ import annotations

from typing import Any, Protocol

import torch

from sksequence.training._fingerprint import fingerprint


class Watcher(Protocol):
    """Who is told how a training goes."""

    #: Whether `batch_ended` is wanted.
    watches_batches: bool

    def begin(self, training: Training) -> None:
        """Before the first epoch; the training may be taken back to an earlier state here."""

    def epoch_begins(self) -> None:
        """Before the first batch of an epoch."""

    def batch_ended(self) -> None:
        """After the step of the optimiser."""

    def epoch_ended(self) -> bool:
        """After validation; True stops the training."""

    def epoch_settled(self) -> None:
        """When it is known whether another epoch follows."""


class Training:
    """What may be seen and changed while a training runs.

    Parameters
    ----------
    net : object
        The engine's loop.
    """

    def __init__(self, net: Any):
        self._net = net

    @property
    def network(self) -> torch.nn.Module:
        """The network, with the weights of this moment."""
        return self._net.module_

    @property
    def history(self) -> list[dict]:
        """A record for each epoch that has ended."""
        return self._net.run_.history

    @property
    def max_epochs(self) -> int:
        """Epochs at most."""
        return self._net.plan_.max_epochs

    @property
    def base_rate(self) -> float:
        """Step size of the optimiser, which the schedule multiplies."""
        return self._net.base_rate_

    @base_rate.setter
    def base_rate(self, rate: float) -> None:
        self._net.set_base_rate(rate)

    def keep(self) -> None:
        """Let the weights of this moment be those that are kept, whatever the losses say."""
        self._net.keep_weights()
        self._net.watcher_keeps_ = True

    @property
    def n_batches(self) -> int:
        """Batches of the epoch under way that are done; 0 between epochs."""
        return self._net.n_done_

    @property
    def ends(self) -> bool:
        """Whether no other epoch follows."""
        run = self._net.run_
        return run.stopped_by != "max_epochs" or len(run.history) >= self.max_epochs

    def fingerprint(self) -> str:
        """A short name for the data, which others do not have."""
        return fingerprint(self._net.samples_, self._net.valid_samples_)

    def snapshot(self) -> dict[str, Any]:
        """Everything that decides how training goes on: tensors, numbers, texts, lists, dicts.

        It shares its tensors with the training: write it down before the next batch.
        """
        return take_snapshot(self._net)

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot of a training of the same network on the same data."""
        put_back(self._net, snapshot)


def take_snapshot(net: Any) -> dict[str, Any]:
    """The state of the loop: weights, optimiser, all randomness, what was best, the record."""
    run, schedule = net.run_, net.schedule_
    return {
        "network": net.module_.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "learning_rate": net.base_rate_,
        # within an epoch the batches are drawn again from its beginning
        "rng": net.rng_at_start_ if net.n_done_ else net.rng_.bit_generator.state,
        "noise": [generator.get_state() for generator in _generators(net.module_)],
        "schedule": schedule.state(),
        "best_loss": float(net.best_loss_),
        "best_weights": net.best_weights_,
        "best_epoch": run.best_epoch,
        "waited": net.waited_,
        "watcher_keeps": net.watcher_keeps_,
        "n_clipped": net.n_clipped_,
        "stopped_by": run.stopped_by,
        "history": [plain(row) for row in run.history],
        "n_done": net.n_done_,
        "sums": net.sums_ if net.n_done_ else None,
        "state": net.state_ if net.n_done_ else None,
    }


def put_back(net: Any, snapshot: dict[str, Any]) -> None:
    """Bring the loop, before its first epoch, to where the snapshot was taken."""
    device = net.trainable_[0].device
    net.module_.load_state_dict(snapshot["network"])
    net.optimizer_.load_state_dict(snapshot["optimizer"])
    net.base_rate_ = snapshot["learning_rate"]
    net.rng_.bit_generator.state = snapshot["rng"]
    for generator, state in zip(_generators(net.module_), snapshot["noise"], strict=True):
        generator.set_state(state.cpu())
    net.schedule_.go_on(snapshot["schedule"])
    net.best_loss_ = snapshot["best_loss"]
    net.best_weights_ = to_device(snapshot["best_weights"], device)
    net.waited_ = snapshot["waited"]
    net.watcher_keeps_ = snapshot["watcher_keeps"]
    net.n_clipped_ = to_device(snapshot["n_clipped"], device)
    net.n_before_ = snapshot["n_done"]
    net.sums_before_ = to_device(snapshot["sums"], device)
    net.state_before_ = to_device(snapshot["state"], device)
    net.run_.best_epoch = snapshot["best_epoch"]
    net.run_.stopped_by = snapshot["stopped_by"]
    net.run_.history = [dict(row) for row in snapshot["history"]]
    net.go_on_after(net.run_.history)


def to_device(tree: Any, device: torch.device) -> Any:
    """A tree of tensors on a device; everything else as it is."""
    if isinstance(tree, torch.Tensor):
        return tree.to(device)
    if isinstance(tree, (list, tuple)):
        return type(tree)(to_device(branch, device) for branch in tree)
    return tree


def plain(row: dict) -> dict[str, Any]:
    """A record of an epoch without numpy's number types and without the batches."""
    return {
        name: value.item() if hasattr(value, "item") else value
        for name, value in row.items()
        if name != "batches"
    }


def _generators(network: torch.nn.Module) -> list[torch.Generator]:
    """The private generators of the layers that make noise, each once."""
    found = (getattr(module, "generator", None) for module in network.modules())
    return list({id(g): g for g in found if isinstance(g, torch.Generator)}.values())
