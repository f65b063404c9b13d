"""A fitted estimator out of its pipeline or search, and what it reads there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sksequence.inputs import SequenceArray, Vocabulary


@dataclass(frozen=True)
class Opened:
    """The estimator with the network, and the data as they reach it.

    Parameters
    ----------
    estimator : fitted estimator
    X : sequences
        What the steps before made of the data.
    given : sequences
        The data as they were given.
    vocabulary : Vocabulary or None
        Of the step that numbered the symbols of `X`.
    """

    estimator: Any
    X: Any
    given: Any
    vocabulary: Vocabulary | None

    def sequence(self, i: int) -> Any:
        """Sequence `i` as it reaches the estimator."""
        return _item(self.X, i)

    def tokens(self, i: int, n_steps: int) -> list[str] | None:
        """A word or character for each step of sequence `i`; None if it is no text."""
        text = _item(self.given, i)
        if _is_text(text) and len(text) == n_steps:  # characters, unknown ones among them
            return list(text)
        if self.vocabulary is not None:
            tokens = self.vocabulary.decode(self.X[i])
        else:
            tokens = _cut(self.estimator, text)
        return tokens if tokens is not None and len(tokens) == n_steps else None


def opened(estimator: Any, X: Any, what: str) -> Opened:
    """Go into pipelines and searches, and take X along.

    Parameters
    ----------
    estimator : fitted estimator, Pipeline that ends with one, or search over either
    X : sequences
    what : str
        What it is for, in messages.

    Raises
    ------
    NotFittedError
        Before ``fit``.
    TypeError
        For an estimator without a recurrent network.
    """
    given, steps = X, []
    while True:
        if isinstance(estimator, Pipeline):
            steps += [step for _, step in estimator.steps[:-1] if step not in (None, "passthrough")]
            estimator = estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            break
    if getattr(estimator, "refit", None) is False and hasattr(estimator, "cv_results_"):
        raise TypeError(
            f"{what} needs a fitted estimator, but {type(estimator).__name__}(refit=False) keeps "
            "none: set refit=True, or fit one with its best_params_."
        )
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(
            f"{what} needs a fitted estimator such as RNNClassifier, got {estimator!r}."
        )
    check_is_fitted(estimator)
    for step in steps:
        X = step.transform(X)
    return Opened(estimator, X, given, _vocabulary(X, steps))


def check_recurrent(estimator: Any, what: str) -> Any:
    """The network, if it has recurrent layers."""
    from sksequence.layers import RecurrentLayer

    network = getattr(estimator, "network_", None)
    modules = network.modules() if hasattr(network, "modules") else ()
    if not any(isinstance(module, RecurrentLayer) for module in modules):
        raise TypeError(
            f"{what} looks at recurrent layers, but {type(estimator).__name__} has none: give a "
            "fitted RNNClassifier, RNNRegressor or another estimator with a recurrent network."
        )
    return network


def _vocabulary(X, steps):
    if not isinstance(X, SequenceArray) or len(X.channels) != 1:
        return None
    for step in reversed(steps):
        found = getattr(step, "vocabulary_", None)
        if isinstance(found, Vocabulary) and found.fingerprint == X.only.vocabulary_id:
            return found
    return None


def _is_text(text) -> bool:
    if isinstance(text, str):
        return True
    return isinstance(text, (list, tuple)) and all(isinstance(token, str) for token in text)


def _item(X, i):
    X = getattr(X, "iloc", X)  # a pandas Series is indexed by label
    return X[i]


def _cut(estimator, text) -> list[str] | None:
    """Tokens of a text as an estimator cuts it that reads texts itself."""
    encoder = getattr(estimator, "encoder_", None)
    for side in ("source_side_", "side_"):
        encoder = encoder or getattr(getattr(estimator, side, None), "encoder", None)
    if encoder is None or not _is_text(text):
        return None
    (tokens,) = encoder._tokens([text])
    return tokens
