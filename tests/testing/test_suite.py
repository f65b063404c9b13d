"""The suite itself: records, reasons, pytest parameters, and estimators of many kinds."""

import random
import warnings
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.exceptions import SkipTestWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from sksequence import (
    PerStep,
    RNNClassifier,
    Seq2SeqTransformer,
    SequenceArray,
    SequenceAutoencoder,
    SequenceCaptioner,
    SequenceScaler,
    TokenEncoder,
    Word2VecEmbedder,
)
from sksequence.inputs import check_sequences
from sksequence.testing import (
    check_sequence_estimator,
    parametrize_with_sequence_checks,
    sequence_checks,
)


class Leaky(TransformerMixin, BaseEstimator):
    """Says of a list of sequences how long the longest is: wrong, and quick."""

    def fit(self, X, y=None):
        self.n_fitted_ = True
        return self

    def transform(self, X):
        check_is_fitted(self)
        return np.full((len(X), 1), float(max(map(len, X))))


ARRAYS = [np.arange(2.0 * n).reshape(n, 2) for n in (3, 1, 4, 2, 6, 5, 4, 4)]


def records_of(estimator, *data, **options):
    options = {"on_fail": None, "on_skip": None, **options}
    return {r["check_name"]: r for r in check_sequence_estimator(estimator, *data, **options)}


# Records


def test_record_says_what_happened():
    records = records_of(Leaky(), ARRAYS)
    assert records["check_padding"]["status"] == "failed"
    assert isinstance(records["check_padding"]["exception"], AssertionError)
    assert "transform of sequence 0 changes beside a much longer sequence: [6.] became [18.]" in (
        str(records["check_padding"]["exception"])
    )
    assert records["check_order"]["status"] == "passed"
    assert records["check_order"]["exception"] is None
    assert records["check_zero_weight"]["status"] == "skipped"
    assert str(records["check_zero_weight"]["exception"]) == "fit takes no sample_weight"
    assert not records["check_padding"]["expected_to_fail"]


def test_every_skip_has_a_reason():
    for estimator in (Leaky(), TokenEncoder(), SequenceScaler()):
        for record in records_of(estimator).values():
            if record["status"] == "skipped":
                assert str(record["exception"])


def test_expected_failure_is_recorded_with_its_reason():
    expected = {"check_padding": "knows no padding", "check_container": "reads lists only"}
    records = records_of(Leaky(), ARRAYS, expected_failed_checks=expected)
    assert records["check_padding"]["status"] == "xfail"
    assert records["check_padding"]["expected_to_fail_reason"] == "knows no padding"
    frame = records["check_container[DataFrame with a (sequence, step) index]"]
    assert frame["status"] == "xfail"
    assert frame["expected_to_fail_reason"] == "reads lists only"
    assert records["check_batch_size"]["status"] == "failed"


def test_first_failure_is_raised_with_its_name():
    with pytest.raises(TypeError) as caught:  # Leaky reads no DataFrame
        check_sequence_estimator(Leaky(), ARRAYS, on_skip=None)
    name = "check_container[DataFrame with a (sequence, step) index]"
    assert caught.value.__notes__ == [f"This is {name} of Leaky."]


def test_failure_can_be_a_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_sequence_estimator(Leaky(), ARRAYS, on_fail="warn", on_skip=None)
    messages = [str(w.message) for w in caught if w.category is UserWarning]
    assert any(m.startswith("Leaky fails check_padding: transform of") for m in messages)
    assert {w.filename for w in caught if w.category is UserWarning} == {__file__}


def test_skip_is_a_warning_with_the_reason():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_sequence_estimator(SequenceScaler())
    messages = [str(w.message) for w in caught if w.category is SkipTestWarning]
    assert "check_nan does not apply to SequenceScaler: its tags allow NaN." in messages
    assert len(messages) == 4


def test_callback_sees_every_record():
    seen = []
    records = check_sequence_estimator(
        SequenceScaler(), on_skip=None, callback=lambda **record: seen.append(record)
    )
    assert seen == records


@pytest.mark.parametrize("option", ["on_fail", "on_skip"])
def test_unknown_option_names_the_known_ones(option):
    with pytest.raises(ValueError, match=f"{option} must be one of .*'warn', None, got 'never'"):
        check_sequence_estimator(SequenceScaler(), **{option: "never"})


# Isolation


def test_caller_and_estimator_stay_as_they_are():
    class Vandal(Leaky):
        def fit(self, X, y=None):
            random.seed(0)
            np.random.seed(0)
            torch.manual_seed(0)
            torch.set_num_threads(2)
            torch.set_default_dtype(torch.float64)
            torch.set_grad_enabled(False)
            return super().fit(X, y)

    estimator = Vandal()
    np.random.seed(5)
    torch.manual_seed(5)
    random.seed(5)
    n_threads = torch.get_num_threads()
    records_of(estimator, ARRAYS)
    assert vars(estimator) == {}
    assert torch.get_num_threads() == n_threads
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    given = random.random(), np.random.rand(), torch.rand(1).item()
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    assert given == (random.random(), np.random.rand(), torch.rand(1).item())


def test_examples_stay_as_they_are():
    class Fills(Leaky):
        def fit(self, X, y=None):
            X[0][:] = 0.0
            return super().fit(X, y)

    before = [x.copy() for x in ARRAYS]
    assert records_of(Fills(), ARRAYS)["check_inputs_untouched"]["status"] == "failed"
    for x, y in zip(ARRAYS, before, strict=True):
        np.testing.assert_array_equal(x, y)


# As tests of pytest


def test_checks_can_be_called_one_by_one():
    outcomes = {"passed": 0, "skipped": 0, "failed": 0}
    for estimator, check in sequence_checks(Leaky(), ARRAYS):
        try:
            check(estimator)
            outcomes["passed"] += 1
        except SkipTest:
            outcomes["skipped"] += 1
        except Exception:
            outcomes["failed"] += 1
    records = records_of(Leaky(), ARRAYS).values()
    for status, n in outcomes.items():
        assert n == sum(r["status"] == status for r in records) > 0


def test_pytest_parameters_have_names_and_marks():
    mark = parametrize_with_sequence_checks(
        [SequenceScaler(with_std=False), (Leaky(), ARRAYS, None)],
        expected_failed_checks=lambda e: (
            {"check_padding": "knows no padding"} if isinstance(e, Leaky) else {}
        ),
    ).mark
    names, parameters = mark.args
    assert names == "estimator, check"
    by_id = {p.id: p for p in parameters}
    marked = by_id["Leaky()-check_padding"].marks
    assert [m.name for m in marked] == ["xfail"]
    assert marked[0].kwargs == {"reason": "knows no padding"}
    assert not by_id["SequenceScaler(with_std=False)-check_padding"].marks
    assert len(by_id) == len(parameters)


@parametrize_with_sequence_checks([SequenceScaler(), PerStep(StandardScaler())])
def test_scalers_keep_the_promise(estimator, check):
    check(estimator)


# Estimators of many kinds


def failures(estimator, *data, **options):
    records = records_of(estimator, *data, **options).values()
    return {r["check_name"]: r["exception"] for r in records if r["status"] == "failed"}


@pytest.mark.parametrize("encoder", [TokenEncoder(), TokenEncoder("kmer"), TokenEncoder("char")])
def test_encoders_of_text_keep_the_promise(encoder):
    assert failures(encoder) == {}


@pytest.mark.parametrize("pooling", [None, "mean"])
def test_embedder_of_words_keeps_the_promise(pooling):
    known = {
        "check_length_one": "a word alone has no neighbour to learn from",
        "check_cross_validation": "its score is the share of analogies, and needs their file",
        "check_grid_search": "its score is the share of analogies, and needs their file",
    }
    if pooling:
        known["check_empty_sequence"] = "nothing is as good as no known word: a row of zeros"
    embedder = Word2VecEmbedder(vector_size=4, sample=0, epochs=1, min_count=1, pooling=pooling)
    assert failures(embedder, expected_failed_checks=known) == {}


@pytest.mark.parametrize("analyzer", ["word", "char"])
def test_text_classifier_keeps_the_promise_from_text_to_label(analyzer):
    texts = ["cold soup", "a kind waiter and a warm soup", "cold", "kind people"] * 5
    labels = ["bad", "good", "bad", "good"] * 5
    pipeline = make_pipeline(TokenEncoder(analyzer), RNNClassifier(hidden_size=4, max_epochs=2))
    assert failures(pipeline, texts, labels) == {}


def test_scaler_keeps_the_promise_on_frames_channels_and_context():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 6, size=16)
    X = SequenceArray.from_list([rng.normal(size=(n, 2, 3)) for n in lengths])
    assert failures(SequenceScaler(), X) == {}
    both = X.with_channel("word", _symbols(rng, lengths)).with_context(rng.normal(size=(16, 2)))
    assert failures(SequenceScaler(), both) == {}


def _symbols(rng, lengths):
    ids = [rng.integers(0, 4, size=n) for n in lengths]
    return SequenceArray.from_list(ids, n_tokens=4).only


class CountsSymbols(ClassifierMixin, BaseEstimator):
    """Compares how often symbol 0 comes with its mean; written by somebody else."""

    def fit(self, X, y):
        self._read(X, fitting=True)
        self.classes_ = np.unique(y)
        self.share_ = float(np.mean([np.mean(x == 0) for x in X]))
        return self

    def predict(self, X):
        check_is_fitted(self)
        self._read(X)
        return self.classes_[[int(np.mean(x == 0) > self.share_) for x in X]]

    def _read(self, X, fitting=False):
        if isinstance(X, str):
            raise TypeError("expected a list")
        if len(X) == 0:
            raise ValueError("at least one sequence is needed")
        if isinstance(X, list):
            raise TypeError("encode the words first")
        if fitting:
            self.n_tokens_ = X.n_tokens
        if X.n_tokens != self.n_tokens_:
            raise ValueError(f"fitted on {self.n_tokens_} symbols, got {X.n_tokens}")
        if X.lengths.min() == 0:
            raise ValueError(f"sequence {int(np.argmin(X.lengths))} is empty")


def test_symbols_are_put_through_the_checks_that_suit_them():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 6, size=16)
    ids = [rng.integers(0, 4, size=n) for n in lengths]
    X = SequenceArray.from_list(ids, n_tokens=4)
    y = np.array(["few", "many"])[rng.integers(0, 2, size=16)]
    records = records_of(CountsSymbols(), X, y)
    failed = {name for name, r in records.items() if r["status"] == "failed"}
    assert failed == {"check_lengths_of_X_and_y"}
    for name in ("check_padding", "check_feature_count", "check_empty_sequence", "check_pickle"):
        assert records[name]["status"] == "passed"
    for name in ("check_nan", "check_array[3-D array]", "check_no_look_ahead"):
        assert records[name]["status"] == "skipped"


def test_pipeline_is_an_estimator_like_any_other():
    pipeline = make_pipeline(SequenceScaler(), PerStep(StandardScaler()))
    known = {"check_nan": "both steps leave NaN as it is, but a pipeline's tags do not say so"}
    assert failures(pipeline, expected_failed_checks=known) == {}


def test_estimator_that_reads_lists_only_is_compared_with_lists():
    records = records_of(Leaky(), ARRAYS)
    assert records["check_container[object array]"]["status"] == "passed"
    assert records["check_single_sequence"]["status"] == "passed"
    assert records["check_nan"]["status"] == "failed"


class Draws(TransformerMixin, BaseEstimator):
    """Multiplies by a number that it draws in fit, for which there is no seed."""

    def fit(self, X, y=None):
        check_sequences(X, estimator=self)
        self.factor_ = np.random.default_rng().normal()
        return self

    def transform(self, X):
        check_is_fitted(self)
        X = check_sequences(X, estimator=self, reset=False)
        return pd.DataFrame([self.factor_ * x.sum() for x in X])


def test_estimator_without_a_seed_is_not_compared_with_another_fit():
    assert failures(Draws()).keys() == {"check_feature_count"}
    assert records_of(Draws())["check_same_fit"]["status"] == "skipped"


def test_sparse_answers_are_compared_too():
    class Sparse(Draws):
        def transform(self, X):
            table = super().transform(X).to_numpy()
            return scipy.sparse.csr_array(table * (1 + (len(table) == 1)))

    assert "check_batch_size" in failures(Sparse())
    assert "check_padding" not in failures(Sparse())


def test_examples_of_one_length_or_very_short_ones_skip_what_needs_more():
    same = SequenceArray.from_padded(np.random.default_rng(0).normal(size=(12, 4, 2)))
    assert "no method answers" in str(
        records_of(SequenceScaler(), same)["check_no_look_ahead"]["exception"]
    )
    short = SequenceArray.from_padded(np.random.default_rng(0).normal(size=(12, 1, 2)))
    assert "too short" in str(
        records_of(SequenceScaler(), short)["check_array[3-D array]"]["exception"]
    )


def test_estimator_without_answers_cannot_pass():
    class Mute(BaseEstimator):
        def fit(self, X, y=None):
            return self

    with pytest.raises(AssertionError, match="has none of the methods predict, predict_proba"):
        check_sequence_estimator(Mute(), on_skip=None)


WRITERS = {"hidden_size": 6, "embedding_size": 4, "max_epochs": 2}


@pytest.mark.parametrize(
    "estimator",
    [
        Seq2SeqTransformer(**WRITERS),
        SequenceCaptioner(**WRITERS, encoding_size=4),
        SequenceAutoencoder(**WRITERS),
    ],
)
def test_examples_are_made_for_estimators_that_write_sequences(estimator):
    records = records_of(estimator, on_skip=None, on_fail=None).values()
    by_status = {r["check_name"]: r["status"] for r in records}
    assert "failed" not in by_status.values()
    needs_targets = not isinstance(estimator, SequenceAutoencoder)
    assert (by_status["check_lengths_of_X_and_y"] == "passed") == needs_targets
