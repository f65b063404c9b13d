"""Byte-pair encoding, from the optional package `tokenizers`."""

import pickle
import sys

import pytest

from sksequence import TokenEncoder
from sksequence.preprocessing._analyzers import make_analyzer

TEXTS = ["low lower lowest", "new newer newest", "wide wider widest, low!"] * 5


@pytest.fixture
def encoder():
    pytest.importorskip("tokenizers")
    return TokenEncoder("subword", max_tokens=40)


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ImportError, match=r'"subword" needs .* pip install "sksequence\[text\]"'):
        TokenEncoder("subword").fit(TEXTS)


def test_pieces_join_to_the_text(encoder):
    X = encoder.fit_transform(TEXTS)
    assert encoder.inverse_transform(X) == TEXTS
    unseen = ["newest slow", "wild rest"]  # other words of the same letters
    assert encoder.inverse_transform(encoder.transform(unseen)) == unseen


def test_frequent_pieces_are_learned(encoder):
    encoder.fit(TEXTS)
    assert {"▁low", "▁new"} <= set(encoder.get_feature_names_out())
    assert 15 < encoder.n_tokens_ <= 41
    assert set("lowernstwid!,▁") <= set(encoder.get_feature_names_out())
    assert len(encoder.transform(["low"])[0]) == 1
    assert encoder.n_tokens_ > TokenEncoder("subword", max_tokens=20).fit(TEXTS).n_tokens_


def test_punctuation_stays_by_itself(encoder):
    tokens = encoder.fit(TEXTS)._analyze("low!")
    assert tokens == ["▁low", "!"]


def test_character_that_was_never_seen(encoder):
    X = encoder.fit(TEXTS).transform(["low ß"])
    assert encoder.inverse_transform(X) == ["low \ufffd"]
    encoder.set_params(handle_unknown="error")
    with pytest.raises(ValueError, match="document 1: the token 'ß' is not in the vocabulary"):
        encoder.fit(TEXTS).transform(["low", "low ß"])


def test_learning_is_reproducible_and_pickles(encoder):
    first = encoder.fit(TEXTS).transform(TEXTS).values.tolist()
    assert encoder.fit(TEXTS).transform(TEXTS).values.tolist() == first
    again = pickle.loads(pickle.dumps(encoder))
    assert again.transform(TEXTS).values.tolist() == first


def test_case_is_kept_unless_told(encoder):
    assert make_analyzer("subword", documents=["Aa Aa"])("Aa") == ["▁Aa"]
    assert make_analyzer("subword", documents=["Aa Aa"], lowercase=True)("Aa") == ["▁aa"]


def test_token_lists_alone_teach_nothing(encoder):
    with pytest.raises(ValueError, match="all documents are lists of tokens: join them"):
        encoder.fit([["low", "lower"]])


def test_rare_pairs_are_not_joined(encoder):
    assert "▁wide" in encoder.fit(TEXTS).vocabulary_.tokens
    encoder.set_params(min_count=len(TEXTS) * 9)
    assert {len(token) for token in encoder.fit(TEXTS).vocabulary_.tokens[1:]} == {1}
