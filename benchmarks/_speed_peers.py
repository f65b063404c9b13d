"""The forecaster's network in darts and in neuralforecast, where these are installed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import torch

PEERS = {"darts": "darts BlockRNNModel", "neuralforecast": "neuralforecast LSTM"}
# No checkpoints, logs or progress bars: only what training needs is counted.
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


@dataclass(frozen=True)
class Task:
    """What all train: one layer of LSTM, squared errors, Adam, on all windows of a series.

    Parameters
    ----------
    y : Series
        With a DatetimeIndex that has a frequency.
    lookback, horizon, batch_size, epochs : int
    learning_rate : float
    clip : float
        Largest norm of the gradient.
    fused : bool
        Adam in one kernel, as ours and the loop by hand have it. The other libraries come with
        torch's default, and take this one when they are told to.
    """

    y: pd.Series
    lookback: int
    horizon: int
    batch_size: int
    epochs: int
    learning_rate: float
    clip: float = 1.0
    fused: bool = False

    @property
    def n_steps(self) -> int:
        """Steps of the optimiser."""
        n_windows = len(self.y) - self.lookback - self.horizon + 1
        return self.epochs * -(-n_windows // self.batch_size)

    @property
    def standardised(self) -> pd.Series:
        """In single precision, as the network reads it; of windows, nothing is scaled."""
        return ((self.y - self.y.mean()) / self.y.std()).astype(np.float32)


def installed() -> dict[str, Callable[[Task, int], int]]:
    """A function for each peer that is there: trains, and gives the number of steps it took."""
    found = {"darts": fit_darts, "neuralforecast": fit_neuralforecast}
    ways = {name: fit for name, fit in found.items() if find_spec(name) is not None}
    if ways:
        hush()
    return ways


def hush() -> None:
    """Both tell on standard error what they run on, at every fit."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        import_module(name)  # sets the level of its loggers, once
        for known in list(logging.root.manager.loggerDict):
            if known.startswith(name):
                logging.getLogger(known).setLevel(logging.ERROR)


def fit_darts(task: Task, n_units: int) -> int:
    """BlockRNNModel: a linear layer reads the last `horizon` states, each for a step ahead."""
    from darts import TimeSeries
    from darts.models import BlockRNNModel

    model = BlockRNNModel(
        task.lookback,
        task.horizon,
        model="LSTM",
        hidden_dim=n_units,
        n_epochs=task.epochs,
        batch_size=task.batch_size,
        optimizer_kwargs=adam(task),
        pl_trainer_kwargs={**QUIET, "gradient_clip_val": task.clip},
        random_state=0,
    )
    model.fit(TimeSeries.from_series(task.standardised), verbose=False)
    return int(model.trainer.global_step)


def fit_neuralforecast(task: Task, n_units: int) -> int:
    """LSTM with one linear layer on its last `horizon` states; windows are drawn at random."""
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MSE
    from neuralforecast.models import LSTM

    steps = CountedSteps()
    network = LSTM(
        h=task.horizon,
        input_size=task.lookback,
        encoder_n_layers=1,
        encoder_hidden_size=n_units,
        decoder_layers=1,
        loss=MSE(),
        scaler_type="identity",
        max_steps=task.n_steps,
        learning_rate=task.learning_rate,
        windows_batch_size=task.batch_size,
        batch_size=1,  # series
        optimizer=torch.optim.Adam,
        optimizer_kwargs=adam(task),
        gradient_clip_val=task.clip,
        callbacks=[steps.callback()],
        random_seed=0,
        **QUIET,
    )
    table = pd.DataFrame({"unique_id": "y", "ds": task.y.index, "y": task.standardised.to_numpy()})
    NeuralForecast([network], freq=task.y.index.freqstr).fit(table)
    return steps.number


def adam(task: Task) -> dict[str, Any]:
    """Options of the optimiser."""
    return {"lr": task.learning_rate} | ({"fused": True} if task.fused else {})


class CountedSteps:
    """How many steps a Trainer took, which neuralforecast does not keep."""

    def __init__(self) -> None:
        self.number = 0

    def callback(self) -> Any:
        """For ``Trainer(callbacks=[...])``."""
        from pytorch_lightning.callbacks import LambdaCallback

        def keep(trainer: Any, module: Any) -> None:
            self.number = trainer.global_step

        return LambdaCallback(on_train_end=keep)
