"""What a scorer asks an estimator for: the arguments of the metric beside the actual values."""

from typing import Any

import numpy as np

from sksequence.metrics._forecasts import as_floats

Arguments = dict[str, Any]


def written(estimator: Any, X: Any, options: Arguments) -> Arguments:
    """What is made of X: a transformer transforms, any other predicts."""
    for method in ("transform", "predict"):
        if hasattr(estimator, method):
            return {"hypotheses": getattr(estimator, method)(X)}
    raise TypeError(
        f"{type(estimator).__name__} has neither transform nor predict, so there is nothing to "
        "score: give an estimator that writes sequences."
    )


def predicted(estimator: Any, X: Any, options: Arguments) -> Arguments:
    """The forecasts."""
    return {"y_pred": _ask(estimator, "predict", X)}


def predicted_labels(estimator: Any, X: Any, options: Arguments) -> Arguments:
    """The labels of each step; steps that the estimator takes for unlabelled do not count."""
    found = predicted(estimator, X, options)
    if "ignore_label" in options:
        return found
    inner = estimator
    while inner is not None and not hasattr(inner, "ignore_label"):
        inner = _inside(inner) or getattr(inner, "estimator", None)
    return {**found, "ignore_label": getattr(inner, "ignore_label", None)}


def predicted_and_naive(estimator: Any, X: Any, options: Arguments) -> Arguments:
    """The forecasts, and the errors of the naive forecast on the training series."""
    forecaster = estimator
    while not hasattr(forecaster, "naive_errors_"):
        inner = _inside(forecaster)
        if inner is None:
            raise TypeError(
                f"{type(forecaster).__name__} has no naive_errors_, which scaled errors are "
                "measured in: score a forecaster that keeps them, or call the metric with y_train."
            )
        forecaster = inner
    return {**predicted(estimator, X, options), "y_train": forecaster.naive_errors_}


def quantile_columns(estimator: Any, X: Any, options: Arguments) -> Arguments:
    """A column for each level."""
    return {"y_quantiles": _ask(estimator, "predict_quantiles", X, options["quantiles"])}


def interval(estimator: Any, X: Any, options: Arguments) -> Arguments:
    """Lower and upper bounds: every other column, or the two of the last axis."""
    found = _ask(estimator, "predict_interval", X, options["coverage"])
    if hasattr(found, "iloc"):
        return {"lower": found.iloc[:, ::2], "upper": found.iloc[:, 1::2]}
    bounds = as_floats("predict_interval(X, coverage)", found)
    if bounds.ndim == 3:  # (n_times, n_targets, 2)
        return {"lower": bounds[:, :, 0], "upper": bounds[:, :, 1]}
    return {"lower": bounds[:, ::2], "upper": bounds[:, 1::2]}


def paths(estimator: Any, X: Any, options: Arguments) -> Arguments:
    """The drawn paths, as columns; the same draws at every call."""
    found = _ask(estimator, "sample_paths", X, random_state=0)  # (n_paths, n_times[, n_targets])
    return {"samples": np.moveaxis(np.asarray(found), 0, -1)}


def _ask(estimator: Any, method: str, X: Any, *options: Any, **named: Any) -> Any:
    """Call a method that scikit-learn's pipelines and searches do not pass on."""
    if hasattr(estimator, method):
        return getattr(estimator, method)(X, *options, **named)
    inner = _inside(estimator)
    if inner is None:
        raise TypeError(
            f"{type(estimator).__name__} has no {method}, which this score asks for: give an "
            "estimator that has it, with the settings that make it available."
        )
    if hasattr(estimator, "steps") and len(estimator.steps) > 1:
        X = estimator[:-1].transform(X)
    return _ask(inner, method, X, *options, **named)


def _inside(estimator: Any) -> Any:
    """The best estimator of a search, the last step of a pipeline, else None."""
    if hasattr(estimator, "steps"):
        return estimator.steps[-1][1]
    return getattr(estimator, "best_estimator_", None)
