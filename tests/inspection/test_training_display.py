import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline

from sksequence import (
    RNNClassifier,
    RNNRegressor,
    SequenceScaler,
    TrainingDisplay,
    Word2VecEmbedder,
)

matplotlib.use("Agg")
X = np.random.default_rng(0).normal(size=(60, 8))
Y = np.where(X.sum(axis=1) > 0, "up", "down")
SETTINGS = {"hidden_size": 4, "max_epochs": 4, "random_state": 0}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def classifier():
    return RNNClassifier(
        early_stopping=True, learning_rate_schedule="cosine", gradient_clip=1e-4, **SETTINGS
    ).fit(X, Y)


def of(estimator, name):
    return [row[name] for row in estimator.history_]


def test_lines_are_the_history(classifier):
    display = TrainingDisplay.from_estimator(classifier)
    for name in ("train_loss", "valid_loss"):
        line = display.lines_["RNNClassifier", name]
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(line.get_ydata(), of(classifier, name))
    rate = display.lines_["RNNClassifier", "learning_rate"]
    np.testing.assert_array_equal(rate.get_ydata(), of(classifier, "learning_rate"))
    assert rate.axes is display.rate_ax_
    clipped = display.lines_["RNNClassifier", "gradients_clipped"].get_ydata()
    np.testing.assert_allclose(clipped, 100 * np.array(of(classifier, "gradients_clipped")))
    assert clipped.max() > 0  # in percent
    assert display.ax_.get_ylabel() == "cross-entropy (nats a sequence)"
    assert display.clipped_ax_.get_xlabel() == "epoch"
    display.figure_.canvas.draw()


def test_the_kept_epoch_is_ringed(classifier):
    display = TrainingDisplay.from_estimator(classifier)
    rings = [line for line in display.ax_.get_lines() if "kept" in str(line.get_label())]
    (ring,) = rings
    best = classifier.best_epoch_
    assert ring.get_label() == f"kept: epoch {best}"
    assert ring.get_xdata()[0] == best
    assert ring.get_ydata()[0] == classifier.history_[best - 1]["valid_loss"]
    assert best == 1 + np.argmin(of(classifier, "valid_loss"))


def test_frame_holds_each_epoch_and_what_was_kept(classifier):
    frame = TrainingDisplay.from_estimator(classifier).to_frame()
    np.testing.assert_array_equal(frame["train_loss"], of(classifier, "train_loss"))
    assert frame["epoch"][frame["kept"]].tolist() == [classifier.best_epoch_]


def test_without_changes_there_are_only_losses():
    plain = RNNRegressor(gradient_clip=None, early_stopping=False, **SETTINGS).fit(X, X[:, 0])
    display = TrainingDisplay.from_estimator(plain)
    assert display.rate_ax_ is None
    assert display.clipped_ax_ is None
    assert list(display.lines_) == [("RNNRegressor", "train_loss")]
    assert len(display.figure_.axes) == 1
    assert display.ax_.get_ylabel() == "squared error (of scaled targets)"


def test_fits_in_a_list_are_named_by_what_differs():
    fits = [RNNClassifier(cell=cell, **SETTINGS).fit(X, Y) for cell in ("rnn", "gru")]
    display = TrainingDisplay.from_estimator(fits)
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert names[:2] == ["cell=rnn", "cell=gru"]
    for fit, name in zip(fits, names, strict=False):
        line = display.lines_[name, "train_loss"]
        np.testing.assert_array_equal(line.get_ydata(), of(fit, "train_loss"))
    colors = {display.lines_[name, "train_loss"].get_color() for name in names[:2]}
    assert len(colors) == 2
    alike = TrainingDisplay.from_estimator([fits[0], fits[0]])
    assert {name for name, _ in alike.lines_} == {"fit 1", "fit 2"}


def test_folds_of_cross_validate_are_laid_over_each_other():
    pipeline = make_pipeline(SequenceScaler(), RNNClassifier(**SETTINGS))
    found = cross_validate(pipeline, X, Y, cv=3, return_estimator=True)
    display = TrainingDisplay.from_estimator(found)
    for i, fold in enumerate(found["estimator"], 1):
        line = display.lines_[f"fold {i}", "train_loss"]
        np.testing.assert_array_equal(line.get_ydata(), of(fold[-1], "train_loss"))
    with pytest.raises(ValueError, match="return_estimator=True"):
        TrainingDisplay.from_estimator(cross_validate(pipeline, X, Y, cv=2))


def test_many_fits_are_shades_of_one_scale():
    history = [{"epoch": 1, "train_loss": 1.0}, {"epoch": 2, "train_loss": 0.5}]
    display = TrainingDisplay({f"fold {i}": history for i in range(12)}).plot()
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert names == ["fold 0", "fold 11"]
    assert len({line.get_color() for line in display.lines_.values()}) == 12


def test_of_a_search_the_best_is_drawn():
    search = GridSearchCV(RNNClassifier(**SETTINGS), {"hidden_size": [2, 3]}, cv=2).fit(X, Y)
    display = TrainingDisplay.from_estimator(search)
    line = display.lines_["RNNClassifier", "train_loss"]
    np.testing.assert_array_equal(line.get_ydata(), of(search.best_estimator_, "train_loss"))
    search = GridSearchCV(RNNClassifier(**SETTINGS), {"hidden_size": [2]}, cv=2, refit=False)
    with pytest.raises(TypeError, match="set refit=True"):
        TrainingDisplay.from_estimator(search.fit(X, Y))


def test_true_loss_of_word_vectors_also_before_another_step():
    texts = ["a cat sat", "a dog ran"] * 20
    pipeline = make_pipeline(
        Word2VecEmbedder(vector_size=4, sample=0, epochs=3, pooling="mean", random_state=0),
        LogisticRegression(),
    ).fit(texts, [0, 1] * 20)
    display = TrainingDisplay.from_estimator(pipeline)
    line = display.lines_["Word2VecEmbedder", "loss"]
    np.testing.assert_array_equal(line.get_ydata(), of(pipeline[0], "loss"))
    ready = Word2VecEmbedder(pretrained={"a": np.ones(4)}, vector_size=4).fit(texts)
    with pytest.raises(ValueError, match="pretrained"):
        TrainingDisplay.from_estimator(ready)


def test_training_that_went_on_is_shown_whole():
    going = RNNClassifier(warm_start=True, **SETTINGS)
    going.fit(X, Y).fit(X, Y)
    display = TrainingDisplay.from_estimator(going)
    line = display.lines_["RNNClassifier", "train_loss"]
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 9))
    np.testing.assert_array_equal(line.get_ydata(), of(going, "train_loss"))


def test_training_that_was_interrupted_is_shown_as_far_as_it_came(monkeypatch):
    from sksequence.tasks import Classification

    stopped, calls = RNNClassifier(**{**SETTINGS, "max_epochs": 50}), []
    loss = Classification.loss

    def until_somebody_is_tired(self, outputs, batch):
        calls.append(1)
        if len(calls) > 7:
            raise KeyboardInterrupt
        return loss(self, outputs, batch)

    monkeypatch.setattr(Classification, "loss", until_somebody_is_tired)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(X, Y)
    n = len(stopped.history_)
    assert 0 < n < 50
    display = TrainingDisplay.from_estimator(stopped)
    assert len(display.lines_["RNNClassifier", "train_loss"].get_ydata()) == n


def test_logarithmic_axis_refuses_losses_below_zero():
    history = [{"train_loss": 1.0}, {"train_loss": 0.01}]
    display = TrainingDisplay(history).plot(log_scale=True)
    assert display.ax_.get_yscale() == "log"
    np.testing.assert_array_equal(display.lines_["fit", "train_loss"].get_xdata(), [1, 2])
    display.figure_.canvas.draw()
    labels = [t.get_text() for t in display.ax_.get_yticklabels()]
    assert "0.1" in labels  # no powers of ten
    with pytest.raises(ValueError, match="leave log_scale=False"):
        TrainingDisplay([{"train_loss": -1.0}]).plot(log_scale=True)


def test_given_axes_are_used(classifier):
    _, (one, two) = plt.subplots(2)
    display = TrainingDisplay.from_estimator(classifier, ax=[one, two])
    assert (display.ax_, display.rate_ax_, display.clipped_ax_) == (one, two, None)
    display = TrainingDisplay.from_estimator(classifier, ax=one)
    assert (display.ax_, display.rate_ax_) == (one, None)
    assert TrainingDisplay.from_estimator(classifier, details=False).rate_ax_ is None


def test_what_cannot_be_drawn_says_why():
    with pytest.raises(NotFittedError):
        TrainingDisplay.from_estimator(RNNClassifier())
    with pytest.raises(NotFittedError):
        TrainingDisplay.from_estimator(make_pipeline(SequenceScaler(), RNNClassifier()))
    with pytest.raises(TypeError, match="LogisticRegression has none"):
        TrainingDisplay.from_estimator(LogisticRegression().fit(X, Y))
    with pytest.raises(TypeError, match="fitted estimator such as RNNClassifier"):
        TrainingDisplay.from_estimator(RNNClassifier)
    with pytest.raises(ValueError, match="at least one fitted estimator"):
        TrainingDisplay.from_estimator([])
    with pytest.raises(ValueError, match="'train_loss'"):
        TrainingDisplay([{"loss_of_mine": 1.0}]).plot()
    with pytest.raises(ValueError, match="no epoch"):
        TrainingDisplay([]).plot()


def test_nothing_lies_on_another(classifier):
    display = TrainingDisplay.from_estimator(classifier)
    display.figure_.canvas.draw()
    axes = (display.ax_, display.rate_ax_, display.clipped_ax_)
    boxes = [ax.yaxis.label.get_window_extent() for ax in axes]
    boxes += [ax.get_window_extent() for ax in axes]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
        assert box.x0 >= 0
        assert box.y0 >= 0
