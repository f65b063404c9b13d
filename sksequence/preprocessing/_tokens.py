"""Text -> symbols."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from sksequence.inputs import Channel, SequenceArray, Vocabulary
from sksequence.inputs._channel import offsets_from_lengths
from sksequence.inputs._vocabulary import UNKNOWN
from sksequence.preprocessing._analyzers import (
    Analyzer,
    check_documents,
    learned_pieces,
    make_analyzer,
)
from sksequence.preprocessing._subwords import join_subwords
from sksequence.utils._sklearn import (
    Interval,
    SequenceOutputMixin,
    StrOptions,
    validate_parameter_constraints,
)

REPLACEMENT = "\ufffd"  # Unicode's character for one that is unknown


class TokenEncoder(SequenceOutputMixin, TransformerMixin, BaseEstimator):
    """Number the words, characters or k-mers of texts.

    Ids go by falling frequency; tokens that are equally frequent keep the order in which
    they first appeared. The result is a :class:`~sksequence.SequenceArray` of symbols.

    Parameters
    ----------
    analyzer : {"word", "char", "kmer", "subword"} or callable, default="word"
        What a token is. ``"word"``: words with their inner apostrophes, numbers, and each
        punctuation mark. ``"char"``: characters. ``"kmer"``: runs of `k` characters.
        ``"subword"``: pieces of words, learned by byte-pair encoding (needs the extra
        ``text``). A callable gets a document and gives its list of tokens.
    k : int, default=3
        Length of a k-mer.
    stride : int, default=1
        Characters between the starts of two k-mers; with ``stride=k`` they do not overlap.
    lowercase : bool or "auto", default="auto"
        True: texts are lower-cased first. ``"auto"``: for words they are, for k-mers they are
        upper-cased, for characters and subwords they stay as they are. Lists of tokens stay as
        they are, and a callable sees the text as it is.
    min_count : int, default=1
        Tokens that occur less often in the training texts are unknown. For ``"subword"``: pairs
        that occur less often are not joined.
    max_tokens : int or None, default=None
        Keep at most so many tokens, the most frequent; the symbol for unknown tokens is not
        counted. For ``"subword"`` it is how many pieces are learned (None: 8000).
    handle_unknown : {"token", "ignore", "error"}, default="token"
        What becomes of an unknown token: ``"token"``: it gets the id 0, which all unknown
        tokens share; ``"ignore"``: it is dropped; ``"error"``: a ValueError names the
        document and the token.

    Attributes
    ----------
    vocabulary_ : Vocabulary
        The tokens in the order of their ids.
    n_tokens_ : int
        How many ids there are.

    See Also
    --------
    Word2VecEmbedder : Also learns a vector for each token.

    Notes
    -----
    A document may be a list, tuple or array of tokens already: it is not cut again (only a
    callable analyzer sees it). A document without a token is an error, in ``fit`` and in
    ``transform``: a network cannot read an empty sequence.

    Examples
    --------
    >>> from sksequence import TokenEncoder
    >>> encoder = TokenEncoder().fit(["The soup was cold.", "The waiter was kind!"])
    >>> encoder.get_feature_names_out()
    array(['<unk>', 'the', 'was', 'soup', 'cold', '.', 'waiter', 'kind', '!'], dtype=object)
    >>> X = encoder.transform(["The soup was kind.", "Cold rain!"])
    >>> X
    SequenceArray(n_sequences=2, lengths=3..5, n_tokens=9)
    >>> X[1]
    array([4, 0, 8], dtype=int32)
    >>> encoder.inverse_transform(X)
    [['the', 'soup', 'was', 'kind', '.'], ['cold', '<unk>', '!']]
    >>> TokenEncoder("kmer", k=3).fit(["ACGTAC"]).get_feature_names_out()
    array(['<unk>', 'ACG', 'CGT', 'GTA', 'TAC'], dtype=object)
    """

    _parameter_constraints: dict = {  # noqa: RUF012 (scikit-learn's own form)
        "analyzer": [StrOptions({"word", "char", "kmer", "subword"}), callable],
        "k": [Interval(Integral, 1, None, closed="left")],
        "stride": [Interval(Integral, 1, None, closed="left")],
        "lowercase": ["boolean", StrOptions({"auto"})],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "max_tokens": [Interval(Integral, 1, None, closed="left"), None],
        "handle_unknown": [StrOptions({"token", "ignore", "error"})],
    }

    def __init__(
        self,
        analyzer: str | Callable = "word",
        *,
        k: int = 3,
        stride: int = 1,
        lowercase: bool | str = "auto",
        min_count: int = 1,
        max_tokens: int | None = None,
        handle_unknown: str = "token",
    ) -> None:
        self.analyzer = analyzer
        self.k = k
        self.stride = stride
        self.lowercase = lowercase
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.handle_unknown = handle_unknown

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the vocabulary.

        Parameters
        ----------
        X : list, array, Series, one-column DataFrame or re-iterable of n_documents documents
            Texts or lists of tokens. A re-iterable object need not fit in memory.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If a bare string, numbers, or an iterator that can be read only once comes.
        ValueError
            If there are no documents, one is missing or has no token, or no token is
            frequent enough.
        """
        documents = self._start(X)
        counts: Counter = Counter()
        for tokens in self._tokens(documents):
            counts.update(tokens)
        self._learn(counts)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> SequenceArray:
        """Learn the vocabulary and number the tokens; cuts each text once.

        Parameters
        ----------
        X, y
            As in ``fit``.

        Returns
        -------
        SequenceArray of n_documents sequences
            The same as ``fit(X).transform(X)``.
        """
        documents = self._start(X)
        ids, lengths, counts = _number(self._tokens(documents))
        self._learn(counts)
        if self.handle_unknown != "token" and not counts.keys() <= self.vocabulary_.index.keys():
            return self.transform(documents)  # some tokens are dropped, or named
        _renumber(ids, self.vocabulary_.encode(counts, self.handle_unknown))
        return self._sequences(ids, lengths)

    def transform(self, X: Any) -> SequenceArray:
        """Number the tokens of documents.

        Parameters
        ----------
        X : list, array, Series, one-column DataFrame or re-iterable of n_documents documents
            Texts or lists of tokens.

        Returns
        -------
        SequenceArray of n_documents sequences
            Symbols: ids in ``[0, n_tokens_)``.

        Raises
        ------
        TypeError
            If it is no collection of documents.
        ValueError
            If a document has no token, or none that is known under
            ``handle_unknown="ignore"``; or has an unknown one under ``"error"``.
        """
        check_is_fitted(self)
        documents = check_documents(X, self)
        ids, lengths = self.vocabulary_.encode_documents(
            self._tokens(documents), self.handle_unknown
        )
        if len(lengths) and not lengths.min():
            raise ValueError(
                f"document {int(np.argmin(lengths))} has no token of the vocabulary (min_count="
                f"{self.min_count}, max_tokens={self.max_tokens}), so nothing of it is left: drop "
                'it (and the same row of y), or use handle_unknown="token".'
            )
        return self._sequences(ids, lengths)

    def inverse_transform(self, X: Any) -> list:
        """Turn ids back into tokens or text.

        Parameters
        ----------
        X : SequenceArray of symbols, or list of arrays of ids
            What ``transform`` gave.

        Returns
        -------
        list of str, or list of list of str
            For ``"char"`` and ``"subword"``, whose tokens follow one another without gap or
            overlap, texts in which the character U+FFFD stands for an unknown token (of
            subwords, a blank at the start of a text is lost). Otherwise lists of tokens,
            ``"<unk>"`` among them.

        Raises
        ------
        ValueError
            If the ids belong to another vocabulary.
        """
        check_is_fitted(self)
        rows = map(self.vocabulary_.decode, _check_ids(X, self))
        if self.analyzer not in ("char", "subword"):
            return list(rows)
        join = "".join if self.analyzer == "char" else join_subwords
        unknown = self.vocabulary_.unknown_id
        name = None if unknown is None else self.vocabulary_.tokens[unknown]
        return [join(REPLACEMENT if t == name else t for t in row) for row in rows]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The vocabulary, in the order of the ids.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_tokens_,), object
            The tokens.
        """
        check_is_fitted(self)
        return np.asarray(self.vocabulary_.tokens, dtype=object)

    def _start(self, X: Any) -> Iterable:
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        documents = check_documents(X, self)
        self._analyze: Analyzer = make_analyzer(
            self.analyzer,
            k=self.k,
            stride=self.stride,
            lowercase=self.lowercase,
            documents=documents,
            min_count=self.min_count,
            max_tokens=self.max_tokens,
        )
        return documents

    def _tokens(self, documents: Iterable) -> Iterator[list[str]]:
        for i, document in enumerate(documents):
            tokens = self._analyze(document)
            if not tokens:
                raise ValueError(_no_token(i, document, self))
            yield tokens

    def _learn(self, counts: dict[str, int]) -> None:
        unknown = UNKNOWN if self.handle_unknown == "token" else None
        min_count, max_tokens = self.min_count, self.max_tokens
        if (pieces := learned_pieces(self._analyze)) is not None:
            # all of them, so that every word can be put together
            counts = {piece: counts.get(piece, 0) for piece in pieces}
            min_count, max_tokens = 0, None
        self.vocabulary_ = Vocabulary.from_counts(counts, min_count, max_tokens, unknown)
        self.n_tokens_ = len(self.vocabulary_)

    def _sequences(self, ids: np.ndarray, lengths: np.ndarray) -> SequenceArray:
        name = self.vocabulary_.fingerprint
        unknown = self.vocabulary_.unknown_id
        channel = Channel(ids, n_tokens=self.n_tokens_, vocabulary_id=name, unknown_id=unknown)
        return SequenceArray({"values": channel}, offsets_from_lengths(lengths))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        return tags


def _no_token(i: int, document: Any, encoder: TokenEncoder) -> str:
    text = repr(document) if len(document) <= 40 else repr(document[:37]) + "..."
    what, remedy = "token", "put a placeholder in its place"
    if encoder.analyzer == "kmer":
        what, remedy = f"run of k={encoder.k} characters", "choose a smaller k"
    return (
        f"document {i} ({text}) has no {what}, but {type(encoder).__name__} needs at least one in "
        f"each: drop it (and the same row of y), or {remedy}."
    )


def _check_ids(X: Any, encoder: TokenEncoder) -> SequenceArray:
    if not isinstance(X, SequenceArray):
        X = SequenceArray.from_list(X, n_tokens=encoder.n_tokens_)
    if X.n_tokens != encoder.n_tokens_:
        given = "numbers" if X.n_tokens is None else f"{X.n_tokens} different symbols"
        raise ValueError(
            f"X holds {given}, but the vocabulary of this {type(encoder).__name__} has "
            f"{encoder.n_tokens_}: give what its transform made."
        )
    expected, given = encoder.vocabulary_.fingerprint, X.only.vocabulary_id
    if given not in (None, expected):
        raise ValueError(
            f"X was encoded with another vocabulary of {X.n_tokens} symbols than that of this "
            f"{type(encoder).__name__} (expected the fingerprint {expected[:8]}, got {given[:8]}): "
            "give what its transform made, or use the encoder that made X."
        )
    return X


def _number(documents: Iterable[list[str]]) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Ids in order of first appearance, and how often each token occurs."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    ids, lengths = array("i"), array("q")
    for tokens in documents:
        ids.extend(map(numbers.__getitem__, tokens))
        lengths.append(len(tokens))
    flat = np.frombuffer(ids, np.int32)
    counts = np.zeros(len(numbers), np.int64)
    for block in _blocks(flat):
        counts += np.bincount(flat[block], minlength=len(numbers))
    return flat, np.frombuffer(lengths, np.int64), dict(zip(numbers, counts.tolist(), strict=True))


def _renumber(ids: np.ndarray, table: np.ndarray) -> None:
    for block in _blocks(ids):
        ids[block] = table[ids[block]]


def _blocks(ids: np.ndarray, size: int = 1 << 20) -> Iterator[slice]:
    # a second copy of all ids, or one in 64 bits, would be larger than the ids themselves
    return (slice(start, start + size) for start in range(0, len(ids), size))
