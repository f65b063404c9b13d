"""
Seattle: how warm will the week be?
===================================

Four years of daily weather. A network forecasts the highest temperature of each of the next seven
days from the three weeks before, temperatures, rain and wind, and says how sure it is. It should
know more than the season, at least of tomorrow.
"""

# %%
# The place of a day in the year is known in advance; so it may be given for the future too. What
# was measured is known up to the present only: ``past_covariates`` names these columns, and what
# the table says about them in the future is not looked at.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sksequence import ForecastDisplay, RNNForecaster
from sksequence.datasets import fetch_seattle_weather

HORIZON = 7
weather = fetch_seattle_weather()
measured = ["temp_min", "precipitation", "wind"]
X = weather.frame[[*measured, "year_sin", "year_cos"]]
y = weather.target.rename("highest temperature (°C)")
print(X.tail(3).round(2))

# %%
# ``backtest`` learns from all but the last year, and then forecasts a week from each of its days.
# The simple ways are "as today", which the table holds already, and what the season says: the mean
# of the days within a week of the same day of the years before.

N_NEW = 365 - HORIZON + 1
network = RNNForecaster(
    lookback=21,
    horizon=HORIZON,
    past_covariates=measured,
    loss="gaussian",
    hidden_size=24,
    max_epochs=15,
    batch_size=32,
    random_state=0,
)
table = network.backtest(X, y, n_origins=N_NEW, quantiles=(0.05, 0.25, 0.5, 0.75, 0.95))
past = y[:-365]
apart = np.abs(past.index.day_of_year.to_numpy() - np.arange(1, 367)[:, None])
season = np.array([past[row].mean() for row in np.minimum(apart, 366 - apart) <= 7])  # (366,)
ways = {
    "network": table[0.5],
    "as today": table["naive"],
    "the season": season[table.index.day_of_year - 1],
}
errors = pd.DataFrame({name: (table["actual"] - way).abs() for name, way in ways.items()})
by_step = errors.groupby(table["step"].to_numpy()).mean().rename_axis("days ahead")
print("mean absolute error, °C")
print(by_step.round(2))

# %%
# "As today" is good for tomorrow, and the season for the week after; the network should have the
# better of both.

figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for name, color in (("as today", "#c9ccd1"), ("the season", "#8a8f98"), ("network", "#1f5f99")):
    ax.plot(by_step.index, by_step[name], "o-", color=color, label=name, linewidth=2)
ax.set(xlabel="days ahead", ylabel="mean absolute error (°C)", ylim=(0, None))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

# %%
# Two months of the new year, each day as it was forecast three days before. The dark band should
# hold the temperature on half of the days, the pale one on nine of ten.

shown = table[table["step"] == 3].loc["2015-05":"2015-06"]
display = ForecastDisplay(
    shown[0.5].rename(y.name), quantiles=shown[[0.05, 0.25, 0.75, 0.95]], actual=shown["actual"]
).plot()
display.ax_.set_title("each day as it was forecast three days before", fontsize=10)
plt.show()
