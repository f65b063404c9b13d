"""
Rain of the next three days
===========================

Will it rain, and how much? A single number is a poor answer: most days are dry, and some have a
hundred millimetres. The network of this page forecasts a distribution, a probability of rain and
the amounts that are likely if it rains, and is compared with what the season says anyway.

Where it is at hand the page reads the record of the Hong Kong Observatory; else it draws weather
that has wet and dry spells and a rainy season.
"""

# %%
# Fifteen years of days; the last two are new.

import warnings

import matplotlib.pyplot as plt
import numpy as np

from sksequence import ForecastDisplay, RNNForecaster
from sksequence.datasets import fetch_hong_kong_rainfall, make_rainfall
from sksequence.metrics import brier_score, continuous_ranked_probability_score

N_AHEAD, N_NEW, WET = 3, 2 * 365, 0.05
try:
    rain = fetch_hong_kong_rainfall(trace=0.0, download_if_missing=False).target.asfreq("D")
    rain = rain[-15 * 365 :].rename("rain in Hong Kong (mm)")
except OSError:
    rain = make_rainfall(15 * 365, random_state=0).rename("drawn rain (mm)")
past = rain[: -N_NEW - N_AHEAD + 1]
print(f"{rain.name}: {100 * (past >= WET).mean():.0f} % of {len(past)} days to learn from are wet.")

# %%
# The month before and the day of the year go in. ``loss="zero_inflated_gamma"`` is the
# distribution: dry with some probability, else an amount from a gamma distribution. ``backtest``
# learns from the past and then forecasts three days from each of the new days, as a forecaster
# would have.

levels = np.arange(1, 40) / 40  # quantiles that stand for the whole distribution
forecaster = RNNForecaster(
    lookback=30,
    horizon=N_AHEAD,
    calendar=["day_of_year"],
    loss="zero_inflated_gamma",
    missing="mask",
    hidden_size=24,
    batch_size=128,
    learning_rate=0.002,
    max_epochs=15,
    random_state=0,
)
with warnings.catch_warnings():  # of single numbers; here distributions are compared
    warnings.filterwarnings("ignore", message=".*does not beat the naive forecast")
    table = forecaster.backtest(None, rain, n_origins=N_NEW, quantiles=levels)
table = table[table["actual"].notna()]

# %%
# Climatology is the way to beat: all that fell within ten days of the same day of the year before.


def climatology(days, width=10):
    """Quantiles of what fell around the day of the year, ``(n_days, n_levels)``."""
    seen = past.dropna()
    apart = np.abs(seen.index.day_of_year.to_numpy() - np.arange(1, 367)[:, None])
    near = np.minimum(apart, 366 - apart) <= width  # (366, n_seen)
    by_day = np.stack([np.quantile(seen[row], levels) for row in near])
    return by_day[days.day_of_year - 1]


ways = {"network": table[list(levels)].to_numpy(), "climatology": climatology(table.index)}
print("days ahead                 Brier score     CRPS (mm)")
for step in range(1, N_AHEAD + 1):
    rows = (table["step"] == step).to_numpy()
    actual = table["actual"].to_numpy()[rows]
    for name, quantiles in ways.items():
        wet = (quantiles[rows] >= WET).mean(axis=1)
        brier = brier_score(actual, wet, threshold=WET)
        crps = continuous_ranked_probability_score(actual, quantiles[rows], fair=False)
        print(f"{step}  {name:<22}{brier:14.3f}{crps:14.2f}")

# %%
# The Brier score judges the probability of rain, the CRPS the whole distribution; less is better
# in both. What the network knows beyond the season is about tomorrow, and is gone on the third
# day.
#
# Two months follow, each day as it was forecast the day before. The dark band holds half of what
# the network thinks likely.

tomorrow = table[table["step"] == 1]
wettest = tomorrow["actual"].rolling(60).sum().argmax()
shown = tomorrow.iloc[max(0, wettest - 59) : wettest + 1]
display = ForecastDisplay(
    shown[levels[19]].rename(rain.name),
    quantiles=shown[list(levels[[1, 4, 9, 29, 34, 37]])],
    actual=shown["actual"],
).plot()
display.ax_.set_title("each day as it was forecast the day before", fontsize=10)
plt.show()

# %%
# Where the network says 30 %, it should rain on three days of ten.

figure, ax = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
ax.plot([0, 1], [0, 1], color="0.8", linewidth=1, zorder=0)
rows = (table["step"] == 1).to_numpy()
wet = table["actual"].to_numpy()[rows] >= WET
for (name, quantiles), color in zip(ways.items(), ("#1f5f99", "#8a8f98"), strict=True):
    probability = (quantiles[rows] >= WET).mean(axis=1)
    bins = np.clip((probability * 8).astype(int), 0, 7)
    there = np.flatnonzero(np.bincount(bins, minlength=8) >= 20)
    said, came = ([values[bins == b].mean() for b in there] for values in (probability, wet))
    ax.plot(said, came, "o-", color=color, label=name)
ax.set(xlabel="probability of rain tomorrow", ylabel="how often it rained", aspect="equal")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()
