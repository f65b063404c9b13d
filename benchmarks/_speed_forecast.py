"""Forecasting: training against a loop by hand, backtests against predictions one by one."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from _speed_table import compare, print_table, timed
from _speed_training import one_thread
from torch import nn

from sksequence import RNNForecaster

LOOKBACK, HORIZON, BATCH = 48, 24, 64
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
    lines = []
    with one_thread():
        for n_units in (64, 16):
            ways = {
                "ours": partial(fit_ours, y, n_units, 2),
                "hand": partial(fit_by_hand, values, n_units, 2),
            }
            seconds = timed(ways, min(repeat, 7))
            what = f"{n_units} units: training beside a loop by hand"
            lines.append(compare(what, seconds["ours"], seconds["hand"], 1.1))
        n_origins = 100 if quick else 1000
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
        seconds = timed(ways, min(repeat, 3))
        what = (
            f"backtest of {n_origins} origins (a fit of one batch in it) beside predict in a loop"
        )
        lines.append(compare(what, seconds["ours"], seconds["loop"], 10, faster=True))
    print_table(
        f"forecast: {n} hours, lookback {LOOKBACK}, horizon {HORIZON}, LSTM, batches of {BATCH}, "
        "2 epochs, one thread; ours / reference (backtest: reference / ours)",
        lines,
    )
