"""Words, casing and characters are numbered as they stand there."""

import numpy as np
import pytest
from gensim.models import KeyedVectors
from sklearn.base import clone

from sksequence import SequenceArray, WordFeatures
from sksequence.preprocessing._word_features import CASES

X = [["The", "cat", "sat", "in", "IBM", "'s", "iPad", "."], ["the", "B52", "1,000", "A"], ["the"]]


def names(features, sequences):
    """What the ids stand for."""
    found = []
    for sequence in sequences:
        words = features.vocabulary_.decode(sequence["words"])
        letters = ["".join(features.characters_.decode(w)) for w in sequence["characters"]]
        cases = [CASES[i] for i in sequence["casing"]]
        found.append(list(zip(words, cases, letters, strict=True)))
    return found


def test_what_is_numbered_is_what_stands_there():
    features = WordFeatures()
    found = names(features, features.fit_transform(X))
    cases = ["title", "lower", "lower", "lower", "upper", "lower", "mixed", "other"]
    assert found[0] == [(w.lower(), c, w) for w, c in zip(X[0], cases, strict=True)]
    assert [case for _, case, _ in found[1]] == ["lower", "with digits", "number", "title"]
    assert features.counts_[features.vocabulary_.index["the"]] == 3
    assert features.counts_.sum() == sum(map(len, X))


def test_transform_is_fit_transform():
    features = WordFeatures(min_count=2)
    one, other = features.fit_transform(X), features.transform(X)
    assert names(features, one) == names(features, other)
    assert features.vocabulary_.tokens == ("<unk>", "the")
    assert features.counts_.tolist() == [10, 3]


def test_unknown_words_and_characters_share_an_id():
    features = WordFeatures().fit(X)
    (sequence,) = features.transform([["dog", "CAT", "cät", ""]])
    assert sequence["words"].tolist() == [0, features.vocabulary_.index["cat"], 0, 0]
    assert [w.tolist() for w in sequence["characters"]][2][1] == 0
    assert [len(w) for w in sequence["characters"]] == [3, 3, 3, 0]


def test_options():
    features = WordFeatures(lowercase=False, zero_digits=True, casing=False, longest_word=4)
    sequences = features.fit_transform([["abcdefg", "ABC", "a12"]])
    assert list(sequences.channels) == ["words", "characters"]
    assert features.vocabulary_.tokens == ("<unk>", "abcdefg", "ABC", "a00")
    letters = ["".join(features.characters_.decode(w)) for w in sequences[0]["characters"]]
    assert letters == ["abfg", "ABC", "a00"]
    assert list(WordFeatures(characters=False).fit_transform(X).channels) == ["words", "casing"]


def table():
    vectors = KeyedVectors(3)
    vectors.add_vectors(["the", "ibm", "dog"], np.eye(3, dtype=np.float32))
    return vectors


MAPPING = {"the": [1.0, 0, 0], "ibm": [0, 1.0, 0], "dog": [0, 0, 1.0]}


@pytest.mark.parametrize("source", [table(), MAPPING])
def test_vectors_of_a_table(source, tmp_path):
    features = WordFeatures(vectors=source, lowercase=False)
    channel = features.fit_transform(X).channels["words"]
    index = features.vocabulary_.index
    np.testing.assert_array_equal(channel.vectors[[index["the"], index["IBM"]]], np.eye(3)[:2])
    assert (channel.vectors[0] == 0).all()
    assert (channel.vectors[index["cat"]] != 0).all()
    assert "dog" not in index
    more = clone(features).set_params(add_words=True).fit(X)
    (sequence,) = more.transform([["dog"]])
    assert sequence["words"][0] == more.vocabulary_.index["dog"]
    again = clone(features).fit_transform(X).channels["words"].vectors
    np.testing.assert_array_equal(again, channel.vectors)


def test_vectors_of_a_file(tmp_path):
    path = tmp_path / "vectors.txt"
    table().save_word2vec_format(path)
    channel = WordFeatures(vectors=path).fit_transform(X).channels["words"]
    np.testing.assert_array_equal(channel.vectors[1], [1, 0, 0])  # "the"


BAD = {
    "texts": (["a text"], TypeError, r"got the text 'a text' as sequence 0: cut .*text.split\(\)"),
    "empty": ([["a"], []], ValueError, "sequence 1 is empty"),
    "numbers": ([[1, 2]], TypeError, "WordFeatures"),
    "ready": (SequenceArray([1.0], [0, 1]), TypeError, "it is ready to use"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    given, kind, message = BAD[name]
    with pytest.raises(kind, match=message):
        WordFeatures().fit(given)


def test_bad_tables(tmp_path):
    with pytest.raises(TypeError, match=r"^vectors must be a path, gensim KeyedVectors, a mapping"):
        WordFeatures(vectors=3).fit(X)
    with pytest.raises(FileNotFoundError, match="there is no file of vectors"):
        WordFeatures(vectors=tmp_path / "none").fit(X)
    with pytest.raises(ValueError, match="empty mapping"):
        WordFeatures(vectors={}).fit(X)


def test_characters_that_are_equally_frequent_stand_in_the_order_in_which_they_came():
    """Not in that of a set, which differs between processes."""
    letters = "qwertyuiopasdfgh"
    features = WordFeatures().fit([[letters, letters[:3]]])
    assert features.characters_.tokens[1:] == tuple(letters)
