"""Folds of panels: time is cut once for all series."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score

from sksequence.model_selection import PanelTimeSeriesSplit

SETTINGS = [
    {},
    {"n_splits": 3, "test_size": 4},
    {"n_splits": 2, "gap": 3},
    {"n_splits": 4, "test_size": 2, "gap": 1, "max_train_size": 5},
]


def panel(spans: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Series with one value a day, from a first to a last day of January 2020."""
    parts = [
        pd.MultiIndex.from_product(
            [[name], pd.date_range(f"2020-01-{first:02d}", f"2020-01-{last:02d}")],
            names=["series", "date"],
        )
        for name, (first, last) in spans.items()
    ]
    index = parts[0].append(parts[1:])
    return pd.DataFrame({"x": np.arange(float(len(index)))}, index=index)


@pytest.mark.parametrize("settings", SETTINGS)
def test_one_series_is_split_as_by_scikit_learn(settings):
    X = panel({"a": (1, 31)})
    expected = TimeSeriesSplit(**settings).split(X)
    for ours, theirs in zip(PanelTimeSeriesSplit(**settings).split(X), expected, strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])
    flat = X.droplevel("series")
    for ours, theirs in zip(PanelTimeSeriesSplit(**settings).split(flat), expected, strict=False):
        np.testing.assert_array_equal(ours[0], theirs[0])


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_series_is_cut_at_the_same_time_whatever_the_order_of_rows(settings):
    X = panel({"b": (1, 31), "a": (1, 31), "c": (1, 31)}).sample(frac=1, random_state=0)
    splits = TimeSeriesSplit(**settings).split(range(31))
    days = X.index.get_level_values("date").day.to_numpy() - 1
    for (train, test), (before, after) in zip(
        PanelTimeSeriesSplit(**settings).split(X), splits, strict=True
    ):
        np.testing.assert_array_equal(np.sort(days[train]), np.repeat(before, 3))
        np.testing.assert_array_equal(np.sort(days[test]), np.repeat(after, 3))
        assert (np.diff(train) > 0).all()


def test_series_of_different_spans_and_series_without_a_past():
    X = panel({"long": (1, 31), "ended": (1, 20), "young": (22, 31)})
    (first, second) = PanelTimeSeriesSplit(2, test_size=5).split(X)
    names = X.index.get_level_values("series")
    assert set(names[first[0]]) == {"long", "ended"}
    assert set(names[first[1]]) == {"long"}  # the young series has no row before the 22nd
    assert set(names[second[0]]) == {"long", "ended", "young"}
    assert set(names[second[1]]) == {"long", "young"}


def test_index_may_be_that_of_y_and_times_may_be_numbers():
    X = panel({"a": (1, 12), "b": (1, 12)})
    expected = list(PanelTimeSeriesSplit(3).split(X))
    found = list(PanelTimeSeriesSplit(3).split(X.to_numpy(), X["x"]))
    numbered = X.set_axis(pd.MultiIndex.from_product([["a", "b"], range(-11, 1)]))
    for ours, theirs in (
        *zip(found, expected, strict=True),
        *zip(PanelTimeSeriesSplit(3).split(numbered), expected, strict=True),
    ):
        np.testing.assert_array_equal(ours[1], theirs[1])


def test_periods_and_time_zones():
    X = panel({"a": (1, 12), "b": (1, 12)})
    expected = [test.tolist() for _, test in PanelTimeSeriesSplit(3).split(X)]
    days = X.index.levels[1]
    for times in (days.tz_localize("Asia/Hong_Kong"), days.to_period("D")):
        index = pd.MultiIndex.from_product([["a", "b"], times])
        splits = PanelTimeSeriesSplit(3).split(X.set_axis(index))
        assert [test.tolist() for _, test in splits] == expected


def test_in_scikit_learns_tools():
    X = panel({"a": (1, 31), "b": (1, 31)})
    cv = PanelTimeSeriesSplit(3, test_size=5)
    scores = cross_val_score(DummyRegressor(), X, X["x"], cv=cv, error_score="raise")
    assert scores.shape == (3,)
    search = GridSearchCV(DummyRegressor(), {"strategy": ["mean", "median"]}, cv=cv)
    assert search.fit(X, X["x"]).n_splits_ == 3
    assert clone(search).cv.get_n_splits() == 3
    assert repr(cv) == "PanelTimeSeriesSplit(gap=0, max_train_size=None, n_splits=3, test_size=5)"


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (lambda X: X.to_numpy(), {}, r"got ndarray without an index: .*set_output"),
        (lambda X: X.iloc[:12], {"n_splits": 12}, r"12 different times, but n_splits=12 tests of"),
        (lambda X: X, {"n_splits": 1}, "n_splits must be a whole number of at least 2, got 1"),
        (lambda X: X, {"test_size": 0}, r"test_size must be .* at least 1 or None, got 0"),
        (lambda X: X, {"gap": -1}, "gap must be a whole number of at least 0, got -1"),
        (lambda X: X.swaplevel(), {}, "'series', holds no times and the first, 'date', does"),
        (lambda X: X.droplevel("series"), {}, r"row 12 has the label 2020-01-01 .* earlier row"),
        (
            lambda X: X.rename(index=str, level="date"),
            {},
            r"times in the index are of type .*'2020-01-01.*pandas.to_datetime",
        ),
        (
            lambda X: X.rename(index={X.index[0][1]: pd.NaT}, level="date"),
            {},
            "missing times or series",
        ),
    ],
)
def test_what_does_not_fit_is_named(make, settings, message):
    X = make(panel({"a": (1, 12), "b": (1, 12)}))
    with pytest.raises(ValueError, match=message):
        list(PanelTimeSeriesSplit(**settings).split(X))


def test_no_series_with_a_past():
    X = panel({"ended": (1, 15), "young": (16, 31)})
    with pytest.raises(ValueError, match="no series has rows both from 2020-01-01"):
        list(PanelTimeSeriesSplit(2, test_size=8).split(X))
