"""Pictures of when labels were emitted."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sksequence import AlignmentDisplay, CTCTranscriber, LogMelSpectrogram, RNNClassifier
from sksequence.preprocessing._spectrogram import mel_edges

matplotlib.use("Agg")
RATE = 8000


@pytest.fixture(autouse=True)
def closed():
    yield
    matplotlib.pyplot.close("all")


def tone(key):
    hertz = {"a": 300, "b": 1200}[key]
    sound = np.sin(2 * np.pi * hertz * np.arange(0.1 * RATE) / RATE)
    return np.concatenate([np.zeros(400), sound])


@pytest.fixture(scope="module")
def pipeline():
    rng = np.random.default_rng(0)
    y = ["".join(rng.choice(list("ab"), size=n)) for n in rng.integers(1, 4, size=40)]
    X = [np.concatenate([tone(key) for key in text]) for text in y]
    network = CTCTranscriber(
        hidden_size=12,
        conv_size=8,
        conv_width=3,
        stride=2,
        learning_rate=0.02,
        max_epochs=12,
        batch_size=8,
        random_state=0,
    )
    spectrogram = LogMelSpectrogram(sampling_rate=RATE, n_mels=12, hop=20.0)
    return make_pipeline(spectrogram, network).fit(X, y)


def test_what_was_heard_and_emitted(pipeline):
    recording = np.concatenate([tone("a"), tone("b"), tone("b")])
    display = AlignmentDisplay.from_estimator(pipeline, recording, "abb")
    above, below = display.ax_
    X = pipeline[0].transform([recording])
    (span,) = pipeline[1].align(X, ["abb"])
    np.testing.assert_array_equal(display.spans, span)
    np.testing.assert_allclose(above.images[0].get_array(), X[0].T)
    assert display.step_seconds == pytest.approx(0.02)
    assert above.get_xlim() == below.get_xlim() == (0, pytest.approx(len(X[0]) * 0.02))
    assert [text.get_text() for text in below.texts] == ["a", "b", "b"]
    places = [text.get_position()[0] for text in below.texts]
    np.testing.assert_allclose(places, span.mean(axis=1) * 0.02)
    assert places == sorted(places)
    assert below.get_xlabel() == "seconds"


def test_lines_are_the_probabilities(pipeline):
    recording = np.concatenate([tone("a"), tone("b")])
    display = AlignmentDisplay.from_estimator(pipeline, recording)
    (proba,) = pipeline.predict_proba([recording])
    lines = {line.get_label(): line for line in display.ax_[1].lines}
    np.testing.assert_allclose(lines["blank"].get_ydata(), proba[:, -1])
    np.testing.assert_allclose(lines["a"].get_ydata(), proba[:, 0])
    np.testing.assert_allclose(lines["a"].get_xdata(), (np.arange(len(proba)) + 0.5) * 0.04)
    assert "".join(display.emitted) == pipeline.predict([recording])[0]


def test_axes_of_ones_own(pipeline):
    _, axes = matplotlib.pyplot.subplots(2, 1)
    display = AlignmentDisplay.from_estimator(pipeline, tone("a"), ax=axes)
    assert display.figure_ is axes[0].figure
    with pytest.raises(ValueError, match=r"needs 2 axes \(features, probabilities\), got 1"):
        display.plot(axes[0])


def test_without_features_time_is_counted_in_steps():
    proba = np.array([[0.9, 0.0, 0.1], [0.1, 0.01, 0.89]])
    display = AlignmentDisplay(proba, ["yes", "no"], ["yes"], [[0, 1]]).plot()
    (ax,) = display.ax_
    assert ax.get_xlabel() == "step"
    assert {line.get_label() for line in ax.lines} == {"blank", "yes"}  # "no" is never heard


@pytest.mark.parametrize(
    ("labels", "emitted", "words"),
    [
        (["a"], [], "probabilities of 3 columns, but 1 labels"),
        (["a", "b"], ["a"], "1 emitted labels, but spans of 0"),
    ],
)
def test_what_does_not_fit_is_refused(labels, emitted, words):
    with pytest.raises(ValueError, match=words):
        AlignmentDisplay(np.full((2, 3), 1 / 3), labels, emitted).plot()


def test_other_estimators_are_refused(pipeline):
    other = RNNClassifier(hidden_size=2, max_epochs=1).fit([[1.0], [2.0]] * 4, [0, 1] * 4)
    with pytest.raises(TypeError, match="what a CTCTranscriber emits, got RNNClassifier"):
        AlignmentDisplay.from_estimator(other, [1.0])
    X = pipeline[0].transform([tone("a"), tone("b")])
    with pytest.raises(ValueError, match="draws one sequence, got 2"):
        AlignmentDisplay.from_estimator(pipeline[1], X)
    with pytest.raises(ValueError, match="draws one sequence, got 2"):
        AlignmentDisplay.from_estimator(pipeline, [tone("a"), tone("b")])


def test_a_collection_of_one_will_do(pipeline):
    X, transcriber = pipeline[0].transform([tone("a")]), pipeline[1]
    heard = transcriber.predict_proba(X)[0]
    given = [(pipeline, one) for one in (tone("a"), (RATE, tone("a")))]
    given += [(pipeline, [one]) for one in (tone("a"), (RATE, tone("a")))]
    given += [(pipeline, pd.Series([tone("a")], index=[61])), (pipeline, tone("a")[np.newaxis])]
    given += [(transcriber, one) for one in (X, X[0], [X[0]], X[0][np.newaxis])]
    for estimator, one in given:
        display = AlignmentDisplay.from_estimator(estimator, one)
        np.testing.assert_allclose(display.probabilities, heard, atol=1e-6)


def test_bands_stand_at_their_frequencies(pipeline):
    above, _ = AlignmentDisplay.from_estimator(pipeline, tone("a")).ax_
    assert above.get_ylabel() == "hertz"
    middles = mel_edges(12, 20.0, RATE / 2)[1:-1]
    for at, text in zip(above.get_yticks(), above.get_yticklabels(), strict=True):
        hertz = float(text.get_text().replace(",", ""))
        assert np.interp(at, np.arange(12) + 0.5, middles) == pytest.approx(hertz, abs=1)
    assert [text.get_text() for text in above.get_yticklabels()] == ["250", "500", "1,000", "2,000"]


def test_slopes_of_bands_have_their_names(pipeline):
    X = LogMelSpectrogram(sampling_rate=RATE, n_mels=12, deltas=2).transform([tone("a")])
    names = X.only.feature_names
    display = AlignmentDisplay(np.ones((9, 2)), ["a"], (), None, X[0], feature_names=names).plot()
    texts = [text.get_text() for text in display.ax_[0].get_yticklabels()]
    assert texts[-2:] == ["slopes", "slopes of\nslopes"]
    assert np.diff(display.ax_[0].get_yticks()).min() >= 3
    display = AlignmentDisplay(np.ones((9, 2)), ["a"], (), None, X[0], feature_names=["x"] * 36)
    assert display.plot().ax_[0].get_ylabel() == "feature"


def test_lines_through_the_features_are_explained(pipeline):
    recording = np.concatenate([tone("a"), tone("b")])
    display = AlignmentDisplay.from_estimator(pipeline, recording, "ab")
    legend = display.ax_[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["middle of an\nemitted label"]
    assert len(display.ax_[0].lines) == 2
    nothing = AlignmentDisplay(np.ones((9, 2)), ["a"], (), None, np.ones((9, 3))).plot()
    assert nothing.ax_[0].get_legend() is None
