"""Scorers: a metric that scikit-learn's searches call with an estimator, X and y."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Self

from sksequence.metrics._answers import (
    interval,
    paths,
    predicted,
    predicted_and_naive,
    quantile_columns,
    written,
)
from sksequence.metrics._bleu import bleu_score
from sksequence.metrics._cider import cider_score
from sksequence.metrics._crps import continuous_ranked_probability_score
from sksequence.metrics._events import (
    critical_success_index,
    false_alarm_ratio,
    probability_of_detection,
)
from sksequence.metrics._exact import exact_match_score
from sksequence.metrics._percentage_errors import (
    symmetric_mean_absolute_percentage_error,
    weighted_absolute_percentage_error,
)
from sksequence.metrics._quantiles import interval_score, pinball_loss
from sksequence.metrics._scaled_errors import (
    mean_absolute_scaled_error,
    root_mean_squared_scaled_error,
)

# Read from y and the estimator, or of no use where one number is wanted.
_NO_OPTIONS = {"y_train", "groups", "groups_train", "average", "multioutput"}


@dataclass(frozen=True)
class _Scored:
    """A metric, and what it asks the estimator for: further arguments by name."""

    metric: Callable[..., float]
    ask: Callable[[Any, Any, dict[str, Any]], dict[str, Any]]

    def options(self) -> dict[str, bool]:
        """Names of the options, and whether they must be given."""
        parameters = inspect.signature(self.metric).parameters.values()
        return {
            p.name: p.default is p.empty
            for p in parameters
            if p.kind is p.KEYWORD_ONLY and p.name not in _NO_OPTIONS
        }


# Of what starts with "neg_" less is better, so the scorer gives the negative, as in scikit-learn.
_METRICS: MappingProxyType[str, _Scored] = MappingProxyType(
    {
        "bleu": _Scored(bleu_score, written),
        "cider": _Scored(cider_score, written),
        "exact_match": _Scored(exact_match_score, written),
        "neg_mean_absolute_scaled_error": _Scored(mean_absolute_scaled_error, predicted_and_naive),
        "neg_root_mean_squared_scaled_error": _Scored(
            root_mean_squared_scaled_error, predicted_and_naive
        ),
        "neg_symmetric_mean_absolute_percentage_error": _Scored(
            symmetric_mean_absolute_percentage_error, predicted
        ),
        "neg_weighted_absolute_percentage_error": _Scored(
            weighted_absolute_percentage_error, predicted
        ),
        "neg_pinball_loss": _Scored(pinball_loss, quantile_columns),
        "neg_interval_score": _Scored(interval_score, interval),
        "neg_continuous_ranked_probability_score": _Scored(
            continuous_ranked_probability_score, paths
        ),
        "critical_success_index": _Scored(critical_success_index, predicted),
        "probability_of_detection": _Scored(probability_of_detection, predicted),
        "neg_false_alarm_ratio": _Scored(false_alarm_ratio, predicted),
    }
)


@dataclass(frozen=True, repr=False)
class Scorer:
    """A metric by name and its options; called with an estimator, X and y."""

    name: str
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Score what the estimator makes of X against the references y; more is better."""
        if y is None:
            raise ValueError(
                f"The scorer {self!r} compares with references: give them as y, got None."
            )
        scored, options = _METRICS[self.name], dict(self.options)
        score = scored.metric(y, **scored.ask(estimator, X, options), **options)
        return -score if self.name.startswith("neg_") else score

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options)
        return f"get_scorer({self.name!r}{options})"

    def __sklearn_clone__(self) -> Self:
        return self


def get_scorer(name: str, **options: Any) -> Scorer:
    """Return the scorer of a metric for sequences or forecasts.

    scikit-learn takes it wherever it takes ``scoring=``: in ``cross_val_score``, ``GridSearchCV``,
    ``learning_curve``. It compares y with what the estimator makes of X; more is better in each,
    so of an error the scorer gives the negative.

    Parameters
    ----------
    name : str
        The metric, by what it asks of the estimator:

        - ``transform(X)``, or ``predict(X)`` where there is none: ``"bleu"``
          (:func:`bleu_score`, 0 to 100), ``"cider"`` (:func:`cider_score`, 0 to 10),
          ``"exact_match"`` (:func:`exact_match_score`, 0 to 1);
        - ``predict(X)``: ``"neg_symmetric_mean_absolute_percentage_error"``,
          ``"neg_weighted_absolute_percentage_error"``, ``"critical_success_index"``,
          ``"probability_of_detection"``, ``"neg_false_alarm_ratio"``;
        - ``predict(X)`` and the attribute ``naive_errors_``, the :func:`naive_errors` of its
          training series: ``"neg_mean_absolute_scaled_error"``,
          ``"neg_root_mean_squared_scaled_error"``;
        - ``predict_quantiles(X, quantiles)``, a column for each: ``"neg_pinball_loss"``, with the
          option `quantiles`;
        - ``predict_interval(X, coverage)``, the columns lower and upper:
          ``"neg_interval_score"``, with the option `coverage`;
        - ``sample_paths(X, random_state=0)``, of shape (n_paths, n_times) or
          (n_paths, n_times, n_targets): ``"neg_continuous_ranked_probability_score"``.

        What pipelines and searches do not pass on is asked of the estimator inside them.
    **options
        Options of the metric, such as ``lowercase=True`` or ``threshold=0.1``.

    Returns
    -------
    scorer : callable
        Called as ``scorer(estimator, X, y)``; it can be cloned, copied and pickled.

    Raises
    ------
    ValueError
        When there is no such metric; the message names the nearest.
    TypeError
        When the metric has no such option, or one that it needs is missing.

    Examples
    --------
    >>> from sksequence.metrics import get_scorer
    >>> get_scorer("exact_match")
    get_scorer('exact_match')
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> shout = FunctionTransformer(lambda texts: [text.upper() for text in texts])
    >>> get_scorer("exact_match")(shout, ["abc", "abd"], ["ABC", "ABX"])
    0.5
    """
    if not isinstance(name, str) or name not in _METRICS:
        raise ValueError(_unknown(name))
    known = _METRICS[name].options()
    for option in options:
        if option not in known:
            has = f"its options are {', '.join(known)}" if known else "it has none"
            raise TypeError(f"The metric {name!r} has no option {option!r}: {has}.")
    for option, needed in known.items():
        if needed and option not in options:
            raise TypeError(
                f"The metric {name!r} needs the option {option!r}, as in "
                f"get_scorer({name!r}, {option}=...)."
            )
    return Scorer(name, tuple(sorted((key, _frozen(value)) for key, value in options.items())))


def _frozen(value: Any) -> Any:
    """Lists and arrays as tuples, so that scorers can be compared and hashed."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return tuple(value) if isinstance(value, list) else value


def _unknown(name: Any) -> str:
    from sklearn.metrics import get_scorer_names

    if name in get_scorer_names():
        return (
            f"{name!r} is a scorer of scikit-learn's own: pass the name itself, scoring={name!r}."
        )
    listed = ", ".join(map(repr, _METRICS))
    near = get_close_matches(str(name), _METRICS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no scorer {name!r} for sequences.{hint} There are {listed}."
