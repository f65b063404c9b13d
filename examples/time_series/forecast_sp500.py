"""
Share prices: where they go, and how far
========================================

Can tomorrow's price be forecast? Hardly: whatever is known of it has been traded on. How far the
price may move is another question, because calm and wild times follow each other. This page asks
one network both, and judges it beside rules of one line.

Where they are at hand the page reads the prices of the S&P 500 from 2000 on; else it draws prices
of which it is known that the best forecast is the last price.
"""

# %%
# Prices as 100 times their logarithm: a change of 1 is one per cent, whatever the price. What the
# network may see besides is how large the changes were.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

from sksequence import ForecastDisplay, RNNForecaster
from sksequence.datasets import fetch_sp500, make_prices
from sksequence.metrics import continuous_ranked_probability_score, interval_coverage

try:
    price = fetch_sp500(download_if_missing=False).target[:3000]
except OSError:
    price = make_prices(3000, start="2000-01-03", alpha=0.1, beta=0.88, random_state=0)
dates = price.index  # of trading days, which are counted: exchanges close on holidays
y = pd.Series(100 * np.log(price.to_numpy()), name="price (%)")
X = np.log(0.1 + y.diff().abs().fillna(0.5)).to_frame("size of the change")
print(f"{len(y)} trading days from {dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}")

# %%
# Thirty days go in, the distribution of the next price comes out; ``loss="student_t"`` because
# large changes are more frequent than a normal distribution has them. Walking forward through the
# last 1,000 days the network is fitted twice, each time on the days until then.

levels = np.arange(1, 40) / 40
forecaster = RNNForecaster(
    lookback=30,
    horizon=1,
    past_covariates=["size of the change"],
    loss="student_t",
    hidden_size=16,
    learning_rate=0.003,
    max_epochs=30,
    random_state=0,
)
with warnings.catch_warnings():  # it is what is to be shown
    warnings.filterwarnings("ignore", message=".*does not beat the naive forecast")
    table = forecaster.backtest(X, y, 1000, refit=500, quantiles=levels)
change = (table["actual"] - table["naive"]).to_numpy()  # per cent, in a day
network = table[list(levels)].sub(table["naive"], axis=0).to_numpy()

# %%
# Where does it go? The median of the network beside "as today" and "today and the usual rise".

origin = table["origin"].to_numpy()
rise = y.diff().expanding().mean()[origin].to_numpy()
print("mean absolute error of the next day, %")
for name, forecast in (
    ("network", network[:, 19]),
    ("as today", 0.0),
    ("today and the usual rise", rise),
):
    print(f"  {name:<28}{np.abs(change - forecast).mean():8.4f}")

# %%
# How far may it move? The whole distribution, beside normal ones whose width comes from all days
# so far, or from the last 21 of them. The 90 % intervals should hold 90 % of what came.

squares = y.diff() ** 2
widths = {
    "one width for all days": np.sqrt(squares.expanding().mean())[origin].to_numpy(),
    "width of the last 21 days": np.sqrt(squares.rolling(21).mean())[origin].to_numpy(),
}
ways = {"network": network}
for name, width in widths.items():
    ways[name] = width[:, None] * stats.norm.ppf(levels)
print("                                CRPS (%)   in 90 % interval (%)")
for name, quantiles in ways.items():
    crps = continuous_ranked_probability_score(change, quantiles, fair=False)
    inside = interval_coverage(change, quantiles[:, 1], quantiles[:, -2])
    print(f"  {name:<28}{crps:10.4f}{100 * inside:16.1f}")

# %%
# The first question is answered with no: whatever differs is chance. As to the second, drawn
# prices are all that simple rules assume, and the rules stay ahead there. On the S&P 500, which
# has crises, the network had a CRPS of 0.88 %, as the width of the last 21 days, and one width for
# all days 0.93 %; its intervals were the nearest to 90 %.
#
# The picture has the wildest weeks. The bands of the network widen as the changes grow; one width
# for all days does not know what time it is.

wild = pd.Series(np.abs(change)).rolling(60).mean().argmax()
part = slice(max(0, wild - 120), wild + 40)
days = dates[origin + 1][part]
actual = pd.Series(change[part], days, name="change in a day (%)")
shown = pd.DataFrame(network[part], days, columns=levels)
display = ForecastDisplay(
    shown[levels[19]].rename(actual.name),
    quantiles=shown[list(levels[[0, 1, 9, 29, 37, 38]])],
    actual=actual,
).plot(legend=False)
for sign in (-1, 1):
    display.ax_.plot(
        days,
        sign * stats.norm.ppf(0.95) * widths["one width for all days"][part],
        "--",
        color="#b5482a",
        label="90 %, one width for all days" if sign > 0 else None,
    )
display.ax_.legend(frameon=False, fontsize=9, ncols=3, loc="upper left", bbox_to_anchor=(0, -0.08))
display.ax_.set_title("each day as it was forecast the day before", fontsize=10)
plt.show()
