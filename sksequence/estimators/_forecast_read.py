"""What the user gives a forecaster, as tables."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from sksequence.estimators._forecast_data import CALENDAR
from sksequence.estimators._forecast_tables import as_tuple, check_same_rows, forward_filled
from sksequence.estimators._forecast_warnings import warn
from sksequence.inputs import TimeTable, read_time_table


def read_tables(
    forecaster: Any, X: Any, y: Any, like: Any = None
) -> tuple[TimeTable, TimeTable | None]:
    """y and X as tables on the same clock, with the same rows.

    Parameters
    ----------
    forecaster : estimator
        Names the policies of `missing` and `resample`.
    X, y : as in ``fit``
    like : estimator, optional
        Already fitted: clock and columns must be the same.
    """
    name = type(forecaster).__name__
    if y is None:
        raise ValueError(
            f"This {name} estimator requires y to be passed, but the target y is None."
        )
    if X is not None:
        check_two_dimensions(X, name)
        if like is None:
            validate_data(forecaster, X, skip_check_array=True)
    if X is not None and hasattr(X, "iloc") and not hasattr(y, "iloc"):
        y = with_index(y, X.index, name)
    elif X is not None and hasattr(y, "iloc") and not hasattr(X, "iloc"):
        X = with_index(X, y.index, name, "X")
    X = coded(forecaster, X, learn=like is None and not _goes_on(forecaster))
    clock = columns = covariate_columns = None
    if like is not None:
        clock, columns = like.tail_.clock, columns_of(like.tail_)
        covariate_columns = columns_of(like.covariate_tail_)
        check_same_covariates(like, X)
    target = read_time_table(y, "y", forecaster, clock, columns, forecaster.resample)
    if target.columns is None and isinstance(columns, tuple):
        target = replace(target, columns=columns)  # new rows without names have those of before
    covariates = None
    if X is not None:
        covariates = read_time_table(
            X, "X", forecaster, target.clock, covariate_columns, forecaster.resample
        )
        if covariates.columns is None and isinstance(covariate_columns, tuple):
            covariates = replace(covariates, columns=covariate_columns)
        check_same_rows(target, covariates, name)
        if not covariates.values.shape[1]:
            covariates = None  # an index alone
    return without_missing(forecaster, target, "y"), without_missing(forecaster, covariates, "X")


# -- symbols --------------------------------------------------------------------------------------


def coded(forecaster: Any, X: Any, learn: bool = False) -> Any:
    """X with the number of its symbol, from 0, where a static covariate holds symbols.

    -1 stands for one that ``fit`` has not seen. A forecaster that ignores covariates ignores
    symbols anywhere.
    """
    if not hasattr(X, "columns"):
        if learn:
            forecaster.categories_ = {}
        return X
    if not hasattr(forecaster, "static_covariates"):
        return X.assign(**{c: 0.0 for c in X.columns if _is_symbolic(X[c])})
    if learn:
        _check_symbols(forecaster, X)
        names = [n if n in X.columns else _at(X, n) for n in as_tuple(forecaster.static_covariates)]
        forecaster.categories_ = {
            n: _symbols(X[n]) for n in names if n is not None and _is_symbolic(X[n])
        }
    X = X.copy(deep=False)
    for name in forecaster.categories_.keys() & set(X.columns):
        X[name] = _numbers_of(X[name], forecaster.categories_[name], type(forecaster).__name__)
    return X


def _check_symbols(forecaster, X) -> None:
    """Raise TypeError of text that does not change in a series and was not said to be static."""
    static = as_tuple(forecaster.static_covariates)
    for i, name in enumerate(X.columns if X.index.nlevels == 2 else ()):
        if name in static or i in static or not _is_symbolic(X[name]):
            continue
        if (X[name].groupby(level=0).nunique(dropna=False) == 1).all():
            raise TypeError(
                f"{type(forecaster).__name__} got X with text in column {name!r}, which does not "
                f"change in a series: name it in static_covariates=[{name!r}], or leave it out."
            )


def numbers_of_symbols(forecaster: Any, columns: Any) -> dict[int, int]:
    """How many symbols each column has that holds them, by its position."""
    return {columns.index(name): len(s) for name, s in forecaster.categories_.items()}


def _goes_on(forecaster) -> bool:
    return bool(getattr(forecaster, "warm_start", False)) and hasattr(forecaster, "network_")


def _at(X, position):
    inside = isinstance(position, Integral) and 0 <= int(position) < X.shape[1]
    return X.columns[int(position)] if inside else None


def _is_symbolic(column) -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if not (column.dtype == object or isinstance(column.dtype, pd.StringDtype)):
        return False
    return any(isinstance(entry, str) for entry in column)


def _symbols(column) -> tuple:
    return tuple(sorted(column.dropna().unique().tolist(), key=lambda s: (str(type(s)), s)))


def _numbers_of(column, symbols: tuple, name: str) -> np.ndarray:
    entries = column.astype(object)
    numbers = pd.Index(symbols, dtype=object).get_indexer(entries).astype(float)
    missing = entries.isna().to_numpy()
    new = entries[(numbers < 0) & ~missing].unique().tolist()
    if new:
        shown = ", ".join(map(repr, new[:5]))
        warn(
            f"{name} has not seen {shown}{', ...' * (len(new) > 5)} of the static covariate "
            f"{column.name!r} in fit (known: {', '.join(map(repr, symbols[:10]))}"
            f"{', ...' * (len(symbols) > 10)}): series with it are forecast as if none of these "
            "applied."
        )
    return np.where(missing, np.nan, numbers)


def columns_of(table: TimeTable | None) -> Any:
    """Names of the columns, else their number; None without a table."""
    if table is None:
        return None
    return table.values.shape[1] if table.columns is None else table.columns


def n_columns_of(X: Any) -> int:
    """Columns of a table that may be bare rows."""
    shape = shape_of(X)
    return shape[1] if len(shape) > 1 else 1


def shape_of(X: Any) -> tuple:
    """Rows and columns; of lists of different lengths, rows alone."""
    if hasattr(X, "shape"):
        return X.shape
    try:
        return np.asarray(X).shape
    except ValueError:
        return len(X), 1


def check_two_dimensions(X: Any, name: str) -> None:
    """Raise ValueError of bare covariates without columns: are they rows or columns?"""
    if hasattr(X, "iloc"):
        return
    shape = shape_of(X)
    if len(shape) == 1:
        raise ValueError(
            f"{name} expected X as a 2-D table with a row for each time and a column for each "
            f"covariate, got the shape {shape}. Reshape your data: X.reshape(-1, 1) if it is one "
            "covariate."
        )
    if len(shape) == 2 and shape[1] == 0:
        raise ValueError(
            f"{name} got X with 0 feature(s) (shape={shape}) while a minimum of 1 is required: "
            "give X=None without covariates, or a DataFrame without columns for its index alone."
        )


def check_same_covariates(fitted: Any, X: Any) -> None:
    """Raise ValueError if covariates came although there were none in ``fit``, or did not."""
    n_fitted = 0 if fitted.covariate_tail_ is None else fitted.covariate_tail_.values.shape[1]
    n_given = 0 if X is None else n_columns_of(X)
    if bool(n_fitted) != bool(n_given):
        given, wanted = ("with", "without") if n_given else ("without", "with")
        raise ValueError(
            f"the rows came {given} covariates, but {type(fitted).__name__} was fitted {wanted} "
            f"them: give y {wanted} X (X_history for the rows of history)."
        )


def check_features(forecaster: Any, X: Any) -> None:
    """Raise scikit-learn's ValueError if X has other columns than in ``fit``.

    Where there are none at all, or the index is lost, other messages say more.
    """
    if X is None or isinstance(X, Integral) or forecaster.covariate_tail_ is None:
        return
    has_rows = hasattr(X, "iloc") or forecaster.tail_.clock.kind == "none"
    shape = shape_of(X)
    if has_rows and len(shape) == 2 and shape[1]:
        validate_data(forecaster, X, reset=False, skip_check_array=True)


def read_later(forecaster: Any, X: Any, y: Any) -> tuple[TimeTable, TimeTable | None]:
    """What was kept, followed by the new rows."""
    check_features(forecaster, X)
    target, covariates = read_tables(forecaster, X, y, forecaster)
    if covariates is not None:
        covariates = forecaster.covariate_tail_.concat(covariates)
    return forecaster.tail_.concat(target), covariates


def without_missing(forecaster: Any, table: TimeTable | None, what: str) -> Any:
    """The table after the policy of `missing`."""
    missing = getattr(forecaster, "missing", "mask")
    if table is None or missing == "mask" or not np.isnan(table.values).any():
        return table
    if missing == "error":
        row, column = np.argwhere(np.isnan(table.values))[0]
        named = "" if table.columns is None else f" of {table.columns[column]!r}"
        where = f"row {row}" if table.clock.kind == "none" else str(table.index[row])
        masks = "mask" in forecaster._parameter_constraints["missing"][0].options
        mask = '"mask" (a mark of what was seen, no loss) or ' if masks else ""
        raise ValueError(
            f"Input {what} contains NaN: the value{named} at {where} is missing. "
            f'Fill it, or set missing={mask}"ffill" (the value before).'
        )
    return forward_filled(table, what)


def check_calendar(calendar: Any, target: TimeTable) -> tuple[str, ...]:
    """The names of calendar features, which need dates."""
    names = as_tuple(calendar)
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
    return names


def check_lags(forecaster: Any) -> tuple[int, ...]:
    """Whole numbers; of at least the horizon, where steps do not see those before them."""
    lags, horizon = as_tuple(forecaster.lags), forecaster.horizon
    at_once = getattr(forecaster, "strategy", "direct") == "direct"
    for lag in lags:
        if int(lag) != lag or lag < 1:
            raise ValueError(f"lags must be whole numbers of at least 1, got {lag!r}.")
        if at_once and lag < horizon:
            other = ', or take strategy="recursive" or "seq2seq"'
            raise ValueError(
                f"lags must be at least horizon={horizon} where all steps are forecast at once, so "
                f"that the value is known when the last one is; got {lag!r}: leave it out"
                f"{other if hasattr(forecaster, 'strategy') else ''}."
            )
    return tuple(int(lag) for lag in lags)


def rows_before(forecaster: Any) -> int:
    """Rows before the first step of a forecast that the network needs."""
    return forecaster.lookback + max(forecaster.lags_, default=0)


def with_index(data: Any, index: Any, name: str, what: str = "y") -> Any:
    """Bare rows with the index that the other table has."""
    array = np.asarray(data)
    if len(array) != len(index):
        raise ValueError(
            f"{what} has {len(array)} rows, but the other table of {name} has {len(index)} "
            "(inconsistent numbers of samples): give one for each row."
        )
    if array.ndim == 1:
        return pd.Series(array, index=index)
    return pd.DataFrame(array, index=index)
