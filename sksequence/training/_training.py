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
        return self._net.step_size_.base

    @base_rate.setter
    def base_rate(self, rate: float) -> None:
        self._net.step_size_.base = rate

    def keep(self) -> None:
        """Let the weights of this moment be those that are kept, whatever the losses say."""
        self._net.best_.choose(len(self.history))

    @property
    def n_batches(self) -> int:
        """Batches of the epoch under way that are done; 0 between epochs."""
        return self._net.passes_.n_done

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
    return {
        "network": net.module_.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "noise": [generator.get_state() for generator in _generators(net.module_)],
        "stopped_by": net.run_.stopped_by,
        "history": [plain(row) for row in net.run_.history],
        **net.step_size_.state(),
        **net.clipping_.state(),
        **net.best_.state(),
        **net.passes_.state(),
    }


def put_back(net: Any, snapshot: dict[str, Any]) -> None:
    """Bring the loop, before its first epoch, to where the snapshot was taken."""
    net.module_.load_state_dict(snapshot["network"])
    net.optimizer_.load_state_dict(snapshot["optimizer"])
    for generator, state in zip(_generators(net.module_), snapshot["noise"], strict=True):
        generator.set_state(state.cpu())
    net.step_size_.go_on(snapshot)
    net.clipping_.go_on(snapshot)
    net.best_.go_on(snapshot)
    net.passes_.go_on(snapshot, net.trainable_[0].device)
    net.run_.stopped_by = snapshot["stopped_by"]
    net.go_on_after([dict(row) for row in snapshot["history"]])


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
