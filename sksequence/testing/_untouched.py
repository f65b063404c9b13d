"""What fit and predict must leave as it was, and what an estimator must not keep."""

from __future__ import annotations

import pickle
import random
from typing import Any

import joblib
import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from sksequence.inputs import Channel, SequenceArray
from sksequence.testing._answers import answers, check_same, fit, fresh, methods_of, refit
from sksequence.testing._examples import Examples
from sksequence.testing._independence import modules_of
from sksequence.testing._isolation import cuda_states

UNUSUAL = 1_798_233_407

# A pickle may hold so much beside the weights: names, parameters, a record of the training.
BESIDE_WEIGHTS = 20_000


def check_random_state_untouched(estimator: Any, examples: Examples) -> None:
    """The global random states of Python, numpy and torch do not move."""
    for seed in (random.seed, np.random.seed, torch.manual_seed):  # torch's is CUDA's too
        seed(UNUSUAL)  # whoever sets a seed sets another one
    before = _random_states()
    fitted = fit(estimator, examples)
    _compare(before, _random_states(), "fit", "use generators of your own")
    answers(fitted, examples.X)
    _compare(before, _random_states(), "predict", "use generators of your own")


def _random_states() -> dict[str, Any]:
    return {
        "random state of Python": random.getstate(),
        "random state of numpy": joblib.hash(np.random.get_state()),
        "random state of torch": torch.get_rng_state().numpy().tobytes(),
        "random state of CUDA": [state.numpy().tobytes() for state in cuda_states()],
    }


def check_torch_settings_untouched(estimator: Any, examples: Examples) -> None:
    """Threads, default dtype, gradient mode and numpy's error state are the caller's."""
    torch.set_num_threads(3)  # a number that nobody sets by chance
    before = _settings()
    fitted = fit(estimator, examples)
    _compare(before, _settings(), "fit", "set it back when done, also after an error")
    answers(fitted, examples.X)
    _compare(before, _settings(), "predict", "set it back when done, also after an error")


def _settings() -> dict[str, Any]:
    return {
        "number of torch threads": torch.get_num_threads(),
        "default dtype of torch": torch.get_default_dtype(),
        "gradient mode of torch": torch.is_grad_enabled(),
        "inference mode of torch": torch.is_inference_mode_enabled(),
        "setting of deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "error state of numpy": tuple(np.geterr().items()),
    }


def _compare(before: dict, after: dict, method: str, remedy: str) -> None:
    for what, value in before.items():
        if after[what] != value:
            shown = f" from {value} to {after[what]}" if len(str(value)) < 40 else ""
            raise AssertionError(f"{method} changes the {what}{shown}: {remedy}.")


def check_inputs_untouched(estimator: Any, examples: Examples) -> None:
    """X, y and the weights hold the same values afterwards."""
    X, y, weights = _copies(examples, estimator)
    before = joblib.hash((X, y, weights))
    fitted = refit(fresh(estimator), Examples(X, y), **weights)
    if joblib.hash((X, y, weights)) != before:
        raise AssertionError("fit changes its input: work on a copy.")
    answers(fitted, X)
    if joblib.hash(X) != joblib.hash(_copies(examples, estimator)[0]):
        raise AssertionError(f"{' or '.join(methods_of(fitted))} changes its input: copy it.")


def check_read_only(estimator: Any, examples: Examples) -> None:
    """Read-only input (as parallel workers get it) is taken."""
    X, y, weights = _copies(examples, estimator)
    for array in _arrays_in(X, y, weights):
        array.flags.writeable = False
    fitted = refit(fresh(estimator), Examples(X, y), **weights)
    answers(fitted, X)


def _copies(examples: Examples, estimator: Any) -> tuple[Any, Any, dict]:
    weights = {}
    if has_fit_parameter(estimator, "sample_weight"):
        weights["sample_weight"] = np.linspace(0.0, 2.0, len(examples))
    X, y = pickle.loads(pickle.dumps((examples.X, examples.y)))
    return X, y, weights


def _arrays_in(X: Any, y: Any, weights: dict) -> list[np.ndarray]:
    if isinstance(X, SequenceArray):
        channels = X.channels.values()
        arrays = [X.offsets, X.context, *(a for c in channels for a in _arrays_of(c))]
    else:
        arrays = list(X)
    return [a for a in (*arrays, y, *weights.values()) if isinstance(a, np.ndarray)]


def _arrays_of(channel: Channel) -> tuple:
    return channel.values, channel.vectors, channel.item_offsets


def check_predict_changes_nothing(estimator: Any, examples: Examples) -> None:
    """No method but fit changes the estimator."""
    fitted = fit(estimator, examples)
    for method in methods_of(fitted):
        before = _prints(fitted)
        getattr(fitted, method)(examples.X)
        after = _prints(fitted)
        changed = [name for name in before | after if before.get(name) != after.get(name)]
        if changed:
            raise AssertionError(
                f"{method} changes the attributes {changed}: a fitted estimator stays as it is "
                "(a network must be in eval mode after fit)."
            )


def _prints(fitted: Any) -> dict[str, str]:
    return {name: joblib.hash(value) for name, value in vars(fitted).items()}


def check_params(estimator: Any, examples: Examples) -> None:
    """clone, get_params and set_params agree, and fit leaves the parameters alone."""
    fitted = fresh(estimator)
    before = _plain_params(fitted)
    refit(fitted, examples)
    for name, value in _plain_params(fitted).items():
        if value != before[name]:
            raise AssertionError(
                f"fit changes the parameter {name!r}: keep what is learned or derived in an "
                "attribute with a trailing underscore."
            )
    copy = clone(fitted)
    learned = [name for name in vars(copy) if name.endswith("_") and name[0] != "_"]
    if learned:
        raise AssertionError(f"a clone has the learned attributes {learned}: expected none.")
    copy.set_params(**copy.get_params(deep=False))
    for name, value in _plain_params(copy).items():
        if value != before[name]:
            raise AssertionError(f"the parameter {name!r} does not survive clone and set_params.")


def _plain_params(estimator: Any) -> dict[str, str]:
    """Parameters that hold no estimator (a pipeline fits its steps in place)."""
    return {
        name: joblib.hash(value)
        for name, value in estimator.get_params().items()
        if not _holds_estimators(value)
    }


def _holds_estimators(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_estimators, value))
    return hasattr(value, "fit")


def check_pickle(estimator: Any, examples: Examples) -> None:
    """A pickle gives the same answers."""
    fitted = fit(estimator, examples)
    expected = answers(fitted, examples.X)
    loaded = pickle.loads(pickle.dumps(fitted))
    check_same(expected, answers(loaded, examples.X), "after a pickle")
    check_same(expected, answers(fitted, examples.X), "when it has been pickled", tolerance=0)


def check_pickle_size(estimator: Any, examples: Examples) -> None:
    """A pickle holds weights and vocabulary, not the training data, optimiser or loader."""
    fitted = _quick(estimator, examples)
    small = len(pickle.dumps(fitted))
    more = examples[np.tile(np.arange(len(examples)), 40)]
    large = len(pickle.dumps(_quick(estimator, more)))
    n_more = len(more) - len(examples)
    allowed = 2 * n_more + 1000
    if large - small > allowed:
        raise AssertionError(
            f"the pickle grows by {large - small} bytes when {n_more} repeated sequences are "
            f"added to the training data, but {allowed} are allowed: do not keep X, y or anything "
            "else of their size."
        )
    modules = modules_of(fitted).values()
    weights = sum(v.numel() * v.element_size() for m in modules for v in m.state_dict().values())
    if weights and small > 1.2 * weights + BESIDE_WEIGHTS:
        raise AssertionError(
            f"the pickle has {small} bytes, but the weights only {weights}: do not keep the "
            "optimiser, gradients or copies of the weights."
        )


def _quick(estimator: Any, examples: Examples) -> Any:
    estimator = fresh(estimator)
    if "max_epochs" in estimator.get_params():
        estimator.set_params(max_epochs=1)  # one is enough to see what is kept
    return refit(estimator, examples)


def check_fit_returns_self(estimator: Any, examples: Examples) -> None:
    """``fit`` gives the estimator itself."""
    estimator = fresh(estimator)
    result = refit(estimator, examples)
    if result is not estimator:
        raise AssertionError(f"fit gave {result!r}: expected the estimator itself.")
