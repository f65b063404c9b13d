"""The example on many series: what it reads, how it scores, and that it runs to its pictures."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location(
        "forecast_m4", ROOT / "examples" / "forecast_m4.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_drawn_series_end_at_zero_and_go_on_at_one(example):
    past, future = example.read(True, 3)
    steps = future.loc["S2"].index
    assert list(past.index.unique("series")) == ["S1", "S2", "S3"]
    assert past.loc["S2"].index[-1] == 0
    assert list(steps) == list(range(1, 49))
    assert (past > 0).all()


def test_drawn_series_have_days(example):
    past, _ = example.read(True, 20)
    logs = np.log(past).unstack("series")
    after_a_day = logs.corrwith(logs.shift(24))
    after_half_a_day = logs.corrwith(logs.shift(12))
    assert (after_a_day > 0).all()
    assert (after_a_day - after_half_a_day).median() > 0.2


def test_some_series_are_evenly_spaced_as_they_stand(example):
    panel = pd.concat({f"H{i}": pd.Series([0.0]) for i in range(1, 102)}, names=["series", "step"])
    assert example.some(panel, 3) == ["H1", "H51", "H101"]
    assert example.some(panel, 500) == [f"H{i}" for i in range(1, 102)]


def test_scores_of_a_straight_line(example):
    line = pd.Series(np.arange(1.0, 149), index=range(-99, 49))
    both = pd.concat({"A": line, "B": 10 * line}, names=["series", "step"])
    step = both.index.get_level_values("step")
    past, future = both[step <= 0], both[step > 0]
    naive = example.NaiveForecaster("seasonal", seasonality=24).fit(None, past).predict(48)
    found = example.by_series(past, future, naive)
    # a day late on the first day, two on the second, in units of a day
    assert np.allclose(found["MASE"], 1.5)
    late = np.repeat([24, 48], 24)
    actual = np.arange(101, 149)
    assert np.allclose(found["sMAPE"], np.mean(200 * late / (2 * actual - late)))


def test_it_runs_to_its_pictures(example, tmp_path, monkeypatch, capsys):
    models = example.forecasters()
    models["one network"].set_params(max_epochs=1, hidden_size=8)
    monkeypatch.setattr(example, "forecasters", lambda: models)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["forecast_m4.py", "--generated", "--series", "7"])
    example.main()
    out = capsys.readouterr().out
    assert out.startswith("7 series, 4,900 hours to learn from, 48 of each to forecast.")
    assert {"forecast_m4.png", "series_m4.png"} == {
        path.name for path in (tmp_path / "demo_pictures").iterdir()
    }
    example.plt.close("all")
