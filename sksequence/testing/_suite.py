"""The checks as a list, as a report, and as pytest parameters."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from unittest import SkipTest

from sklearn.base import BaseEstimator
from sklearn.exceptions import SkipTestWarning

from sksequence.testing import _bad_input, _containers, _independence, _splitting, _untouched
from sksequence.testing._examples import examples_for
from sksequence.testing._isolation import run_isolated

CHECKS: tuple[Callable, ...] = (
    _untouched.check_fit_returns_self,
    _untouched.check_params,
    *(partial(_containers.check_container, container=c) for c in _containers.CONTAINERS),
    *(partial(_containers.check_array, container=c) for c in _containers.EQUAL_LENGTHS),
    _independence.check_padding,
    _independence.check_neighbours,
    _independence.check_batch_size,
    _independence.check_order,
    _independence.check_repeated_prediction,
    _independence.check_length_one,
    _independence.check_single_sequence,
    _independence.check_no_look_ahead,
    _independence.check_same_fit,
    _independence.check_fit_ignores_global_state,
    _independence.check_zero_weight,
    _untouched.check_random_state_untouched,
    _untouched.check_torch_settings_untouched,
    _untouched.check_inputs_untouched,
    _untouched.check_read_only,
    _untouched.check_predict_changes_nothing,
    _untouched.check_pickle,
    _untouched.check_pickle_size,
    _bad_input.check_nan,
    _bad_input.check_infinity,
    _bad_input.check_empty_sequence,
    _bad_input.check_empty_list,
    _bad_input.check_bare_string,
    _bad_input.check_text,
    _bad_input.check_feature_count,
    _bad_input.check_unequal_steps,
    _bad_input.check_unfitted,
    _bad_input.check_lengths_of_X_and_y,
    _splitting.check_train_test_split,
    _splitting.check_cross_validation,
    _splitting.check_grid_search,
)


def check_sequence_estimator(
    estimator: BaseEstimator,
    X: Any = None,
    y: Any = None,
    *,
    expected_failed_checks: Mapping[str, str] | None = None,
    on_skip: str | None = "warn",
    on_fail: str | None = "raise",
    callback: Callable | None = None,
) -> list[dict[str, Any]]:
    """Check that an estimator on sequences keeps the promise.

    The answer for a sequence depends on nothing but the sequence: not on padding, batch size,
    neighbours, order or the container. ``fit`` with the same `random_state` gives the same
    weights and leaves the caller's random state, settings and inputs untouched. A forward-only
    network never looks ahead. A weight of zero is the same as removal. A fitted estimator is
    not changed by prediction, and its pickle holds no training data. What cannot be used is
    refused with a message that says where it is. scikit-learn's own tools can split, clone and
    search it.

    scikit-learn's ``check_estimator`` covers what a table can show; this function covers the
    rest, and any estimator that follows scikit-learn's rules can be put to it.

    Parameters
    ----------
    estimator : estimator instance
        Cloned for every check, with each `random_state` set to 0. Its methods among
        ``predict``, ``predict_proba``, ``decision_function``, ``transform``, ``encode``,
        ``score_samples`` and ``hidden_states`` are asked, whichever it has and can answer
        without targets.
    X : SequenceArray, list of arrays of shape (n_steps, n_features), or list of str, \
            default=None
        Sequences to check with: about 20, short, of different lengths. None makes 24
        sequences of numbers with two features a step, or texts for an estimator whose tags
        say that it reads nothing else.
    y : array-like, list of str, or SequenceArray, default=None
        Their targets. With ``X=None`` they are made too: two classes for a classifier,
        positive numbers for a regressor, sequences of the same lengths for a
        ``Seq2SeqTransformer``; for a ``SequenceCaptioner``, captions of vectors; for an
        ``RNNTagger``, a label for each step.
    expected_failed_checks : dict of str to str, default=None
        Names of checks that fail, each with the reason. A name without its
        brackets, such as ``"check_container"``, stands for all of its kind.
    on_skip : {"warn"} or None, default="warn"
        Whether a check that does not apply gives a ``SkipTestWarning`` with the reason.
    on_fail : {"raise", "warn"} or None, default="raise"
        What a check that fails does, unless that was expected.
    callback : callable, default=None
        Called with the record of each check as soon as it is known.

    Returns
    -------
    list of dict
        A record for each check: ``estimator``, ``check_name``, ``status`` (``"passed"``,
        ``"failed"``, ``"skipped"`` or ``"xfail"``), ``exception`` (of a skipped check, it holds
        the reason), ``expected_to_fail`` and ``expected_to_fail_reason``.

    Raises
    ------
    AssertionError or any other exception
        What the first failing check raised, with its name as a note, under
        ``on_fail="raise"``.

    See Also
    --------
    parametrize_with_sequence_checks : The same checks as tests of pytest.
    sklearn.utils.estimator_checks.check_estimator : Checks on tables.

    Examples
    --------
    >>> from sksequence import SequenceScaler
    >>> from sksequence.testing import check_sequence_estimator
    >>> records = check_sequence_estimator(SequenceScaler(), on_skip=None)
    >>> [r["check_name"] for r in records if r["status"] == "failed"]
    []
    """
    _check_choice("on_skip", on_skip, ("warn", None))
    _check_choice("on_fail", on_fail, ("raise", "warn", None))
    records = []
    for checked, check in sequence_checks(estimator, X, y):
        name = _name(check)
        record = _run(checked, check, name, _reason(name, expected_failed_checks))
        records.append(record)
        if callback is not None:
            callback(**record)
        _tell(record, on_skip, on_fail)
    return records


def _run(estimator: Any, check: Callable, name: str, reason: str | None) -> dict[str, Any]:
    status = "passed"
    exception: Exception | None = None
    try:
        check(estimator)
    except SkipTest as skip:
        status, exception = "skipped", skip
    except Exception as error:
        status, exception = "failed" if reason is None else "xfail", error
    return {
        "estimator": estimator,
        "check_name": name,
        "status": status,
        "exception": exception,
        "expected_to_fail": reason is not None,
        "expected_to_fail_reason": reason,
    }


def _tell(record: dict[str, Any], on_skip: str | None, on_fail: str | None) -> None:
    kind, name = type(record["estimator"]).__name__, record["check_name"]
    if record["status"] == "skipped" and on_skip == "warn":
        message = f"{name} does not apply to {kind}: {record['exception']}."
        warnings.warn(message, SkipTestWarning, stacklevel=3)
    if record["status"] == "failed" and on_fail == "raise":
        record["exception"].add_note(f"This is {name} of {kind}.")
        raise record["exception"]
    if record["status"] == "failed" and on_fail == "warn":
        warnings.warn(f"{kind} fails {name}: {record['exception']}", UserWarning, stacklevel=3)


def sequence_checks(
    estimator: BaseEstimator, X: Any = None, y: Any = None
) -> Iterator[tuple[BaseEstimator, Callable[[BaseEstimator], None]]]:
    """The checks of `check_sequence_estimator`, one after the other.

    Parameters
    ----------
    estimator : estimator instance
        To be checked.
    X, y
        As in `check_sequence_estimator`.

    Yields
    ------
    estimator : estimator instance
        The same.
    check : callable
        ``check(estimator)`` returns nothing, or raises AssertionError with what is wrong or
        ``unittest.SkipTest`` with the reason why it does not apply.

    Examples
    --------
    >>> from sksequence import SequenceScaler
    >>> from sksequence.testing import sequence_checks
    >>> for estimator, check in sequence_checks(SequenceScaler()):
    ...     pass
    """
    examples = examples_for(estimator, X, y)
    for check in CHECKS:
        yield estimator, partial(run_isolated, check=check, examples=examples)


def parametrize_with_sequence_checks(
    estimators: Sequence[BaseEstimator | tuple],
    *,
    expected_failed_checks: Callable[[BaseEstimator], Mapping[str, str]] | None = None,
) -> Any:
    """A decorator that makes a test of each estimator and check.

    Parameters
    ----------
    estimators : sequence of estimators, or of tuples (estimator, X, y)
        What to check, and with which examples.
    expected_failed_checks : callable, default=None
        Gets an estimator and gives the names of the checks that it fails, each with the
        reason; they are marked ``xfail``.

    Returns
    -------
    pytest.mark.parametrize
        For a test with the arguments ``estimator`` and ``check``.

    Examples
    --------
    >>> from sksequence import SequenceScaler
    >>> from sksequence.testing import parametrize_with_sequence_checks
    >>> @parametrize_with_sequence_checks([SequenceScaler()])
    ... def test_promise(estimator, check):
    ...     check(estimator)
    """
    import pytest

    parameters = []
    for entry in estimators:
        estimator, X, y = entry if isinstance(entry, tuple) else (entry, None, None)
        expected = expected_failed_checks(estimator) if expected_failed_checks else None
        for checked, check in sequence_checks(estimator, X, y):
            name = _name(check)
            reason = _reason(name, expected)
            marks = [] if reason is None else [pytest.mark.xfail(reason=reason)]
            label = f"{' '.join(str(checked).split())}-{name}"
            parameters.append(pytest.param(checked, check, id=label, marks=marks))
    return pytest.mark.parametrize("estimator, check", parameters)


def _name(check: Any) -> str:
    if isinstance(check, partial) and "check" in check.keywords:
        check = check.keywords["check"]
    if not isinstance(check, partial):
        return check.__name__
    return f"{check.func.__name__}[{check.keywords['container']}]"


def _reason(name: str, expected: Mapping[str, str] | None) -> str | None:
    expected = expected or {}
    return expected.get(name, expected.get(name.partition("[")[0]))


def _check_choice(name: str, value: Any, choices: tuple) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}.")
