"""The classes and functions that a file may name; nothing else is ever made from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any

from sklearn.base import BaseEstimator

from sksequence.persistence._walk import shortened

# Of these stages every public estimator, cell, data class and task may be named, for example
# "preprocessing.TokenEncoder"; networks and streams, which are more than their state, may not.
STAGES = ("inputs", "preprocessing", "batches", "cells", "networks", "tasks", "estimators")

# Private classes that fitted estimators are made of, by file: a file of ours that moves is told
# here, while saved files keep the name "stage.Class".
PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "metrics": {"_scaled_errors": ("NaiveErrors",)},
    "preprocessing": {
        "_analyzers": ("TextCutter",),
        "_image_layers": ("FeatureMap",),
        "_subwords": ("SubwordSplitter",),
        "_target_transforms": (
            "BoxCox",
            "Difference",
            "Log1p",
            "Returns",
            "Scale",
            "TargetTransforms",
        ),
    },
    "tasks": {
        "_densities": ("Gaussian", "NegativeBinomial", "StudentT", "ZeroInflatedGamma"),
        "_distributions": ("Point", "Quantiles"),
    },
    "estimators": {
        "_containers": ("Container",),
        "_forecast_data": ("ForecastData",),
        "_forecast_marginals": ("Around", "AroundChanges", "Drawn", "Exact"),
        "_lengths": ("EmpiricalLength", "FixedLength", "PoissonLength"),
        "_shifted": ("Shifted",),
        "_sides": ("NumericSide", "SymbolSide", "TextSide"),
        "_tagger_decoding": ("Transitions",),
        "_tagger_reading": ("ArrayReader", "WordByWord", "WordReader"),
        "_transcriber_targets": ("TargetLabels",),
        "_window_forecaster": ("_Windows",),
    },
}

# What scikit-learn's feature selection goes by, and methods of text.
METHODS = {"str.lower": str.lower, "str.upper": str.upper}
SKLEARN_FUNCTIONS = {
    "sklearn.feature_selection": (
        "chi2",
        "f_classif",
        "f_regression",
        "mutual_info_classif",
        "mutual_info_regression",
        "r_regression",
    )
}

# Where scikit-learn's estimators are public. What reads files or paths when it is fitted
# (datasets), or holds scorers and results of other fits (the searches), is left out.
SKLEARN_MODULES = (
    "sklearn.calibration",
    "sklearn.cluster",
    "sklearn.compose",
    "sklearn.covariance",
    "sklearn.cross_decomposition",
    "sklearn.decomposition",
    "sklearn.discriminant_analysis",
    "sklearn.dummy",
    "sklearn.ensemble",
    "sklearn.feature_extraction",
    "sklearn.feature_extraction.text",
    "sklearn.feature_selection",
    "sklearn.impute",
    "sklearn.isotonic",
    "sklearn.kernel_approximation",
    "sklearn.kernel_ridge",
    "sklearn.linear_model",
    "sklearn.manifold",
    "sklearn.mixture",
    "sklearn.multiclass",
    "sklearn.multioutput",
    "sklearn.naive_bayes",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.random_projection",
    "sklearn.semi_supervised",
    "sklearn.svm",
)
# Its plain objects that are no estimators, by file.
SKLEARN_PARTS = {
    "calibration": ("_CalibratedClassifier", "_SigmoidCalibration"),
    "neural_network._stochastic_optimizers": ("AdamOptimizer", "SGDOptimizer"),
}


def name_of(kind: type) -> str | None:
    """The name by which a file knows a class; None for a class that no file may name."""
    top, _, rest = kind.__module__.partition(".")
    if top == "sksequence":
        name = f"{rest.partition('.')[0]}.{kind.__name__}"
    elif top == "sklearn":
        name = _sklearn_name(kind)
    else:
        return None
    return name if name and class_named(name) is kind else None


def class_named(name: str) -> type | None:
    """The class of a name that a file gives; None if no file may name it.

    A module is imported only if it stands in the tables of this file.
    """
    if not isinstance(name, str):
        return None
    place, _, short = name.rpartition(".")
    if place.startswith("sklearn."):
        return _sklearn_class(place, short)
    if place in STAGES:
        stage = import_module(f"sksequence.{place}")
        found = getattr(stage, short) if short in stage.__all__ else None
        if _is_state_alone(found) and found.__module__.startswith(f"sksequence.{place}."):
            return found
    return _part(place, short)


def why_not_named(name: Any) -> str:
    """Why a file may not name a class, and what it may name."""
    place, _, short = name.rpartition(".") if isinstance(name, str) else ("", "", "")
    told = (
        f"the class {shortened(name)}, which is none of the classes of sksequence and scikit-learn"
    )
    if place in STAGES:
        known = import_module(f"sksequence.{place}").__all__
        close = [n for n in get_close_matches(short, known, 3) if class_named(f"{place}.{n}")]
        meant = f" (close to it: {', '.join(close)})" if close else ""
        return (
            f"{told} that this version knows{meant}. Where a later version wrote it, upgrade "
            "sksequence; a class of yours is written with joblib or skops"
        )
    modules = ", ".join(module.removeprefix("sklearn.") for module in SKLEARN_MODULES)
    return (
        f"{told} that a file may name. Expected 'stage.Class' for one of sksequence "
        "('estimators.RNNClassifier', 'preprocessing.TokenEncoder', 'cells.LSTM'), or "
        "'sklearn.module.Class' for an estimator that is public in one of scikit-learn's modules "
        f"{modules}. Nothing was imported and nothing run. save writes no such file: do not use "
        "it, and ask whoever made it for one that save wrote (an estimator with other classes "
        "goes through joblib or skops)"
    )


def why_no_function(name: Any) -> str:
    """Why a file may not name a function, and what it may name."""
    return (
        f"the unknown function {shortened(name)}, expected one of {', '.join(_function_names())}, "
        "or a ufunc of numpy or scipy.special. Nothing was imported and nothing run. save writes "
        "no such file: do not use it, and ask whoever made it for one that save wrote"
    )


def function_named(name: str) -> Callable | None:
    """The function of a name that a file gives; None if no file may name it."""
    if name in METHODS:
        return METHODS[name]
    place, _, short = str(name).rpartition(".")
    if short in SKLEARN_FUNCTIONS.get(place, ()):
        return getattr(import_module(place), short)
    return None


def name_of_function(function: Any) -> str | None:
    """The name by which a file knows a function; None if no file may name it."""
    return next((name for name in _function_names() if function_named(name) is function), None)


@cache
def _function_names() -> tuple[str, ...]:
    theirs = (f"{place}.{name}" for place, names in SKLEARN_FUNCTIONS.items() for name in names)
    return (*METHODS, *theirs)


def _part(stage: str, short: str) -> Any:
    for file, names in PARTS.get(stage, {}).items():
        if short in names:
            return getattr(import_module(f"sksequence.{stage}.{file}"), short)
    return None


def _is_state_alone(found: Any) -> bool:
    if not isinstance(found, type):
        return False
    plain = issubclass(found, BaseEstimator) or dataclasses.is_dataclass(found)
    return plain or found.__module__.startswith("sksequence.tasks.")


def _sklearn_name(kind: type) -> str | None:
    for part, names in SKLEARN_PARTS.items():
        if kind.__name__ in names and kind.__module__ == f"sklearn.{part}":
            return f"sklearn.{part}.{kind.__name__}"
    for module in SKLEARN_MODULES:
        if kind.__module__.startswith(module):
            name = f"{module}.{kind.__name__}"
            if class_named(name) is kind:
                return name
    return None


def _sklearn_class(module: str, short: str) -> type | None:
    if short in SKLEARN_PARTS.get(module.removeprefix("sklearn."), ()):
        return getattr(import_module(module), short, None)
    if module not in SKLEARN_MODULES:
        return None
    found = None if short.startswith("_") else getattr(import_module(module), short, None)
    known = isinstance(found, type) and found.__module__.startswith(module)
    return found if known and issubclass(found, BaseEstimator) else None
