"""Sources and targets in every container; outputs come in that of the targets."""

import numpy as np
import pandas as pd
import pytest

from sksequence import Seq2SeqTransformer, SequenceArray, TokenEncoder, Word2VecEmbedder

TEXTS = ["the cat sat", "a dog ran far away", "the dog sat", "a cat ran"] * 3
ANSWERS = ["le chat", "un chien est loin", "le chien", "un chat"] * 3
TOKENS, ANSWER_TOKENS = [t.split() for t in TEXTS], [t.split() for t in ANSWERS]
RNG = np.random.default_rng(0)
CURVES = [RNG.normal(size=n) for n in [3, 5, 1, 4] * 3]
HALVES = [curve[::2] for curve in CURVES]
TABLE = RNG.normal(size=(12, 4))
CUBE = RNG.normal(size=(12, 4, 2))
NAMES = [f"s{i:02}" for i in range(12)]


def quick(**parameters):
    defaults = {"hidden_size": 4, "embedding_size": 3, "max_epochs": 2, "random_state": 0}
    return Seq2SeqTransformer(**{**defaults, **parameters})


def objects(rows):
    result = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        result[i] = row
    return result


def long_frame(rows, columns=("value",)):
    parts = [np.asarray(row).reshape(len(row), -1) for row in rows]
    index = [(name, t) for name, part in zip(NAMES, parts, strict=True) for t in range(len(part))]
    index = pd.MultiIndex.from_tuples(index, names=["curve", "time"])
    return pd.DataFrame(np.concatenate(parts), index=index, columns=list(columns))


TEXT_CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "object array": objects,
    "Series": lambda rows: pd.Series(rows, index=NAMES, name="said"),
    "column": lambda rows: pd.DataFrame({"said": rows}, index=NAMES),
}


@pytest.fixture(scope="module")
def expected():
    return {
        "text": quick().fit(TEXTS, ANSWERS).transform(TEXTS),
        "tokens": quick().fit(TOKENS, ANSWER_TOKENS).transform(TOKENS),
        "numbers": quick().fit(CURVES, HALVES).transform(CURVES),
    }


@pytest.mark.parametrize("container", TEXT_CONTAINERS)
@pytest.mark.parametrize("kind", ["text", "tokens"])
def test_texts_and_tokens(expected, container, kind):
    fill = TEXT_CONTAINERS[container]
    X, y = (TEXTS, ANSWERS) if kind == "text" else (TOKENS, ANSWER_TOKENS)
    model = quick().fit(fill(X), fill(y))
    written = model.transform(fill(X))
    if container in ("list", "tuple"):
        assert type(written) is list
    else:
        assert type(written) is type(fill(y))
    if container == "Series":
        assert written.index.tolist() == NAMES
        assert written.name == "said"
        assert written.dtype == fill(y).dtype
        written = written.tolist()
    if container == "column":
        assert written.index.tolist() == NAMES
        assert written.columns.tolist() == ["said"]
        written = written["said"].tolist()
    assert list(written) == expected[kind]
    assert model.transform_n_best(fill(X), 2)[0][0][0] is not None
    samples = model.sample(fill(X), random_state=0)
    assert type(samples) is type(model.transform(fill(X)))
    np.testing.assert_allclose(model.score(fill(X), fill(y)), quick().fit(X, y).score(X, y))


def test_text_of_numpy():
    written = quick().fit(np.array(TEXTS), np.array(ANSWERS)).transform(np.array(TEXTS))
    assert isinstance(written, np.ndarray)
    assert written.dtype == object
    assert written.tolist() == quick().fit(TEXTS, ANSWERS).transform(TEXTS)


NUMBER_CONTAINERS = {
    "list of arrays": list,
    "list of lists": lambda rows: [row.tolist() for row in rows],
    "object array": objects,
    "Series": lambda rows: pd.Series(list(rows), index=NAMES, name="curve"),
    "SequenceArray": SequenceArray.from_list,
    "long DataFrame": long_frame,
}


@pytest.mark.parametrize("container", NUMBER_CONTAINERS)
def test_numbers(expected, container):
    fill = NUMBER_CONTAINERS[container]
    model = quick().fit(fill(CURVES), fill(HALVES))
    written = model.transform(fill(CURVES))
    assert type(written) is type(fill(HALVES))
    if container == "Series":
        assert written.index.tolist() == NAMES
    if container == "long DataFrame":
        assert written.index.names == ["curve", "time"]
        assert written.columns.tolist() == ["value"]
        assert written.index.get_level_values(0).unique().tolist() == NAMES
        written = [rows.to_numpy()[:, 0] for _, rows in written.groupby(level=0)]
    if container == "SequenceArray":
        written = [row[:, 0] for row in written]
    for row, other in zip(written, expected["numbers"], strict=True):
        assert np.ndim(row) == 1
        np.testing.assert_array_equal(row, other)
    assert model.score(fill(CURVES), fill(HALVES)) == pytest.approx(
        quick().fit(CURVES, HALVES).score(CURVES, HALVES)
    )


@pytest.mark.parametrize(
    "y",
    [
        TABLE,
        CUBE,
        RNG.normal(size=(12, 2, 3, 3)),
        pd.DataFrame(TABLE, index=NAMES, columns=list("abcd")),
    ],
    ids=["2-D", "3-D", "frames", "wide DataFrame"],
)
def test_targets_in_a_table_have_a_fixed_number_of_steps(y):
    model = quick().fit(CURVES, y)
    written = model.transform(pd.Series(CURVES, index=NAMES))
    assert type(written) is type(y)
    assert written.shape == y.shape
    if isinstance(y, pd.DataFrame):
        pd.testing.assert_index_equal(written.index, y.index)
        pd.testing.assert_index_equal(written.columns, y.columns)
    assert model.set_params(max_steps=1).transform(CURVES[:3]).shape[:2] == (3, 1)


def test_frames_of_a_sequence_array():
    frames = SequenceArray.from_list([RNG.normal(size=(n, 2, 3)) for n in [2, 3, 1, 2] * 3])
    written = quick().fit(CURVES, frames).transform(CURVES)
    assert isinstance(written, SequenceArray)
    assert written[0].shape[1:] == (2, 3)


def test_several_features_and_their_scale():
    """Numbers are written in the unit of the targets."""
    y = [np.column_stack([1e6 + 1e3 * h, 1e-3 * h]) for h in HALVES]
    written = quick(max_epochs=20).fit(CURVES, y).transform(CURVES)
    means = np.concatenate(written).mean(axis=0)
    assert abs(means[0] - 1e6) < 2e3
    assert abs(means[1]) < 2e-3
    raw = quick(normalize=False).fit(CURVES, HALVES)
    assert raw.target_side_.scaling is None
    assert np.isfinite(np.concatenate(raw.transform(CURVES))).all()


def test_symbols_keep_their_vocabulary():
    encoder = TokenEncoder().fit(ANSWERS)
    model = quick().fit(TEXTS, encoder.transform(ANSWERS))
    written = model.transform(TEXTS)
    assert written.n_tokens == encoder.n_tokens_
    assert all(isinstance(row, list) for row in encoder.inverse_transform(written))
    assert 0 <= model.score(TEXTS, encoder.transform(ANSWERS)) <= 100
    other = TokenEncoder().fit(TEXTS[:2]).transform(TEXTS)
    with pytest.raises(ValueError, match="vocabulary of"):
        model.score(TEXTS, other)


def test_no_output_at_all():
    """Symbols of which none is written are a SequenceArray still."""
    y = SequenceArray.from_list([[0], [1]] * 6, n_tokens=2)
    model = quick().fit(CURVES, y)
    model.network_.decoder.head.bias.data[2] = 1e6  # the end, at once
    written = model.transform(CURVES)
    assert len(written) == 12
    assert written.lengths.max() == 0
    texts = quick().fit(CURVES, ANSWERS)
    texts.network_.decoder.head.bias.data[-1] = 1e6
    assert texts.transform(CURVES) == [""] * 12


@pytest.mark.parametrize("sides", ["X", "y", "both"])
@pytest.mark.parametrize("trainable", [True, False])
def test_vectors_of_an_embedder(sides, trainable):
    embedder = Word2VecEmbedder(vector_size=3, min_count=1, epochs=1, random_state=0)
    X = embedder.fit_transform(TEXTS) if sides != "y" else TEXTS
    y = embedder.fit_transform(ANSWERS) if sides != "X" else ANSWERS
    model = quick(embedding_trainable=trainable, embedding_size=5).fit(X, y)
    assert len(model.transform(X)) == 12
    n_given = 3 if sides != "X" else 5
    assert model.network_.decoder.embedding.weight.shape[1] == n_given
    if sides != "y":
        has_table = model.network_.encoder.encoder.table("values") is not None
        assert has_table == trainable


@pytest.mark.parametrize("tie", [False, True])
def test_vectors_of_targets_are_a_start(tie):
    vectors = RNG.normal(size=(4, 3))
    ids = [RNG.integers(0, 4, size=n) for n in [2, 3, 1, 2] * 3]
    y = SequenceArray.from_list(ids, n_tokens=4, vectors=vectors)
    model = quick(max_epochs=1, learning_rate=1e-9, tie_embeddings=tie).fit(CURVES, y)
    start = model.network_.decoder.embedding.weight.detach().numpy()[:4]
    size = np.sqrt(np.mean(vectors**2)) * (np.sqrt(3) if tie else 1.0)
    np.testing.assert_allclose(start, vectors / size, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("X", "y", "kind"),
    [(CURVES, ANSWERS, str), (TEXTS, HALVES, np.ndarray), (CUBE, ANSWERS, str)],
    ids=["numbers to text", "text to numbers", "cube to text"],
)
def test_one_kind_to_another(X, y, kind):
    model = quick().fit(X, y)
    written = model.transform(X)
    assert all(isinstance(row, kind) for row in written)
    for looked, source in zip(model.align(X, as_frame=True), X, strict=True):
        assert looked.shape[1] == (len(source.split()) if isinstance(source, str) else len(source))
    assert np.isfinite(model.score(X, y))


def test_context_and_channels_of_the_source():
    numbers = SequenceArray.from_list(CURVES)
    words = SequenceArray.from_list([RNG.integers(0, 5, size=len(c)) for c in CURVES], n_tokens=5)
    both = numbers.with_channel("word", words.only).with_context(RNG.normal(size=(12, 2)))
    for at in ("state", "steps", "both"):
        model = quick(context_at=at).fit(both, ANSWERS)
        assert len(model.transform(both)) == 12
        assert len(model.align(both, as_frame=True)[0].columns) == len(CURVES[0])
    with pytest.raises(ValueError, match="no context, but Seq2SeqTransformer was fitted with"):
        model.transform(both.with_context(None))


def test_a_fit_forgets_what_came_in_before():
    model = quick().fit(TABLE, HALVES)
    assert model.n_features_in_ == 4
    model.fit(TEXTS, ANSWERS)
    assert not hasattr(model, "n_features_in_")
    assert model.transform(TEXTS) == quick().fit(TEXTS, ANSWERS).transform(TEXTS)


def test_punctuation_is_joined():
    y = ["hello, world!", 'he said: "no" (twice).', "don't; it's 3.5", "what?"] * 3
    model = quick(hidden_size=24, max_epochs=60, learning_rate=0.02, dropout=0.0).fit(TEXTS, y)
    assert [model.transform(TEXTS)[i] for i in (0, 2, 3)] == [y[i] for i in (0, 2, 3)]
