"""Labels of steps as a heat map and as a text: what is counted, what is drawn."""

from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sksequence import TagDisplay
from sksequence.inspection._tag_confusions import match_entities
from sksequence.metrics import Entity, entity_report

WORDS = [["Ada", "King", "in", "Rome"], ["The", "UN", "says", "<b>&"], ["New", "York"]]
TRUE = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG", "O", "B-PER"], ["B-LOC", "I-LOC"]]
PRED = [["B-PER", "I-PER", "O", "B-LOC"], ["B-MISC", "B-LOC", "O", "O"], ["O", "B-LOC"]]


class Fixed(BaseEstimator):
    """Predicts the same labels whatever it reads."""

    def __init__(self, answer=None):
        self.answer = answer

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        found = np.empty(len(self.answer), dtype=object)
        found[:] = [np.array(row) for row in self.answer]
        return found[: len(X)]


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


def letters(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


# -- counting ---------------------------------------------------------------------------------


def test_what_became_of_each_entity():
    found = TagDisplay(TRUE, PRED).confusion
    assert list(found.columns) == ["LOC", "MISC", "ORG", "PER", "wrong bounds", "missed"]
    assert list(found.index) == ["LOC", "MISC", "ORG", "PER", "spurious"]
    expected = {
        ("LOC", "LOC"): 1,
        ("LOC", "wrong bounds"): 1,
        ("ORG", "LOC"): 1,
        ("PER", "PER"): 1,
        ("PER", "missed"): 1,
        ("spurious", "MISC"): 1,
    }
    counted = found.stack()
    assert counted[counted > 0].to_dict() == expected


def test_rows_are_the_support_and_the_diagonal_what_is_right():
    rng = np.random.default_rng(0)
    names = ["O", "B-A", "I-A", "B-B", "I-B", "B-C"]
    true = [rng.choice(names, size=9).tolist() for _ in range(60)]
    pred = [[one if rng.random() < 0.8 else rng.choice(names) for one in row] for row in true]
    found = TagDisplay(true, pred).confusion
    report = entity_report(true, pred, as_frame=True)
    for kind in "ABC":
        assert found.loc[kind].sum() == report.support[kind]
        assert found.loc[kind, kind] == round(report.recall[kind] * report.support[kind])
    n_predicted = sum(1 for row in pred for label in row if label.startswith("B"))
    assert found.drop(columns="missed").to_numpy().sum() >= n_predicted


def test_each_entity_is_paired_once_and_best_first():
    one, two, three = Entity(0, 4, "A"), Entity(5, 6, "A"), Entity(8, 9, "B")
    inside, same, other = Entity(1, 3, "A"), Entity(3, 4, "A"), Entity(8, 9, "A")
    assert match_entities([one, two, three], [same, inside, other]) == [
        (three, other, "wrong type"),
        (one, inside, "wrong bounds"),
        (two, None, "missed"),
        (None, same, "spurious"),
    ]
    assert match_entities([one], [inside, one]) == [
        (one, one, "right"),
        (None, inside, "spurious"),
    ]


def test_labels_of_steps_are_counted_as_steps():
    true, pred = [["coding", "coding", "other"]], [["coding", "other", "other"]]
    found = TagDisplay(true, pred).confusion
    assert found.loc["coding"].tolist() == [1, 1]
    assert found.loc["other"].tolist() == [0, 1]
    assert TagDisplay([[0, 1]], [[1, 1]]).confusion.loc["0", "1"] == 1


def test_only_the_most_frequent_types_are_drawn():
    true = [["B-A", "B-A", "B-B", "B-B", "B-C"]]
    pred = [["B-A", "B-C", "B-B", "B-B", "B-C"]]
    display = TagDisplay.from_predictions(true, pred, n_types=2)
    columns = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert columns == ["A", "B", "another type", "wrong bounds", "missed"]
    assert display.im_.get_array()[0].tolist() == [0.5, 0, 0.5, 0, 0]
    assert len(display.confusion) == 4


# -- pictures ---------------------------------------------------------------------------------


def test_colours_are_shares_of_rows_and_numbers_are_counts():
    display = TagDisplay.from_predictions(TRUE, PRED)
    shares = np.asarray(display.im_.get_array())
    np.testing.assert_allclose(shares[0], [0.5, 0, 0, 0, 0.5, 0])
    # of spurious ones: of all that were predicted as MISC, 1 of 1
    assert shares[-1, 1] == 1
    assert letters(display.ax_) == ["1"] * 6
    bar = display.figure_.axes[-1]
    assert bar.get_ylabel() == "share of the row"
    assert len(TagDisplay(TRUE, PRED).plot(colorbar=False).figure_.axes) == 1


def test_the_text_shows_both_sides_where_they_differ():
    display = TagDisplay.from_predictions(TRUE, PRED, WORDS, kind="text")
    found = letters(display.ax_)
    assert found.count("pred") == found.count("true") == 2
    assert found[:5] == ["Ada", "King", "PER", "in", "Rome"]
    assert display.im_ is None
    red = [patch for patch in display.ax_.patches if to_hex(patch.get_facecolor()) == "#c62828"]
    assert len(red) == len(["MISC", "UN", "UN", "<b>&", "York", "New", "York"])


@pytest.mark.parametrize(
    "words",
    [["Ada", "King", "met", "the", "Queen", "of", "Spain", "in", "Rome"] * 5, "acgtacgta" * 30],
)
def test_words_of_both_sides_stand_under_each_other(words):
    labels = ["B-PER", "I-PER", "O", "O", "B-ORG", "I-ORG", "I-ORG", "O", "B-PLACE"]
    true = [(labels * 30)[: len(words)]]
    pred = [["B-PER", "O", *true[0][2:-1], "O"]]
    ax = TagDisplay.from_predictions(true, pred, [words], kind="text").ax_
    rows = {}
    for text in ax.texts:
        x, y = text.get_position()
        if text.get_text() and x and text.get_fontweight() == "normal":
            rows.setdefault(y, []).append((x, text.get_text()))
    lines = [rows[y] for y in sorted(rows)]
    assert len(lines) >= 4
    assert lines[::2] == lines[1::2]
    assert [word for line in lines[::2] for _, word in line] == list(words)
    names = [text.get_text() for text in ax.texts if text.get_position()[0] == 0]
    assert names == ["pred", "true"] * (len(lines) // 2)
    places = [box.get_x() + box.get_width() for box in ax.patches]
    assert max(places) <= ax.get_xlim()[1] + 1


def test_tokens_that_do_not_fit_are_refused_at_once():
    with pytest.raises(ValueError, match="2 sequences of tokens for 3 sequences of labels"):
        TagDisplay.from_predictions(TRUE, PRED, WORDS[:2])
    with pytest.raises(ValueError, match="sequence 2 has 1 tokens and 2 labels"):
        TagDisplay.from_predictions(TRUE, PRED, [*WORDS[:2], ["New"]])


def test_given_axes_are_drawn_into():
    figure, axes = plt.subplots(1, 2)
    display = TagDisplay(TRUE, PRED, WORDS)
    assert display.plot(ax=axes[0]).ax_ is axes[0]
    assert display.plot("text", ax=axes[1]).figure_ is figure


def test_html_is_escaped_and_tells_what_is_wrong():
    html = TagDisplay(TRUE, PRED, WORDS)._repr_html_()
    assert "&lt;b&gt;&amp;" in html
    assert "<b>&" not in html
    assert 'title="ORG: wrong type"' in html
    assert 'title="PER: missed"' in html
    assert 'title="MISC: spurious"' in html
    assert 'title="LOC: wrong bounds"' in html
    assert html.count("<div") == html.count("</div>")
    assert html.count("<span") == html.count("</span>")
    evil = [["B-<script>"]]
    for display in (TagDisplay(evil, [["O"]], [["x"]]), TagDisplay(evil, [["O"]])):
        assert "<script" not in display._repr_html_()


class Cells(HTMLParser):
    """For each sequence its cells: a word and what stands under it, with ! where it is wrong."""

    def __init__(self):
        super().__init__()
        self.tables, self.depth, self.wrong = [], 0, False

    def handle_starttag(self, tag, attributes):
        style = dict(attributes).get("style", "")
        self.depth += {"div": 0, "span": 1}[tag]
        if tag == "div" and "margin" in style:
            self.tables.append([])
        if tag == "span" and self.depth == 1:
            assert "display:inline-block;vertical-align:top" in style  # side by side
            self.tables[-1].append([])
        if tag == "span" and self.depth == 2:
            assert "display:block" in style  # one below the other
            self.tables[-1][-1].append("")
            self.wrong = "solid #c62828" in style

    def handle_data(self, text):
        if self.depth == 2:
            cell = self.tables[-1][-1]
            blank = len(cell) > 1 and text == "\xa0"
            cell[-1] = ("" if blank else text) + "!" * self.wrong

    def handle_endtag(self, tag):
        self.depth -= tag == "span"


def tables_of(html):
    reader = Cells()
    reader.feed(html)
    return reader.tables


def test_each_label_stands_under_its_word():
    true = [["B-PER", "I-PER", "O", "B-LOC", "B-LOC"], ["O", "B-ORG"]]
    pred = [["B-PER", "I-PER", "O", "B-ORG", "O"], ["O", "B-ORG"]]
    words = [["Ada", "King", "in", "Rome", "Oslo"], ["for", "Acme"]]
    assert tables_of(TagDisplay(true, pred, words)._repr_html_()) == [
        [
            ["\xa0", "pred", "true"],
            ["Ada", "PER", "PER"],
            ["King", "PER", "PER"],
            ["in", "", ""],
            ["Rome", "ORG!", "LOC!"],
            ["Oslo", "", "LOC!"],
        ],
        [["for", ""], ["Acme", "ORG"]],
    ]


def test_html_without_words_is_the_table():
    html = TagDisplay(TRUE, PRED)._repr_html_()
    assert html.startswith("<table>")
    assert html.count("<tr>") == 6


def test_html_holds_no_more_than_can_be_read():
    html = TagDisplay([["O"]] * 70, [["O"]] * 70, [["word"]] * 70)._repr_html_()
    assert html.count(">word<") == 50
    assert "The first 50 of 70 sequences" in html


def test_wrong_steps_are_underlined_where_labels_stand_for_steps():
    true, pred = [list("aabbbb")], [list("aaabbb")]
    html = TagDisplay(true, pred, ["uvwxyz"], outside="b")._repr_html_()
    (cells,) = tables_of(html)
    assert cells == [["\xa0", "pred", "true"], ["uv", "a", "a"], ["w", "a!", "!"], ["xyz", "", ""]]
    assert html.count('title="a"') == 3  # of "uv" on both sides, of "w" on one
    assert 'title="b"' not in html
    assert 'title="a"' in TagDisplay(true, pred, ["uvwxyz"], outside="z")._repr_html_()
    assert 'title="b"' not in TagDisplay(true, pred, ["uvwxyz"])._repr_html_()


# -- estimators -------------------------------------------------------------------------------


def test_from_estimator_pipelines_and_searches():
    expected = TagDisplay(TRUE, PRED).confusion
    fixed = Fixed(PRED).fit(WORDS)
    pipeline = make_pipeline(FunctionTransformer(), Fixed(PRED)).fit(WORDS)
    search = GridSearchCV(Fixed(), {"answer": [PRED]}, scoring=lambda *_: 1.0, cv=3).fit(WORDS)
    for estimator in (fixed, pipeline, search):
        display = TagDisplay.from_estimator(estimator, WORDS, TRUE)
        assert display.confusion.equals(expected)
        assert "Ada" in display._repr_html_()


def test_without_right_labels_the_text_is_drawn():
    display = TagDisplay.from_estimator(Fixed(PRED), WORDS)
    assert "Ada" in letters(display.ax_)
    assert "pred" not in letters(display.ax_)
    assert "underlined" not in display._repr_html_()
    with pytest.raises(ValueError, match="no right labels to compare with: give y"):
        display.plot("confusion")


def test_texts_are_words_or_letters_whichever_there_are_labels_for():
    by_word = TagDisplay.from_estimator(Fixed([["O", "B-A"]]), ["in Rome"])
    assert letters(by_word.ax_) == ["in", "Rome", "A"]
    by_letter = TagDisplay.from_estimator(Fixed([list("xxy")]), ["abc"])
    assert letters(by_letter.ax_) == ["a", "b", "c", "y"]
    numbers = TagDisplay.from_estimator(Fixed([["a", "b"]]), [[[1.0], [2.0]]], [["a", "a"]])
    assert numbers.tokens is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((TRUE, PRED[:2]), "y_true has 3 sequences and y_pred has 2"),
        ((TRUE, PRED, WORDS[:2]), "2 sequences of tokens for 3 sequences of labels"),
        ((TRUE, PRED, "Ada"), "a text for 3 sequences of labels"),
        ((TRUE, PRED, [*WORDS[:2], ["New"]]), "sequence 2 has 1 tokens and 2 labels"),
        ((TRUE, PRED), "needs the words of each sequence for the text: give tokens"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        TagDisplay(*arguments).plot("text")


def test_other_things_that_are_refused():
    with pytest.raises(ValueError, match="kind must be 'confusion' or 'text', got 'map'"):
        TagDisplay(TRUE, PRED).plot("map")
    with pytest.raises(TypeError, match="such as RNNTagger, got FunctionTransformer"):
        TagDisplay.from_estimator(FunctionTransformer(), WORDS)
    with pytest.raises(ValueError, match="at most 60 lines of text, got 199"):
        TagDisplay([["O"]] * 100, [["O"]] * 100, [["a"]] * 100).plot("text")
