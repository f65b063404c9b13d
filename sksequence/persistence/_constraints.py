"""Whether an estimator has all its parameters, and each of them a value that it accepts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from inspect import Parameter, signature

import sklearn

from sksequence.persistence._walk import shortened
from sksequence.utils._sklearn import validate_parameter_constraints


def _parameters_of(kind: type) -> dict[str, Parameter]:
    named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    every = signature(kind).parameters
    return {name: parameter for name, parameter in every.items() if parameter.kind in named}


def completed(kind: type, state: dict) -> dict:
    """The state with the defaults of parameters that the version that wrote it did not have.

    Parameters
    ----------
    kind : type
        Of an estimator.
    state : dict
        Its attributes.
    """
    theirs = kind.__module__.startswith("sklearn.")
    if theirs and state.get("_sklearn_version") == sklearn.__version__:
        return state
    known = _parameters_of(kind).items()
    later = {name: p.default for name, p in known if p.default is not Parameter.empty}
    return {**later, **state}


def unaccepted(kind: type, state: dict) -> Iterator[str]:
    """Parameters that are missing, or that the estimator's own constraints refuse."""
    constraints = getattr(kind, "_parameter_constraints", {})
    for name in _parameters_of(kind):
        if name not in state:
            yield f"{name} is missing, which is a parameter of every {kind.__name__}"
        elif name in constraints:
            try:
                validate_parameter_constraints(
                    {name: constraints[name]}, {name: state[name]}, kind.__name__
                )
            except ValueError as error:
                said = textwrap.shorten(str(error).rstrip("."), 300)
                yield f"{name} is {shortened(state[name])}, which is refused: {said}"
