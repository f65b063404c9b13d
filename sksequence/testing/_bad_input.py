"""What an estimator must say when it is given what it cannot use."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from unittest import SkipTest

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from sksequence.testing._answers import fit, fresh, methods_of, refit
from sksequence.testing._examples import (
    Examples,
    change,
    cut,
    is_numeric,
    is_text,
    lengths_of,
    pick,
    widen,
)

REFUSALS = (TypeError, ValueError)


def _expect(call: Callable, what: str, *words: str, kinds: tuple = REFUSALS) -> None:
    """Raise AssertionError unless `call` raises one of `kinds` with all of the words."""
    names = " or ".join(kind.__name__ for kind in kinds)
    try:
        call()
    except kinds as error:
        missing = [word for word in words if not re.search(word, str(error), re.IGNORECASE)]
        if missing:
            wanted = " and ".join(repr(word) for word in missing)
            raise AssertionError(
                f"the message on {what} does not match {wanted}: it says {str(error)!r}."
            ) from error
    except Exception as error:
        raise AssertionError(
            f"{what} raised {type(error).__name__} ({error}): expected {names}."
        ) from error
    else:
        raise AssertionError(f"{what} raised nothing: expected {names}.")


def _number(i: int) -> str:
    return rf"(?<!\d){i}(?!\d)"


def _in_fit_and_after(
    estimator: Any, examples: Examples, X: Any, what: str, *words: str, kinds: tuple = REFUSALS
) -> None:
    """Expect the error from ``fit`` and from every method of the fitted estimator."""
    bad = Examples(X, examples.y)
    _expect(lambda: refit(fresh(estimator), bad), f"{what} in fit", *words, kinds=kinds)
    fitted = fit(estimator, examples)
    for method in methods_of(fitted):
        ask = getattr(fitted, method)
        _expect(lambda ask=ask: ask(X), f"{what} in {method}", *words, kinds=kinds)


def _a_place(X: Any) -> tuple[int, int]:
    """A sequence and a step of it that no message names by chance."""
    lengths = lengths_of(X)
    i = int(np.flatnonzero(lengths >= min(3, lengths.max()))[-1])
    return i, int(lengths[i]) - 1


def check_nan(estimator: Any, examples: Examples) -> None:
    """NaN is an error that names the sequence and the step."""
    if get_tags(estimator).input_tags.allow_nan:
        raise SkipTest("its tags allow NaN")
    _check_value(estimator, examples, np.nan, "NaN", "nan|missing")


def check_infinity(estimator: Any, examples: Examples) -> None:
    """Infinity is an error that names the sequence and the step."""
    _check_value(estimator, examples, np.inf, "infinity", "inf")


def _check_value(estimator, examples, value, what, word) -> None:
    i, t = _a_place(examples.X)
    X = change(examples.X, i, t, value)
    what = f"{what} in sequence {i}, step {t},"
    words = word, _number(i), _number(t)
    _in_fit_and_after(estimator, examples, X, what, *words, kinds=(ValueError,))


def check_empty_sequence(estimator: Any, examples: Examples) -> None:
    """A sequence without steps is an error that names it."""
    i, _ = _a_place(examples.X)
    if is_text(examples.X):
        X = [*examples.X[:i], "", *examples.X[i + 1 :]]
    else:
        lengths = lengths_of(examples.X).copy()
        lengths[i] = 0
        X = cut(examples.X, lengths)
    words = "empty|length 0|no (step|token|word|run)", _number(i)
    what = f"an empty sequence {i}"
    _in_fit_and_after(estimator, examples, X, what, *words, kinds=(ValueError,))


def check_empty_list(estimator: Any, examples: Examples) -> None:
    """No sequences at all are an error that says so."""
    words = ("empty|minimum|at least|no (sequence|document|sample)",)
    empty = Examples([], None if examples.y is None else [])
    _expect(lambda: refit(fresh(estimator), empty), "an empty list in fit", *words)
    fitted = fit(estimator, examples)
    for method in methods_of(fitted):
        ask = getattr(fitted, method)
        _expect(lambda ask=ask: ask([]), f"an empty list in {method}", *words)


def check_bare_string(estimator: Any, examples: Examples) -> None:
    """One string where a list is meant is an error that says to put it in a list."""
    X = "a bare string"
    _expect(
        lambda: refit(fresh(estimator), Examples(X, pick(examples.y, slice(0, 1)))),
        "a bare string in fit",
        "list",
    )
    fitted = fit(estimator, examples)
    for method in methods_of(fitted):
        ask = getattr(fitted, method)
        _expect(lambda ask=ask: ask(X), f"a bare string in {method}", "list")


def check_text(estimator: Any, examples: Examples) -> None:
    """Text given to an estimator of numbers is an error that names the remedy."""
    if get_tags(estimator).input_tags.string or is_text(examples.X):
        raise SkipTest("it reads text")
    X = ["some words here"] * len(examples)
    _in_fit_and_after(estimator, examples, X, "text", "encod|embed|vectori[sz]")


def check_feature_count(estimator: Any, examples: Examples) -> None:
    """Another number of features (or symbols) than in fit is an error with both numbers."""
    X, fitted_on, given = widen(examples.X)
    fitted = fit(estimator, examples)
    words = _number(fitted_on), _number(given)
    for method in methods_of(fitted):
        ask = getattr(fitted, method)
        what = f"{given} instead of {fitted_on} features in {method}"
        _expect(lambda ask=ask: ask(X), what, *words, kinds=(ValueError,))


def check_unequal_steps(estimator: Any, examples: Examples) -> None:
    """A sequence with steps of another width is an error that names it."""
    if not is_numeric(examples.X):
        raise SkipTest("only numeric sequences can have steps of several widths")
    arrays = [np.asarray(x) for x in examples.X]
    i, _ = _a_place(examples.X)
    wide = [x[:, np.newaxis] if x.ndim == 1 else x for x in arrays]
    wide[i] = np.concatenate([wide[i], wide[i][:, :1]], axis=1)
    what = f"a feature more in sequence {i}"
    _in_fit_and_after(estimator, examples, wide, what, _number(i), kinds=(ValueError,))


def check_unfitted(estimator: Any, examples: Examples) -> None:
    """Before fit, every method raises NotFittedError."""
    unfitted = fresh(estimator)
    for method in methods_of(unfitted):
        ask = getattr(unfitted, method)
        _expect(lambda ask=ask: ask(examples.X), f"{method} before fit", kinds=(NotFittedError,))


def check_lengths_of_X_and_y(estimator: Any, examples: Examples) -> None:
    """Targets for more sequences than there are are an error with both numbers."""
    if examples.y is None:
        raise SkipTest("there are no targets")
    n = len(examples)
    short = Examples(pick(examples.X, slice(0, n - 1)), examples.y)
    words = _number(n), _number(n - 1)
    what = "one target too many"
    _expect(lambda: refit(fresh(estimator), short), what, *words, kinds=(ValueError,))
