"""The checks of answers catch the estimators that break them, and no other check complains."""

import random

import numpy as np
import pytest
import torch

from sksequence import SequenceArray
from tests.testing.honest import Honest, failed_checks
from tests.testing.honest import breaks as register

BROKEN = []


def breaks(*checks):
    return register(BROKEN, *checks)


def test_honest_estimator_passes():
    assert failed_checks(Honest()) == set()


# The answer for a sequence depends on nothing but the sequence


@breaks("check_padding", "check_batch_size")
class AveragesOverPadding(Honest):
    def mean(self, x, X):
        return x.sum(axis=0) / X.lengths.max()


@breaks("check_neighbours", "check_padding", "check_batch_size")
class NormalisesTheBatch(Honest):
    def predict(self, X):
        given = super().predict(X)
        return given - given.mean()


@breaks("check_order", "check_batch_size")
class CarriesState(Honest):
    def predict(self, X):
        return np.cumsum(super().predict(X))


@breaks("check_order", "check_batch_size")
class LooksAtThePosition(Honest):
    def predict(self, X):
        given = super().predict(X)
        return given + (np.arange(len(given)) > 10)


@breaks("check_single_sequence", "check_batch_size")
class SqueezesTheFirstAxis(Honest):
    def predict(self, X):
        given = super().predict(X)
        return given[0] if len(given) == 1 else given


@breaks("check_batch_size")
class AddsAnAxisToOneAlone(Honest):
    def predict(self, X):
        given = super().predict(X)
        return given[:, np.newaxis] if len(given) == 1 else given


@breaks("check_neighbours", "check_batch_size")
class LabelsByRank(Honest):
    def predict(self, X):
        given = super().predict(X)
        return np.where(given > np.median(given), "high", "low")

    def score(self, X, y):
        return 0.0


@breaks("check_length_one", "check_batch_size")
class NeedsTwoSteps(Honest):
    def mean(self, x, X):
        return x.mean(axis=0) if X.lengths.max() > 1 else np.full(2, np.nan)


@breaks("check_no_look_ahead")
class LooksAhead(Honest):
    def hidden_states(self, X):
        return SequenceArray.from_list([x.mean(axis=0) + 0 * x for x in self.read_again(X)])


@breaks("check_no_look_ahead")
class KnowsTheLengthToCome(Honest):
    def hidden_states(self, X):
        return SequenceArray.from_list([0 * x + len(x) for x in self.read_again(X)])


@breaks("check_zero_weight")
class IgnoresWeights(Honest):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


@breaks("check_zero_weight")
class CentresBeforeWeighing(Honest):
    def fit(self, X, y, sample_weight=None):
        self.mean_ = np.sum(y) / max(1, len(y))
        return super().fit(X, y, sample_weight)

    def predict(self, X):
        return super().predict(X) + self.mean_


# The container


@breaks("check_container[list of arrays]")
class CutsLists(Honest):
    def read(self, X, reset=False):
        if isinstance(X, list) and X and getattr(X[0], "shape", ())[1:] == (2,):
            X = [x[:2] for x in X]
        return super().read(X, reset)


@breaks("check_container[nested lists]")
class CutsNestedLists(Honest):
    def read(self, X, reset=False):
        if isinstance(X, list) and X and isinstance(X[0], list):
            X = [x[:2] for x in X]
        return super().read(X, reset)


@breaks("check_container[object array]")
class ReversesObjectArrays(Honest):
    def read(self, X, reset=False):
        return super().read(X[::-1] if isinstance(X, np.ndarray) and X.ndim == 1 else X, reset)


@breaks("check_container[Series]")
class SortsSeriesByIndex(Honest):
    def read(self, X, reset=False):
        return super().read(X.sort_index() if hasattr(X, "to_frame") else X, reset)


@breaks("check_container[DataFrame with a (sequence, step) index]")
class CutsFrames(Honest):
    def read(self, X, reset=False):
        if hasattr(X, "columns") and X.index.nlevels == 2:
            X = X[X.index.get_level_values(1) < 2]
        return super().read(X, reset)


@breaks("check_container[part of a longer SequenceArray]", "check_batch_size")
class ForgetsWhereAPartStarts(Honest):
    def read(self, X, reset=False):
        X = super().read(X, reset)
        whole = X.values.base
        same_kind = getattr(whole, "shape", ())[1:] == X.values.shape[1:]
        return SequenceArray(whole[: len(X.values)], X.offsets) if same_kind else X


@breaks("check_container[memory-mapped, read-only]", "check_read_only", "check_inputs_untouched")
class RoundsInPlace(Honest):
    def read(self, X, reset=False):
        X = super().read(X, reset)
        X.values[:] = X.values.round(12)
        return X


@breaks("check_array[3-D array]")
class TakesTimeForTheFirstAxis(Honest):
    def read(self, X, reset=False):
        return super().read(X[:, ::-1] if getattr(X, "ndim", 0) == 3 else X, reset)


@breaks("check_array[2-D array]")
class OneStepOfManyFeatures(Honest):
    def read(self, X, reset=False):
        if isinstance(X, np.ndarray) and X.ndim == 2:
            X = X[:, np.newaxis]
        return super().read(X, reset)


@breaks("check_array[wide DataFrame]")
class SortsColumns(Honest):
    def read(self, X, reset=False):
        return super().read(
            X[X.columns[::-1]] if "step0" in getattr(X, "columns", ()) else X, reset
        )


@breaks("check_array[list of 1-D arrays]")
class ReadsFlatArraysBackwards(Honest):
    def read(self, X, reset=False):
        if isinstance(X, list) and X and getattr(X[0], "ndim", 0) == 1:
            X = [x[::-1] for x in X]
        return super().read(X, reset)


def test_padding_that_is_not_dropped_is_caught(monkeypatch):
    true_way = SequenceArray.from_padded
    monkeypatch.setattr(
        SequenceArray, "from_padded", lambda X, lengths=None, **side: true_way(X, **side)
    )
    assert failed_checks(Honest()) == {"check_container[SequenceArray made from a padded array]"}


# Random numbers


@breaks("check_same_fit", "check_fit_ignores_global_state", "check_random_state_untouched")
class DrawsFromTheGlobalGenerator(Honest):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.coef_ = self.coef_ + 1e-8 * np.random.normal(size=self.coef_.shape)
        return self


@breaks("check_random_state_untouched")
class SeedsNumpy(Honest):
    def fit(self, X, y, sample_weight=None):
        np.random.seed(0)
        return super().fit(X, y, sample_weight)


@breaks("check_random_state_untouched")
class SeedsTorchInPredict(Honest):
    def predict(self, X):
        torch.manual_seed(0)
        return super().predict(X)


@breaks("check_random_state_untouched")
class DrawsFromPython(Honest):
    def fit(self, X, y, sample_weight=None):
        random.random()
        return super().fit(X, y, sample_weight)


@breaks("check_fit_ignores_global_state")
class ReadsTheGlobalState(Honest):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.coef_ = self.coef_ + np.random.get_state()[1][0] % 1000
        return self


@breaks("check_same_fit")
class GoesOnInASecondFit(Honest):
    def fit(self, X, y, sample_weight=None):
        before = getattr(self, "coef_", 0.0)
        super().fit(X, y, sample_weight)
        self.coef_ = self.coef_ + before
        return self


@breaks("check_same_fit")
class DrawsUnusedWeights(Honest):
    fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).fits += 1
        self.network_ = torch.nn.utils.skip_init(torch.nn.Linear, 1, 1)
        torch.nn.init.constant_(self.network_.weight, self.fits)
        torch.nn.init.zeros_(self.network_.bias)
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("estimator, checks", BROKEN)
def test_broken_estimator_is_caught_by_the_right_checks(estimator, checks):
    assert failed_checks(estimator) == checks
