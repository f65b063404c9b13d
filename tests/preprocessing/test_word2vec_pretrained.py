"""Vectors that somebody else has trained."""

import gzip
import struct

import numpy as np
import pytest
from gensim.models import KeyedVectors, Word2Vec
from sklearn.base import clone

from sksequence import Word2VecEmbedder
from sksequence.preprocessing import _word2vec_pretrained

RNG = np.random.default_rng(0)
VECTORS = {
    word: RNG.normal(size=4).astype(np.float32)
    for word in ["the", "soup", "bread", "new_york", "Soup", "cold", "ünder"]
}
TEXTS = ["The soup, the bread", "Cold soup; cold moon", "the soup"]


def embed(pretrained, **settings):
    settings = {"vector_size": 4, "min_count": 1, **settings}
    return Word2VecEmbedder(pretrained=pretrained, **settings).fit(TEXTS)


def keyed_vectors():
    keyed = KeyedVectors(4)
    keyed.add_vectors(list(VECTORS), np.stack(list(VECTORS.values())))
    return keyed


def text_of(vectors, header=True):
    lines = [f"{len(vectors)} 4"] if header else []
    lines += [f"{word} " + " ".join(map(str, vector)) for word, vector in vectors.items()]
    return "\n".join(lines) + "\n"


@pytest.fixture
def source(request, tmp_path):
    """The same vectors in each form."""
    kind = request.param
    path = tmp_path / f"vectors{kind}"
    if kind == "mapping":
        return VECTORS
    if kind == "keyed":
        return keyed_vectors()
    if kind == "model":
        model = Word2Vec(vector_size=4)
        model.wv = keyed_vectors()
        return model
    if kind.startswith(".bin"):
        keyed_vectors().save_word2vec_format(path, binary=True)
        return path
    text = text_of(VECTORS, header="glove" not in kind)
    with (
        gzip.open(path, "wt", encoding="utf-8")
        if kind.endswith("gz")
        else open(path, "w", encoding="utf-8") as file
    ):
        file.write(text)
    return str(path)


SOURCES = ["mapping", "keyed", "model", ".txt", ".glove.txt", ".txt.gz", ".glove.vec.gz", ".bin"]


@pytest.mark.parametrize("source", [*SOURCES, ".bin.gz"], indirect=True)
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_vectors_are_taken_as_they_are(source, block, monkeypatch):
    monkeypatch.setattr(_word2vec_pretrained, "_READ", block)
    embedder = embed(source)
    assert embedder.vocabulary_.tokens == ("<unk>", "the", "soup", "cold", "bread")
    for word in embedder.vocabulary_.tokens[1:]:
        row = embedder.vectors_[embedder.vocabulary_.index[word]]
        np.testing.assert_allclose(row, VECTORS[word], rtol=1e-6)
    assert embedder.vectors_.flags.c_contiguous
    assert embedder.vectors_.dtype == np.float32
    assert embedder.history_ == []
    assert embedder.n_epochs_ == 0
    # "moon" and the punctuation are unknown
    assert embedder.transform(["Cold moon!"])[0].tolist() == [3, 0, 0]


@pytest.mark.parametrize("source", SOURCES, indirect=True)
def test_words_beyond_the_training_texts_are_kept_on_request(source):
    embedder = embed(source, pretrained_tokens="all")
    known = ("<unk>", "the", "soup", "cold", "bread")
    assert embedder.vocabulary_.tokens == (*known, "new_york", "Soup", "ünder")
    index = embedder.vocabulary_.index
    np.testing.assert_allclose(embedder.vectors_[index["Soup"]], VECTORS["Soup"], rtol=1e-6)
    # the three that the texts lack are the rarest
    np.testing.assert_allclose(
        embedder.vectors_[0], np.mean([VECTORS[w] for w in ("new_york", "Soup", "ünder")], axis=0)
    )
    some = embed(source, pretrained_tokens="all", max_tokens=6)
    assert some.vocabulary_.tokens == (*known, "new_york", "Soup")


def test_min_count_and_unknown_words():
    embedder = embed(VECTORS, min_count=2, handle_unknown="ignore")
    assert embedder.vocabulary_.tokens == ("the", "soup", "cold")
    assert len(embedder.vectors_) == 3
    X = Word2VecEmbedder(
        vector_size=4, pretrained=VECTORS, min_count=2, handle_unknown="ignore"
    ).fit_transform(TEXTS)
    assert embedder.vocabulary_.decode(X[1]) == ["cold", "soup", "cold"]


def test_a_pretrained_unknown_symbol_is_used():
    special = {**VECTORS, "<unk>": np.full(4, 9.0)}
    for pretrained_tokens in ("seen", "all"):
        embedder = embed(special, pretrained_tokens=pretrained_tokens)
        assert embedder.vocabulary_.tokens.count("<unk>") == 1
        assert (embedder.vectors_[0] == 9).all()


def test_pooling_search_and_clone():
    embedder = embed(VECTORS, pooling="mean", handle_unknown="ignore")
    expected = (VECTORS["cold"] + VECTORS["bread"]) / 2
    np.testing.assert_allclose(embedder.transform(["cold bread"]), [expected], rtol=1e-6)
    assert np.array_equal(clone(embedder).fit(TEXTS).vectors_, embedder.vectors_)
    assert embedder.most_similar("soup", topn=10)


def test_the_first_of_two_rows_counts(tmp_path):
    path = tmp_path / "twice.txt"
    path.write_text("soup 1 2 3 4\nsoup 5 6 7 8\n")
    assert embed(path).vectors_[1].tolist() == [1, 2, 3, 4]


def test_a_token_of_a_text_file_may_hold_blanks(tmp_path):
    path = tmp_path / "blanks.txt"
    path.write_text("2 4\nnew york 1 2 3 4\nnew 5 6 7 8\n")
    embedder = Word2VecEmbedder(pretrained=path, vector_size=4, min_count=1)
    embedder.fit([["new york", "new"]])
    assert embedder.vectors_[1:].tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("v.txt", b"\xffsoup 1 2 3 4\nthe 1 2 3 4\n", "line 1"),
        ("v.bin", b"2 4\n\xffsoup " + bytes(16) + b"\nthe " + bytes(16), "vector 1"),
    ],
)
def test_tokens_that_are_no_utf8_are_left_out_with_a_warning(tmp_path, name, content, place):
    (tmp_path / name).write_bytes(content)
    for settings in ({}, {"pretrained_tokens": "all"}):
        with pytest.warns(UserWarning, match=f"1 tokens of .*{name}' are not UTF-8 .*{place}"):
            embedder = embed(tmp_path / name, **settings)
        assert embedder.vocabulary_.tokens == ("<unk>", "the")


# Errors


def test_another_size():
    with pytest.raises(
        ValueError, match=r"have 4 dimensions, but vector_size=100: set vector_size"
    ):
        embed(keyed_vectors(), vector_size=100)
    with pytest.raises(ValueError, match=r"vector of 'the' has 4 dimensions, but vector_size=3"):
        embed(VECTORS, vector_size=3)
    with pytest.raises(ValueError, match=r"'soup' must have shape \(4,\), got \(1, 4\)"):
        embed({"soup": np.ones((1, 4))})


@pytest.mark.parametrize("source", [".txt", ".glove.txt", ".bin"], indirect=True)
def test_another_size_of_a_file(source):
    with pytest.raises(
        ValueError, match=r"vectors.*has 4 dimensions, but vector_size=100: set vec"
    ):
        embed(source, vector_size=100)


def test_no_source():
    with pytest.raises(
        TypeError, match=r"must be a path, gensim KeyedVectors or a mapping.*got lis"
    ):
        embed([1, 2])
    with pytest.raises(FileNotFoundError, match=r"no file of pretrained vectors 'nowhere.txt'"):
        embed("nowhere.txt")


def test_no_word_in_common():
    with pytest.raises(ValueError, match=r"none of the 7 different tokens .*'the', 'soup'.*'auto'"):
        embed({"Wort": np.ones(4)})


def test_numbers_that_are_not_finite():
    with pytest.raises(ValueError, match="the pretrained vector of 'soup' holds NaN or infinity"):
        embed({"the": np.ones(4), "soup": [1, 2, np.nan, 3]})


GOOD = text_of(VECTORS)
BINARY = b"2 4\nthe " + struct.pack("<4f", 1, 2, 3, 4) + b"\nsoup " + struct.pack("<4f", 5, 6, 7, 8)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("v.txt", b"", r"v.txt' is empty"),
        ("v.txt", b"the 1 2 3 4\nsoup 1 2 3\n", r"v.txt', line 2: .* 4 numbers, got 3 .*'soup 1 2"),
        ("v.txt", b"the 1 2 3 4\nsoup 1 x 3 4\n", r"v.txt', line 2: .* got something else"),
        ("v.txt", "\n".join(GOOD.splitlines()[:5]).encode(), r"line 5: .*promises 7 .* after 4"),
        ("v.txt", BINARY, r"v.txt', line 2: .*must have the ending .bin"),
        (
            "v.bin",
            BINARY[:-3],
            r"v.bin', vector 2: .*promises 2 vectors, but the file ends after 1",
        ),
        ("v.bin", BINARY + b"rest", r"v.bin': .*promises 2 vectors, but more follows"),
        ("v.bin", GOOD[5:].encode(), r"v.bin', line 1: .*no word2vec binary file"),
        ("v.txt.gz", b"no gzip", r"v.txt.gz' is damaged"),
        ("v.txt.gz", gzip.compress(GOOD.encode())[:-20], r"v.txt.gz' is damaged"),
        ("v.kv", b"", r"gensim's own format: give pretrained=KeyedVectors.load\(path\)"),
    ],
)
def test_damaged_files_name_the_place(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        embed(tmp_path / name)
