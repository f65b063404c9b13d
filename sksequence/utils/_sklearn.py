"""The only file that imports private names of scikit-learn."""

from collections.abc import Iterable
from typing import Self

from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import Interval, validate_parameter_constraints
from sklearn.utils._param_validation import StrOptions as _UnorderedOptions
from sklearn.utils._set_output import _get_container_adapter, _get_output_config
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:  # scikit-learn 1.9
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:
    from sksequence.utils._no_callbacks import CallbackSupportMixin, with_callbacks

__all__ = [
    "CallbackSupportMixin",
    "Interval",
    "SequenceOutputMixin",
    "StrOptions",
    "check_feature_names_in",
    "check_sample_weight",
    "safe_indexing",
    "validate_parameter_constraints",
    "with_callbacks",
    "wrap_table",
]


class StrOptions(_UnorderedOptions):
    """Strings to choose from, which a message names in the same order every time.

    Parameters
    ----------
    options : iterable of str
        They keep their order; those of a set are sorted.
    """

    def __init__(self, options: Iterable[str]):
        super().__init__(set(options))
        self.options = tuple(sorted(options) if isinstance(options, set) else options)


class SequenceOutputMixin:
    """`set_output` for a transformer whose result may be no table.

    It stands before ``TransformerMixin``, so that scikit-learn wraps nothing by itself; the
    class passes its 2-D results through `wrap_table`.
    """

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**{**kwargs, "auto_wrap_output_keys": None})

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the container of 2-D results; sequences stay a SequenceArray.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            None leaves the choice as it is.

        Returns
        -------
        self
        """
        if transform is not None:
            config = {**getattr(self, "_sklearn_output_config", {}), "transform": transform}
            _get_output_config("transform", _Configured(config))  # refuses a wrong name now
            self._sklearn_output_config = config
        return self


class _Configured:
    def __init__(self, config: dict):
        self._sklearn_output_config = config


def wrap_table(table, original, estimator):
    """A 2-D result in the container that `set_output` asks for.

    Parameters
    ----------
    table : ndarray of shape (n_samples, n_features)
        The result.
    original : object
        What came in; the rows of a data frame keep their index.
    estimator : estimator instance
        Its ``get_feature_names_out`` gives the columns.
    """
    adapter = _get_container_adapter("transform", estimator)
    if adapter is None:  # "default"
        return table
    return adapter.create_container(table, original, columns=estimator.get_feature_names_out)
