import warnings
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.font_manager import fontManager
from torch import nn

from sksequence import AttentionDisplay, ImageFeaturizer, Seq2SeqTransformer, TokenEncoder
from sksequence.datasets import make_reversal
from sksequence.estimators import SequenceCaptioner
from sksequence.inspection._letters import drawable, shown
from sksequence.inspection._word_maps import upsampled


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def pairs():
    X, y = make_reversal(40, max_steps=5, n_tokens=4, random_state=0)
    return [" ".join(text) for text in X], [" ".join(text) for text in y]


@pytest.fixture(scope="module")
def model(pairs):
    return Seq2SeqTransformer(hidden_size=8, max_epochs=2, random_state=0).fit(*pairs)


@pytest.fixture
def only_dejavu(monkeypatch):
    fonts = [f for f in fontManager.ttflist if f.name == "DejaVu Sans"]
    monkeypatch.setattr(fontManager, "ttflist", fonts)
    monkeypatch.setitem(matplotlib.rcParams, "font.family", ["DejaVu Sans"])


def weights(n_target, n_source, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(n_source), size=n_target)


def words(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def overlap(labels):
    """Whether neighbouring labels that were drawn lie on each other."""
    labels[0].figure.canvas.draw()
    boxes = [label.get_window_extent() for label in labels if label.get_text()]
    return any(a.overlaps(b) for a, b in pairwise(boxes))


def test_heat_map_shows_the_weights_with_the_words_on_both_axes():
    given = weights(3, 4)
    display = AttentionDisplay(given, "der Hund schläft .".split(), "the dog sleeps".split())
    assert display.plot() is display
    assert words(display.ax_.xaxis) == ["der", "Hund", "schläft", "."]
    assert words(display.ax_.yaxis) == ["the", "dog", "sleeps"]
    np.testing.assert_array_equal(display.im_.get_array(), given)
    assert display.im_.get_clim() == (0.0, 1.0)
    assert display.im_.origin == "upper"  # what is written first is at the top
    assert display.figure_ is display.ax_.figure


def test_colour_bar_and_keywords():
    display = AttentionDisplay(weights(2, 2), "ab", "cd").plot(colorbar=False)
    assert display.im_.colorbar is None
    display.plot(cmap="viridis", im_kw={"vmax": 0.5})
    assert display.im_.colorbar.ax.get_ylabel() == "attention"
    assert display.im_.get_clim() == (0.0, 0.5)
    assert display.im_.get_cmap().name == "viridis"


@pytest.mark.parametrize("constrained", [True, False])
def test_it_draws_where_it_is_told(constrained):
    figure, ax = plt.subplots(layout="constrained" if constrained else None)
    size = figure.get_size_inches().copy()
    display = AttentionDisplay(weights(2, 3), "abc", "de").plot(ax)
    figure.canvas.draw()
    assert display.ax_ is ax and display.figure_ is figure
    np.testing.assert_array_equal(figure.get_size_inches(), size)


def test_numbers_become_steps():
    display = AttentionDisplay(weights(30, 200), range(200), range(30)).plot()
    assert display.ax_.get_xlabel() == "source step"
    assert display.ax_.get_ylabel() == "target step"
    assert all(float(at).is_integer() for at in display.ax_.get_xticks())
    assert len(display.ax_.get_xticks()) < 20


@pytest.mark.parametrize(("n_target", "n_source"), [(1, 1), (1, 60), (4, 60), (30, 3), (1, 150)])
def test_words_never_lie_on_each_other(n_target, n_source):
    source, target = ["Wassermelone"] * n_source, ["watermelon"] * n_target
    display = AttentionDisplay(weights(n_target, n_source), source, target).plot()
    display.figure_.canvas.draw()
    width, height = display.figure_.get_size_inches()
    assert width < 25 and height < 25
    assert not overlap(display.ax_.get_yticklabels())
    labels = display.ax_.get_xticklabels()
    # turned labels: letters are as high as the distance of two labels at most
    distance = np.diff([label.get_window_extent().x0 for label in labels])
    turned = np.sin(np.deg2rad(labels[0].get_rotation()))
    points = distance * 72 / display.figure_.dpi
    assert (points * turned >= 0.8 * labels[0].get_fontsize()).all()


def test_all_words_lie_inside_their_own_figure():
    source = ["Donaudampfschifffahrtsgesellschaft", "a", "Bundesausbildungsförderung"]
    display = AttentionDisplay(weights(2, 3), source, ["ship", "antidisestablishment"]).plot()
    display.figure_.canvas.draw()
    box = display.figure_.get_tightbbox()
    size = display.figure_.get_size_inches()
    assert box.x0 >= -0.01 and box.y0 >= -0.01
    assert box.x1 <= size[0] + 0.01 and box.y1 <= size[1] + 0.01


def test_what_labels_show():
    assert shown(" ") == "␣" and shown("\n") == "↵" and shown("\t") == "⇥" and shown("") == "∅"
    assert shown("x" * 24) == "x" * 24
    assert shown("x" * 25) == "x" * 23 + "…"
    assert shown("a\x00b") == "a·b"
    assert shown(3) == "3"


def test_dollars_are_no_mathematics():
    display = AttentionDisplay(weights(1, 2), ["$x_", "1$"], ["$\\alpha$"]).plot()
    display.figure_.canvas.draw()
    assert words(display.ax_.yaxis) == ["$\\alpha$"]
    assert not display.ax_.get_yticklabels()[0].get_parse_math()


def test_letters_without_a_font_are_boxes_and_are_named_once(only_dejavu):
    with pytest.warns(UserWarning, match="No installed font has the letters '猫'") as caught:
        texts, families = drawable(["a猫", "猫", "b"])
    assert texts == {"a猫": "a□", "猫": "□", "b": "b"}
    assert len(caught) == 1 and families == ["DejaVu Sans"]


def test_letters_of_other_scripts_are_found_in_installed_fonts():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        display = AttentionDisplay(weights(2, 2), ["שועל", "قفز"], ["лиса", "φ"]).plot()
        display.figure_.canvas.draw()
    assert words(display.ax_.yaxis) == ["лиса", "φ"]


def test_unknown_words_stand_out():
    display = AttentionDisplay(
        weights(2, 2), ["der", "Wombat"], ["the", "wombat"], unknown_source={"Wombat"}
    ).plot()
    known, unknown = display.ax_.get_xticklabels()
    assert known.get_fontstyle() == "normal" and unknown.get_fontstyle() == "italic"
    assert known.get_color() != unknown.get_color()
    assert "unknown" in display.ax_.get_xlabel()
    assert "unknown" not in display.ax_.get_ylabel()


def test_nothing_written_is_said():
    display = AttentionDisplay(np.empty((0, 2)), ["a", "b"], []).plot()
    assert words(display.ax_.yaxis) == ["(nothing was written)"]


# -- from an estimator --------------------------------------------------------------------------


def test_one_source_of_an_estimator(model, pairs):
    display = AttentionDisplay.from_estimator(model, pairs[0][0])
    (frame,) = model.align(pairs[0][:1], as_frame=True)
    np.testing.assert_array_equal(display.weights, frame.to_numpy())
    assert words(display.ax_.xaxis) == pairs[0][0].split()
    assert display.target == list(frame.index)
    same = AttentionDisplay.from_estimator(model, pairs[0][:1])
    np.testing.assert_array_equal(same.weights, display.weights)


def test_given_targets(model, pairs):
    display = AttentionDisplay.from_estimator(model, pairs[0][0], pairs[1][0])
    assert words(display.ax_.yaxis) == pairs[1][0].split()


def test_a_few_sources_get_axes_each(model, pairs):
    display = AttentionDisplay.from_estimator(model, pairs[0][:3])
    assert display.ax_.shape == (3,)
    assert [words(ax.xaxis) for ax in display.ax_] == [text.split() for text in pairs[0][:3]]
    assert len(display.im_) == 3
    _, axes = plt.subplots(1, 2)
    display = AttentionDisplay.from_estimator(model, pairs[0][:2], ax=axes)
    assert list(display.ax_) == list(axes)
    with pytest.raises(ValueError, match="has 3 alignments to draw, got 2 axes"):
        AttentionDisplay.from_estimator(model, pairs[0][:3], ax=axes)
    with pytest.raises(ValueError, match=r"at most 12 sources in one figure, got 40: .*X\[:3\]"):
        AttentionDisplay.from_estimator(model, pairs[0])


def test_words_that_were_never_seen_are_marked(model):
    display = AttentionDisplay.from_estimator(model, "a zebra b", "b zebra a")
    assert display.unknown_source == {"zebra", "<unk>"} == display.unknown_target
    styles = [label.get_fontstyle() for label in display.ax_.get_xticklabels()]
    assert styles == ["normal", "italic", "normal"]


def test_pipelines_show_the_tokens_of_their_encoder(pairs):
    X, y = pairs
    writer = Seq2SeqTransformer(hidden_size=8, max_epochs=1, random_state=0)
    pipeline = make_pipeline(TokenEncoder(), writer).fit(X, y)
    display = AttentionDisplay.from_estimator(pipeline, "a b never", y[0])
    assert words(display.ax_.xaxis) == ["a", "b", "<unk>"]
    assert display.ax_.get_xticklabels()[2].get_fontstyle() == "italic"
    bare = AttentionDisplay.from_estimator(pipeline[-1], pipeline[:-1].transform(["a b"]), y[:1])
    assert [word.isdigit() for word in words(bare.ax_.xaxis)] == [True, True]


def test_numeric_sequences(pairs):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=n) for n in (5, 9, 7, 6)]
    y = [x[::2] for x in X]
    model = Seq2SeqTransformer(hidden_size=4, max_epochs=1, random_state=0).fit(X, y)
    display = AttentionDisplay.from_estimator(model, X[:1], y[:1])
    assert display.ax_.get_xlabel() == "source step"
    assert display.weights.shape == (3, 5)


def test_estimators_without_attention(pairs):
    model = Seq2SeqTransformer(attention=None, hidden_size=4, max_epochs=1).fit(*pairs)
    with pytest.raises(AttributeError, match="attention='additive'"):
        AttentionDisplay.from_estimator(model, pairs[0][0])
    with pytest.raises(TypeError, match="such as Seq2SeqTransformer, got LinearRegression"):
        AttentionDisplay.from_estimator(LinearRegression(), [[1.0]])


def test_matplotlib_is_asked_for(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"sksequence\[plot\]"):
        AttentionDisplay(weights(1, 1), ["a"], ["b"]).plot()


def test_sizes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"= \(2, 3\), .* got \(3, 2\)"):
        AttentionDisplay(weights(3, 2), "abc", "de").plot()
    with pytest.raises(ValueError, match="2 alignments in weights, but 1 in source"):
        AttentionDisplay([weights(1, 1)] * 2, ["a"], ["a", "b"]).plot()
    image = np.zeros((8, 8, 3))
    with pytest.raises(ValueError, match=r"over 6 locations, which are no grid of 2 x 2"):
        AttentionDisplay(weights(2, 6), None, "ab", image).plot()
    with pytest.raises(ValueError, match=r"with 3 words, got \(2, 4\)"):
        AttentionDisplay(weights(2, 4), None, "abc", image).plot()


# -- captions -------------------------------------------------------------------------------------


def test_an_image_gets_a_picture_for_each_word():
    image = np.random.default_rng(0).uniform(size=(20, 30, 3))
    display = AttentionDisplay(weights(3, 6), None, ["a", "red", "dog"], image, (2, 3)).plot()
    pictures = display.ax_.child_axes
    assert [p.get_title() for p in pictures] == ["", "a", "red", "dog"]
    assert len(display.im_) == 3
    np.testing.assert_allclose(pictures[0].images[0].get_array(), image, rtol=1e-6)
    assert display.im_[0].get_extent() == [-0.5, 29.5, 19.5, -0.5]
    display.figure_.canvas.draw()


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (8, 8, 3)])
def test_grey_images_and_bytes(shape):
    image = np.full(shape, 255, np.uint8)
    display = AttentionDisplay(weights(2, 4), None, ["a", "b"], image).plot(cmap="inferno")
    display.figure_.canvas.draw()
    assert display.im_[0].get_cmap().name == "inferno"


def test_what_was_looked_at_keeps_its_colours():
    image = np.full((16, 16, 3), (1.0, 0.0, 0.0))
    looked = np.array([[1.0, 0.0, 0.0, 0.0]])  # upper left
    veil = AttentionDisplay(looked, None, ["a"], image).plot().im_[0].get_alpha()
    assert veil[0, 0] < 0.05
    assert veil[-1, -1] > 0.95


def test_upsampling_is_smooth_and_keeps_places_and_uniform_maps():
    one = np.zeros((4, 6))
    one[1, 4] = 1.0
    fine = upsampled(one, (40, 60))
    row, column = np.unravel_index(fine.argmax(), fine.shape)
    assert int(4 * (row + 0.5) / len(fine)) == 1
    assert int(6 * (column + 0.5) / fine.shape[1]) == 4
    assert fine.min() >= 0
    assert np.abs(np.diff(fine, axis=0)).max() < 0.1
    np.testing.assert_allclose(upsampled(np.full((3, 3), 0.2), (9, 9)), 0.2)


@pytest.fixture(scope="module")
def images():
    """Squares left or right, grey levels between 0 and 1."""
    X = np.zeros((12, 16, 24, 3))
    for i in range(12):
        X[i, 4:12, 4 + 8 * (i % 2) :][:, :8, i % 3] = 1.0
    return X, [["left square", "on the left"], ["right square", "on the right"]] * 6


def test_a_captioner_that_reads_images(images):
    X, y = images
    model = SequenceCaptioner(image_encoder="cnn", hidden_size=8, max_epochs=1, random_state=0)
    model.fit(X, y)
    display = AttentionDisplay.from_estimator(model, X[:2], ["left square", "on the right"])
    assert [len(maps) for maps in display.im_] == [2, 3]
    assert [p.get_title() for p in display.ax_[1].child_axes] == ["", "on", "the", "right"]
    one = AttentionDisplay.from_estimator(model, X[:1])
    assert one.grid_shape == model.grid_shape_
    np.testing.assert_array_equal(one.image, X[0])
    np.testing.assert_array_equal(one.weights, model.align(X[:1])[0].reshape(one.weights.shape))


@pytest.mark.parametrize("resize", ["stretch", "crop"])
def test_a_captioner_after_a_featurizer_shows_what_the_featurizer_saw(images, resize):
    X, y = images
    eye = ImageFeaturizer(
        nn.Sequential(nn.Conv2d(3, 4, 4, stride=4)), size=8, resize=resize, output="grid"
    )
    captioner = SequenceCaptioner(hidden_size=8, max_epochs=1, random_state=0)
    pipeline = make_pipeline(eye, captioner).fit(X, y)
    display = AttentionDisplay.from_estimator(pipeline, X[:1])
    assert display.grid_shape == (2, 2)
    expected = X[0] if resize == "stretch" else X[0, :, 4:20]
    np.testing.assert_allclose(display.image, expected)


def test_vectors_of_locations_with_an_image_of_ones_own(images):
    X, y = images
    grids = X[:, ::8, ::8].reshape(12, 6, 3)
    model = SequenceCaptioner(hidden_size=8, max_epochs=1, random_state=0).fit(grids, y)
    bare = AttentionDisplay.from_estimator(model, grids[:1], y[0][:1])
    assert bare.weights.shape == (2, 6)
    settings = {"image": X[0], "grid_shape": (2, 3)}
    display = AttentionDisplay.from_estimator(model, grids[:1], y[0][:1], **settings)
    assert display.im_[0].get_extent() == [-0.5, 23.5, 15.5, -0.5]


def test_a_long_source_is_no_blank_sheet():
    weights = np.full((3, 90), 1 / 90)
    display = AttentionDisplay(weights, list("x" * 90), ["a", "b", "c"]).plot()
    assert display.im_.get_clim() == (0.0, pytest.approx(1 / 90))
