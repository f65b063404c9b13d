"""What loaders and fetchers return: a Bunch, or the pair (X, y)."""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch

if TYPE_CHECKING:
    import pandas as pd

DAYS_PER_YEAR = 365.2425


def read_description(dataset: str) -> str:
    """Return the description of a data set that is kept inside the package."""
    path = resources.files("sksequence.datasets") / "descr" / f"{dataset}.rst"
    return path.read_text(encoding="utf-8")


def text_bunch(
    columns: Mapping[str, Sequence[str]],
    *,
    data: str,
    target: str,
    also: str | None = None,
    return_X_y: bool,
    as_frame: bool,
    **more: Any,
) -> Bunch | tuple[Any, Any]:
    """Bundle rows of text: `data` and `target` name the columns that are X and y.

    X is a list of str and y an array of str, or both are Series with ``as_frame=True``. The
    column `also` becomes an attribute of its own name.
    """
    frame = None
    X: Any = list(columns[data])
    y: Any = np.asarray(columns[target])
    if as_frame:
        import pandas as pd

        frame = pd.DataFrame(columns)
        X, y = frame[data], frame[target]
    if return_X_y:
        return X, y
    target_names = np.unique(np.asarray(columns[target]))
    if also:
        more[also] = np.asarray(columns[also])
    return Bunch(data=X, target=y, target_names=target_names, frame=frame, **more)


def split_bunch(
    parts: Mapping[str, Bunch], *, split: str | None, return_X_y: bool, **more: Any
) -> Bunch | tuple[Any, Any]:
    """Bundle the parts into which a set is divided, or give the only one, named by `split`."""
    if split is None:
        return Bunch(**parts, **more)
    part = parts[split]
    if return_X_y:
        return part.data, part.target
    return Bunch(**part, **more)


def series_bunch(
    table: "pd.DataFrame", *, target: str, return_X_y: bool, as_frame: bool, **more: Any
) -> Bunch | tuple[Any, Any]:
    """Bundle dated observations: y is the column `target`, X what is known in advance.

    X holds nothing that was measured, so that a forecaster that is given ``(X, y)`` cannot
    look ahead; it is the calendar.
    """
    calendar = _calendar(table.index)
    X: Any = calendar
    y: Any = table[target]
    if not as_frame:
        X, y = calendar.to_numpy(copy=True), y.to_numpy(copy=True)
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        feature_names=list(calendar.columns),
        target_names=[target],
        dates=table.index.to_numpy(copy=True),
        frame=table.join(calendar) if as_frame else None,
        **more,
    )


def _calendar(dates: "pd.DatetimeIndex") -> "pd.DataFrame":
    """Place each date on the circle of the year, so that December touches January.

    Of hours also on the circles of the day and the week.
    """
    import pandas as pd

    day_of_year = dates.day_of_year.to_numpy() - 1
    circles = {"year": day_of_year / DAYS_PER_YEAR}
    hours = dates.hour.to_numpy()
    if hours.any():
        day_of_week = dates.day_of_week.to_numpy() + hours / 24
        circles = {"day": hours / 24, "week": day_of_week / 7, **circles}
    columns = {
        f"{circle}_{name}": function(2 * np.pi * turns)
        for circle, turns in circles.items()
        for name, function in (("sin", np.sin), ("cos", np.cos))
    }
    return pd.DataFrame(columns, index=dates)
