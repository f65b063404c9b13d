"""A training that was stopped ends as if it had not been."""

import errno
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sksequence import (
    RNNClassifier,
    RNNForecaster,
    RNNLanguageModel,
    RNNRegressor,
    RNNTagger,
    Seq2SeqTransformer,
    SequenceScaler,
)
from sksequence.callbacks import Checkpoint, CheckpointError, _checkpoint, _checkpoint_file
from sksequence.persistence import load, save
from tests.callbacks.conftest import Crash, Watching, assert_same

pytest.importorskip("sklearn.callback")

ALL = {"max_share": None}
OFTEN = {**ALL, "every_epochs": None, "every_minutes": 1e-9}  # after each batch


def checkpoints(folder):
    return sorted(Path(folder).rglob("*.checkpoint"))


@pytest.mark.parametrize("n_batches", [1, 12, 13, 25, 40])
def test_goes_on_bit_for_bit(data, classifier, tmp_path, n_batches):
    straight = clone(classifier).fit(*data)
    classifier.set_callbacks(Checkpoint(tmp_path, **OFTEN), Crash(n_batches))
    with pytest.raises(RuntimeError, match="crash"):
        classifier.fit(*data)
    assert_same(classifier.set_callbacks(Checkpoint(tmp_path)).fit(*data), straight)


def test_begins_where_the_newest_checkpoint_stands(data, classifier, tmp_path):
    classifier.set_callbacks(Checkpoint(tmp_path, **OFTEN), Crash(30))
    with pytest.raises(RuntimeError):
        classifier.fit(*data)
    n_batches = 12  # of an epoch: 192 sequences to train on
    assert [path.name for path in checkpoints(tmp_path)] == [
        f"epoch-00002-batch-{n:07d}.checkpoint" for n in (30 - 2 * n_batches, 31 - 2 * n_batches)
    ]
    counted = Crash(10**6)
    classifier.set_callbacks(Checkpoint(tmp_path), counted).fit(*data)
    assert 10**6 - counted.n_left == 6 * n_batches - 31


def test_a_finished_training_is_not_repeated(data, classifier, tmp_path):
    first = clone(classifier).set_callbacks(Checkpoint(tmp_path, every_epochs=4)).fit(*data)
    counted = Crash(10**6)
    again = clone(classifier).set_callbacks(Checkpoint(tmp_path), counted).fit(*data)
    assert counted.n_left == 10**6
    assert_same(again, first)


def test_writing_takes_a_small_share(data, classifier, tmp_path, monkeypatch):
    """The first, those that a share of the time allows, and the last."""
    now, written = 0.0, []

    class Clock(Watching):
        def on_fit_task_end(self, estimator, context):
            nonlocal now
            now += 10.0  # an epoch

    def write(path, description, snapshot):
        nonlocal now
        now += 0.5
        written.append(path.name[:11])

    monkeypatch.setattr(_checkpoint.time, "monotonic", lambda: now)
    monkeypatch.setattr(_checkpoint, "write", write)
    classifier.set_params(max_epochs=12, early_stopping=False)
    classifier.set_callbacks(Clock(), Checkpoint(tmp_path, max_share=0.02)).fit(*data)
    # n times 0.5 s of 25 n s
    assert written == [f"epoch-{n:05d}" for n in (1, 5, 8, 10, 12)]


def test_more_epochs_go_on(data, tmp_path):
    settings = {"hidden_size": 4, "early_stopping": False, "random_state": 0}
    straight = RNNClassifier(**settings, max_epochs=5).fit(*data)
    for n_epochs in (2, 5):
        classifier = RNNClassifier(**settings, max_epochs=n_epochs)
        classifier.set_callbacks(Checkpoint(tmp_path)).fit(*data)
    assert_same(classifier, straight)


def test_fewer_epochs_are_refused(data, fitted, tmp_path):
    with pytest.raises(CheckpointError, match=r"of epoch 6, but max_epochs=5"):
        clone(fitted).set_params(max_epochs=5).fit(*data)


def test_a_warm_start_is_another_training(data, tmp_path):
    def twice(*callbacks):
        classifier = RNNClassifier(
            hidden_size=4, max_epochs=2, early_stopping=False, warm_start=True, random_state=0
        )
        return classifier.set_callbacks(*callbacks).fit(*data).fit(*data)

    straight = twice()
    assert_same(twice(Checkpoint(tmp_path)), straight)
    assert_same(twice(Checkpoint(tmp_path)), straight)
    assert straight.n_epochs_ == 4


def letters(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("ab"), size=n)) for n in rng.integers(4, 12, size=n)]


TEXTS = letters()
NUMBERS = [np.random.default_rng(n).normal(size=(n, 2)) for n in range(3, 43)]
OTHERS = {
    "regressor": (
        RNNRegressor(hidden_size=4, max_epochs=3, batch_size=8, random_state=1),
        (NUMBERS, [x.sum() for x in NUMBERS]),
    ),
    "one text, its state carried on": (
        RNNLanguageModel(
            hidden_size=4, max_epochs=3, batch_size=4, tbptt_steps=10, dropout=0.2, random_state=0
        ),
        ("".join(TEXTS),),
    ),
    "scheduled sampling": (
        Seq2SeqTransformer(
            hidden_size=4,
            analyzer="char",
            max_epochs=3,
            batch_size=8,
            teacher_forcing=0.5,
            random_state=0,
        ),
        (TEXTS, [text[::-1] for text in TEXTS]),
    ),
    "tagger": (
        RNNTagger(
            hidden_size=4, max_epochs=3, batch_size=8, character_network=None, random_state=0
        ),
        ([list(text) for text in TEXTS], [[c.upper() for c in text] for text in TEXTS]),
    ),
    "forecaster": (
        RNNForecaster(lookback=8, hidden_size=4, max_epochs=3, batch_size=8, random_state=0),
        (None, np.sin(np.arange(80.0))),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_kind_of_training(name, tmp_path):
    estimator, given = OTHERS[name]
    straight = clone(estimator).fit(*given)
    stopped = clone(estimator).set_callbacks(Checkpoint(tmp_path, **OFTEN), Crash(9))
    with pytest.raises(RuntimeError, match="crash"):
        stopped.fit(*given)
    assert_same(stopped.set_callbacks(Checkpoint(tmp_path)).fit(*given), straight)


PROGRAM = """
import os, random, signal, sys, time
import joblib, torch, skorch
from tests.callbacks.conftest import walks
from sksequence import RNNClassifier
from sksequence.callbacks import Checkpoint

def train(name, *callbacks):
    classifier = RNNClassifier(
        hidden_size=8, dropout=0.3, batch_size=16, max_epochs=8, random_state=0,
        early_stopping=True, n_iter_no_change=8,
    )
    joblib.dump(classifier.set_callbacks(*callbacks).fit(*walks()).set_callbacks(), name)

def child(*work):  # nothing of torch has run here: a copy of this process may run it
    number = os.fork()
    if number:
        return number
    train(*work)
    os._exit(0)

straight, killed, folder = sys.argv[1:]
began = time.monotonic()
assert os.waitpid(child(straight), 0)[1] == 0
whole = time.monotonic() - began
n_kills = 0
while True:
    often = Checkpoint(folder, every_epochs=None, every_minutes=1e-9, max_share=None)
    number = child(killed, often)
    if n_kills < 5:
        time.sleep(random.uniform(0.2, 0.9) * whole)
        os.kill(number, signal.SIGKILL)
    status = os.waitpid(number, 0)[1]
    if status == 0:
        break
    assert status == signal.SIGKILL
    n_kills += 1
print(n_kills)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
def test_a_process_killed_at_random_moments(tmp_path):
    names = [tmp_path / "straight", tmp_path / "killed", tmp_path / "checkpoints"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, names)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 1
    assert_same(joblib.load(names[1]), joblib.load(names[0]))


def test_a_search_goes_on(data, tmp_path):
    def search(sizes=(3, 4)):
        classifier = RNNClassifier(max_epochs=2, random_state=0, early_stopping=False)
        steps = make_pipeline(SequenceScaler(), classifier.set_callbacks(Checkpoint(tmp_path)))
        return GridSearchCV(steps, {"rnnclassifier__hidden_size": list(sizes)}, cv=2).fit(*data)

    first = search()
    written = {path: path.stat().st_mtime_ns for path in checkpoints(tmp_path)}
    assert len({path.parent for path in written}) == 2 * 2 + 1  # and the refit
    again = search([4, 3])
    assert {path: path.stat().st_mtime_ns for path in checkpoints(tmp_path)} == written
    np.testing.assert_array_equal(
        again.cv_results_["mean_test_score"], first.cv_results_["mean_test_score"][::-1]
    )
    more = search([3, 5, 4]).cv_results_["mean_test_score"]  # another grid, the same folder
    np.testing.assert_array_equal(more[[0, 2]], first.cv_results_["mean_test_score"])


def test_folds_have_folders_of_their_own(data, classifier, tmp_path):
    scores = cross_val_score(clone(classifier), *data, cv=3)
    classifier.set_callbacks(Checkpoint(tmp_path))
    np.testing.assert_array_equal(cross_val_score(classifier, *data, cv=3), scores)
    assert len(list(tmp_path.iterdir())) == 3


# -- bad checkpoints --------------------------------------------------------------------------


@pytest.fixture
def fitted(data, classifier, tmp_path):
    return classifier.set_callbacks(Checkpoint(tmp_path, **ALL)).fit(*data)


def test_another_architecture_is_refused(data, fitted, tmp_path):
    other = clone(fitted).set_params(hidden_size=9)
    with pytest.raises(CheckpointError, match=r"hidden_size was 8 and is 9.* another folder"):
        other.fit(*data)
    assert not hasattr(other, "network_")


def test_other_targets_are_another_training(data, fitted, tmp_path):
    X, _ = data
    regressor = RNNRegressor(hidden_size=4, max_epochs=1, random_state=0)
    regressor.set_callbacks(Checkpoint(tmp_path)).fit(
        X, np.arange(len(X))
    )  # other targets: other data
    assert len({path.parent for path in checkpoints(tmp_path)}) == 2


def rewrite(path, change):
    line, payload = path.read_bytes().split(b"\n", 1)
    path.write_bytes(json.dumps(change(json.loads(line))).encode() + b"\n" + payload)


def test_a_newer_format_is_refused(data, fitted, tmp_path):
    for path in checkpoints(tmp_path):
        rewrite(path, lambda header: {**header, "format": 99})
    with pytest.raises(CheckpointError, match=r"format 99.* install a newer sksequence"):
        fitted.fit(*data)


def test_another_version_goes_on_with_a_warning(data, fitted, tmp_path):
    def older(header):
        header["description"]["setting"]["torch"] = "1.0"
        return header

    for path in checkpoints(tmp_path):
        rewrite(path, older)
    with pytest.warns(UserWarning, match=r"not bit for bit.*torch was 1\.0 and is"):
        clone(fitted).fit(*data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def change(path):
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "told"),
    [(cut, "cut short"), (change, "checksum is another"), (empty, "no checkpoint of sksequence")],
)
def test_damage_falls_back_on_the_one_before(data, fitted, tmp_path, damage, told):
    older, newest = checkpoints(tmp_path)
    damage(newest)
    with pytest.warns(UserWarning, match=f"{told}.*goes on from {older.name}"):
        assert_same(clone(fitted).fit(*data), fitted)
    for path in checkpoints(tmp_path):
        damage(path)
    with pytest.raises(CheckpointError, match=f"{told}.*delete .* to train anew"):
        clone(fitted).fit(*data)


def test_no_code_of_the_file_runs(data, fitted, tmp_path):
    import hashlib
    import pickle

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "evil"),)

    payload = pickle.dumps(Evil(), protocol=2)  # torch's own
    for path in checkpoints(tmp_path):
        header = json.loads(path.read_bytes().split(b"\n", 1)[0])
        header |= {"n_bytes": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}
        path.write_bytes(json.dumps(header).encode() + b"\n" + payload)
    with pytest.raises(Exception, match="Weights only load failed"):
        clone(fitted).fit(*data)
    assert not (tmp_path / "evil").exists()


def test_a_full_disk_leaves_what_is_there(data, classifier, tmp_path, monkeypatch):
    straight = clone(classifier).fit(*data)
    n_written = 0

    def full(handle):
        nonlocal n_written
        n_written += 1
        if n_written > 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_checkpoint_file.os, "fsync", full)
    classifier.set_callbacks(Checkpoint(tmp_path, **ALL))
    with pytest.warns(RuntimeWarning, match=r"No space left.* before are whole"):
        classifier.fit(*data)
    assert_same(classifier, straight)  # training went on
    folder = checkpoints(tmp_path)[0].parent
    names = [f"epoch-{n:05d}-batch-0000000.checkpoint" for n in (1, 2)]
    assert sorted(path.name for path in folder.iterdir()) == names
    monkeypatch.undo()
    assert_same(clone(classifier).fit(*data), straight)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(data, classifier, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        classifier.set_callbacks(Checkpoint(tmp_path)).fit(*data)
    tmp_path.chmod(0o700)


def test_a_file_in_the_way(data, classifier, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"nothing was trained; choose a folder.*file"):
        classifier.set_callbacks(Checkpoint(tmp_path / "file")).fit(*data)
    with pytest.raises(TypeError, match="folder=None"):
        Checkpoint(None)


def test_left_overs_of_a_killed_process_are_removed(data, fitted, tmp_path):
    folder = checkpoints(tmp_path)[0].parent
    (folder / ".epoch-00009.abc.part").touch()
    fitted.fit(*data)
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize("seed", [None, np.random.RandomState(0)])
def test_needs_a_seed(data, classifier, tmp_path, seed):
    classifier.set_params(random_state=seed).set_callbacks(Checkpoint(tmp_path))
    with pytest.raises(ValueError, match=r"random_state=.*give RNNClassifier\(random_state=0\)"):
        classifier.fit(*data)


def test_is_for_estimators_of_sequences(data, tmp_path):
    steps = make_pipeline(SequenceScaler(), RNNClassifier(random_state=0))
    with pytest.raises(TypeError, match="call set_callbacks of the estimator inside"):
        steps.set_callbacks(Checkpoint(tmp_path)).fit(*data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"every_epochs": 0},
        {"every_minutes": -1},
        {"keep": 0},
        {"max_share": 0},
        {"every_epochs": 1.5},
        {"every_epochs": None},
    ],
)
def test_wrong_settings(wrong, tmp_path):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Checkpoint(tmp_path, **wrong)


def test_nothing_of_the_fit_stays_with_the_estimator(data, classifier, tmp_path):
    before = set(vars(clone(classifier).fit(*data)))
    fitted = classifier.set_callbacks(Checkpoint(tmp_path), Watching()).fit(*data)
    assert set(vars(fitted)) - before == {"_skl_callbacks"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted.partial_fit(*data)  # no checkpoints there


def test_a_saved_estimator_has_no_callbacks(data, classifier, tmp_path):
    pytest.importorskip("safetensors")
    classifier.set_callbacks(Checkpoint(tmp_path / "checkpoints")).fit(*data)
    save(classifier, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert not hasattr(loaded, "_skl_callbacks")
    np.testing.assert_array_equal(loaded.predict(data[0]), classifier.predict(data[0]))
