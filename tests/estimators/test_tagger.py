"""A label for each step: what can be learned is, and the promise is kept."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import make_pipeline

from sksequence import (
    RNNTagger,
    SequenceArray,
    SequenceScaler,
    TokenEncoder,
    Word2VecEmbedder,
    WordFeatures,
)
from sksequence.cells import FeedForward
from sksequence.datasets import make_moving_shapes
from sksequence.inputs import Channel
from sksequence.testing import check_sequence_estimator

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 9, size=24)
LENGTHS[[3, 11]] = 1
OFFSETS = np.append(0, np.cumsum(LENGTHS))
NUMBERS = SequenceArray(RNG.normal(size=(OFFSETS[-1], 2)), OFFSETS)
SYMBOLS = SequenceArray(RNG.integers(0, 12, size=OFFSETS[-1]), OFFSETS, n_tokens=12)
CONTEXT = NUMBERS.with_context(RNG.normal(size=(24, 3)))
CHANNELS = NUMBERS.with_channel("word", SYMBOLS.only)
FLAT = np.array(["no", "yes", "maybe"])[RNG.integers(0, 3, size=OFFSETS[-1])]
LABELS = np.split(FLAT, OFFSETS[1:-1])
QUICK = {"hidden_size": 6, "max_epochs": 3, "random_state": 0}

WORDS = [
    ["Ada", "Lovelace", "lives", "in", "Rome"],
    ["Rome", "is", "old"],
    ["Ada", "likes", "Rome"],
    ["in", "Rome", "lives", "Ada", "Byron"],
]
TAGS = [
    ["B-PER", "I-PER", "O", "O", "B-LOC"],
    ["B-LOC", "O", "O"],
    ["B-PER", "O", "B-LOC"],
    ["O", "B-LOC", "O", "B-PER", "I-PER"],
]
SENTENCES, TAGGED = WORDS * 10, TAGS * 10


def tagger(**parameters):
    return RNNTagger(**{**QUICK, **parameters})


def check_same_rows(one, other, tolerance=1e-6):
    for rows, others in zip(one, other, strict=True):
        if rows.dtype.kind != "f":
            np.testing.assert_array_equal(rows, others)
        else:
            np.testing.assert_allclose(rows, others, rtol=0, atol=tolerance)


def letters_channel():
    counts = RNG.integers(0, 4, size=OFFSETS[-1])
    items = np.append(0, np.cumsum(counts))
    return Channel(RNG.integers(0, 5, size=items[-1]), n_tokens=5, item_offsets=items)


CASES = {
    "forwards, two layers, chunks": (
        tagger(bidirectional=False, hidden_size=[6, 6], residual=True, tbptt_steps=(2, 4)),
        NUMBERS,
    ),
    "chain of seen transitions": (
        tagger(output="crf", forbid_unseen=True, batch_size=7, cell="gru"),
        NUMBERS,
    ),
    "balanced chain, held back": (
        tagger(class_weight="balanced", output="crf", early_stopping=True),
        NUMBERS,
    ),
    "one-hot, convolution, 64 bits": (
        tagger(embedding_size=None, dtype="float64", conv_size=4, initial_state="learned"),
        SYMBOLS,
    ),
    "context": (tagger(context_at="both"), CONTEXT),
    "characters": (
        tagger(character_network="rnn", character_size=4, embedding_size=4),
        CHANNELS.with_channel("letters", letters_channel()),
    ),
}


def test_promise_is_kept_of_examples_that_are_made():
    records = check_sequence_estimator(tagger(), on_skip=None)
    assert {r["status"] for r in records} == {"passed", "skipped"}


@pytest.mark.parametrize("name", CASES)
def test_promise_is_kept(name):
    estimator, X = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        records = check_sequence_estimator(estimator, X, LABELS, on_skip=None, on_fail=None)
    failed = {r["check_name"]: r["exception"] for r in records if r["status"] == "failed"}
    assert failed == {}
    assert sum(r["status"] == "passed" for r in records) >= 18


# -- what is learned ------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["softmax", "crf"])
@pytest.mark.parametrize("characters", ["cnn", "rnn", None])
def test_names_are_learned(output, characters):
    fitted = RNNTagger(
        output=output,
        character_network=characters,
        hidden_size=16,
        max_epochs=25,
        learning_rate=0.01,
        random_state=0,
    ).fit(SENTENCES, TAGGED)
    assert fitted.score(WORDS, TAGS) == 1.0
    assert [row.tolist() for row in fitted.predict(WORDS)] == TAGS
    assert fitted.classes_.tolist() == ["B-LOC", "B-PER", "I-PER", "O"]
    assert fitted.history_[-1]["train_loss"] < 0.3


def test_unknown_words_are_read_by_their_letters():
    """Words that end in -ly, never seen before, are told from others by their end alone."""
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghij"))

    def made(n):
        stems = ["".join(rng.choice(letters, size=4)) for _ in range(n)]
        ends = rng.choice(["ly", "ed"], size=n)
        words = [stem + end for stem, end in zip(stems, ends, strict=True)]
        return [words[i : i + 5] for i in range(0, n, 5)], np.where(ends == "ly", 1, 0).reshape(
            -1, 5
        )

    X, y = made(600)
    X_new, y_new = made(100)
    with_letters = tagger(max_epochs=20, learning_rate=0.01, hidden_size=8)
    assert with_letters.fit(X, y).score(X_new, y_new) > 0.97
    without = clone(with_letters).set_params(character_network=None, casing=False).fit(X, y)
    assert without.score(X_new, y_new) < 0.7


def test_a_chain_learns_what_follows_what():
    """The label is hidden for one step in three, but labels alternate."""
    rng = np.random.default_rng(0)
    n = 120
    labels = (np.arange(12) + rng.integers(0, 2, size=(n, 1))) % 2
    seen = rng.random((n, 12)) < 0.3
    X = np.where(seen, 2.0 * labels - 1.0, 0.0)[:, :, np.newaxis]
    alone = {"hidden_size": 8, "cell": FeedForward(), "bidirectional": False}  # no memory
    options = {**alone, "max_epochs": 40, "learning_rate": 0.02, "random_state": 0}
    chain = RNNTagger(output="crf", **options).fit(X, labels)
    alone = RNNTagger(output="softmax", **options).fit(X, labels)
    known = seen.any(axis=1)
    assert chain.score(X[known], labels[known]) > 0.99
    assert alone.score(X[known], labels[known]) < 0.8
    moves = chain.network_.head.transitions.detach().numpy()
    assert moves[0, 1] > moves[0, 0] + 1
    assert moves[1, 0] > moves[1, 1] + 1


def test_a_chain_without_scores_is_a_softmax():
    """With no training of its scores, both are the same network."""
    softmax = tagger(max_epochs=1).fit(NUMBERS, LABELS)
    chain = tagger(max_epochs=1, output="crf").fit(NUMBERS, LABELS)
    with torch.no_grad():
        for name in ("transitions", "start", "end"):
            getattr(chain.network_.head, name).zero_()
    weights = chain.network_.state_dict()
    for name, values in softmax.network_.state_dict().items():
        weights[name.replace("head.", "head.output.")].copy_(values)
    for one, other in zip(
        softmax.predict_proba(NUMBERS), chain.predict_proba(NUMBERS), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)
    for one, other in zip(softmax.predict(NUMBERS), chain.predict(NUMBERS), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("output", ["softmax", "crf"])
def test_probabilities(output):
    fitted = tagger(output=output).fit(NUMBERS, LABELS)
    found = fitted.predict_proba(NUMBERS)
    assert found.dtype == object
    for rows, n in zip(found, LENGTHS, strict=True):
        assert rows.shape == (n, 3)
        np.testing.assert_allclose(rows.sum(axis=1), 1.0)
    if output == "softmax":
        best = [fitted.classes_[rows.argmax(axis=1)] for rows in found]
        np.testing.assert_array_equal(np.concatenate(best), np.concatenate(fitted.predict(NUMBERS)))


# -- labels and weights ---------------------------------------------------------------------------


def test_labels_in_any_container_are_the_same_labels():
    numbers = np.unique(FLAT, return_inverse=True)[1]
    rows = np.split(numbers, OFFSETS[1:-1])
    objects = np.empty(24, dtype=object)
    objects[:] = rows
    index = pd.MultiIndex.from_tuples(
        [(i, t) for i, n in enumerate(LENGTHS) for t in range(n)], names=["sequence", "step"]
    )
    containers = [
        [row.tolist() for row in rows],
        tuple(rows),
        objects,
        pd.Series([row.tolist() for row in rows]),
        SequenceArray(numbers, OFFSETS, n_tokens=3),
        SequenceArray(numbers.astype(float), OFFSETS),
    ]
    expected = tagger().fit(NUMBERS, rows).predict(NUMBERS)
    assert expected[0].dtype.kind == "i"
    for y in containers:
        fitted = tagger().fit(NUMBERS, y)
        found = fitted.predict(NUMBERS)
        assert fitted.score(NUMBERS, y) == fitted.score(NUMBERS, rows)
        np.testing.assert_array_equal(np.concatenate(found), np.concatenate(expected))
    frame = pd.DataFrame(NUMBERS.values, index=index)
    for y in (pd.Series(FLAT, index=index), pd.Series(FLAT, index=index).to_frame()):
        fitted = tagger().fit(frame, y)
        found = np.concatenate(fitted.predict(frame))
        np.testing.assert_array_equal(found, np.unique(FLAT)[np.concatenate(expected)])


def test_labels_of_a_shuffled_frame_follow_their_steps():
    index = pd.MultiIndex.from_tuples([(i, t) for i, n in enumerate(LENGTHS) for t in range(n)])
    frame, y = pd.DataFrame(NUMBERS.values, index=index), pd.Series(FLAT, index=index)
    within = np.concatenate(
        [start + RNG.permutation(n) for start, n in zip(OFFSETS, LENGTHS, strict=False)]
    )
    one = tagger().fit(frame, y).predict(frame)
    other = tagger().fit(frame.iloc[within], y.iloc[within]).predict(frame)
    np.testing.assert_array_equal(np.concatenate(one), np.concatenate(other))


@pytest.mark.parametrize("output", ["softmax", "crf"])
def test_unlabelled_steps_teach_nothing(output):
    hidden = RNG.random(OFFSETS[-1]) < 0.3
    hidden[OFFSETS[:-1]] = False  # a sequence of which nothing counts would be left out
    weights = np.split(np.where(hidden, 0.0, 1.0), OFFSETS[1:-1])
    one, other = (
        np.split(np.where(hidden, what, FLAT), OFFSETS[1:-1]) for what in ("?", np.roll(FLAT, 5))
    )
    ignoring = tagger(output=output, ignore_label="?").fit(NUMBERS, one)
    assert ignoring.classes_.tolist() == ["maybe", "no", "yes"]
    weightless = tagger(output=output).fit(NUMBERS, other, sample_weight=weights)
    check_same_rows(ignoring.predict_proba(NUMBERS), weightless.predict_proba(NUMBERS))
    right = np.concatenate(ignoring.predict(NUMBERS)) == FLAT
    assert ignoring.score(NUMBERS, one) == pytest.approx(right[~hidden].mean())
    assert weightless.score(NUMBERS, LABELS, weights) == pytest.approx(right[~hidden].mean())


@pytest.mark.parametrize("ignored", [-100, np.nan, None])
def test_numbers_may_be_ignored(ignored):
    y = [[1, 2], [2, ignored, 1], [ignored]]
    X = [[0.5, 1.0], [1.0, 2.0, 0.3], [1.0]]
    if ignored is None:
        with pytest.raises(ValueError, match=r"sequence 1, step 1 \(y\[1\]\[1\]\) is missing"):
            tagger().fit(X, y)
        return
    fitted = tagger(ignore_label=ignored).fit(X, y)
    assert fitted.classes_.tolist() == [1, 2]


@pytest.mark.parametrize("output", ["softmax", "crf"])
def test_a_weight_of_two_is_the_sequence_twice(output):
    """One batch of 64 bits: the same sums, but for their order."""
    options = {"batch_size": "full", "dtype": "float64", "normalize": False, "output": output}
    weights = RNG.integers(1, 3, size=24)
    twice = np.repeat(np.arange(24), weights)
    weighted = tagger(**options).fit(NUMBERS, LABELS, sample_weight=weights)
    repeated = tagger(**options).fit(NUMBERS[twice], [LABELS[i] for i in twice])
    of_steps = tagger(**options).fit(
        NUMBERS, LABELS, sample_weight=np.split(np.repeat(weights, LENGTHS), OFFSETS[1:-1])
    )
    for other in (repeated, of_steps):
        check_same_rows(weighted.predict_proba(NUMBERS), other.predict_proba(NUMBERS), 1e-9)


def test_class_weight_is_a_weight_of_each_step():
    by_class = {"no": 1.0, "yes": 5.0, "maybe": 0.5}
    one = tagger(class_weight=by_class).fit(NUMBERS, LABELS)
    weights = [[by_class[label] for label in row] for row in LABELS]
    other = tagger().fit(NUMBERS, LABELS, sample_weight=weights)
    check_same_rows(one.predict_proba(NUMBERS), other.predict_proba(NUMBERS))
    share = np.concatenate(one.predict_proba(NUMBERS))[:, 2].mean()
    plain = np.concatenate(tagger().fit(NUMBERS, LABELS).predict_proba(NUMBERS))[:, 2].mean()
    assert share > plain


# -- schemes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["softmax", "crf"])
def test_a_scheme_is_never_violated(output):
    from sksequence.preprocessing._tag_schemes import violation

    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 10, 1))
    kinds = np.where(X[:, :, 0] > 0.5, 1, 0)
    y = [
        ["O" if not k else "I-X" if t and row[t - 1] else "B-X" for t, k in enumerate(row)]
        for row in kinds
    ]
    plain = tagger(output="softmax", max_epochs=1, bidirectional=False).fit(X, y)
    legal = tagger(output=output, max_epochs=1, bidirectional=False, scheme="BIO").fit(X, y)
    with torch.no_grad():  # labels at random
        for fitted in (plain, legal):
            head = getattr(fitted.network_.head, "output", fitted.network_.head)
            head.weight.copy_(torch.randn(3, 6, generator=torch.Generator().manual_seed(1)) * 5)
    assert any(violation(row.tolist(), "BIO") for row in plain.predict(X))
    assert not any(violation(row.tolist(), "BIO") for row in legal.predict(X))


def test_unseen_transitions_are_not_predicted():
    y = [np.array(["a", "b", "c"])[(np.arange(n) + i) % 3] for i, n in enumerate(LENGTHS)]
    fitted = tagger(output="crf", forbid_unseen=True, max_epochs=1).fit(NUMBERS, y)
    for row in fitted.predict(NUMBERS):
        steps = ["abc".index(label) for label in row]
        assert ((np.diff(steps) % 3) == 1).all()


# -- words ----------------------------------------------------------------------------------------


def test_word_features_beside_other_channels():
    """A part of speech more, as one channel of the sequences."""
    features = WordFeatures().fit_transform(SENTENCES)
    speech = np.concatenate([[1 if word[0].isupper() else 0 for word in s] for s in SENTENCES])
    X = features.with_channel("speech", Channel(speech, n_tokens=2))
    fitted = tagger(max_epochs=20, learning_rate=0.01).fit(X, TAGGED)
    assert fitted.score(X, TAGGED) == 1.0
    with pytest.raises(ValueError, match=r"has the channels .*give the same channels"):
        fitted.predict(features)


def test_what_word_features_gave_is_read_like_the_words():
    fitted = tagger().fit(SENTENCES, TAGGED)
    same = fitted.reader_.features.transform(WORDS)
    check_same_rows(fitted.predict_proba(WORDS), fitted.predict_proba(same), 0)


@pytest.mark.parametrize("embedding_trainable", [True, False])
def test_vectors_are_a_start(embedding_trainable):
    words = sorted({word.lower() for sentence in WORDS for word in sentence})
    vectors = {word: np.eye(40)[i] for i, word in enumerate([*words, "paris"])}
    fitted = tagger(
        word_vectors=vectors, embedding_trainable=embedding_trainable, max_epochs=1, normalize=False
    ).fit(SENTENCES, TAGGED)
    known = fitted.reader_.features.vocabulary_.index
    assert ("paris" in known) != embedding_trainable
    table = fitted.network_.encoder.table("words")
    if not embedding_trainable:
        assert table is None
        again = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_array_equal(again.predict(WORDS)[0], fitted.predict(WORDS)[0])
        return
    row = table.weight[known["rome"]].detach().numpy()
    assert row.argmax() == vectors["rome"].argmax()
    np.testing.assert_allclose(row, vectors["rome"], atol=0.05)


def test_vectors_that_come_with_symbols():
    pipeline = make_pipeline(
        Word2VecEmbedder(vector_size=8, min_count=1, epochs=1, random_state=0), tagger()
    )
    pipeline.fit(SENTENCES, TAGGED)
    assert len(pipeline.predict(WORDS)) == 4
    model = tagger(max_epochs=20, learning_rate=0.02)
    encoded = make_pipeline(TokenEncoder(), model).fit(SENTENCES, TAGGED)
    assert encoded.score(WORDS, TAGS) > 0.9


@pytest.mark.parametrize("rate", [0.0, 5.0])
def test_unknown_words_get_a_vector(rate):
    options = {"word_dropout": rate, "embedding_size": 4, "weight_decay": 0.0}
    trained = tagger(**options).fit(SENTENCES, TAGGED)
    start = tagger(**options, learning_rate=1e-12).fit(SENTENCES, TAGGED)
    rows = [model.network_.encoder.table("words").weight[0] for model in (trained, start)]
    assert torch.allclose(*rows, atol=1e-6) == (rate == 0)


# -- films ----------------------------------------------------------------------------------------


def bars(n_clips, rng):
    """Five frames a clip, each with a bar of three pixels somewhere: does it lie or stand?"""
    lying = rng.integers(0, 2, size=(n_clips, 5))
    clips = np.zeros((n_clips, 5, 12, 12))
    for place, lies in np.ndenumerate(lying):
        i, j = rng.integers(0, 10, size=2)
        rows, columns = (i, slice(j, j + 3)) if lies else (slice(i, i + 3), j)
        clips[place][rows, columns] = 1.0
    return SequenceArray.from_list(list(clips)), np.where(lying, "lies", "stands")


def test_a_label_of_each_frame_wherever_its_bar_is():
    rng = np.random.default_rng(0)
    (clips, y), (new, y_new) = bars(30, rng), bars(40, rng)
    options = {"hidden_size": 8, "max_epochs": 30, "learning_rate": 0.01, "batch_size": 8}
    by_pixels, by_network = (
        tagger(frame_encoder=encoder, **options).fit(clips, y).score(new, y_new)
        for encoder in (None, "cnn")
    )
    assert by_network > 0.9 > by_pixels + 0.1


def test_a_chain_of_frames_is_saved_and_goes_on():
    clips, _, labels = make_moving_shapes(12, random_state=0)
    model = tagger(frame_encoder="cnn", output="crf", warm_start=True).fit(clips, labels)
    again = pickle.loads(pickle.dumps(model))
    for one, other in zip(model.predict(clips), again.predict(clips), strict=True):
        np.testing.assert_array_equal(one, other)
    assert model.fit(clips, labels).n_epochs_ == 2 * QUICK["max_epochs"]
    with pytest.raises(ValueError, match="frame_encoder"):
        model.set_params(frame_encoder=None).fit(clips, labels)
    with pytest.raises(ValueError, match=r"frame_encoder='cnn' reads steps of shape"):
        tagger(frame_encoder="cnn").fit(NUMBERS, LABELS)


# -- tools of scikit-learn ------------------------------------------------------------------------


def test_cross_validation_search_and_curve():
    model = tagger(max_epochs=1)
    for X, y in ((SENTENCES, TAGGED), (NUMBERS, LABELS)):
        found = cross_validate(model, X, y, cv=2, return_train_score=True)
        assert found["test_score"].shape == (2,)
        predicted = cross_val_predict(model, X, y, cv=KFold(2))
        assert [len(row) for row in predicted] == [len(row) for row in y]
        sizes, *_ = learning_curve(model, X, y, cv=2, train_sizes=[0.5, 1.0])
        assert len(sizes) == 2
    pipeline = make_pipeline(SequenceScaler(), model)
    search = GridSearchCV(pipeline, {"rnntagger__output": ["softmax", "crf"]}, cv=2)
    search.fit(NUMBERS, LABELS)
    assert len(search.predict(NUMBERS)) == 24


def test_training_goes_on():
    fitted = tagger(warm_start=True, output="crf", max_epochs=2).fit(SENTENCES, TAGGED)
    before = fitted.history_[-1]["train_loss"]
    fitted.set_params(max_epochs=15, learning_rate=0.01).fit(SENTENCES, TAGGED)
    assert fitted.n_epochs_ == 17
    assert fitted.history_[-1]["train_loss"] < before
    with pytest.raises(ValueError, match="hidden_size changed since the first fit"):
        fitted.set_params(hidden_size=7).fit(SENTENCES, TAGGED)
    assert fitted.set_params(hidden_size=6).score(WORDS, TAGS) > 0


def test_partial_fit():
    model = tagger()
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(SENTENCES[:8], TAGGED[:8])
    classes = ["B-LOC", "B-PER", "I-PER", "O", "B-ORG"]
    model.partial_fit(SENTENCES[:8], TAGGED[:8], classes=classes)
    model.partial_fit(SENTENCES[8:], TAGGED[8:])
    assert model.n_epochs_ == 2
    assert model.predict_proba(WORDS)[0].shape == (5, 5)


def test_validation_data_decide_when_to_stop():
    fitted = tagger(max_epochs=30, n_iter_no_change=2, learning_rate=0.05).fit(
        NUMBERS[:12], LABELS[:12], X_val=NUMBERS[12:], y_val=LABELS[12:]
    )
    assert fitted.n_epochs_ < 30
    losses = [row["valid_loss"] for row in fitted.history_]
    assert fitted.best_epoch_ == 1 + int(np.argmin(losses))


# -- streams --------------------------------------------------------------------------------------


def test_a_stream_labels_each_step_as_predict_does():
    fitted = tagger(bidirectional=False).fit(NUMBERS, LABELS)
    stream = fitted.stream()
    found = [stream.step(step) for step in NUMBERS[0]]
    assert found == fitted.predict(NUMBERS[:1])[0].tolist()
    np.testing.assert_allclose(
        stream.predict_proba(), fitted.predict_proba(NUMBERS[:1])[0][-1], atol=1e-5
    )


def test_a_stream_of_words():
    fitted = tagger(bidirectional=False, max_epochs=10).fit(SENTENCES, TAGGED)
    stream = fitted.stream()
    assert [stream.step(word) for word in WORDS[3]] == fitted.predict(WORDS[3:])[0].tolist()
    stream.reset()
    assert stream.step("Zürich") == fitted.predict([["Zürich"]])[0][0]
    several = fitted.stream(2)
    assert several.step(["Ada", "in"]).shape == (2,)


def test_what_cannot_be_streamed():
    with pytest.raises(ValueError, match="fit with bidirectional=False"):
        tagger().fit(NUMBERS, LABELS).stream()
    with pytest.raises(ValueError, match=r"output='crf' finds the best labels of a whole sequence"):
        tagger(bidirectional=False, output="crf").fit(NUMBERS, LABELS).stream()
    with pytest.raises(ValueError, match=r"a scheme, or forbid_unseen=True, finds the best"):
        tagger(bidirectional=False, forbid_unseen=True).fit(NUMBERS, LABELS).stream()
