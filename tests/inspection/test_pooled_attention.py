import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from sksequence import (
    AttentionDisplay,
    RNNClassifier,
    RNNRegressor,
    SequenceScaler,
    TokenEncoder,
    Word2VecEmbedder,
)

matplotlib.use("Agg")
RNG = np.random.default_rng(0)
TEXTS = ["a good film", "a really bad film indeed", "good food", "bad , bad food"] * 10
LABELS = ["yes", "no"] * 20
SERIES = [RNG.normal(size=(n, 2)) for n in (5, 9, 7, 12) * 8]
SETTINGS = {"pooling": "attention", "hidden_size": 4, "max_epochs": 2, "random_state": 0}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def reader():
    return make_pipeline(TokenEncoder(), RNNClassifier(**SETTINGS)).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def watcher():
    return RNNRegressor(**SETTINGS).fit(SERIES, RNG.normal(size=len(SERIES)))


def words_of(ax):
    return [text.get_text() for text in ax.texts if "attention" not in text.get_text()][:-1]


def grounds(ax):
    return ax.collections[0].get_facecolor()


@pytest.mark.parametrize("words", [TokenEncoder, Word2VecEmbedder])
def test_words_are_coloured_by_their_weights(words):
    options = {} if words is TokenEncoder else {"vector_size": 4, "epochs": 1}
    pipeline = make_pipeline(words(**options), RNNClassifier(**SETTINGS)).fit(TEXTS, LABELS)
    display = AttentionDisplay.from_estimator(pipeline, TEXTS[1])
    X = pipeline[0].transform(TEXTS[1:2])
    wanted = pipeline[-1].attention_weights(X)[0][:, 0]
    np.testing.assert_array_equal(display.weights, wanted)
    assert display.weights.sum() == pytest.approx(1.0, abs=1e-6)
    assert display.source == TEXTS[1].split()
    assert words_of(display.ax_) == display.source
    shades = grounds(display.ax_)[:, :3].sum(axis=1)
    order = np.argsort(wanted)
    assert (np.diff(shades[order]) <= 1e-9).all()  # the heavier, the darker
    assert display.im_.get_clim() == (0.0, max(wanted.max(), 4 / len(wanted)))


def test_words_are_pale_where_all_count_the_same():
    for n in (2, 8, 50):
        even, words = np.full(n, 1 / n), ["word"] * n
        display = AttentionDisplay(even, words, "yes").plot()
        assert grounds(display.ax_)[:, :3].mean() > 0.8  # 1 is white
        line = display.ax_.get_lines()[0].get_xdata()[0]  # at a quarter of the scale
        edges = display.ax_.collections[-1].get_coordinates()[0, :, 0]
        assert (line - edges[0]) / (edges[-1] - edges[0]) == pytest.approx(0.25)
        told = display.ax_.texts[-1].get_text()
        assert told == f" 4 times an equal share of {1 / n:.2g} (the line)"
        assert f"</span>{told.strip()}</div>" in display._repr_html_()
        assert "left:25%" in display._repr_html_()
    one = np.array([0.02] * 5 + [0.9])
    assert AttentionDisplay(one, ["word"] * 6).plot().im_.get_clim() == (0.0, 0.9)
    assert grounds(plt.gca())[5, :3].mean() < 0.3


def test_html_holds_each_word_with_its_weight(reader):
    display = AttentionDisplay.from_estimator(reader, TEXTS[3])
    html = display._repr_html_()
    found = re.findall(r'title="([\d.e-]+)">([^<]+)<', html)
    assert [word for _, word in found] == TEXTS[3].split()
    np.testing.assert_allclose([float(w) for w, _ in found], display.weights, rtol=5e-3)
    assert not plt.get_fignums()  # shown once


def test_unknown_words_stand_in_brackets(reader):
    display = AttentionDisplay.from_estimator(reader, "A splendid film")
    assert display.source == ["a", "[splendid]", "film"]  # as the encoder cuts it


def test_the_title_tells_the_answer_and_the_right_one(reader):
    display = AttentionDisplay.from_estimator(reader, TEXTS[:2], LABELS[:2])
    answers, sure = reader.predict(TEXTS[:2]), reader.predict_proba(TEXTS[:2]).max(axis=1)
    for ax, answer, p, right in zip(display.ax_, answers, sure, LABELS, strict=False):
        assert ax.get_title(loc="left") == f"{answer} ({100 * p:.0f} %), truly {right}"
    assert display._repr_html_().count("<div>") == 2
    with pytest.raises(ValueError, match="got 2 sequences, but 1 entries in y"):
        AttentionDisplay.from_estimator(reader, TEXTS[:2], ["yes"])


def test_weights_stand_under_the_curves(watcher):
    display = AttentionDisplay.from_estimator(watcher, SERIES[:1])
    wanted = watcher.attention_weights(SERIES[:1])[0][:, 0]
    above, below = display.ax_.child_axes
    np.testing.assert_allclose([bar.get_height() for bar in below.patches], wanted)
    assert sum(bar.get_height() for bar in below.patches) == pytest.approx(1.0, abs=1e-6)
    for j, line in enumerate(above.get_lines()):
        np.testing.assert_array_equal(line.get_ydata(), SERIES[0][:, j])
    assert above.get_xlim() == below.get_xlim()
    assert below.get_lines()[0].get_ydata()[0] == 1 / len(wanted)
    answer = watcher.predict(SERIES[:1])[0]
    assert display.ax_.get_title(loc="left") == f"answer {answer:.4g}"
    assert display._repr_html_() is None
    display.figure_.canvas.draw()


def test_values_are_drawn_in_the_units_in_which_they_were_given():
    X = [1000 + 50 * row for row in SERIES]
    pipeline = make_pipeline(SequenceScaler(), RNNClassifier(**SETTINGS)).fit(X, ["a", "b"] * 16)
    display = AttentionDisplay.from_estimator(pipeline, X[:2])
    above, _ = display.ax_[1].child_axes
    np.testing.assert_array_equal(above.get_lines()[0].get_ydata(), X[1][:, 0])
    wanted = pipeline[-1].attention_weights(pipeline[0].transform(X[:2]))
    for row, weights in zip(wanted, display.weights, strict=True):
        np.testing.assert_array_equal(row[:, 0], weights)


def test_columns_have_their_names():
    frame = pd.concat(
        {i: pd.DataFrame(row, columns=["wind", "rain"]) for i, row in enumerate(SERIES)}
    )
    watcher = RNNRegressor(**SETTINGS).fit(frame, np.arange(32.0))
    display = AttentionDisplay.from_estimator(watcher, frame.loc[:0])
    legend = display.ax_.child_axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["wind", "rain"]
    with pytest.raises(ValueError, match="at most 12 sources in one figure, got 32"):
        AttentionDisplay.from_estimator(watcher, frame)


def test_many_features_are_a_heat_map_and_clips_a_film_strip():
    X = RNG.normal(size=(8, 6, 9))
    display = AttentionDisplay.from_estimator(RNNRegressor(**SETTINGS).fit(X, X[:, 0, 0]), X[:1])
    (im,) = display.ax_.child_axes[0].get_images()
    wanted = (X[0] - X[0].mean(axis=0)) / X[0].std(axis=0)
    np.testing.assert_allclose(im.get_array(), wanted.T)
    clips = RNG.random((8, 10, 4, 4))
    watcher = RNNRegressor(frame_encoder="cnn", **SETTINGS).fit(clips, np.arange(8.0))
    display = AttentionDisplay.from_estimator(watcher, clips[:1])
    heaviest = np.sort(np.argsort(-display.weights)[:8])
    labels = [label.get_text() for label in display.ax_.child_axes[0].get_xticklabels()]
    assert labels == [f"step {t}" for t in heaviest]


def test_colours_are_chosen_and_the_scale_may_be_left_out(reader):
    plain = AttentionDisplay.from_estimator(reader, TEXTS[1], colorbar=False, cmap="Oranges")
    assert [text.get_text() for text in plain.ax_.texts] == TEXTS[1].split()
    assert plain.im_.get_cmap().name == "Oranges"
    whole = AttentionDisplay.from_estimator(reader, TEXTS[1])
    top = max(4.0, whole.weights.max() * len(whole.weights))
    assert whole.ax_.texts[-1].get_text().startswith(f" {top:.2g} times an equal share")


def test_the_display_can_be_made_by_hand():
    display = AttentionDisplay(np.array([0.2, 0.8]), ["not", "bad"], "good").plot()
    assert display.ax_.get_title(loc="left") == "good"
    display = AttentionDisplay(np.array([0.2, 0.8]), np.array([3.0, 4.0])).plot()
    assert display.ax_.child_axes[0].get_lines()[0].get_ydata().tolist() == [3.0, 4.0]
    with pytest.raises(ValueError, match="weights of 2 steps, but 3 words"):
        AttentionDisplay(np.array([0.2, 0.8]), ["not", "so", "bad"]).plot()
    with pytest.raises(ValueError, match="at most 60 lines of text"):
        AttentionDisplay(np.full(900, 1 / 900), ["a-long-word"] * 900).plot()


def test_long_series_have_an_area_instead_of_bars():
    weights = np.full(400, 1 / 400)
    display = AttentionDisplay(weights, np.arange(400.0)).plot()
    below = display.ax_.child_axes[1]
    assert not below.patches
    assert display.im_ in below.collections


def test_other_poolings_say_what_to_set(reader):
    other = RNNRegressor(max_epochs=1, hidden_size=2).fit(SERIES, np.arange(32.0))
    with pytest.raises(AttributeError, match="needs pooling='attention'"):
        AttentionDisplay.from_estimator(other, SERIES[:1])
    with pytest.raises(NotFittedError):
        AttentionDisplay.from_estimator(RNNClassifier(pooling="attention"), SERIES[:1])
    with pytest.raises(ValueError, match="at most 12"):
        AttentionDisplay.from_estimator(reader, TEXTS)


def test_given_axes_are_used(reader):
    _, axes = plt.subplots(2)
    display = AttentionDisplay.from_estimator(reader, TEXTS[:2], ax=axes)
    assert list(display.ax_) == list(axes)
