"""Target transforms are their formulas, and what comes back is what went in."""

import itertools
import pickle

import numpy as np
import pytest
from scipy import stats

from sksequence.preprocessing._target_transforms import TARGET_TRANSFORMS, TargetTransforms

OFFSETS = np.array([0, 40, 65, 110])
SEASON = 7


def _values(k=2, seed=0):
    """Positive, of very different sizes, with a trend."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(0.2 * rng.standard_normal((OFFSETS[-1], k)), axis=0)
    return np.exp(walk) * np.repeat([1.0, 300.0, 1e5], np.diff(OFFSETS))[:, None]


def _chains():
    """All that can be applied to positive values: what follows a change may take any value."""
    alone = [(name,) for name in TARGET_TRANSFORMS]
    first = ["scale", "log1p", "boxcox", "returns", "difference", "seasonal_difference"]
    last = ["scale", "difference", "seasonal_difference"]
    return alone + list(itertools.product(first, last)) + [("scale", "boxcox", *last)]


def _windows(values, starts, n_before, horizon):
    back = np.array(starts)[:, None] + np.arange(-n_before, 0)
    ahead = np.array(starts)[:, None] + np.arange(horizon)
    return values[back], values[ahead]


@pytest.mark.parametrize("names", _chains())
@pytest.mark.parametrize("horizon", [1, 5, 16])
def test_what_comes_back_is_what_went_in(names, horizon):
    values, n_before = _values(), 20
    transforms = TargetTransforms(names, SEASON).fit(values, OFFSETS)
    changed = transforms.apply(values, OFFSETS)
    # windows at arbitrary places, two of them of one series
    starts, series = [22, 24, OFFSETS[2] + 25], np.array([0, 0, 2])
    history, future = _windows(values, starts, n_before, horizon)
    _, forecast = _windows(changed, starts, n_before, horizon)
    np.testing.assert_allclose(transforms.invert(forecast, history, series), future, rtol=1e-12)
    paths = np.stack([forecast, forecast])
    back = transforms.invert(paths, history, series)
    np.testing.assert_allclose(back, np.stack([future, future]), rtol=1e-12)


@pytest.mark.parametrize("names", _chains())
def test_rows_without_a_past_are_lost_in_each_series(names):
    transforms = TargetTransforms(names, SEASON).fit(_values(), OFFSETS)
    changed = transforms.apply(_values(), OFFSETS)
    for start, stop in itertools.pairwise(OFFSETS):
        assert np.isnan(changed[start : start + transforms.n_lost]).all()
        assert np.isfinite(changed[start + transforms.n_lost : stop]).all()
        alone = transforms.apply(
            _values()[start:stop], np.array([0, stop - start]), series=[list(OFFSETS).index(start)]
        )
        np.testing.assert_array_equal(alone, changed[start:stop])


def test_transforms_are_their_formulas():
    y, offsets = np.array([[1.0], [2.0], [4.0], [3.0]]), np.array([0, 4])

    def changed(name):
        return TargetTransforms(name, 2).fit(y, offsets).apply(y, offsets)[:, 0]

    np.testing.assert_allclose(changed("scale"), [0.4, 0.8, 1.6, 1.2])
    np.testing.assert_allclose(changed("log1p"), np.log([2, 3, 5, 4]))
    np.testing.assert_allclose(changed("difference"), [np.nan, 1, 2, -1])
    np.testing.assert_allclose(changed("seasonal_difference"), [np.nan, np.nan, 3, 1])
    np.testing.assert_allclose(changed("returns"), [np.nan, *np.log([2, 2, 0.75])])


def test_chain_is_applied_in_the_order_given():
    y, offsets = _values(), OFFSETS
    chain = TargetTransforms(["log1p", "difference"]).fit(y, offsets).apply(y, offsets)
    np.testing.assert_allclose(chain[1:40], np.diff(np.log1p(y[:40]), axis=0))


@pytest.mark.parametrize("power", [0.3, 1.0, 1.6])
def test_power_of_boxcox_is_found_again(power):
    z = np.random.default_rng(0).normal(10, 1, size=4000)
    y = (power * z + 1) ** (1 / power)
    boxcox = TargetTransforms("boxcox").fit(y[:, None], np.array([0, 4000])).steps[0]
    assert boxcox.power[0, 0] == pytest.approx(stats.boxcox_normmax(y, method="mle"), abs=1e-3)


def test_boxcox_is_the_same_in_other_units():
    y = np.random.default_rng(0).gamma(3.0, 1.0, size=(110, 1))
    powers = [
        TargetTransforms("boxcox").fit(y * unit, OFFSETS).steps[0].power
        for unit in (1.0, 1e-6, 1e9)
    ]
    np.testing.assert_allclose(powers[1], powers[0], atol=1e-6)
    np.testing.assert_allclose(powers[2], powers[0], atol=1e-6)


def test_powers_that_have_a_ceiling_are_not_chosen():
    y = 1 / np.random.default_rng(0).normal(10, 1, size=(110, 1))  # its best power is -1
    transforms = TargetTransforms("boxcox").fit(y, OFFSETS)
    np.testing.assert_allclose(transforms.steps[0].power, 0, atol=1e-4)
    forecast = np.linspace(-50, 50, 3 * 8).reshape(3, 8, 1)
    back = transforms.invert(forecast, y[:3, None], np.arange(3))
    assert np.isfinite(back).all() and (back >= 0).all()


def test_forecast_below_every_power_is_zero():
    y = np.random.default_rng(0).normal(10, 1, size=(110, 1))
    transforms = TargetTransforms("boxcox").fit(y, OFFSETS)
    back = transforms.invert(np.full((3, 2, 1), -1e6), y[:3, None])
    np.testing.assert_array_equal(back, 0)


@pytest.mark.parametrize("names", ["scale", "boxcox", ("scale", "boxcox")])
def test_constant_and_missing_series_are_harmless(names):
    values = _values()
    values[: OFFSETS[1]] = 5.0
    values[OFFSETS[1] : OFFSETS[2]] = np.nan
    transforms = TargetTransforms(names).fit(values, OFFSETS)
    changed = transforms.apply(values, OFFSETS)
    assert np.array_equal(np.isnan(changed), np.isnan(values))
    history, _ = _windows(values, [30], 5, 3)
    _, forecast = _windows(changed, [30], 5, 3)
    np.testing.assert_allclose(transforms.invert(forecast, history, [0]), 5.0)
    zeros = np.zeros((4, 1))
    scaled = TargetTransforms("scale").fit(zeros, np.array([0, 4])).apply(zeros, np.array([0, 4]))
    np.testing.assert_array_equal(scaled, 0)


def test_quantiles_keep_their_order_where_no_rows_are_lost():
    transforms = TargetTransforms(["scale", "log1p", "boxcox"]).fit(_values(), OFFSETS)
    assert transforms.n_lost == 0
    quantiles = np.sort(np.random.default_rng(0).normal(size=(9, 3, 4, 2)), axis=0)
    back = transforms.invert(quantiles, _values()[:3, None], np.arange(3))
    assert (np.diff(back, axis=0) >= 0).all()


# What is missing


def test_change_is_added_to_the_last_value_that_was_seen():
    history = np.array([[[1.0], [5.0], [np.nan]]])
    back = TargetTransforms("difference").invert(np.ones((1, 2, 1)), history, [0])
    np.testing.assert_allclose(back[0, :, 0], [6, 7])
    back = TargetTransforms("returns").invert(np.log([[[2.0], [3.0]]]), history, [0])
    np.testing.assert_allclose(back[0, :, 0], [10, 30])
    history = np.array([[[9.0], [1.0], [2.0], [3.0], [np.nan]]])
    back = TargetTransforms("seasonal_difference", 2).invert(np.zeros((1, 3, 1)), history, [0])
    np.testing.assert_allclose(back[0, :, 0], [3, 2, 3])


def test_gap_leaves_its_neighbours_alone():
    values = _values()
    values[10] = np.nan
    changed = TargetTransforms("difference").fit(values, OFFSETS).apply(values, OFFSETS)
    assert np.flatnonzero(np.isnan(changed[:40, 0])).tolist() == [0, 10, 11]


# New series


@pytest.mark.parametrize("names", _chains())
def test_new_series_come_after_those_that_were_fitted(names):
    transforms = TargetTransforms(names, SEASON).fit(_values(), OFFSETS)
    new, offsets = _values(seed=5)[:50] * 20, np.array([0, 30, 50])
    more = transforms.extended(new, offsets)
    assert (transforms.n_series, more.n_series) == (3, 5)
    at = np.array([3, 4])
    changed = more.apply(new, offsets, at)
    history, future = _windows(new, [25, 45], 15, 5)
    _, forecast = _windows(changed, [25, 45], 15, 5)
    np.testing.assert_allclose(more.invert(forecast, history, at), future, rtol=1e-12)
    old = more.apply(_values(), OFFSETS, np.arange(3))
    np.testing.assert_array_equal(old, transforms.apply(_values(), OFFSETS))


def test_new_series_have_a_scale_of_their_own_and_the_median_power():
    transforms = TargetTransforms(["scale", "boxcox"]).fit(_values(), OFFSETS)
    more = transforms.extended(np.full((4, 2), 8.0), np.array([0, 4]))
    np.testing.assert_array_equal(more.steps[0].scale[3], 8.0)
    median = np.median(transforms.steps[1].power, axis=0)
    np.testing.assert_array_equal(more.steps[1].power[3], median)


def test_pickle_keeps_what_was_learned():
    transforms = TargetTransforms(["boxcox", "difference"]).fit(_values(), OFFSETS)
    again = pickle.loads(pickle.dumps(transforms))
    expected = transforms.apply(_values(), OFFSETS)
    np.testing.assert_array_equal(again.apply(_values(), OFFSETS), expected)


# What is refused


@pytest.mark.parametrize(
    "name, low, bound", [("boxcox", 0, 0), ("returns", -2, 0), ("log1p", -1, -1)]
)
def test_values_too_low_are_named_by_series_and_row(name, low, bound):
    values = _values()
    values[OFFSETS[1] + 4, 1] = low
    message = rf"'{name}' needs values above {bound}, but row 4 of series 1, target 1 is {low} \(1 "
    with pytest.raises(ValueError, match=message):
        TargetTransforms(name).fit(values, OFFSETS)
    fitted = TargetTransforms(name).fit(_values(), OFFSETS)
    with pytest.raises(ValueError, match="row 4 of series 'shop 2'"):
        fitted.apply(values, OFFSETS, labels=["shop 1", "shop 2", "shop 3"])
    with pytest.raises(ValueError, match="row 4 is"):
        TargetTransforms(name).fit(values[40:65, 1:], np.array([0, 25]))


def test_error_says_what_came_before():
    message = "'boxcox' needs values above 0, .* after 'difference' .* use another"
    with pytest.raises(ValueError, match=message):
        TargetTransforms(["difference", "boxcox"]).fit(_values(), OFFSETS)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match=r"must be one of 'scale', .*, got 'log'"):
        TargetTransforms("log")


@pytest.mark.parametrize("seasonality", [None, 0, 1.5, True])
def test_season_is_asked_for(seasonality):
    with pytest.raises(ValueError, match="seasonality must be an integer of at least 1, got"):
        TargetTransforms("seasonal_difference", seasonality)


def test_history_too_short_is_refused():
    transforms = TargetTransforms(["returns", "seasonal_difference"], 7).fit(_values(), OFFSETS)
    with pytest.raises(ValueError, match="after 8 or more rows of history, got 7"):
        transforms.invert(np.zeros((3, 2, 2)), np.ones((3, 7, 2)))


def test_other_series_than_were_fitted_are_refused():
    transforms = TargetTransforms("scale").fit(_values(), OFFSETS)
    with pytest.raises(ValueError, match="fitted to 3 series and got 1: say by `series`"):
        transforms.apply(_values(), np.array([0, 110]))
