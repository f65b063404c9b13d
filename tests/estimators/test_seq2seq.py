"""What a fitted Seq2SeqTransformer says: outputs, likelihoods, alignments, scores."""

import itertools
import math
import warnings

import numpy as np
import pytest
import torch

from sksequence import Seq2SeqTransformer, SequenceArray
from sksequence.estimators._sides import Originals
from sksequence.metrics import bleu_score
from sksequence.testing import check_sequence_estimator

ENGLISH = [
    "the cat sat",
    "a dog ran far away",
    "the dog sat",
    "a cat ran",
    "far away, the cat ran.",
]
FRENCH = ["le chat", "un chien est loin", "le chien", "un chat", "loin, le chat."]
X, Y = ENGLISH * 4, FRENCH * 4
RNG = np.random.default_rng(0)
SOURCES = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in RNG.integers(1, 7, size=24)])
BITS = SequenceArray.from_list([RNG.integers(0, 2, size=1 + i % 3) for i in range(24)], n_tokens=2)


def quick(**parameters):
    defaults = {"hidden_size": 6, "embedding_size": 5, "max_epochs": 3, "random_state": 0}
    return Seq2SeqTransformer(**{**defaults, **parameters})


@pytest.fixture(scope="module")
def fitted():
    """Knows some of the pairs, but not by heart: the search has something to do."""
    return quick(max_epochs=20, learning_rate=0.02).fit(X, Y)


@pytest.fixture(scope="module")
def learned():
    """Knows the pairs by heart."""
    model = quick(hidden_size=20, max_epochs=60, learning_rate=0.02, dropout=0.0)
    return model.fit(X, Y)


@pytest.fixture(scope="module")
def bits():
    """Two symbols: all outputs can be counted."""
    return quick(max_epochs=10, learning_rate=0.02).fit(SOURCES, BITS)


# The answer for a source depends on nothing but the source

INDEPENDENT = {
    "additive": {},
    "dot": {"attention": "dot", "cell": "gru", "context_at": "both"},
    "general": {"attention": "general", "bidirectional": False, "input_feeding": False},
    "location": {"attention": "location", "n_layers": 2, "tie_embeddings": True},
    "none": {"attention": None, "context_at": "steps", "cell": "rnn"},
    "beam": {"beam_size": 3, "length_penalty": 0.6, "coverage_penalty": 0.2},
}


@pytest.mark.parametrize("name", INDEPENDENT)
def test_an_answer_depends_on_its_source_alone(name):
    model = quick(learning_rate=0.02, **INDEPENDENT[name]).fit(X, Y)
    whole = _answers(model, ENGLISH, FRENCH)
    for i in range(5):
        _same(_answers(model, ENGLISH[i : i + 1], FRENCH[i : i + 1]), whole, [i])
    order = [3, 0, 4, 2, 1]
    turned = _answers(model, [ENGLISH[i] for i in order], [FRENCH[i] for i in order])
    _same(turned, whole, order)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # longer than all that was trained on
        beside = _answers(model, [*ENGLISH, " ".join(ENGLISH * 3)], [*FRENCH, FRENCH[0]])
    _same(beside, whole, range(5))
    many = _answers(model, X * 50, Y * 50)
    _same(many, whole, list(range(5)) * 200)


def _answers(model, sources, targets):
    outputs, scores = model.transform_n_best(sources, 2)
    looked = model.align(sources) if model.attention else [np.zeros(1)] * len(sources)
    found = model.transform(sources), outputs, scores, model.encode(sources), looked
    return [list(rows) for rows in (*found, model.score_samples(sources, targets))]


def _same(given, expected, index):
    texts, n_best, *numbers = zip(given, expected, strict=True)
    for one, other in (texts, n_best):
        assert one[: len(index)] == [other[i] for i in index]
    for one, other in numbers:
        for row, i in zip(one, index, strict=False):
            np.testing.assert_allclose(row, other[i], rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    ("parameters", "X", "y"),
    [
        ({}, SOURCES, SequenceArray.from_list([x[::2] for x in SOURCES])),
        ({"attention": None, "bidirectional": False, "cell": "gru"}, SOURCES, BITS),
        ({"attention": "location"}, X, Y),
    ],
    ids=["numbers to numbers", "numbers to symbols", "text to text"],
)
def test_promise_is_kept(parameters, X, y):
    model = quick(hidden_size=4, max_epochs=2, max_steps=5, **parameters)
    records = check_sequence_estimator(model, X, y, on_skip=None, on_fail=None)
    failed = {r["check_name"]: r["exception"] for r in records if r["status"] == "failed"}
    assert failed == {}
    skipped = {r["check_name"] for r in records if r["status"] == "skipped"}
    numeric = {"check_nan", "check_infinity", "check_feature_count", "check_unequal_steps"}
    expected = {"check_no_look_ahead", "check_text"} | (numeric if isinstance(X, list) else set())
    assert {name for name in skipped if "[" not in name} == expected


# Searching


def test_log_likelihood_is_the_score_of_what_was_found(fitted):
    outputs, scores = fitted.transform_n_best(ENGLISH, 4)
    assert (np.diff(scores, axis=1) <= 0).all()
    limit = max(len(y.replace(",", " ,").replace(".", " .").split()) for y in FRENCH)
    n_compared = 0
    for rank in range(4):
        texts = [rows[rank] for rows in outputs]
        ended = [i for i, t in enumerate(texts) if 0 < len(_tokens(t)) < limit]
        sources = [ENGLISH[i] for i in ended]
        found = fitted.score_samples(sources, [texts[i] for i in ended])
        np.testing.assert_allclose(found, scores[ended, rank], atol=1e-5)
        n_compared += len(ended)
    assert n_compared >= 8


def _tokens(text):
    return text.replace(",", " ,").replace(".", " .").split()


def test_probabilities_of_all_outputs_add_up_to_one(bits):
    """Of two symbols and at most three steps there are 1 + 2 + 4 + 8 outputs."""
    bits = bits.set_params(max_steps=3)
    outputs, scores = bits.transform_n_best(SOURCES[:4], 15)
    bits.set_params(max_steps=None)
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1.0, atol=1e-5)
    for rows in outputs:
        assert len({tuple(row.tolist()) for row in rows}) == 15


def test_likelihoods_are_those_of_all_outputs(bits):
    """What ends within two steps, by score_samples; the others are what is left."""
    short = [np.array(s) for n in (1, 2) for s in itertools.product([0, 1], repeat=n)]
    targets = SequenceArray.from_list(short, n_tokens=2)
    source = SOURCES[np.zeros(6, dtype=int)]
    given = np.exp(bits.score_samples(source, targets))
    outputs, scores = bits.set_params(max_steps=3).transform_n_best(SOURCES[:1], 15)
    bits.set_params(max_steps=None)
    found = {tuple(row.tolist()): math.exp(s) for row, s in zip(outputs[0], scores[0], strict=True)}
    np.testing.assert_allclose(given, [found[tuple(s.tolist())] for s in short], rtol=1e-4)


def test_perplexity_is_the_exponential_of_the_mean(fitted):
    n_symbols = sum(len(_tokens(y)) + 1 for y in FRENCH)
    mean = fitted.score_samples(ENGLISH, FRENCH).sum() / n_symbols
    assert fitted.perplexity(ENGLISH, FRENCH) == pytest.approx(math.exp(-mean))
    untrained = quick(max_epochs=1, learning_rate=1e-9).fit(X, Y)
    size = untrained.target_side_.size + 1  # and the end
    assert untrained.perplexity(ENGLISH, FRENCH) == pytest.approx(size, rel=0.2)


def test_beam_is_read_at_transform_and_finds_what_is_at_least_as_probable(fitted):
    greedy = fitted.transform(ENGLISH)
    beam = fitted.set_params(beam_size=5).transform(ENGLISH)
    best, scores = fitted.transform_n_best(ENGLISH, 1)
    fitted.set_params(beam_size=1)
    assert [rows[0] for rows in best] == beam
    assert greedy == fitted.transform(ENGLISH)
    alone = fitted.transform_n_best(ENGLISH, 1)[1]
    assert (scores >= alone - 1e-6).all()


def test_length_penalty_favours_longer_outputs(fitted):
    n_tokens = {}
    for penalty in (0.0, 5.0):
        fitted.set_params(beam_size=5, length_penalty=penalty)
        n_tokens[penalty] = sum(len(_tokens(t)) for t in fitted.transform(ENGLISH))
    fitted.set_params(beam_size=1, length_penalty=0.0)
    assert n_tokens[5.0] > n_tokens[0.0]


@pytest.mark.parametrize("beam_size", [1, 3])
def test_writing_ends_at_the_longest_target_or_earlier(beam_size):
    model = quick(max_epochs=1, beam_size=beam_size).fit(X, Y)
    model.network_.decoder.head.bias.data[model.network_.decoder.spec.end] = -1e9  # never ends
    assert [len(row) for row in model.align(ENGLISH)] == [5] * 5
    model.set_params(max_steps=2)
    assert [len(row) for row in model.align(ENGLISH)] == [2] * 5
    model.set_params(max_steps=None)
    with pytest.warns(UserWarning, match="some sources are longer .*longest had 7 steps"):
        looked = model.align(["the cat sat", " ".join(["cat"] * 12)])
    assert [len(row) for row in looked] == [5, math.ceil(5 * 12 / 7)]


def test_a_longer_source_warns_once(fitted):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outputs = fitted.transform([" ".join(ENGLISH), *ENGLISH])
    assert [w.category for w in caught] == [UserWarning]
    assert caught[0].filename == __file__
    assert outputs[1:] == fitted.transform(ENGLISH)


# Sampling


def test_samples_are_reproducible_and_leave_global_randomness_alone(fitted):
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    one, two, other = (fitted.sample(X, temperature=2.0, random_state=s) for s in (0, 0, 1))
    assert one == two != other
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()


@pytest.mark.parametrize("setting", [{"top_k": 1}, {"temperature": 1e-4}, {"top_p": 1e-6}])
def test_sampling_the_most_probable_is_greedy_search(fitted, setting):
    assert fitted.sample(X, random_state=0, **setting) == fitted.transform(X)


def test_samples_come_as_often_as_they_are_probable(bits):
    drawn = bits.sample(SOURCES[np.full(3000, 5)], max_steps=3, random_state=0)
    outputs, scores = bits.set_params(max_steps=3).transform_n_best(SOURCES[5:6], 15)
    bits.set_params(max_steps=None)
    counts = {}
    for row in drawn:
        counts[tuple(row.tolist())] = counts.get(tuple(row.tolist()), 0) + 1
    for row, score in zip(outputs[0], scores[0], strict=True):
        p = math.exp(score)
        error = abs(counts.get(tuple(row.tolist()), 0) / 3000 - p)
        assert error < 4.5 * math.sqrt(p * (1 - p) / 3000) + 1e-3


def test_max_steps_of_samples(bits):
    drawn = bits.sample(SOURCES, max_steps=1, temperature=5.0, random_state=0)
    assert drawn.lengths.max() == 1


# Looking


def test_alignments_add_up_to_one(fitted):
    for X_row, looked in zip(ENGLISH, fitted.align(ENGLISH), strict=True):
        assert looked.shape[1] == len(_tokens(X_row))
        np.testing.assert_allclose(looked.sum(axis=1), 1.0, atol=1e-5)


def test_alignment_of_targets_and_its_labels(fitted):
    frames = fitted.align(ENGLISH, FRENCH, as_frame=True)
    for source, target, frame in zip(ENGLISH, FRENCH, frames, strict=True):
        assert frame.columns.tolist() == _tokens(source)
        assert frame.index.tolist() == _tokens(target)
        np.testing.assert_allclose(frame.sum(axis=1), 1.0, atol=1e-5)
    written = fitted.align(ENGLISH, as_frame=True)
    assert [" ".join(frame.index) for frame in written] == [
        " ".join(_tokens(text)) for text in fitted.transform(ENGLISH)
    ]
    there = [i for i, frame in enumerate(written) if len(frame)]
    texts = [fitted.transform(ENGLISH)[i] for i in there]
    taught = fitted.align([ENGLISH[i] for i in there], texts)
    for one, other in zip([written[i] for i in there], taught, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_align_is_there_with_attention():
    assert hasattr(quick(attention="dot"), "align")
    assert not hasattr(quick(attention=None), "align")
    with pytest.raises(AttributeError, match=r"needs attention, but attention=None: set it, e\.g"):
        quick(attention=None).align(X)


@pytest.mark.parametrize(("bidirectional", "width"), [(True, 12), (False, 6)])
def test_encode_gives_a_vector_for_each_source(bidirectional, width):
    model = quick(bidirectional=bidirectional, max_epochs=1).fit(X, Y)
    vectors = model.encode(X)
    assert vectors.shape == (20, width)
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(vectors[:5], vectors[5:10], atol=1e-6)


# Scores and outputs


def test_texts_are_learned_and_written_as_they_were(learned):
    assert learned.transform(ENGLISH) == FRENCH
    assert learned.score(ENGLISH, FRENCH) == pytest.approx(100)
    assert learned.perplexity(ENGLISH, FRENCH) < 1.1
    swapped = FRENCH[::-1]
    assert learned.score(ENGLISH, swapped) == bleu_score(swapped, FRENCH, lowercase=True)
    assert (learned.score_samples(ENGLISH, swapped) < learned.score_samples(X[:5], FRENCH))[0]


@pytest.mark.parametrize("form", ["texts", "tokens", "characters", "symbols"])
def test_short_outputs_that_are_right_score_100(form):
    """No n-gram is longer than any target, so that right ones are not worth nothing."""
    words = ["un", "deux", "trois", "quatre"] * 5
    sources = ["one", "two", "three", "four"] * 5
    y = {
        "texts": words,
        "tokens": [[word] * (1 + i % 2) for i, word in enumerate(words)],
        "characters": [word[:2] for word in words],
        "symbols": SequenceArray.from_list([[i % 4] for i in range(20)], n_tokens=4),
    }[form]
    analyzer = "char" if form == "characters" else None
    model = quick(max_epochs=60, learning_rate=0.05, dropout=0.0, target_analyzer=analyzer)
    model.fit(sources, y)
    assert list(map(list, model.transform(sources))) == list(map(list, y))
    assert model.score(sources, y) == pytest.approx(100)
    assert model.score(sources, y[::-1]) < 90


def test_several_references_of_a_source(learned):
    """BLEU counts all of them; the order of a source's references does not matter."""
    several = [[target, "something else"] for target in FRENCH]
    assert learned.score(ENGLISH, several) == pytest.approx(100)
    assert learned.score(ENGLISH, [row[::-1] for row in several]) == pytest.approx(100)
    mixed = [FRENCH[0], *several[1:]]
    assert learned.score(ENGLISH, mixed) == pytest.approx(100)
    assert learned.score(ENGLISH, ["something else"] * 5) < 30
    tokens = quick(max_epochs=1).fit([x.split() for x in X], [y.split() for y in Y])
    sources, targets = [x.split() for x in ENGLISH], [y.split() for y in FRENCH]
    written = tokens.transform(sources)
    both = [[right, own] for right, own in zip(targets, written, strict=True) if own]
    kept = [source for source, own in zip(sources, written, strict=True) if own]
    expected = bleu_score(both, [own for own in written if own])
    assert tokens.score(kept, both) == pytest.approx(expected)
    with pytest.raises(ValueError, match="target 1 of sample 0 of y is empty"):
        learned.score(ENGLISH, [["le chat", ""], *FRENCH[1:]])
    with pytest.raises(ValueError, match="X has 5 sequences, but y has 4 targets"):
        learned.score(ENGLISH, several[:4])


def test_every_second_value_of_a_curve():
    rng = np.random.default_rng(0)
    curves = [np.cumsum(rng.normal(size=n)) for n in rng.integers(4, 10, size=120)]
    halves = [curve[::2] for curve in curves]
    model = quick(
        hidden_size=16, attention="location", max_epochs=40, learning_rate=0.01, batch_size=20,
        dropout=0.0,
    )  # fmt: skip
    model.fit(curves, halves)
    assert model.score(curves, halves) > 0.9
    written = model.transform(curves)
    right = [len(a) == len(b) for a, b in zip(written, halves, strict=True)]
    assert np.mean(right) > 0.8
    weights = np.where(np.arange(120) < 60, 1.0, 0.0)
    expected = model.score(curves[:60], halves[:60])
    assert model.score(curves, halves, sample_weight=weights) == pytest.approx(expected, abs=1e-6)


def test_a_name_never_seen_is_copied():
    rng = np.random.default_rng(0)
    syllables = ["ka", "lo", "mi", "tur", "ben", "sa", "rik", "o", "van", "da"]
    names = sorted({"".join(rng.choice(syllables, size=3)) for _ in range(60)})
    model = quick(hidden_size=12, min_count=2, max_epochs=25, learning_rate=0.01, batch_size=10)
    model.fit([f"my name is {n}" for n in names], [f"mein name ist {n}" for n in names])
    assert model.transform(["my name is zorro"]) == ["mein name ist zorro"]
    assert model.align(["my name is zorro"], as_frame=True)[0].index[-1] == "zorro"
    model.set_params(replace_unknown=False)
    assert model.transform(["my name is zorro"]) == ["mein name ist <unk>"]


def test_what_is_copied_is_unknown_if_anything_is():
    side = quick(max_epochs=1).fit(X, Y).source_side_
    texts = ["The zebra sat near Xanten", "the cat sat"]
    originals = Originals(side, texts, side.read(texts, "X", None))
    weights = np.array([[0.6, 0.1, 0.05, 0.05, 0.2], [0.1, 0.3, 0.3, 0.2, 0.1]])
    assert originals.looked_at(0, weights) == ["xanten", "zebra"]
    assert originals.looked_at(1, weights[:, :3]) == ["the", "cat"]


def test_an_unknown_word_tells_nothing():
    """Where all words are known, what stands for others is never trained: it stays zero."""
    model = quick().fit(X, Y)
    table = model.network_.encoder.encoder.table("values").weight
    unknown = model.source_side_.unknown_id
    assert (table[unknown] == 0).all()
    assert (model.network_.decoder.embedding.weight[model.target_side_.unknown_id] == 0).all()
    assert (table != 0).any(dim=1).sum() == len(table) - 1
    one, other = model.encode(["the zebra sat", "the xylophone sat"])
    np.testing.assert_array_equal(one, other)
    rare = quick(min_count=5).fit([*X, "the zebra sat"], [*Y, "le chat"])
    assert (rare.network_.encoder.encoder.table("values").weight[0] != 0).any()  # trained


@pytest.mark.parametrize("analyzer", ["char", "word", str.split])
def test_analyzers_of_both_sides(analyzer):
    model = quick(source_analyzer=analyzer, target_analyzer="char", max_epochs=1).fit(X, Y)
    assert model.target_side_.encoder.analyzer == "char"
    assert model.source_side_.encoder.analyzer == analyzer
    assert all(" " in text or len(text) > 3 for text in model.transform(ENGLISH))
    assert 0 <= model.score(ENGLISH, FRENCH) <= 100


def test_an_error_in_a_search_leaves_torch_as_it_was(fitted):
    with pytest.raises(ValueError, match="temperature") as kept:  # and its frames
        fitted.sample(X, temperature=-1.0)
    assert not torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()
    assert kept.traceback
