"""Share prices: what can be forecast of them, and what cannot.

    python examples/forecast_sp500.py [--generated] [--days N]

Reads the S&P 500 from 2000 to 2020 where it is on this machine; else, or with --generated, draws
prices of which the best forecast is known to be the last one, while calm and wild times follow
each other. Under a minute on one core. A network reads the last 30 trading days and gives the
distribution of the next five prices; it is fitted again every two and a half years, on the days
until then. Two questions are asked of it. Does it know the price better than "as today"? And does
it know how far the price may move better than simple rules do?
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from scipy import stats

from sksequence import ForecastDisplay, RNNForecaster
from sksequence.datasets import fetch_sp500, make_prices
from sksequence.metrics import continuous_ranked_probability_score, interval_coverage

PICTURES = Path("demo_pictures")
N_AHEAD = 5
REFIT = 630  # trading days: two and a half years
LEVELS = np.arange(1, 40) / 40  # quantiles that stand for the whole distribution
FIRST = 1750  # trading days before the first forecast: seven years


def read(draw, n_days):
    """Prices at the close of trading days."""
    if not draw:
        try:
            return fetch_sp500(download_if_missing=False).target[:n_days]
        except (OSError, ImportError) as error:
            print(f"{error}\n\nSo prices are drawn.\n")
    return make_prices(n_days, start="2000-01-03", alpha=0.1, beta=0.88, random_state=0)


def tables(price):
    """X and y: the size of each day's change, and the price as 100 log(price).

    A change of 1 is one per cent, whatever the price. Exchanges close on holidays, so rows are
    trading days, counted, and not dates.
    """
    y = pd.Series(100 * np.log(price.to_numpy()), name="price (%)")
    size = np.log(0.1 + y.diff().abs().fillna(0.5))
    return size.to_frame("size of the change"), y


def usual_changes(y):
    """Standard deviation of a day's change as seen at each day, in three simple ways."""
    squares = y.diff() ** 2
    return {
        "one width for all days": np.sqrt(squares.expanding().mean()),
        "width of the last 21 days": np.sqrt(squares.rolling(21).mean()),
        "the same, fading (0.94)": np.sqrt(squares.ewm(alpha=0.06).mean()),
    }


def normal_quantiles(deviation, n_days):
    """Of the change in `n_days`, each as wide as the other and independent of it."""
    return np.sqrt(n_days) * np.asarray(deviation)[:, None] * stats.norm.ppf(LEVELS)


def forecasts(table, y):
    """Quantiles of the change until `step` days ahead, by the network and by simple rules."""
    step, origin = table["step"].iloc[0], table["origin"].to_numpy()
    ways = {"network": table[list(LEVELS)].sub(table["naive"], axis=0).to_numpy()}
    for name, deviation in usual_changes(y).items():
        ways[name] = normal_quantiles(deviation[origin], step)
    return ways


def judged(table, y, years):
    """A row for each step and year: mean errors of the price, CRPS and coverage of its range."""
    rows = {}
    rise = y.diff().expanding().mean()  # of a day, as seen at each
    for (step, year), part in table.groupby(["step", years[table["origin"]].to_numpy()]):
        change = (part["actual"] - part["naive"]).to_numpy()
        usual = step * rise[part["origin"]].to_numpy()
        row = {("error", "as today"): np.abs(change).mean()}
        row["error", "today and the usual rise"] = np.abs(change - usual).mean()
        for name, quantiles in forecasts(part, y).items():
            crps = continuous_ranked_probability_score(change, quantiles, fair=False)
            inside = interval_coverage(change, quantiles[:, 1], quantiles[:, -2])
            row["crps", name], row["inside", name] = crps, 100 * inside
            if name == "network":
                row["error", name] = np.abs(change - quantiles[:, len(LEVELS) // 2]).mean()
        rows[step, year] = {**row, ("n", "days"): len(part)}
    return pd.DataFrame.from_dict(rows, orient="index")


def over_years(scores):
    """Means over all days, by step."""
    days = scores["n", "days"]
    sums = scores.mul(days, axis=0).groupby(level=0).sum()
    return sums.div(days.groupby(level=0).sum(), axis=0)


def skills(scores, question, name, reference):
    """Share of the error of the reference that is saved, by step, and its 95 % interval.

    Years are the units of the interval: days of one crisis are not independent of each other.
    """
    totals = scores[question].mul(scores["n", "days"], axis=0)
    saved = (totals[reference] - totals[name]).unstack(level=0)  # (years, steps)
    base = totals[reference].unstack(level=0)
    skill = saved.sum() / base.sum()
    rest = saved - skill * base  # of a ratio: its residuals by year
    n = len(rest)
    error = np.sqrt((rest**2).sum() * n / (n - 1)) / base.sum()
    return skill, stats.t.ppf(0.975, n - 1) * error


def main():
    """Walk forward, judge, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generated", action="store_true", help="even where the prices are there")
    parser.add_argument("--days", type=int, default=5105, help=f"more than {FIRST + 500}")
    arguments = parser.parse_args()
    price = read(arguments.generated, arguments.days)
    X, y = tables(price)
    n_origins = len(y) - FIRST - N_AHEAD + 1
    print(
        f"{len(y)} trading days from {price.index[0]:%Y-%m-%d}; forecasts of the next {N_AHEAD} "
        f"from each of {n_origins}, {price.index[FIRST - 1]:%Y-%m-%d} the first."
    )
    forecaster = RNNForecaster(  # settings chosen on drawn prices
        lookback=30,
        horizon=N_AHEAD,
        past_covariates=["size of the change"],
        loss="student_t",
        hidden_size=16,
        learning_rate=0.003,
        max_epochs=15,
        random_state=0,
    )
    started = time.perf_counter()
    with warnings.catch_warnings():  # it is what is to be shown: the table below says how much
        warnings.filterwarnings("ignore", message=".*does not beat the naive forecast")
        table = forecaster.backtest(X, y, n_origins, refit=REFIT, quantiles=LEVELS)
    n_fits = -(-n_origins // REFIT)
    print(f"fitted {n_fits} times and forecast in {time.perf_counter() - started:.0f} s\n")
    years = pd.Series(price.index.year)
    scores = judged(table, y, years)
    write(scores)
    PICTURES.mkdir(exist_ok=True)
    draw_skill(scores)
    draw_crisis(table[table["step"] == 1], y, price.index)


def write(scores):
    """Tables, and what they say."""
    means, steps = over_years(scores), [1, 3, N_AHEAD]
    head = "".join(f"{f'{step} day' + 's' * (step > 1):>15}" for step in steps)
    print(f"{'Where will the price be? Mean absolute error, %':<48}{head}")
    for name in ("network", "as today", "today and the usual rise"):
        cells = [f"{means.loc[step, ('error', name)]:.3f}" for step in steps]
        print(line(name, cells))
    skill = skills(scores, "error", "network", "as today")
    print(line("saved by the network, of the error of as today", with_intervals(skill, steps)))
    print(f"\n{'How far may it move? CRPS, % (in 90 % interval)':<48}{head}")
    for name in scores["crps"]:
        found = means[[("crps", name), ("inside", name)]].loc[steps].to_numpy()
        print(line(name, [f"{crps:.3f} ({inside:.0f} %)" for crps, inside in found]))
    skill = skills(scores, "crps", "network", "one width for all days")
    print(line("saved by the network, of the CRPS of one width", with_intervals(skill, steps)))
    skill = skills(scores, "crps", "network", "width of the last 21 days")
    print(line("saved by the network, of the CRPS of 21 days", with_intervals(skill, steps)))
    print("± is the 95 % interval over the years: where it holds 0, nothing is seen to be saved.")
    wild = scores.loc[1]["error", "as today"].idxmax()
    inside = scores.loc[(1, wild), "inside"]
    names = ("network", "one width for all days", "width of the last 21 days")
    held = ", ".join(f"{name} {inside[name]:.0f} %" for name in names)
    print(f"In {wild}, the wildest year, the 90 % intervals of the next day held: {held}.\n")


def line(name, cells):
    """A row of a table."""
    return f"  {name:<46}" + "".join(f"{cell:>15}" for cell in cells)


def with_intervals(skill, steps):
    """Skills in per cent."""
    return [f"{100 * skill[0][step]:.1f} ± {100 * skill[1][step]:.1f} %" for step in steps]


def draw_skill(scores):
    """Skill by step: of the price none, of its range some."""
    figure, ax = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    ax.axhline(0, color="0.6", linewidth=1)
    rule = "width of the last 21 days"
    lines = [
        ("crps", "network", "how far it moves: network", "#1f5f99", "o"),
        ("crps", rule, f"how far it moves: {rule}", "#8a8f98", "s"),
        ("error", "network", "where it goes: network", "#b5482a", "D"),
    ]
    for shift, (question, name, label, color, marker) in enumerate(lines, -1):
        reference = "as today" if question == "error" else "one width for all days"
        skill, half = (100 * part for part in skills(scores, question, name, reference))
        style = {"color": color, "marker": marker, "markersize": 5, "elinewidth": 1}
        ax.errorbar(skill.index + 0.06 * shift, skill, half, label=label, **style)
    ax.set(xlabel="trading days ahead", ylabel="error that is saved (%)", xticks=skill.index)
    ax.set_title(
        "beside the price as today, or one width for all days; bars: 95 % over years", fontsize=10
    )
    ax.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, loc="outside lower left")
    save(figure, "skill_sp500.png")


def draw_crisis(table, y, dates):
    """The wildest half year, each day's change as it was forecast the day before."""
    change = (table["actual"] - table["naive"]).to_numpy()
    days = dates[table["origin"].to_numpy() + 1]
    wild = pd.Series(np.abs(change)).rolling(60).mean().argmax()
    shown = slice(max(0, wild - 140), wild + 60)
    quantiles = table[list(LEVELS)].sub(table["naive"], axis=0).set_axis(days)[shown]
    actual = pd.Series(change, days, name="change in a day (%)")[shown]
    median = quantiles[LEVELS[len(LEVELS) // 2]].rename(actual.name)
    display = ForecastDisplay(
        median, quantiles=quantiles[list(LEVELS[[0, 1, 9, 29, 37, 38]])], actual=actual
    ).plot(legend=False)
    width = usual_changes(y)["one width for all days"][table["origin"]].to_numpy()[shown]
    for sign in (-1, 1):
        display.ax_.plot(
            actual.index,
            sign * stats.norm.ppf(0.95) * width,
            color="#b5482a",
            linestyle="--",
            linewidth=1.2,
            zorder=2.9,
            label="90 %, one width for all days" if sign > 0 else None,
        )
    below = {"loc": "upper left", "bbox_to_anchor": (0, -0.08)}
    display.ax_.legend(frameon=False, fontsize=9, ncols=3, **below)
    display.ax_.set_title("each day as it was forecast the day before", fontsize=10)
    save(display.figure_, "forecast_sp500.png")


def save(figure, name):
    """Save a picture and say where."""
    path = PICTURES / name
    figure.savefig(path, dpi=120)
    print(f"picture: {path.resolve()}")


if __name__ == "__main__":
    main()
