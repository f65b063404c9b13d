"""The example on share prices: its rules, its scores, and that it finds nothing in drawn prices."""

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
        "forecast_sp500", ROOT / "examples" / "forecast_sp500.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def two_ways(error, reference, n_years=3, n_days=100):
    """Scores of a way and its reference, which are the same in all years."""
    index = pd.MultiIndex.from_product([[1], range(2000, 2000 + n_years)])
    columns = {
        ("error", "way"): error,
        ("error", "reference"): reference,
        ("n", "days"): n_days,
    }
    return pd.DataFrame({name: np.broadcast_to(v, n_years) for name, v in columns.items()}, index)


def test_a_change_of_one_is_a_per_cent(example):
    X, y = example.tables(pd.Series([100.0, 101.0, 101.0 * 1.02]))
    assert np.allclose(y.diff()[1:], 100 * np.log([1.01, 1.02]))
    assert np.allclose(X.iloc[1:, 0], np.log(0.1 + y.diff()[1:]))


def test_rules_agree_where_all_changes_are_as_large(example):
    y = pd.Series(np.tile([0.0, 2.0], 50))
    for deviation in example.usual_changes(y).values():
        assert np.allclose(deviation[21:], 2)


def test_rules_see_the_past_only(example):
    y = pd.Series(np.random.default_rng(0).normal(size=100)).cumsum()
    for name, deviation in example.usual_changes(y).items():
        assert deviation[60] == pytest.approx(example.usual_changes(y[:61])[name][60])


def test_a_sum_of_four_normal_changes_is_twice_as_wide(example):
    one, four = (example.normal_quantiles([1.0, 3.0], n) for n in (1, 4))
    assert np.allclose(four, 2 * one)
    assert np.allclose(one[1], 3 * one[0])
    assert np.allclose(one, -one[:, ::-1])


def test_skill_is_what_is_saved_of_the_reference(example):
    skill, half = example.skills(two_ways(1.0, 4.0), "error", "way", "reference")
    assert skill[1] == pytest.approx(0.75)
    assert half[1] == pytest.approx(0)
    skill, half = example.skills(two_ways([1.0, 2, 3], 2.0), "error", "way", "reference")
    assert skill[1] == pytest.approx(0)
    # mean and Student's t interval of 0.5, 0, -0.5
    assert half[1] == pytest.approx(4.302653 * 0.5 / np.sqrt(3))


def test_years_count_by_their_days(example):
    means = example.over_years(two_ways([1.0, 2, 3], 2.0, n_days=[1, 1, 2]))
    assert means.loc[1, ("error", "way")] == pytest.approx(2.25)


def test_where_drawn_prices_go_stays_unknown(example, tmp_path, monkeypatch, capsys):
    seen = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["forecast_sp500.py", "--generated", "--days", "2700"])
    monkeypatch.setattr(example, "draw_skill", seen.append)
    example.main()
    (scores,) = seen
    place, _ = example.skills(scores, "error", "network", "as today")
    assert (place < 0.02).all()
    assert 80 < example.over_years(scores).loc[1, ("inside", "network")] < 97
    assert (tmp_path / "demo_pictures" / "forecast_sp500.png").stat().st_size > 10_000
    assert "the wildest year" in capsys.readouterr().out
    example.plt.close("all")
