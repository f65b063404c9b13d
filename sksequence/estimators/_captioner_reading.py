"""From what the user gives a captioner to what it is trained on."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.estimators._containers import Container
from sksequence.estimators._encoder_decoder import Pairs, make_encoder, weighed
from sksequence.estimators._scenes import list_captions, read_scenes
from sksequence.estimators._sides import learn_side
from sksequence.estimators._validation import check_one_target_each, check_same_order, held_back_by
from sksequence.inputs import SequenceArray, SequenceSchema


def read_captioned(
    estimator: Any,
    X: Any,
    y: Any,
    learn: bool = False,
    where: str = "",
    sample_weight: Any = None,
) -> Pairs:
    """What is seen and all captions; with `learn`, vocabulary and attention are chosen."""
    name = type(estimator).__name__
    if X is None or y is None:
        missing = "X" if X is None else "y"
        raise ValueError(
            f"{name} requires X{where} and y{where}, but {missing}{where} is None: give a "
            "caption, or a list of captions, for each sample."
        )
    if learn:
        for attribute in ("network_", "n_features_in_", "feature_names_in_", "_n_steps_in"):
            estimator.__dict__.pop(attribute, None)
    scenes = read_scenes(X, estimator, f"X{where}", reset=learn)
    known = None if learn else estimator.target_side_.as_text
    captions, _ = list_captions(y, f"y{where}", known)
    check_one_target_each(scenes, captions, f"X{where}", f"y{where}")
    check_same_order(X, y, f"y{where}", f"X{where}")
    weights, scenes, captions = weighed(sample_weight, scenes, captions)
    flat = [caption for several in captions for caption in several]
    if learn:
        estimator.source_schema_ = SequenceSchema.of(scenes)
        _choose_attention(estimator, scenes)
        estimator.target_side_, target = learn_side(flat, "y", make_encoder(estimator), estimator)
        estimator.target_side_.container = Container.of(y)
        estimator.target_side_.never = estimator.target_side_.unwritten
    else:
        estimator.source_schema_.check(scenes, name, f"X{where}")
        target = estimator.target_side_.read(flat, f"y{where}", estimator)
    positions = np.repeat(np.arange(len(captions)), [len(several) for several in captions])
    return Pairs(scenes, target, weights, positions)


def read_seen(estimator: Any, X: Any) -> tuple[SequenceArray, None]:
    """What is seen, as in ``fit``; it has no tokens that could be copied."""
    scenes = read_scenes(X, estimator, "X", reset=False)
    estimator.source_schema_.check(scenes, type(estimator).__name__)
    return scenes, None


def _choose_attention(estimator: Any, scenes: SequenceArray) -> None:
    """Learn whether there is something to look at, and check that attention has it."""
    several = estimator.image_encoder is not None or scenes.lengths.max(initial=0) > 1
    if not several and estimator.attention not in (None, "auto"):
        raise ValueError(
            f"attention={estimator.attention!r} needs several locations to look at, but every "
            "sample of X is one vector: set attention=None (context_at says where the vector "
            "enters), or give a grid of vectors (n_samples, n_locations, n_features)."
        )
    estimator.attention_ = estimator.attention
    if estimator.attention == "auto":
        estimator.attention_ = "additive" if several else None


def hold_back_samples(
    estimator: Any, pairs: Pairs, rng: np.random.Generator
) -> tuple[Pairs, Pairs | None]:
    """What is trained on, and what decides when to stop: samples with all their captions."""
    train_at, valid_at = held_back_by(estimator, len(pairs.source), None, rng)
    validation = None if valid_at is None else _of_samples(pairs, valid_at)
    return _of_samples(pairs, train_at), validation


def _of_samples(pairs: Pairs, chosen: np.ndarray) -> Pairs:
    """The samples at the sorted positions `chosen`, with all their captions."""
    captions = np.flatnonzero(np.isin(pairs.positions, chosen))
    return Pairs(
        pairs.source[chosen],
        pairs.target[captions],
        None if pairs.weights is None else pairs.weights[chosen],
        np.searchsorted(chosen, pairs.positions[captions]),
    )
