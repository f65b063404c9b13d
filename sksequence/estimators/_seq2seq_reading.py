"""From what the user gives a sequence-to-sequence estimator to sources and targets."""

from __future__ import annotations

from typing import Any

from sksequence.estimators._containers import holds_text
from sksequence.estimators._encoder_decoder import Pairs, make_encoder
from sksequence.estimators._scenes import list_captions
from sksequence.estimators._sides import Originals, TextSide, learn_side
from sksequence.estimators._validation import check_one_target_each, check_same_order
from sksequence.inputs import SequenceArray


def read_translated(estimator: Any, X: Any, y: Any, learn: bool = False, where: str = "") -> Pairs:
    """Sources and targets as SequenceArrays; with `learn`, their sides are learned."""
    if X is None or y is None:
        raise ValueError(_one_missing(estimator, X, where))
    if learn:
        for name in ("network_", "n_features_in_", "feature_names_in_", "_n_steps_in"):
            estimator.__dict__.pop(name, None)
        source_encoder = make_encoder(estimator, estimator.source_analyzer)
        estimator.source_side_, source = learn_side(X, "X", source_encoder, estimator)
        target_encoder = make_encoder(estimator, estimator.target_analyzer)
        estimator.target_side_, target = learn_side(y, "y", target_encoder, estimator)
    else:
        source = estimator.source_side_.read(X, f"X{where}", estimator)
        target = estimator.target_side_.read(y, f"y{where}", estimator)
    check_same_order(X, y, f"y{where}", f"X{where}")
    check_one_target_each(source, target, f"X{where}", f"y{where}")
    return Pairs(source, target)


def read_references(estimator: Any, X: Any, y: Any) -> tuple[SequenceArray, list[list]]:
    """Sources, and for each a list of texts, or of token lists, that are right."""
    side = estimator.target_side_
    if not isinstance(side, TextSide) or not holds_text(y) or isinstance(y, (str, bytes)):
        source, target, *_ = estimator._read_pairs(X, y)  # which says what is wrong with text
        return source, [[labels] for labels in side.labels(side.rows_of(y, target))]
    source = estimator.source_side_.read(X, "X", estimator)
    check_same_order(X, y, "y", "X")
    references, _ = list_captions(y, "y", side.as_text, "target")
    check_one_target_each(source, references)
    side.read([target for several in references for target in several], "y", estimator)
    return source, references


def read_source(estimator: Any, X: Any) -> tuple[SequenceArray, Originals | None]:
    """Sources, and as they stand there where their tokens may replace unknown ones."""
    source = estimator.source_side_.read(X, "X", estimator)
    text = isinstance(estimator.source_side_, TextSide) and isinstance(
        estimator.target_side_, TextSide
    )
    if not (text and estimator.replace_unknown and estimator.attention is not None):
        return source, None
    return source, Originals(estimator.source_side_, X, source)


def _one_missing(estimator, X, where: str) -> str:
    name = type(estimator).__name__
    if where:
        return f"X{where} and y{where} go together: one of them is missing."
    if X is None:
        return f"{name} expected sources, but X is None."
    return (
        f"{name} requires y to be passed, but the target y is None: give a target for each source."
    )
