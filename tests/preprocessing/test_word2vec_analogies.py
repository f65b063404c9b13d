"""Near words and analogies."""

import numpy as np
import pytest
from gensim.models import KeyedVectors

from sksequence import Word2VecEmbedder
from sksequence.preprocessing._word_space import read_analogies

PAIRS = [("man", "woman"), ("king", "queen"), ("boy", "girl"), ("lord", "lady")]
QUESTIONS = [(a, b, c, d) for a, b in PAIRS for c, d in PAIRS if a != c]


def rank_and_sex(n_documents=1000, seed=0):
    """A rank's word, a person, a sex's word: a person is the sum of a rank and a sex."""
    rng = np.random.default_rng(seed)
    documents = []
    for _ in range(n_documents):
        rank, sex = rng.integers(4), rng.integers(2)
        words = f"rank{rank}{rng.integers(3)}", PAIRS[rank][sex], f"sex{sex}{rng.integers(3)}"
        documents.append(list(words))
    return documents


@pytest.fixture(scope="module")
def embedder():
    return Word2VecEmbedder(
        vector_size=16,
        window=1,
        sample=0,
        epochs=30,
        hierarchical_softmax=False,
        random_state=0,
    ).fit(rank_and_sex())


@pytest.fixture(scope="module")
def keyed(embedder):
    """The same vectors in gensim, which answers independently."""
    keyed = KeyedVectors(16)
    keyed.add_vectors(list(embedder.vocabulary_.tokens[1:]), embedder.vectors_[1:])
    return keyed


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "analogies.txt"
    path.write_text(
        ": royal\nman woman king queen\nking QUEEN Boy girl\nman woman emperor empress\n"
        "\n: wrong\nman woman king lord\n: unknown\nAthens Greece Oslo Norway\n"
    )
    return path


def test_king_minus_man_plus_woman_is_queen(embedder):
    (word, cosine), *_ = embedder.analogy("man", "king", "woman")
    assert word == "queen"
    assert cosine > 0.95
    assert embedder.score(QUESTIONS) == 1


def test_answers_are_those_of_gensim(embedder, keyed):
    for ours, theirs in [
        (embedder.most_similar("king", topn=5), keyed.most_similar("king", topn=5)),
        (
            embedder.most_similar(embedder.vectors_[3] + 1, topn=4),
            keyed.similar_by_vector(embedder.vectors_[3] + 1, topn=4),
        ),
        (
            embedder.analogy("man", "king", "woman", topn=7),
            keyed.most_similar(positive=["king", "woman"], negative=["man"], topn=7),
        ),
    ]:
        assert [word for word, _ in ours] == [word for word, _ in theirs]
        np.testing.assert_allclose([c for _, c in ours], [c for _, c in theirs], rtol=1e-5)


def test_score_is_that_of_gensim(embedder, keyed, tmp_path):
    words = list(embedder.vocabulary_.tokens[1:])
    rng = np.random.default_rng(0)
    questions = [*QUESTIONS, *(tuple(rng.choice(words, 4, replace=False)) for _ in range(300))]
    path = tmp_path / "questions.txt"
    path.write_text(": all\n" + "".join(" ".join(question) + "\n" for question in questions))
    expected, _ = keyed.evaluate_word_analogies(str(path), case_insensitive=False)
    assert 0.03 < expected < 0.5
    assert embedder.score(path) == pytest.approx(expected)
    assert embedder.score(questions) == pytest.approx(expected)


def test_neither_the_query_nor_the_unknown_symbol_is_an_answer(embedder):
    n_words = embedder.n_tokens_ - 1
    answers = {word for word, _ in embedder.most_similar("king", topn=1000)}
    assert answers == {*embedder.vocabulary_.tokens} - {"king", "<unk>"}
    answers = {word for word, _ in embedder.analogy("man", "king", "woman", topn=1000)}
    assert len(answers) == n_words - 3
    assert embedder.most_similar(embedder.vectors_[5], topn=1000)[0][1] == pytest.approx(1)
    assert len(embedder.most_similar(embedder.vectors_[5], topn=1000)) == n_words


def test_a_file_is_scored_by_section(embedder, file):
    records = embedder.evaluate_analogies(file)
    assert records[:2] == [
        {"section": "royal", "n_asked": 2, "n_skipped": 1, "n_correct": 2, "accuracy": 1.0},
        {"section": "wrong", "n_asked": 1, "n_skipped": 0, "n_correct": 0, "accuracy": 0.0},
    ]
    assert (records[2]["n_asked"], records[2]["n_skipped"]) == (0, 1)
    assert np.isnan(records[2]["accuracy"])
    assert embedder.score(str(file)) == pytest.approx(2 / 3)


@pytest.mark.data
def test_the_published_file_is_read(data_dir):
    sections = read_analogies(data_dir / "word_similarity" / "questions-words.txt")
    assert len(sections) == 14
    assert sections[0][0] == "capital-common-countries"
    assert sum(len(questions) for _, questions in sections) == 19_544


def test_words_are_spelled_as_the_analyzer_spells_them(embedder):
    assert embedder.most_similar("KING") == embedder.most_similar("king")
    cased = Word2VecEmbedder(vector_size=4, epochs=1, random_state=0)
    cased.fit([["King", "king", "queen"]] * 3)
    assert [word for word, _ in cased.most_similar("King")] != [
        word for word, _ in cased.most_similar("king")
    ]


def test_a_callable_analyzer_is_not_asked_about_words():
    embedder = Word2VecEmbedder(vector_size=4, epochs=1, analyzer=str.split)
    embedder.fit(["man king man", "king man"])
    assert [word for word, _ in embedder.most_similar("man")] == ["king"]
    with pytest.raises(ValueError, match="'Man' is not in the vocabulary of 3 tokens"):
        embedder.most_similar("Man")


def test_unknown_words_are_named_with_near_ones(embedder):
    with pytest.raises(ValueError, match=r"'quen' is not in the vocabulary of 27 .*near: 'queen'"):
        embedder.analogy("man", "woman", "quen")
    with pytest.raises(ValueError, match="'<unk>' is not in"):
        embedder.most_similar("<unk>")
    with pytest.raises(
        ValueError, match=r"a vector of shape \(16,\), got an array of shape \(3,\)"
    ):
        embedder.most_similar([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="no analogy can be asked: each of 1 has a word"):
        embedder.score([("man", "woman", "emperor", "empress")])


@pytest.mark.parametrize("questions", [[("man", "woman", "king")], ["man woman king queen"], [4]])
def test_a_question_has_four_words(embedder, questions):
    with pytest.raises(ValueError, match="analogy 1 must be four words"):
        embedder.score([QUESTIONS[0], *questions])


def test_bad_files(embedder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no analogy file '.*nowhere.txt'"):
        embedder.score(tmp_path / "nowhere.txt")
    path = tmp_path / "bad.txt"
    path.write_text("man woman king queen\nman woman king\n")
    with pytest.raises(
        ValueError, match=r"bad.txt', line 2: expected four words .* got 'man woman"
    ):
        embedder.score(path)


def test_a_word_without_direction_is_near_nothing():
    vectors = {"zero": np.zeros(2), "east": np.array([1.0, 0]), "north": np.array([0, 1.0])}
    embedder = Word2VecEmbedder(vector_size=2, pretrained=vectors, min_count=1)
    embedder.fit([list(vectors)])
    assert dict(embedder.most_similar("zero")) == {"east": 0, "north": 0}
