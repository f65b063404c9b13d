"""The answer for a sequence depends on nothing but the sequence."""

from __future__ import annotations

import random
import warnings
from typing import Any
from unittest import SkipTest

import numpy as np
import torch
from sklearn.utils.validation import has_fit_parameter

from sksequence.testing._answers import (
    Answers,
    answers,
    check_same,
    fit,
    is_seeded,
    pick_answers,
    refit,
)
from sksequence.testing._examples import (
    Examples,
    change,
    cut,
    is_text,
    join,
    lengths_of,
    longest,
    pick,
    scramble,
)


def check_padding(estimator: Any, examples: Examples) -> None:
    """A sequence answers the same beside one that is three times as long as any."""
    fitted = fit(estimator, examples)
    long = longest(examples.X, 3 * int(lengths_of(examples.X).max()))
    _same_beside(fitted, examples.X, long, "beside a much longer sequence")


def check_neighbours(estimator: Any, examples: Examples) -> None:
    """A sequence answers the same whatever the others, as long as before, hold."""
    fitted = fit(estimator, examples)
    n = len(examples)
    one = answers(fitted, join(examples.X, examples.X))
    other = answers(fitted, join(examples.X, scramble(examples.X)))
    check_same(pick_answers(one, range(n)), pick_answers(other, range(n)), "with its neighbours")


def _same_beside(fitted: Any, X: Any, neighbours: Any, when: str) -> None:
    alone = answers(fitted, X)
    with warnings.catch_warnings():  # the neighbours may be longer than all of fit
        warnings.simplefilter("ignore", UserWarning)
        beside = pick_answers(answers(fitted, join(X, neighbours)), range(len(X)))
    check_same(alone, beside, when)


def check_batch_size(estimator: Any, examples: Examples) -> None:
    """One by one, all at once and all many times over give the same answers."""
    fitted = fit(estimator, examples)
    n = len(examples)
    together = answers(fitted, examples.X)
    single = [answers(fitted, pick(examples.X, slice(i, i + 1))) for i in range(n)]
    alone: Answers = {name: [rows[name][0] for rows in single] for name in together}
    check_same(together, alone, "when it is alone")
    many = answers(fitted, pick(examples.X, np.tile(np.arange(n), 20)))
    check_same(together, pick_answers(many, range(19 * n, 20 * n)), "in a large batch")


def check_order(estimator: Any, examples: Examples) -> None:
    """The order of the sequences does not matter."""
    fitted = fit(estimator, examples)
    order = np.random.default_rng(0).permutation(len(examples))
    expected = pick_answers(answers(fitted, examples.X), order)
    check_same(expected, answers(fitted, pick(examples.X, order)), "with the order of X")


def check_repeated_prediction(estimator: Any, examples: Examples) -> None:
    """Asked twice, the same answer comes; what was asked before does not matter."""
    fitted = fit(estimator, examples)
    first = answers(fitted, examples.X)
    answers(fitted, pick(examples.X, slice(0, 3)))
    check_same(first, answers(fitted, examples.X), "when asked again", tolerance=0)


def check_length_one(estimator: Any, examples: Examples) -> None:
    """A sequence of a single step is a sequence."""
    fitted = fit(estimator, examples)
    if is_text(examples.X):
        short = Examples([max(x.split(), key=len) for x in examples.X], examples.y)
    else:
        short = examples.first_steps([1] * len(examples))
    _check_finite(answers(fitted, short.X))
    _check_finite(answers(fit(estimator, short), short.X))


def check_single_sequence(estimator: Any, examples: Examples) -> None:
    """One sequence alone gets one answer."""
    fitted = fit(estimator, examples)
    _check_finite(answers(fitted, pick(examples.X, slice(2, 3))))


def _check_finite(given: Answers) -> None:
    for name, rows in given.items():
        for i, row in enumerate(rows):
            if any(part.dtype.kind == "f" and not np.isfinite(part).all() for part in row):
                raise AssertionError(f"{name} gave {row} for sequence {i}: expected numbers.")


def check_same_fit(estimator: Any, examples: Examples) -> None:
    """The same `random_state` gives the same weights and answers, to the last bit."""
    if not is_seeded(estimator):
        raise SkipTest("the estimator has no random_state")
    first, second = fit(estimator, examples), fit(estimator, examples)
    _same_weights(first, second, "in a second clone")
    expected = answers(first, examples.X)
    check_same(expected, answers(second, examples.X), "in a second clone", tolerance=0)
    again = refit(first, examples)
    if not estimator.get_params().get("warm_start", False):
        _same_weights(second, again, "in a second fit")
        check_same(expected, answers(again, examples.X), "in a second fit", tolerance=0)


def check_fit_ignores_global_state(estimator: Any, examples: Examples) -> None:
    """With a `random_state`, the global random state does not matter."""
    if not is_seeded(estimator):
        raise SkipTest("the estimator has no random_state")
    given = []
    for number in (1_234_567, 7_654_321):
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(number)
        given.append(answers(fit(estimator, examples), examples.X))
    check_same(given[0], given[1], "with the global random state", tolerance=0)


def _same_weights(first: Any, second: Any, when: str) -> None:
    for name, module in modules_of(first).items():
        others = modules_of(second)[name].state_dict()
        for key, values in module.state_dict().items():
            if not np.array_equal(values.cpu().numpy(), others[key].cpu().numpy()):
                raise AssertionError(
                    f"the weights {key} of {name} differ {when} with the same random_state: draw "
                    "them and the batches from generators of your own."
                )


def modules_of(fitted: Any) -> dict[str, Any]:
    """The torch modules among the attributes, of the steps of a pipeline too."""
    owners = [fitted, *(step for _, step in getattr(fitted, "steps", ()))]
    return {
        f"{type(owner).__name__}.{name}": value
        for owner in owners
        for name, value in vars(owner).items()
        if hasattr(value, "state_dict") and hasattr(value, "parameters")
    }


def check_no_look_ahead(estimator: Any, examples: Examples) -> None:
    """What is said about a step does not change with the steps that follow it."""
    names = [name for name, value in estimator.get_params().items() if value is True]
    if any(name.split("__")[-1] == "bidirectional" for name in names):
        raise SkipTest("a bidirectional network looks ahead by design")
    if is_text(examples.X):
        raise SkipTest("texts have no steps to change")
    fitted = fit(estimator, examples)
    lengths = lengths_of(examples.X)
    whole = _step_answers(answers(fitted, examples.X), lengths)
    if not whole:
        raise SkipTest("no method answers for each step")
    half = (lengths + 1) // 2
    short = _step_answers(answers(fitted, cut(examples.X, half)), half)
    for name in whole.keys() & short.keys():
        begun = [tuple(p[:n] for p in row) for row, n in zip(whole[name], half, strict=True)]
        check_same({name: begun}, {name: short[name]}, "with the steps that follow")
    i = int(np.argmax(lengths))
    t = int(lengths[i]) - 1
    changed = _step_answers(answers(fitted, change(examples.X, i, t)), lengths)
    for name in whole.keys() & changed.keys():
        before, after = whole[name][i], changed[name][i]
        check_same(
            {name: [tuple(p[:t] for p in before)]},
            {name: [tuple(p[:t] for p in after)]},
            f"with step {t}, which comes later,",
        )


def _step_answers(given: Answers, lengths: np.ndarray) -> Answers:
    """Of the methods that answer for each step."""
    if lengths.min() == lengths.max():
        return {}
    return {
        name: rows
        for name, rows in given.items()
        if all(
            row and all(part.ndim and len(part) == n for part in row)
            for row, n in zip(rows, lengths, strict=True)
        )
    }


def check_zero_weight(estimator: Any, examples: Examples) -> None:
    """A sequence of weight zero is as good as not there."""
    if not has_fit_parameter(estimator, "sample_weight"):
        raise SkipTest("fit takes no sample_weight")
    n = len(examples)
    dropped = np.arange(n) % 4 == 1
    X = examples.X
    for i in np.flatnonzero(dropped):
        try:
            X = change(X, int(i), 0, value=1e3)  # which would move any mean
        except SkipTest:
            break
    y = examples.y
    if isinstance(y, np.ndarray) and y.dtype.kind in "fiu":
        y = np.where(dropped if y.ndim == 1 else dropped[:, np.newaxis], np.roll(y, 1, axis=0), y)
    weights = np.where(dropped, 0.0, 1.0)
    weighted = fit(estimator, Examples(X, y), sample_weight=weights)
    kept = examples[np.flatnonzero(~dropped)]
    removed = fit(estimator, kept, sample_weight=weights[~dropped])
    check_same(
        answers(removed, examples.X),
        answers(weighted, examples.X),
        "when sequences of weight zero are removed",
    )
