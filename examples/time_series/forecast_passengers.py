"""
Two years of airline passengers
===============================

A hundred and twenty months are not much for a network. What makes it work are three things that
one knows beforehand: growth is in per cent, there is a season of twelve months, and the same month
of the year before is worth looking at.

The series comes with the package: passengers of airlines, 1949 to 1960 (Box and Jenkins, 1976).
"""

# %%
# The last two years are what is to be forecast, month by month, from the end of 1958.

import matplotlib.pyplot as plt
import numpy as np

from sksequence import BacktestDisplay, ForecastDisplay, NaiveForecaster, RNNForecaster
from sksequence.datasets import load_air_passengers
from sksequence.metrics import mean_absolute_scaled_error

SEASON, N_AHEAD = 12, 24
y = load_air_passengers().target.astype(float).rename("passengers (thousands)")
past, future = y[:-N_AHEAD], y[-N_AHEAD:]

# %%
# The logarithm makes per cent of thousands, and seasonal differences are taken before the network
# sees anything. ``horizon=12``: it forecasts a year at once, and the second year from the first.
# ``loss="gaussian"``: it says how sure it is. All months are learned from; early stopping would
# keep a tenth of so few aside.
#
# Three networks are trained that differ in their random start, because one may have been lucky.

settings = {
    "lookback": SEASON,
    "horizon": SEASON,
    "seasonality": SEASON,
    "lags": [SEASON],
    "target_transform": "log1p",
    "loss": "gaussian",
    "hidden_size": 16,
    "batch_size": 16,
    "max_epochs": 100,
    "early_stopping": False,
}
networks = [RNNForecaster(**settings, random_state=seed).fit(None, past) for seed in range(3)]

# %%
# MASE is the mean error in units of what "as in the year before" did in the past: below 1 is
# better than that. The simple forecasts are printed beside it; the last of them is what a person
# with a pencil would do, and it is good.


def mase(forecast):
    """The mean absolute scaled error of the two years."""
    return mean_absolute_scaled_error(future, forecast, y_train=past, seasonality=SEASON)


forecasts = {f"network {i}": one.predict(N_AHEAD) for i, one in enumerate(networks)}
forecasts["mean of the networks"] = sum(forecasts.values()) / len(networks)
for strategy in ("last", "drift", "seasonal"):
    naive = NaiveForecaster(strategy, seasonality=SEASON).fit(None, past)
    forecasts[f"naive: {strategy}"] = naive.predict(N_AHEAD)
growth = past[-SEASON:].sum() / past[-2 * SEASON : -SEASON].sum()
forecasts["last year, grown as before"] = np.tile(past[-SEASON:], 2) * np.repeat(
    [growth, growth**2], SEASON
)
for name, forecast in forecasts.items():
    print(f"{name:<28} MASE {mase(forecast):.2f}")

# %%
# The networks differ by more than most tables of scores admit, and their mean is a good choice.
# The picture has the forecast of the first one, whatever its score, with what came.

ForecastDisplay.from_estimator(networks[0], N_AHEAD, y)
plt.show()

# %%
# One origin proves little. A backtest forecasts from each of the last 24 months, with the weights
# as they are, and shows the error by how far ahead the month lies.

display = BacktestDisplay.from_estimator(networks[0], None, y, n_origins=N_AHEAD)
display.ax_.set_title("forecasts from 24 months in a row", fontsize=10)
plt.show()
