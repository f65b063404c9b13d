"""From what the user gives a tagger to what it is trained on."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.estimators._containers import count, take
from sksequence.estimators._tagger_decoding import Transitions
from sksequence.estimators._tagger_labels import (
    StepLabels,
    Tagged,
    check_lengths,
    check_order,
    class_weights,
    kept_sequences,
    of_kept,
    read_labels,
    read_weights,
)
from sksequence.estimators._tagger_reading import learn_input
from sksequence.estimators._validation import held_back_by
from sksequence.inputs import SequenceArray
from sksequence.tasks import Tagging
from sksequence.tasks._tagging import UNLABELLED

LEARNED = ("network_", "n_features_in_", "feature_names_in_", "_n_steps_in", "reader_")


def read_training(
    estimator: Any, X: Any, y: Any, sample_weight: Any, keep: bool
) -> tuple[SequenceArray, StepLabels, np.ndarray | None, np.ndarray | None]:
    """Sequences, labels, weights of sequences and weights of steps; none has weight zero.

    With `keep`, X must fit the network that is there; else it is learned how X is read.
    """
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y "
            "is None."
        )
    check_order(X, y)
    weights, steps = None, None
    if sample_weight is not None:
        check_order(X, sample_weight, "sample_weight")
        weights, steps = read_weights(sample_weight, count(X))
        kept = kept_sequences(weights, steps)
        if kept is not None and count(y) == count(X):
            X, y = take(X, kept), take(y, kept)
            weights = None if weights is None else weights[kept]
            steps = None if steps is None else of_kept(steps, kept)
    if keep:
        sequences = estimator.reader_.read(X, estimator)
    else:
        for name in LEARNED:
            estimator.__dict__.pop(name, None)
        estimator.reader_, sequences = learn_input(X, estimator)
    labels = read_labels(y, "y", estimator.ignore_label)
    check_lengths(sequences, labels)
    if not labels.labelled.any():
        raise ValueError(
            f"no step of y has a label (all are ignore_label={estimator.ignore_label!r}): at least "
            "some are needed to learn from."
        )
    return sequences, labels, weights, _step_weights(steps, sequences)


def _step_weights(steps, X: SequenceArray) -> np.ndarray | None:
    if steps is None:
        return None
    weights, lengths = steps
    if not np.array_equal(lengths, X.lengths):
        i = int(np.argmax(lengths != X.lengths))
        raise ValueError(
            f"sample_weight[{i}] has {lengths[i]} weights, but sequence {i} has {X.lengths[i]} "
            "steps: give one for each step, or one for each sequence."
        )
    return weights


def encode(
    estimator: Any,
    task: Tagging,
    X: SequenceArray,
    labels: StepLabels,
    weights: np.ndarray | None,
    step_weights: np.ndarray | None,
    name: str = "y",
) -> Tagged:
    """Labels as class numbers; what has no weight is unlabelled.

    Raises
    ------
    ValueError
        If a label is unknown, or the scheme is violated.
    """
    labelled = labels.labelled
    if step_weights is not None:
        labelled = labelled & (step_weights > 0)
    ids = np.full(len(labelled), UNLABELLED, dtype=np.int64)
    ids[labelled] = _known(task, labels.values[labelled], name)
    if estimator.scheme is not None:
        legal = Transitions.of_scheme(task.classes, estimator.scheme)
        legal.check(ids, X.offsets, task.classes, name, estimator.scheme)
    by_class = class_weights(estimator.class_weight, task, ids, name)
    if by_class is not None:
        step_weights = by_class if step_weights is None else by_class * step_weights
    return Tagged(X, ids, weights, step_weights)


def _known(task: Tagging, labels: np.ndarray, name: str) -> np.ndarray:
    if labels.dtype.kind == "U" and task.classes.dtype.kind != "U" and len(labels):
        unknown = labels[:1]
    else:
        unknown = np.setdiff1d(labels, task.classes)
    if not len(unknown):
        return task.encode(labels)
    remedy = "give all of them as classes= in the first call of partial_fit, or fit again."
    if name != "y":
        remedy = "drop their sequences, give some of them with y, or make them ignore_label there."
    raise ValueError(
        f"{name} has labels that the tagger was not fitted on: {unknown[:5].tolist()}. Known are "
        f"{task.classes[:10].tolist()}: {remedy}"
    )


def classes_of(labels: StepLabels, step_weights: np.ndarray | None) -> np.ndarray:
    """The labels that occur, sorted."""
    labelled = labels.labelled
    if step_weights is not None:
        labelled = labelled & (step_weights > 0)
    classes = np.unique(labels.values[labelled])
    if len(classes) < 2:
        raise ValueError(
            f"y has only one class, {classes.tolist()}: a tagger needs at least two different "
            "labels. Check the labels, or the fold."
        )
    return classes


def learn_transitions(estimator: Any, parts: list[Tagged]) -> Transitions | None:
    """What may follow what, by the scheme and by what occurs; None: anything."""
    task, legal = estimator.task_, None
    if estimator.scheme is not None:
        legal = Transitions.of_scheme(task.classes, estimator.scheme)
    if estimator.forbid_unseen:
        known = [(part.labels, part.X.offsets) for part in parts]
        seen = Transitions.seen(len(task.classes), known)
        legal = seen if legal is None else legal & seen
    return legal


def split(
    estimator: Any, tagged: Tagged, X_val: Any, y_val: Any, rng: np.random.Generator
) -> tuple[Tagged, Tagged | None]:
    """What is trained on, and what decides when to stop."""
    if X_val is None and y_val is None:
        train_at, valid_at = held_back_by(estimator, len(tagged), None, rng)
        if valid_at is None:
            return tagged, None
        training, validation = tagged[train_at], tagged[valid_at]
        both = (training.labels, validation.labels)
        if all((labels != UNLABELLED).any() for labels in both):
            return training, validation
        raise ValueError(
            "so few steps are labelled that none is left on one side when "
            f"validation_fraction={estimator.validation_fraction} of the sequences are held back: "
            "set early_stopping=False, or give X_val and y_val."
        )
    if X_val is None or y_val is None:
        raise ValueError("X_val and y_val go together: one of them is missing.")
    sequences = estimator.reader_.read(X_val, estimator, "X_val")
    check_order(X_val, y_val, "y_val", "X_val")
    labels = read_labels(y_val, "y_val", estimator.ignore_label)
    check_lengths(sequences, labels, "X_val", "y_val")
    if not labels.labelled.any():
        raise ValueError("no step of y_val has a label: it cannot decide when to stop.")
    task = estimator.task_
    return tagged, encode(estimator, task, sequences, labels, None, None, "y_val")
