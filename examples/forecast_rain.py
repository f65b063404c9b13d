"""Rain of the next three days: will it, how much, and is that more than the season says anyway?

    python examples/forecast_rain.py [--generated] [--years N]

Reads the record of the Hong Kong Observatory where it is on this machine, else, or with
--generated, draws weather with wet and dry spells and a rainy season. Under a minute on one core.
A network learns the distribution of each day's rain, a probability of rain and a gamma
distribution of its amount, from the month before. Its forecasts of some years, three days from
each day, are compared with climatology: what the years before had around the same day of the year.
In Hong Kong it knows more of tomorrow than the season says, and nothing of the third day.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt

from sksequence import ForecastDisplay, RNNForecaster
from sksequence.datasets import fetch_hong_kong_rainfall, make_rainfall
from sksequence.metrics import brier_score, continuous_ranked_probability_score

PICTURES = Path("demo_pictures")
WET = 0.05  # mm
N_AHEAD = 3
LEVELS = np.arange(1, 40) / 40  # quantiles that stand for the whole distribution


def read(draw, n_years):
    """Rain in mm, day by day."""
    if not draw:
        try:
            rain = fetch_hong_kong_rainfall(trace=0.0, download_if_missing=False).target
            return rain.asfreq("D")[-round(365.25 * n_years) :].rename("rain in Hong Kong (mm)")
        except (OSError, ImportError) as error:
            print(f"{error}\n\nSo rain is drawn.\n")
    return make_rainfall(round(365.25 * n_years), random_state=0).rename("rain (mm)")


def climatology(past, days, width=10):
    """Quantiles of what fell within `width` days of the same day in the years before."""
    seen = past.dropna()
    distance = np.abs(days.day_of_year.to_numpy()[:, None] - np.arange(1, 367))
    near = np.minimum(distance, 366 - distance) <= width  # (n_days, 366)
    values = {}
    for day in np.unique(days.day_of_year):
        around = near[np.argmax(days.day_of_year == day)]
        values[day] = np.quantile(seen[around[seen.index.day_of_year - 1]], LEVELS)
    return np.stack([values[day] for day in days.day_of_year])


def scores(actual, quantiles):
    """Of a forecast whose quantiles are `LEVELS`: Brier score of rain, CRPS, error, coverage.

    A dry day lies anywhere between probability 0 and that of staying dry: it counts as covered
    with the share of that stretch between 5 and 95 %.
    """
    wet = (quantiles >= WET).mean(axis=1)
    inside = (quantiles[:, 1] <= actual) & (actual <= quantiles[:, -2])
    dry = np.maximum(1 - wet, 0.001)
    covered = np.where(actual >= WET, inside, np.clip(dry - 0.05, 0, 0.9) / dry)
    return [
        brier_score(actual, wet, threshold=WET),
        continuous_ranked_probability_score(actual, quantiles, fair=False),
        np.abs(quantiles[:, len(LEVELS) // 2] - actual).mean(),
        100 * covered.mean(),
    ]


def reliability(ax, probability, wet, label, **style):
    """How often it rained where rain had about this probability."""
    bins = np.clip((probability * 8).astype(int), 0, 7)
    counts = np.bincount(bins, minlength=8)
    there = counts >= 20
    said, came = (
        np.bincount(bins, v, minlength=8)[there] / counts[there] for v in (probability, wet)
    )
    ax.plot(said, came, marker="o", label=label, **style)


def main():
    """Learn, forecast, judge, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generated", action="store_true", help="even where the record is there")
    parser.add_argument("--years", type=int, default=30, help="of which the last three are new")
    arguments = parser.parse_args()
    rain = read(arguments.generated, arguments.years)
    n_origins = 3 * 365
    past = rain[: -n_origins - N_AHEAD + 1]  # what a backtest learns from
    print(
        f"{len(past)} days to learn from, {n_origins} to forecast from, "
        f"{past.index[-1]:%Y-%m-%d} the first of them. {100 * (past >= WET).mean():.0f} % are wet."
    )
    forecaster = RNNForecaster(  # chosen on the three years before those that are forecast
        lookback=30,
        horizon=N_AHEAD,
        calendar=["day_of_year"],
        loss="zero_inflated_gamma",
        missing="mask",
        hidden_size=24,
        batch_size=128,
        learning_rate=0.002,
        max_epochs=40,
        random_state=0,
    )
    started = time.perf_counter()
    with warnings.catch_warnings():  # it is of point forecasts; here distributions are compared
        warnings.filterwarnings("ignore", message=".*does not beat the naive forecast")
        table = forecaster.backtest(None, rain, n_origins=n_origins, quantiles=LEVELS)
    print(f"learned and forecast, day by day, in {time.perf_counter() - started:.0f} s\n")

    table = table[table["actual"].notna()]
    network, climate = table[list(LEVELS)].to_numpy(), climatology(past, table.index)
    print("days ahead                Brier score    CRPS (mm)    MAE of median    in 90 % interval")
    for step in range(1, N_AHEAD + 1):
        rows = (table["step"] == step).to_numpy()
        actual = table["actual"].to_numpy()[rows]
        for name, quantiles in (("network", network), ("climatology", climate)):
            brier, crps, error, covered = scores(actual, quantiles[rows])
            print(f"{step}  {name:<22}{brier:13.4f}{crps:13.2f}{error:17.2f}{covered:18.1f} %")
    print(f"always dry: a mean absolute error of {table['actual'].mean():.2f} mm\n")
    PICTURES.mkdir(exist_ok=True)
    draw_reliability(table, network, climate)
    draw_summer(table[table["step"] == 1], rain)


def draw_summer(table, rain):
    """Two rainy months, each day as it was forecast the day before."""
    june = f"{table.index[-1].year - 1}-06"
    shown = table.loc[june : june[:-1] + "7"]
    median = shown[LEVELS[len(LEVELS) // 2]].rename(rain.name)
    display = ForecastDisplay(
        median, quantiles=shown[list(LEVELS[[1, 4, 9, 29, 34, 37]])], actual=rain[shown.index]
    ).plot()
    display.ax_.set_title("each day as it was forecast the day before", fontsize=10)
    save(display.figure_, "forecast_rain.png")


def draw_reliability(table, network, climate):
    """Probabilities of rain tomorrow: what was said and how often it came."""
    rows = (table["step"] == 1).to_numpy()
    wet = (table["actual"].to_numpy()[rows] >= WET).astype(float)
    figure, ax = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
    ax.plot([0, 1], [0, 1], color="0.8", linewidth=1, zorder=0)
    for name, quantiles, color in (
        ("climatology", climate, "#8a8f98"),
        ("network", network, "#1f5f99"),
    ):
        reliability(ax, (quantiles[rows] >= WET).mean(axis=1), wet, name, color=color, linewidth=2)
    ax.set(
        xlabel="probability of rain tomorrow, as forecast",
        ylabel="how often it rained",
        xlim=(0, 1),
        ylim=(0, 1),
        aspect="equal",
    )
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    save(figure, "reliability_rain.png")


def save(figure, name):
    """Save a picture and say where."""
    path = PICTURES / name
    figure.savefig(path, dpi=120)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
