"""The forecasts to beat, by the protocols of the published tables: M4, exchange rates, ETTh1.

    python benchmarks/protocols/_forecasting_baselines.py [--data DIR]

prints them beside the known figures, and fails where one differs. Later protocols take the splits
and scores from here, so that a network and its baseline are measured in the same way.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from sksequence.datasets import fetch_etth1, fetch_exchange_rate, fetch_m4
from sksequence.metrics import (
    mean_absolute_scaled_error,
    symmetric_mean_absolute_percentage_error,
)

EXCHANGE_HORIZONS = (3, 6, 12, 24)
ETTH1_HORIZONS = (24, 48, 168)
MONTH = 30 * 24  # hours of a month of 30 days

# M4: Makridakis, Spiliotis and Assimakopoulos (2020). The others have no published baseline: these
# are what anybody gets who follows the protocols of LSTNet (2018) and Informer (2021).
KNOWN = {
    "m4 Hourly, seasonal naive": "13.912",
    "m4 Weekly, naive": "9.161",
    "exchange_rate, h=3": "0.0171",
    "exchange_rate, h=6": "0.0238",
    "exchange_rate, h=12": "0.0329",
    "exchange_rate, h=24": "0.0434",
    "etth1, h=24": "0.034",
    "etth1, h=48": "0.050",
    "etth1, h=168": "0.087",
}
UNITS = {"m4": "sMAPE", "exchange_rate": "RSE of persistence", "etth1": "MSE of persistence"}


# M4: the competition's split and scores


def seasonal_naive(train: pd.Series, index: pd.MultiIndex, seasonality: int) -> pd.Series:
    """The last season of each series again and again, at the steps 1, 2, ... of `index`."""
    season = train.groupby("series", sort=False).tail(seasonality)
    steps = index.get_level_values("step") - 1
    past = pd.MultiIndex.from_arrays(
        [index.get_level_values("series"), steps % seasonality - seasonality + 1]
    )
    return pd.Series(season.reindex(past).to_numpy(), index=index, name=train.name)


def m4_scores(m4, forecast: pd.Series) -> dict[str, float]:
    """sMAPE and MASE of forecasts of the test steps, means over the series."""
    return {
        "smape": symmetric_mean_absolute_percentage_error(m4.test, forecast),
        "mase": mean_absolute_scaled_error(
            m4.test, forecast, y_train=m4.train, seasonality=m4.seasonality
        ),
    }


def m4_naive(subset: str, data=None) -> dict[str, float]:
    """Scores of the competition's naive row: seasonal for hours, of one step for weeks."""
    m4 = fetch_m4(subset=subset, data_home=data)
    return m4_scores(m4, seasonal_naive(m4.train, m4.test.index, m4.seasonality))


# Exchange rates: 60 / 20 / 20 %, a forecast of one day, `horizon` days ahead


def exchange_rate_borders(n_days: int) -> tuple[int, int]:
    """The first day to validate on, and the first to test on."""
    return int(0.6 * n_days), int(0.8 * n_days)


def relative_squared_error(actual: np.ndarray, forecast: np.ndarray) -> float:
    """RSE over days and series at once; the deviations are from the one mean of all series."""
    errors, deviations = actual - forecast, actual - actual.mean()
    return float(np.sqrt((errors**2).sum() / (deviations**2).sum()))


def exchange_rate_persistence(data=None) -> dict[int, float]:
    """RSE of the rate `horizon` days before, by horizon."""
    rates = fetch_exchange_rate(data_home=data, as_frame=False).target
    _, start = exchange_rate_borders(len(rates))
    return {
        h: relative_squared_error(rates[start:], rates[start - h : len(rates) - h])
        for h in EXCHANGE_HORIZONS
    }


# ETTh1: 12 / 4 / 4 months, the oil's temperature, all of the next `horizon` hours


def etth1_scaled(data=None) -> tuple[pd.Series, int, int]:
    """Temperature scaled by the training months; the first hour to validate and to test on.

    The series ends with the test months.
    """
    y = fetch_etth1(data_home=data).target[: 20 * MONTH]
    train = y[: 12 * MONTH]
    return (y - train.mean()) / train.std(ddof=0), 12 * MONTH, 16 * MONTH


def etth1_targets(y: np.ndarray, start: int, horizon: int) -> np.ndarray:
    """The `horizon` hours from each hour on that leaves room, shape ``(n_origins, horizon)``."""
    return np.lib.stride_tricks.sliding_window_view(np.asarray(y)[start:], horizon)


def etth1_persistence(data=None) -> dict[int, float]:
    """Mean squared error of the last value, kept for all hours, by horizon."""
    y, _, start = etth1_scaled(data)
    scores = {}
    for h in ETTH1_HORIZONS:
        targets = etth1_targets(y, start, h)
        last = y.to_numpy()[start - 1 : start - 1 + len(targets), np.newaxis]
        scores[h] = float(((targets - last) ** 2).mean())
    return scores


# All of them


def baselines(data=None) -> dict[str, float]:
    """Every baseline under its name in KNOWN."""
    rates, oil = exchange_rate_persistence(data), etth1_persistence(data)
    return {
        "m4 Hourly, seasonal naive": m4_naive("Hourly", data)["smape"],
        "m4 Weekly, naive": m4_naive("Weekly", data)["smape"],
        **{f"exchange_rate, h={h}": score for h, score in rates.items()},
        **{f"etth1, h={h}": score for h, score in oil.items()},
    }


def rows(data=None) -> list[tuple[str, str, str]]:
    """Rows of (what, figure, note), as benchmarks/results.py prints them."""
    found = []
    for name, score in baselines(data).items():
        dataset = name.partition(",")[0].partition(" ")[0]
        digits = len(KNOWN[name].partition(".")[2])
        found.append((f"{name}: {UNITS[dataset]}", f"{score:.{digits}f}", f"known {KNOWN[name]}"))
    return found


def print_rows(found: list[tuple[str, str, str]]) -> None:
    """The rows as a table of even columns."""
    widths = [max(len(row[i]) for row in found) for i in range(3)]
    for what, figure, note in found:
        print(f"{what:{widths[0]}}  {figure:>{widths[1]}}  {note:>{widths[2]}}")


def main() -> None:
    """Print the table; end with an error where a figure is not the known one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default=None, help="folder of the real sets")
    found = rows(parser.parse_args().data)
    print_rows(found)
    if any(note != f"known {figure}" for _, figure, note in found):
        raise SystemExit("A figure differs: the data, a split or a score has changed.")


if __name__ == "__main__":
    main()
