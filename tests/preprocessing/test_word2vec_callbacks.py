"""Callbacks hear of each epoch of word vectors, and may stop their training."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

pytest.importorskip("sklearn.callback")

from sksequence import Word2VecEmbedder
from sksequence.callbacks import (
    Checkpoint,
    LearningRateSchedule,
    StagesOfTraining,
    ValidationMonitor,
)

TEXTS = ["the soup was cold", "the waiter was cold", "a warm soup", "a warm waiter"] * 9


class Diary:
    """Writes down what it is told; stops after some epochs."""

    def __init__(self, stop_after=None):
        self.stop_after, self.told, self.copies = stop_after, [], []

    def setup(self, estimator, context):
        self.told.append("setup")

    def on_fit_task_begin(self, estimator, context, *, X=None):
        self.told.append(f"begin {context.task_name}")
        assert X is TEXTS

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.told.append(f"end {context.task_name}")
        n = len(context.training.history)
        if context.task_name == "epoch":
            self.copies.append(fitted_estimator)
            assert context.training.ends == (n == context.training.max_epochs)
        return context.task_name == "epoch" and n == self.stop_after

    def teardown(self, estimator, context):
        self.told.append("teardown")


def embedder(**options):
    return Word2VecEmbedder(
        **{"vector_size": 6, "sample": 0, "epochs": 4, "random_state": 0, **options}
    )


@pytest.mark.parametrize("fit", ["fit", "fit_transform"])
def test_a_task_for_each_epoch(fit):
    diary = Diary()
    watched = embedder().set_callbacks(diary)
    getattr(watched, fit)(TEXTS)
    epochs = ["begin epoch", "end epoch"] * 4
    assert diary.told == ["setup", "begin fit", *epochs, "end fit", "teardown"]
    plain = embedder().fit(TEXTS)
    np.testing.assert_array_equal(watched.vectors_, plain.vectors_)  # watching changes nothing
    assert watched.history_ == plain.history_
    assert not hasattr(watched, "_callback_fit_ctx")


def test_what_it_returns_stops_the_training():
    stopped = embedder().set_callbacks(Diary(stop_after=2)).fit(TEXTS)
    assert stopped.n_epochs_ == 2
    assert stopped.history_ == embedder().fit(TEXTS).history_[:2]
    assert stopped.transform(TEXTS).vectors is stopped.vectors_
    assert embedder().set_callbacks(Diary(stop_after=4)).fit(TEXTS).n_epochs_ == 4


@pytest.mark.parametrize("min_count", [1, 10])
def test_the_copy_is_fitted_as_if_training_had_ended(min_count):
    diary = Diary()
    full = embedder(min_count=min_count).set_callbacks(diary).fit(TEXTS)
    assert [copy.n_epochs_ for copy in diary.copies] == [1, 2, 3, 4]
    early = embedder(min_count=min_count).set_callbacks(Diary(stop_after=2)).fit(TEXTS)
    np.testing.assert_array_equal(diary.copies[1].vectors_, early.vectors_)
    np.testing.assert_array_equal(diary.copies[3].vectors_, full.vectors_)
    ours, theirs = diary.copies[1].transform(TEXTS), early.transform(TEXTS)
    np.testing.assert_array_equal(ours.values, theirs.values)
    assert ours.only.vectors_id == theirs.only.vectors_id


def test_ready_vectors_need_no_epoch():
    diary = Diary()
    ready = {"soup": np.ones(6), "cold": np.zeros(6)}
    embedder(pretrained=ready).set_callbacks(diary).fit(TEXTS)
    assert diary.told == ["setup", "begin fit", "end fit", "teardown"]


def test_an_error_of_a_callback_leaves_the_embedder_as_it_was():
    class Breaks(Diary):
        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("no")

    diary = Breaks()
    fitted = embedder().fit(TEXTS)
    before = fitted.vectors_
    with pytest.raises(RuntimeError, match="no"):
        fitted.set_callbacks(diary).fit(TEXTS)
    assert fitted.vectors_ is before
    assert diary.told[-1] == "teardown"


def test_in_a_pipeline_in_a_clone_and_in_a_pickle():
    diary = Diary(stop_after=3)
    pipeline = make_pipeline(
        embedder(pooling="mean").set_callbacks(diary), LogisticRegression()
    ).fit(TEXTS, ["cold", "cold", "warm", "warm"] * 9)
    assert pipeline[0].n_epochs_ == 3
    assert pipeline.score(TEXTS, ["cold", "cold", "warm", "warm"] * 9) > 0.5
    again = pickle.loads(pickle.dumps(embedder().set_callbacks(Diary()).fit(TEXTS)))
    assert again.n_epochs_ == 4
    assert clone(embedder()).set_callbacks() is not None


def test_the_progress_bar_of_scikit_learn(capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    embedder().set_callbacks(ProgressBar()).fit(TEXTS)
    assert "Word2VecEmbedder" in capsys.readouterr().out


def test_callbacks_that_need_a_network(tmp_path):
    slower = LearningRateSchedule(lambda history, rate: rate)
    kept = ValidationMonitor(lambda estimator, X: 0.0, TEXTS, keep_best=True)
    for callback in (slower, Checkpoint(tmp_path), kept):
        message = "a network, and Word2VecEmbedder trains none itself: .*call set_callbacks"
        with pytest.raises(TypeError, match=message):
            embedder().set_params(random_state=None).set_callbacks(callback).fit(TEXTS)
    with pytest.raises(TypeError, match=r"predictions .*Word2VecEmbedder has no predict:"):
        embedder().set_callbacks(ValidationMonitor("accuracy")).fit(TEXTS)
    with pytest.raises(ValueError, match="no data to score Word2VecEmbedder on: it trains no net"):
        embedder().set_callbacks(ValidationMonitor()).fit(TEXTS)
    monitor = ValidationMonitor(lambda estimator, X: len(estimator.vectors_), TEXTS)
    embedder().set_callbacks(monitor).fit(TEXTS)  # a score of the vectors themselves
    assert len(monitor.get_logs().data_as_pandas) == 4
    with pytest.raises(TypeError, match="belongs to a language model"):
        embedder().set_callbacks(StagesOfTraining([1])).fit(TEXTS)
