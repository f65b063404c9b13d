"""The shipped series agree with public copies, and their sheets tell the truth."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sksequence.datasets import (
    fetch_air_passengers,
    fetch_sunspots,
    load_air_passengers,
    load_sunspots,
)


def published(sheet: str, row: str) -> float:
    """The error that the sheet names in the row that begins so."""
    (figure,) = re.findall(rf"\| {re.escape(row)}[^|]*\| ([\d.]+) \|", sheet)
    return float(figure)


def test_passengers():
    passengers = load_air_passengers()
    y = passengers.target
    assert y.index.equals(pd.date_range("1949-01", "1960-12", freq="MS"))
    assert y.index.freqstr == "MS"
    assert (len(y), int(y.min()), int(y.max())) == (144, 104, 622)
    assert list(passengers.data) == ["year_sin", "year_cos"]
    assert passengers.data.index.equals(y.index)


def test_passengers_are_those_of_the_public_copy(data_dir: Path):
    pd.testing.assert_frame_equal(load_air_passengers().frame, fetch_air_passengers().frame)


def test_naive_errors_of_the_passengers_are_those_of_the_sheet():
    passengers = load_air_passengers()
    y = passengers.target.to_numpy()
    past, future = y[:-24], y[-24:]
    errors = [np.abs(future - guess).mean() for guess in (past[-1], np.tile(past[-12:], 2))]
    assert errors[0] == pytest.approx(published(passengers.DESCR, "the last value"), abs=0.005)
    assert errors[1] == pytest.approx(published(passengers.DESCR, "the same month"), abs=0.005)


def test_sunspots():
    sunspots = load_sunspots()
    y = sunspots.target
    assert y.index.equals(pd.date_range("1700", "2008", freq="YS"))
    assert y.index.freqstr.startswith("YS")
    assert (y.min(), y.max()) == (0, 190.2)
    assert sunspots.data.shape == (309, 0)
    assert sunspots.data.index.equals(y.index)
    assert sunspots.frame.columns.tolist() == sunspots.target_names == ["sunspots"]


def test_years_are_the_means_of_the_months(data_dir: Path):
    monthly = fetch_sunspots().target
    by_year = monthly.groupby(monthly.index.year).mean()
    years = load_sunspots().target
    years.index = years.index.year
    difference = (years.loc[1749:1983] - by_year).abs()
    assert set(difference.index[difference > 0.5]) == {1840, 1947}
    assert difference.max() < 2


def test_naive_errors_of_the_sunspots_are_those_of_the_sheet():
    sunspots = load_sunspots()
    y = sunspots.target.to_numpy()
    first = 1980 - 1700
    lagged = np.column_stack([np.ones(len(y) - 9), *(y[9 - k : len(y) - k] for k in range(1, 10))])
    weights = np.linalg.lstsq(lagged[: first - 9], y[9:first], rcond=None)[0]
    errors = {
        "the last value": np.abs(y[first:] - y[first - 1 : -1]).mean(),
        "the value of 11 years before": np.abs(y[first:] - y[first - 11 : -11]).mean(),
        "autoregression of order 9": np.abs(y[first:] - lagged[first - 9 :] @ weights).mean(),
    }
    for row, error in errors.items():
        assert error == pytest.approx(published(sunspots.DESCR, row), abs=0.05), errors


@pytest.mark.parametrize("load", [load_air_passengers, load_sunspots])
def test_arrays_hold_what_the_frame_holds(load):
    framed, plain = load(), load(as_frame=False)
    assert plain.frame is None
    np.testing.assert_array_equal(plain.target, framed.target.to_numpy())
    np.testing.assert_array_equal(plain.dates, framed.target.index.to_numpy())
    X, y = load(return_X_y=True)
    assert X.equals(framed.data)
    assert y.equals(framed.target)
    assert Path(framed.filename).is_file()
    assert "## Licence" in framed.DESCR


def test_without_a_frame_sunspots_have_no_features():
    X, y = load_sunspots(as_frame=False, return_X_y=True)
    assert X is None
    assert isinstance(y, np.ndarray)
