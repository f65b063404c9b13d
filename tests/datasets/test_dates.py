"""Every date that is written can be read back by somebody else's parser."""

import re
from datetime import date, datetime

import pandas as pd
import pytest

from sksequence.datasets import make_dates
from sksequence.datasets._dates import FORMATS, _ordinal, _write


def test_an_independent_parser_reads_the_same_day():
    """pandas' parser, once the little words and endings that it does not know are gone."""
    X, y = make_dates(2000, random_state=0)
    for text, iso in zip(X, y, strict=True):
        plain = re.sub(r"(?<=\d)(st|nd|rd|th)\b|\bof\b|\bthe\b", " ", text)
        assert pd.to_datetime(plain).date() == date.fromisoformat(iso), text


def test_weekday_is_the_right_one():
    X, y = make_dates(1000, random_state=1)
    checked = 0
    for text, iso in zip(X, y, strict=True):
        if found := re.match(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)", text):
            assert found[0] == datetime.fromisoformat(iso).strftime("%a")
            checked += 1
    assert checked > 150


def test_no_text_stands_for_two_days():
    """Whatever the format: there is one right answer."""
    first = date(1990, 1, 1).toordinal()
    meant: dict[str, date] = {}
    for day in map(date.fromordinal, range(first, first + 4000)):
        for form in FORMATS:
            assert meant.setdefault(_write(day, form), day) == day


def test_every_format_is_drawn():
    X, _ = make_dates(1000, start="1998-05-03", end="1998-05-03", random_state=0)
    assert set(X) == {_write(date(1998, 5, 3), form) for form in FORMATS}
    assert "the 3rd of May 1998" in X


def test_ordinals():
    expected = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th"}
    expected |= {20: "20th", 21: "21st", 22: "22nd", 23: "23rd", 30: "30th", 31: "31st"}
    assert {number: _ordinal(number) for number in expected} == expected


def test_days_are_uniform_between_start_and_end():
    _, y = make_dates(6000, start="2000-02-27", end="2000-03-01", random_state=0)
    counts = pd.Series(y).value_counts()
    assert sorted(counts.index) == ["2000-02-27", "2000-02-28", "2000-02-29", "2000-03-01"]
    assert counts.between(1350, 1650).all()  # 1500, four standard deviations of 34


def test_start_may_be_a_date():
    assert (
        make_dates(3, start=date(2000, 1, 1), end=pd.Timestamp("2000-01-01"))[1]
        == ["2000-01-01"] * 3
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_samples": 0}, "n_samples must be at least 1"),
        ({"start": "May 1998"}, "start must be a day such as '1998-05-03'.*got 'May 1998'"),
        ({"end": None}, "end must lie in the years 1000 to 9999, got None"),
        ({"start": "0999-12-31"}, "start must lie in the years"),
        ({"start": "2000-01-02", "end": "2000-01-01"}, "end must not come before start"),
    ],
)
def test_wrong_arguments_are_named(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        make_dates(**options)
