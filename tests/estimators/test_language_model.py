"""A language model is a distribution: it adds up to one, and what it draws follows it."""

import itertools
import pickle

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sksequence import RNNLanguageModel, SequenceArray
from sksequence.cells import LSTM, RNN, Delayed
from sksequence.decoding._drawing import draw_blocks, whole_sequences
from sksequence.estimators import _language_scores
from sksequence.estimators._language_writing import started
from sksequence.estimators._lengths import EmpiricalLength, PoissonLength

WORDS = ["abab", "ababab", "aab", "b", "abababab"] * 8


def _model(**kwargs):
    settings = {"hidden_size": 8, "embedding_size": 4, "max_epochs": 6, "random_state": 0}
    return RNNLanguageModel(**{**settings, **kwargs})


@pytest.fixture(scope="module")
def fitted():
    return _model(max_epochs=40, learning_rate=0.01).fit(WORDS)


@pytest.fixture(scope="module")
def walks():
    rng = np.random.default_rng(0)
    return [np.cumsum(rng.normal(size=(n, 2)), axis=0) for n in rng.integers(3, 9, size=30)]


# -- probabilities ------------------------------------------------------------------------------


def test_a_sequence_is_as_probable_as_its_steps_together(fitted):
    column = {name: i for i, name in enumerate(fitted.symbols_)}
    for text in ("abab", "b", "ba"):
        rows = fitted.predict_proba([text[:i] for i in range(len(text) + 1)])
        steps = [row[column[c]] for row, c in zip(rows, [*text, "<end>"], strict=True)]
        assert fitted.score_samples([text])[0] == pytest.approx(np.log(steps).sum(), rel=1e-5)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0)


def test_all_texts_together_have_a_probability_of_one():
    model = _model(hidden_size=4, max_epochs=40, learning_rate=0.05, max_tokens=2)
    model.fit(["a", "b", "ab", "ba"] * 20)
    texts = ["".join(t) for n in range(1, 8) for t in itertools.product("ab", repeat=n)]
    total = np.exp(model.score_samples(texts)).sum()
    first = dict(zip(model.symbols_, model.predict_proba([""])[0], strict=True))
    left_out = first["<unk>"] + first["<end>"]  # the empty text, unknown symbols
    assert 0.9 < total < 1
    assert total + left_out == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("name", ["poisson", "empirical"])
def test_an_explicit_number_of_steps_has_its_own_probability(name):
    without = _model(length_model=None).fit(WORDS)
    model = _model(length_model=name).fit(WORDS)
    lengths = np.array([len(w) for w in WORDS])
    expected = without.score_samples(WORDS) + model.lengths_.log_probability(lengths)
    np.testing.assert_allclose(model.score_samples(WORDS), expected)
    assert "<end>" not in model.symbols_


def test_distributions_of_lengths():
    lengths = np.array([1, 2, 2, 5])
    steps = np.arange(1, 400)
    poisson = PoissonLength.fit(lengths, None)
    np.testing.assert_allclose(
        poisson.log_probability(steps[:20]), stats.poisson.logpmf(steps[:20] - 1, 1.5)
    )
    empirical = EmpiricalLength.fit(lengths, None)
    assert np.exp(empirical.log_probability(steps)).sum() == pytest.approx(1.0)
    tail = stats.geom.pmf(2, 1 / 2.5)
    assert np.exp(empirical.log_probability(np.array([2])))[0] == pytest.approx((2 + tail) / 5)
    rng = np.random.default_rng(0)
    for model in (poisson, empirical):
        drawn = model.draw(20_000, rng)
        observed = np.bincount(drawn, minlength=6)[1:6] / len(drawn)
        np.testing.assert_allclose(observed, np.exp(model.log_probability(steps[:5])), atol=0.01)


def test_measures_are_of_one_step(fitted):
    total, n_steps = fitted.score_samples(WORDS).sum(), sum(len(w) + 1 for w in WORDS)
    assert fitted.score(WORDS) == pytest.approx(total / n_steps)
    assert fitted.perplexity(WORDS) == pytest.approx(np.exp(-total / n_steps))
    assert fitted.bits_per_step(WORDS) == pytest.approx(-total / n_steps / np.log(2))


def test_densities_are_in_the_units_of_the_data(walks):
    """x -> 100 x + 7 divides each density by 100, once a feature."""
    scaled = [100 * walk + 7 for walk in walks]
    for emission in ("gaussian", "mixture"):
        settings = {"emission": emission, "dtype": "float64"}
        a = _model(**settings).fit(walks).score_samples(walks)
        b = _model(**settings).fit(scaled).score_samples(scaled)
        n_values = np.array([walk.size for walk in walks])
        np.testing.assert_allclose(b, a - n_values * np.log(100), rtol=1e-6)


def test_chain_of_known_entropy():
    """Of a Markov chain the score comes near the entropy rate, and samples have its bigrams."""
    chain = np.array([[0.1, 0.8, 0.1], [0.6, 0.1, 0.3], [0.2, 0.2, 0.6]])
    rng = np.random.default_rng(0)
    states = [0]
    for uniform in rng.random(24_000):
        states.append(int(np.searchsorted(chain[states[-1]].cumsum(), uniform)))
    text = "".join("xyz"[s] for s in states)
    share = np.linalg.matrix_power(chain, 100)[0]
    entropy = -(share[:, None] * chain * np.log(chain)).sum()
    model = _model(max_epochs=12, learning_rate=0.01, tbptt_steps=50).fit(text[:20_000])
    assert -model.score(text[20_000:]) == pytest.approx(entropy, abs=0.02)
    learned = model.predict_proba(["x", "xy", "xyz"])[:, 1:]
    order = ["xyz".index(c) for c in model.symbols_[1:]]
    np.testing.assert_allclose(learned[:, np.argsort(order)], chain, atol=0.06)
    (drawn,) = model.sample(max_steps=4000, random_state=0)
    pairs = np.zeros((3, 3))
    for a, b in itertools.pairwise(drawn):
        pairs["xyz".index(a), "xyz".index(b)] += 1
    expected = chain * pairs.sum(axis=1, keepdims=True)
    # against the chain itself the model's own small errors are allowed for
    statistic = ((pairs - expected) ** 2 / expected).sum()
    assert statistic < stats.chi2.ppf(0.999, df=6) + 4000 * 0.02


# -- long texts -----------------------------------------------------------------------------------


def test_a_text_is_scored_in_stretches_as_in_one(fitted, monkeypatch):
    text = "".join(WORDS)
    expected = fitted.score_samples([text, "ab", text[:50]])
    monkeypatch.setattr(_language_scores, "STRETCH", 7)
    np.testing.assert_allclose(fitted.score_samples([text, "ab", text[:50]]), expected, rtol=1e-5)


@pytest.mark.parametrize("tbptt_steps", [20, (10, 30), None])
def test_one_text_is_read_in_streams(tbptt_steps):
    text = "the cat sat on the mat. " * (60 if tbptt_steps else 8)
    n_epochs = 12 if tbptt_steps else 150
    model = _model(tbptt_steps=tbptt_steps, batch_size=4, max_epochs=n_epochs, learning_rate=0.01)
    model.fit(text)
    assert model.length_model_ is None
    assert "<end>" not in model.symbols_
    assert model.score(text) > -1.0
    (drawn,) = model.sample(random_state=0)
    assert len(drawn) == 500


def test_the_last_part_of_a_text_decides_when_to_stop():
    model = _model(early_stopping=True, validation_fraction=0.25, max_epochs=3, tbptt_steps=10)
    model.fit("abcab" * 100)
    assert "valid_loss" in model.history_[0]


# -- writing ----------------------------------------------------------------------------------


def test_draws_follow_the_model(fitted):
    drawn = fitted.sample(4000, random_state=0)
    texts, counts = np.unique(drawn, return_counts=True)
    often = counts > 60
    expected = np.exp(fitted.score_samples(list(texts[often])))
    # unknown symbols and empty texts are never written: their share goes to the others
    np.testing.assert_allclose(counts[often] / 4000, expected, rtol=0.3)


def test_a_draw_does_not_depend_on_its_neighbours(fitted):
    assert fitted.sample(2, random_state=3) == fitted.sample(5, random_state=3)[:2]


def test_as_generator_is_the_same_text(fitted):
    whole = fitted.sample(3, prefix="a", random_state=1)
    steps = list(fitted.sample(3, prefix="a", random_state=1, as_generator=True))
    rows = ["a" + "".join(t for t in column if t) for column in zip(*steps, strict=True)]
    assert rows == whole
    (one,) = fitted.sample(1, prefix="ab", random_state=1)
    assert one == "ab" + "".join(fitted.sample(1, "ab", random_state=1, as_generator=True))


def test_a_temperature_near_zero_takes_the_most_probable(fitted):
    (greedy,) = fitted.complete("a", beam_size=1)
    for temperature in (1e-6, 1e-300):
        drawn = fitted.sample(3, prefix="a", temperature=temperature, random_state=0)
        assert drawn == [greedy] * 3


def test_a_wide_beam_finds_the_most_probable_text(fitted):
    texts = ["".join(t) for n in range(1, 6) for t in itertools.product("ab", repeat=n)]
    best = texts[int(np.argmax(fitted.score_samples(texts)))]
    assert fitted.complete(beam_size=50, max_steps=6)[0] == best
    several = fitted.complete("ab", beam_size=20, n_best=3)
    assert len(set(several)) == 3
    assert all(text.startswith("ab") for text in several)


def test_words_come_back_as_they_came():
    sentences = [["the", "cat", "sat"], ["the", "dog", "ran"]] * 10
    model = _model(analyzer="word").fit(sentences)
    (drawn,) = model.sample(prefix=["the"], random_state=0)
    assert isinstance(drawn, list)
    assert drawn[0] == "the"
    texts = [" ".join(s) for s in sentences]
    assert isinstance(_model(analyzer="word").fit(texts).sample(random_state=0)[0], str)
    ids = SequenceArray.from_list([[0, 1, 2], [1, 2]] * 10, n_tokens=4)
    assert isinstance(_model().fit(ids).sample(2, random_state=0), SequenceArray)


@pytest.mark.parametrize("length_model", ["end", "poisson", None])
def test_numbers_are_drawn_like_those_of_fit(walks, length_model):
    model = _model(length_model=length_model, max_epochs=150, learning_rate=0.01).fit(walks)
    drawn = model.sample(200, random_state=0)
    assert all(walk.shape[1] == 2 for walk in drawn)
    first = np.array([walk[0] for walk in walks])
    np.testing.assert_allclose(np.mean([w[0] for w in drawn], 0), first.mean(0), atol=0.5)
    lengths = [len(walk) for walk in drawn]
    if length_model is None:
        assert set(lengths) == {2 * model.longest_}
    else:
        assert np.mean(lengths) == pytest.approx(np.mean([len(w) for w in walks]), rel=0.4)
    begun = model.sample(2, prefix=walks[0], random_state=0)
    np.testing.assert_allclose(begun[1][: len(walks[0])], walks[0], rtol=1e-5, atol=1e-5)


def test_on_and_off():
    rng = np.random.default_rng(0)
    chance = np.array([0.9, 0.5, 0.1])
    rolls = [(rng.random((n, 3)) < chance).astype(float) for n in rng.integers(4, 9, size=60)]
    model = _model(max_epochs=40, learning_rate=0.01, length_model=None).fit(rolls)
    assert model.emission_ == "bernoulli"
    np.testing.assert_allclose(model.predict_proba([rolls[0]])[0], chance, atol=0.15)
    entropy = -(chance * np.log(chance) + (1 - chance) * np.log(1 - chance)).sum()
    assert -model.score(rolls) == pytest.approx(entropy, abs=0.1)
    drawn = np.concatenate(model.sample(200, random_state=0))
    np.testing.assert_allclose(drawn.mean(axis=0), chance, atol=0.1)


# -- states, contexts, weights ------------------------------------------------------------------


def test_states_stand_after_their_step(fitted, walks):
    states = fitted.hidden_states(["abab", "a"])
    assert list(states.lengths) == [4, 1]
    np.testing.assert_allclose(states[0][:1], states[1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        states[0], fitted.hidden_states(["ababb"])[0][:4], rtol=1e-5, atol=1e-6
    )
    model = _model(max_epochs=1).fit(walks)
    assert list(model.hidden_states(walks).lengths) == [len(w) for w in walks]


@pytest.mark.parametrize("context_at", ["state", "steps", "both"])
def test_a_context_decides_what_is_written(context_at):
    ids = SequenceArray.from_list([[0, 0, 0], [1, 1, 1]] * 20, n_tokens=2)
    X = ids.with_context(np.tile([[1.0], [-1.0]], (20, 1)))
    model = _model(context_at=context_at, max_epochs=40, learning_rate=0.02).fit(X)
    assert (np.asarray(model.sample(1, context=[1.0], random_state=0)[0]) == 0).all()
    several = model.sample(2, context=[[1.0], [-1.0]], random_state=0)
    assert [int(row[0]) for row in several] == [0, 1]
    assert (np.asarray(model.complete(context=[-1.0])[0]) == 1).all()
    with pytest.raises(ValueError, match="context of 1 values: give context="):
        model.sample()


def test_no_weight_is_no_sequence():
    texts = [*WORDS, "bbbb", "bbbbbb"]
    weights = [1.0] * len(WORDS) + [0.0, 0.0]
    a = _model().fit(texts, sample_weight=weights).score_samples(WORDS)
    b = _model().fit(WORDS).score_samples(WORDS)
    np.testing.assert_array_equal(a, b)


def test_adaptive_softmax_learns_too():
    rng = np.random.default_rng(0)
    X = SequenceArray.from_list([rng.zipf(1.5, size=9) % 40 for _ in range(60)], n_tokens=40)
    model = _model(emission="adaptive", max_epochs=20, learning_rate=0.01).fit(X)
    assert model.perplexity(X) < 25
    np.testing.assert_allclose(model.predict_proba([[1, 2]]).sum(), 1.0)


def test_tied_vectors():
    model = _model(tie_embeddings=True, embedding_size=6, max_epochs=40, learning_rate=0.02)
    model.fit(WORDS)
    assert "head.output.weight" not in model.network_.state_dict()
    assert model.perplexity(WORDS) < 2.5


# -- an estimator of scikit-learn ------------------------------------------------------------------


def test_pickle_clone_and_search(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.score_samples(WORDS), fitted.score_samples(WORDS))
    assert clone(fitted).get_params() == fitted.get_params()
    search = GridSearchCV(_model(max_epochs=2), {"hidden_size": [2, 8]}, cv=2).fit(WORDS)
    assert search.best_params_["hidden_size"] in (2, 8)


def test_training_goes_on_where_it_stopped():
    model = _model(warm_start=True, max_epochs=3).fit(WORDS)
    before = model.score(WORDS)
    model.fit(WORDS)
    assert model.n_epochs_ == 6
    assert model.score(WORDS) > before
    with pytest.raises(ValueError, match="hidden_size changed since the first fit"):
        model.set_params(hidden_size=9).fit(WORDS)


@pytest.mark.parametrize("cell", ["gru", "output_rnn", "leaky_rnn"])
def test_other_cells(cell):
    assert _model(cell=cell, max_epochs=20, learning_rate=0.01).fit(WORDS).perplexity(WORDS) < 3


# -- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "settings", "message"),
    [
        ("abc", {}, "one text of 3 steps, but a stretch has tbptt_steps=100"),
        (["aaa", "aa"], {"length_model": None}, "a single symbol"),
        (["ab", ""], {}, "has no token"),
        (["ab"], {"emission": "gaussian"}, "is a distribution of numbers, but X holds symbols"),
        ([[0.5, 1.5]], {"emission": "softmax"}, "is a distribution of symbols, but X holds"),
        ([[0.5, 1.0]], {"emission": "bernoulli"}, "holds 0.5"),
        (["ab"], {"tbptt_steps": (4, 6)}, "k2 a multiple of k1"),
        (["ab"], {"embedding_size": None, "tie_embeddings": True}, "embedding_size is None"),
        (["ab"], {"emission": "adaptive", "tie_embeddings": True}, "emission is 'adaptive'"),
        ([[0.5, 1.5]], {"tie_embeddings": True}, r"emission is 'gaussian' .numbers have none"),
        ([[0, 3, 1], [2, 4]], {"emission": "softmax"}, r"from_list.X, n_tokens=5.\.$"),
        (["ab", "b"], {"length_model": "fixed"}, "those of X have 1 to 2 steps"),
    ],
)
def test_what_cannot_be_learned(X, settings, message):
    X = [np.array(row) for row in X] if isinstance(X[0], list) else X
    with pytest.raises(ValueError, match=message):
        _model(**settings).fit(X)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0}, "temperature must be a number > 0 .and finite., got 0; 1 draws"),
        ({"top_p": 0.0}, "top_p must be a number in"),
        ({"top_p": 1.2}, "top_p must be a number in"),
        ({"n_sequences": 0}, "n_sequences must be an integer >= 1"),
        ({"max_steps": -1}, "max_steps must be an integer >= 1"),
        ({"temperature": "hot"}, "temperature must be a number > 0 .and finite., got 'hot'"),
        ({"context": [1.0]}, "fitted without contexts: leave context out"),
    ],
)
def test_what_cannot_be_drawn(fitted, settings, message):
    with pytest.raises(ValueError, match=message):
        fitted.sample(**settings)


def test_what_is_no_beginning(fitted):
    with pytest.raises(TypeError, match="prefix must be a sequence as those of fit"):
        fitted.sample(prefix=5)
    with pytest.raises(ValueError, match=r"max_steps must be an integer >= 1, got -1\.$"):
        fitted.complete("a", max_steps=-1)
    with pytest.raises(ValueError, match="no sequence to begin with"):
        fitted.predict_proba([])


def test_frames_of_another_width(walks):
    model = _model(max_epochs=1).fit(walks)
    with pytest.raises(ValueError, match="features"):
        model.score_samples([walk[:, :1] for walk in walks])
    with pytest.raises(AttributeError, match="needs symbols or on-off patterns"):
        model.predict_proba([walks[0]])
    with pytest.raises(ValueError, match="top_k, top_p and as_generator are of symbols"):
        model.sample(top_k=3)


# -- one step at a time ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"embedding_size": None},
        {"n_layers": 2, "residual": True},
        {"cell": "gru"},
        {"cell": RNN(activation="relu")},
        {"cell": LSTM(bias=False)},
        {"cell": "peephole_lstm"},
        {"cell": Delayed("lstm", delay=2)},
        {"tie_embeddings": True},
        {"emission": "adaptive", "max_tokens": 9},
        {"context_at": "both"},
    ],
    ids=repr,
)
def test_steps_one_by_one_are_those_of_the_network(settings):
    X = SequenceArray.from_list([[0, 1, 2], [1, 2], [3, 4, 5, 6]] * 4, n_tokens=9)
    context = None
    if "context_at" in settings:
        X = X.with_context(np.linspace(-1, 1, 12)[:, None])
        context = np.array([[0.5], [0.5]])
    model = _model(hidden_size=5, max_epochs=1, **settings).fit(X)
    with torch.no_grad():
        _, (advance, found, state, memory) = started(model, np.array([1, 2]), 2, context)
        expected = model.predict_proba([[1, 2]] * 2, context=context)
        np.testing.assert_allclose(torch.softmax(found, dim=1), expected, atol=1e-6)
        found, state = advance(torch.tensor([3, 4]), state, memory)
        found, _ = advance(torch.tensor([0, 1]), state, memory)
    expected = model.predict_proba([[1, 2, 3, 0], [1, 2, 4, 1]], context=context)
    np.testing.assert_allclose(torch.softmax(found, dim=1), expected, atol=1e-6)


def test_sequences_end_between_two_looks():
    """What is drawn after an end, or after the last step allowed, is thrown away."""
    tokens = torch.tensor([[0, 0, 1, 1], [2, 3, 1, 2], [0, 3, 0, 3]])
    limits = np.array([4, 4, 1])

    def advance(last, state, memory):
        return tokens[state[:, 0]], state

    def choose(log_weights, rows, step):
        return tokens[rows, step]

    state = torch.arange(3)[:, None]
    settings = {"choose": choose, "end": 3, "limits": torch.from_numpy(limits)}
    blocks = list(draw_blocks(advance, tokens, state, None, **settings))
    rows = whole_sequences(iter(blocks), limits, 3)
    assert [row.tolist() for row in rows] == [[0, 0, 1, 1], [2], [0]]
    assert [len(rows) for rows, _ in blocks] == [3, 2, 1, 1]
