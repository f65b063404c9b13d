"""What the constructor parameters of forecasters may be."""

from __future__ import annotations

from numbers import Integral, Real

from sksequence.estimators._forecast_data import CALENDAR
from sksequence.estimators._parameters import POSITIVE_INTEGER, SHARED_CONSTRAINTS
from sksequence.tasks import DISTRIBUTIONS
from sksequence.utils._sklearn import Interval, StrOptions

# Of the table and its rows.
TABLE_CONSTRAINTS: dict[str, list] = {
    "seasonality": [POSITIVE_INTEGER],
    "gap": [Interval(Integral, 0, None, closed="left")],
    "resample": "no_validation",  # type: ignore[dict-item]
}

# Of windows.
WINDOW_CONSTRAINTS: dict[str, list] = {
    **TABLE_CONSTRAINTS,
    "lookback": [POSITIVE_INTEGER],
    "horizon": [POSITIVE_INTEGER],
    "past_covariates": ["array-like", str, Integral, None],
    "static_covariates": ["array-like", str, Integral, None],
    "calendar": ["array-like", StrOptions(set(CALENDAR)), None],
    "lags": ["array-like", POSITIVE_INTEGER, None],
    "target_transform": [str, "array-like", None],
    "in_sample": [StrOptions({"error", "one_step"})],
}

_LOOP = (
    "hidden_size",
    "n_layers",
    "cell",
    "residual",
    "initial_state",
    "variational_dropout",
    "max_epochs",
    "batch_size",
    "optimizer",
    "learning_rate",
    "learning_rate_schedule",
    "weight_decay",
    "gradient_clip",
    "gradient_clip_by",
    "tbptt_steps",
    "early_stopping",
    "validation_fraction",
    "n_iter_no_change",
    "dtype",
    "warm_start",
    "random_state",
    "device",
    "verbose",
)

FORECASTER_CONSTRAINTS: dict[str, list] = {
    **{name: SHARED_CONSTRAINTS[name] for name in _LOOP},
    **WINDOW_CONSTRAINTS,
    "strategy": [StrOptions(("direct", "recursive", "seq2seq"))],
    "loss": [StrOptions(DISTRIBUTIONS)],
    "quantiles": ["array-like"],
    "missing": [StrOptions({"error", "mask", "ffill"})],
    "windows_per_epoch": [POSITIVE_INTEGER, None],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "teacher_forcing": [Interval(Real, 0, 1, closed="both"), tuple, list],
}
