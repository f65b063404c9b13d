"""Any 2-D transformer of scikit-learn, on the steps of ragged sequences."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import Tags, get_tags
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from sksequence.inputs import Channel, SequenceArray, SequenceSchema, check_sequences
from sksequence.preprocessing._steps import (
    give_back,
    rows,
    rows_per_sequence,
    weight_of_rows,
    with_rows,
)
from sksequence.utils._available import available_if
from sksequence.utils._sklearn import SequenceOutputMixin, check_feature_names_in


def _can_invert(estimator: PerStep) -> None:
    inner = getattr(estimator, "transformer_", estimator.transformer)
    if not hasattr(inner, "inverse_transform"):
        raise AttributeError(
            f"{type(inner).__name__} has no inverse_transform, so PerStep of it has none."
        )


class PerStep(SequenceOutputMixin, TransformerMixin, BaseEstimator):
    """Lift a transformer of rows over the steps of sequences.

    The steps of all sequences, end to end, are the rows on which the transformer is fitted;
    what it makes of a step takes the step's place.

    Parameters
    ----------
    transformer : transformer
        Gets a table of shape ``(n_steps, n_features)`` (a DataFrame if the features have
        names) and gives one with as many rows: ``StandardScaler()``, ``PCA(3)``,
        ``SimpleImputer()``, a pipeline of such.
    channel : str or None, default=None
        The numeric channel that it works on; the others pass through. None: the only one.

    Attributes
    ----------
    transformer_ : transformer
        The fitted clone.
    n_features_in_ : int
        Number of columns of 2-D input, else of features of a step.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where the input had names.

    See Also
    --------
    SequenceScaler : Standardises several channels at once.

    Notes
    -----
    - NaN passes if the transformer takes it, as an imputer does; else it is an error that names
      the sequence and the step.
    - The y of a sequence goes for each of its steps; a y with one value a step (labels to tag)
      goes as it is, and one of other lengths (sentences to write) is kept back.
    - ``sample_weight`` of a sequence goes for each of its steps.
    - A frame (an image a step) is flattened for the transformer and takes its shape again if
      as many numbers come back. A transformer of images, ``PerStep(ImageFeaturizer(...))``, gets
      the frames as they are.
    - A 2-D array or wide DataFrame, one univariate series a row, comes back as a 2-D array if
      one feature a step is left. Everything else comes back as a SequenceArray.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from sksequence import PerStep
    >>> X = [[[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]], [[4.0, 8.0]]]
    >>> PerStep(PCA(n_components=1)).fit_transform(X)
    SequenceArray(n_sequences=2, lengths=1..3, n_features=1)
    """

    def __init__(self, transformer: Any, *, channel: str | None = None) -> None:
        self.transformer = transformer
        self.channel = channel

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit a clone of the transformer on all steps.

        Parameters
        ----------
        X : sequences in any container
            Numeric steps.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), or one array of \
                values a sequence, default=None
            For a transformer that uses it, such as ``SelectKBest``.
        sample_weight : array-like of shape (n_sequences,), default=None
            Only for a transformer whose ``fit`` takes it.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If `transformer` is no transformer, or takes no `sample_weight` that is given.
        ValueError
            If X is not what ``check_sequences`` accepts, or has no such channel.
        """
        _check_transformer(self.transformer, sample_weight)
        X = self._checked(X, reset=True)
        name = self._channel_name(X)
        channel = X.channels[name]
        weight = weight_of_rows(sample_weight, X, channel)
        self.transformer_ = clone(self.transformer).fit(
            _given(self.transformer, channel, channel.feature_names),
            _y_of_rows(y, X, channel),
            **({} if weight is None else {"sample_weight": weight}),
        )
        self._schema = SequenceSchema.of(X)
        self._channel = name if name in self._schema.channels else "values"
        return self

    def transform(self, X: Any) -> Any:
        """Transform each step.

        Parameters
        ----------
        X : sequences in any container
            With the channels and features of ``fit``.

        Returns
        -------
        SequenceArray, or ndarray of shape (n_sequences, n_steps) for 2-D input
            Sequences of the same lengths; sparse results are made dense.

        Raises
        ------
        ValueError
            If X has other channels or features, or the transformer gives another number of
            rows.
        """
        check_is_fitted(self)
        checked = self._checked(X, reset=False)
        self._schema.check(checked, type(self).__name__)
        name = self._channel_name(checked)
        channel, fitted = checked.channels[name], self._schema.channels[self._channel]
        made = self.transformer_.transform(_given(self.transformer_, channel, fitted.feature_names))
        table = _dense(made, channel, self.transformer_)
        names = self._names_out(fitted.feature_names or channel.feature_names)
        new = with_rows(channel, table, channel.values.shape[1:], names)
        return give_back(checked.with_channel(name, new), X, self)

    @available_if(_can_invert)
    def inverse_transform(self, X: Any) -> Any:
        """Undo the transformer on each step; only if it has an ``inverse_transform``.

        Parameters
        ----------
        X : sequences in any container
            What ``transform`` gave.

        Returns
        -------
        SequenceArray, or ndarray of shape (n_sequences, n_steps) for 2-D input
            Steps with the features of ``fit``.
        """
        check_is_fitted(self)
        checked = check_sequences(X, estimator=self, reset=False, allow_nan=True, largest=np.inf)
        name = self._channel_name(checked)
        channel, fitted = checked.channels[name], self._schema.channels[self._channel]
        back = self.transformer_.inverse_transform(rows(channel))
        table = _dense(back, channel, self.transformer_)
        new = with_rows(channel, table, fitted.shape, fitted.feature_names)
        return give_back(checked.with_channel(name, new), X, self)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """What the transformer calls the features that it makes of a step.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names, if there were none in ``fit``.

        Returns
        -------
        ndarray of str objects
            For 2-D input of which one feature a step is left: the names of the columns.
        """
        check_is_fitted(self)
        fitted = self._schema.channels[self._channel]
        is_table = getattr(self, "_n_steps_in", None) is not None
        names = None if is_table else input_features
        names = self.transformer_.get_feature_names_out(fitted.feature_names or names)
        if is_table and len(names) == 1:
            return check_feature_names_in(self, input_features)
        return names

    def _names_out(self, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if names is None or not hasattr(self.transformer_, "get_feature_names_out"):
            return None
        return tuple(map(str, self.transformer_.get_feature_names_out(list(names))))

    def _channel_name(self, X: SequenceArray) -> str:
        numeric = [name for name, c in X.channels.items() if c.kind == "numeric"]
        if not numeric:
            raise TypeError(
                f"{type(self).__name__} transforms numbers, but X holds only symbols: it belongs "
                "on numeric sequences."
            )
        if self.channel is None and len(numeric) == 1:
            return numeric[0]
        if self.channel not in numeric:
            raise ValueError(
                f"channel={self.channel!r} does not name a numeric channel: X has {numeric}."
            )
        return self.channel

    def _checked(self, X: Any, reset: bool) -> SequenceArray:
        allow_nan = get_tags(self.transformer).input_tags.allow_nan
        return check_sequences(X, estimator=self, reset=reset, allow_nan=allow_nan, largest=np.inf)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.transformer)
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.target_tags.required = inner.target_tags.required
        if inner.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = inner.transformer_tags.preserves_dtype
        tags.non_deterministic = inner.non_deterministic
        return tags


def _given(transformer: Any, channel: Channel, names: tuple[str, ...] | None) -> Any:
    """The steps as the transformer wants them: frames as they are if it reads no tables."""
    frames = channel.values.ndim > 2
    if frames and not get_tags(transformer).input_tags.two_d_array:
        return channel.values
    return _table(channel, names)


def _table(channel: Channel, names: tuple[str, ...] | None) -> Any:
    """The rows, under the names that the features had in fit."""
    if names is None:
        return rows(channel)
    import pandas as pd

    return pd.DataFrame(rows(channel), columns=list(names), copy=False)


def _dense(table: Any, channel: Channel, transformer: Any) -> np.ndarray:
    table = np.asarray(table.toarray() if issparse(table) else table)
    name = type(transformer).__name__
    if table.ndim != 2 or len(table) != len(channel.values):
        raise ValueError(
            f"{name} made an array of shape {table.shape} of {len(channel.values)} steps: PerStep "
            "needs one row for each step, so use a transformer that keeps the rows."
        )
    if table.dtype.kind not in "fiubO":
        raise TypeError(f"{name} made values of dtype {table.dtype} of the steps, not numbers.")
    return table.astype(np.float64) if table.dtype == object else table


def _y_of_rows(y: Any, X: SequenceArray, channel: Channel) -> np.ndarray | None:
    """The y of a sequence for each of its rows, or its values; None where neither fits."""
    if y is None:
        return None
    if hasattr(y, "iloc") or not hasattr(y, "__len__"):
        y = np.asarray(y)
    lengths = rows_per_sequence(X, channel)
    if len(y) != len(X):
        raise ValueError(f"y has {len(y)} entries, but X has {len(X)} sequences.")
    if np.ndim(y[0]) == 0:
        # strings as objects: an array of them takes the width of the longest for each
        return np.repeat(np.asarray(y, dtype=object if isinstance(y[0], str) else None), lengths)
    if isinstance(y, np.ndarray) and y.dtype != object:
        return np.repeat(y, lengths, axis=0)
    fits = [len(values) for values in y] == lengths.tolist()
    return np.concatenate(list(y)) if fits else None


def _check_transformer(transformer: Any, sample_weight: Any) -> None:
    name = type(transformer).__name__
    if not hasattr(transformer, "fit") or not hasattr(transformer, "transform"):
        raise TypeError(
            "transformer must be a scikit-learn transformer with fit and transform, e.g. "
            f"StandardScaler(), got {transformer!r}."
        )
    if sample_weight is not None and not has_fit_parameter(transformer, "sample_weight"):
        raise TypeError(f"sample_weight was given, but {name}.fit does not take it: leave it out.")
