"""Records of training out of estimators, pipelines, searches and folds, by names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

LOSSES = {
    "RNNClassifier": "cross-entropy (nats a sequence)",
    "RNNTagger": "negative log-likelihood (nats a step)",
    "RNNLanguageModel": "negative log-likelihood (nats a step)",
    "RNNForecaster": "loss (of a scaled value)",
    "CTCTranscriber": "CTC loss (nats a label)",
    "SequenceCaptioner": "cross-entropy (nats a symbol)",
    "Word2VecEmbedder": "loss (nats an example)",
}


@dataclass(frozen=True)
class Record:
    """What an estimator kept of its training.

    Parameters
    ----------
    estimator : str
        The name of its class.
    history : list of dict
        One row an epoch.
    best_epoch : int or None
        The epoch whose weights were kept.
    loss_name : str
        What is minimised, and its unit.
    settings : dict of str to str
        Its parameters, written out.
    """

    estimator: str
    history: list[dict[str, Any]]
    best_epoch: int | None
    loss_name: str
    settings: dict[str, str]


def read_records(estimator: Any, what: str) -> dict[str, Record]:
    """The record of each fit, by a name.

    Parameters
    ----------
    estimator : fitted estimator, mapping or list of them, or what ``cross_validate`` returned
    what : str
        What it is for, in messages.

    Raises
    ------
    NotFittedError
        Before ``fit``.
    TypeError
        For something that keeps no record.
    ValueError
        If there is none to draw.
    """
    if isinstance(estimator, Mapping) and "fit_time" in estimator:
        folds = _folds(estimator, what)
        return {f"fold {i}": read_record(fold, what) for i, fold in enumerate(folds, 1)}
    if isinstance(estimator, Mapping):
        _check_some(estimator, what)
        return {str(name): read_record(one, what) for name, one in estimator.items()}
    if isinstance(estimator, (list, tuple)):
        _check_some(estimator, what)
        records = [read_record(one, what) for one in estimator]
        return dict(zip(_told_apart(records), records, strict=True))
    record = read_record(estimator, what)
    return {record.estimator: record}


def _folds(scores: Mapping, what: str) -> Any:
    if "estimator" not in scores:
        raise ValueError(
            f"{what} got the scores of cross_validate without the estimators: call it with "
            "return_estimator=True."
        )
    return scores["estimator"]


def _check_some(estimators: Any, what: str) -> None:
    if not estimators:
        raise ValueError(
            f"{what} got an empty {type(estimators).__name__}: give at least one fitted estimator."
        )


def read_record(estimator: Any, what: str) -> Record:
    """The record of one fitted estimator, Pipeline with one, or search over either."""
    one = _with_history(estimator, what)
    history = list(one.history_)
    if not history:
        why = ": nothing is trained with pretrained vectors" if hasattr(one, "pretrained") else ""
        raise ValueError(
            f"{what} draws epochs of training, but {type(one).__name__} has none{why}."
        )
    best = getattr(one, "best_epoch_", None)
    return Record(type(one).__name__, history, best, _loss_name(one), _settings(one))


def _with_history(estimator: Any, what: str) -> Any:
    """The last part that keeps a record."""
    if isinstance(estimator, Pipeline):
        check_is_fitted(estimator)
        parts = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        with_one = [step for step in parts if hasattr(step, "history_")]
        return with_one[-1] if with_one else _with_history(parts[-1], what)
    if hasattr(estimator, "best_estimator_"):
        return _with_history(estimator.best_estimator_, what)
    if getattr(estimator, "refit", None) is False and hasattr(estimator, "cv_results_"):
        raise TypeError(
            f"{what} needs a fitted estimator, but {type(estimator).__name__}(refit=False) keeps "
            "none: set refit=True, or fit one with its best_params_."
        )
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(
            f"{what} needs a fitted estimator such as RNNClassifier, or several in a list or a "
            f"dict, got {estimator!r}."
        )
    check_is_fitted(estimator)
    if not hasattr(estimator, "history_"):
        raise TypeError(
            f"{what} reads the history_ that estimators of sksequence keep, but "
            f"{type(estimator).__name__} has none: give a fitted RNNClassifier, Word2VecEmbedder "
            "or another that is trained in epochs."
        )
    return estimator


def _loss_name(estimator: Any) -> str:
    if type(getattr(estimator, "task_", None)).__name__ == "MultilabelClassification":
        return "binary cross-entropy (nats a label)"
    loss = getattr(estimator, "loss", None)
    if isinstance(loss, str):
        return f"{loss.replace('_', ' ')} (of scaled targets)"
    return LOSSES.get(type(estimator).__name__, "loss")


def _settings(estimator: Any) -> dict[str, str]:
    if not hasattr(estimator, "get_params"):
        return {}
    return {name: _written(value) for name, value in estimator.get_params(deep=False).items()}


def _written(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _told_apart(records: list[Record]) -> list[str]:
    """Names of fits: by their class, else by the parameters that differ, else by their place."""
    names = [record.estimator for record in records]
    if len(set(names)) == 1:
        first = records[0].settings
        differing = [
            name
            for name in first
            if name != "random_state" and len({r.settings.get(name) for r in records}) > 1
        ]
        if 1 <= len(differing) <= 3:
            names = [", ".join(f"{k}={r.settings[k]}" for k in differing) for r in records]
        else:
            names = ["fit"] * len(records)
    often, seen = Counter(names), Counter[str]()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(f"{name} {seen[name]}" if often[name] > 1 else name)
    return numbered


def column(history: list[dict[str, Any]], name: str) -> np.ndarray:
    """A number for each epoch, NaN where it was not recorded."""
    return np.array([_number(row.get(name)) for row in history], dtype=float)


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)
