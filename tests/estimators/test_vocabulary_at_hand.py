"""Ids mean something only together with the vocabulary, and frozen vectors with their table."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from sksequence import (
    PerStep,
    RNNClassifier,
    SequenceArray,
    SequenceColumns,
    TokenEncoder,
    Word2VecEmbedder,
)
from sksequence.inputs import Channel, SequenceSchema, Vocabulary
from sksequence.inputs._fingerprint import fingerprint_table, fingerprint_tokens

HERE = ["good soup", "bad soup", "good waiter", "bad waiter"] * 3
THERE = ["red car", "blue car", "red train", "blue train"] * 3
LABELS = ["yes", "no", "yes", "no"] * 3


def embedder(**parameters):
    return Word2VecEmbedder(vector_size=3, epochs=2, random_state=0).set_params(**parameters)


def classifier(**parameters):
    return RNNClassifier(hidden_size=3, max_epochs=1, random_state=0, **parameters)


ENCODERS = [TokenEncoder(), embedder()]


# The name of a vocabulary


def test_fingerprint_tells_tokens_and_their_order_apart():
    tokens = [
        (("ab", "c"), None),
        (("a", "bc"), None),
        (("bc", "a"), None),
        (("a", "b", "c"), None),
        (("ab", "c"), 0),
        (("ab", "c"), 1),
        (("a\x00", "b"), None),
        (("a", "\x00b"), None),
        ((), None),
    ]
    names = [fingerprint_tokens(*pair) for pair in tokens]
    assert len(set(names)) == len(names)
    assert fingerprint_tokens(["ab", "c"]) == names[0]
    assert fingerprint_tokens(["\ud800"]) != fingerprint_tokens(["\ud801"])  # half a character


def test_fingerprint_is_the_same_in_another_process():
    program = (
        "from sksequence.inputs import Vocabulary\n"
        "print(Vocabulary(('<unk>', 'größer', '雪'), unknown_id=0).fingerprint)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == Vocabulary(("<unk>", "größer", "雪"), unknown_id=0).fingerprint


def test_fingerprint_of_a_table_depends_on_numbers_and_shape_alone():
    table = np.arange(6.0).reshape(2, 3)
    name = fingerprint_table(table)
    assert fingerprint_table(np.asfortranarray(table)) == name
    assert fingerprint_table(table.astype(">f8")) == name
    others = [table.T, table + 1, table.astype(np.float32), table[:1]]
    assert len({name, *map(fingerprint_table, others)}) == 5


def test_fingerprint_is_made_once_for_each_vocabulary(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "sksequence.inputs._vocabulary.fingerprint_tokens", lambda *given: calls.append(given) or ""
    )
    monkeypatch.setattr(
        "sksequence.preprocessing._word2vec_answers.fingerprint_table",
        lambda table: calls.append(table),
    )
    for encoder in (TokenEncoder(), embedder()):
        calls.clear()
        encoder.fit(HERE)
        for _ in range(3):
            encoder.transform(HERE)
        pickle.loads(pickle.dumps(encoder)).transform(HERE)
        assert len(calls) == (1 if isinstance(encoder, TokenEncoder) else 2)


# It travels with the ids


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize(
    "change",
    [
        lambda X: X[2:5],
        lambda X: X[[3, 1]],
        lambda X: np.concatenate([X[:2], X[2:]]),
        lambda X: pickle.loads(pickle.dumps(X)),
        copy.deepcopy,
        lambda X: X.with_context(np.ones(len(X))),
        lambda X: X.with_channel("more", np.ones(X.offsets[-1])),
        lambda X: PerStep(_Double()).fit_transform(X.with_channel("n", np.ones(X.offsets[-1]))),
    ],
)
def test_whatever_is_done_to_sequences_keeps_their_names(encoder, change):
    X = encoder.fit_transform(HERE)
    channel = change(X).channels["values"]
    assert channel.vocabulary_id == encoder.vocabulary_.fingerprint
    assert channel.unknown_id == encoder.vocabulary_.unknown_id == 0
    assert channel.vectors_id == X.only.vectors_id
    assert (channel.vectors_id is None) == isinstance(encoder, TokenEncoder)


class _Double:
    """Rows times two, with no need of being fitted."""

    def get_params(self, deep=True):
        return {}

    def set_params(self):
        return self

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return 2 * X

    def __sklearn_tags__(self):
        return TokenEncoder().__sklearn_tags__()


def test_columns_of_a_frame_keep_it():
    frame = pd.DataFrame({"text": HERE, "age": np.arange(12.0)})
    columns = SequenceColumns("text", context="age").fit(frame)
    name = columns.sequence_transformer_.vocabulary_.fingerprint
    assert columns.transform(frame).only.vocabulary_id == name


def test_other_vectors_have_no_name():
    X = embedder().fit_transform(HERE)
    channel = X.only.with_vectors(X.vectors + 1)
    assert channel.vocabulary_id == X.only.vocabulary_id
    assert channel.vectors_id is None


# What does not belong together is refused


def test_two_vocabularies_are_not_concatenated():
    one, other = (TokenEncoder().fit_transform(texts) for texts in (HERE, THERE))
    assert one.n_tokens == other.n_tokens
    with pytest.raises(ValueError, match=r"vocabularies differ .* same id stands for .* encode al"):
        np.concatenate([one, other])
    unnamed = SequenceArray(one.values, one.offsets, n_tokens=one.n_tokens)
    assert np.concatenate([one, unnamed]).only.vocabulary_id is None


def test_two_tables_are_not_concatenated():
    one, other = (embedder(random_state=seed).fit_transform(HERE) for seed in (0, 1))
    with pytest.raises(ValueError, match=r"tables of vectors differ .* of one fitted Word2VecEm"):
        np.concatenate([one, other])


OTHER = (
    r"X was encoded with another vocabulary than RNNClassifier was fitted on \(channel 'values': "
    r"both have \d symbols, but expected the fingerprint [0-9a-f]{8}, got [0-9a-f]{8}\), so the "
    r"same id stands for another token: encode it with the encoder that was fitted on the training"
)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_another_vocabulary_of_the_same_size_is_refused(encoder):
    fitted = classifier().fit(encoder.fit_transform(HERE), LABELS)
    inside = encoder.transform(HERE)
    elsewhere = encoder.fit_transform(THERE)
    assert inside.n_tokens == elsewhere.n_tokens
    fitted.predict(inside)
    for use in (fitted.predict, fitted.hidden_states, lambda X: fitted.partial_fit(X, LABELS)):
        with pytest.raises(ValueError, match=OTHER):
            use(elsewhere)
    with pytest.raises(ValueError, match="X_val was encoded with another vocabulary"):
        fitted.fit(inside, LABELS, X_val=elsewhere, y_val=LABELS)


def test_ids_without_a_name_are_taken_as_they_are():
    X = TokenEncoder().fit_transform(HERE)
    unnamed = SequenceArray(X.values, X.offsets, n_tokens=X.n_tokens)
    one = classifier().fit(X, LABELS).predict_proba(unnamed)
    other = classifier().fit(unnamed, LABELS).predict_proba(X)
    np.testing.assert_array_equal(one, other)


def test_frozen_vectors_are_compared_and_trained_ones_are_not():
    one, other = (embedder(random_state=seed).fit_transform(HERE) for seed in (0, 1))
    assert one.only.vocabulary_id == other.only.vocabulary_id
    trained = classifier(embedding_trainable=True).fit(one, LABELS)
    np.testing.assert_array_equal(trained.predict_proba(one), trained.predict_proba(other))
    frozen = classifier(embedding_trainable=False).fit(one, LABELS)
    frozen.predict(embedder().fit_transform(HERE))  # the same vectors, made again
    with pytest.raises(ValueError, match=r"another table of vectors .* with embedding_trainable"):
        frozen.predict(other)
    with pytest.raises(ValueError, match="use the Word2VecEmbedder that was fitted on the trainin"):
        pickle.loads(pickle.dumps(frozen)).predict(other)


def test_tokens_are_not_looked_up_in_another_vocabulary():
    here, there = TokenEncoder().fit(HERE), TokenEncoder().fit(THERE)
    with pytest.raises(ValueError, match=r"another vocabulary of 5 symbols .* use the encoder"):
        here.inverse_transform(there.transform(THERE))
    assert here.inverse_transform(here.transform(HERE)[:1]) == [["good", "soup"]]


def test_schema_remembers_the_names():
    channel = Channel([0, 1], 2, np.eye(2), vocabulary_id="words", vectors_id="numbers")
    schema = SequenceSchema.of(SequenceArray({"w": channel}, [0, 2]))
    fitted = schema.channels["values"]
    assert (fitted.vocabulary_id, fitted.vectors_id) == ("words", "numbers")
    loose = schema.with_any_vectors().channels["values"]
    assert (loose.vocabulary_id, loose.vectors_id) == ("words", None)
