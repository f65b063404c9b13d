"""Every word has its label."""

from pathlib import Path

import numpy as np
import pytest

from sksequence.datasets import _tagged, fetch_atis, fetch_conll2003
from sksequence.datasets._tagged import _read_columns, _read_questions

NEWS = """EU NNP I-NP I-ORG
rejects VBZ I-VP O

Bonn NNP I-NP I-LOC

-DOCSTART- -X- O O

Paris NNP I-NP B-LOC
. . O O

-DOCSTART- -X- O O
"""


def test_columns_sentences_and_documents(tmp_path: Path):
    (tmp_path / "eng.train").write_text(NEWS, encoding="utf-8")
    news = _read_columns(tmp_path / "eng.train")
    assert news.data == [["EU", "rejects"], ["Bonn"], ["Paris", "."]]
    assert news.target == [["I-ORG", "O"], ["I-LOC"], ["B-LOC", "O"]]
    assert news.pos == [["NNP", "VBZ"], ["NNP"], ["NNP", "."]]
    assert news.chunk == [["I-NP", "I-VP"], ["I-NP"], ["I-NP", "O"]]
    assert news.document.tolist() == [0, 0, 1]


def test_marker_at_the_head_of_a_document_is_no_word(tmp_path: Path):
    text = NEWS.replace("-DOCSTART- -X- O O\n\nParis", "-DOCSTART- -X- O O\nParis")
    (tmp_path / "eng.train").write_text(text, encoding="utf-8")
    assert _read_columns(tmp_path / "eng.train").data[2] == ["Paris", "."]


def test_news(data_dir: Path):
    news = fetch_conll2003(download_if_missing=False)
    parts = [news.train, news.validation, news.test]
    assert [len(part.data) for part in parts] == [14041, 3250, 3453]
    assert [sum(map(len, part.data)) for part in parts] == [203621, 51362, 46435]
    assert [int(part.document[-1]) + 1 for part in parts] == [946, 216, 231]
    kinds = {f"{prefix}-{kind}" for prefix in "IB" for kind in ("PER", "LOC", "ORG", "MISC")}
    for part in parts:
        for columns in (part.target, part.pos, part.chunk):
            assert list(map(len, columns)) == list(map(len, part.data))
        assert {label for labels in part.target for label in labels} <= kinds | {"O"}
        assert (np.diff(part.document) >= 0).all()
    X, y = fetch_conll2003(split="validation", return_X_y=True)
    assert X == news.validation.data
    assert y == news.validation.target


def test_labels_of_the_news_are_iob1(data_dir: Path):
    """B- stands only after a word of an entity of the same kind."""
    for labels in fetch_conll2003(split="train", return_X_y=True)[1]:
        for before, label in zip(["O", *labels], labels, strict=False):
            assert label[0] != "B" or before[2:] == label[2:]


def test_questions_of_a_folder(tmp_path: Path):
    for name, text in {
        "seq.in": "fly to boston\nwhich one\n",
        "seq.out": "O O B-toloc.city_name\nO O\n",
        "label": "atis_flight\natis_flight#atis_airfare\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    questions = _read_questions(*(tmp_path / name for name in ("seq.in", "seq.out", "label")))
    assert questions.data == [["fly", "to", "boston"], ["which", "one"]]
    assert questions.target == [["O", "O", "B-toloc.city_name"], ["O", "O"]]
    assert questions.intent.tolist() == ["atis_flight", "atis_flight#atis_airfare"]


def test_questions_about_flights(data_dir: Path):
    questions = fetch_atis(download_if_missing=False)
    parts = [questions.train, questions.validation, questions.test]
    assert [len(part.data) for part in parts] == [4478, 500, 893]
    assert len({slot for slots in questions.train.target for slot in slots}) == 120
    for part in parts:
        assert list(map(len, part.target)) == list(map(len, part.data))
        assert len(part.intent) == len(part.data)
    assert len(questions.filename) == 9
    X, y = fetch_atis(split="test", return_X_y=True)
    assert X == questions.test.data
    assert y == questions.test.target


@pytest.mark.parametrize("fetch", [fetch_conll2003, fetch_atis])
def test_wrong_arguments_are_named_before_anything_is_fetched(fetch, monkeypatch):
    monkeypatch.setattr(_tagged, "fetch_files", None)
    with pytest.raises(ValueError, match=r"split must be one of 'train', .* got 'testa'"):
        fetch(split="testa")
    with pytest.raises(ValueError, match="return_X_y=True gives one pair, so it needs a split"):
        fetch(return_X_y=True)
