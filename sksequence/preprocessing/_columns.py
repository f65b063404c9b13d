"""Sequences with a context from the columns of a DataFrame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import Tags, get_tags
from sklearn.utils.validation import check_is_fitted

from sksequence.inputs import SequenceArray, SequenceSchema, check_sequences
from sksequence.preprocessing._tokens import TokenEncoder
from sksequence.utils._sklearn import SequenceOutputMixin


class SequenceColumns(SequenceOutputMixin, TransformerMixin, BaseEstimator):
    """Read a sequence from one column of a DataFrame and its context from others.

    Each row is one sequence: a text, a list of tokens or an array of steps in one column, and
    plain columns (age, city) that belong to the sequence as a whole. The plain columns become
    the context vector of the sequence, which stays with it through every split.

    Parameters
    ----------
    sequence : str or list of str
        The column that holds the sequence. The transformer gets a list of columns as a
        DataFrame: ``["jan", "feb", ...]`` is one univariate series a row.
    sequence_transformer : transformer or None, default=None
        Makes sequences of that column: ``Word2VecEmbedder()``, ``SequenceScaler()``, a pipeline
        of such. None: texts and lists of tokens go through ``TokenEncoder()``, numbers are taken
        as they are.
    context : str, list of str, callable or None, default=None
        The columns of the context; a callable gets the DataFrame and names them, as
        ``make_column_selector(...)`` does. None: no context.
    context_transformer : transformer or None, default=None
        Makes numbers of those columns, which it gets as a DataFrame:
        ``make_column_transformer(...)``, ``StandardScaler()``. None: they are numbers already.

    Attributes
    ----------
    sequence_transformer_, context_transformer_ : transformer or None
        What was fitted.
    context_columns_ : list of str
        The columns of the context; empty if there is none.
    n_features_in_ : int
        Number of columns of the DataFrame.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if all are strings.

    See Also
    --------
    sklearn.compose.ColumnTransformer : The same for tables.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.compose import make_column_transformer
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> from sksequence import SequenceColumns
    >>> guests = pd.DataFrame({"review": ["Cold soup.", "A kind waiter!"],
    ...                        "age": [31.0, 58.0], "city": ["Bern", "Oslo"]})
    >>> numbers = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    >>> columns = SequenceColumns("review", context=["age", "city"], context_transformer=numbers)
    >>> X = columns.fit_transform(guests)
    >>> X
    SequenceArray(n_sequences=2, lengths=3..4, n_tokens=8, n_context=3)
    >>> X.context
    array([[ 1.,  0., 31.],
           [ 0.,  1., 58.]])
    >>> columns.set_params(sequence_transformer=None).get_params()["context"]
    ['age', 'city']
    """

    def __init__(
        self,
        sequence: str | list[str],
        *,
        sequence_transformer: Any = None,
        context: str | list[str] | Callable | None = None,
        context_transformer: Any = None,
    ) -> None:
        self.sequence = sequence
        self.sequence_transformer = sequence_transformer
        self.context = context
        self.context_transformer = context_transformer

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit both transformers.

        Parameters
        ----------
        X : DataFrame
            One sequence a row.
        y : array-like of shape (n_sequences,), default=None
            Handed to both transformers.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If X is no DataFrame, or a context column without a transformer holds no numbers.
        ValueError
            If a column is missing.
        """
        self.fit_transform(X, y)  # the transformers cut the texts but once that way
        return self

    def fit_transform(self, X: Any, y: Any = None) -> SequenceArray:
        """Fit both transformers and give the sequences with their context.

        Parameters
        ----------
        X, y
            As in ``fit``.

        Returns
        -------
        SequenceArray
            The same as ``fit(X, y).transform(X)``.
        """
        _check_frame(X, self)
        self.context_columns_ = self._context_columns(X)
        _check_columns(X, self)
        column = X[self.sequence]
        self.sequence_transformer_ = _clone(self.sequence_transformer)
        if self.sequence_transformer is None and _holds_text(column):
            self.sequence_transformer_ = TokenEncoder()
        self.context_transformer_ = _clone(self.context_transformer)
        self._remember(X)
        sequences = self._sequences(column, "fit_transform", y)
        self._n_features = SequenceSchema.of(sequences).n_features
        return sequences.with_context(self._context(X, "fit_transform", y))

    def transform(self, X: Any) -> SequenceArray:
        """Give the sequences with their context.

        Parameters
        ----------
        X : DataFrame
            With the columns of the sequence and of the context; others do not matter.

        Returns
        -------
        SequenceArray
            One sequence a row.

        Raises
        ------
        ValueError
            If a column is missing.
        """
        check_is_fitted(self)
        _check_frame(X, self)
        _check_columns(X, self)
        sequences = self._sequences(X[self.sequence], "transform")
        return sequences.with_context(self._context(X, "transform"))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the features or tokens of a step, then of the context.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str objects
            They begin with ``sequence__`` or ``context__``.
        """
        check_is_fitted(self)
        steps = _names(self.sequence_transformer_, [f"x{i}" for i in range(self._n_features)])
        side = self.context_columns_
        side = _names(self.context_transformer_, side) if side else []
        names = [f"sequence__{name}" for name in steps] + [f"context__{name}" for name in side]
        return np.asarray(names, dtype=object)

    def _context_columns(self, X: Any) -> list:
        columns = self.context(X) if callable(self.context) else self.context
        if columns is None:
            return []
        return [columns] if isinstance(columns, str) else list(columns)

    def _remember(self, X: Any) -> None:
        self.n_features_in_ = X.shape[1]
        self.__dict__.pop("feature_names_in_", None)
        if all(isinstance(name, str) for name in X.columns):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)

    def _sequences(self, column: Any, method: str, *y: Any) -> SequenceArray:
        transformer = self.sequence_transformer_
        made = column if transformer is None else getattr(transformer, method)(column, *y)
        if isinstance(made, SequenceArray):
            return made
        if transformer is not None and np.ndim(made) == 2 and column.ndim == 1:
            raise TypeError(
                f"sequence_transformer={transformer!r} made an array of shape {made.shape} of the "
                f"column {self.sequence!r}, not sequences: give it as context_transformer, or let "
                "it keep the steps (pooling=None)."
            )
        return check_sequences(made, allow_nan=True, largest=np.inf)

    def _context(self, X: Any, method: str, *y: Any) -> np.ndarray | None:
        if not self.context_columns_:
            return None
        columns, transformer = X[self.context_columns_], self.context_transformer_
        made = columns if transformer is None else getattr(transformer, method)(columns, *y)
        return _numbers(made.toarray() if issparse(made) else made, transformer)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        given = [t for t in (self.sequence_transformer, self.context_transformer) if t is not None]
        tags.target_tags.required = any(get_tags(t).target_tags.required for t in given)
        return tags


def _clone(transformer: Any) -> Any:
    return None if transformer is None else clone(transformer)


def _check_frame(X: Any, estimator: SequenceColumns) -> None:
    if not hasattr(X, "iloc") or X.ndim != 2:
        raise TypeError(
            f"{type(estimator).__name__} reads the columns of a DataFrame, got "
            f"{type(X).__name__}: make one, pandas.DataFrame({{...}}), with a column "
            f"{estimator.sequence!r}."
        )
    if not len(X):
        raise ValueError(
            f"{type(estimator).__name__} got a DataFrame with 0 rows (0 sample(s)), but a minimum "
            "of 1 is required."
        )


def _check_columns(X: Any, estimator: SequenceColumns) -> None:
    wanted = estimator.sequence
    wanted = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
    for name in [*wanted, *estimator.context_columns_]:
        if name not in X.columns:
            raise ValueError(
                f"{type(estimator).__name__} needs the column {name!r}, but X has the columns "
                f"{list(X.columns)}."
            )


def _holds_text(column: Any) -> bool:
    if column.ndim == 2:
        column = column.iloc[:, 0]
    first = next((entry for entry in column if entry is not None and np.size(entry)), None)
    if isinstance(first, list | tuple | np.ndarray):
        first = first[0]
    return isinstance(first, str)


def _numbers(made: Any, transformer: Any) -> np.ndarray:
    if not hasattr(made, "dtypes"):
        made = np.asarray(made)
        if made.dtype.kind not in "fiub":
            raise TypeError(
                f"context_transformer={transformer!r} made values of dtype {made.dtype}, not "
                "numbers: let it encode them."
            )
        return made
    bad = [name for name, kind in made.dtypes.items() if kind.kind not in "fiub"]
    if bad:
        raise TypeError(
            f"the context columns {bad} hold no numbers: encode them, e.g. with "
            f"context_transformer=make_column_transformer((OneHotEncoder(), {bad}), "
            'remainder="passthrough").'
        )
    single = all(kind == np.float32 for kind in made.dtypes)
    return made.to_numpy(dtype=np.float32 if single else np.float64, na_value=np.nan)


def _names(transformer: Any, default: list) -> list:
    return default if transformer is None else list(transformer.get_feature_names_out())
