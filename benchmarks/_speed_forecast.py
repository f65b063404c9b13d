"""Forecasting: training against a loop by hand and against two other libraries; backtests.

darts and neuralforecast get the cheapest settings that they know: one linear layer on the last
states, a series standardised beforehand, no scaling of windows, no checkpoints, no logs.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from _speed_forecast_memory import memory_lines
from _speed_peers import PEERS, Task, installed
from _speed_table import Line, compare, print_table, timed
from _speed_training import one_thread
from torch import nn

from sksequence import RNNForecaster

LOOKBACK, HORIZON, BATCH = 48, 12, 32
EPOCHS = 3
LEARNING_RATE = 0.005
SMALLEST = 0.01  # share of the deviation of all that the scale of a window has at least


class Forecaster(nn.Module):
    """What RNNForecaster builds, written by hand: LSTM and a linear layer for all steps."""

    def __init__(self, n_units: int):
        super().__init__()
        self.lstm = nn.LSTM(1, n_units, batch_first=True)
        self.head = nn.Linear(n_units, HORIZON)

    def forward(self, past):
        """``(n_windows, lookback, 1)`` -> ``(n_windows, horizon)``."""
        return self.head(self.lstm(past)[0][:, -1])


def fit_by_hand(values: np.ndarray, n_units: int, epochs: int) -> None:
    """Windows as views, in units of the window; the same clipping and optimiser."""
    torch.manual_seed(0)
    windows = torch.from_numpy(values).unfold(0, LOOKBACK + HORIZON, 1)
    spread = SMALLEST * float(values.std())
    network = Forecaster(n_units)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)
    for _ in range(epochs):
        for index in torch.randperm(len(windows)).split(BATCH):
            window = windows.index_select(0, index)
            past = window[:, :LOOKBACK]
            level, scale = past[:, -1:], past.std(1, correction=0, keepdim=True).clamp(min=spread)
            scaled = ((window - level) / scale).float()
            loss = F.mse_loss(network(scaled[:, :LOOKBACK, None]), scaled[:, LOOKBACK:])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()


def fit_ours(y: pd.Series, n_units: int, epochs: int) -> RNNForecaster:
    """The estimator, checks and all."""
    return RNNForecaster(
        LOOKBACK,
        HORIZON,
        hidden_size=n_units,
        max_epochs=epochs,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        early_stopping=False,
        random_state=0,
    ).fit(None, y)


def one_by_one(fitted: RNNForecaster, y: pd.Series, n_origins: int) -> list:
    """What one would write without ``backtest``: a row more, and a forecast."""
    first = len(y) - HORIZON - (n_origins - 1)
    found = []
    for i in range(n_origins):
        found.append(fitted.predict(HORIZON, history=y[first + i - 2 * LOOKBACK : first + i]))
    return found


def forecast(repeat: int, quick: bool) -> None:
    """Training and backtests of forecasters."""
    warnings.simplefilter("ignore")
    n = 1000 if quick else 3000
    rng = np.random.default_rng(0)
    t = np.arange(n)
    values = 10 + 3 * np.sin(2 * np.pi * t / 24) + rng.normal(size=n).cumsum() * 0.05
    y = pd.Series(values, index=pd.date_range("2020-01-01", periods=n, freq="h"))
    epochs = 1 if quick else EPOCHS
    lines = []
    with one_thread():
        for n_units in (64, 16):
            lines += training_lines(y, n_units, epochs, min(repeat, 7))
        lines.append(backtest_line(y, 100 if quick else 1000, min(repeat, 3)))
    lines += memory_lines(min(repeat, 3), quick)
    print_table(
        f"forecast: {n} hours, lookback {LOOKBACK}, horizon {HORIZON}, LSTM, batches of {BATCH}, "
        f"{epochs} epochs, one thread; ours / by hand, other libraries / ours, loop / backtest; "
        "growth of the resident set in a fresh process / size of all windows in 32 bits",
        lines,
    )


def training_lines(y: pd.Series, n_units: int, epochs: int, repeat: int) -> list[Line]:
    """Whole fits with as many steps of the optimiser each; the ways take turns."""
    task = Task(y, LOOKBACK, HORIZON, BATCH, epochs, LEARNING_RATE)
    ways = {
        "ours": partial(fit_ours, y, n_units, epochs),
        "hand": partial(fit_by_hand, y.to_numpy(copy=True), n_units, epochs),
    }
    for name, fit in installed().items():
        if (n_steps := fit(task, n_units)) != task.n_steps:
            raise RuntimeError(f"{name} took {n_steps} steps, expected {task.n_steps}.")
        ways[name] = partial(fit, task, n_units)
        ways[name, "fused"] = partial(fit, replace(task, fused=True), n_units)
    seconds = timed(ways, repeat)
    ours = seconds["ours"]
    lines = [compare(f"{n_units} units: a loop by hand", ours, seconds["hand"], 1.1)]
    for name, model in PEERS.items():
        what = f"{n_units} units: {model}"
        if name not in seconds:
            lines.append(Line(what, "", "not installed"))
            continue
        lines.append(compare(what, ours, seconds[name], 1.5, faster=True))
        lines.append(compare(f"{what}, fused Adam", ours, seconds[name, "fused"], faster=True))
    return lines


def backtest_line(y: pd.Series, n_origins: int, repeat: int) -> Line:
    """All origins at once, beside a prediction for each."""
    fitted = fit_ours(y[: len(y) - HORIZON - n_origins], 64, 1)
    model = RNNForecaster(
        LOOKBACK,
        HORIZON,
        hidden_size=64,
        max_epochs=1,
        early_stopping=False,
        random_state=0,
        windows_per_epoch=BATCH,
    )
    ways = {
        "ours": lambda: model.backtest(None, y, n_origins),
        "loop": lambda: one_by_one(fitted, y, n_origins),
    }
    seconds = timed(ways, repeat)
    what = f"backtest of {n_origins} origins (a fit of one batch in it): predict in a loop"
    return compare(what, seconds["ours"], seconds["loop"], 10, faster=True)
