"""From documents to tokens: the words of the parameter `analyzer`, everywhere the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sksequence.inputs._long_index import rows_by_sequence

if TYPE_CHECKING:
    from sksequence.preprocessing._subwords import SubwordSplitter

ANALYZERS = ("word", "char", "kmer", "subword")
CASES = ("lower", "upper", None)

Analyzer = Callable[[Any], list[str]]


def make_analyzer(
    analyzer: str | Callable,
    *,
    k: int = 3,
    stride: int = 1,
    lowercase: bool | str = "auto",
    documents: Iterable | None = None,
    min_count: int = 1,
    max_tokens: int | None = None,
) -> Analyzer:
    """A picklable function that cuts one document into tokens.

    Parameters
    ----------
    analyzer : {"word", "char", "kmer", "subword"} or callable
        ``"word"``: words with their inner apostrophes (``don't``), numbers (``3.5``,
        ``1,000``), and each punctuation mark. ``"char"``: characters. ``"kmer"``: runs of
        `k` characters. ``"subword"``: byte-pair encoding, learned from `documents`. A
        callable gets the document and gives its tokens.
    k, stride : int, default=3 and 1
        For ``"kmer"``: the length of a run, and how far the next one starts after it.
    lowercase : bool or "auto", default="auto"
        True: texts are lower-cased first. ``"auto"``: words are, k-mers are upper-cased
        (soft-masked stretches of a genome are written in lower case), characters and
        subwords stay as they are. A callable always gets the text as it is.
    documents : re-iterable of documents, default=None
        Only for ``"subword"``: the texts from which the pieces are learned.
    min_count, max_tokens : int or None, default=1 and None
        Only for ``"subword"``: how often two pieces must meet to be joined, and how many
        pieces to learn; None is 8000.

    Returns
    -------
    callable
        ``tokens = analyze(document)``. A document that is a list, tuple or array of tokens
        already passes as it is, except to a callable, which sees every document.
    """
    _check_options(analyzer, k, stride, lowercase)
    if callable(analyzer):
        return partial(_ask, function=analyzer)
    if analyzer == "subword":
        from sksequence.preprocessing._subwords import learn_subwords

        fold = _case(analyzer, lowercase)
        texts = (_folded(text, fold) for text in _texts(documents))
        return TextCutter(analyzer, fold, splitter=learn_subwords(texts, min_count, max_tokens))
    return TextCutter(analyzer, _case(analyzer, lowercase), k, stride)


@dataclass(frozen=True)
class TextCutter:
    """Cuts texts into tokens; lists of tokens pass as they are.

    It is told by plain values alone, so that every way of saving an estimator can write it.

    Parameters
    ----------
    analyzer : {"word", "char", "kmer", "subword"}
    case : {"lower", "upper"} or None
        What texts are turned into first.
    k, stride : int
        Of k-mers.
    splitter : SubwordSplitter or None
        Of subwords.
    """

    analyzer: str
    case: str | None
    k: int = 3
    stride: int = 1
    splitter: SubwordSplitter | None = None

    def __post_init__(self) -> None:
        if self.analyzer not in ANALYZERS or (self.analyzer == "subword") != bool(self.splitter):
            raise ValueError(
                f"analyzer must be one of {', '.join(map(repr, ANALYZERS))}, with a splitter for "
                f"'subword' alone, got {self.analyzer!r} with {self.splitter!r}."
            )
        if self.splitter is not None:
            from sksequence.preprocessing._subwords import SubwordSplitter

            if not isinstance(self.splitter, SubwordSplitter):
                raise ValueError(f"splitter must be a SubwordSplitter, got {self.splitter!r}.")
        if self.case not in CASES:
            raise ValueError(f"case must be 'lower', 'upper' or None, got {self.case!r}.")
        _check_sizes(self.k, self.stride)

    def __call__(self, document: Any) -> list[str]:
        """The tokens of a document."""
        if not isinstance(document, str):
            return list(document)
        text = _folded(document, self.case)
        if self.analyzer == "word":
            return _word_pattern().findall(text)
        if self.analyzer == "char":
            return list(text)
        if self.splitter is not None:
            return self.splitter(text)
        k = self.k
        return [text[i : i + k] for i in range(0, len(text) - k + 1, self.stride)]


def learned_pieces(analyze: Analyzer) -> list[str] | None:
    """All pieces into which ``"subword"`` may cut a text; None for other analyzers."""
    return getattr(getattr(analyze, "splitter", None), "pieces", None)


def check_documents(X: Any, estimator: Any) -> Iterable:
    """Documents as a list, or as an object that can be read again and again.

    Parameters
    ----------
    X : list, tuple, array, Series or one-column DataFrame of documents, or any re-iterable
        A document is a string, or a list, tuple or array of strings. A re-iterable object
        gives the documents anew with each ``iter(X)`` and need not fit in memory. A table with
        an index (sequence, step) has a token a row.
    estimator : estimator instance
        Named in the messages.

    Returns
    -------
    list, or an object with ``__iter__``
        Each document is a string or a list of strings.

    Raises
    ------
    TypeError
        If a bare string, numbers, a one-shot iterator, or something else comes.
    ValueError
        If there are no documents or one is missing.
    """
    name = type(estimator).__name__
    documents = as_collection(X, name)
    if isinstance(documents, list):
        checked = list(_checked(documents, name))
        if not checked:
            raise ValueError(no_documents(name))
        return checked
    if next(iter(documents), documents) is documents:
        raise ValueError(no_documents(name))
    return _Documents(documents, name)


@dataclass(frozen=True)
class _Documents:
    """Documents that are checked while they are read."""

    source: Iterable
    name: str

    def __iter__(self) -> Iterator:
        return _checked(self.source, self.name)


# -- tokens of a document ---------------------------------------------------------------


def _ask(document: Any, function: Callable) -> list[str]:
    tokens = function(document)
    if isinstance(tokens, (str, bytes)) or not isinstance(tokens, Iterable):
        raise TypeError(
            f"the analyzer must give a list of tokens, but for {shortened(document)} it gave "
            f"{shortened(tokens)} ({type(tokens).__name__})."
        )
    tokens = list(tokens)
    if not _all_strings(tokens):
        raise TypeError(
            f"the analyzer must give strings, but for {shortened(document)} it gave "
            f"{shortened(first_foreign(tokens))}: turn its tokens into strings."
        )
    return tokens


@cache
def _word_pattern() -> re.Pattern:
    # \w lacks combining marks (the vowel signs of Hindi, an accent after its letter)
    marks = "".join(c for c in map(chr, range(0x10000)) if unicodedata.category(c)[0] == "M")
    word = rf"[^\W_]+(?:[{marks}\u200c\u200d]+[^\W_]*)*"
    number = r"\d+(?:[.,]\d+)+"
    return re.compile(rf"{number}|{word}(?:['\u2019]{word})*|[^\w\s][{marks}]*|_")


def _folded(text: str, case: str | None) -> str:
    if case is None:
        return text
    return text.lower() if case == "lower" else text.upper()


def _case(analyzer: str, lowercase: bool | str) -> str | None:
    if lowercase == "auto":
        return {"word": "lower", "kmer": "upper"}.get(analyzer)
    return "lower" if lowercase else None


def _texts(documents: Iterable | None) -> Iterator[str]:
    if documents is None:
        raise ValueError('analyzer="subword" learns its pieces: documents must be given.')
    return (document for document in documents if isinstance(document, str))


def _check_options(analyzer: Any, k: Any, stride: Any, lowercase: Any) -> None:
    if not callable(analyzer) and analyzer not in ANALYZERS:
        raise ValueError(
            f"analyzer must be one of {', '.join(map(repr, ANALYZERS))} or a callable, got "
            f"{analyzer!r}."
        )
    _check_sizes(k, stride)
    if not isinstance(lowercase, (bool, np.bool_)) and lowercase != "auto":
        raise ValueError(f'lowercase must be True, False or "auto", got {lowercase!r}.')


def _check_sizes(k: Any, stride: Any) -> None:
    for name, size in (("k", k), ("stride", stride)):
        if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
            raise ValueError(f"{name} must be a positive integer, got {size!r}.")


# -- documents --------------------------------------------------------------------------


def as_collection(X: Any, name: str) -> Iterable:
    if isinstance(X, (str, bytes)):
        raise TypeError(
            f"{name} got one bare string ({shortened(X)}), but expected a list of documents: put "
            "it in a list, [text]."
        )
    if isinstance(X, Iterator):
        raise TypeError(
            f"{name} got a {type(X).__name__}, which can be read only once, but documents are "
            "read more than once: give a list, or an object whose __iter__ starts anew."
        )
    if hasattr(X, "iloc"):
        return _from_pandas(X, name)
    if isinstance(X, np.ndarray):
        return _from_array(X, name)
    if hasattr(X, "to_pylist"):  # a pyarrow column
        return X.to_pylist()
    if isinstance(X, (dict, set, frozenset)) or not isinstance(X, Iterable):
        raise TypeError(
            f"{name} expected documents (a list, array, Series or other collection of texts or "
            f"token lists), got {type(X).__name__}."
        )
    return list(X) if isinstance(X, tuple) else X


def _from_pandas(X: Any, name: str) -> list:
    if X.ndim == 2:
        if X.shape[1] != 1:
            raise ValueError(
                f"{name} got a DataFrame with {X.shape[1]} columns, but reads one column of "
                'documents: choose it, X["..."], or put SequenceColumns(sequence="...") first.'
            )
        X = X.iloc[:, 0]
    if X.dtype.kind in "biufc":
        raise TypeError(_numbers(name, f"a column of dtype {X.dtype}"))
    rows = X.tolist()
    if X.index.nlevels != 2 or any(isinstance(row, (list, tuple, np.ndarray)) for row in rows):
        return rows
    for position, row in enumerate(rows):
        if isinstance(row, str) and len(row.split()) > 1:
            raise ValueError(_text_as_step(name, row, X.index[position]))
    return rows_by_sequence(X)


def _text_as_step(name: str, text: str, place: tuple) -> str:
    return (
        f"{name} reads a table with an index of two levels as (sequence, step), a token a row, but "
        f"row ({', '.join(map(str, place))}) is the text {shortened(text)}: if each "
        "row is a text of its own, give X.tolist() or X.reset_index(drop=True); if tokens do "
        "hold blanks, X.groupby(level=0).agg(list)."
    )


def _from_array(X: np.ndarray, name: str) -> list:
    if X.dtype.kind not in "OUT":
        raise TypeError(_numbers(name, f"an array of dtype {X.dtype}"))
    if X.ndim == 0 or X.ndim > 2:
        raise ValueError(
            f"{name} expected an array of documents of shape (n_documents,), got {X.shape}."
        )
    if X.ndim == 2 and X.shape[1] == 1:
        X = X[:, 0]  # one column of documents
    return X.tolist()


def _checked(documents: Iterable, name: str) -> Iterator:
    for i, document in enumerate(documents):
        if not isinstance(document, str):
            document = _token_list(document, i, name)
        yield document


def _token_list(document: Any, i: int, name: str) -> list[str]:
    if is_missing(document):
        raise ValueError(
            f"{name} got no text as document {i} ({document}): drop it (and the same row of y), "
            'or fill it, e.g. with X.fillna("...").'
        )
    if isinstance(document, np.ndarray) and document.ndim == 1:
        document = document.tolist()
    if isinstance(document, (int, float, complex, np.number)):
        raise TypeError(_numbers(name, f"{document!r} as document {i}"))
    if not isinstance(document, (list, tuple)):
        raise TypeError(
            f"{name} expected text or a list of tokens, got {shortened(document)} "
            f"({type(document).__name__}) as document {i}."
        )
    if not _all_strings(document):
        found = first_foreign(document)
        raise TypeError(
            f"{name} expected texts or lists of tokens (strings), got {shortened(found)} "
            f"({type(found).__name__}) as a token of document {i}: give numbers to the estimator "
            "as they are, or turn the tokens into strings."
        )
    return list(document)


def is_missing(document: Any) -> bool:
    if type(document).__name__ in ("NoneType", "NAType", "NaTType"):
        return True
    return isinstance(document, (float, np.floating)) and bool(np.isnan(document))


def _all_strings(tokens: Iterable) -> bool:
    return all(issubclass(kind, str) for kind in set(map(type, tokens)))


def first_foreign(tokens: Iterable) -> Any:
    return next(token for token in tokens if not isinstance(token, str))


def _numbers(name: str, received: str) -> str:
    return (
        f"{name} expected texts or lists of tokens (strings), got {received}: numbers need no "
        "encoder, give them to the estimator as they are (or turn them into strings)."
    )


def no_documents(name: str) -> str:
    return f"{name} got 0 documents (0 sample(s)), but a minimum of 1 is required."


def shortened(value: Any, width: int = 40) -> str:
    text = repr(value).replace("\n", "")
    return text if len(text) <= width else text[: width - 3] + "..."
