import sys

import matplotlib
import numpy as np
import pytest
from sklearn import inspection
from sklearn.linear_model import LinearRegression

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from sksequence import RNNRegressor, SequenceImportanceDisplay, permutation_importance

NAMES = ["wind", "rain", "sun"]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def features():
    return np.array([[0.02, 0.0], [0.3, 0.2], [-0.1, -0.3]])


@pytest.fixture
def blocks():
    return np.random.default_rng(0).normal(size=(4, 5)) + np.arange(4)[:, None]


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 3)) for n in rng.integers(4, 9, 60)]
    y = np.array([3 * one[-1, 1] for one in X])
    return RNNRegressor(hidden_size=4, max_epochs=20, random_state=0).fit(X, y), X, y


def labels(axis):
    return [label.get_text().replace("\N{MINUS SIGN}", "-") for label in axis.get_ticklabels()]


def test_features_are_bars_from_the_most_important_down(features):
    display = SequenceImportanceDisplay(features, feature_names=NAMES).plot()
    assert labels(display.ax_.yaxis) == ["rain", "wind", "sun"]
    widths = [bar.get_width() for bar in display.ax_.patches]
    np.testing.assert_allclose(widths, [0.25, 0.01, -0.2])
    assert display.ax_.yaxis_inverted()
    (lines,) = display.ax_.collections  # one standard deviation to either side
    ends = [segment[:, 0] for segment in lines.get_segments()]
    np.testing.assert_allclose(ends, [[0.2, 0.3], [0.0, 0.02], [-0.3, -0.1]], atol=1e-12)
    assert display.ax_.get_xlabel() == "fall of score when exchanged"
    assert display.im_ is None


def test_only_the_most_important_features_are_drawn(features):
    display = SequenceImportanceDisplay(features, feature_names=NAMES).plot(n_features=2)
    assert labels(display.ax_.yaxis) == ["rain", "wind"]
    assert len(display.ax_.patches) == 2


def test_blocks_are_bars_in_the_order_of_time(blocks):
    names = ["-8 to -7", "-6 to -5", "-4 to -3", "-2 to -1"]
    display = SequenceImportanceDisplay(blocks, block_names=names, align="end").plot(color="red")
    assert labels(display.ax_.xaxis) == names
    heights = [bar.get_height() for bar in display.ax_.patches]
    np.testing.assert_allclose(heights, blocks.mean(axis=1))
    assert display.ax_.get_xlabel() == "steps, counted from the end"
    assert display.ax_.patches[0].get_facecolor() == (1, 0, 0, 1)


def test_both_are_a_heat_map(features, blocks):
    values = features.mean(axis=1)[:, None, None] * np.ones((3, 4, 5))
    display = SequenceImportanceDisplay(
        values, feature_names=NAMES, block_names=list("abcd"), score_name="accuracy"
    ).plot()
    assert labels(display.ax_.yaxis) == ["rain", "wind", "sun"]
    np.testing.assert_allclose(display.im_.get_array()[0], 0.25)
    assert display.im_.get_clim() == (0.0, 0.25)  # what helps when exchanged stays white
    _, bar = display.figure_.axes
    assert bar.get_ylabel() == "fall of accuracy\nwhen exchanged"
    without = SequenceImportanceDisplay(values, feature_names=NAMES, block_names=list("abcd"))
    assert len(without.plot(colorbar=False, cmap="Greens").figure_.axes) == 1


def test_nothing_at_all_can_be_drawn():
    names = {"feature_names": NAMES, "block_names": list("ab")}
    display = SequenceImportanceDisplay(np.zeros((3, 2, 5)), **names).plot()
    assert display.im_.get_clim() == (0.0, 1.0)


@pytest.mark.parametrize("by", ["feature", "time", "feature_time"])
def test_from_estimator_draws_what_the_function_gives(fitted, by):
    options = {"by": by, "n_blocks": 4, "random_state": 0, "n_repeats": 3}
    display = SequenceImportanceDisplay.from_estimator(*fitted, **options)
    found = permutation_importance(*fitted, **options)
    np.testing.assert_array_equal(display.importances, found.importances)
    assert display.feature_names == found.feature_names
    assert display.block_names == found.block_names
    again = SequenceImportanceDisplay.from_importances(found)
    np.testing.assert_array_equal(again.importances, found.importances)
    assert again.ax_.get_xlabel() == display.ax_.get_xlabel()


def test_importances_of_scikit_learn_can_be_drawn():
    X = np.random.default_rng(0).normal(size=(30, 3))
    model = LinearRegression().fit(X, X @ [1.0, 3.0, 0.0])
    found = inspection.permutation_importance(model, X, X @ [1.0, 3.0, 0.0], random_state=0)
    display = SequenceImportanceDisplay.from_importances(found)
    assert labels(display.ax_.yaxis) == ["x1", "x0", "x2"]
    named = SequenceImportanceDisplay.from_importances(found, feature_names=NAMES)
    assert labels(named.ax_.yaxis) == ["rain", "wind", "sun"]


def test_axes_of_the_caller_and_names_without_letters_of_mathematics(features):
    _, ax = plt.subplots()
    display = SequenceImportanceDisplay(features, feature_names=["a_$x$", "b", "c"]).plot(ax)
    assert display.ax_ is ax
    display.figure_.canvas.draw()
    assert labels(ax.yaxis) == ["b", "a_$x$", "c"]


def test_messages(features, fitted, monkeypatch):
    with pytest.raises(ValueError, match=r"of shape \(\*\(2,\), n_repeats\).*got \(3, 2\)"):
        SequenceImportanceDisplay(features, feature_names=["a", "b"]).plot()
    several = permutation_importance(*fitted, scoring=["r2", "neg_max_error"], n_repeats=1)
    with pytest.raises(ValueError, match=r"has 'r2', 'neg_max_error': choose one.*result\['r2'\]"):
        SequenceImportanceDisplay.from_importances(several)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"sksequence\[plot\]"):
        SequenceImportanceDisplay(features, feature_names=NAMES).plot()
