"""Where a decoder looked while it wrote.

The classes here are mixins of ``_EncoderDecoderEstimator``s, as those of ``_writing`` are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sksequence.estimators._decoding import taught_attention
from sksequence.estimators._scenes import list_captions
from sksequence.utils._available import available_if


def _attends(estimator: Any) -> None:
    if estimator.attention is None:
        raise AttributeError(
            f"align of {type(estimator).__name__} needs attention, but attention=None: set it, "
            "e.g. attention='additive', and fit again."
        )


class StepAttentionMixin:
    """Attention to the steps of a source."""

    @available_if(_attends)
    def align(self: Any, X: Any, y: Any = None, as_frame: bool = False) -> list:
        """Where the decoder looked: the weights of the attention.

        Parameters
        ----------
        X : sources
            As in ``fit``.
        y : targets, default=None
            What is written; None: what ``transform`` writes.
        as_frame : bool, default=False
            Give DataFrames, whose index is the target and whose columns are the source.

        Returns
        -------
        list of ndarray of shape (n_target_steps, n_source_steps), or of DataFrame
            Every row adds up to one.
        """
        check_is_fitted(self)
        weights, labels = looked_at(self, X, y)
        if not as_frame:
            return weights
        source = self.source_side_.read(X, "X", self)
        columns = self.source_side_.labels(self.source_side_.rows_of(X, source))
        return [
            pd.DataFrame(rows, index=index, columns=names)
            for rows, index, names in zip(weights, labels, columns, strict=True)
        ]


def _sees_locations(estimator: Any) -> None:
    name = type(estimator).__name__
    if estimator.attention is None:
        raise AttributeError(
            f"align of {name} needs attention, but attention=None: set it, e.g. "
            "attention='additive', and fit again."
        )
    if getattr(estimator, "attention_", "") is None:
        raise AttributeError(
            f"align of {name} needs several locations to look at, but it was fitted on one vector "
            "a sample: give grids of vectors, or images with image_encoder='cnn'."
        )


class LocationAttentionMixin:
    """Attention to the locations of what is seen."""

    @available_if(_sees_locations)
    def align(self: Any, X: Any, y: Any = None, as_frame: bool = False) -> list:
        """Where the decoder looked, word by word: the weights of the attention.

        Parameters
        ----------
        X : samples
            As in ``fit``.
        y : list of n_samples captions, default=None
            What is written, one caption a sample; None: what ``transform`` writes.
        as_frame : bool, default=False
            Give DataFrames, whose index is the caption and whose columns are the locations, of
            images their rows and columns in the grid.

        Returns
        -------
        list of ndarray of shape (n_words, n_locations) or (n_words, n_rows, n_columns), or of \
                DataFrame
            The weights of a word add up to one. Of images, rows and columns are those of
            ``grid_shape_``.
        """
        check_is_fitted(self)
        if y is not None:
            y = _one_each(self, y)
        weights, labels = looked_at(self, X, y)
        shape = self.grid_shape_
        if as_frame:
            return [
                pd.DataFrame(rows, index=words, columns=_names_of_locations(rows, shape))
                for rows, words in zip(weights, labels, strict=True)
            ]
        if shape is None:
            return weights
        return [rows.reshape(len(rows), *shape) for rows in weights]


def _one_each(estimator: Any, y: Any) -> list:
    """The captions, one for each sample."""
    captions, _ = list_captions(y, "y", estimator.target_side_.as_text)
    for i, several in enumerate(captions):
        if len(several) > 1:
            raise ValueError(
                f"align looks at one caption a sample, but sample {i} of y has "
                f"{len(several)}: choose one."
            )
    return [several[0] for several in captions]


def _names_of_locations(rows: np.ndarray, shape: tuple[int, int] | None) -> Any:
    if shape is None:
        return pd.RangeIndex(rows.shape[1], name="location")
    return pd.MultiIndex.from_product([range(n) for n in shape], names=["row", "column"])


def looked_at(estimator: Any, X: Any, y: Any) -> tuple[list[np.ndarray], list]:
    """Attention weights of each step that is written (or of targets), and names of the steps.

    Parameters
    ----------
    estimator : estimator with attention
    X, y : sources and targets
        ``y=None`` stands for what ``transform`` writes.

    Returns
    -------
    weights : list of ndarray of shape (n_target_steps, n_source_steps)
    labels : list of list
        A name for each target step.
    """
    side = estimator.target_side_
    if y is None:
        source, originals = estimator._read_source(X)
        found = estimator._write(source)
        rows = side.rows(found, originals)
        return [row["attention"][0] for row in found], side.labels(rows)
    pairs = estimator._read_pairs(X, y)
    weights = taught_attention(estimator.network_, estimator._pairs(*pairs))
    if side.kind == "symbols":
        weights = [steps[:-1] for steps in weights]  # not that of the end symbol
    return weights, side.labels(side.rows_of(y, pairs.target))
