"""The promise, kept by the language model on everything that it reads."""

import pickle

import numpy as np
import pytest

from sksequence import RNNLanguageModel, SequenceArray
from sksequence.testing import check_sequence_estimator

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 9, size=20)
LENGTHS[[3, 11]] = 1
NUMBERS = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in LENGTHS])
ROLLS = SequenceArray.from_list([1.0 * (RNG.random((n, 3)) < 0.4) for n in LENGTHS])
SYMBOLS = SequenceArray.from_list([RNG.integers(0, 5, size=n) for n in LENGTHS], n_tokens=5)
TEXTS = ["abab", "ab", "b", "aabba", "bb", "abba", "caba", "bbbbbb"] * 3


def _model(**parameters):
    settings = {"hidden_size": 6, "embedding_size": 4, "max_epochs": 3}
    return RNNLanguageModel(**{**settings, **parameters})


CASES = {
    "real values": (_model(batch_size=7), NUMBERS),
    "a mixture, in 64 bits": (_model(emission="mixture", n_components=2, dtype="float64"), NUMBERS),
    "stretches": (_model(tbptt_steps=4, batch_size=10, max_epochs=2), NUMBERS),
    "on and off": (_model(cell="gru", length_model="poisson"), ROLLS),
    "symbols": (_model(n_layers=2, dropout=0.2, residual=True, hidden_size=4), SYMBOLS),
    "symbols, adaptive": (_model(emission="adaptive", length_model="empirical"), SYMBOLS),
    "texts": (_model(tie_embeddings=True), TEXTS),
    "texts, one-hot": (_model(embedding_size=None, cell="rnn", length_model=None), TEXTS),
    "a context": (_model(context_at="both"), SYMBOLS.with_context(RNG.normal(size=(20, 3)))),
}
# Of a beginning, nothing at all is one, and a text is one text.
MEANT = {
    "check_empty_sequence": "predict_proba takes an empty beginning for the start",
    "check_bare_string": "a str is one long text",
}


@pytest.mark.parametrize("name", CASES)
def test_promise_is_kept(name):
    model, X = CASES[name]
    meant = dict(MEANT)
    if X is ROLLS:
        meant["check_no_look_ahead"] = "it changes steps to other numbers than 0 and 1"
    records = check_sequence_estimator(
        model, X, on_skip=None, on_fail=None, expected_failed_checks=meant
    )
    failed = {r["check_name"]: r["exception"] for r in records if r["status"] == "failed"}
    assert failed == {}
    passed = {r["check_name"] for r in records if r["status"] == "passed"}
    assert passed >= {
        "check_padding",
        "check_neighbours",
        "check_batch_size",
        "check_order",
        "check_same_fit",
        "check_zero_weight",
        "check_pickle_size",
    }


def test_an_empty_sequence_is_refused_where_it_is_no_beginning():
    model, X = CASES["texts"]
    for method in ("score_samples", "hidden_states"):
        with pytest.raises(ValueError, match="has no token"):
            getattr(model.fit(X), method)(["ab", ""])


def test_a_pickle_is_weights_and_vocabulary():
    text = "".join(RNG.choice(list("abcdefgh ,"), size=5000))
    model = _model(tbptt_steps=50, max_epochs=1, hidden_size=32).fit(text)
    weights = sum(4 * weight.numel() for weight in model.network_.parameters())
    assert len(pickle.dumps(model)) < weights + 8_000
