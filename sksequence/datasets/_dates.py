"""Dates as people write them, and as ISO 8601 writes them."""

from datetime import date
from typing import Any

import numpy as np

from sksequence.datasets._checks import check_count
from sksequence.utils._random import make_generator

MONTHS = (
    "January February March April May June July August September October November December"
).split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # date.weekday()

# Each names the month, or starts with the year: 3/5/1998 is another day on either side of an
# ocean, and 98 another century.
FORMATS = (
    "{day} {month} {year}",
    "{day} {mon} {year}",
    "{day:02d} {MON} {year}",
    "{day}-{mon}-{year}",
    "{nth} {month} {year}",
    "{nth} of {month}, {year}",
    "the {nth} of {month} {year}",
    "{month} {day}, {year}",
    "{mon} {day}, {year}",
    "{month} {nth}, {year}",
    "{month} the {nth}, {year}",
    "{weekday}, {day} {month} {year}",
    "{weekday}, {month} {day}, {year}",
    "{weekday} the {nth} of {month} {year}",
    "{wday} {day} {mon} {year}",
    "{wday}, {mon} {day}, {year}",
    "{year} {month} {day}",
    "{year}-{mon}-{day:02d}",
    "{year}/{number:02d}/{day:02d}",
    "{year}.{number:02d}.{day:02d}",
)


def make_dates(
    n_samples: int = 1000,
    *,
    start: str = "1900-01-01",
    end: str = "2099-12-31",
    random_state: Any = None,
) -> tuple[list[str], list[str]]:
    """Make dates as people write them, and the same dates in ISO 8601.

    A small task for sequence-to-sequence models that read and write characters, in which the
    attention can be checked by eye: the year is copied, the month looked up, the weekday
    ignored. Days and the twenty formats are drawn uniformly and independently. Each format
    names the month or starts with the year, and all years have four digits, so there is one
    right answer.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of dates.
    start, end : str or date-like, default="1900-01-01" and "2099-12-31"
        The first and the last day that can be drawn, with years from 1000 to 9999.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same dates at every call.

    Returns
    -------
    X : list of str
        Dates in English, such as ``"Sunday the 3rd of May 1998"``.
    y : list of str
        The same dates in ISO 8601, such as ``"1998-05-03"``.

    Raises
    ------
    ValueError
        When `start` or `end` is no such day, or `end` comes before `start`.

    See Also
    --------
    make_reversal, make_sorting : sequences of symbols or numbers to rearrange.

    Examples
    --------
    >>> from sksequence.datasets import make_dates
    >>> X, y = make_dates(3, random_state=1)
    >>> list(zip(X, y))
    [('1994.08.21', '1994-08-21'), ('14 May 2002', '2002-05-14'), ('13 JAN 2051', '2051-01-13')]
    """
    check_count("n_samples", n_samples)
    first, last = _check_day("start", start), _check_day("end", end)
    if last < first:
        raise ValueError(f"end must not come before start, got start={start!r} and end={end!r}.")
    rng = make_generator(random_state)
    ordinals = rng.integers(first.toordinal(), last.toordinal() + 1, size=n_samples)
    days = [date.fromordinal(number) for number in ordinals.tolist()]
    formats = rng.integers(len(FORMATS), size=n_samples).tolist()
    X = [_write(day, FORMATS[number]) for day, number in zip(days, formats, strict=True)]
    return X, [day.isoformat() for day in days]


def _check_day(name: str, given: Any) -> date:
    try:
        day = np.datetime64(given, "D").item()
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be a day such as '1998-05-03' or a date, got {given!r}."
        ) from error
    if not isinstance(day, date) or not 1000 <= day.year <= 9999:
        raise ValueError(f"{name} must lie in the years 1000 to 9999, got {given!r}.")
    return day


def _write(day: date, form: str) -> str:
    month, weekday = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
    return form.format(
        day=day.day,
        nth=_ordinal(day.day),
        month=month,
        mon=month[:3],
        MON=month[:3].upper(),
        number=day.month,
        year=day.year,
        weekday=weekday,
        wday=weekday[:3],
    )


def _ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th; 11th, 12th and 13th are irregular."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number in (11, 12, 13) else ending}"
