"""The checks of manners catch the estimators that break them, and no other check complains."""

import numpy as np
import pytest
import torch

from sksequence import SequenceArray
from sksequence.testing import check_sequence_estimator
from sksequence.testing._suite import CHECKS, _name
from tests.testing import test_broken_answers as answers
from tests.testing.honest import Honest, failed_checks
from tests.testing.honest import breaks as register

BROKEN = []


def breaks(*checks):
    return register(BROKEN, *checks)


# What must stay as it is


@breaks("check_torch_settings_untouched")
class SetsThreads(Honest):
    def predict(self, X):
        torch.set_num_threads(1)
        return super().predict(X)


@breaks("check_torch_settings_untouched")
class SetsGradientMode(Honest):
    def fit(self, X, y, sample_weight=None):
        torch.set_grad_enabled(False)
        return super().fit(X, y, sample_weight)


@breaks("check_torch_settings_untouched")
class SetsDefaultDtype(Honest):
    def fit(self, X, y, sample_weight=None):
        torch.set_default_dtype(torch.float64)
        return super().fit(X, y, sample_weight)


@breaks("check_inputs_untouched", "check_read_only")
class ChangesTargets(Honest):
    def fit(self, X, y, sample_weight=None):
        y = np.asarray(y)
        y[:] = y.round(12)
        return super().fit(X, y, sample_weight)


@breaks(
    "check_inputs_untouched",
    "check_read_only",
    "check_container[memory-mapped, read-only]",
    # the last digits of X are other ones after the first prediction
    "check_repeated_prediction",
    "check_same_fit",
    "check_fit_ignores_global_state",
    "check_pickle",
)
class RoundsItsInputInPredict(Honest):
    def predict(self, X):
        given = super().predict(X)
        if isinstance(X, SequenceArray):
            X.values[:] = X.values.round(12)
        return given


@breaks("check_read_only", "check_container[memory-mapped, read-only]")
class NeedsWriteableInput(Honest):
    def read(self, X, reset=False):
        X = super().read(X, reset)
        if not X.values.flags.writeable:
            raise ValueError("buffer source array is read-only")
        return X


@breaks("check_predict_changes_nothing")
class CountsItsPredictions(Honest):
    n_calls_ = 0

    def predict(self, X):
        given = super().predict(X)
        self.n_calls_ += 1
        return given


@breaks("check_predict_changes_nothing", "check_repeated_prediction", "check_pickle")
class DrawsInPredict(Honest):
    def fit(self, X, y, sample_weight=None):
        self.rng_ = np.random.default_rng(self.random_state)
        return super().fit(X, y, sample_weight)

    def predict(self, X):
        return super().predict(X) + 1e-9 * self.rng_.normal()


@breaks("check_params")
class ChangesItsParameter(Honest):
    def fit(self, X, y, sample_weight=None):
        self.scale = int(self.scale)
        return super().fit(X, y, sample_weight)


@breaks("check_params")
class StoresAnotherParameter(Honest):
    def set_params(self, **parameters):
        if "scale" in parameters:
            parameters["scale"] = int(parameters["scale"])
        return super().set_params(**parameters)


@breaks("check_params", "check_unfitted")
class IsBornFitted(Honest):
    def __init__(self, scale=1.0, random_state=None):
        super().__init__(scale, random_state)
        self.n_iter_ = 0


@breaks("check_fit_returns_self")
class ReturnsACopy(Honest):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        copy = type(self)(**self.get_params())
        vars(copy).update(vars(self))
        return copy


# What is kept


@breaks("check_pickle_size")
class KeepsTheSequences(Honest):
    def fit(self, X, y, sample_weight=None):
        self.X_ = X
        return super().fit(X, y, sample_weight)


@breaks("check_pickle_size")
class KeepsTheTargets(Honest):
    def fit(self, X, y, sample_weight=None):
        self.y_ = np.array(y)
        return super().fit(X, y, sample_weight)


@breaks("check_pickle_size")
class KeepsTheOptimiser(Honest):
    def fit(self, X, y, sample_weight=None):
        self.network_ = torch.nn.utils.skip_init(torch.nn.Linear, 100, 100)
        for parameter in self.network_.parameters():
            torch.nn.init.zeros_(parameter)
        self.moments_ = [np.zeros(2 * p.numel(), np.float32) for p in self.network_.parameters()]
        return super().fit(X, y, sample_weight)


@breaks("check_pickle")
class RoundsInItsPickle(Honest):
    def __getstate__(self):
        state = dict(super().__getstate__())
        if "coef_" in state:
            state["coef_"] = state["coef_"] + 1e-3
        return state


@breaks("check_pickle")
class IsDestroyedByPickle(Honest):
    def __getstate__(self):
        vars(self).pop("schema_", None)
        return vars(self)


# What cannot be used


class Lenient(Honest):
    """Repairs what it should refuse, one thing at a time."""

    def read(self, X, reset=False):
        return super().read(self.repair(X), reset)

    def repair(self, X):
        return X


@breaks("check_nan", "check_infinity")
class ReadsNaNAsZero(Lenient):
    def repair(self, X):
        if isinstance(X, SequenceArray):
            X = SequenceArray(np.nan_to_num(X.values), X.offsets)
        return X


@breaks("check_nan", "check_infinity", "check_empty_sequence")
class ComplainsWithoutAPlace(Honest):
    def read(self, X, reset=False):
        if isinstance(X, SequenceArray):
            if not np.isfinite(X.values).all():
                raise ValueError("X contains NaN or infinity.")
            if len(X) and X.lengths.min() == 0:
                raise ValueError("X has an empty sequence.")
        return super().read(X, reset)


@breaks("check_empty_sequence")
class FillsEmptySequences(Lenient):
    def repair(self, X):
        if isinstance(X, SequenceArray) and len(X) and X.lengths.min() == 0:
            X = SequenceArray.from_list([x if len(x) else np.zeros((1, 2)) for x in X])
        return X


@breaks("check_empty_list")
class AnswersNothingWithNothing(Honest):
    def predict(self, X):
        return np.zeros(0) if len(X) == 0 else super().predict(X)


@breaks("check_bare_string", "check_text")
class ReadsLetters(Lenient):
    def repair(self, X):
        if isinstance(X, str):
            X = [X]
        if isinstance(X, list) and X and isinstance(X[0], str):
            X = [np.array([[float(ord(c)), 0.0] for c in x]) for x in X]
        return X


@breaks("check_text")
class NamesNoRemedyForText(Honest):
    def read(self, X, reset=False):
        if isinstance(X, list) and X and isinstance(X[0], str):
            raise ValueError("could not convert string to float")
        return super().read(X, reset)


@breaks("check_feature_count")
class CutsFeatures(Lenient):
    def repair(self, X):
        if isinstance(X, SequenceArray) and X.values.shape[1] == 3:
            X = SequenceArray(X.values[:, :2], X.offsets)
        return X


@breaks("check_unequal_steps")
class CutsFeaturesOfOneSequence(Lenient):
    def repair(self, X):
        return [x[:, :2] for x in X] if isinstance(X, list) and _has_width(X, 3) else X


def _has_width(X, n):
    return any(getattr(x, "shape", ())[1:] == (n,) for x in X)


@breaks("check_unfitted")
class RaisesAttributeErrorUnfitted(Honest):
    def predict(self, X):
        self.coef_  # noqa: B018
        return super().predict(X)


@breaks("check_lengths_of_X_and_y")
class CutsTargets(Honest):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y[: len(X)] if len(X) else y, sample_weight)


# Splitting


@breaks(
    "check_cross_validation", "check_train_test_split", "check_grid_search", "check_zero_weight"
)
class NeedsAllSequencesToFit(Honest):
    def fit(self, X, y, sample_weight=None):
        if len(X) in (12, 18):
            raise ValueError("too few sequences")
        return super().fit(X, y, sample_weight)


@breaks("check_cross_validation", "check_grid_search")
class ScoresNaN(Honest):
    def score(self, X, y):
        return np.nan


@breaks("check_cross_validation", "check_grid_search")
class CannotScoreSequences(Honest):
    def score(self, X, y):
        raise TypeError("expected a table")


@pytest.mark.parametrize("estimator, checks", BROKEN)
def test_broken_estimator_is_caught_by_the_right_checks(estimator, checks):
    assert failed_checks(estimator) == checks


def test_every_check_has_an_estimator_that_fails_it():
    seen = set().union(*(param.values[1] for param in [*BROKEN, *answers.BROKEN]))
    seen.add("check_container[SequenceArray made from a padded array]")  # has a test of its own
    assert {_name(check) for check in CHECKS} == seen


def test_answer_for_each_step_is_not_one_for_each_sequence():
    class AnswersSteps(Honest):
        def predict(self, X):
            return np.concatenate([x[:, 0] for x in X])

    with pytest.raises(AssertionError, match="predict gave 125 answers for 24 sequences"):
        check_sequence_estimator(AnswersSteps(), on_skip=None)
