"""A clock's positions are numbers of steps, and give back the times they came from."""

import pickle

import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import Clock

FREQUENCIES = ["D", "h", "30min", "W-SUN", "MS", "ME", "QS", "QE-FEB", "YS", "B", "2MS", "3D"]
ZONED = ["h", "30min", "D", "W-SUN", "MS", "B"]
BERLIN = "Europe/Berlin"


def _dates(freq, zone=None, n=40):
    return pd.date_range("2024-02-28", periods=n, freq=freq, tz=zone, name="time")


def _without_freq(index):
    return pd.DatetimeIndex(list(index), name=index.name)


def _axes():
    for freq in FREQUENCIES:
        yield pytest.param(_dates(freq), id=freq)
        yield pytest.param(_without_freq(_dates(freq)), id=f"{freq}-inferred")
    for freq in ZONED:
        yield pytest.param(_dates(freq, BERLIN), id=f"{freq}-{BERLIN}")
        yield pytest.param(_without_freq(_dates(freq, BERLIN)), id=f"{freq}-{BERLIN}-inferred")
    for freq in ["C", "WOM-2TUE", "SMS", "BME", "2B"]:  # pandas cannot infer all of them
        yield pytest.param(_dates(freq), id=freq)
    yield pytest.param(_dates("24h", BERLIN), id=f"24h-{BERLIN}")
    for freq in ["h", "D", "W", "M", "2M", "Q-NOV", "Y"]:
        yield pytest.param(
            pd.period_range("2024-02", periods=40, freq=freq, name="p"), id=f"p{freq}"
        )
    yield pytest.param(pd.RangeIndex(40, name="row"), id="range")
    yield pytest.param(pd.RangeIndex(-7, 200, 3), id="range-3")
    yield pytest.param(pd.Index(np.arange(5, 85, 2), name="row"), id="integers-2")
    yield pytest.param(pd.Index(np.arange(40), dtype="int32"), id="int32")


@pytest.mark.parametrize("index", list(_axes()))
def test_rows_of_a_regular_index_are_counted_and_given_back(index):
    clock = Clock.from_index(index)
    np.testing.assert_array_equal(clock.positions(index), np.arange(len(index)))
    again = clock.index(np.arange(len(index)))
    pd.testing.assert_index_equal(again, index, exact=True)
    assert getattr(again, "freq", None) == getattr(index, "freq", None)
    half = clock.index(np.arange(20, 30))
    pd.testing.assert_index_equal(half, index[20:30], exact=True)


@pytest.mark.parametrize("index", list(_axes()))
def test_any_positions_come_back_from_their_times(index):
    clock = pickle.loads(pickle.dumps(Clock.from_index(index[:30])))
    rng = np.random.default_rng(0)
    for spread in [3, 40, 400]:
        positions = rng.integers(-spread, spread, size=30)
        times = clock.index(positions)
        assert type(times) is type(index) or isinstance(index, pd.RangeIndex)
        assert times.name == index.name
        np.testing.assert_array_equal(clock.positions(times), positions)
        for p in positions[:3]:
            np.testing.assert_array_equal(clock.positions(clock.index([p])), [p])
    assert len(clock.index([])) == 0
    assert clock.positions(clock.index([])).shape == (0,)


@pytest.mark.parametrize("freq", FREQUENCIES)
def test_steps_are_those_of_pandas(freq):
    index = _dates(freq)
    clock, step = Clock.from_index(index), index.freq
    for p in [-7, -1, 3, 100]:
        assert clock.index([p])[0] == index[0] + p * step


def test_inferred_frequencies_are_those_that_made_the_dates():
    for freq in ["D", "h", "30min", "W-SUN", "MS", "ME", "B", "2MS"]:
        assert Clock.from_index(_without_freq(_dates(freq))).frequency == freq


def test_a_day_is_a_date_and_an_hour_is_an_hour_when_clocks_are_put_forward():
    # 31 March 2024 has 23 hours in Berlin
    days = Clock.from_index(pd.date_range("2024-03-30", periods=5, freq="D", tz=BERLIN))
    assert days.positions(pd.DatetimeIndex(["2024-04-01"]).tz_localize(BERLIN)) == [2]
    hours = Clock.from_index(pd.date_range("2024-03-30", periods=5, freq="h", tz=BERLIN))
    assert hours.positions(pd.DatetimeIndex(["2024-04-01"]).tz_localize(BERLIN)) == [47]
    assert str(hours.index([26])[0]) == "2024-03-31 03:00:00+02:00"


def test_a_daily_hour_that_is_left_out_once_a_year_is_still_that_day():
    clock = Clock.from_index(pd.date_range("2024-01-01 02:30", periods=5, freq="D", tz=BERLIN))
    positions = np.arange(80, 100)  # over 31 March, which has no 02:30
    times = clock.index(positions)
    np.testing.assert_array_equal(clock.positions(times), positions)
    assert str(times[10]) == "2024-03-31 03:00:00+02:00"
    assert str(times[11]) == "2024-04-01 02:30:00+02:00"


def test_an_hour_that_comes_twice_is_two_positions():
    clock = Clock.from_index(pd.date_range("2024-10-27", periods=9, freq="h", tz=BERLIN))
    times = clock.index([2, 3])
    assert times.strftime("%H:%M %z").tolist() == ["02:00 +0200", "02:00 +0100"]
    assert clock.positions(times).tolist() == [2, 3]


def test_times_of_another_zone_and_unit_are_the_same_moments():
    clock = Clock.from_index(pd.date_range("2024-01-01", periods=5, freq="h", tz="UTC"))
    moment = pd.DatetimeIndex(["2024-01-01 03:00"]).tz_localize(BERLIN).as_unit("ns")
    assert clock.positions(moment) == [2]


@pytest.mark.parametrize("missing", [[4], [2, 3], [1, 5, 9, 13]])
@pytest.mark.parametrize("freq", ["D", "h", "MS", "B", "W-SUN"])
def test_an_index_with_gaps_runs_at_the_step_of_most_rows(freq, missing):
    index = _without_freq(_dates(freq))
    clock = Clock.from_index(index.delete(missing))
    assert clock.frequency == freq
    np.testing.assert_array_equal(clock.positions(index), np.arange(40))


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_dates_do_not_tell_the_frequency(n):
    index = _without_freq(_dates("MS"))
    clock = Clock.from_index(index[:n])
    assert clock.step is None
    assert clock.frequency == "unknown"
    assert clock.positions(index[:n]).tolist() == list(range(n))
    pd.testing.assert_index_equal(clock.index(range(n)), index[:n])
    with pytest.raises(ValueError, match=r"frequency of the times is unknown: 2024-03-01 .*"):
        clock.index([n])
    with pytest.raises(ValueError, match=r"do not tell the frequency.* set index\.freq"):
        clock.positions(index[n : n + 1])


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_dates_may_name_their_frequency(n):
    clock = Clock.from_index(_dates("MS")[:n])
    assert clock.index([12])[0] == pd.Timestamp("2025-03-01")
    assert Clock.from_index(_without_freq(_dates("MS"))[:n], "MS").frequency == "MS"
    assert Clock.from_index(pd.period_range("2024", periods=n, freq="M")).frequency == "M"
    assert Clock.from_index(pd.RangeIndex(5, 5 + n)).index([3])[0] == 8


def test_a_time_between_two_steps_is_named():
    clock = Clock.from_index(_dates("MS"))
    times = pd.DatetimeIndex(["2024-04-01", "2024-05-15"])
    with pytest.raises(ValueError, match=r"2024-05-15.*between .* 2024-05-01 and 2024-06-01.*MS"):
        clock.positions(times)
    with pytest.raises(ValueError, match=r"6 \(entry 1 of 2\) lies between .*5 and 7"):
        Clock.from_index(pd.Index([1, 3, 5])).positions(pd.Index([3, 6]))


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.RangeIndex(3), "is an integer index, but before it was a DatetimeIndex of frequency D"),
        (pd.period_range("2024", periods=3, freq="D"), "is a PeriodIndex, but before"),
        (_dates("D", "UTC"), "with a time zone, but before .* without a time zone"),
        (pd.Index(["2024-03-01"]), r"got dtype str, .*pandas\.to_datetime"),
        (pd.Index([0.5]), "got dtype float64, .*round"),
        (pd.to_timedelta([1, 2], unit="h"), "got dtype timedelta64.*add a start"),
    ],
)
def test_another_kind_of_index_is_refused(index, message):
    with pytest.raises(TypeError, match=message):
        Clock.from_index(_dates("D")).positions(index)


def test_periods_of_another_frequency_are_refused():
    clock = Clock.from_index(pd.period_range("2024", periods=3, freq="D"))
    with pytest.raises(
        ValueError, match=r"has frequency M, but before .*PeriodIndex of frequency D"
    ):
        clock.positions(pd.period_range("2024", periods=3, freq="M"))


def test_times_without_a_common_step_are_refused():
    index = pd.DatetimeIndex(["2024-01-01 05:13", "2024-01-02 06:11", "2024-01-07", "2024-03-01"])
    with pytest.raises(ValueError, match=r"no common step: 2024-01-01 05:13:00, .*resample"):
        Clock.from_index(index)
    with pytest.raises(ValueError, match=r"'fortnight' is no frequency of the index"):
        Clock.from_index(index, "fortnight")


def test_same_as_means_equal_times_at_equal_positions():
    clock = Clock.from_index(_dates("D"))
    assert clock.same_as(Clock.from_index(_without_freq(_dates("D"))))
    assert not clock.same_as(Clock.from_index(_dates("D")[1:]))
    assert not clock.same_as(Clock.from_index(_dates("B")))
    assert not clock.same_as(Clock.from_index(_dates("D", "UTC")))
    assert not clock.same_as(Clock.from_index(pd.period_range("2024-02-28", periods=3, freq="D")))
    assert not clock.same_as(Clock())
    assert Clock().same_as(Clock())


def test_bare_positions_are_a_range():
    pd.testing.assert_index_equal(Clock().index([2, 3]), pd.RangeIndex(2, 4))
    np.testing.assert_array_equal(Clock().positions([4, -1]), [4, -1])


def test_a_long_axis_is_read_quickly_far_from_its_start():
    # business days are found by doubling, not by walking from the first
    clock = Clock.from_index(_dates("B"))
    far = clock.index([60_000, -30_000])
    assert far[0].year == 2254
    np.testing.assert_array_equal(clock.positions(far[:1]), [60_000])
    np.testing.assert_array_equal(clock.positions(far[1:]), [-30_000])
