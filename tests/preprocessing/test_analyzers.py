"""Documents in, tokens out."""

import io
import pickle

import numpy as np
import pandas as pd
import pytest

from sksequence.preprocessing._analyzers import check_documents, make_analyzer


class Reader:
    """Stands for an estimator that reads text."""


class Corpus:
    """Documents that are read anew each time, as from a file."""

    def __init__(self, *documents):
        self.documents = documents

    def __iter__(self):
        return (document for document in self.documents)


# Tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The soup wasn't hot.", ["the", "soup", "wasn't", "hot", "."]),
        ("It\u2019s O'Neil's 'own'", ["it\u2019s", "o'neil's", "'", "own", "'"]),
        ("3.5 of 1,000 - 33rd!", ["3.5", "of", "1,000", "-", "33rd", "!"]),
        ("wait...", ["wait", ".", ".", "."]),
        ("well-known _this_", ["well", "-", "known", "_", "this", "_"]),
        ("Schöne Grüße, Łódź", ["schöne", "grüße", ",", "łódź"]),
        ("cafe\u0301 हिन्दी", ["cafe\u0301", "हिन्दी"]),
        ("good ❤\ufe0f day", ["good", "❤\ufe0f", "day"]),
        (" \t\n", []),
    ],
)
def test_words(text, tokens):
    assert make_analyzer("word")(text) == tokens


def test_words_lose_nothing_but_blanks():
    text = "Don't pay $1,000.50 - it's 3.5 kg; (really?) naïve_x \u0301y 10%"
    tokens = make_analyzer("word", lowercase=False)(text)
    assert "".join(tokens) == text.replace(" ", "")


def test_characters():
    assert make_analyzer("char")("Ab c") == ["A", "b", " ", "c"]
    assert make_analyzer("char", lowercase=True)("Ab") == ["a", "b"]


def test_kmers_are_all_runs_of_k():
    assert make_analyzer("kmer", k=3)("ACGTA") == ["ACG", "CGT", "GTA"]
    assert make_analyzer("kmer", k=2, stride=2)("ACGTA") == ["AC", "GT"]
    assert make_analyzer("kmer", k=2, stride=3)("ACGTA") == ["AC", "TA"]
    assert make_analyzer("kmer", k=6)("ACGTA") == []


def test_case_of_each_analyzer():
    assert make_analyzer("word")("Ab") == ["ab"]
    assert make_analyzer("word", lowercase=False)("Ab") == ["Ab"]
    assert make_analyzer("kmer", k=2)("aCgT") == ["AC", "CG", "GT"]
    assert make_analyzer("kmer", k=2, lowercase=False)("aCgT") == ["aC", "Cg", "gT"]
    assert make_analyzer("kmer", k=2, lowercase=True)("aCgT") == ["ac", "cg", "gt"]


def test_callable_sees_the_document_as_it_is():
    assert make_analyzer(str.split)("A b") == ["A", "b"]
    assert make_analyzer(lambda words: [w[0] for w in words])(["Ab", "cd"]) == ["A", "c"]
    assert make_analyzer(lambda text: (c for c in text))("ab") == ["a", "b"]


@pytest.mark.parametrize("analyzer", ["word", "char", "kmer"])
def test_token_lists_pass_as_they_are(analyzer):
    assert make_analyzer(analyzer)(["Not", "cut again"]) == ["Not", "cut again"]
    assert make_analyzer(analyzer)(("a",)) == ["a"]


@pytest.mark.parametrize("analyzer", ["word", "char", "kmer", str.split])
def test_analyzers_pickle(analyzer):
    analyze = make_analyzer(analyzer)
    assert pickle.loads(pickle.dumps(analyze))("Some words") == analyze("Some words")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"analyzer": "letter"}, ValueError, "analyzer must be one of .*'kmer'.* got 'letter'"),
        ({"analyzer": "kmer", "k": 0}, ValueError, "k must be a positive integer, got 0"),
        ({"analyzer": "kmer", "k": True}, ValueError, "k must be a positive integer, got True"),
        ({"analyzer": "kmer", "stride": 1.5}, ValueError, "stride must be a positive integer"),
        ({"analyzer": "word", "lowercase": "no"}, ValueError, "lowercase must be True, False or"),
        ({"analyzer": "subword"}, ValueError, "learns its pieces: documents must be given"),
    ],
)
def test_settings_that_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        make_analyzer(**settings)


def test_what_a_callable_gives_is_checked():
    with pytest.raises(TypeError, match=r"must give a list of tokens, but for 'ab' it gave 'ab'"):
        make_analyzer(str.strip)("ab")
    with pytest.raises(TypeError, match=r"must give a list of tokens, but for 'ab' it gave None"):
        make_analyzer(lambda text: None)("ab")
    with pytest.raises(TypeError, match=r"must give strings, but for 'ab' it gave 97"):
        make_analyzer(lambda text: [97])("ab")


# Documents

TEXTS = ["One text.", "Another one"]
LISTS = [["one", "text"], ["another"]]
COLLECTIONS = {
    "list": TEXTS,
    "tuple": tuple(TEXTS),
    "string array": np.array(TEXTS),
    "object array": np.array(TEXTS, dtype=object),
    "variable-width array": np.array(TEXTS, dtype=np.dtypes.StringDType()),
    "column array": np.array(TEXTS)[:, np.newaxis],
    "series": pd.Series(TEXTS, index=[7, 9]),
    "object series": pd.Series(TEXTS, dtype=object),
    "categorical series": pd.Series(TEXTS, dtype="category"),
    "one-column frame": pd.DataFrame({"review": TEXTS}),
    "corpus": Corpus(*TEXTS),
}
TOKEN_LISTS = {
    "list of lists": LISTS,
    "list of tuples": [tuple(tokens) for tokens in LISTS],
    "list of arrays": [np.array(tokens) for tokens in LISTS],
    "list of object arrays": [np.array(tokens, dtype=object) for tokens in LISTS],
    "series of lists": pd.Series(LISTS),
    "corpus of lists": Corpus(*LISTS),
}


@pytest.mark.parametrize("X", COLLECTIONS.values(), ids=COLLECTIONS)
def test_texts_in_every_collection(X):
    documents = check_documents(X, Reader())
    assert list(documents) == TEXTS
    assert list(documents) == TEXTS, "can be read again"


@pytest.mark.parametrize("X", TOKEN_LISTS.values(), ids=TOKEN_LISTS)
def test_token_lists_in_every_collection(X):
    assert list(check_documents(X, Reader())) == LISTS


def test_rows_of_a_string_array_are_token_lists():
    letters = np.array([list("ACGT"), list("TTAA")])
    assert list(check_documents(letters, Reader())) == [list("ACGT"), list("TTAA")]


def test_pyarrow_like_columns_are_read():
    class Column(Corpus):
        def to_pylist(self):
            return list(self.documents)

    assert check_documents(Column(*TEXTS), Reader()) == TEXTS


def test_texts_and_token_lists_may_be_mixed():
    assert check_documents(["a b", ["a", "b"]], Reader()) == ["a b", ["a", "b"]]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("text", TypeError, r"Reader got one bare string \('text'\).*put it in a list"),
        (b"text", TypeError, "Reader got one bare string"),
        ([], ValueError, r"Reader got 0 documents \(0 sample\(s\)\)"),
        (Corpus(), ValueError, "Reader got 0 documents"),
        (pd.Series([], dtype=str), ValueError, "Reader got 0 documents"),
        ([1, 2], TypeError, "strings.*got 1 as document 0: numbers need no encoder"),
        ([[1, 2]], TypeError, r"got 1 \(int\) as a token of document 0: give numbers to the est"),
        ([np.zeros(3)], TypeError, r"got 0.0 \(float\) as a token of document 0"),
        ([np.zeros((2, 2))], TypeError, r"got array.*, +\[0.* \(ndarray\) as document 0"),
        ([["a"], [["b"]]], TypeError, r"got \['b'\] \(list\) as a token of document 1"),
        ([b"a"], TypeError, r"got b'a' \(bytes\) as document 0"),
        (np.zeros((3, 2)), TypeError, "got an array of dtype float64: numbers need no encoder"),
        (np.array("text"), ValueError, r"shape \(n_documents,\), got \(\)"),
        (pd.Series([1.0]), TypeError, "got a column of dtype float64: numbers need no encoder"),
        (["a", None], ValueError, r"Reader got no text as document 1 \(None\): drop it"),
        (["a", np.nan], ValueError, r"no text as document 1 \(nan\)"),
        (["a", np.float32("nan")], ValueError, r"no text as document 1 \(nan\)"),
        (["a", pd.NaT], ValueError, r"no text as document 1 \(NaT\)"),
        (pd.Series(["a", None]), ValueError, r"no text as document 1 \(nan\)"),
        (pd.Series(["a", pd.NA], dtype=object), ValueError, r"no text as document 1 \(<NA>\)"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), ValueError, "DataFrame with 2 columns.*Sequence"),
        (iter(["a"]), TypeError, "got a list_iterator, which can be read only once"),
        ((t for t in "ab"), TypeError, "got a generator, which can be read only once.*give a li"),
        (io.StringIO("a\nb"), TypeError, "got a StringIO, which can be read only once"),
        ({"a": 1}, TypeError, "collection of texts or token lists.*got dict"),
        ({"a"}, TypeError, "got set"),
        (None, TypeError, "got NoneType"),
        (3, TypeError, "got int"),
    ],
)
def test_documents_that_are_refused(X, error, message):
    with pytest.raises(error, match=message):
        list(check_documents(X, Reader()))


def test_long_documents_are_cut_in_messages():
    with pytest.raises(TypeError) as caught:
        check_documents("word " * 1000, Reader())
    assert len(str(caught.value)) < 200


def test_corpus_is_checked_while_it_is_read():
    documents = check_documents(Corpus("a", "b", None), Reader())
    with pytest.raises(ValueError, match="no text as document 2"):
        list(documents)
