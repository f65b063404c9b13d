"""Training of word vectors: what is learned, the true loss, the same answer every time."""

import os
import random
import subprocess
import sys
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from gensim.models import Word2Vec

from sksequence import Word2VecEmbedder
from sksequence.preprocessing import _word2vec_train
from sksequence.preprocessing._word2vec_corpus import Chunks, cut
from sksequence.preprocessing._word2vec_loss import (
    ExampleLoss,
    draw_examples,
    draw_pairs,
    keep_probability,
    negative_outputs,
    path_outputs,
)
from sksequence.preprocessing._word2vec_train import choose_epochs
from sksequence.utils._random import make_generator

KINDS = [
    {"architecture": architecture, "hierarchical_softmax": softmax}
    for architecture in ("skip-gram", "cbow")
    for softmax in (True, False)
]
every_kind = pytest.mark.parametrize(
    "kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values()))
)

TOPICS = [[f"{topic}{i}" for i in range(6)] for topic in ("food", "rain", "car")]


def topic_documents(n_documents, seed=0, n_words=10):
    """Token lists, each about one of three topics."""
    rng = np.random.default_rng(seed)
    return [rng.choice(TOPICS[i % 3], n_words).tolist() for i in range(n_documents)]


# What is learned


@every_kind
def test_neighbours_are_of_the_same_topic(kind):
    embedder = Word2VecEmbedder(vector_size=12, sample=0, random_state=0, epochs=20, **kind)
    embedder.fit(topic_documents(200))
    for topic in TOPICS:
        for word in topic:
            near = {other for other, _ in embedder.most_similar(word, topn=5)}
            assert near == {*topic} - {word}


@every_kind
def test_the_loss_falls(kind):
    embedder = Word2VecEmbedder(
        vector_size=12, sample=0, random_state=0, epochs=8, learning_rate=0.01, **kind
    )
    history = embedder.fit(topic_documents(200)).history_
    assert [record["epoch"] for record in history] == list(range(1, 9))
    losses = [record["loss"] for record in history]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.8 * losses[0]


def test_the_loss_comes_near_the_entropy_of_the_text():
    # a word of a topic of six follows: no model can do better than ln 6 with an exact softmax
    embedder = Word2VecEmbedder(
        vector_size=12, sample=0, random_state=0, epochs=60, architecture="cbow"
    ).fit(topic_documents(400))
    assert np.log(6) - 0.05 < embedder.history_[-1]["loss"] < np.log(6) + 0.15


def test_words_late_in_a_long_document_are_trained():
    rng = np.random.default_rng(0)
    first = rng.choice(TOPICS[0], 20_000).tolist()
    later = [word for _ in range(250) for topic in TOPICS[1:] for word in rng.choice(topic, 20)]
    embedder = Word2VecEmbedder(vector_size=12, sample=0, random_state=0, epochs=2)
    embedder.fit([first + later])
    for topic in TOPICS[1:]:  # they occur after the first 20,000 tokens only
        near = {word for word, _ in embedder.most_similar(topic[0], topn=5)}
        assert near == {*topic[1:]}


@every_kind
@pytest.mark.parametrize("handle_unknown", ["token", "ignore"])
def test_vectors_are_those_of_gensim_on_the_words_themselves(kind, handle_unknown):
    documents = [*topic_documents(60, n_words=30), ["rare", "food0", "food1"]]
    embedder = Word2VecEmbedder(
        vector_size=8,
        epochs=3,
        sample=0.01,
        random_state=3,
        handle_unknown=handle_unknown,
        learning_rate=0.04,
        **kind,
    ).fit(documents)
    words = [word for word in embedder.vocabulary_.tokens if word != "<unk>"]
    model = Word2Vec(
        vector_size=8,
        window=5,
        min_count=2,
        sample=0.01,
        sg=int(kind["architecture"] == "skip-gram"),
        hs=int(kind["hierarchical_softmax"]),
        negative=0 if kind["hierarchical_softmax"] else 5,
        alpha=0.04,
        epochs=3,
        workers=1,
        seed=int(make_generator(3).integers(2**31)),
        sorted_vocab=0,
        batch_words=1803 * 3 // 20,
    )
    counts = {word: sum(document.count(word) for document in documents) for word in words}
    model.build_vocab_from_freq(counts)
    model.train(documents, total_words=1803, epochs=3)
    index = embedder.vocabulary_.index
    assert np.array_equal(embedder.vectors_[[index[word] for word in words]], model.wv[words])


@pytest.mark.parametrize(
    ("n_tokens", "epochs"), [(0, 100), (10, 100), (30_000, 25), (1_000_000, 4), (10_000_000, 3)]
)
def test_automatic_epochs_fall_with_the_size_of_the_corpus(n_tokens, epochs):
    assert choose_epochs("auto", n_tokens) == epochs
    assert choose_epochs(7, n_tokens) == 7


# The corpus as gensim reads it


def test_pieces_cover_the_documents():
    starts, stops = cut(np.array([3, 0, 7, 6, 1]), 3)
    assert starts.tolist() == [0, 3, 6, 9, 10, 13, 16]
    assert stops.tolist() == [3, 6, 9, 10, 13, 16, 17]


def test_chunks_are_short_and_begin_anew():
    chunks = Chunks(np.arange(1, 25_004), np.array([3, 0, 25_000]), first=1)
    for _ in range(2):
        read = list(chunks)
        assert [len(chunk) for chunk in read] == [3, 10_000, 10_000, 5_000]
        assert np.concatenate(read).tolist() == list(range(25_003))
    chunks.stopped = True
    assert list(chunks) == []


# The loss


def softplus(x):
    return np.log1p(np.exp(-abs(x))) + max(x, 0)


def test_loss_is_that_of_the_closed_form():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(5, 3)).astype(np.float32)
    weights = rng.normal(size=(5, 3)).astype(np.float32)
    # predict 0 from the words 1 and 2, with the negatives 3 and 4; predict 4 from 3, with 3
    loss = ExampleLoss(
        inputs=np.array([1, 2, 3]),
        n_inputs=np.array([2, 1]),
        outputs=np.array([0, 3, 4, 4, 3]),
        signs=np.array([1, -1, -1, 1, -1], dtype=np.float32),
        n_outputs=np.array([3, 2]),
    )
    h = (vectors[1] + vectors[2]) / 2
    first = softplus(-weights[0] @ h) + softplus(weights[3] @ h) + softplus(weights[4] @ h)
    second = softplus(-weights[4] @ vectors[3]) + softplus(weights[3] @ vectors[3])
    assert loss(vectors, weights) == pytest.approx((first + second) / 2, rel=1e-6)
    many = 300  # more than one block
    loss = ExampleLoss(
        np.tile(loss.inputs, many),
        np.tile(loss.n_inputs, many),
        np.tile(loss.outputs, many),
        np.tile(loss.signs, many),
        np.tile(loss.n_outputs, many),
    )
    assert loss(vectors, weights) == pytest.approx((first + second) / 2, rel=1e-6)


def test_loss_of_untrained_weights():
    words = np.array([0, 1, 2, 1])
    outputs = negative_outputs(words, np.array([5, 4, 3] + 50 * [9]), 7, np.random.default_rng(0))
    loss = ExampleLoss(np.zeros(4, int), np.ones(4, int), *outputs)
    n_used = len(outputs[0]) / 4
    assert 7 < n_used <= 8
    assert loss(np.ones((1, 2), "f"), np.zeros((53, 2), "f")) == pytest.approx(n_used * np.log(2))


def test_probabilities_of_all_paths_sum_to_one():
    model = Word2Vec(hs=1, negative=0, min_count=1, vector_size=4, sorted_vocab=0)
    model.build_vocab_from_freq({i: (i + 2) ** 2 for i in range(23)})
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(23, 4)).astype(np.float32)
    weights = rng.normal(size=(23, 4)).astype(np.float32)
    total = 0
    for word in range(23):
        outputs = path_outputs([word], model.wv.expandos["point"], model.wv.expandos["code"])
        loss = ExampleLoss(np.array([5]), np.array([1]), *outputs)
        total += np.exp(-loss(vectors, weights))
    assert total == pytest.approx(1, rel=1e-6)


@every_kind
def test_history_is_the_loss_of_the_weights_at_the_end_of_an_epoch(kind, monkeypatch):
    seen = []

    class Recorded(ExampleLoss):
        def __call__(self, vectors, weights):
            seen.append((self, vectors.copy(), weights.copy()))
            return super().__call__(vectors, weights)

    monkeypatch.setattr(_word2vec_train, "ExampleLoss", Recorded)
    embedder = Word2VecEmbedder(vector_size=5, epochs=3, sample=0.05, random_state=0, **kind)
    embedder.fit(topic_documents(30))
    assert np.array_equal(seen[-1][1], embedder.vectors_[1:])
    for record, (loss, vectors, weights) in zip(embedder.history_, seen, strict=True):
        total, i, o = 0.0, 0, 0
        for n_inputs, n_outputs in zip(loss.n_inputs, loss.n_outputs, strict=True):
            h = np.mean([vectors[word] for word in loss.inputs[i : i + n_inputs]], axis=0)
            for j in range(o, o + n_outputs):
                total += softplus(-loss.signs[j] * float(weights[loss.outputs[j]] @ h))
            i, o = i + n_inputs, o + n_outputs
        assert record["loss"] == pytest.approx(total / len(loss.n_inputs), rel=1e-5)
        assert (loss.n_inputs == 1).all() == (kind["architecture"] == "skip-gram")


def test_pairs_lie_in_windows_of_uniform_radius():
    ids = np.arange(30_000) % 7
    lengths = np.array([10_000, 0, 20_000])
    words, targets, inputs = draw_pairs(
        ids, lengths, np.ones(7), 4, 30_000, np.random.default_rng(0)
    )
    assert len(words) == 30_000
    assert (np.diff(targets) >= 0).all()
    distance = np.bincount(np.abs(targets - inputs))
    # distance d lies in the window if the radius, uniform in 1 ... 4, is at least d
    expected = 2 * 30_000 * np.array([4, 3, 2, 1]) / 4
    assert distance[0] == 0
    np.testing.assert_allclose(distance[1:], expected, rtol=0.03)


def test_pairs_do_not_cross_documents_and_rare_words_close_up():
    ids = np.array([0, -1, 1, 2, 3, 3])
    words, targets, inputs = draw_pairs(
        ids, np.array([3, 3]), np.array([1, 1, 0, 1]), 1, 100, np.random.default_rng(0)
    )
    pairs = {(words[t], words[i]) for t, i in zip(targets, inputs, strict=True)}
    assert pairs == {(0, 1), (1, 0), (3, 3)}


def test_cbow_joins_the_pairs_of_a_target():
    words = np.array([7, 8, 9])
    targets, inputs = np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1])
    draw = partial(draw_examples, words, targets, inputs, rng=np.random.default_rng(0))
    target_words, input_words, n_inputs = draw(cbow=True, n_examples=9)
    assert target_words.tolist() == [7, 8, 9]
    assert input_words.tolist() == [8, 7, 9, 8]
    assert n_inputs.tolist() == [1, 2, 1]
    target_words, input_words, n_inputs = draw(cbow=False, n_examples=9)
    assert target_words.tolist() == [7, 8, 8, 9]
    assert input_words.tolist() == [8, 7, 9, 8]
    assert n_inputs.tolist() == [1, 1, 1, 1]
    assert len(draw(cbow=True, n_examples=2)[0]) == 2


def test_subsampling_and_negatives_follow_gensim():
    counts = np.array([9000, 900, 90, 9, 1])
    model = Word2Vec(min_count=1, sample=1e-2, sorted_vocab=0, vector_size=2)
    model.build_vocab_from_freq(dict(enumerate(counts.tolist())))
    keep = model.wv.expandos["sample_int"] / (2**32 - 1)
    np.testing.assert_allclose(keep_probability(counts, 1e-2), keep, rtol=1e-6)
    assert (keep_probability(counts, 0) == 1).all()
    share = np.diff(model.cum_table.astype(float), prepend=0) / model.cum_table[-1]
    outputs, signs, n_outputs = negative_outputs(
        np.full(20_000, 4), counts, 5, np.random.default_rng(0)
    )
    drawn = np.bincount(outputs[signs < 0], minlength=5)
    np.testing.assert_allclose(drawn[:4] / 100_000, share[:4], atol=0.005)
    assert drawn[4] == 0  # the target itself is no negative
    assert n_outputs.sum() == len(outputs)


# The same answer every time


PROGRAM = """
import hashlib
from sksequence import Word2VecEmbedder
texts = [f"w{i % 7} and w{i % 5} or w{i % 3}" for i in range(200)]
for settings in ({}, {"hierarchical_softmax": False, "architecture": "cbow"}):
    embedder = Word2VecEmbedder(vector_size=7, random_state=1, epochs=3, **settings).fit(texts)
    print(hashlib.sha256(embedder.vectors_.tobytes()).hexdigest(), embedder.history_)
"""


def test_two_processes_give_the_same_bits():
    printed = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[0] == printed[1]


def test_another_random_state_gives_other_vectors():
    documents = topic_documents(20)
    fit = partial(Word2VecEmbedder, vector_size=4, epochs=2)
    one, same, other = (fit(random_state=state).fit(documents) for state in (0, 0, 1))
    assert np.array_equal(one.vectors_, same.vectors_)
    assert one.history_ == same.history_
    assert not np.array_equal(one.vectors_, other.vectors_)
    assert np.isfinite(fit(random_state=None).fit(documents).vectors_).all()


def test_global_random_states_are_left_alone():
    def states():
        return str((random.getstate(), np.random.get_state(), torch.get_rng_state().tolist()))

    before = states()
    Word2VecEmbedder(vector_size=4, epochs=2).fit(topic_documents(20))
    assert states() == before


def test_threads_warn_that_they_race():
    documents = topic_documents(50)
    embedder = Word2VecEmbedder(vector_size=4, epochs=2, sample=0, n_jobs=2, random_state=0)
    with pytest.warns(UserWarning, match="n_jobs=2 the threads of word2vec race"):
        embedder.fit(documents)
    assert np.isfinite(embedder.vectors_).all()
    assert len(embedder.history_) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        embedder.set_params(random_state=None).fit(documents)
        embedder.set_params(random_state=0, n_jobs=1).fit(documents)


# What a person sees


def test_quiet_by_default(capfd):
    Word2VecEmbedder(vector_size=4, epochs=1).fit([["a", "b", "a", "b"]])
    assert capfd.readouterr() == ("", "")


TOY = ["the soup was cold", "the waiter was cold", "a warm soup", "a warm waiter"] * 9


def test_a_text_that_is_thinned_away_warns_and_its_remedy_helps():
    thinned = Word2VecEmbedder(vector_size=8, random_state=0)
    with pytest.warns(UserWarning, match=r"about 11 of the 126 tokens.* set sample=0") as told:
        thinned.fit(TOY)
    assert [warning.filename for warning in told] == [__file__]
    start = 1 / 16  # of gensim: uniform in -1 / (2 vector_size) ... 1 / (2 vector_size)
    assert np.abs(thinned.vectors_).max() < 2 * start
    whole = Word2VecEmbedder(vector_size=8, sample=0, random_state=0).fit(TOY)
    assert np.abs(whole.vectors_).max() > 10 * start
    Word2VecEmbedder(vector_size=8, random_state=0).fit(topic_documents(60))  # enough is left


def test_too_few_epochs_are_not_laid_to_subsampling():
    """Without subsampling there would not be enough either: no warning."""
    Word2VecEmbedder(vector_size=4, epochs=2).fit(TOY)


def test_progress_bar_shows_the_loss(capsys):
    pytest.importorskip("tqdm")
    Word2VecEmbedder(vector_size=4, epochs=3, verbose=1).fit(topic_documents(5))
    shown = capsys.readouterr().err
    assert "word2vec: 100%" in shown
    assert "3/3" in shown
    assert "loss=" in shown


def test_without_tqdm_a_line_for_each_epoch(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    embedder = Word2VecEmbedder(vector_size=4, epochs=2, verbose=1).fit(topic_documents(5))
    losses = [record["loss"] for record in embedder.history_]
    expected = [f"word2vec epoch {i}/2: loss {loss:.4f}" for i, loss in enumerate(losses, 1)]
    assert capsys.readouterr().out.splitlines() == expected


def test_an_interrupted_fit_leaves_the_vectors_that_it_reached(monkeypatch):
    class Interrupted(ExampleLoss):
        n_calls = 0

        def __call__(self, vectors, weights):
            Interrupted.n_calls += 1
            if Interrupted.n_calls == 3:
                raise KeyboardInterrupt
            return super().__call__(vectors, weights)

    monkeypatch.setattr(_word2vec_train, "ExampleLoss", Interrupted)
    embedder = Word2VecEmbedder(vector_size=12, epochs=50, sample=0, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        embedder.fit(topic_documents(100))
    assert embedder.n_epochs_ == 2
    assert len(embedder.most_similar("food1")) == 10
    assert len(embedder.transform([["food1", "rain2"]])) == 1
