"""Long trainings survive a crash."""

from __future__ import annotations

import errno
import hashlib
import numbers
import os
import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sksequence.callbacks._checkpoint_file import (
    CheckpointError,
    read_description,
    read_snapshot,
    write,
)
from sksequence.callbacks._places import check_trains_network, is_fit, is_searched

SUFFIX = ".checkpoint"
# These may be other ones when training goes on: they do not decide what a step does.
FREE = {"max_epochs", "n_iter_no_change", "verbose"}


class Checkpoint:
    """Write the whole state of a training to a folder, and go on from there after a crash.

    The same program, started again after it was killed, goes on where the newest checkpoint
    stands and ends with the same weights, bit for bit, as if it had never stopped (on the same
    machine, with the same number of threads and the same versions; another machine or version
    is told in a warning). A training that had come to its end is not repeated.

    Each training has a folder of its own within `folder`, by its data and, in a search, by its
    parameters, so that a search or a cross-validation that was killed goes on too.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there.
    every_epochs : int or None, default=1
        Write after every so many epochs.
    every_minutes : float or None, default=None
        Write when so many minutes have gone by since the last time, also within an epoch.
    max_share : float or None, default=0.02
        Of the time of the training, writing takes at most this share: where epochs are short,
        checkpoints are left out. The first one and that of the last epoch are always written.
        None: none is left out.
    keep : int, default=2
        So many of the newest checkpoints of a training are kept.

    Raises
    ------
    CheckpointError
        When fit begins, if the checkpoints are of another architecture or of other parameters,
        or if none of them is whole. One that is cut short or was changed gives a warning, and the
        one before it is taken.
    TypeError
        When fit begins, if the estimator trains no network.
    ValueError
        When fit begins, if ``random_state`` of the estimator is no whole number: what it draws
        before training, such as the validation part, must be the same again.
    OSError
        When fit begins, if the folder may not be written to. Later, a disk that is full gives a
        warning, the checkpoints that are there stay whole, and training goes on.

    Notes
    -----
    Other values of ``max_epochs``, ``n_iter_no_change`` and ``verbose`` are allowed where training
    goes on; with a ``learning_rate_schedule`` that runs over all epochs, the step sizes still to
    come are those of the new ``max_epochs``.

    A checkpoint holds tensors and numbers only; reading one runs no code from the file.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from sksequence import RNNClassifier
    >>> from sksequence.callbacks import Checkpoint
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=n).cumsum() for n in rng.integers(3, 9, size=80)]
    >>> y = ["up" if x[-1] > x[0] else "down" for x in X]
    >>> folder = tempfile.mkdtemp()
    >>> classifier = RNNClassifier(hidden_size=8, max_epochs=3, random_state=0)
    >>> classifier.set_callbacks(Checkpoint(folder)).fit(X, y).n_epochs_
    3
    >>> classifier.set_params(max_epochs=5).fit(X, y).n_epochs_  # the first three are there
    5
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        *,
        every_epochs: int | None = 1,
        every_minutes: float | None = None,
        max_share: float | None = 0.02,
        keep: int = 2,
    ):
        if not isinstance(folder, (str, os.PathLike)):
            raise TypeError(f"Checkpoint needs the name of a folder, got folder={folder!r}.")
        for name, value, kind in (
            ("every_epochs", every_epochs, numbers.Integral),
            ("every_minutes", every_minutes, numbers.Real),
            ("max_share", max_share, numbers.Real),
            ("keep", keep, numbers.Integral),
        ):
            missing = value is None and name != "keep"
            if not missing and (
                not isinstance(value, kind) or isinstance(value, bool) or not value > 0
            ):
                raise ValueError(f"{name} must be a number above 0, got {value!r}.")
        if every_epochs is None and every_minutes is None:
            raise ValueError("give every_epochs or every_minutes: both are None.")
        self.folder = Path(folder)
        self.every_epochs, self.every_minutes = every_epochs, every_minutes
        self.max_share, self.keep = max_share, keep
        self._runs: dict[Any, _Run] = {}

    @property
    def watches_batches(self) -> bool:
        """Whether checkpoints may be written within an epoch."""
        return self.every_minutes is not None

    def setup(self, estimator, context):
        """Check what can be checked before the training."""
        check_trains_network(estimator, "Checkpoint", "writes the weights of")
        seed = estimator.random_state
        if not isinstance(seed, numbers.Integral):
            raise ValueError(
                "a training that is to go on after a crash must draw the same numbers again, but "
                f"random_state={seed!r}: give {type(estimator).__name__}(random_state=0) or "
                "another whole number."
            )

    def on_fit_task_begin(self, estimator, context):
        """Where the fit begins: go back to the newest checkpoint."""
        if not is_fit(context):
            return
        training = context.training
        folder = self.folder / _name(estimator, context)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise type(error)(
                error.errno,
                f"{error.strerror}: Checkpoint cannot write here, so nothing was trained; choose a "
                "folder that you may write to",
                str(folder),
            ) from error
        for part in folder.glob(".*.part"):  # of a process that was killed while it wrote
            part.unlink(missing_ok=True)
        run = self._runs[context.root_uuid, id(estimator)] = _Run(
            folder, _describe(estimator, training), training
        )
        run.go_on()

    def on_batch_end(self, estimator, context):
        """After a batch: write, if the time has come."""
        run = self._runs[context.root_uuid, id(estimator)]
        if run.waited() >= 60 * self.every_minutes and run.costs_at_most(self.max_share):
            run.write(self.keep)

    def on_epoch_settled(self, estimator, context):
        """After an epoch, when it is known whether training goes on: write, if it is its turn."""
        run = self._runs[context.root_uuid, id(estimator)]
        n_epochs = len(run.training.history)
        due = self.every_epochs is not None and n_epochs % self.every_epochs == 0
        if self.every_minutes is not None:
            due |= run.waited() >= 60 * self.every_minutes
        if run.training.ends or (due and run.costs_at_most(self.max_share)):
            run.write(self.keep)

    def on_fit_task_end(self, estimator, context):
        """Nothing: see `on_epoch_settled`."""

    def teardown(self, estimator, context):
        """Forget the training."""
        self._runs.pop((context.root_uuid, id(estimator)), None)

    def __getstate__(self):
        return {**vars(self), "_runs": {}}


class _Run:
    """The checkpoints of one training."""

    def __init__(self, folder: Path, description: dict, training):
        self.folder, self.description, self.training = folder, description, training
        self._began = self._written_at = time.monotonic()
        self._spent = self._last = 0.0  # seconds of writing: all, and the last time

    def waited(self) -> float:
        """Seconds since the last checkpoint."""
        return time.monotonic() - self._written_at

    def costs_at_most(self, share: float | None) -> bool:
        """Whether writing, once more too, takes at most this share of the training."""
        if share is None:
            return True
        spent = self._spent + self._last
        return spent <= share * (time.monotonic() - self._began - self._spent)

    def go_on(self) -> None:
        """Take the training to its newest whole checkpoint, if there is one."""
        damaged = []
        for path in reversed(self._paths()):
            try:
                there = read_description(path)
                snapshot = read_snapshot(path)
            except CheckpointError as error:
                damaged.append(error)
                continue
            _check_same(path, there, self.description)
            for problem in damaged:
                warnings.warn(f"{problem} Training goes on from {path.name}.", stacklevel=2)
            if len(snapshot["history"]) > self.training.max_epochs:
                raise CheckpointError(
                    f"the checkpoint {path} is of epoch {len(snapshot['history'])}, but "
                    f"max_epochs={self.training.max_epochs}: set it to that many or more, or "
                    "choose another folder to train anew."
                )
            self.training.restore(snapshot)
            return
        if damaged:
            raise CheckpointError(
                f"{damaged[0]} No other checkpoint of this training is left: delete {self.folder} "
                "to train anew."
            )

    def write(self, keep: int) -> None:
        """Write where the training stands; keep the newest."""
        epoch, n_batches = len(self.training.history), self.training.n_batches
        path = self.folder / f"epoch-{epoch:05d}-batch-{n_batches:07d}{SUFFIX}"
        started = time.monotonic()
        try:
            write(path, self.description, self.training.snapshot())
        except OSError as error:
            warnings.warn(
                f"no checkpoint could be written to {path}: {error}. Training goes on; the "
                "checkpoints from before are whole.",
                RuntimeWarning,
                stacklevel=2,
            )
            return
        finally:
            self._written_at = time.monotonic()
            self._last = self._written_at - started
            self._spent += self._last
        for old in self._paths()[:-keep]:
            old.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob(f"epoch-*{SUFFIX}"))


def _name(estimator, context) -> str:
    """A folder for each training: by its data, and by its parameters in a search."""
    parts = ["data", context.training.fingerprint()]
    if is_searched(context):
        chosen = _parameters(estimator)
        parts += ["with", hashlib.sha256(repr(sorted(chosen.items())).encode()).hexdigest()[:8]]
    n_before = getattr(estimator, "_n_fits", 0)  # with warm_start
    return "-".join([*parts, "fit", str(n_before + 1)] if n_before else parts)


def _parameters(estimator) -> dict[str, str]:
    """The parameters that decide what a step of training does."""
    given = estimator.get_params(deep=False).items()
    return {name: _readable(value) for name, value in given if name not in FREE}


def _describe(estimator, training) -> dict[str, Any]:
    import torch

    shapes = {name: list(w.shape) for name, w in training.network.state_dict().items()}
    return {
        "estimator": type(estimator).__name__,
        "parameters": _parameters(estimator),
        "weights": shapes,
        "setting": {
            "sksequence": version("sksequence"),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "machine": platform.machine(),
            "threads": torch.get_num_threads(),
            "device": str(next(training.network.parameters()).device),
        },
    }


def _readable(value: Any) -> str:
    """A parameter as a text that is the same in every process."""
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    return repr(value)


def _check_same(path: Path, there: dict, here: dict) -> None:
    """Refuse the checkpoint of another training; warn of another machine."""
    other = []
    if there["estimator"] != here["estimator"]:
        other.append(("the estimator", there["estimator"], here["estimator"]))
    other += _differences(there["parameters"], here["parameters"])
    other = other or _differences(there["weights"], here["weights"])
    if other:
        told = "; ".join(f"{name} was {before} and is {now}" for name, before, now in other[:5])
        raise CheckpointError(
            f"the checkpoint {path} is of another training on the same data: {told}. Set it back, "
            "or choose another folder (or delete this one) to train anew."
        )
    changed = _differences(there["setting"], here["setting"])
    if changed:
        told = "; ".join(f"{name} was {before} and is {now}" for name, before, now in changed)
        warnings.warn(
            f"training goes on from {path}, but not bit for bit as it would have there: {told}.",
            stacklevel=2,
        )


def _differences(there: dict, here: dict) -> list[tuple[str, Any, Any]]:
    names = [*there, *(name for name in here if name not in there)]
    pairs = ((name, there.get(name, "not there"), here.get(name, "not there")) for name in names)
    return [(name, before, now) for name, before, now in pairs if before != now]
