"""What a language model writes can be read again, and follows its own distribution."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest

from sksequence import RNNLanguageModel, SequenceArray, TokenEncoder
from sksequence.estimators._lengths import (
    EmpiricalLength,
    FixedLength,
    PoissonLength,
    log_hazards,
)

WORDS = ["abab", "ababab", "aab", "b", "abababab"] * 8
RECIPES = ["boil two eggs slowly", "fry two eggs", "boil one egg"] * 10
RNG = np.random.default_rng(0)
LENGTHS = np.array([1, 2, 2, 5])
DISTRIBUTIONS = [
    PoissonLength.fit(LENGTHS, None),
    EmpiricalLength.fit(LENGTHS, None),
    FixedLength(3),
    PoissonLength(0.0),
]


def _model(**kwargs):
    settings = {"hidden_size": 8, "embedding_size": 4, "max_epochs": 3, "random_state": 0}
    return RNNLanguageModel(**{**settings, **kwargs})


@pytest.fixture(scope="module")
def characters():
    return _model(max_epochs=8, learning_rate=0.01).fit(WORDS)


@pytest.fixture(scope="module")
def lists():
    return _model().fit([text.split() for text in RECIPES])


# -- the containers of fit ----------------------------------------------------------------------


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame, lambda X: X[:, :, None]])
def test_tables_are_written_as_tables(container):
    """With a fixed number of steps, all of which p(x) is then the probability of."""
    X = container(RNG.normal(size=(40, 5)))
    model = _model(length_model="fixed").fit(X)
    for settings in ({}, {"prefix": np.zeros((2, *np.shape(X)[2:]))}):
        drawn = model.sample(7, random_state=0, **settings)
        assert type(drawn) is type(X)
        assert np.shape(drawn) == (7, *np.shape(X)[1:])
        assert np.isfinite(model.score_samples(drawn)).all()
    without_ends = _model(length_model=None).fit(X)
    np.testing.assert_allclose(model.score_samples(X), without_ends.score_samples(X))
    assert np.isneginf(model.score_samples([np.zeros(np.shape(X)[2:] or ()) * np.ones((3, 1))])[0])


@pytest.mark.parametrize("length_model", ["auto", "poisson"])
def test_what_a_table_cannot_hold_is_a_list(length_model):
    X = RNG.normal(size=(40, 5))
    model = _model(length_model=length_model).fit(X)
    drawn = model.sample(30, random_state=0)
    assert isinstance(drawn, list)
    assert len({len(row) for row in drawn}) > 1
    assert {row.ndim for row in drawn} == {1}
    assert np.isfinite(model.score_samples(drawn)).all()


@pytest.mark.parametrize("container", [np.array, pd.DataFrame])
def test_rows_of_tokens_come_back_as_rows_of_tokens(container):
    rows = [["foo", "bar", "baz"], ["bar", "foo", "baz"]] * 20
    model = _model(length_model="fixed").fit(container(rows))
    of_lists = _model(length_model="fixed").fit(rows)
    for drawn in (model.sample(5, random_state=0), model.complete(n_best=5)):
        assert all(len(row) == 3 and {*row} <= {"foo", "bar", "baz"} for row in drawn)
        np.testing.assert_allclose(model.score_samples(drawn), of_lists.score_samples(drawn))
    assert model.complete(["bar"])[0][0] == "bar"
    np.testing.assert_allclose(model.score_samples(container(rows)), of_lists.score_samples(rows))


def test_what_an_own_function_cuts_is_not_joined():
    def pairs(text):
        return text if isinstance(text, list) else [text[i : i + 2] for i in range(0, len(text), 2)]

    model = _model(analyzer=pairs).fit(WORDS)
    drawn = model.sample(4, prefix="abab", random_state=0)
    assert all(row[:2] == ["ab", "ab"] for row in drawn)
    assert np.isfinite(model.score_samples(drawn)).all()


# -- the number of steps --------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", DISTRIBUTIONS, ids=repr)
@pytest.mark.parametrize("at_least", [1, 3, 9])
def test_lengths_that_are_not_less(lengths, at_least):
    r"""p(T | T >= n) = p(T) / P(T >= n), of which the draws are."""
    steps = np.arange(at_least, 400)
    p = np.exp(lengths.log_probability(steps))
    reached = np.exp(lengths.log_at_least(np.array([at_least])))[0]
    assert reached == pytest.approx(p.sum(), abs=1e-12)
    drawn = lengths.draw(20_000, np.random.default_rng(0), at_least)
    if reached == 0:
        assert (drawn == at_least).all()
        return
    observed = np.bincount(drawn, minlength=at_least + 6)[at_least:][:6] / len(drawn)
    np.testing.assert_allclose(observed, (p / reached)[:6], atol=0.015)
    np.testing.assert_array_equal(lengths.draw(5, np.random.default_rng(0), at_least), drawn[:5])


@pytest.mark.parametrize("lengths", DISTRIBUTIONS, ids=repr)
@pytest.mark.parametrize("first", [0, 2])
def test_hazards_are_the_distribution(lengths, first):
    ends, goes_on = log_hazards(lengths, first, 8)
    steps = np.arange(first, first + 8)
    found = ends + np.concatenate([[0.0], goes_on.cumsum()[:-1]])
    reached = lengths.log_at_least(np.array([max(first, 1)]))[0]
    expected = np.where(steps > 0, np.exp(lengths.log_probability(np.maximum(steps, 1))), 0.0)
    if np.isfinite(reached):
        np.testing.assert_allclose(np.exp(found), expected / np.exp(reached), atol=1e-12)
    else:
        assert found[0] == 0.0


@pytest.mark.parametrize("length_model", ["poisson", "empirical"])
def test_a_prefix_counts(length_model):
    model = _model(length_model=length_model).fit(WORDS)
    lengths = np.array([len(text) for text in model.sample(4000, prefix="aba", random_state=0)])
    assert lengths.min() == 3
    p = np.exp(model.lengths_.log_probability(np.arange(3, 12)))
    p /= np.exp(model.lengths_.log_at_least(np.array([3])))
    observed = [(lengths == n).mean() for n in range(3, 12)]
    np.testing.assert_allclose(observed, p, atol=0.03)
    long = "ab" * 500
    assert len(model.sample(prefix=long, random_state=0)[0]) >= len(long)
    assert model.complete(long)[0].startswith(long)
    limited = model.sample(20, prefix="aba", max_steps=1, random_state=0)
    assert {len(text) for text in limited} == {3, 4}


@pytest.mark.parametrize("length_model", ["end", "poisson", "empirical"])
def test_a_wide_beam_compares_whole_sequences(length_model):
    """The best of all sequences of up to five more symbols, whatever ends them."""
    ids = SequenceArray.from_list([["ab".index(c) for c in text] for text in WORDS], n_tokens=2)
    model = _model(length_model=length_model, max_epochs=15, learning_rate=0.01).fit(ids)
    for prefix in ([], [0, 1]):
        rows = [
            [*prefix, *row]
            for n in range(not prefix, 6)
            for row in itertools.product([0, 1], repeat=n)
        ]
        every = SequenceArray.from_list(rows, n_tokens=2)
        best = np.argsort(-model.score_samples(every))[:3]
        found = model.complete(prefix, beam_size=64, n_best=3, max_steps=8)
        assert [list(row) for row in found] == [rows[i] for i in best]


def test_there_may_be_fewer_than_n_best():
    rows = [["a", "b"], ["b", "a"]] * 10
    found = _model(length_model="fixed").fit(rows).complete(["a"], beam_size=9, n_best=9)
    assert sorted(found) == [["a", "a"], ["a", "b"]]


# -- beginnings -----------------------------------------------------------------------------------


def test_a_prefix_comes_back_as_it_was_given(characters):
    for write in (lambda p: characters.sample(prefix=p, random_state=0), characters.complete):
        with pytest.warns(
            UserWarning, match="prefix holds 'z', 'y', which fit did not see"
        ) as told:
            (text,) = write("azyz")
        assert text.startswith("azyz")
        assert len(told) == 1
    assert np.isfinite(characters.score_samples(["azb"])).all()


@pytest.mark.parametrize("prefix", ["Boil two", "boil two ", "Boil (two)"])
def test_words_follow_a_prefix_as_it_stands(prefix):
    model = _model(analyzer="word", length_model="poisson").fit(RECIPES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        texts = model.sample(20, prefix=prefix, random_state=0)
    assert all(text.startswith(prefix) and "  " not in text for text in texts)
    assert len(set(texts)) > 5


def test_texts_are_no_lists_of_tokens(lists, characters):
    ask = [lists.score_samples, lists.hidden_states, lists.predict_proba]
    for method in ask:
        with pytest.raises(TypeError, match=r"'boil two'.split\(\)"):
            method(["boil two"])
    with pytest.raises(TypeError, match=r"prefix holds text .*\['boil'\] is one token"):
        lists.sample(prefix="boil")
    with pytest.raises(TypeError, match="X holds text"):
        lists.score_samples("boil")
    assert lists.sample(prefix=["boil"], random_state=0)[0][0] == "boil"
    for method in (characters.score_samples, characters.predict_proba):
        with pytest.raises(TypeError, match=r"a list of tokens .*fitted on texts: give the same"):
            method([["a", "b"]])
    with pytest.raises(TypeError, match="fitted on texts: give the same kind"):
        characters.complete(["a", "b"])


def test_the_name_of_the_end_is_its_own():
    model = _model(length_model="end").fit([["a", "<end>"], ["<end>"]] * 5)
    assert len({*model.symbols_}) == len(model.symbols_) == 4
    assert model.symbols_[-1] == "<<end>>"


def test_errors_do_not_speak_of_targets(characters):
    for X in (["ab", ""], ["ab", None]):
        for method in (characters.score_samples, _model().fit):
            with pytest.raises(ValueError, match="drop it, or") as told:
                method(X)
            assert " y" not in str(told.value)


@pytest.mark.parametrize(
    ("context", "error", "message"),
    [
        ([np.nan, 1.0], ValueError, "context holds nan, but needs finite numbers"),
        ([0.0, np.inf], ValueError, "context holds inf"),
        (["a", "b"], TypeError, "context must hold numbers, got .*OneHotEncoder"),
    ],
)
def test_contexts_are_numbers(context, error, message):
    ids = SequenceArray.from_list([[0, 1], [1, 0, 1]] * 5, n_tokens=2)
    model = _model().fit(ids.with_context(np.ones((10, 2))))
    asked = [
        lambda: model.sample(context=context),
        lambda: model.complete(context=context),
        lambda: model.predict_proba([[0]], context=context),
    ]
    for ask in asked:
        with pytest.raises(error, match=message):
            ask()


@pytest.mark.parametrize("handle_unknown", ["token", "error"])
def test_the_unknown_symbol_of_an_encoder_is_not_written(handle_unknown):
    encoder = TokenEncoder("char", handle_unknown=handle_unknown)
    encoder.fit(["aaabbc"])
    known = encoder.transform(["aabab", "abaa"] * 4)
    texts = ["xaxbxx", "xxax"] * 20 if handle_unknown == "token" else ["aaaaab", "aaaa"] * 20
    model = RNNLanguageModel(hidden_size=4, max_epochs=3, length_model=None, random_state=0)
    model.fit(encoder.transform(texts))
    frequent = model.sample(20, prefix=known[:0], max_steps=20, random_state=0).only.values
    best = model.complete(known[:0], max_steps=5).only
    if handle_unknown == "token":  # 0 is most of what was read
        assert model.predict_proba(known)[0][-1].argmax() == 0
        assert frequent.min() > 0 and np.min(best.values) > 0
        assert best.unknown_id == 0
    else:  # 0 is the letter a
        assert best.unknown_id is None
        assert (frequent == 0).any() and (best.values == 0).any()
