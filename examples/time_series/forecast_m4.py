"""
Many series, one network
========================

Sixty hourly series of the M4 competition, loads, sales or traffic; nobody says which. One network
learns from all of them at once and forecasts the next two days of each. Its rival is the day
before, repeated, which is hard to beat on such series.
"""

# %%
# A panel of series is one long table with two levels of index, the series and the step. Series may
# differ in length and level; here their means lie between tens and tens of thousands.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

from sksequence import ForecastDisplay, NaiveForecaster, RNNForecaster, WindowForecaster
from sksequence.datasets import fetch_m4
from sksequence.metrics import (
    interval_coverage,
    mean_absolute_scaled_error,
    symmetric_mean_absolute_percentage_error,
)

DAY, WEEK, N_AHEAD = 24, 168, 48
m4 = fetch_m4(subset="Hourly")
names = m4.train.index.unique("series")
names = list(names[np.linspace(0, len(names) - 1, 60).astype(int)])  # evenly spaced
past, future = m4.train.loc[names], m4.test.loc[names]
print(f"{len(names)} series, {len(past):,} hours to learn from, {N_AHEAD} of each to forecast.")

# %%
# Each window is scaled by itself, so that one network fits all levels. It sees two days, and the
# values two days and a week before each hour that it forecasts. The linear model gets the same.

windows = {
    "lookback": 2 * DAY,
    "horizon": N_AHEAD,
    "lags": [2 * DAY, WEEK],
    "target_transform": "log1p",
}
models = {
    "one network": RNNForecaster(
        **windows,
        seasonality=DAY,
        loss="quantile",
        quantiles=(0.05, 0.25, 0.5, 0.75, 0.95),
        hidden_size=64,
        batch_size=128,
        learning_rate=0.002,
        windows_per_epoch=4000,
        max_epochs=30,
        early_stopping=False,  # the last days of all series are learned from
        random_state=0,
    ),
    "linear, same windows": WindowForecaster(Ridge(), **windows),
    "the day before": NaiveForecaster("seasonal", seasonality=DAY),
    "the week before": NaiveForecaster("seasonal", seasonality=WEEK),
}
scores = {}
for name, model in models.items():
    forecast = model.fit(None, past).predict(N_AHEAD)
    rows = [
        (
            symmetric_mean_absolute_percentage_error(future[[one]], forecast[[one]]),
            mean_absolute_scaled_error(
                future[[one]], forecast[[one]], y_train=past[[one]], seasonality=DAY
            ),
        )
        for one in names
    ]
    scores[name] = pd.DataFrame(rows, index=names, columns=["sMAPE (%)", "MASE"])
print(pd.DataFrame({name: found.mean() for name, found in scores.items()}).T.round(2))

# %%
# The mean over series may come from a few of them, so the gain on the day before is printed with
# its standard error, and how often the network is the better one.

gain = scores["the day before"]["sMAPE (%)"] - scores["one network"]["sMAPE (%)"]
print(f"gain {gain.mean():.2f} ± {gain.sem():.2f} points of sMAPE; better in {(gain > 0).sum()}")
network = models["one network"]
bounds = network.predict_interval(N_AHEAD, 0.9)
inside = interval_coverage(future, bounds["lower"], bounds["upper"])
print(f"The 90 % intervals held {100 * inside:.0f} % of what came.")

# %%
# Six of the series, evenly spaced, whatever their scores: the last four days and the next two.

some = names[::10]
both = {one: pd.concat([past[one], future[one]]) for one in some}
ForecastDisplay.from_estimator(
    network,
    pd.DataFrame(index=future.loc[some].index),
    pd.concat(both, names=past.index.names),
    levels=(0.5, 0.9),
    n_history=4 * DAY,
)
plt.show()
