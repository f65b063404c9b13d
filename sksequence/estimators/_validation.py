"""Checks of targets and answers, and which sequences are held back to decide when to stop."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import column_or_1d

from sksequence.estimators._watching import remember_held_back
from sksequence.inputs import SequenceArray
from sksequence.inputs._names import misplaced, quoted

AUTO_FROM = 300
# Orders of groups that are tried, to find a part of the right size and with all classes.
DRAWS = 50
SHOWN = 8  # classes in a message


WAYS = {
    "random": "a part drawn at random, of every class as large a share as of the whole (that is "
    "stratified already) and whole groups where groups are given",
    "last": "the last sequences",
}


def check_way_of_holding_back(estimator) -> None:
    """Raise ValueError for a word that names no way, and say what each of them does."""
    word = estimator.validation
    if not isinstance(word, str) or word in WAYS:
        return  # other types are refused with all other parameters
    known = "; ".join(f"{way!r}, {what}" for way, what in WAYS.items())
    raise ValueError(
        f"validation of {type(estimator).__name__} must be one of {known}; got {word!r}. To hold "
        "back other sequences than these, split them yourself and give fit(X, y, X_val=..., "
        "y_val=...)."
    )


def hold_back(estimator, X, y, weights, labels, rng: np.random.Generator, groups=None):
    """Split (X, y, weights) into the part to train on and validation data (or None)."""
    train_at, valid_at = held_back_by(estimator, len(X), labels, rng, groups)
    if valid_at is None:
        return (X, y, weights), None
    return tuple(
        (X[at], y[at], None if weights is None else weights[at]) for at in (train_at, valid_at)
    )


def held_back_by(estimator, n: int, labels, rng: np.random.Generator, groups=None):
    """`held_back` as an estimator's parameters say; callbacks may ask for the positions."""
    train_at, valid_at = held_back(
        n,
        labels,
        estimator.early_stopping,
        estimator.validation_fraction,
        rng,
        groups,
        getattr(estimator, "validation", "random"),
    )
    remember_held_back(estimator, valid_at)
    if labels is not None and valid_at is not None:
        _warn_of_untrained(estimator, labels, train_at, valid_at, groups is not None)
    return train_at, valid_at


def _warn_of_untrained(estimator, labels, train_at, valid_at, grouped: bool) -> None:
    """Warn of classes of which every sequence is held back."""
    names, trained, held = "classes", np.unique(labels[train_at]), np.unique(labels[valid_at])
    if labels.ndim == 2:
        names, (trained, held) = (
            "labels of the columns",
            (np.flatnonzero(labels[at].any(axis=0)) for at in (train_at, valid_at)),
        )
    lost = np.setdiff1d(held, trained).tolist()
    if not lost:
        return
    told = ", ".join(map(repr, lost[:SHOWN])) + (", ..." if len(lost) > SHOWN else "")
    if grouped:
        remedy = "give these classes several groups each"
    elif estimator.validation == "last":
        remedy = "set validation='random', shuffle X and y"
    else:
        remedy = "give these classes several sequences each"
    warnings.warn(
        f"all sequences of the {names} {told} are in the part that is held back to decide when to "
        f"stop ({len(valid_at)} of {len(labels)} sequences), so {type(estimator).__name__} never "
        f"learns them: {remedy}, give X_val and y_val, or set early_stopping=False.",
        UserWarning,
        stacklevel=4,
    )


def held_back(
    n: int,
    labels,
    early_stopping,
    fraction: float,
    rng: np.random.Generator,
    groups: np.ndarray | None = None,
    which: str = "random",
):
    """Positions to train on and positions to validate on (None: train on all).

    ``early_stopping="auto"`` holds back from `AUTO_FROM` sequences on. With `labels` the split
    is stratified where every class is large enough; with `groups`, as ``check_groups`` gives
    them, no group is on both sides. ``which="last"`` holds back the last ones.
    """
    wanted = n >= AUTO_FROM if early_stopping == "auto" else early_stopping
    if not wanted:
        return np.arange(n), None
    n_valid = int(np.ceil(fraction * n))
    if n_valid >= n:
        raise ValueError(
            f"validation_fraction={fraction} of {n} sequences leaves none to train on: lower it "
            "or set early_stopping=False."
        )
    if which == "last":
        if groups is not None:
            raise ValueError(
                "validation='last' holds back the last sequences, whatever their groups: leave "
                "groups out, or set validation='random' to hold back whole groups."
            )
        return np.arange(n - n_valid), np.arange(n - n_valid, n)
    if groups is not None:
        held = _whole_groups(groups, labels, fraction, rng)
        return np.flatnonzero(~held), np.flatnonzero(held)
    seed = int(rng.integers(2**31))
    train, valid = train_test_split(
        np.arange(n),
        test_size=n_valid,
        random_state=seed,
        stratify=_strata(labels, n_valid),
    )
    return np.sort(train), np.sort(valid)


def _strata(labels, n_valid: int):
    if labels is None or labels.ndim != 1:
        return None
    classes, counts = np.unique(labels, return_counts=True)
    n_train = len(labels) - n_valid
    fits = counts.min() >= 2 and len(classes) <= min(n_valid, n_train)
    return labels if fits else None


def _whole_groups(groups: np.ndarray, labels, fraction: float, rng) -> np.ndarray:
    """Which sequences are held back: of the parts drawn, the one closest to the fraction.

    That is, with `labels`, to the fraction of each class.
    """
    _, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) == 1:
        raise ValueError(
            f"all {len(groups)} sequences are of one group ({groups.tolist()[0]!r}), so it cannot "
            "be held back whole: leave groups out, give X_val and y_val, or set "
            "early_stopping=False."
        )
    if labels is None:
        labels = np.zeros(len(groups), dtype=int)
    elif labels.ndim == 1:
        labels = np.unique(labels, return_inverse=True)[1]
    wanted = fraction * _counts(labels)
    best, least = None, np.inf
    for _ in range(DRAWS):
        order = rng.permutation(len(sizes))
        n_first = np.cumsum(sizes[order])[:-1]  # at least one group is left to train on
        n_held = 1 + int(np.argmin(np.abs(n_first - fraction * len(groups))))
        held = np.isin(members, order[:n_held])
        off = np.abs(_counts(labels, held) - wanted).sum()
        if off < least:
            best, least = held, off
    return best


def _counts(labels: np.ndarray, held: np.ndarray | None = None) -> np.ndarray:
    """How often each label holds, in all sequences or in those held back."""
    chosen = labels if held is None else labels[held]
    if labels.ndim == 2:
        return chosen.sum(axis=0)
    return np.bincount(chosen, minlength=int(labels.max()) + 1)


def check_groups(X, groups, rows=None) -> np.ndarray | None:
    """The group of each sequence, checked; None if there are none."""
    if groups is None:
        return None
    check_same_order(X if rows is None else rows, groups, "groups")
    groups = column_or_1d(groups, input_name="groups")
    if len(groups) != len(X):
        raise ValueError(
            f"X has {len(X)} sequences, but groups has {len(groups)} entries: give the group of "
            "each sequence, in the same order."
        )
    for i, group in enumerate(groups.tolist()):
        if _is_missing(group):
            raise ValueError(
                f"the group of sequence {i} is missing (groups[{i}] is {group!r}): give it one, "
                "or a group of its own."
            )
    return groups


def refuse_booleans(sample_weight) -> None:
    """Raise TypeError for weights that are True or False, which may be meant as a choice."""
    if isinstance(sample_weight, (bool, np.bool_)):
        where = "sample_weight is a bool"
    elif getattr(getattr(sample_weight, "dtype", None), "kind", "O") == "O":
        place = _first_boolean(sample_weight)
        where = None if place is None else f"sample_weight[{place}] is a bool"
    else:
        where = "sample_weight holds bools" if sample_weight.dtype.kind == "b" else None
    if where is None:
        return
    raise TypeError(
        f"{where}, but a weight is a number >= 0: to choose sequences, index X and y with the "
        "booleans (X[chosen], y[chosen]); if 0 and 1 are meant, give "
        "np.asarray(sample_weight, dtype=float)."
    )


def _first_boolean(weights) -> str | None:
    """The place of the first boolean, among weights of sequences or of their steps."""
    for i, weight in enumerate(weights if isinstance(weights, Iterable) else ()):
        if isinstance(weight, (bool, np.bool_)):
            return str(i)
        if isinstance(weight, np.ndarray) and weight.dtype.kind == "b" and weight.size:
            return f"{i}][0"
        if isinstance(weight, (list, tuple)):
            for t, part in enumerate(weight):
                if isinstance(part, (bool, np.bool_)):
                    return f"{i}][{t}"
    return None


def check_class_weight_numbers(class_weight, name: str) -> None:
    """Raise TypeError for weights of classes that are True or False."""
    tables = class_weight if isinstance(class_weight, list) else [class_weight]
    for table in tables:
        for label, weight in table.items() if isinstance(table, dict) else ():
            if isinstance(weight, (bool, np.bool_)):
                raise TypeError(
                    f"class_weight[{label!r}] of {name} is {bool(weight)}, a bool, but a weight is "
                    "a number >= 0: give 1.0 for a class that counts as it is, 0.0 for one that "
                    "does not count."
                )


def check_one_target_each(X, y, X_name="X", y_name="y"):
    """Raise ValueError unless there are as many targets as sequences."""
    if len(X) != len(y):
        raise ValueError(
            f"{X_name} has {len(X)} sequences, but {y_name} has {len(y)} targets: give one for "
            "each sequence, in the same order."
        )


def check_same_columns(y: np.ndarray, y_val: np.ndarray):
    """Raise ValueError unless the encoded targets `y_val` are as wide as `y`."""
    if y.shape[1:] != y_val.shape[1:]:
        widths = [array.shape[1] if array.ndim > 1 else 1 for array in (y, y_val)]
        raise ValueError(
            f"y_val has {widths[1]} column(s), but y has {widths[0]}: give the same targets in "
            "both."
        )


def check_same_order(X, y, y_name: str = "y", X_name: str = "X"):
    """Raise ValueError if `y` (in pandas, or sequences) names the sequences in another order.

    scikit-learn goes by position, and so do all scores: nothing is put in order in silence.
    """
    if is_column(X):
        check_same_rows(X, y, y_name, X_name)
        return
    names, labels = names_of_sequences(X), _labels(y)
    if names is None or labels is None:
        return
    i = misplaced(names, labels)
    if i is None:
        return
    raise ValueError(
        f"{y_name} is indexed by the names of the sequences, but in another order than {X_name}: "
        f"position {i} is {quoted(labels, i)} in {y_name} and {quoted(names, i)} in {X_name}. Put "
        f"it in order with {_in_order(y, y_name)}, where names = index.unique(level=0) of the long "
        f"DataFrame or names = {X_name}.names of the SequenceArray; or, if it goes by position, "
        f"give {_by_position(y, y_name)}."
    )


def is_column(X) -> bool:
    """Whether it is a pandas Series or column with a sequence a row."""
    if not hasattr(X, "iloc") or X.index.nlevels > 1:
        return False
    return X.ndim == 1 or (X.shape[1] == 1 and X.dtypes.iloc[0].kind not in "biufc")


def check_same_rows(X, y, y_name: str = "y", X_name: str = "X"):
    """Raise ValueError if `y` has the rows of a pandas `X` in another order, or other rows.

    A default index of y, 0, 1, ..., goes by position, and so do labels of another kind: those
    that stand at no place where X has them.
    """
    names, labels = X.index, _labels(y)
    if labels is None or len(labels) != len(names) or labels.equals(names):
        return
    if labels.tolist() == list(range(len(labels))):
        return
    where, i = "has the index of {} in another order", misplaced(names, labels)
    remedy = f"Put it in order with {_in_order(y, y_name, f'{X_name}.index')}"
    if i is None:
        where, i = "has not the same index as {}", _other_row(names, labels)
        remedy = (
            f"Keep the rows that both have, {X_name}.loc[common] and {y_name}.loc[common] with "
            f"common = {X_name}.index.intersection({y_name}.index)"
        )
    if i is None:
        return
    raise ValueError(
        f"{y_name} {where.format(X_name)}: position {i} is {quoted(labels, i)} in {y_name} and "
        f"{quoted(names, i)} in {X_name}. {remedy}; or, if it goes by position, give "
        f"{_by_position(y, y_name)}."
    )


def _other_row(names, labels) -> int | None:
    """The first place where two indices differ that are alike at other places, if X has names."""
    if names.tolist() == list(range(len(names))):
        return None
    same = np.asarray(names, dtype=object) == np.asarray(labels, dtype=object)
    return int(np.argmin(same)) if same.any() else None


def _labels(y):
    """The index of targets, one label a sequence; None if there is none."""
    if hasattr(y, "iloc") and y.index.nlevels == 1:
        return y.index
    return names_of_sequences(y)


def _in_order(y, name: str, names: str = "names") -> str:
    if isinstance(y, SequenceArray):
        return f"{name}[pandas.Index({name}.names).get_indexer({names})]"
    return f"{name}.loc[{names}]"


def _by_position(y, name: str) -> str:
    if isinstance(y, SequenceArray):
        return f"SequenceArray({name}.channels, {name}.offsets), which has no names"
    if y.index.nlevels > 1:
        return f"a list of arrays, SequenceArray.from_frame({name}).to_list()"
    return f"{name}.to_numpy()"


def names_of_sequences(X):
    """The index of the sequences of a long DataFrame or a SequenceArray; None if unknown."""
    if hasattr(X, "iloc") and X.index.nlevels == 2:
        return X.index.get_level_values(0).unique()
    if isinstance(X, SequenceArray) and X.names is not None:
        import pandas as pd

        return pd.Index(X.names)
    return None


def check_no_missing_label(y):
    """Raise ValueError for a label that is None, NaN or NA, which numpy would take for a text."""
    kind = getattr(getattr(y, "dtype", None), "kind", None)
    if not isinstance(y, list) and (kind != "O" or y.ndim != 1):
        return
    for i, label in enumerate(y):
        if _is_missing(label):
            raise ValueError(
                f"the label of sequence {i} is missing (y[{i}] is {label!r}): drop the sequence, "
                "or give it a label."
            )


def _is_missing(label) -> bool:
    nan = isinstance(label, float) and label != label
    return label is None or nan or type(label).__name__ == "NAType"


def check_answers(values: np.ndarray, X):
    """Raise ValueError where a network that was trained on finite numbers gives none."""
    if np.isfinite(values.sum()) or np.isfinite(values).all():
        return
    i = int(np.argmin(np.isfinite(values).all(axis=1)))
    raise ValueError(
        f"the network gives {values[i].tolist()} for sequence {i}, which is no number: X holds "
        "values far larger than those it was fitted on; look at that sequence."
    )
