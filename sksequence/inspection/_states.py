"""What the units of a recurrent layer do at every step, and which of them mean something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from sksequence.inputs import SequenceArray
from sksequence.inspection._opened import Opened, check_recurrent, opened

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class LayerStates:
    """States and gates of one layer over one sequence, in the order of time.

    Parameters
    ----------
    name : str
        Of the layer.
    states, gates : dict of str to ndarray of shape (n_steps, n_units)
    tokens : list of str or None
        The words or characters of the sequence.
    """

    name: str
    states: dict[str, np.ndarray]
    gates: dict[str, np.ndarray]
    tokens: list[str] | None


def states_of(estimator: Any, sequence: Any, layer: int | str, what: str) -> LayerStates:
    """Run a fitted estimator over one sequence and watch a layer.

    Raises
    ------
    TypeError
        For an estimator without recurrent layers or without ``hidden_states``.
    ValueError
        For a layer that is not there.
    """
    X = sequence if isinstance(sequence, SequenceArray) else [sequence]
    if len(X) == 1 and _are_several(sequence):
        X = sequence
    if len(X) != 1:
        raise ValueError(
            f"{what} shows one sequence, got {len(X)}: give one of them, such as X[0]."
        )
    inside = opened(estimator, X, what)
    check_recurrent(inside.estimator, what)
    _check_states(inside.estimator, what)
    from sksequence.inspection._loss_batch import in_double
    from sksequence.inspection._trace import traced

    view = in_double(inside.estimator)
    with traced(view.network_) as traces:
        n_steps = int(view.hidden_states(inside.X).lengths[0])
    trace = _chosen([trace for trace in traces if trace.inputs], layer, what)
    order = slice(None, None, -1 if trace.layer.runs_backward else 1)
    names = getattr(trace.cell, "state_names", None) or ("h", "c")[: len(trace.after)]
    own = slice(len(trace.states) - n_steps, None)  # a language model reads a start before them
    states = {
        name: part[0].numpy()[own][order] for name, part in zip(names, trace.after, strict=False)
    }
    gates = {
        name: np.stack([kept[name][0].numpy() for kept in trace.kept])[own][order]
        for name in trace.cell.gates
    }
    tokens = inside.tokens(0, n_steps)
    return LayerStates(trace.name, states, gates, tokens)


def _are_several(sequences) -> bool:
    """Whether a list holds sequences of unequal length, so that it cannot be one of them."""
    if not isinstance(sequences, list) or any(not isinstance(s, np.ndarray) for s in sequences):
        return False
    return len({s.shape[:1] for s in sequences if s.ndim}) > 1


def _check_states(estimator, what):
    if not hasattr(estimator, "hidden_states"):
        raise TypeError(
            f"{what} needs an estimator that gives its states at every step (hidden_states), such "
            f"as RNNClassifier or RNNRegressor, got {type(estimator).__name__}."
        )


def _chosen(traces, layer, what):
    names = [trace.name for trace in traces]
    if isinstance(layer, str):
        if layer in names:
            return traces[names.index(layer)]
    else:
        forward = [trace for trace in traces if not trace.layer.runs_backward]
        if -len(forward) <= layer < len(forward):
            return forward[layer]
    raise ValueError(
        f"{what} has no layer {layer!r}: give a number (0 is the first, -1 the last) or one of "
        f"{', '.join(map(repr, names))}."
    )


def find_units(
    estimator: Any, X: Any, property: Callable | Any, *, max_units: int | None = None
) -> pd.DataFrame:
    """Rank units by how well each alone tells a property of the steps.

    Units that follow a property of their own were first shown for language models (Karpathy,
    Johnson and Fei-Fei, 2015): inside quotes, position in the line, depth of brackets.

    Parameters
    ----------
    estimator : fitted estimator, Pipeline that ends with one, or search over either
        Anything with ``hidden_states``.
    X : sequences, or one text
        As in ``fit``.
    property : callable, or list of array-like of shape (n_steps,)
        A number, or True and False, for each step of each sequence; NaN where a step is not to
        count. A callable is given each sequence (of text the list of its words or characters)
        and returns them.
    max_units : int, default=None
        Keep only so many units; None: all.

    Returns
    -------
    DataFrame
        The best unit first. ``unit`` is its column in ``hidden_states``; ``correlation`` is
        Pearson's; where the property has two values, ``auc`` is the area under the ROC curve, the
        chance that the unit is larger at a step that has the property than at one that has not
        (near 0, it is smaller).

    Raises
    ------
    TypeError
        If the estimator has no ``hidden_states``.
    ValueError
        If the property has another number of steps than a sequence, or never changes.

    See Also
    --------
    StateDisplay : A text coloured by the unit that was found.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNClassifier
    >>> from sksequence.inspection import find_units
    >>> X = np.random.default_rng(0).normal(size=(50, 12))
    >>> classifier = RNNClassifier(hidden_size=4, max_epochs=2, random_state=0)
    >>> classifier = classifier.fit(X, X.sum(axis=1) > 0)
    >>> units = find_units(classifier, X, lambda sequence: np.cumsum(sequence) > 0)
    >>> units.columns.tolist()
    ['unit', 'auc', 'correlation']
    """
    inside = opened(estimator, [X] if isinstance(X, str) else X, "find_units")
    _check_states(inside.estimator, "find_units")
    states = inside.estimator.hidden_states(inside.X)
    wanted = np.concatenate(_properties(inside, states.lengths, property))
    there = np.isfinite(wanted)
    values, wanted = states.only.values[there], wanted[there]
    if len(np.unique(wanted)) < 2:
        raise ValueError(
            "the property has the same value at every step, so no unit can tell it: give sequences "
            "in which it changes."
        )
    return _ranked(np.asarray(values, dtype=np.float64), wanted).head(max_units or values.shape[1])


def _properties(inside: Opened, lengths, property) -> list[np.ndarray]:
    """The property of each sequence, checked."""
    if not callable(property) and len(property) != len(lengths):
        raise ValueError(
            f"property has values for {len(property)} sequences, but X has {len(lengths)}: give "
            "one array for each, or a callable."
        )
    found = []
    for i, n_steps in enumerate(lengths):
        if callable(property):
            tokens = inside.tokens(i, n_steps)
            given = property(inside.sequence(i) if tokens is None else tokens)
        else:
            given = property[i]
        values = np.asarray(given, dtype=np.float64)
        if values.size != n_steps:
            raise ValueError(
                f"property has {values.size} values for sequence {i}, which has {n_steps} steps: "
                "give one number for each step (of text, each word or character)."
            )
        found.append(values.ravel())
    return found


def _ranked(values, wanted):
    import pandas as pd

    columns = {"unit": np.arange(values.shape[1])}
    low, high = wanted.min(), wanted.max()
    if ((wanted == low) | (wanted == high)).all():
        columns["auc"] = _area(values, wanted == high)
    columns["correlation"] = _correlation(values, wanted)
    frame = pd.DataFrame(columns)
    strength = (frame["auc"] - 0.5 if "auc" in columns else frame["correlation"]).abs()
    order = strength.sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _area(values, holds):
    """Area under the ROC curve of each column (Mann and Whitney's U, ties counted half)."""
    n = holds.sum()
    ranks = rankdata(values, axis=0)[holds].sum(axis=0)
    return (ranks - n * (n + 1) / 2) / (n * (len(holds) - n))


def _correlation(values, wanted):
    """Pearson's, 0 for a unit that never changes."""
    values, wanted = values - values.mean(axis=0), wanted - wanted.mean()
    scale = np.sqrt((values**2).sum(axis=0) * (wanted**2).sum())
    return np.divide(wanted @ values, scale, out=np.zeros(values.shape[1]), where=scale > 0)
