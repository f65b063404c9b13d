"""What a tagger reads: lists of words, which it numbers itself, or sequences as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.estimators._containers import holds_text
from sksequence.inputs import SequenceArray, SequenceSchema, check_sequences
from sksequence.preprocessing import WordFeatures
from sksequence.preprocessing._word_tables import vectors_of


def learn_input(X: Any, estimator: Any) -> tuple[Any, SequenceArray]:
    """The reader that fits what the user gives, and what it reads.

    Parameters
    ----------
    X : lists of words, or sequences
    estimator : RNNTagger
        Gives the parameters of words; it gets ``n_features_in_`` of anything else.

    Raises
    ------
    TypeError, ValueError
        If X is neither.
    """
    if holds_text(X):
        frozen = estimator.word_vectors is not None and not estimator.embedding_trainable
        features = WordFeatures(
            lowercase=estimator.lowercase,
            zero_digits=estimator.zero_digits,
            min_count=estimator.min_count,
            max_tokens=estimator.max_tokens,
            vectors=estimator.word_vectors if frozen else None,
            add_words=frozen,
            casing=estimator.casing,
            characters=estimator.character_network is not None,
        )
        features._vectors_name = "word_vectors"
        with _named(estimator):
            return WordReader(features), features.fit_transform(X)
    if estimator.word_vectors is not None:
        raise ValueError(
            "word_vectors are for lists of words, but X holds "
            f"{type(X).__name__}: leave them out, or give lists of words."
        )
    sequences = check_sequences(X, estimator=estimator, reset=True)
    schema = SequenceSchema.of(sequences)
    if estimator.embedding_trainable:
        schema = schema.with_any_vectors()
    return ArrayReader(schema, ragged_channels(sequences)), sequences


def ragged_channels(X: SequenceArray) -> tuple[str, ...]:
    """The channels with several items in a step."""
    named = SequenceSchema.named_channels(X)
    return tuple(name for name, channel in named.items() if channel.item_offsets is not None)


class WordReader:
    """Reads lists of words.

    Parameters
    ----------
    features : WordFeatures
        Fitted, or being fitted.
    """

    def __init__(self, features: WordFeatures):
        self.features = features
        # the name of a lone channel does not matter, and the schema has another one
        self.words = "words" if features.casing or features.characters else "values"

    def read(self, X: Any, estimator: Any, what: str = "X") -> SequenceArray:
        """Lists of words, or what the same features gave."""
        if isinstance(X, SequenceArray):
            estimator.sequence_schema_.check(X, type(estimator).__name__, what)
            return X
        if not holds_text(X) and _has_something(X):
            raise TypeError(
                f"{what} ({type(X).__name__}) holds no words, but {type(estimator).__name__} was "
                "fitted on lists of words: give the same."
            )
        with _named(estimator):
            return self.features.transform(X)

    def schema(self, X: SequenceArray) -> SequenceSchema:
        """That of what was read; the tables are part of the network where they are trained."""
        return SequenceSchema.of(X)

    def starting_table(self, estimator: Any) -> np.ndarray | None:
        """The vectors from which those of the words start, if they are trained further."""
        if estimator.word_vectors is None or not estimator.embedding_trainable:
            return None
        known = self.features.vocabulary_
        return vectors_of(
            known, estimator.word_vectors, "word_vectors", len(known), self.features.lowercase
        )

    def unknown_rates(self, alpha: float) -> np.ndarray:
        """How often each word is taken for an unknown one: alpha / (alpha + its count)."""
        counts = self.features.counts_
        rates = np.where(counts > 0, alpha / (alpha + counts), 0.0)
        rates[0] = 0.0
        return rates


class ArrayReader:
    """Reads sequences of numbers or symbols.

    Parameters
    ----------
    schema : SequenceSchema
    ragged : tuple of str
        Channels with several items in a step.
    """

    words = None

    def __init__(self, schema: SequenceSchema, ragged: tuple[str, ...]):
        self._schema, self.ragged = schema, ragged

    def read(self, X: Any, estimator: Any, what: str = "X") -> SequenceArray:
        """The sequences, checked to be of the same kind."""
        name = type(estimator).__name__
        if holds_text(X) and not isinstance(X, (str, bytes)):
            raise TypeError(
                f"{what} ({type(X).__name__}) holds text, but {name} was fitted on sequences that "
                "were encoded: encode it with the encoder (TokenEncoder, Word2VecEmbedder) that "
                "was fitted on the training data."
            )
        X = check_sequences(X, estimator=estimator, reset=False)
        self._schema.check(X, name, what)
        if ragged_channels(X) != self.ragged:
            raise ValueError(
                f"{what} has several items in the steps of the channels {list(ragged_channels(X))}"
                f", but {name} was fitted on such in {list(self.ragged)}: give the same channels."
            )
        return X

    def schema(self, X: SequenceArray) -> SequenceSchema:
        """That of ``fit``."""
        return self._schema

    def starting_table(self, estimator: Any) -> None:
        """Tables come with the channels."""
        return None


class WordByWord:
    """Single words, as a stream gets them, become sequences of one step.

    Parameters
    ----------
    features : WordFeatures
    """

    def __init__(self, features: WordFeatures):
        self.features = features

    def transform(self, words: Any) -> SequenceArray:
        """A sequence for each word; what the features gave already stays as it is."""
        if isinstance(words, SequenceArray):
            return words
        return self.features.transform([[word] for word in words])


def _has_something(X: Any) -> bool:
    return not (hasattr(X, "__len__") and len(X) == 0) and not isinstance(X, (str, bytes))


class _named:
    """Let errors name the estimator that the user knows."""

    def __init__(self, estimator: Any):
        self.name = type(estimator).__name__

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind in (TypeError, ValueError) and "WordFeatures" in str(error):
            told = str(error).replace("WordFeatures", self.name)
            told = told.replace("fit([X])", "fit([X], [y])")
            told = told.replace("transform([X])", "predict([X])")
            raise kind(told) from error
