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
    predicted_labels,
    quantile_columns,
    written,
)
from sksequence.metrics._bleu import bleu_score
from sksequence.metrics._cider import cider_score
from sksequence.metrics._crps import continuous_ranked_probability_score
from sksequence.metrics._edit_distance import character_error_rate, word_error_rate
from sksequence.metrics._entities import (
    entity_f1_score,
    entity_precision_score,
    entity_recall_score,
)
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
from sksequence.metrics._tokens import token_accuracy_score, token_f1_score

# Read from y and the estimator, given at the call, or of no use where one number is wanted.
_NO_OPTIONS = {"y_train", "groups", "groups_train", "multioutput", "sample_weight"}


@dataclass(frozen=True)
class _Scored:
    """A metric, and what it asks the estimator for: further arguments by name."""

    metric: Callable[..., float]
    ask: Callable[[Any, Any, dict[str, Any]], dict[str, Any]]
    no_options: frozenset[str] = frozenset()

    def options(self) -> dict[str, bool]:
        """Names of the options, and whether they must be given."""
        parameters = inspect.signature(self.metric).parameters.values()
        return {
            p.name: p.default is p.empty
            for p in parameters
            if p.kind is p.KEYWORD_ONLY and p.name not in _NO_OPTIONS | self.no_options
        }


# Of what starts with "neg_" less is better, so the scorer gives the negative, as in scikit-learn.
_METRICS: MappingProxyType[str, _Scored] = MappingProxyType(
    {
        "bleu": _Scored(bleu_score, written),
        "cider": _Scored(cider_score, written),
        "exact_match": _Scored(exact_match_score, written),
        "neg_word_error_rate": _Scored(word_error_rate, written),
        "neg_character_error_rate": _Scored(character_error_rate, written),
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
            continuous_ranked_probability_score, paths, frozenset({"average"})
        ),
        "critical_success_index": _Scored(critical_success_index, predicted),
        "probability_of_detection": _Scored(probability_of_detection, predicted),
        "neg_false_alarm_ratio": _Scored(false_alarm_ratio, predicted),
        "token_accuracy": _Scored(token_accuracy_score, predicted_labels),
        "token_f1": _Scored(token_f1_score, predicted_labels),
        "entity_precision": _Scored(entity_precision_score, predicted_labels),
        "entity_recall": _Scored(entity_recall_score, predicted_labels),
        "entity_f1": _Scored(entity_f1_score, predicted_labels),
    }
)

_SHORT = {
    "mase": "neg_mean_absolute_scaled_error",
    "rmsse": "neg_root_mean_squared_scaled_error",
    "smape": "neg_symmetric_mean_absolute_percentage_error",
    "wape": "neg_weighted_absolute_percentage_error",
    "pinball": "neg_pinball_loss",
    "crps": "neg_continuous_ranked_probability_score",
    "csi": "critical_success_index",
    "pod": "probability_of_detection",
    "far": "neg_false_alarm_ratio",
    "wer": "neg_word_error_rate",
    "cer": "neg_character_error_rate",
}
# What else a metric is called: in short, by its function, and either with the sign it has.
_OTHER_NAMES = {
    sign + other: name
    for names in (_SHORT, {scored.metric.__name__: name for name, scored in _METRICS.items()})
    for other, name in names.items()
    for sign in (("", "neg_") if name.startswith("neg_") else ("",))
}


@dataclass(frozen=True, repr=False)
class Scorer:
    """A metric by name and its options; called with an estimator, X and y."""

    name: str
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(self, estimator: Any, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Score what the estimator makes of X against the references y; more is better."""
        if y is None:
            raise ValueError(
                f"The scorer {self!r} compares with references: give them as y, got None."
            )
        scored, options = _METRICS[self.name], dict(self.options)
        if sample_weight is not None:
            if "sample_weight" not in inspect.signature(scored.metric).parameters:
                raise TypeError(f"The scorer {self!r} takes no sample_weight: leave it out.")
            options["sample_weight"] = sample_weight
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
          ``"exact_match"`` (:func:`exact_match_score`, 0 to 1), ``"neg_word_error_rate"``
          (:func:`word_error_rate`), ``"neg_character_error_rate"``;
        - ``predict(X)``: ``"neg_symmetric_mean_absolute_percentage_error"``,
          ``"neg_weighted_absolute_percentage_error"``, ``"critical_success_index"``,
          ``"probability_of_detection"``, ``"neg_false_alarm_ratio"``;
        - ``predict(X)``, a label for each step: ``"token_accuracy"``, ``"token_f1"``,
          ``"entity_precision"``, ``"entity_recall"``, ``"entity_f1"`` (:func:`entity_f1_score`,
          0 to 1), with their options, such as ``average="macro"``. Steps that have the
          `ignore_label` of the estimator are left out, unless the option says otherwise;
        - ``predict(X)`` and the attribute ``naive_errors_``, the :func:`naive_errors` of its
          training series: ``"neg_mean_absolute_scaled_error"``,
          ``"neg_root_mean_squared_scaled_error"``;
        - ``predict_quantiles(X, quantiles)``, a column for each: ``"neg_pinball_loss"``, with the
          option `quantiles`;
        - ``predict_interval(X, coverage)``, the columns lower and upper:
          ``"neg_interval_score"``, with the option `coverage`;
        - ``sample_paths(X, random_state=0)``, of shape (n_paths, n_times) or
          (n_paths, n_times, n_targets): ``"neg_continuous_ranked_probability_score"``.

        The name of the function is understood too, and so are the usual short ones: ``"mase"``,
        ``"rmsse"``, ``"smape"``, ``"wape"``, ``"pinball"``, ``"crps"``, ``"csi"``, ``"pod"``,
        ``"far"``, ``"wer"`` and ``"cer"``. Of errors the scorer still gives the negative, and it
        shows its full name.
        What pipelines and searches do not pass on is asked of the estimator inside them.
    **options
        Options of the metric, such as ``lowercase=True`` or ``threshold=0.1``.

    Returns
    -------
    scorer : callable
        Called as ``scorer(estimator, X, y)``, where the metric has it also with
        ``sample_weight=``; it can be cloned, copied and pickled.

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
    if isinstance(name, str):
        name = _OTHER_NAMES.get(name.lower(), name)
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
        near = [other for other in _METRICS if name in other.split("_")]
        steps = f" For a label in each step there is {' or '.join(map(repr, near))}."
        return (
            f"{name!r} is a scorer of scikit-learn's own: pass the name itself, "
            f"scoring={name!r}.{steps if near else ''}"
        )
    near = _nearest(str(name))
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    listed = ", ".join(map(repr, _METRICS))
    return f"There is no scorer {name!r} for sequences.{hint} There are {listed}."


def _nearest(name: str) -> list[str]:
    """Up to three names that are written like it, or that hold one of its words."""
    written = name.strip().lower().replace("-", "_").replace(" ", "_")
    near = get_close_matches(written, [*_METRICS, *_OTHER_NAMES], n=3)
    words = set(written.split("_")) - {"neg", "score", "error", "loss", "mean", ""}
    near += [other for other in _METRICS if words & set(other.split("_"))]
    near = [other if other in _SHORT else _OTHER_NAMES.get(other, other) for other in near]
    return list(dict.fromkeys(near))[:3]
