"""How a Seq2SeqTransformer is trained, continued, interrupted, saved, cloned and searched."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline

from sksequence import Seq2SeqTransformer, SequenceArray, Word2VecEmbedder
from sksequence.networks import EncoderDecoder

X = ["the cat sat", "a dog ran far away", "the dog sat", "a cat ran"] * 5
Y = ["le chat", "un chien est loin", "le chien", "un chat"] * 5


def quick(**parameters):
    defaults = {"hidden_size": 5, "embedding_size": 4, "max_epochs": 3, "random_state": 0}
    return Seq2SeqTransformer(**{**defaults, **parameters})


def weights_of(model):
    return {k: v.numpy().copy() for k, v in model.network_.state_dict().items()}


def same_weights(one, other):
    one, other = weights_of(one), weights_of(other)
    return all(np.array_equal(values, other[name]) for name, values in one.items())


# Reproducibility


def test_two_fits_give_the_same_weights_and_leave_randomness_alone():
    options = {"teacher_forcing": (1.0, 0.5), "dropout": 0.3, "batch_size": 6}
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    one = quick(**options).fit(X, Y)
    assert (np.random.get_state()[1] == before[0]).all()
    assert torch.equal(torch.get_rng_state(), before[1])
    torch.manual_seed(5)
    np.random.seed(5)
    assert same_weights(one, quick(**options).fit(X, Y))
    assert same_weights(one, one.fit(X, Y))
    assert not same_weights(one, quick(**{**options, "random_state": 1}).fit(X, Y))


WEIGHTS = np.where(np.arange(20) % 5 == 1, 0.0, np.linspace(0.5, 2.0, 20))
KEPT = np.flatnonzero(WEIGHTS)
NUMBERS = [np.arange(n, dtype=float) for n in range(1, 21)]


def long_frame(rows, names):
    index = [(name, t) for name, row in zip(names, rows, strict=True) for t in range(len(row))]
    index = pd.MultiIndex.from_tuples(index)
    return pd.DataFrame(np.concatenate(rows)[:, np.newaxis], index=index, columns=["v"])


@pytest.mark.parametrize(
    "fill",
    [
        lambda rows, at: rows,
        lambda rows, at: pd.Series(rows, index=at),
        lambda rows, at: np.array(rows, dtype=object),
        lambda rows, at: pd.DataFrame({"text": rows}),
    ],
    ids=["list", "Series", "array", "column"],
)
def test_no_weight_is_the_same_as_not_there(fill):
    """Also for the vocabulary and for the pairs held back."""
    options = {"early_stopping": True, "validation_fraction": 0.3, "batch_size": 4}
    sources = ["nobody reads this" if w == 0 else x for x, w in zip(X, WEIGHTS, strict=True)]
    weighted = quick(**options).fit(
        fill(sources, range(20)), fill(Y, range(20)), sample_weight=WEIGHTS
    )
    removed = quick(**options).fit(
        fill([sources[i] for i in KEPT], KEPT),
        fill([Y[i] for i in KEPT], KEPT),
        sample_weight=WEIGHTS[KEPT],
    )
    assert "nobody" not in weighted.source_side_.encoder.vocabulary_.tokens
    assert same_weights(weighted, removed)
    assert list(weighted.transform(X)) == list(removed.transform(X))
    assert not same_weights(
        weighted, quick(**options).fit([X[i] for i in KEPT], [Y[i] for i in KEPT])
    )


@pytest.mark.parametrize(
    "fill",
    [lambda rows, at: SequenceArray.from_list(rows), long_frame],
    ids=["SequenceArray", "long DataFrame"],
)
def test_no_weight_of_numbers(fill):
    numbers = [row if w else row * 1e9 for row, w in zip(NUMBERS, WEIGHTS, strict=True)]
    weighted = quick().fit(fill(numbers, range(20)), fill(numbers, range(20)), WEIGHTS)
    kept = fill([NUMBERS[i] for i in KEPT], KEPT)
    removed = quick().fit(kept, kept, WEIGHTS[KEPT])
    assert same_weights(weighted, removed)
    np.testing.assert_array_equal(
        weighted.target_side_.scaling.mean, removed.target_side_.scaling.mean
    )


# Validation data, early stopping


def test_own_validation_data_decide():
    """The loss of the best epoch is the mean likelihood of a symbol under the weights kept."""
    model = quick(
        label_smoothing=0.3,
        teacher_forcing=0.5,
        max_epochs=12,
        learning_rate=0.05,
        n_iter_no_change=2,
    )
    model.fit(X, Y, X_val=X[:3], y_val=["un chat", "le chat", "le chien"])
    losses = [row["valid_loss"] for row in model.history_]
    assert model.best_epoch_ == np.argmin(losses) + 1
    assert model.n_epochs_ == len(losses) == min(model.best_epoch_ + 2, 12)
    perplexity = model.perplexity(X[:3], ["un chat", "le chat", "le chien"])
    assert math.log(perplexity) == pytest.approx(min(losses), abs=1e-5)
    smoothed = [row["train_loss"] for row in model.history_]
    assert min(smoothed) > min(losses) or min(smoothed) > 0.3  # of what is learned


def test_early_stopping_holds_back_a_part():
    assert quick().fit(X, Y).best_epoch_ is None
    model = quick(early_stopping=True).fit(X, Y)
    assert "valid_loss" in model.history_[0]
    assert quick(max_epochs=1).fit(X * 15, Y * 15).best_epoch_ == 1  # 300 pairs


def test_what_is_held_back_is_no_longer_than_the_data():
    """Sources of the training data, held back or not, are not said to be too long."""
    sources = ["a"] * 19 + ["a b c d e f g"]
    model = quick(early_stopping=True, validation_fraction=0.5, max_epochs=1, max_steps=None)
    for seed in range(4):
        model.set_params(random_state=seed).fit(sources, sources)
        assert model.longest_ == (7, 7)
        model.transform(sources)


# Teacher forcing, smoothing, dropout


def test_settings_of_training_matter():
    plain = quick(dropout=0.0).fit(X, Y)
    for option in (
        {"teacher_forcing": 0.3},
        {"teacher_forcing": (1.0, 0.0)},
        {"label_smoothing": 0.2},
        {"dropout": 0.3},
        {"weight_decay": 0.5},
    ):
        assert not same_weights(plain, quick(**{"dropout": 0.0, **option}).fit(X, Y))
    for option in ({"teacher_forcing": [1, 1]}, {"beam_size": 4}, {"length_penalty": 1.0}):
        assert same_weights(plain, quick(dropout=0.0, **option).fit(X, Y))


@pytest.mark.parametrize("attention", ["additive", None])
def test_own_outputs_can_be_learned_from(attention):
    model = quick(
        teacher_forcing=(1.0, 0.0), attention=attention, hidden_size=20, max_epochs=60,
        learning_rate=0.02, dropout=0.0,
    )  # fmt: skip
    model.fit(X, Y)
    assert model.transform(X[:4]) == Y[:4]
    losses = [row["train_loss"] for row in model.history_]
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.2 * losses[0]


def test_double_precision_and_full_batches():
    model = quick(dtype="float64", batch_size="full").fit(X, Y)
    assert model.network_.head.weight.dtype == torch.float64
    assert model.transform(X[:4]) == pickle.loads(pickle.dumps(model)).transform(X[:4])


# Going on, and stopping


def test_warm_start_goes_on():
    model = quick(warm_start=True, batch_size=6).fit(X, Y)
    before = weights_of(model)
    vocabulary = model.source_side_.encoder.vocabulary_
    model.fit(X, Y)
    assert [row["epoch"] for row in model.history_] == [1, 2, 3, 4, 5, 6]
    assert model.source_side_.encoder.vocabulary_ is vocabulary
    assert any((before[k] != v).any() for k, v in weights_of(model).items())
    assert model.history_[3]["train_loss"] < model.history_[0]["train_loss"]
    model.fit([*X, "the cat ran far away " * 2], [*Y, "un chat"])
    assert model.longest_ == (10, 4)
    model.fit(X[:2], Y[:2])
    assert model.longest_ == (10, 4)


def test_warm_start_obeys_what_is_no_size():
    model = quick(warm_start=True, dropout=0.0).fit(X, Y)
    model.set_params(teacher_forcing=0.25, dropout=0.4, learning_rate=1e-4, max_epochs=1).fit(X, Y)
    assert model.network_.spec.teacher_forcing == (0.25, 0.25)
    assert model.network_.decoder.dropout.rate == 0.4
    again = pickle.loads(pickle.dumps(model))
    assert again.network_.decoder.dropout.rate == 0.4
    assert again.transform(X) == model.transform(X)


def test_ctrl_c_leaves_a_usable_estimator(monkeypatch):
    true_forward = EncoderDecoder.forward
    left = [2 * 4 + 2]  # in the middle of the third epoch

    def forward(network, batch, *args, **kwargs):
        left[0] -= network.training
        if left[0] < 0:
            raise KeyboardInterrupt
        return true_forward(network, batch, *args, **kwargs)

    monkeypatch.setattr(EncoderDecoder, "forward", forward)
    model = quick(max_epochs=50, batch_size=5)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    monkeypatch.undo()
    assert model.n_epochs_ == len(model.history_) == 2
    assert len(model.transform(X)) == 20
    assert not model.network_.training
    whole = quick(max_epochs=50, batch_size=5).fit(X, Y)
    assert [r["train_loss"] for r in model.history_] == [
        r["train_loss"] for r in whole.history_[:2]
    ]


# Saving and cloning


@pytest.mark.parametrize("options", [{}, {"tie_embeddings": True, "attention": "location"}])
def test_a_pickle_opens_with_the_same_answers(options):
    model = quick(**options).fit(X, Y)
    opened = pickle.loads(pickle.dumps(model))
    assert opened.transform(X) == model.transform(X)
    np.testing.assert_array_equal(opened.score_samples(X, Y), model.score_samples(X, Y))
    np.testing.assert_array_equal(opened.encode(X), model.encode(X))
    assert opened.get_params() == model.get_params()


def test_a_pickle_holds_weights_and_vocabulary_alone():
    once = pickle.dumps(quick(max_epochs=1).fit(X, Y))
    often = pickle.dumps(quick(max_epochs=1, early_stopping=False).fit(X * 100, Y * 100))
    assert len(often) < len(once) + 200
    model = quick(hidden_size=64, max_epochs=1).fit(X, Y)
    n_bytes = sum(v.nbytes for v in weights_of(model).values())
    assert len(pickle.dumps(model)) < n_bytes + 12_000


def test_clone_and_parameters():
    model = quick(cell="gru", teacher_forcing=(1.0, 0.5), source_analyzer="char").fit(X, Y)
    copy = clone(model)
    assert not hasattr(copy, "network_")
    assert copy.get_params() == model.get_params()
    assert same_weights(copy.fit(X, Y), model)
    text = repr(quick(attention="dot"))
    assert text.startswith("Seq2SeqTransformer(attention='dot', embedding_size=4, hidden_size=5")
    assert "beam_size" not in text
    assert repr(Seq2SeqTransformer()) == "Seq2SeqTransformer()"
    with pytest.raises(ValueError, match="Invalid parameter 'depth'"):
        copy.set_params(depth=2)


# scikit-learn's tools


def test_grid_search_over_sizes():
    grid = {"hidden_size": [3, 5], "attention": [None, "dot"]}
    search = GridSearchCV(quick(max_epochs=1), grid, cv=KFold(2), n_jobs=1, error_score="raise")
    search.fit(X, Y)
    assert set(search.best_params_) == {"hidden_size", "attention"}
    assert search.best_estimator_.network_.spec.target.widths == (
        search.best_params_["hidden_size"],
    )
    assert search.score(X, Y) == search.best_estimator_.score(X, Y)
    assert search.transform(X) == search.best_estimator_.transform(X)


def test_cross_validation():
    scores = cross_val_score(quick(), X, Y, cv=2, error_score="raise")
    assert scores.shape == (2,)
    assert (scores >= 0).all()
    for y in (Y, pd.Series(Y), np.array(Y, dtype=object)):
        written = cross_val_predict(quick(), X, y, cv=KFold(2))
        expected = quick().fit(X[10:], Y[10:]).transform(X[:10])
        assert written.shape == (20,)
        assert list(written[:10]) == expected
    assert quick().fit(X, Y).predict(X) == quick().fit(X, Y).transform(X)
    halves = SequenceArray.from_list([n[::2] for n in NUMBERS])
    numbers = SequenceArray.from_list(NUMBERS)
    folds = KFold(2, shuffle=True, random_state=0)
    written = cross_val_predict(quick(max_steps=10), numbers, halves, cv=folds)
    assert isinstance(written, SequenceArray)
    assert len(written) == 20


def test_pipelines():
    embedder = Word2VecEmbedder(vector_size=4, min_count=1, epochs=1, random_state=0)
    model = make_pipeline(embedder, quick()).fit(X, Y)
    written = model.transform(X)
    assert all(isinstance(text, str) for text in written)
    assert model.score(X, Y) == pytest.approx(model[-1].score(model[0].transform(X), Y))
    assert model.transform(["the zebra sat"])  # unknown to both


def test_vectors_for_any_classifier():
    model = quick(hidden_size=8, max_epochs=20, learning_rate=0.02).fit(X, Y)
    labels = ["cat" in x for x in X]
    assert (
        LogisticRegression(C=100).fit(model.encode(X), labels).score(model.encode(X), labels) == 1
    )


def test_routing_of_weights_and_validation_data():
    model = quick()
    model.fit(X, Y, sample_weight=WEIGHTS, X_val=X[:3], y_val=Y[:3])
    assert model.best_epoch_ is not None
