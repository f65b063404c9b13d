"""Tokens and ids: the order of the ids, the policies for unknown tokens, what is kept."""

import pickle
from collections import Counter

import numpy as np
import pytest

from sksequence.inputs import Vocabulary

WORDS = "the cat saw the dog and the dog saw the sea".split()


@pytest.fixture
def vocabulary():
    return Vocabulary.from_counts(Counter(WORDS))


def test_ids_fall_with_frequency_and_ties_keep_the_order_of_appearance(vocabulary):
    assert vocabulary.tokens == ("<unk>", "the", "saw", "dog", "cat", "and", "sea")
    assert vocabulary.unknown_id == 0
    counts = Counter(WORDS)
    frequency = [counts[t] for t in vocabulary.tokens[1:]]
    assert frequency == sorted(frequency, reverse=True)


def test_min_count_and_max_tokens_keep_the_frequent():
    counts = Counter(WORDS)
    assert Vocabulary.from_counts(counts, 2).tokens == ("<unk>", "the", "saw", "dog")
    assert Vocabulary.from_counts(counts, max_tokens=2).tokens == ("<unk>", "the", "saw")
    without = Vocabulary.from_counts(counts, min_count=2, max_tokens=1, unknown=None)
    assert without.tokens == ("the",)
    assert without.unknown_id is None


def test_text_that_spells_the_unknown_symbol_shares_its_id():
    vocabulary = Vocabulary.from_counts({"a": 1, "<unk>": 7})
    assert vocabulary.tokens == ("<unk>", "a")
    assert vocabulary.encode(["a", "<unk>", "b"]).tolist() == [1, 0, 0]


def test_encode_and_decode_are_inverse(vocabulary):
    ids = vocabulary.encode(WORDS)
    assert ids.dtype == np.int32
    assert vocabulary.decode(ids) == WORDS
    every = np.arange(len(vocabulary))
    assert vocabulary.encode(vocabulary.decode(every)).tolist() == every.tolist()


def test_policies_for_unknown_tokens(vocabulary):
    tokens = ["the", "bird", "saw"]
    assert vocabulary.encode(tokens, "token").tolist() == [1, 0, 2]
    assert vocabulary.encode(tokens, "ignore").tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"token 'bird' is not in the vocabulary of 7 tokens"):
        vocabulary.encode(tokens, "error")
    with pytest.raises(
        ValueError, match="'token', 'ignore' or 'error', got 'drop'".replace("'", ".")
    ):
        vocabulary.encode(tokens, "drop")
    with pytest.raises(ValueError, match="needs a symbol for unknown tokens"):
        Vocabulary(("a",)).encode(["a"], "token")


@pytest.mark.parametrize("policy", ["token", "ignore"])
def test_documents_are_encoded_end_to_end(vocabulary, policy):
    documents = [WORDS, ["bird", "sea"], [], ["the"]]
    ids, lengths = vocabulary.encode_documents(iter(documents), policy)
    rows = [vocabulary.encode(d, policy) for d in documents]
    assert ids.dtype == np.int32
    assert lengths.tolist() == list(map(len, rows))
    assert ids.tolist() == np.concatenate(rows).tolist()


def test_no_documents_and_no_tokens_give_empty_arrays(vocabulary):
    for documents in ([], [[]]):
        ids, lengths = vocabulary.encode_documents(documents)
        assert ids.shape == (0,)
        assert lengths.tolist() == [0] * len(documents)


def test_unknown_token_names_its_document(vocabulary):
    with pytest.raises(ValueError, match="document 1: the token 'bird' is not in"):
        vocabulary.encode_documents([["the"], ["sea", "bird"]], "error")


def test_decode_refuses_ids_of_no_token(vocabulary):
    for ids in ([-1], [7]):
        with pytest.raises(ValueError, match=r"must lie in \[0, n_tokens\) = \[0, 7\), got"):
            vocabulary.decode(ids)
    assert vocabulary.decode([]) == []


def test_pickle_holds_the_tokens_once(vocabulary):
    before = len(pickle.dumps(vocabulary))
    vocabulary.encode(WORDS)  # makes the index
    assert len(pickle.dumps(vocabulary)) == before
    again = pickle.loads(pickle.dumps(vocabulary))
    assert again == vocabulary
    assert again.encode(WORDS).tolist() == vocabulary.encode(WORDS).tolist()


def test_numpy_strings_become_plain_ones():
    vocabulary = Vocabulary(np.array(["a", "b"]))
    assert [type(token) for token in vocabulary.tokens] == [str, str]
    assert vocabulary.encode(np.array(["b"]), "error").tolist() == [1]


def test_vocabulary_is_frozen_and_shows_itself(vocabulary):
    with pytest.raises(AttributeError):
        vocabulary.tokens = ()
    assert repr(vocabulary).startswith("Vocabulary(n_tokens=7, tokens=('<unk>', 'the'")
    assert repr(vocabulary).endswith(", ...))")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Vocabulary(("a", "b", "a")), ValueError, "must differ, got 'a' twice"),
        (lambda: Vocabulary(("a",), unknown_id=1), ValueError, r"unknown_id must lie in \[0, 1\)"),
        (lambda: Vocabulary("abc"), TypeError, "got the bare string 'abc'"),
        (lambda: Vocabulary(("a", 3)), TypeError, r"must be strings, got 3 \(int\)"),
        (lambda: Vocabulary.from_counts({}), ValueError, "there are no tokens at all"),
        (
            lambda: Vocabulary.from_counts(Counter(WORDS), min_count=9),
            ValueError,
            r"no token occurs min_count=9 times \(the most frequent, 'the', occurs 4 times\)",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
