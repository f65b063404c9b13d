"""What is compared with the forecaster is the same network, trained as long."""

import importlib
import io
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def measure(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("_speed_forecast")


@pytest.fixture
def y():
    values = np.sin(np.arange(200) * 2 * np.pi / 24) + 0.01 * np.arange(200)
    return pd.Series(values, index=pd.date_range("2020-01-01", periods=200, freq="h"))


def weights(network):
    return sum(p.numel() for p in network.parameters())


def test_the_network_by_hand_has_as_many_weights(measure, y):
    ours = weights(measure.fit_ours(y, 16, 1).network_)
    hand = weights(measure.Forecaster(16))
    assert hand == ours


def test_others_take_as_many_steps_of_the_optimiser(measure, y):
    n_windows = len(y) - measure.LOOKBACK - measure.HORIZON + 1
    batches = np.array_split(np.arange(n_windows), range(32, n_windows, 32))
    task = measure.Task(y, measure.LOOKBACK, measure.HORIZON, 32, 3, 0.005)
    assert task.n_steps == 3 * len(batches)
    assert task.standardised.std() == pytest.approx(1)


def test_what_is_not_installed_is_said(measure, y, monkeypatch):
    monkeypatch.setattr(measure, "installed", dict)
    lines = measure.training_lines(y, 4, 1, 1)
    assert [line.reference for line in lines[1:]] == ["not installed", "not installed"]
    assert lines[0].ratio
    with redirect_stdout(io.StringIO()) as out:
        measure.print_table("", lines)
    assert "4 units: darts BlockRNNModel" in out.getvalue()


def test_the_fit_by_hand_learns(measure, y, monkeypatch):
    losses = []
    original = measure.F.mse_loss
    monkeypatch.setattr(
        measure.F, "mse_loss", lambda *given: losses.append(original(*given)) or losses[-1]
    )
    measure.fit_by_hand(y.to_numpy(copy=True), 16, 20)
    assert float(losses[-1].detach()) < 0.5 * float(losses[0].detach())
