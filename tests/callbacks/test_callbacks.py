"""Scores, step sizes, texts and records while a training runs."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sksequence import RNNClassifier, RNNLanguageModel, RNNTagger, SequenceArray, SequenceScaler
from sksequence.callbacks import (
    LearningRateSchedule,
    MLflowLogger,
    StagesOfTraining,
    TensorBoardLogger,
    ValidationMonitor,
)
from tests.callbacks.conftest import Crash, Watching, assert_same, walks, weights

callback = pytest.importorskip("sklearn.callback")


class Notes(Watching):
    """What is told, in order."""

    def __init__(self, stop_after=None):
        self.told, self.stop_after = [], stop_after

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.told.append(f"{context.task_name} {context.task_id} begins")

    def on_fit_task_end(self, estimator, context):
        self.told.append(f"{context.task_name} {context.task_id} ends")
        return len(context.training.history) == self.stop_after


# -- scikit-learn's protocol ------------------------------------------------------------------


def test_hooks_are_called_in_order(data, classifier):
    notes = Notes()
    classifier.set_params(max_epochs=2).set_callbacks(notes).fit(*data)
    assert notes.told == [
        "setup",
        "fit 0 begins",
        "epoch 0 begins",
        "epoch 0 ends",
        "epoch 1 begins",
        "epoch 1 ends",
        "fit 0 ends",
        "teardown",
    ]


def test_a_returned_value_stops(data, classifier):
    straight = clone(classifier).set_params(max_epochs=3, learning_rate_schedule="constant")
    stopped = clone(straight).set_params(max_epochs=50).set_callbacks(Notes(stop_after=3))
    assert_same(stopped.fit(*data), straight.fit(*data))
    assert stopped.n_epochs_ == 3


def test_watching_changes_nothing(data, classifier):
    monitor = callback.ScoringMonitor(scoring="accuracy")
    watched = clone(classifier).set_callbacks(monitor, ValidationMonitor(), Notes())
    assert_same(watched.fit(*data), classifier.fit(*data))


def test_scores_of_an_epoch_are_those_of_a_fit_that_ends_there(data, classifier):
    classifier.set_params(early_stopping=False, learning_rate_schedule="constant")
    monitor = callback.ScoringMonitor(scoring="accuracy")
    clone(classifier).set_callbacks(monitor).fit(*data)
    logs = monitor.get_logs().data_as_pandas
    epochs = logs[logs["task_name"] == "epoch"]["accuracy"]
    expected = [clone(classifier).set_params(max_epochs=n + 1).fit(*data) for n in range(6)]
    assert list(epochs) == [fitted.score(*data) for fitted in expected]


def test_a_search_in_processes_collects_all_scores(data):
    monitor = ValidationMonitor("accuracy")
    classifier = RNNClassifier(
        hidden_size=4, max_epochs=2, early_stopping=True, random_state=0
    ).set_callbacks(monitor)
    steps = make_pipeline(SequenceScaler(), classifier)
    grid = {"rnnclassifier__hidden_size": [2, 4]}
    GridSearchCV(steps, grid, cv=2, n_jobs=2).fit(*data)
    logs = monitor.get_logs().data_as_pandas
    assert len(logs) == (2 * 2 + 1) * 2
    assert logs["accuracy"].between(0, 1).all()


def test_an_error_of_a_callback_leaves_the_estimator_as_it_was(data, classifier):
    classifier.fit(*data)
    before = weights(classifier)
    notes = Notes()
    with pytest.raises(RuntimeError, match="crash"):
        classifier.set_callbacks(notes, Crash(3)).fit(*data)
    assert notes.told[-1] == "teardown"
    for a, b in zip(weights(classifier), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_progress_bar_of_scikit_learn(data, classifier, capsys):
    pytest.importorskip("rich")
    classifier.set_callbacks(callback.ProgressBar()).fit(*data)
    assert "RNNClassifier - fit" in capsys.readouterr().out


# -- ValidationMonitor ------------------------------------------------------------------------


def test_the_monitor_scores_what_was_held_back(classifier):
    X, y = walks(300)
    classifier.set_params(max_epochs=1)
    monitor = ValidationMonitor({"macro": "f1_macro", "own": None})
    seen = Seen()
    classifier.set_callbacks(monitor, seen).fit(X, y)
    X_val, y_val = seen.data.validation
    assert len(X_val) == 60
    row = monitor.get_logs().data_as_pandas.iloc[0]
    assert row["macro"] == f1_score(y_val, classifier.predict(X_val), average="macro")
    assert row["own"] == classifier.score(X_val, y_val)


class Seen(Watching):
    """The data of a fit."""

    def on_fit_task_end(self, estimator, context):
        self.data = context.data


@pytest.mark.parametrize("container", ["list", "SequenceArray", "DataFrame"])
def test_held_back_in_every_container(classifier, container):
    X, y = walks(100)
    weights_ = np.where(np.arange(100) % 3, 1.0, 0.0)
    given = X
    if container != "list":
        given = SequenceArray.from_list(X)
    if container == "DataFrame":
        given = frame_of(X)
    seen = Seen()
    classifier.set_callbacks(seen).fit(given, y, sample_weight=weights_)
    X_val, y_val = seen.data.validation
    kept = {tuple(np.ravel(x)): label for x, label, w in zip(X, y, weights_, strict=True) if w}
    assert len(X_val) == 14  # a fifth of 67
    for x, label in zip(list(X_val), y_val, strict=True):
        assert kept[tuple(np.ravel(x))] == label


def frame_of(X):
    import pandas as pd

    index = [(i, t) for i, x in enumerate(X) for t in range(len(x))]
    return pd.DataFrame({"x": np.concatenate(X)}, pd.MultiIndex.from_tuples(index))


def test_given_validation_data(data, classifier):
    monitor = ValidationMonitor()
    other = walks(50, seed=1)
    classifier.set_callbacks(monitor).fit(*data, X_val=other[0], y_val=other[1])
    scores = monitor.get_logs().data_as_pandas["score"]
    assert classifier.score(*other) == scores[classifier.best_epoch_ - 1]
    apart = ValidationMonitor(X=other[0], y=other[1])
    classifier.set_callbacks(apart).fit(*data, X_val=other[0], y_val=other[1])
    assert list(apart.get_logs().data_as_pandas["score"]) == list(scores)


def scripted(values):
    """A score that is known beforehand."""
    values = iter(values)

    def score(estimator, X, y=None):
        return next(values)

    return score


def test_stops_and_keeps_by_the_score(data, classifier):
    monitor = ValidationMonitor(
        scripted([0.1, 0.3, 0.2, 0.3, 0.9]), n_iter_no_change=2, keep_best=True
    )
    classifier.set_params(max_epochs=50, learning_rate_schedule="constant", n_iter_no_change=50)
    two = (
        clone(classifier)
        .set_params(max_epochs=2)
        .set_callbacks(ValidationMonitor(scripted([0, 1]), keep_best=True))
    )
    classifier.set_callbacks(monitor).fit(*data)
    assert (classifier.n_epochs_, classifier.best_epoch_) == (4, 2)
    for a, b in zip(weights(classifier), weights(two.fit(*data)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_second_epoch(data, classifier):
    monitor = ValidationMonitor(every=2)
    classifier.set_callbacks(monitor).fit(*data)
    assert list(monitor.get_logs().data_as_pandas["task_id"]) == [1, 3, 5]


def test_entity_scores_choose_the_epoch_of_a_tagger():
    sentences = [["Ann", "met", "Bob"], ["Bob", "ran"], ["Ann", "saw", "it"]] * 10
    tags = [["B-PER" if w in ("Ann", "Bob") else "O" for w in s] for s in sentences]
    monitor = ValidationMonitor("entity_f1", sentences, tags, keep_best=True)
    tagger = RNNTagger(
        hidden_size=8, character_network=None, max_epochs=4, early_stopping=False, random_state=0
    )
    tagger.set_callbacks(monitor).fit(sentences, tags)
    scores = monitor.get_logs().data_as_pandas["entity_f1"]
    assert tagger.best_epoch_ == scores.idxmax() + 1


def test_needs_validation_data(data, classifier):
    classifier.set_params(early_stopping=False).set_callbacks(ValidationMonitor())
    with pytest.raises(ValueError, match="no data to score RNNClassifier on: give X and y"):
        classifier.fit(*data)


def test_a_misspelt_scorer():
    with pytest.raises(ValueError, match=r"no scorer 'acuracy': did you mean 'accuracy'"):
        ValidationMonitor("acuracy")


@pytest.mark.parametrize("wrong", [{"every": 0}, {"n_iter_no_change": 1.5}])
def test_wrong_numbers(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ValidationMonitor(**wrong)


# -- LearningRateSchedule ---------------------------------------------------------------------


def test_step_sizes_equal_those_of_the_same_schedule_by_name(data, classifier):
    """A function of the share done, at the beginning of each epoch, and held."""
    classifier.set_params(learning_rate_schedule=lambda p: 0.5 ** int(6 * p), early_stopping=False)
    by_share = clone(classifier).fit(*data)
    halved = LearningRateSchedule(lambda history, rate: rate / 2 if history else rate)
    classifier.set_params(learning_rate_schedule="constant").set_callbacks(halved)
    assert_same(classifier.fit(*data), by_share)


def test_a_rule_that_gives_no_step_size(data, classifier):
    classifier.set_callbacks(LearningRateSchedule(lambda history, rate: None))
    with pytest.raises(ValueError, match=r"gave None before epoch 1"):
        classifier.fit(*data)
    classifier.set_callbacks(LearningRateSchedule(lambda history, rate: -rate))
    with pytest.raises(ValueError, match=r"gave -0.005 before epoch 1"):
        classifier.fit(*data)
    with pytest.raises(TypeError, match="function"):
        LearningRateSchedule(0.1)


# -- StagesOfTraining -------------------------------------------------------------------------


def test_texts_of_each_stage(capsys):
    text = "the cat sat on the mat. " * 20
    model = RNNLanguageModel(
        hidden_size=16, tbptt_steps=24, batch_size=4, max_epochs=3, random_state=0
    )
    stages = StagesOfTraining([0, 1, 3], show=True, prefix="the ", max_steps=12)
    clone(model).set_callbacks(stages).fit(text)
    assert list(stages.stages_) == [0, 1, 3]
    for n in (1, 3):
        fitted = clone(model).set_params(max_epochs=n).fit(text)
        assert stages.stages_[n] == fitted.sample(prefix="the ", max_steps=12, random_state=0)
    assert "-- after 0 epochs:\nthe " in capsys.readouterr().out


def test_the_last_stage_is_never_missing():
    text = "the cat sat on the mat. " * 20
    model = RNNLanguageModel(hidden_size=8, tbptt_steps=24, max_epochs=3, random_state=0)
    stages = StagesOfTraining([1, 100], max_steps=12)
    fitted = clone(model).set_callbacks(stages).fit(text)
    assert list(stages.stages_) == [1, 3]
    assert stages.stages_[3] == fitted.sample(max_steps=12, random_state=0)


def test_the_stage_that_is_kept_is_that_of_the_best_epoch():
    score = scripted([0.1, 0.9, 0.2])
    model = RNNLanguageModel(hidden_size=8, max_epochs=3, random_state=0)
    monitor = ValidationMonitor(score, ["ab"], keep_best=True)
    stages = StagesOfTraining([3])
    fitted = model.set_callbacks(monitor, stages).fit(["abab", "ab", "aab"] * 10)
    assert fitted.best_epoch_ == 2
    assert list(stages.stages_) == [3, 2]
    assert stages.stages_[2] == fitted.sample(random_state=0)


@pytest.mark.parametrize(
    ("epochs", "error", "message"),
    [
        (5, TypeError, "must be several numbers, got 5: put it in a list"),
        ("12", TypeError, "must be several numbers, got '12'"),
        ([0, 1.5], TypeError, r"must hold integers, got 1\.5"),
        ([-1], ValueError, ">= 0 .0: before the first., got -1"),
        ([], ValueError, "is empty: name one at least"),
    ],
)
def test_stages_are_epochs(epochs, error, message):
    with pytest.raises(error, match=message):
        StagesOfTraining(epochs)


def test_only_models_that_write(data, classifier):
    with pytest.raises(TypeError, match=r"belongs to a language model.*got RNNClassifier"):
        classifier.set_callbacks(StagesOfTraining()).fit(*data)


# -- records elsewhere ------------------------------------------------------------------------


def test_tensorboard_reads_what_was_written(data, classifier, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    classifier.set_callbacks(TensorBoardLogger(tmp_path)).fit(*data)
    events = EventAccumulator(str(tmp_path / "fit"))
    events.Reload()
    written = [(event.step, event.value) for event in events.Scalars("valid_loss")]
    expected = [(row["epoch"], np.float32(row["valid_loss"])) for row in classifier.history_]
    assert written == expected


def test_mlflow_finds_parameters_and_losses(data, classifier, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # no database for a test
    pytest.importorskip("mlflow")
    from mlflow import MlflowClient

    uri = str(tmp_path / "records")
    logger = MLflowLogger("walks", tracking_uri=uri)
    classifier.set_callbacks(logger).fit(*data)
    client = MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("walks").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["hidden_size"] == "8"
    history = client.get_metric_history(run.info.run_id, "train_loss")
    assert [metric.value for metric in history] == [
        row["train_loss"] for row in classifier.history_
    ]


def test_mlflow_without_a_place(data, classifier, monkeypatch, tmp_path):
    pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    logger = MLflowLogger(tracking_uri="nowhere://else")
    with pytest.raises(RuntimeError, match=r"cannot write to 'nowhere.*tracking_uri='http"):
        classifier.set_callbacks(logger).fit(*data)


@pytest.mark.parametrize(
    ("logger", "package"), [(TensorBoardLogger, "tensorboard"), (MLflowLogger, "mlflow")]
)
def test_a_missing_package_is_named(logger, package, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(ImportError, match=r"sksequence\[tracking\]"):
        logger("name")
