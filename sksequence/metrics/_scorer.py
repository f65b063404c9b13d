"""Scorers: a metric that scikit-learn's searches call with an estimator, X and y."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Self

from sksequence.metrics._bleu import bleu_score
from sksequence.metrics._cider import cider_score
from sksequence.metrics._exact import exact_match_score

_METRICS: MappingProxyType[str, Callable[..., float]] = MappingProxyType(
    {"bleu": bleu_score, "cider": cider_score, "exact_match": exact_match_score}
)


@dataclass(frozen=True, repr=False)
class Scorer:
    """A metric by name and its options; called with an estimator, X and y."""

    name: str
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Score what the estimator writes for X against the references y; more is better."""
        if y is None:
            raise ValueError(
                f"The scorer {self!r} compares with references: give them as y, got None."
            )
        return _METRICS[self.name](y, _write(estimator, X), **dict(self.options))

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options)
        return f"get_scorer({self.name!r}{options})"

    def __sklearn_clone__(self) -> Self:
        return self


def get_scorer(name: str, **options: Any) -> Scorer:
    """Return the scorer of a metric for sequences.

    scikit-learn takes it wherever it takes ``scoring=``: in ``cross_val_score``, ``GridSearchCV``,
    ``learning_curve``. It calls ``estimator.transform(X)``, for estimators that write sequences
    are transformers, or ``estimator.predict(X)`` where there is no ``transform``, and compares
    with y.

    Parameters
    ----------
    name : {"bleu", "cider", "exact_match"}
        The metric: :func:`bleu_score` (0 to 100), :func:`cider_score` (0 to 10) or
        :func:`exact_match_score` (0 to 1). More is better in each.
    **options
        Options of the metric, such as ``lowercase=True``.

    Returns
    -------
    scorer : callable
        Called as ``scorer(estimator, X, y)``; it can be cloned, copied and pickled.

    Raises
    ------
    ValueError
        When there is no such metric; the message names the nearest.
    TypeError
        When the metric has no such option.

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
    parameters = inspect.signature(_METRICS[name]).parameters.values()
    known = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for option in options:
        if option not in known:
            has = f"its options are {', '.join(known)}" if known else "it has none"
            raise TypeError(f"The metric {name!r} has no option {option!r}: {has}.")
    return Scorer(name, tuple(sorted(options.items())))


def _write(estimator: Any, X: Any) -> Any:
    """What the estimator makes of X: a transformer transforms, any other predicts."""
    for method in ("transform", "predict"):
        if hasattr(estimator, method):
            return getattr(estimator, method)(X)
    raise TypeError(
        f"{type(estimator).__name__} has neither transform nor predict, so there is nothing to "
        "score: give an estimator that writes sequences."
    )


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
