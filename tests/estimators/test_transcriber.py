"""Label strings without alignment."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline

from sksequence import CTCTranscriber, RNNLanguageModel, SequenceArray, SequenceScaler
from sksequence.metrics import character_error_rate, get_scorer
from sksequence.testing import check_sequence_estimator

HEIGHTS = {"a": 1.0, "b": 2.0, "c": 3.0}


def say(text, rng):
    """Each letter lasts one to three steps, with a rest before it."""
    parts = [[0.0] + [HEIGHTS[letter]] * rng.integers(1, 4) for letter in text]
    return np.concatenate([*parts, [0.0]])[:, np.newaxis]


def spoken(n, seed):
    rng = np.random.default_rng(seed)
    y = ["".join(rng.choice(list("abc"), size=k)) for k in rng.integers(1, 5, size=n)]
    return [say(text, rng) for text in y], y


def transcriber(**parameters):
    defaults = {"hidden_size": 16, "learning_rate": 0.02, "max_epochs": 15, "random_state": 0}
    return CTCTranscriber(**{**defaults, "batch_size": 16, **parameters})


X, Y = spoken(150, 0)
X_NEW, Y_NEW = spoken(30, 1)
X_SLOW, X_SLOW_NEW = ([x.repeat(2, axis=0) for x in some] for some in (X, X_NEW))


@pytest.fixture(scope="module")
def fitted():
    return transcriber().fit(X, Y)


@pytest.fixture(scope="module")
def short():
    """Hardly trained, so that nothing is certain."""
    return transcriber(max_epochs=2).fit(X, Y)


def test_it_learns_what_was_said(fitted):
    assert fitted.labels_.tolist() == sorted(fitted.labels_, key=fitted.labels_.tolist().index)
    assert set(fitted.labels_) == set("abc")
    assert fitted.score(X_NEW, Y_NEW) > 0.97
    assert fitted.score(X_NEW, Y_NEW) == 1 - character_error_rate(Y_NEW, fitted.predict(X_NEW))


def test_what_is_written_has_the_type_of_the_targets(fitted):
    written = fitted.predict(X_NEW)
    assert written.dtype == object
    assert isinstance(written[0], str)


@pytest.mark.parametrize("kind", ["tokens", "numbers", "array", "series", "symbols", "words"])
def test_targets_of_any_type(kind):
    number = {"a": 7, "b": 3, "c": 5}
    tokens = [list(text) for text in Y]
    y = {
        "tokens": tokens,
        "numbers": [[number[letter] for letter in text] for text in Y],
        "array": np.array(Y),
        "series": pd.Series(Y),
        "symbols": SequenceArray.from_list([["abc".index(k) for k in t] for t in Y], n_tokens=3),
        "words": [" ".join(text) for text in Y],
    }[kind]
    model = transcriber(max_epochs=1, analyzer="word" if kind == "words" else "char").fit(X, y)
    model.set_params(warm_start=True, max_epochs=25).fit(X, y)
    written = model.predict(X_NEW)
    as_text = {
        "tokens": lambda row: "".join(row),
        "numbers": lambda row: "".join({n: k for k, n in number.items()}[i] for i in row),
        "symbols": lambda row: "".join("abc"[i] for i in row),
        "words": lambda row: row.replace(" ", ""),
    }.get(kind, str)
    assert character_error_rate(Y_NEW, [as_text(row) for row in written]) < 0.05
    assert model.score(X, y) > 0.9
    if kind == "symbols":
        assert isinstance(written, SequenceArray)
        assert written.n_tokens == 3
    else:
        assert written.dtype == object


def test_an_empty_target_is_one_in_which_nothing_is_said():
    X_more, y_more = [*X, *([np.zeros((n, 1)) for n in (1, 4, 7)] * 10)], [*Y, *[""] * 30]
    model = transcriber().fit(X_more, y_more)
    assert model.predict([np.zeros((5, 1))]).tolist() == [""]
    assert model.align([np.zeros((5, 1))], [""])[0].shape == (0, 2)


def test_probabilities_of_each_step(short):
    found = short.predict_proba(X_NEW)
    assert [len(rows) for rows in found] == [len(x) for x in X_NEW]
    for rows in found:
        assert rows.shape[1] == 4
        np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-12)


def test_the_log_likelihood_is_that_of_all_paths(short):
    """Of sequences of three steps; four columns to the power of three are 64 paths."""
    import itertools

    x = [np.array([[0.0], [1.0], [3.0]])]
    log_p = np.log(short.predict_proba(x)[0])
    for text in ("", "a", "ac", "bb"):
        string = [short.labels_.tolist().index(letter) for letter in text]
        total = 0.0
        for path in itertools.product(range(4), repeat=3):
            if [k for k, _ in itertools.groupby(path) if k != 3] == string:
                total += np.exp(sum(log_p[t, k] for t, k in enumerate(path)))
        assert short.score_samples(x, [text])[0] == pytest.approx(np.log(total), abs=1e-5)


def test_a_wide_beam_finds_the_likeliest_string(short):
    x = X_NEW[:6]
    strings, scores = short.predict_n_best(x, 60)
    for i, (ranks, given) in enumerate(zip(strings, scores, strict=True)):
        exact = short.score_samples([x[i]] * len(ranks), ranks)
        assert len(set(ranks)) == len(ranks)
        assert exact.argmax() == 0
        assert given[0] == pytest.approx(exact[0], abs=0.02)  # the beam lost some paths
        assert (given <= exact + 1e-5).all()
    short.set_params(beam_size=60)
    assert short.predict(x).tolist() == [ranks[0] for ranks in strings]
    short.set_params(beam_size=1)


def test_alignment_in_steps_and_seconds(fitted):
    x = [np.array([0, 1, 1, 0, 3, 0, 3, 3, 0.0])[:, np.newaxis]]
    (span,) = fitted.align(x, ["acc"])
    assert (span[:, 0] < span[:, 1]).all()
    assert (span[1:, 0] >= span[:-1, 1]).all()
    assert span[1, 1] < span[2, 0]  # a blank stands between equal labels
    assert span.max() <= 9
    assert abs(span[0, 0] - 1) <= 1
    assert abs(span[2, 0] - 6) <= 1
    np.testing.assert_array_equal(fitted.align(x)[0], span)  # which is what it hears
    np.testing.assert_allclose(fitted.align(x, ["acc"], step_seconds=0.01)[0], span * 0.01)
    (table,) = fitted.align(x, ["acc"], step_seconds=0.01, as_frame=True)
    assert table["label"].tolist() == ["a", "c", "c"]
    assert table["stop_seconds"].tolist() == pytest.approx((span[:, 1] * 0.01).tolist())
    assert fitted.align(x, ["acc"], as_frame=True)[0].columns.tolist() == ["label", "start", "stop"]


def test_alignment_counts_steps_before_the_stride():
    model = transcriber(conv_size=8, conv_width=3, stride=2).fit(X_SLOW, Y)
    assert model.score(X_SLOW_NEW, Y_NEW) > 0.9
    halves = [-(-len(x) // 2) for x in X_SLOW_NEW]
    assert [len(rows) for rows in model.predict_proba(X_SLOW_NEW)] == halves
    assert model.hidden_states(X_SLOW_NEW).lengths.tolist() == halves
    odd = [x[:-1] for x in X_SLOW_NEW]
    for span, x in zip(model.align(odd, Y_NEW), odd, strict=True):
        assert len(x) // 2 < span.max() <= len(x)
        assert (span[:-1] % 2 == 0).all()


@pytest.mark.parametrize(
    ("steps", "text", "parameters", "words"),
    [
        (2, "abc", {}, r"y\[5\] has 3 labels and needs 3 steps, but X\[5\] has 2: "),
        (3, "aab", {}, r"needs 4 steps \(1 of them repeat the one before.*X\[5\] has 3"),
        (5, "abcab", {"conv_size": 4, "stride": 2}, r"needs 5 steps, but X\[5\] has 3 after stri"),
    ],
)
def test_impossible_targets_are_named_before_training(steps, text, parameters, words):
    X_bad, y_bad = [x.repeat(2, axis=0) for x in X], list(Y)
    X_bad[5], y_bad[5] = np.zeros((steps, 1)), text
    model = transcriber(**parameters)
    with pytest.raises(ValueError, match=words):
        model.fit(X_bad, y_bad)
    assert not hasattr(model, "network_")


def test_impossible_targets_are_named_after_training_too(short):
    with pytest.raises(ValueError, match=r"y\[0\] has 3 labels and needs 4 steps"):
        short.score_samples([np.zeros((3, 1))], ["aab"])
    with pytest.raises(ValueError, match=r"y\[0\] has 3 labels"):
        short.align([np.zeros((2, 1))], ["abc"])
    with pytest.raises(ValueError, match=r"y_val\[0\] has 3 labels.*X_val\[0\]"):
        transcriber().fit(X, Y, X_val=[np.zeros((2, 1))], y_val=["abc"])


def test_a_target_that_just_fits_gives_finite_numbers():
    X_tight = [np.array([[1.0], [0.0], [1.0]]), np.array([[1.0], [2.0]])] * 8
    model = transcriber(max_epochs=5).fit(X_tight, ["aa", "ab"] * 8)
    assert np.isfinite([row["train_loss"] for row in model.history_]).all()
    assert np.isfinite(model.score_samples(X_tight, ["aa", "ab"] * 8)).all()


@pytest.mark.parametrize(
    ("y", "error", "words"),
    [
        (None, ValueError, "requires y"),
        ("abc", TypeError, r"y is 'abc' \(str\)"),
        (list(range(150)), TypeError, r"y\[0\] is 0 \(int\).*use RNNClassifier"),
        ([[0.5]] * 150, TypeError, r"y\[0\] holds 0.5 \(float\).*Seq2SeqTransformer"),
        ([None, *Y[1:]], ValueError, r"y\[0\] is missing"),
        ([["a"], *Y[1:]], TypeError, "mixes texts and lists"),
        ([""] * 150, ValueError, "no target in y has a label"),
        (Y[:-1], ValueError, "150 sequences, but y has 149 targets"),
        (SequenceArray.from_list([[1.0]] * 150), TypeError, "SequenceArray of symbols"),
    ],
)
def test_targets_of_no_use_are_refused(y, error, words):
    with pytest.raises(error, match=words):
        transcriber().fit(X, y)


def test_labels_that_were_not_in_fit(short):
    with pytest.raises(ValueError, match=r"y\[1\] has the label 'z'.*known are 3: "):
        short.score_samples(X_NEW[:2], ["a", "zz"])
    assert short.score(X_NEW[:1], ["zzz"]) <= 0  # an error like any other
    with pytest.raises(TypeError, match="y holds lists, but CTCTranscriber was fitted on texts"):
        short.score(X_NEW[:1], [["a"]])


def test_parameters_that_contradict_each_other(short):
    with pytest.raises(ValueError, match="stride=2 is that of the convolution"):
        transcriber(stride=2).fit(X, Y)
    with pytest.raises(ValueError, match="n_best must be"):
        short.predict_n_best(X_NEW, 0)
    with pytest.raises(NotFittedError):
        transcriber().predict(X)


def test_a_pickle_says_the_same(short):
    again = pickle.loads(pickle.dumps(short))
    assert again.predict(X_NEW).tolist() == short.predict(X_NEW).tolist()
    np.testing.assert_array_equal(again.score_samples(X, Y), short.score_samples(X, Y))


def test_stock_tools_take_it():
    model = make_pipeline(SequenceScaler(), transcriber(max_epochs=8))
    written = cross_val_predict(model, X, Y, cv=3)
    assert written.shape == (150,)
    assert isinstance(written[0], str)
    search = GridSearchCV(
        model,
        {"ctctranscriber__beam_size": [1, 4]},
        cv=2,
        scoring=get_scorer("neg_character_error_rate"),
    ).fit(X, Y)
    assert (search.cv_results_["mean_test_score"] <= 0).all()
    assert search.predict(X_NEW).shape == (30,)
    assert cross_val_score(model, X, [list(text) for text in Y], cv=2).shape == (2,)


# -- with a language model --------------------------------------------------------------


@pytest.fixture(scope="module")
def language():
    """Knows that nothing but runs of one letter are said."""
    texts = [letter * n for letter in "abc" for n in (1, 2, 3)] * 8
    return RNNLanguageModel(hidden_size=12, max_epochs=30, learning_rate=0.01, random_state=0).fit(
        texts
    )


def test_a_language_model_weighs_the_beam(short, language):
    """Of four steps, the beam holds every string."""
    model, x = pickle.loads(pickle.dumps(short)), [one[:4] for one in X_NEW[:4]]
    plain = model.predict_n_best(x, 300)
    model.set_params(language_model=language, language_weight=0.8, insertion_bonus=0.2)
    weighed = model.predict_n_best(x, 300)
    for i in range(4):
        log_p = dict(zip(*(part[i].tolist() for part in plain), strict=True))
        scores = dict(zip(*(part[i].tolist() for part in weighed), strict=True))
        assert scores.keys() == log_p.keys()
        texts = [text for text in scores if text]
        likelihoods = language.score_samples(texts)
        for text, likelihood in zip(texts, likelihoods, strict=True):
            expected = log_p[text] + 0.8 * likelihood + 0.2 * len(text)
            assert scores[text] == pytest.approx(expected, abs=1e-4)


def test_a_strong_language_model_decides(short, language):
    model = pickle.loads(pickle.dumps(short))
    model.set_params(language_model=language, language_weight=5.0, beam_size=10)
    assert all(len(set(text)) <= 1 for text in model.predict(X_NEW))


def test_a_weight_of_zero_changes_nothing(short, language):
    model = pickle.loads(pickle.dumps(short))
    expected = model.set_params(beam_size=8).predict(X_NEW).tolist()
    model.set_params(language_model=language, language_weight=0.0)
    assert model.predict(X_NEW).tolist() == expected


def test_language_models_in_a_search(language):
    model = transcriber(max_epochs=2, beam_size=4, language_model=FrozenEstimator(language))
    search = GridSearchCV(model, {"language_weight": [0.1, 1.0]}, cv=2, refit=False)
    search.fit(X[:40], Y[:40])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    plain = transcriber(max_epochs=2, beam_size=4, language_model=language)
    with pytest.raises(NotFittedError, match="FrozenEstimator"):
        cross_val_score(plain, X[:40], Y[:40], cv=2, error_score="raise")


def test_language_models_of_no_use(short, language):
    model = pickle.loads(pickle.dumps(short))
    model.set_params(language_model=language)
    with pytest.raises(ValueError, match="beam_size=1 takes the most"):
        model.predict(X_NEW)
    model.set_params(beam_size=4, language_model=transcriber())
    with pytest.raises(TypeError, match="fitted RNNLanguageModel, got CTCTranscriber"):
        model.predict(X_NEW)
    other = RNNLanguageModel(hidden_size=4, max_epochs=1).fit(["ab", "ba"])
    with pytest.raises(ValueError, match=r"does not know 1 of the 3 labels \('c'\)"):
        model.set_params(language_model=other).predict(X_NEW)


# -- streams --------------------------------------------------------------


@pytest.mark.parametrize("parameters", [{}, {"conv_size": 6, "conv_width": 3}, {"cell": "gru"}])
def test_a_stream_writes_what_predict_writes(parameters):
    model = transcriber(bidirectional=False, max_epochs=10, **parameters).fit(X, Y)
    stream = model.stream()
    for x, expected in zip(X_NEW, model.predict(X_NEW), strict=True):
        written = "".join(stream.step(step) for step in x)
        assert written == stream.written == expected
        stream.reset()
        assert stream.step(x[:2]) + stream.step(x[2:]) == expected
        stream.reset()


def test_a_stream_is_refused_with_the_reason(short):
    with pytest.raises(ValueError, match=r"a bidirectional network reads .* from the end too"):
        short.stream()
    model = transcriber(bidirectional=False, conv_size=4, stride=2, max_epochs=1).fit(X_SLOW, Y)
    with pytest.raises(ValueError, match="stride=2"):
        model.stream()


# -- the promise --------------------------------------------------------------

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 9, size=24)
NUMBERS = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in LENGTHS])
SYMBOLS = SequenceArray.from_list([RNG.integers(0, 5, size=n) for n in LENGTHS], n_tokens=5)
ONE_EACH = ["a" if i % 2 else "b" for i in range(24)]


@pytest.mark.parametrize(
    ("parameters", "sequences"),
    [
        ({}, NUMBERS),
        ({"beam_size": 3, "conv_size": 4, "stride": 2, "bidirectional": False}, NUMBERS),
        ({"early_stopping": True, "validation_fraction": 0.25, "bidirectional": False}, SYMBOLS),
    ],
)
def test_promise_is_kept(parameters, sequences):
    model = CTCTranscriber(hidden_size=6, max_epochs=3, **parameters)
    records = check_sequence_estimator(model, sequences, ONE_EACH, on_skip=None, on_fail=None)
    assert {r["check_name"]: r["exception"] for r in records if r["status"] == "failed"} == {}


def test_neighbours_change_neither_probabilities_nor_likelihoods(short):
    together = short.predict_proba(X_NEW)
    alone = [short.predict_proba([x])[0] for x in X_NEW]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    likelihoods = [short.score_samples([x], [t])[0] for x, t in zip(X_NEW, Y_NEW, strict=True)]
    np.testing.assert_allclose(short.score_samples(X_NEW, Y_NEW), likelihoods, atol=1e-4)


def test_symbols_and_frames_are_read_too():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("xy"), size=n)) for n in rng.integers(1, 4, size=60)]
    ids = [np.repeat([1 + "xy".index(k) for k in text], 2) for text in texts]
    ids = [np.insert(row, range(0, len(row), 2), 0) for row in ids]  # a rest before each
    model = transcriber(max_epochs=30).fit(SequenceArray.from_list(ids, n_tokens=3), texts)
    assert model.score(SequenceArray.from_list(ids, n_tokens=3), texts) > 0.9
    pictures = np.stack([np.zeros((8, 8)), np.eye(8), np.eye(8)[::-1]])
    clips = [pictures[row] for row in ids]
    model = transcriber(max_epochs=20, frame_encoder="cnn").fit(clips, texts)
    assert model.score(clips, texts) > 0.9


def test_the_torch_settings_stay(short):
    before = torch.get_num_threads(), torch.is_grad_enabled()
    short.predict(X_NEW)
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == before
