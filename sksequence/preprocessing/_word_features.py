"""Words, how they are written, and their characters, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from sksequence.inputs import Channel, SequenceArray, Vocabulary
from sksequence.inputs._channel import offsets_from_lengths
from sksequence.preprocessing._word_lists import word_lists
from sksequence.preprocessing._word_tables import vectors_of, with_words_of
from sksequence.utils._sklearn import (
    Interval,
    SequenceOutputMixin,
    validate_parameter_constraints,
)

CASES = ("lower", "title", "upper", "mixed", "number", "with digits", "other")


class WordFeatures(SequenceOutputMixin, TransformerMixin, BaseEstimator):
    """Number words, how they are written, and their characters.

    Each list of words becomes a sequence with the channels ``"words"``, ``"casing"`` and
    ``"characters"``, of which the last has several symbols in a step. What else is known of a
    word, such as its part of speech, is one more channel: ``X.with_channel(name, Channel(...))``.

    Parameters
    ----------
    lowercase : bool, default=True
        Whether words are lower-cased before they are numbered; casing and characters are those of
        the words as they stand there.
    zero_digits : bool, default=False
        Whether all digits of words and characters are read as 0.
    min_count : int, default=1
        Words that occur less often in the training data are unknown: they share the id 0.
    max_tokens : int or None, default=None
        At most so many words, the most frequent ones.
    vectors : None, path, gensim KeyedVectors, mapping of str to array-like, or fitted \
            Word2VecEmbedder, default=None
        A vector for each word, of which those that it has not get random ones, and unknown words
        zeros. A word that it has only in lower case gets that vector. If it has less than a
        tenth of the words, there is a warning.
    add_words : bool, default=False
        Whether all words of `vectors` are known, not only those of the training data. That is of
        use where the vectors are not trained further.
    casing : bool, default=True
        Whether there is a channel of how words are written: "lower", "title", "upper", "mixed",
        "number", "with digits" or "other".
    characters : bool, default=True
        Whether there is a channel of characters. Characters that do not occur in the training
        data share the id 0.
    longest_word : int, default=24
        Of longer words the characters in the middle are left out.

    Attributes
    ----------
    vocabulary_ : Vocabulary
        The words in the order of their ids.
    characters_ : Vocabulary
        The characters.
    counts_ : ndarray of shape (n_words,)
        How often each word occurred in the training data.

    See Also
    --------
    RNNTagger : Reads lists of words that way by itself.

    Examples
    --------
    >>> from sksequence import WordFeatures
    >>> X = WordFeatures().fit_transform([["Ada", "Lovelace", "wrote"], ["in", "1843"]])
    >>> X
    SequenceArray(n_sequences=2, lengths=2..3, words=(n_tokens=6), casing=(n_tokens=7), \
characters=(n_tokens=19))
    >>> X[1]["casing"]
    array([0, 4], dtype=int32)
    """

    _vectors_name = "vectors"  # in messages; an estimator that uses this has its own
    _parameter_constraints: dict = {  # noqa: RUF012 (scikit-learn's own form)
        "lowercase": ["boolean"],
        "zero_digits": ["boolean"],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "max_tokens": [Interval(Integral, 1, None, closed="left"), None],
        "vectors": "no_validation",
        "add_words": ["boolean"],
        "casing": ["boolean"],
        "characters": ["boolean"],
        "longest_word": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(
        self,
        *,
        lowercase: bool = True,
        zero_digits: bool = False,
        min_count: int = 1,
        max_tokens: int | None = None,
        vectors: Any = None,
        add_words: bool = False,
        casing: bool = True,
        characters: bool = True,
        longest_word: int = 24,
    ) -> None:
        self.lowercase = lowercase
        self.zero_digits = zero_digits
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.vectors = vectors
        self.add_words = add_words
        self.casing = casing
        self.characters = characters
        self.longest_word = longest_word

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the words and the characters.

        Parameters
        ----------
        X : list of lists of str, or Series or one-column DataFrame with an index \
                (sequence, step)
            The words of each sequence.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If texts come that are not cut into words.
        ValueError
            If a sequence is empty, or no word is frequent enough.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> SequenceArray:
        """Learn the words and the characters, and number them.

        Parameters
        ----------
        X, y
            As in ``fit``.

        Returns
        -------
        SequenceArray
            The same as ``fit(X).transform(X)``.
        """
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        forms, codes, lengths = _number(word_lists(X, self, "fit([X])"))
        self._learn(forms, np.bincount(codes, minlength=len(forms)).tolist())
        return self._sequences(forms, codes, lengths)

    def transform(self, X: Any) -> SequenceArray:
        """Number the words and characters of sequences.

        Parameters
        ----------
        X : list of lists of str, or table
            As in ``fit``.

        Returns
        -------
        SequenceArray
            With the channels ``"words"``, ``"casing"`` and ``"characters"``.

        Raises
        ------
        TypeError
            If texts come that are not cut into words.
        ValueError
            If a sequence is empty.
        """
        check_is_fitted(self)
        return self._sequences(*_number(word_lists(X, self, "transform([X])")))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The words, in the order of their ids.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        return np.asarray(self.vocabulary_.tokens, dtype=object)

    def _learn(self, forms: list[str], counts: list[int]) -> None:
        words: Counter[str] = Counter()
        letters: Counter[str] = Counter()
        for form, n in zip(forms, counts, strict=True):
            words[self._word(form)] += n
            for letter in dict.fromkeys(self._letters(form)):  # a set has another order each time
                letters[letter] += n
        known = Vocabulary.from_counts(words, self.min_count, self.max_tokens)
        self._table = None
        if self.vectors is not None:
            n_own, name = len(known), self._vectors_name
            if self.add_words:
                known = with_words_of(known, self.vectors, name)
            self._table = vectors_of(known, self.vectors, name, n_own, self.lowercase)
        self.vocabulary_ = known
        self.counts_ = np.array([words.get(token, 0) for token in known.tokens])
        self.counts_[0] = sum(words.values()) - self.counts_[1:].sum()
        self.characters_ = Vocabulary.from_counts(letters or {" ": 1})

    def _word(self, form: str) -> str:
        form = form.lower() if self.lowercase else form
        return _zeros(form) if self.zero_digits else form

    def _letters(self, form: str) -> str:
        n = self.longest_word
        if len(form) > n:
            form = form[: n - n // 2] + form[-(n // 2) :]
        return _zeros(form) if self.zero_digits else form

    def _sequences(self, forms: list[str], codes: np.ndarray, lengths: np.ndarray) -> SequenceArray:
        """Each different form is looked at once."""
        vocabulary = self.vocabulary_
        ids = vocabulary.encode(map(self._word, forms))
        name = vocabulary.fingerprint
        size = len(vocabulary)
        words = Channel(
            ids,
            n_tokens=size,
            vectors=self._table,
            vocabulary_id=name,
            unknown_id=vocabulary.unknown_id,
        )
        channels = {"words": words}
        if self.casing:
            cases = np.fromiter(map(_case, forms), np.int32, len(forms))
            channels["casing"] = Channel(cases, n_tokens=len(CASES), feature_names=CASES)
        if self.characters:
            letters = self.characters_
            flat, counts = letters.encode_documents(map(self._letters, forms))
            channels["characters"] = Channel(
                flat,
                n_tokens=len(letters),
                item_offsets=offsets_from_lengths(counts),
                vocabulary_id=letters.fingerprint,
                unknown_id=letters.unknown_id,
            )
        taken = {name: channel.take(codes) for name, channel in channels.items()}
        return SequenceArray(taken, offsets_from_lengths(lengths))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        return tags


def _number(documents: Iterable[Iterable[str]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The different words, which of them stands at each step, and the lengths."""
    numbers: dict[str, int] = {}
    codes, lengths = [], []
    for document in documents:
        codes.extend([numbers.setdefault(word, len(numbers)) for word in document])
        lengths.append(len(document))  # type: ignore[arg-type]
    return list(numbers), np.array(codes, dtype=np.int64), np.array(lengths, dtype=np.int64)


def _zeros(word: str) -> str:
    return "".join("0" if letter.isdigit() else letter for letter in word)


def _case(word: str) -> int:
    """The position in `CASES`."""
    digits = any(map(str.isdigit, word))
    cased = word.upper() != word.lower()
    if digits:
        return CASES.index("with digits" if any(map(str.isalpha, word)) else "number")
    if not cased:
        return CASES.index("other")
    if word == word.lower():
        return CASES.index("lower")
    if word == word[0].upper() + word[1:].lower():
        return CASES.index("title")
    return CASES.index("upper" if word == word.upper() else "mixed")
