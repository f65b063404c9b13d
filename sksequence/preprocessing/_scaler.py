"""Zero mean and unit variance for each feature, over all steps of all sequences."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from sksequence.inputs import SequenceArray, SequenceSchema, check_sequences
from sksequence.preprocessing._steps import give_back, names_of, rows, weight_of_rows, with_rows
from sksequence.utils._sklearn import SequenceOutputMixin, check_feature_names_in

_LARGEST = 1e150  # its square is finite


class SequenceScaler(SequenceOutputMixin, TransformerMixin, BaseEstimator):
    r"""Standardise each feature across all steps of all sequences.

    With the steps :math:`x_{it}` of sequence :math:`i` and its weight :math:`w_i`,

    .. math::

        z_{it} = \frac{x_{it} - \mu}{\sigma},\qquad
        \mu = \frac{\sum_i w_i \sum_t x_{it}}{\sum_i w_i T_i},\qquad
        \sigma^2 = \frac{\sum_i w_i \sum_t (x_{it} - \mu)^2}{\sum_i w_i T_i}

    so a long sequence counts more than a short one. A feature that never changes is only
    centred.

    Parameters
    ----------
    with_mean : bool, default=True
        Subtract the mean.
    with_std : bool, default=True
        Divide by the standard deviation.

    Attributes
    ----------
    mean_, var_, scale_ : ndarray of shape (n_numeric_features,), or None
        Of the features of all numeric channels one after the other (a frame flattened); None
        where the parameters make them needless.
    scalers_ : dict of str to StandardScaler
        What scales each numeric channel.
    n_features_in_ : int
        Number of columns of 2-D input, else of features of a step.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where the input had names.

    See Also
    --------
    PerStep : Lifts any other scikit-learn transformer over the steps.

    Notes
    -----
    A 2-D array or wide DataFrame holds one univariate series a row: all its cells share one
    mean and one scale, and it comes back as a 2-D array. Every other container comes back as
    a :class:`~sksequence.SequenceArray`; its symbols and its context pass through. NaN is left
    out of the statistics and stays NaN.

    Examples
    --------
    >>> from sksequence import SequenceScaler
    >>> X = [[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]], [[6.0, 60.0]]]
    >>> scaler = SequenceScaler().fit(X)
    >>> scaler.mean_
    array([ 3., 30.])
    >>> Z = scaler.transform(X)
    >>> Z.to_list()[0].round(2)
    array([[-1.07, -1.07],
           [-0.53, -0.53],
           [ 0.  ,  0.  ]])
    >>> scaler.inverse_transform(Z).to_list()[1]
    array([[ 6., 60.]])
    """

    def __init__(self, *, with_mean: bool = True, with_std: bool = True) -> None:
        self.with_mean = with_mean
        self.with_std = with_std

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Find mean and scale of each feature.

        Parameters
        ----------
        X : sequences in any container
            Numeric steps.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_sequences,), default=None
            The weight of a sequence goes for each of its steps.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If there are no numbers to scale.
        ValueError
            If X holds infinity, an empty sequence or nothing at all.
        """
        X = check_sequences(X, estimator=self, allow_nan=True, largest=_LARGEST)
        numeric = {name: c for name, c in X.channels.items() if c.kind == "numeric"}
        if not numeric:
            raise TypeError(
                f"{type(self).__name__} scales numbers, but X holds only symbols: it belongs on "
                "numeric sequences."
            )
        self._schema = SequenceSchema.of(X)
        self._keep_names(X)
        self.scalers_ = {
            name: StandardScaler(with_mean=self.with_mean, with_std=self.with_std)
            .set_output(transform="default")  # whatever scikit-learn's configuration says
            .fit(rows(channel), sample_weight=weight_of_rows(sample_weight, X, channel))
            for name, channel in numeric.items()
        }
        for attribute in ("mean_", "var_", "scale_"):
            parts = [getattr(scaler, attribute) for scaler in self.scalers_.values()]
            setattr(self, attribute, None if parts[0] is None else np.concatenate(parts))
        return self

    def transform(self, X: Any) -> Any:
        """Scale the steps.

        Parameters
        ----------
        X : sequences in any container
            With the channels and features of ``fit``.

        Returns
        -------
        SequenceArray, or ndarray of shape (n_sequences, n_steps) for 2-D input
            Of the same dtype as X (float64 for integers).

        Raises
        ------
        ValueError
            If X has other channels or another number of features.
        """
        return self._apply("transform", X)

    def inverse_transform(self, X: Any) -> Any:
        """Undo the scaling.

        Parameters
        ----------
        X : sequences in any container
            Scaled steps.

        Returns
        -------
        SequenceArray, or ndarray of shape (n_sequences, n_steps) for 2-D input
            In the units of the training data.
        """
        return self._apply("inverse_transform", X)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The names of the features, which scaling does not change.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names, if there were none in ``fit``; else the same names again.

        Returns
        -------
        ndarray of shape (n_features_in_,), object
            ``x0``, ``x1``, ... where nothing else is known.
        """
        check_is_fitted(self)
        return check_feature_names_in(self, input_features)

    def _apply(self, method: str, X: Any) -> Any:
        check_is_fitted(self)
        checked = check_sequences(X, estimator=self, reset=False, allow_nan=True, largest=_LARGEST)
        self._schema.check(checked, type(self).__name__)
        scalers = iter(self.scalers_.values())  # in the order of the channels
        for name, channel in checked.channels.items():
            if channel.kind == "numeric":
                table = getattr(next(scalers), method)(rows(channel))
                scaled = with_rows(channel, table, channel.values.shape[1:], channel.feature_names)
                checked = checked.with_channel(name, scaled)
        return give_back(checked, X, self)

    def _keep_names(self, X: SequenceArray) -> None:
        named = [names_of(name, channel) for name, channel in X.channels.items()]
        if not hasattr(self, "feature_names_in_") and all(map(len, named)):
            self.feature_names_in_ = np.concatenate(named)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
