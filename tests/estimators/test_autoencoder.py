"""A vector for each sequence without labels, and the way back."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence import SequenceArray, SequenceAutoencoder, TokenEncoder
from sksequence.datasets import make_reversal
from sksequence.testing import check_sequence_estimator


def curves(n, seed):
    """Rising lines and falling parabolas of any size, and which is which."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 2, size=n)
    X = []
    for kind, n_steps in zip(kinds, rng.integers(6, 12, size=n), strict=True):
        t = np.linspace(0, 1, n_steps)
        X.append((1 - t) ** 2 if kind else t)
        X[-1] = X[-1] * rng.uniform(0.5, 1.5) + rng.normal(scale=0.03, size=n_steps)
    return X, np.array(["up", "down"])[kinds]


def sines(n, seed):
    rng = np.random.default_rng(seed)
    starts, lengths = rng.uniform(0, 2 * np.pi, size=n), rng.integers(8, 14, size=n)
    return [100 + 20 * np.sin(s + 0.7 * np.arange(k)) for s, k in zip(starts, lengths, strict=True)]


@pytest.fixture(scope="module")
def of_curves():
    X, _ = curves(120, 0)
    model = SequenceAutoencoder(encoding_size=2, hidden_size=16, learning_rate=0.02)
    return model.set_params(max_epochs=40, random_state=0).fit(X)


@pytest.fixture(scope="module")
def of_sines():
    model = SequenceAutoencoder(hidden_size=24, batch_size=16, max_epochs=50, random_state=0)
    return model.fit(sines(150, 0))


# -- what is learned ----------------------------------------------------------------------------


def test_two_numbers_tell_two_kinds_of_curves_apart(of_curves):
    (X, kinds), (X_test, kinds_test) = curves(120, 0), curves(60, 1)
    codes = of_curves.transform(X)
    assert codes.shape == (120, 2)
    assert (
        LogisticRegression().fit(codes, kinds).score(of_curves.transform(X_test), kinds_test) == 1
    )


def test_sines_are_written_again(of_sines):
    unseen = sines(50, 1)
    assert of_sines.score(unseen) > 0.9
    written = of_sines.reconstruct(unseen)
    squares = sum(float(np.sum((a - b) ** 2)) for a, b in zip(unseen, written, strict=True))
    total = np.concatenate(unseen)
    np.testing.assert_allclose(
        of_sines.score(unseen), 1 - squares / np.sum((total - total.mean()) ** 2), rtol=1e-5
    )


def test_the_vector_is_all_that_the_decoder_gets(of_sines):
    codes = of_sines.transform(sines(5, 1))
    written = of_sines.inverse_transform(codes)
    again = of_sines.inverse_transform(np.repeat(codes[2:3], 3, axis=0))
    for one in again:  # wherever a vector came from
        np.testing.assert_allclose(one, written[2], rtol=1e-12)


def test_where_a_sequence_ends_is_written_too(of_curves):
    X, _ = curves(60, 1)
    lengths = np.array([len(x) for x in of_curves.inverse_transform(of_curves.transform(X))])
    assert np.mean(np.abs(lengths - [len(x) for x in X]) <= 2) > 0.8


def test_between_two_vectors_lies_a_sequence_between_them(of_curves):
    low, high = np.linspace(0, 0.6, 9), np.linspace(0, 1.4, 9)
    middle = of_curves.transform([low, high]).mean(axis=0, keepdims=True)
    (written,) = of_curves.inverse_transform(middle)
    assert 0.6 < written[-1] < 1.4


def test_what_is_unlike_the_rest_has_the_largest_error(of_curves):
    X, _ = curves(40, 1)
    odd = [np.tile([1.0, -1.0], 5), np.full(9, 2.5)]
    errors = of_curves.reconstruction_error([*X, *odd])
    assert errors.shape == (42,)
    assert set(np.argsort(errors)[-2:]) == {40, 41}


def test_the_error_is_the_mean_square_in_units_of_the_variance(of_sines):
    X = sines(4, 1)
    scale = np.std(np.concatenate(sines(150, 0)))
    written = of_sines.reconstruct(X)
    expected = [np.mean((a - b) ** 2) / scale**2 for a, b in zip(X, written, strict=True)]
    np.testing.assert_allclose(of_sines.reconstruction_error(X), expected, rtol=1e-4)


def test_labels_do_not_matter():
    X, kinds = curves(30, 0)
    model = SequenceAutoencoder(hidden_size=4, max_epochs=2, random_state=0)
    alone, beside = clone(model).fit(X).transform(X), clone(model).fit(X, kinds).transform(X)
    np.testing.assert_array_equal(alone, beside)
    np.testing.assert_array_equal(model.fit_transform(X, kinds), alone)


# -- symbols --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def of_letters():
    texts, _ = make_reversal(300, min_steps=2, max_steps=5, n_tokens=4, random_state=0)
    model = SequenceAutoencoder(analyzer="char", hidden_size=48, embedding_size=8, random_state=0)
    return model.set_params(max_epochs=40, early_stopping=False).fit(texts), texts


def test_texts_come_back_as_texts(of_letters):
    model, texts = of_letters
    written = model.reconstruct(texts)
    assert np.mean([a == b for a, b in zip(texts, written, strict=True)]) > 0.95
    assert model.inverse_transform(model.transform(texts[:9])) == written[:9]
    assert model.score(texts) > 0.98


def test_the_score_of_symbols_is_the_share_at_the_same_place(of_letters):
    model, _ = of_letters
    odd = ["ddddd", "aaaaa", "ab", "a"]
    written = [w.ljust(5) for w in model.reconstruct(odd)]
    right = [t[i] == w[i] for t, w in zip(odd, written, strict=True) for i in range(len(t))]
    assert 0 < sum(right) < 13
    assert model.score(odd) == pytest.approx(sum(right) / 13)
    weights = [1.0, 0.0, 0.0, 0.0]
    assert model.score(odd, sample_weight=weights) == pytest.approx(sum(right[:5]) / 5)


def test_the_error_of_symbols_is_their_mean_log_loss(of_letters):
    model, texts = of_letters
    errors = model.reconstruction_error([*texts[:20], "ddddd"])
    assert errors.argmax() == 20
    assert (errors > 0).all() and np.median(errors) < 0.1


def test_ids_come_back_as_ids():
    texts, _ = make_reversal(60, max_steps=4, n_tokens=3, random_state=0)
    encoder = TokenEncoder("char")
    ids = encoder.fit_transform(texts)
    model = SequenceAutoencoder(hidden_size=8, max_epochs=2, random_state=0).fit(ids)
    written = model.reconstruct(ids)
    assert isinstance(written, SequenceArray) and written.n_tokens == ids.n_tokens
    assert len(encoder.inverse_transform(written)) == 60


def test_words_of_token_lists_come_back_as_lists():
    X = [["a", "dog", "runs"], ["a", "cat", "sleeps"], ["dogs", "sleep"]] * 10
    model = SequenceAutoencoder(hidden_size=16, embedding_size=8, max_epochs=40, random_state=0)
    assert model.fit(X).reconstruct(X[:3]) == X[:3]
    assert model.fit([" ".join(x) for x in X]).reconstruct(["a cat sleeps"]) == ["a cat sleeps"]


@pytest.mark.parametrize("conditional", [True, False, "auto"])
def test_an_unconditional_decoder_does_not_hear_what_it_wrote(conditional):
    for X, auto in (["ab", "ba"] * 5, True), ([[1.0, 2.0], [2.0, 1.0]] * 5, False):
        model = SequenceAutoencoder(hidden_size=4, max_epochs=1, conditional=conditional)
        decoder = model.set_params(analyzer="char", random_state=0).fit(X).network_.decoder
        hears = auto if conditional == "auto" else conditional
        assert decoder.spec.conditional is hears
        one = torch.zeros(1, dtype=torch.int64) if auto else torch.zeros(1, 1, dtype=torch.float64)
        assert torch.equal(decoder.embed(one), decoder.embed(one + 1)) is not hears


# -- containers ---------------------------------------------------------------------------------


def test_numbers_come_back_in_the_container_they_came_in(of_sines):
    X = sines(6, 1)
    expected = of_sines.reconstruct(X)
    assert [x.shape for x in expected] == [x.shape for x in X]
    ragged = SequenceArray.from_list(X)
    np.testing.assert_allclose(of_sines.reconstruct(ragged).values[:, 0], np.concatenate(expected))
    index = pd.MultiIndex.from_tuples([(f"s{i}", t) for i in range(6) for t in range(len(X[i]))])
    long = pd.DataFrame({"v": np.concatenate(X)}, index=index)
    written = of_sines.reconstruct(long)
    np.testing.assert_allclose(written["v"], np.concatenate(expected))
    assert list(written.index.get_level_values(0).unique()) == [f"s{i}" for i in range(6)]
    series = pd.Series(X, index=list("abcdef"))
    assert list(of_sines.reconstruct(series).index) == list("abcdef")
    frames = of_sines.transform(long), of_sines.transform(series)
    np.testing.assert_array_equal(*map(np.asarray, frames))


def test_a_table_comes_back_as_a_table():
    X = np.array(sines(20, 0), dtype=object)
    table = np.stack([x[:8] for x in X])
    model = SequenceAutoencoder(hidden_size=4, max_epochs=2, random_state=0).fit(table)
    assert model.n_features_in_ == 8
    assert model.reconstruct(table).shape == model.inverse_transform(model.transform(table)).shape
    assert model.inverse_transform(np.zeros((3, 4))).shape == (3, 8)
    frame = pd.DataFrame(table[:3], index=list("xyz")).add_prefix("t")
    written = clone(model).fit(frame).reconstruct(frame)
    assert list(written.index) == list("xyz") and list(written.columns) == list(frame.columns)
    cube = np.stack([table, table**2], axis=2)
    model = clone(model).fit(cube)
    assert model.n_features_in_ == 2
    assert model.reconstruct(cube).shape == cube.shape


def test_pandas_out_has_the_names_of_the_sequences(of_sines):
    X = sines(3, 1)
    model = pickle.loads(pickle.dumps(of_sines)).set_output(transform="pandas")
    named = model.transform(pd.Series(X, index=["a", "b", "c"]))
    assert list(named.index) == ["a", "b", "c"]
    assert list(named.columns) == [f"sequenceautoencoder{i}" for i in range(24)]
    index = pd.MultiIndex.from_tuples([(i, t) for i in "pqr" for t in range(8)])
    long = pd.DataFrame({"v": np.concatenate([x[:8] for x in X])}, index=index)
    assert list(model.transform(long).index) == ["p", "q", "r"]
    assert isinstance(model.transform(X), pd.DataFrame)
    np.testing.assert_array_equal(model.get_feature_names_out(), named.columns)


def test_it_stands_before_any_classifier_in_a_pipeline():
    X, kinds = curves(40, 0)
    pipeline = make_pipeline(
        SequenceAutoencoder(hidden_size=8, max_epochs=10, random_state=0), LogisticRegression()
    )
    assert cross_val_score(pipeline, X, kinds, cv=2).mean() > 0.8


def test_a_pickle_answers_the_same_and_holds_32_bits(of_sines):
    X = sines(4, 1)
    blob = pickle.dumps(of_sines)
    loaded = pickle.loads(blob)
    np.testing.assert_array_equal(loaded.transform(X), of_sines.transform(X))
    n_weights = sum(p.numel() for p in of_sines.network_.parameters())
    assert len(blob) < 4 * n_weights + 20_000


def test_training_goes_on_with_a_warm_start():
    X = sines(30, 0)
    model = SequenceAutoencoder(hidden_size=8, max_epochs=5, random_state=0, warm_start=True)
    first = model.fit(X).score(X)
    assert model.fit(X).n_epochs_ == 10
    assert model.score(X) > first
    with pytest.raises(ValueError, match="encoding_size changed since the first fit"):
        model.set_params(encoding_size=2).fit(X)


def test_validation_data_decide_when_to_stop():
    X = sines(40, 0)
    model = SequenceAutoencoder(hidden_size=8, max_epochs=3, random_state=0)
    assert model.fit(X[:30], X_val=X[30:]).best_epoch_ is not None
    assert "valid_loss" in model.history_[0]


# -- what is refused ----------------------------------------------------------------------------


def test_messages(of_sines, of_letters):
    with pytest.raises(NotFittedError):
        SequenceAutoencoder().inverse_transform([[0.0]])
    with pytest.raises(ValueError, match=r"X has 3 columns, but the vectors .* have 24"):
        of_sines.inverse_transform(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="NaN"):
        of_sines.inverse_transform(np.full((1, 24), np.nan))
    with pytest.raises(
        TypeError, match="holds text, but SequenceAutoencoder was fitted on numbers"
    ):
        of_sines.transform(["abc"])
    with pytest.raises(TypeError, match="holds no text"):
        of_letters[0].transform([[1.0, 2.0]])
    X = SequenceArray.from_list([[[1.0]], [[2.0], [3.0]]])
    both = X.with_channel("w", SequenceArray.from_list([[0], [1, 0]], n_tokens=2).only)
    with pytest.raises(ValueError, match=r"channels \['values', 'w'\].* one: choose it"):
        SequenceAutoencoder(max_epochs=1).fit(both)
    with pytest.raises(ValueError, match="encoding_size"):
        SequenceAutoencoder(encoding_size=0).fit([[1.0], [2.0]])


# -- the promise ----------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
NUMBERS = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in RNG.integers(1, 9, size=24)])
SYMBOLS = SequenceArray.from_list(
    [RNG.integers(0, 6, size=n) for n in RNG.integers(1, 9, size=24)], n_tokens=6
)
QUICK = {"hidden_size": 5, "max_epochs": 1}


@pytest.mark.parametrize(
    ("parameters", "X"),
    [
        ({}, NUMBERS),
        ({"encoding_size": 3, "bidirectional": True, "context_at": "state"}, NUMBERS),
        ({"conditional": True, "cell": "gru", "context_at": "steps", "batch_size": 9}, NUMBERS),
        ({"embedding_size": 4, "dropout": 0.2}, SYMBOLS),
    ],
)
def test_the_promise_is_kept(parameters, X):
    model = SequenceAutoencoder(**QUICK, **parameters)
    records = check_sequence_estimator(model, X, on_skip=None, on_fail=None)
    assert {r["check_name"]: r["exception"] for r in records if r["status"] == "failed"} == {}


# Long training and width play no part in what scikit-learn checks.
EXACT = {"hidden_size": 8, "max_epochs": 5, "dtype": "float64", "batch_size": "full"}


@parametrize_with_checks(
    [SequenceAutoencoder(max_epochs=5, hidden_size=8), SequenceAutoencoder(**EXACT)],
    expected_failed_checks=lambda estimator: (
        {}
        if estimator.batch_size == "full"
        else {
            "check_sample_weight_equivalence_on_dense_data": (
                "a weight of two is compared with the same row twice, to nine digits: "
                "mini-batches of random rows in 32 bits differ more than that"
            )
        }
    ),
)
def test_checks_of_sklearn(estimator, check):
    check(estimator)
