"""Captions of vectors, grids of vectors and images."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sksequence import SequenceArray, SequenceCaptioner
from sksequence.metrics import bleu_score
from sksequence.testing import check_sequence_estimator

NUMBERS, COLOURS = ["a", "two", "three"], ["red", "green", "blue"]
SHAPES = ["square", "circle"]
N_LOCATIONS = 9


def scenes(n, seed):
    """Grids with one to three things of a kind: features, captions, where the things are."""
    rng = np.random.default_rng(seed)
    X = rng.normal(scale=0.05, size=(n, N_LOCATIONS, 5))
    captions, where = [], []
    for grid in X:
        number, colour, shape = rng.integers(3), rng.integers(3), rng.integers(2)
        at = rng.choice(N_LOCATIONS, number + 1, replace=False)
        grid[at, colour] += 1
        grid[at, 3 + shape] += 1
        plural = "s" if number else ""
        captions.append(f"{NUMBERS[number]} {COLOURS[colour]} {SHAPES[shape]}{plural} there.")
        where.append(at)
    return X, captions, where


X, Y, WHERE = scenes(400, 0)
X_TEST, Y_TEST, WHERE_TEST = scenes(200, 1)
SETTINGS = {"encoding_size": 32, "hidden_size": 48, "embedding_size": 16, "learning_rate": 0.005}
SETTINGS |= {"random_state": 0, "early_stopping": False}


def captioner(**parameters):
    return SequenceCaptioner(**{**SETTINGS, **parameters})


@pytest.fixture(scope="module")
def attending():
    return captioner(max_epochs=15).fit(X, Y)


@pytest.fixture(scope="module")
def quick():
    return captioner(max_epochs=2, hidden_size=8).fit(X[:40], Y[:40])


# -- what is learned ----------------------------------------------------------------------------


def test_unseen_scenes_are_told_word_by_word(attending):
    written = attending.transform(X_TEST)
    assert np.mean([a == b for a, b in zip(written, Y_TEST, strict=True)]) > 0.95
    assert attending.score(X_TEST, Y_TEST) > 95
    assert 1 < attending.perplexity(X_TEST, Y_TEST) < 1.2


def test_the_word_looks_where_the_thing_is(attending):
    maps = attending.align(X_TEST)
    assert [m.shape for m in maps[:2]] == [(5, N_LOCATIONS)] * 2  # four words and a full stop
    for m in maps:
        np.testing.assert_allclose(m.sum(axis=1), 1, rtol=1e-5)
    on_things = [m[1, at].sum() for m, at in zip(maps, WHERE_TEST, strict=True)]  # the colour
    assert np.mean(on_things) > 0.9


@pytest.mark.parametrize("context_at", ["state", "first", "steps", "both"])
def test_one_vector_is_told_wherever_it_enters(context_at):
    vectors, test = X.sum(axis=1), X_TEST.sum(axis=1)
    model = captioner(context_at=context_at, max_epochs=25, dropout=0.1).fit(vectors, Y)
    assert model.attention_ is None
    written = model.transform(test)
    kinds = [a.split()[1] == b.split()[1] for a, b in zip(written, Y_TEST, strict=True)]
    assert np.mean(kinds) > 0.9
    assert not hasattr(model, "align")
    assert model.n_features_in_ == 5


def test_images_are_read_from_their_pixels():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, size=(240, 16, 16, 3), dtype=np.uint8)
    rows, columns, colours = rng.integers(0, 2, size=(3, 240))
    for image, r, c, k in zip(images, rows, columns, colours, strict=True):
        image[8 * r : 8 * r + 7, 8 * c : 8 * c + 7, 2 * k] = 255
    y = [
        f"a {['red', 'blue'][k]} patch at the {['top', 'bottom'][r]} {['left', 'right'][c]}"
        for r, c, k in zip(rows, columns, colours, strict=True)
    ]
    model = captioner(image_encoder="cnn", max_epochs=15).fit(images[:200], y[:200])
    written = model.transform(images[200:])
    colour = [a.split()[1] == b.split()[1] for a, b in zip(written, y[200:], strict=True)]
    assert np.mean(colour) > 0.9
    assert model.grid_shape_ == (8, 8)
    maps = model.align(images[200:202])
    assert maps[0].shape == (len(written[0].split()), 8, 8)
    np.testing.assert_allclose(maps[0].sum(axis=(1, 2)), 1, rtol=1e-5)
    frame = model.align(images[200:201], as_frame=True)[0]
    assert list(frame.index) == written[0].split()
    np.testing.assert_allclose(frame.to_numpy().reshape(-1, 8, 8), maps[0], atol=1e-6)
    floats = SequenceArray(images[200:].astype(np.float32), np.arange(41))
    assert model.transform(floats) == model.transform(list(images[200:])) == written
    assert pickle.loads(pickle.dumps(model)).transform(images[200:]) == written
    with pytest.raises(ValueError, match=r"images of 8 x 8 x 3, but .* of 16 x 16 x 3.*resize"):
        model.transform(images[:2, :8, :8])


@pytest.mark.parametrize("fitted_on", ["bytes", "shares"])
def test_bytes_and_shares_of_white_are_the_same_images(fitted_on):
    """A pixel of 51 and one of 0.2 are as bright, whichever of them was fitted on."""
    bytes_ = np.random.default_rng(0).integers(0, 256, size=(20, 8, 8, 3), dtype=np.uint8)
    shares = bytes_ / 255
    images, other = (bytes_, shares) if fitted_on == "bytes" else (shares, bytes_)
    model = captioner(image_encoder="cnn", max_epochs=2, hidden_size=8).fit(images, Y[:20])
    expected = model.encode(images)
    for given in (other, list(other), bytes_.astype(np.int64)):
        np.testing.assert_allclose(model.encode(given), expected, atol=1e-5)
    np.testing.assert_allclose(model.encode(bytes_.astype(np.float64)), expected, atol=1e-5)
    dark = np.ones((1, 8, 8, 3), dtype=np.uint8)  # a byte of one is not white
    np.testing.assert_allclose(model.encode(dark), model.encode(dark / 255), atol=1e-5)
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.encode(other), model.encode(other))
    limit = "0 to 255" if fitted_on == "bytes" else "0 to 1"
    for far in (shares * 1000, (shares - 0.5) * 4):
        with pytest.raises(ValueError, match=f"was fitted on images of numbers from {limit}: b"):
            model.transform(far)


def test_images_on_another_scale_are_compared_with_it():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(20, 8, 8, 3))
    model = captioner(image_encoder="cnn", max_epochs=1, hidden_size=8).fit(images, Y[:20])
    assert len(model.transform(1.2 * images[:2])) == 2
    with pytest.raises(ValueError, match=r"values from 0 to 25\d \(uint8\), but SequenceCapt"):
        model.transform(rng.integers(0, 256, size=(9, 8, 8, 3), dtype=np.uint8))
    masks = rng.integers(0, 2, size=(20, 8, 8, 1))
    model.fit(masks, Y[:20])
    for kind in (np.uint8, bool, float):
        np.testing.assert_array_equal(model.encode(masks.astype(kind)), model.encode(masks))


# -- captions -----------------------------------------------------------------------------------


def test_several_captions_are_as_many_pairs():
    """Two captions of a sample are what two samples with one caption each are."""
    several = [[caption, caption.upper()] for caption in Y[:30]]
    settings = {"max_epochs": 3, "hidden_size": 8, "batch_size": "full", "lowercase": False}
    one = captioner(**settings, dtype="float64", dropout=0.0).fit(X[:30], several)
    flat = [caption for both in several for caption in both]
    other = clone(one).fit(np.repeat(X[:30], 2, axis=0), flat)
    for a, b in zip(one.history_, other.history_, strict=True):
        assert a["train_loss"] == pytest.approx(b["train_loss"], rel=1e-9)


def test_numbers_of_captions_may_differ(quick):
    y = [[Y[0]], [Y[1], Y[2], Y[3]], Y[4]]
    fitted = captioner(max_epochs=1).fit(X[:3], y)
    assert isinstance(fitted.transform(X[:1])[0], str)
    alone = quick.score_samples(X[[0, 1, 1, 1, 2]], Y[:5])
    together = quick.score_samples(X[:3], y)
    np.testing.assert_allclose(together, [alone[0], alone[1:4].mean(), alone[4]], rtol=1e-6)
    n_symbols = sum(len(Y[i].split()) + 2 for i in range(5))  # a full stop and the end
    assert quick.perplexity(X[:3], y) == pytest.approx(np.exp(-alone.sum() / n_symbols))


def test_all_references_count_in_the_score(quick):
    references = [[Y[i], Y[i + 1]] for i in range(20)]
    written = quick.transform(X[:20])
    expected = bleu_score(references, written, lowercase=True)
    assert quick.score(X[:20], references) == pytest.approx(expected)


def test_short_captions_that_are_right_score_100():
    rng = np.random.default_rng(0)
    vectors, y = np.eye(3)[rng.integers(0, 3, size=60)], []
    for vector in vectors:
        y.append(f"a {COLOURS[vector.argmax()]}")
    model = captioner(max_epochs=20, learning_rate=0.02).fit(vectors, y)
    assert model.transform(vectors) == y
    assert model.score(vectors, y) == pytest.approx(100)
    assert model.score(vectors, y[1:] + y[:1]) < 90
    model.fit(vectors, [caption.split() for caption in y])
    assert model.score(vectors, [caption.split() for caption in y]) == pytest.approx(100)


def test_a_frame_has_a_column_for_each_caption():
    frame = pd.DataFrame({"c1": Y[:20], "c2": Y[1:21], "c3": [None] * 10 + Y[:10]})
    several = [[c for c in row if isinstance(c, str)] for row in frame.to_numpy(dtype=object)]
    model = captioner(max_epochs=2).fit(X[:20], frame)
    expected = captioner(max_epochs=2).fit(X[:20], several)
    written = model.transform(X[:2])
    assert isinstance(written, pd.Series)
    assert written.tolist() == expected.transform(X[:2])
    assert model.score(X[:20], frame) == pytest.approx(expected.score(X[:20], several))
    words = pd.DataFrame({"c1": ["dog", "cat"], "c2": ["animal", "pet"]})
    assert isinstance(captioner(max_epochs=1).fit(X[:2], words).transform(X[:2])[0], str)
    with pytest.raises(ValueError, match="sample 1 of y has no caption"):
        model.score(X[:2], pd.DataFrame({"c1": ["dog", None], "c2": ["animal", None]}))


def test_token_lists_come_back_as_token_lists():
    tokens = [caption.split() for caption in Y[:40]]
    fitted = captioner(max_epochs=2).fit(X[:40], tokens)
    assert all(isinstance(word, str) for word in fitted.transform(X[:1])[0])
    both = captioner(max_epochs=2).fit(X[:40], [[one, one] for one in tokens])
    assert isinstance(both.transform(X[:1])[0], list)
    assert 0 <= fitted.score(X[:40], tokens) <= 100
    np.testing.assert_allclose(
        fitted.score_samples(X[:2], [[t, t] for t in tokens[:2]]),
        fitted.score_samples(X[:2], tokens[:2]),
    )


def test_captions_of_one_word_are_texts_beside_bare_texts():
    fitted = captioner(max_epochs=1).fit(X[:3], ["dog", ["cat", "animal"], ["bird"]])
    assert fitted.target_side_.size == 5  # and the symbol for unknown tokens
    fitted.fit(X[:3], [["dog"], ["cat", "animal"], ["bird"]])
    assert isinstance(fitted.transform(X[:1])[0], list)


def test_what_is_written_comes_in_the_container_of_the_captions():
    y = pd.Series(Y[:20], index=[f"i{k}" for k in range(20)])
    fitted = captioner(max_epochs=1).fit(pd.DataFrame(X[:20, 0]), y)
    frame = pd.DataFrame(X[20:23, 0], index=list("abc"))
    assert list(fitted.transform(frame).index) == ["a", "b", "c"]
    fitted = captioner(max_epochs=1).fit(X[:20], np.array(Y[:20], dtype=object))
    assert isinstance(fitted.transform(X[:2]), np.ndarray)


def test_unknown_words_are_never_written():
    y = [f"word{i} word{i} common" for i in range(40)]
    fitted = captioner(min_count=3, max_epochs=15).fit(X[:40], y)
    assert fitted.target_side_.size == 2
    assert not any("<unk>" in text for text in fitted.transform(X[:40]))
    drawn = fitted.sample(X[:40], temperature=5.0, random_state=0)
    assert not any("<unk>" in text for text in drawn)


def test_words_that_come_with_later_captions():
    model = captioner(max_epochs=1, warm_start=True).fit(X[:9], Y[:9])
    with pytest.warns(UserWarning, match=r"^2 of \d+ tokens of y are not in the vocabulary"):
        model.fit(X[:9], [*Y[:8], "a purple hexagon there."])


# -- searches -----------------------------------------------------------------------------------


def test_beams_and_draws(attending, quick):
    longer = copy.deepcopy(attending).set_params(max_steps=9)  # so that the end is written too
    outputs, scores = longer.transform_n_best(X_TEST[:5], 3)
    greedy = attending.transform(X_TEST[:5])
    assert [best[0] for best in outputs] == greedy
    assert (np.diff(scores, axis=1) <= 0).all()
    np.testing.assert_allclose(
        scores[:, 0], attending.score_samples(X_TEST[:5], greedy), rtol=1e-3, atol=1e-4
    )
    one, other = (quick.sample(X[:9], random_state=0) for _ in range(2))
    assert one == other != quick.sample(X[:9], random_state=1)
    assert quick.sample(X[:9], top_k=1) == quick.transform(X[:9])
    short = clone(quick).set_params(max_steps=2).fit(X[:20], Y[:20])
    assert all(len(text.split()) <= 2 for text in short.transform(X[:9]))


def test_given_captions_are_aligned(attending):
    maps = attending.align(X_TEST[:3], Y_TEST[:3])
    for given, own in zip(maps, attending.align(X_TEST[:3]), strict=True):
        np.testing.assert_allclose(given, own, atol=1e-4)  # they are what is written
    with pytest.raises(ValueError, match=r"sample 0 of y has\s+2"):
        attending.align(X_TEST[:1], [[Y[0], Y[1]]])


def test_the_summary_is_a_vector_of_the_chosen_size(quick):
    assert quick.encode(X[:7]).shape == (7, 32)


# -- containers ---------------------------------------------------------------------------------


def test_the_order_of_locations_does_not_matter(attending):
    order = np.random.default_rng(0).permutation(N_LOCATIONS)
    assert attending.transform(X_TEST[:, order]) == attending.transform(X_TEST)


def test_numbers_of_locations_may_differ(attending):
    ragged = [grid[: max(at) + 1] for grid, at in zip(X_TEST, WHERE_TEST, strict=True)]
    written = attending.transform(ragged)
    assert written == attending.transform(SequenceArray.from_list(ragged))
    assert written == [attending.transform([grid])[0] for grid in ragged]
    assert attending.align(ragged[:1])[0].shape[1] == len(ragged[0])


def test_vectors_may_come_in_a_frame_or_a_list():
    vectors = X[:30].sum(axis=1)
    model = captioner(max_epochs=2)
    expected = clone(model).fit(vectors, Y[:30]).transform(vectors)
    frame = pd.DataFrame(vectors, columns=list("abcde"))
    fitted = clone(model).fit(frame, Y[:30])
    assert fitted.transform(frame) == expected
    assert list(fitted.feature_names_in_) == list("abcde")
    rows = list(vectors)
    assert clone(model).fit(rows, Y[:30]).transform(vectors.tolist()) == expected
    assert clone(model).fit(pd.Series(rows), Y[:30]).transform(rows) == expected
    one_location_each = vectors[:, np.newaxis]
    assert clone(model).fit(one_location_each, Y[:30]).transform(rows) == expected


def test_the_split_is_by_sample():
    """A caption of a held back sample is never trained on."""
    from sksequence.estimators._captioner_reading import _of_samples

    model = captioner(early_stopping=True, validation_fraction=0.3, max_epochs=1)
    pairs = model._read_pairs(X[:10], [[Y[i]] * (1 + i % 3) for i in range(10)], learn=True)
    chosen = np.array([1, 4, 5])
    part = _of_samples(pairs, chosen)
    assert part.positions.tolist() == [0, 0, 1, 1, 2, 2, 2]
    np.testing.assert_array_equal(part.source.to_padded(), X[chosen])
    expected = model.target_side_.encoder.transform([Y[1]] * 2 + [Y[4]] * 2 + [Y[5]] * 3)
    np.testing.assert_array_equal(part.target.values, expected.values)
    assert model.fit(X[:10], [[y] * 2 for y in Y[:10]]).best_epoch_ == 1


# -- what is refused ----------------------------------------------------------------------------

IMAGES = np.zeros((4, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("parameters", "given", "y", "message"),
    [
        ({}, X[:3], Y[:4], "X has 3 .* y has 4"),
        ({}, X[:3], [Y[0], " ", Y[1]], "caption 0 of sample 1 of y is empty"),
        ({}, X[:3], [[Y[0]], [Y[1], ""], [Y[2]]], "caption 1 of sample 1 of y is empty"),
        ({}, X[:3], [[Y[0]], [], [Y[2]]], "sample 1 of y has no caption"),
        ({}, X[:3], [Y[0], None, Y[1]], "caption 0 of sample 1 of y is missing"),
        ({}, X[:3], [Y[0], 7, Y[1]], r"y\[1\] is 7: expected a caption"),
        ({}, X[:3], "a dog", "y must hold a caption, or a list"),
        ({}, X[:3], None, "requires X and y, but y is None"),
        ({}, IMAGES, Y[:4], r"holds images \(each of 8 x 8 x 3\).*image_encoder='cnn'"),
        ({}, ["a.jpg", "b.jpg"], Y[:2], "X holds text.*ImageFeaturizer"),
        ({"image_encoder": "cnn"}, IMAGES[..., 0], Y[:4], r"grey images.*np\.newaxis"),
        ({"image_encoder": "cnn"}, X[:4, 0], Y[:4], r"image_encoder=None"),
        (
            {"image_encoder": "cnn"},
            np.moveaxis(IMAGES, -1, 1),
            Y[:4],
            r"X holds images of 3 x 8 x 8.*channels come last.*Give np\.moveaxis\(X, 1, -1\)",
        ),
        ({"image_encoder": "cnn"}, [IMAGES[0], IMAGES[1, :4]], Y[:2], "image 1 .*resize them"),
        ({"attention": "dot"}, X[:4, 0], Y[:4], "needs several locations.*attention=None"),
        ({}, [[1.0, 2.0], [1.0]], Y[:2], r"vector 1 of X has the shape \(1,\)"),
        ({}, SequenceArray.from_list([[0], [1]], n_tokens=2), Y[:2], "Seq2SeqTransformer"),
        ({}, SequenceArray.from_list(list(X[:2]), context=[1.0, 2.0]), Y[:2], "context vector"),
        ({}, np.where(np.arange(9)[:, None] == 4, np.nan, X[:3]), Y[:3], "NaN: sequence 0, step 4"),
        ({"context_at": "attention"}, X[:3], Y[:3], "context_at"),
        ({}, np.arange(99.0), [Y[0]] * 99, r"X has the shape \(99,\), .*Reshape your data"),
        ({"coverage_penalty": 0.1}, X[:4, 0], Y[:4], r"coverage_penalty=0\.1 .* needs attention"),
        ({"teacher_forcing": 2.0}, X[:3], Y[:3], "teacher_forcing"),
    ],
)
def test_messages_of_fit(parameters, given, y, message):
    with pytest.raises((TypeError, ValueError), match=f"(?s){message}"):
        captioner(max_epochs=1, **parameters).fit(given, y)


def test_messages_afterwards(quick):
    with pytest.raises(ValueError, match="X has 4 features, but SequenceCaptioner is expecting 5"):
        quick.transform(X[:2, :, :4])
    without = captioner(max_epochs=1, attention=None).fit(X[:9], Y[:9])
    with pytest.raises(AttributeError, match=r"align .* attention=None: set it"):
        _ = without.align
    vectors = captioner(max_epochs=1).fit(X[:9, 0], Y[:9])
    with pytest.raises(AttributeError, match="fitted on one vector a sample"):
        _ = vectors.align
    with pytest.raises(ValueError, match="X has 4 features, but SequenceCaptioner is expecting 5"):
        vectors.transform(X[:2, 0, :4])
    with pytest.raises(TypeError, match="a text is expected"):
        quick.score(X[:2], [["a", ["b"]], "c"])


# -- the promise ----------------------------------------------------------------------------------

TABLES = "a table holds a vector a sample here, not a series of one feature"


@pytest.mark.parametrize("parameters", [{}, {"attention": None, "context_at": "first"}])
def test_the_promise_is_kept(parameters):
    rng = np.random.default_rng(0)
    grids = SequenceArray.from_list([rng.normal(size=(n, 2)) for n in rng.integers(1, 9, size=24)])
    y = [f"{'many' if len(g) > 4 else 'few'}, {'up' if g[0, 0] > 0 else 'down'}" for g in grids]
    model = captioner(max_epochs=1, hidden_size=5, encoding_size=4, embedding_size=3, **parameters)
    expected = {f"check_array[{kind}]": TABLES for kind in ("2-D array", "wide DataFrame")}
    expected["check_array[list of 1-D arrays]"] = TABLES
    if "attention" not in parameters:
        expected["check_length_one"] = "the attention that was chosen depends on it"
    records = check_sequence_estimator(
        model, grids, y, on_skip=None, on_fail=None, expected_failed_checks=expected
    )
    assert {r["check_name"]: r["exception"] for r in records if r["status"] == "failed"} == {}
