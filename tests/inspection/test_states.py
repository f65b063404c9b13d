"""States of units: what is shown, and which unit means what."""

import pickle
import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from sksequence import (
    GradientFlowDisplay,
    RNNClassifier,
    RNNForecaster,
    RNNLanguageModel,
    SequenceArray,
    StateDisplay,
    TokenEncoder,
    gradient_flow,
)
from sksequence.cells import Cell
from sksequence.inspection import find_units
from sksequence.inspection._coloured_text import as_html, in_lines


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def numbers():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=n) for n in rng.integers(3, 9, size=20)]
    return X, [x[0] > 0 for x in X]


@pytest.fixture(scope="module")
def classifier(numbers):
    return RNNClassifier(hidden_size=4, max_epochs=1, random_state=0).fit(*numbers)


@pytest.fixture(scope="module")
def letters():
    texts = ['ab"c', 'a"b"', "cc a", '"b'] * 5
    pipeline = make_pipeline(
        TokenEncoder("char"), RNNClassifier(hidden_size=3, max_epochs=1, random_state=0)
    )
    return pipeline.fit(texts, [0, 1, 0, 1] * 5)


# -- heat maps ----------------------------------------------------------------------


def test_heat_maps_show_states_and_gates(classifier, numbers):
    X, _ = numbers
    display = StateDisplay.from_estimator(classifier, X[2])
    labels = [ax.get_ylabel() for ax in display.ax_]
    assert labels == ["h", "c", "input gate", "forget gate", "output gate"]
    shown = [ax.images[0].get_array() for ax in display.ax_]
    np.testing.assert_allclose(shown[0].T, classifier.hidden_states(X[2:3])[0], atol=1e-6)
    h, c, output = shown[0], shown[1], shown[4]
    np.testing.assert_allclose(h, output * np.tanh(c), atol=1e-12)  # of an LSTM
    assert display.ax_[2].images[0].get_clim() == (0.0, 1.0)
    low, high = display.ax_[0].images[0].get_clim()
    assert low == -high == -np.abs(h).max()
    assert display._repr_html_() is None


def test_backward_layer_is_shown_in_the_order_of_time(numbers):
    X, y = numbers
    network = RNNClassifier(
        cell="gru", hidden_size=[2, 3], bidirectional=True, max_epochs=1, random_state=0
    ).fit(X, y)
    both = network.hidden_states(X[:1])[0]  # forward, then backward units of the last layer
    for layer, columns in (
        (-1, slice(0, 3)),
        ("recurrent 2", slice(0, 3)),
        ("recurrent 2 backward", slice(3, 6)),
    ):
        display = StateDisplay.from_estimator(network, X[0], layer=layer)
        np.testing.assert_allclose(display.states["h"], both[:, columns], atol=1e-6)
    assert StateDisplay.from_estimator(network, X[0], layer=0).states["h"].shape[1] == 2


def test_words_stand_under_the_heat_maps(letters):
    display = StateDisplay.from_estimator(letters, "ab c")
    labels = [label.get_text() for label in display.ax_[-1].get_xticklabels()]
    assert labels == ["a", "b", "\u2423", "c"]


def test_it_draws_where_it_is_told(classifier, numbers):
    figure, axes = plt.subplots(5)
    display = StateDisplay.from_estimator(classifier, numbers[0][0], ax=axes)
    assert list(display.ax_) == list(axes) and display.figure_ is figure
    with pytest.raises(ValueError, match=r"5 heat maps to draw .* got 1 axes"):
        StateDisplay.from_estimator(classifier, numbers[0][0], ax=axes[0])


# -- coloured text ------------------------------------------------------------------


def test_html_colours_every_character_and_escapes_it(letters):
    text = '<b>&"a'
    display = StateDisplay.from_estimator(letters, text, unit=1)
    html = display._repr_html_()
    spans = re.findall(
        r'<span style="background:(#\w{6});color:#\w{6}" title="([^"]+)">(.*?)</span>', html
    )
    assert [content for *_, content in spans] == ["&lt;", "b", "&gt;", "&amp;", "&quot;", "a"]
    values = np.array([float(value) for _, value, _ in spans])
    states = letters[-1].hidden_states(letters[0].transform([text]))[0]
    np.testing.assert_allclose(values, states[:, 1], atol=1e-3, rtol=1e-2)
    for ground, value in zip([g for g, *_ in spans], values, strict=True):
        red, blue = int(ground[1:3], 16), int(ground[5:7], 16)
        assert (red > blue) == (value > 0) or red == blue  # red: positive
    assert "<b>" not in html


def test_title_is_escaped_too():
    html = as_html(["a"], np.zeros(1), "RdBu_r", -1.0, 1.0, "<i>")
    assert "<i>" not in html and "&lt;i&gt;" in html


def test_figure_holds_every_word(letters):
    words = make_pipeline(
        TokenEncoder("word"), RNNClassifier(hidden_size=2, max_epochs=1, random_state=0)
    ).fit(["the cat sat", "a dog ran"] * 5, [0, 1] * 5)
    display = StateDisplay.from_estimator(words, "the strange dog", unit=0, part="forget")
    drawn = [text.get_text() for text in display.ax_.texts]
    assert drawn[0] == "the" and drawn[2] == "dog" and len(drawn) == 3
    assert display.ax_.get_title(loc="left") == "unit 0 of forget, recurrent 1"
    html = display._repr_html_()
    assert re.sub("<[^>]+>", "", html).endswith("the &lt;unk&gt; dog")


def test_a_notebook_shows_the_text_and_not_its_figure_too(letters):
    display = StateDisplay.from_estimator(letters, "abc", unit=0)
    assert plt.fignum_exists(display.figure_.number)
    display._repr_html_()
    assert not plt.fignum_exists(display.figure_.number)
    figure, ax = plt.subplots()
    StateDisplay.from_estimator(letters, "abc", unit=0, ax=ax)._repr_html_()
    assert plt.fignum_exists(figure.number)  # it was the user's


def test_lines_are_broken_where_they_are_full_and_where_the_text_breaks_them():
    lines = in_lines(["ab", "cde", "f", "\n", "g"], widest=6)
    assert [[i for i, *_ in line] for line in lines] == [[0, 1], [2, 3], [4]]
    assert lines[0] == [(0, 0, 2), (1, 3, 3)]
    (line,) = in_lines(list("ab"))
    assert line == [(0, 0, 1), (1, 1, 1)]  # characters follow one another


def test_states_leave_the_estimator_alone(letters):
    before = pickle.dumps(letters)
    StateDisplay.from_estimator(letters, "abc", unit=0)
    assert pickle.dumps(letters) == before


# -- units --------------------------------------------------------------------------


def follower(letters):
    """Unit 1 is +1 inside quotes and -1 outside, by hand: any network that does so is found."""

    class Reader(RNNClassifier):
        def hidden_states(self, X):
            rows = []
            for ids in X:
                tokens = letters[0].vocabulary_.decode(ids)
                inside = np.cumsum([token == '"' for token in tokens]) % 2
                noise = np.random.default_rng(len(rows)).normal(size=(len(ids), 3))
                noise[:, 1] = 1 - 2 * inside
                rows.append(noise)
            return SequenceArray.from_list(rows)

    reader = Reader()
    reader.__dict__.update(vars(letters[-1]))
    return make_pipeline(letters[0], reader)


def inside_quotes(tokens):
    return np.cumsum([token == '"' for token in tokens]) % 2


def test_the_unit_that_follows_a_property_is_found(letters):
    texts = ['a"bc"a', 'cc"a', '"ab" c']
    units = find_units(follower(letters), texts, inside_quotes)
    assert units["unit"][0] == 1
    assert units["auc"][0] == 0.0 and units["correlation"][0] == pytest.approx(-1.0)
    assert len(units) == 3
    same = find_units(follower(letters), texts, [inside_quotes(text) for text in texts])
    pd.testing.assert_frame_equal(units, same)
    assert len(find_units(follower(letters), texts, inside_quotes, max_units=1)) == 1


def test_scores_are_those_of_scikit_learn_and_numpy(classifier, numbers):
    X, _ = numbers
    rng = np.random.default_rng(0)
    yes = [rng.integers(0, 2, size=len(x)) for x in X]
    states = classifier.hidden_states(X).only.values
    units = find_units(classifier, X, yes)
    for row in units.itertuples():
        assert row.auc == pytest.approx(roc_auc_score(np.concatenate(yes), states[:, row.unit]))
    assert units["auc"].sub(0.5).abs().is_monotonic_decreasing
    units = find_units(classifier, X, np.cumsum)
    expected = np.concatenate([np.cumsum(x) for x in X])
    assert units.columns.tolist() == ["unit", "correlation"]
    for row in units.itertuples():
        r = np.corrcoef(expected, states[:, row.unit])[0, 1]
        assert row.correlation == pytest.approx(r)


def test_steps_with_nan_do_not_count(classifier, numbers):
    X, _ = numbers
    given = [x > 0 for x in X]
    cut = [np.where(np.arange(len(x)) < 2, x > 0, np.nan) for x in X]
    states = classifier.hidden_states(X)
    first = np.concatenate([s[:2] for s in states])
    units = find_units(classifier, X, cut)
    best = units["unit"][0]
    truth = np.concatenate([g[:2] for g in given])
    assert units["auc"][0] == pytest.approx(roc_auc_score(truth, first[:, best]))


# -- several networks side by side --------------------------------------------------


def test_gradient_flows_side_by_side(numbers):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 40))
    y = X[:, 0] > 0
    cells = {
        name: RNNClassifier(cell=name, hidden_size=4, max_epochs=1, random_state=0).fit(X, y)
        for name in ("rnn", "lstm")
    }
    display = GradientFlowDisplay.from_estimator(cells, X, y)
    flows = {name: gradient_flow(cell, X, y) for name, cell in cells.items()}
    for line, (name, flow) in zip(display.lines_, flows.items(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), np.maximum(flow.longest.share_left, 1e-11))
        memory = int(flow.memory_length)
        assert line.get_label() == f"{name}: 1 % left after {memory} steps"
        dots = [d for d in display.ax_.get_lines() if list(d.get_xdata()) == [memory]]
        assert dots
    norms = GradientFlowDisplay(flows["rnn"]).plot(values="norm")
    expected = np.median(flows["rnn"].layers[0].gradient_norms, axis=0)
    np.testing.assert_allclose(norms.lines_[0].get_ydata(), np.maximum(expected, 1e-11))
    assert norms.lines_[0].get_label().startswith("RNNClassifier, RNN cells: ")
    with pytest.raises(ValueError, match="got 'x'"):
        norms.plot(values="x")
    with pytest.raises(ValueError, match="empty dict"):
        GradientFlowDisplay.from_estimator({}, X, y)


def test_gradient_flows_of_a_list_are_named_by_their_cells():
    X = np.random.default_rng(0).normal(size=(10, 8))
    y = X[:, 0] > 0
    rnn, lstm = (
        RNNClassifier(cell=name, hidden_size=2, max_epochs=1, random_state=0).fit(X, y)
        for name in ("rnn", "lstm")
    )
    display = GradientFlowDisplay.from_estimator([rnn, lstm, rnn], X, y)
    assert list(display.flows) == [
        "RNNClassifier, RNN cells (0)",
        "RNNClassifier, LSTM cells",
        "RNNClassifier, RNN cells (2)",
    ]
    with pytest.raises(ValueError, match="empty list: give at least one"):
        GradientFlowDisplay.from_estimator([], X, y)


# -- bad input ----------------------------------------------------------------------


def test_bad_input(classifier, letters, numbers):
    X, _ = numbers
    with pytest.raises(NotFittedError):
        StateDisplay.from_estimator(RNNClassifier(), X[0])
    with pytest.raises(TypeError, match="Ridge has none"):
        StateDisplay.from_estimator(Ridge().fit([[0.0], [1.0]], [0, 1]), [0.0])
    series = np.sin(np.arange(30))
    forecaster = RNNForecaster(lookback=4, hidden_size=2, max_epochs=1, random_state=0)
    with pytest.raises(TypeError, match=r"hidden_states.*got RNNForecaster"):
        StateDisplay.from_estimator(forecaster.fit(None, series), series)
    with pytest.raises(ValueError, match="the sequence is no text"):
        StateDisplay.from_estimator(classifier, X[0], unit=0)
    with pytest.raises(ValueError, match="from 0 to 2, got 3"):
        StateDisplay.from_estimator(letters, "abc", unit=3)
    with pytest.raises(ValueError, match="no part 'z': known are 'h', 'c', 'input'"):
        StateDisplay.from_estimator(letters, "abc", unit=0, part="z")
    with pytest.raises(ValueError, match=r"no layer 'recurrent 3'.*'recurrent 1'"):
        StateDisplay.from_estimator(letters, "abc", layer="recurrent 3")
    with pytest.raises(ValueError, match="shows one sequence, got 20"):
        StateDisplay.from_estimator(classifier, SequenceArray.from_list(X))
    with pytest.raises(ValueError, match=r"shows one sequence, got 20: .* such as X\[0\]"):
        StateDisplay.from_estimator(classifier, X)
    with pytest.raises(ValueError, match="states of 2 steps, but 3 tokens"):
        StateDisplay({"h": np.zeros((2, 1))}, tokens=list("abc"), unit=0).plot()
    with pytest.raises(ValueError, match="at most 60 lines"):
        StateDisplay({"h": np.zeros((99, 1))}, tokens=["\n"] * 99, unit=0).plot()
    with pytest.raises(ValueError, match="1 values for sequence 0, which has"):
        find_units(classifier, X, lambda x: [1.0])
    with pytest.raises(ValueError, match="values for 1 sequences, but X has 20"):
        find_units(classifier, X, [[1.0]])
    with pytest.raises(ValueError, match="the same value at every step"):
        find_units(classifier, X, lambda x: np.zeros(len(x)))
    with pytest.raises(TypeError, match="hidden_states"):
        find_units(forecaster, X, np.cumsum)


def test_a_users_own_cell_is_shown_without_gates(numbers):
    X, y = numbers

    class Halving(Cell):
        n_gates = 1

        def step(self, weights, inputs, state):
            return ((state[0] + inputs @ weights["weight_ih"].T) / 2,)

    own = RNNClassifier(cell=Halving(), hidden_size=2, max_epochs=1, random_state=0).fit(X, y)
    display = StateDisplay.from_estimator(own, X[0])
    assert [ax.get_ylabel() for ax in display.ax_] == ["h"]
    (layer,) = gradient_flow(own, X, y).layers
    there = np.isfinite(layer.carried)
    expected = np.broadcast_to(0.5 ** np.arange(there.shape[1]), there.shape)
    np.testing.assert_allclose(layer.carried[there], expected[there])


def test_a_language_model_shows_its_own_steps():
    """The start symbol that it reads first belongs to no character."""
    text = 'say "yes" or no. ' * 20
    model = RNNLanguageModel(hidden_size=5, max_epochs=1, tbptt_steps=30, random_state=0).fit(text)
    display = StateDisplay.from_estimator(model, text, unit=2)  # longer than a stretch
    plt.close("all")
    assert display.tokens == list(text)
    expected = model.hidden_states(text)[0]
    np.testing.assert_allclose(display.states["h"], expected, atol=1e-5)
    units = find_units(model, text, lambda characters: [c == "s" for c in characters])
    assert len(units) == 5
    words = RNNLanguageModel(analyzer="word", hidden_size=5, max_epochs=1, tbptt_steps=9).fit(text)
    display = StateDisplay.from_estimator(words, 'say "no" ', unit=0)
    plt.close("all")
    assert display.tokens == ["say", '"', "no", '"']
    several = RNNLanguageModel(hidden_size=5, max_epochs=1, random_state=0).fit(["abc", "bcab"] * 9)
    display = StateDisplay.from_estimator(several, "cab", unit=0)
    plt.close("all")
    assert display.tokens == list("cab")
    expected = several.hidden_states(["cab"])[0]
    np.testing.assert_allclose(display.states["h"], expected, atol=1e-5)
