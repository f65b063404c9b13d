"""What the user gives a forecaster, as tables."""

from __future__ import annotations

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from sksequence.estimators._forecast_data import CALENDAR
from sksequence.estimators._forecast_tables import check_same_rows, forward_filled
from sksequence.inputs import TimeTable, read_time_table


def read_tables(forecaster, X, y, clock=None, like=None) -> tuple[TimeTable, TimeTable | None]:
    """y and X as tables on the same clock, with the same rows."""
    name = type(forecaster).__name__
    if y is None:
        raise ValueError(
            f"This {name} estimator requires y to be passed, but the target y is None."
        )
    if X is not None and like is None:
        validate_data(forecaster, X, skip_check_array=True)
    indexed = [part for part in (y, X) if hasattr(part, "iloc")]
    if X is not None and hasattr(X, "iloc") and not hasattr(y, "iloc"):
        y = with_index(y, X.index, name)
    elif X is not None and indexed and not hasattr(X, "iloc"):
        X = with_index(X, y.index, name, "X")
    columns = None if like is None else like.columns
    target = read_time_table(y, "y", forecaster, clock=clock, columns=columns)
    covariates = None
    if X is not None:
        covariates = read_time_table(X, "X", forecaster, clock=target.clock)
        check_same_rows(target, covariates, name)
    return without_missing(forecaster, target, "y"), without_missing(forecaster, covariates, "X")


def read_later(forecaster, X, y) -> tuple[TimeTable, TimeTable | None]:
    """What was kept, followed by the new rows."""
    if X is not None and not hasattr(X, "iloc") and not hasattr(y, "iloc"):
        validate_data(forecaster, X, reset=False, skip_check_array=True)
    target, covariates = read_tables(forecaster, X, y, forecaster.tail_.clock, forecaster.tail_)
    if (covariates is None) != (forecaster.covariate_tail_ is None):
        raise ValueError(
            f"{type(forecaster).__name__} was fitted {'without' if covariates is not None else 'with'}"
            " X: give new rows in the same way."
        )
    if covariates is not None:
        covariates = forecaster.covariate_tail_.concat(covariates)
    return forecaster.tail_.concat(target), covariates


def without_missing(forecaster, table: TimeTable | None, what: str) -> TimeTable | None:
    """The table after the policy of `missing`."""
    if table is None or not np.isnan(table.values).any() or forecaster.missing == "mask":
        return table
    if forecaster.missing == "error":
        row, column = np.argwhere(np.isnan(table.values))[0]
        named = "" if table.columns is None else f" of {table.columns[column]!r}"
        raise ValueError(
            f"Input {what} contains NaN: the value{named} at {table.index[row]!r} is missing. "
            'Fill it, or set missing="mask" (a mark of what was seen, no loss) or "ffill" '
            "(the value before)."
        )
    return forward_filled(table, what)


def check_calendar(forecaster, names, target: TimeTable) -> None:
    unknown = [name for name in names if name not in CALENDAR]
    if unknown:
        raise ValueError(
            f"calendar has {unknown[0]!r}, but knows only {', '.join(map(repr, CALENDAR))}."
        )
    if names and target.clock.kind != "time":
        raise ValueError(
            "calendar features need a DatetimeIndex or PeriodIndex, but the rows of y have "
            "none: give y as a Series or DataFrame with one."
        )


def check_lags(forecaster) -> tuple[int, ...]:
    lags = (
        (forecaster.lags,)
        if isinstance(forecaster.lags, Integral)
        else tuple(forecaster.lags or ())
    )
    for lag in lags:
        if not isinstance(lag, Integral) or lag < forecaster.horizon:
            raise ValueError(
                f"lags must be whole numbers of at least horizon={forecaster.horizon}, so that the "
                f"value is known when the last step is forecast; got {lag!r}."
            )
    return tuple(int(lag) for lag in lags)


def rows_before(forecaster) -> int:
    """Rows before the first step of a forecast that the network needs."""
    return forecaster.lookback + max(forecaster.lags_, default=0)


def with_index(data, index, name, what="y"):
    """Bare rows with the index that the other table has."""
    array = np.asarray(data)
    if len(array) != len(index):
        raise ValueError(
            f"{what} has {len(array)} rows, but the other table of {name} has {len(index)}: give "
            "one for each row."
        )
    if array.ndim == 1:
        return pd.Series(array, index=index)
    return pd.DataFrame(array, index=index)
