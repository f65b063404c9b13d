import time

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from sksequence import SequenceArray, SequenceDisplay, TokenEncoder
from sksequence.datasets import load_reviews
from sksequence.inputs import Channel
from sksequence.inspection._gradient_flow_display import COLORS
from sksequence.inspection._sketches import MOST_POINTS, envelope

matplotlib.use("Agg")
RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(3, 30, 40)
WALKS = [RNG.normal(size=(n, 2)).cumsum(axis=0) for n in LENGTHS]
CLASSES = np.where(LENGTHS > 20, "long", "short")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def draw(*given, **options):
    display = SequenceDisplay.from_sequences(*given, **options)
    display.figure_.canvas.draw()
    return display


def test_lengths_and_classes_are_counted():
    display = draw(WALKS, CLASSES)
    np.testing.assert_array_equal(display.lengths, LENGTHS)
    names, counts = np.unique(CLASSES, return_counts=True)
    assert display.classes == dict(zip(names.tolist(), counts.tolist(), strict=True))
    lengths, classes, _ = display.ax_
    assert sum(bar.get_height() for bar in lengths.patches) == len(WALKS)
    for bar in lengths.patches:  # each bar holds the whole steps under it
        start, middle = bar.get_x(), bar.get_x() + bar.get_width() / 2
        assert bar.get_height() == np.sum(np.abs(LENGTHS - middle) < 0.5), start
    assert [bar.get_width() for bar in classes.patches] == sorted(counts, reverse=True)
    assert lengths.get_xlabel() == "length (steps)"


def test_lines_are_the_sequences_in_the_colours_of_their_classes():
    display = draw(WALKS, CLASSES, index=[3, 7, 11])
    assert len(display.sequence_axes_) == 2  # one for each feature
    order = list(display.classes)
    for j, ax in enumerate(display.sequence_axes_):
        for i, line in zip([3, 7, 11], ax.get_lines(), strict=True):
            np.testing.assert_array_equal(line.get_ydata(), WALKS[i][:, j])
            assert line.get_color() == COLORS[order.index(CLASSES[i])]
        assert ax.get_ylabel() == f"x{j}"


def test_containers_of_every_kind_look_the_same():
    array = SequenceArray.from_list(WALKS)
    frame = pd.concat(dict(enumerate(pd.DataFrame(walk, columns=["a", "b"]) for walk in WALKS)))
    for given in (WALKS, array, frame):
        display = draw(given, CLASSES)
        np.testing.assert_array_equal(display.lengths, LENGTHS)
        line = display.sequence_axes_[1].get_lines()[0]
        np.testing.assert_array_equal(line.get_ydata(), WALKS[display.index[0]][:, 1])
    assert [ax.get_ylabel() for ax in display.sequence_axes_] == ["a", "b"]
    table = draw(RNG.normal(size=(9, 5)))
    assert table.lengths.tolist() == [5] * 9


def test_examples_are_of_all_classes_and_of_different_lengths():
    y = np.repeat(["a", "b", "c"], [30, 8, 2])
    display = draw(WALKS, y, n_sequences=6)
    assert sorted(y[display.index]) == ["a", "a", "b", "b", "c", "c"]
    of_a = LENGTHS[display.index][y[display.index] == "a"]
    assert of_a[0] < np.median(LENGTHS[:30]) < of_a[1]
    assert len(set(display.index.tolist())) == 6
    assert len(draw(WALKS[:2], n_sequences=6).index) == 2


def test_many_features_are_heat_maps_in_their_own_units():
    scale = 10.0 ** np.arange(8)
    X = [RNG.normal(size=(n, 8)) * scale for n in (5, 9)]
    display = draw(X, ["a", "b"], index=[0, 1])
    everything = np.concatenate(X)
    for ax, row in zip(display.sequence_axes_, X, strict=True):
        (im,) = ax.get_images()
        wanted = (row - everything.mean(axis=0)) / everything.std(axis=0)
        np.testing.assert_allclose(im.get_array(), wanted.T)
        assert ax.get_xlim() == (-0.5, 8.5)  # one axis of time
    assert [ax.get_ylabel() for ax in display.sequence_axes_] == ["a", "b"]


def test_texts_are_counted_in_words_and_written():
    reviews = load_reviews()
    display = draw(reviews.data, reviews.target)
    assert display.lengths.tolist() == [len(text.split()) for text in reviews.data]
    assert display.ax_[0].get_xlabel() == "length (words)"
    (ax,) = display.sequence_axes_
    for i, text in zip(display.index, ax.texts, strict=True):
        line = text.get_text()
        words = " ".join(reviews.data[i].split())
        assert words == line or words.startswith(line[:-1])
        assert text.get_window_extent().x1 <= display.figure_.bbox.x1  # nothing is cut
    tokens = draw([["a", "word", "or"], ["two"]])
    assert tokens.lengths.tolist() == [3, 1]


def test_few_symbols_are_blocks_with_letters():
    texts = ["acgtacgt", "ttgca"]
    display = draw(texts, index=[0, 1])
    (ax,) = display.sequence_axes_
    assert "".join(text.get_text() for text in ax.texts) == "".join(texts)
    first, second = ax.get_images()
    colour = {}
    for im, text in zip((first, second), texts, strict=True):
        painted = im.cmap(im.norm(im.get_array()[0]))
        for letter, rgba in zip(text, map(tuple, painted), strict=True):
            assert colour.setdefault(letter, rgba) == rgba  # everywhere the same
    assert len(set(colour.values())) == 4
    assert display.ax_[0].get_xlabel() == "length (characters)"


def test_symbols_get_names_from_their_encoder():
    texts = ["one fish", "two fish red fish"]
    encoder = TokenEncoder()
    X = encoder.fit_transform(texts)
    named = draw(X, vocabulary=encoder, index=[0, 1])
    assert [t.get_text() for t in named.sequence_axes_[0].texts] == texts
    other = TokenEncoder().fit(["some fish swim a lot"])
    with pytest.raises(ValueError, match="give the encoder that made them"):
        SequenceDisplay.from_sequences(X, vocabulary=other)
    with pytest.raises(TypeError, match="got dict"):
        SequenceDisplay.from_sequences(X, vocabulary={})
    ids = draw(X, index=[0])
    assert ids.sequence_axes_[0].get_images()[0].get_array().shape == (1, 2)


def test_frames_are_film_strips():
    clips = RNG.random((4, 3, 6, 5))
    display = draw(clips, index=[2])
    (ax,) = display.sequence_axes_
    strip = np.asarray(ax.get_images()[0].get_array())
    wanted = (clips[2] - clips[2].min()) / np.ptp(clips[2])
    np.testing.assert_allclose(strip[:, :5], wanted[0])
    np.testing.assert_allclose(strip[:, -5:], wanted[2])


def test_targets_that_are_numbers_are_a_histogram():
    y = RNG.normal(size=len(WALKS))
    display = draw(WALKS, y)
    assert display.classes is None
    assert sum(bar.get_height() for bar in display.ax_[1].patches) == len(y)
    assert display.ax_[1].get_xlabel() == "target y"
    two = draw(WALKS, np.column_stack([y, 2 * y]))
    assert [t.get_text() for t in two.ax_[1].get_legend().get_texts()] == ["0", "1"]


def test_several_labels_and_labels_of_steps_are_counted():
    table = pd.DataFrame({"rain": [1, 0, 1], "wind": [1, 0, 0], "sun": [1, 1, 1]})
    assert draw(WALKS[:3], table).classes == {"sun": 3, "rain": 2, "wind": 1}
    tags = [["O", "B"], ["O"], ["O", "O", "B"]]
    assert draw([["a", "b"], ["c"], ["d", "e", "f"]], tags).classes == {"O": 4, "B": 2}


def test_many_classes_are_one_bar():
    y = np.concatenate([np.arange(20), np.zeros(20, dtype=int)]).astype(str)
    display = draw(WALKS, y)
    assert len(display.classes) == 20
    bars = display.ax_[1].patches
    assert len(bars) == 8
    assert sum(bar.get_width() for bar in bars) == 40
    assert display.ax_[1].get_yticklabels()[-1].get_text() == "13 others"


def test_missing_values_are_told():
    X = [np.array([[1.0], [np.nan], [2.0]]), np.array([[np.nan]])]
    display = draw(X)
    assert display.ax_[0].get_title(loc="left") == "2 sequences, 2 missing values"


def test_channels_are_chosen_by_name():
    values = {"price": Channel(RNG.normal(size=5)), "day": Channel(np.arange(5), n_tokens=7)}
    X = SequenceArray(values, [0, 2, 5])
    assert len(draw(X).sequence_axes_[0].get_lines()) == 2
    display = draw(X, channel="day", index=[1])
    assert "channel 'day' of 2" in display.ax_[-1].get_title(loc="left")
    with pytest.raises(ValueError, match="known are 'price', 'day'"):
        SequenceDisplay.from_sequences(X, channel="week")


def test_long_lines_keep_their_peaks():
    values = RNG.normal(size=100_000)
    values[[777, 50_001]] = 50.0, -60.0
    steps, drawn = envelope(values)
    assert len(steps) <= MOST_POINTS
    assert (np.diff(steps) >= 0).all()
    np.testing.assert_array_equal(values[steps], drawn)
    assert (drawn.max(), drawn.min()) == (50.0, -60.0)


def test_thousands_of_sequences_are_quick():
    lengths = RNG.integers(5, 200, 20_000)
    X = SequenceArray(RNG.normal(size=(lengths.sum(), 1)), np.concatenate([[0], lengths.cumsum()]))
    y = RNG.choice(["a", "b"], size=len(lengths))
    draw(WALKS)  # fonts are read
    start = time.process_time()
    draw(X, y)
    assert time.process_time() - start < 1.0


def test_given_axes_are_used_and_counted():
    _, axes = plt.subplots(3)
    display = draw(WALKS, CLASSES, ax=axes)
    assert list(display.ax_) == list(axes)
    with pytest.raises(ValueError, match="needs 2 axes"):
        SequenceDisplay.from_sequences(WALKS, ax=axes)


def test_what_cannot_be_drawn_says_why():
    with pytest.raises(ValueError, match="each of the 40 sequences, got 3 in y"):
        SequenceDisplay.from_sequences(WALKS, ["a", "b", "c"])
    with pytest.raises(TypeError, match="one text of 7 characters"):
        SequenceDisplay.from_sequences("one two")
    with pytest.raises(ValueError, match="from 0 to 39, got"):
        SequenceDisplay.from_sequences(WALKS, index=[40])
    with pytest.raises(ValueError, match="is empty"):
        SequenceDisplay.from_sequences([np.ones((2, 1)), np.ones((0, 1))])


def test_nothing_lies_on_another():
    reviews = load_reviews()
    for given in ((WALKS, CLASSES), (reviews.data, reviews.target), (WALKS,)):
        display = draw(*given)
        boxes = [ax.get_tightbbox() for ax in display.ax_]
        for i, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_numbers_and_names_stand_in_natural_order():
    X = [[1.0, 2.0]] * 33
    digits = SequenceDisplay.from_sequences(X[:22], np.arange(22) % 8 + 3)
    assert list(digits.classes) == [str(i) for i in range(3, 11)]
    ticks = [tick.get_text() for tick in digits.ax_[1].get_yticklabels()]
    assert ticks == list(digits.classes)
    many = SequenceDisplay.from_sequences(X, ["10", "2"] * 5 + [str(i) for i in range(23)])
    assert list(many.classes)[:2] == ["0", "1"]
    ticks = [tick.get_text() for tick in many.ax_[1].get_yticklabels()]
    assert ticks == ["0", "1", "2", "3", "4", "5", "10", "16 others"]
    weeks = SequenceDisplay(X[:6], ["week 10", "week 9"] * 3)
    assert list(weeks.classes) == ["week 9", "week 10"]
    frequent = SequenceDisplay(X[:5], ["a", "b", "b", "c", "c"])
    assert frequent.classes == {"b": 2, "c": 2, "a": 1}  # of names the most frequent first


def test_names_do_not_touch_what_they_name():
    texts = [" ".join(["word"] * 60)] * 6
    display = SequenceDisplay.from_sequences(texts, ["negative", "positive"] * 3)
    figure, ax = display.figure_, display.ax_[-1]
    figure.canvas.draw()
    names = [tick.get_window_extent() for tick in ax.get_yticklabels()]
    lines = [text.get_window_extent() for text in ax.texts]
    gap = figure.dpi / 72 * 6  # points
    assert all(name.x1 + gap < line.x0 for name, line in zip(names, lines, strict=True))
    assert all(line.x1 <= figure.bbox.x1 for line in lines)
