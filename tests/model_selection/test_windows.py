"""Folds of windows share no row that they must not, by counting rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor

from sksequence import SequenceArray, make_windows
from sksequence.model_selection import WindowSplit

SHAPES = [
    {"lookback": 5, "horizon": 1},
    {"lookback": 4, "horizon": 3},
    {"lookback": 3, "horizon": 6, "gap": 2},
    {"lookback": 6, "horizon": 4, "step": 3},
    {"lookback": 2, "horizon": 5, "step": 2, "gap": 1},
]


def rows_of(windows, lookback, horizon, gap=0, step=1):
    """Rows that some windows read and rows of their targets."""
    starts = np.asarray(windows)[:, None] * step
    read = starts + np.arange(lookback)
    return set(read.ravel().tolist()), set((starts + lookback + gap + np.arange(horizon)).ravel())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dated", [False, True])
def test_every_target_is_known_when_the_test_begins_and_no_window_is_wasted(shape, dated):
    series = np.arange(80.0)
    if dated:
        series = pd.Series(series, index=pd.bdate_range("2020-01-01", periods=80))
    X, y = make_windows(series, **shape)
    lookback, rest = shape["lookback"], {k: v for k, v in shape.items() if k != "lookback"}
    for train, test in WindowSplit(3, **rest).split(X, y):
        first_origin = test[0] * shape.get("step", 1) + lookback - 1
        _, targets = rows_of(train, **shape)
        assert max(targets) <= first_origin
        _, more = rows_of([train[-1] + 1], **shape)
        assert max(more) > first_origin


@pytest.mark.parametrize("shape", SHAPES)
def test_without_overlap_no_row_is_shared(shape):
    X, y = make_windows(np.arange(120.0), **shape)
    rest = {k: v for k, v in shape.items() if k != "lookback"}
    for windows in (X, X.to_padded()):
        for train, test in WindowSplit(3, overlap="none", **rest).split(windows, y):
            (read, targets), (test_read, test_targets) = (
                rows_of(part, **shape) for part in (train, test)
            )
            assert not (read | targets) & (test_read | test_targets)
            _, more = rows_of([train[-1] + 1], **shape)
            assert more & test_read


def test_test_sets_are_the_last_windows_in_order():
    X, _ = make_windows(np.arange(30.0), lookback=4)  # 26 windows
    found = [test.tolist() for _, test in WindowSplit(3, test_size=5).split(X)]
    assert found == [list(range(11, 16)), list(range(16, 21)), list(range(21, 26))]


def test_order_of_windows_and_windows_left_out():
    X, _ = make_windows(np.arange(60.0), lookback=4, horizon=3)
    shuffled = np.random.default_rng(0).permutation(len(X))
    for (a, b), (c, d) in zip(
        WindowSplit(3, horizon=3).split(X),
        WindowSplit(3, horizon=3).split(X[shuffled]),
        strict=True,
    ):
        assert set(shuffled[c]) == set(a)
        assert set(shuffled[d]) == set(b)
    fewer = X[np.random.default_rng(1).random(len(X)) < 0.5]
    for train, test in WindowSplit(2, horizon=3).split(fewer):
        assert fewer.names[train].max() + 3 <= fewer.names[test].min()


def test_several_series_are_cut_at_the_same_time():
    days = pd.date_range("2020-01-01", periods=50)
    parts = {
        name: make_windows(pd.Series(np.arange(50.0), index=days)[first:], lookback=3, horizon=2)[0]
        for name, first in (("a", 0), ("b", 0), ("young", 20))
    }
    X = np.concatenate(list(parts.values()))
    assert isinstance(X, SequenceArray)
    groups = np.repeat(list(parts), [len(part) for part in parts.values()])
    for train, test in WindowSplit(2, horizon=2, test_size=10).split(X, groups=groups):
        end = X.names[train] + np.timedelta64(2, "D")
        assert end.max() == X.names[test].min()
        assert set(groups[test]) == {"a", "b", "young"}
        for name in set(groups):
            assert end[groups[train] == name].max() == X.names[test].min()
    limited = WindowSplit(2, horizon=2, test_size=10, max_train_size=4)
    for train, _ in limited.split(X, groups=groups):
        assert pd.Series(groups[train]).value_counts().to_dict() == dict.fromkeys(parts, 4)


def test_shuffled_folds_leak_through_the_overlap_and_these_do_not():
    """The nearest window in time shares 19 of the 20 values that make up the target."""
    noise = np.random.default_rng(0).normal(size=1500)
    X, y = make_windows(noise, lookback=10, horizon=20)
    times, nearest = X.names[:, np.newaxis], KNeighborsRegressor(1)
    shuffled = KFold(5, shuffle=True, random_state=0)
    assert cross_val_score(nearest, times, y.mean(1), cv=shuffled).min() > 0.8
    assert cross_val_score(nearest, times, y.mean(1), cv=WindowSplit(5, horizon=20)).max() < 0.1


def test_in_scikit_learns_tools():
    X, y = make_windows(np.arange(60.0), lookback=4)
    cv = WindowSplit(3)
    scores = cross_val_score(DummyRegressor(), X.to_padded()[..., 0], y, cv=cv)
    assert scores.shape == (3,)
    search = GridSearchCV(DummyRegressor(), {"strategy": ["mean", "median"]}, cv=cv)
    groups = np.zeros(len(y))
    with pytest.raises(ValueError, match="windows of several series need the times"):
        search.fit(X.to_padded()[..., 0], y, groups=groups)
    assert search.fit(X.to_padded()[..., 0], y).n_splits_ == cv.get_n_splits() == 3
    assert repr(cv).startswith("WindowSplit(gap=0, horizon=1")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"horizon": 0}, "horizon must be a whole number of at least 1, got 0"),
        ({"step": 1.5}, "step must be a whole number of at least 1, got 1.5"),
        ({"gap": -1}, "gap must be a whole number of at least 0"),
        ({"overlap": "all"}, "overlap must be 'past' or 'none', got 'all'"),
        ({"max_train_size": 0}, "max_train_size must be"),
        ({"n_splits": 40}, r"35 different windows, but n_splits=40 tests of 1 .* need 41"),
        ({"horizon": 3}, r"no window is left .* targets of the 2 windows before it"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    X, _ = make_windows(np.arange(40.0), lookback=5)
    with pytest.raises(ValueError, match=message):
        list(WindowSplit(**{"n_splits": 34, "test_size": 1, **settings}).split(X))


def test_what_does_not_fit_is_named():
    series = pd.Series(np.arange(40.0), index=pd.date_range("2020-01-01", periods=40))
    X, y = make_windows(series, lookback=5, horizon=4, gap=1)
    with pytest.raises(ValueError, match=r"steps 2 to 5 ahead, but .* horizon=4 and gap=1"):
        list(WindowSplit(2).split(X, y))
    assert len(list(WindowSplit(2, horizon=4, gap=1).split(X, y))) == 2
    both = np.concatenate([X, X])
    with pytest.raises(ValueError, match=r"windows 0 and 31 both end at 2020-01-05.*groups="):
        list(WindowSplit(2).split(both))
    with pytest.raises(ValueError, match=r"each of the 62 windows, got the shape \(2,\)"):
        list(WindowSplit(2).split(both, groups=["a", "b"]))
    with pytest.raises(ValueError, match="overlap='none' needs the length of the windows"):
        list(WindowSplit(2, overlap="none").split([1, 2, 3, 4, 5, 6]))
