"""Bad files are refused with what is wrong, and a good file is never lost."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.dummy import DummyClassifier

from sksequence import RNNClassifier, TokenEncoder
from sksequence.persistence import load, save
from tests.persistence.fitted import LABELS, NUMBERS, same
from tests.persistence.forged import rewrite


@pytest.fixture
def path(classifier, tmp_path):
    """A good file."""
    save(classifier, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_rewriting_alone_changes_nothing(path, classifier):
    rewrite(path)
    assert same(load(path).predict_proba(NUMBERS), classifier.predict_proba(NUMBERS))


# -- bad files ------------------------------------------------------------------------------


def test_changed_weights_are_noticed(path):
    def change(tree, arrays, header):
        name = next(name for name in arrays if name.endswith("head.weight"))
        arrays[name] = arrays[name] + np.float32(1e-3)

    rewrite(path, change, resealed=False)
    with pytest.raises(ValueError, match=r"was changed after it was written.*save anew"):
        load(path)


def test_changed_description_is_noticed(path):
    rewrite(path, lambda tree, arrays, header: tree["state"].update(pooling="mean"), resealed=False)
    with pytest.raises(ValueError, match="was changed after it was written"):
        load(path)


@pytest.mark.parametrize("part", range(0, 100, 7))
def test_no_single_changed_byte_goes_unnoticed(path, part):
    good = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(good[:8], "little")  # after the header
    place = start + (len(good) - start) * part // 100
    good[place] ^= 4
    path.write_bytes(good)
    with pytest.raises(ValueError, match="was changed after it was written"):
        load(path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_file_cut_short_is_refused(path, share):
    good = path.read_bytes()
    path.write_bytes(good[: int(share * len(good))])
    with pytest.raises(ValueError, match="cut short or damaged"):
        load(path)


def test_newer_format_is_refused(path):
    rewrite(path, lambda tree, arrays, header: header.update(format_version="2", sksequence="9.1"))
    with pytest.raises(ValueError, match=r"format '2', written by sksequence 9\.1.*Upgrade"):
        load(path)


@pytest.mark.parametrize("version", ["x", "", "1.5", "-1", "0", "1 ", "9" * 5000])
def test_format_that_is_no_number_is_refused(path, version):
    rewrite(path, lambda tree, arrays, header: header.update(format_version=version))
    with pytest.raises(ValueError, match=r"expected an integer .up to 1.*save the estim") as e:
        load(path)
    assert len(str(e.value)) < 500


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "subprocess.Popen",
        "builtins.eval",
        "collections.OrderedDict",
        "sklearn.pipeline.joblib",
        "sklearn.datasets.load_files",
        "sklearn.utils._joblib.Parallel",
        "sksequence.estimators.RNNClassifier",
        "estimators._classifier.RNNClassifier",
        "estimators.import_module",
        "estimators.SequenceStream",
        "networks.SequenceNetwork",
        "datasets.fetch_sst2",
        "inputs.__builtins__",
        "",
        None,
        3,
    ],
)
def test_foreign_class_is_refused(path, name):
    node = {"$": "object", "class": name, "state": {}}
    rewrite(path, lambda tree, arrays, header: tree["state"].update(cell=node))
    with pytest.raises(ValueError, match="none of the classes of sksequence and scikit-learn"):
        load(path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("os.system", r"Expected 'stage\.Class' for .*'estimators\.RNNClassifier'.*nothing run"),
        ("sklearn.tree.DecisionTreeClassifier", r"modules calibration, cluster, .*joblib or skops"),
        ("estimators.RNNClasifier", r"close to it: RNNClassifier.*upgrade sksequence"),
    ],
)
def test_refused_class_is_told_what_may_stand_there(path, name, told):
    node = {"$": "object", "class": name, "state": {}}
    rewrite(path, lambda tree, arrays, header: tree["state"].update(cell=node))
    with pytest.raises(ValueError, match=told):
        load(path)


def test_allowed_estimator_of_sklearn_is_still_read(tmp_path):
    save(DummyClassifier().fit([[0.0], [1.0]], ["a", "a"]), tmp_path / "model")
    assert load(tmp_path / "model").predict([[2.0]]).tolist() == ["a"]


@pytest.mark.parametrize(
    "name", ["os.system", "numpy.fromfile", "str.format", "preprocessing._ask"]
)
def test_foreign_function_is_refused(path, name):
    node = {"$": "function", "name": name}
    rewrite(path, lambda tree, arrays, header: tree["state"].update(verbose=node))
    with pytest.raises(ValueError, match=f"unknown function '{name}'"):
        load(path)


@pytest.mark.parametrize(
    "node",
    [
        {"$": "ufunc", "module": "numpy", "value": "fromfile"},
        {"$": "ufunc", "module": "os", "value": "system"},
        {"$": "type", "value": "memoryview"},
        {"$": "numpy type", "value": "memmap"},
        {"$": "dtype", "value": "O"},
        {"$": "pickle", "value": "cos"},
        {"$": ["list"]},
        {"$": "offset", "class": "DateOffset", "n": 1, "settings": {}},
        {"$": "generator", "state": {"bit_generator": "test"}},
        {"$": "sparse", "class": "load_npz", "parts": [], "shape": [1]},
        {"$": "again", "number": 10**9},
        {"$": "array", "name": "nowhere"},
        {"$": "object", "class": "cells.LSTM"},
    ],
)
def test_unknown_values_are_refused(path, node):
    rewrite(path, lambda tree, arrays, header: tree["state"].update(verbose=node))
    with pytest.raises(ValueError, match="cannot be loaded"):
        load(path)


@pytest.mark.parametrize("name", ["predict", "__class__", "__reduce__", "fit", "a b"])
def test_methods_are_not_set(path, name):
    rewrite(path, lambda tree, arrays, header: tree["state"].update({name: 3}))
    with pytest.raises(ValueError, match=f"sets '{name}' of a RNNClassifier"):
        load(path)


def test_weights_of_another_architecture_are_refused(path, tmp_path):
    wider = RNNClassifier(hidden_size=7, max_epochs=1).fit(NUMBERS, LABELS)
    save(wider, tmp_path / "wider")
    with safe_open(tmp_path / "wider", framework="numpy") as file:
        others = {name: file.get_tensor(name) for name in file.keys()}

    def change(tree, arrays, header):
        arrays.update({name: values for name, values in others.items() if "weight" in name})

    rewrite(path, change)
    with pytest.raises(
        ValueError,
        match=r"parts do not fit together.*weights are not those of the network.*head\.weight has",
    ):
        load(path)


def test_missing_weights_are_refused(path):
    rewrite(path, lambda t, arrays, h: [arrays.pop(n) for n in list(arrays) if "head.bias" in n])
    with pytest.raises(ValueError, match=r"head\.bias', which is not among its arrays"):
        load(path)


def test_other_files_are_told_from_ours(classifier, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(pickle.dumps(classifier))
    with pytest.raises(ValueError, match="looks like a pickle"):
        load(path)
    joblib.dump(classifier, path)
    with pytest.raises(ValueError, match="looks like a pickle"):
        load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", "{}")
    with pytest.raises(ValueError, match="looks like a pickle, or an archive"):
        load(path)
    path.write_text("hello, this is no model at all")
    with pytest.raises(ValueError, match="cut short or damaged, or was not written by"):
        load(path)
    save_file({"weight": np.ones(3)}, path)
    with pytest.raises(ValueError, match=r"was not written by sksequence\.save"):
        load(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is not there, expected a file.*nothing\.st"):
        load(tmp_path / "nothing.st")
    with pytest.raises(FileNotFoundError, match="is a folder, expected a file"):
        load(tmp_path)


def test_deeply_nested_description_is_refused(path):
    nested = []
    for _ in range(600):
        nested = [nested]
    rewrite(path, lambda tree, arrays, header: tree["state"].update(verbose=nested))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(500)
    try:
        with pytest.raises(ValueError, match="cannot be loaded"):
            load(path)
    finally:
        sys.setrecursionlimit(limit)


# -- no code --------------------------------------------------------------------------------


def test_loading_opens_no_pickle_and_runs_no_code(path, monkeypatch):
    def forbidden(*args, **kwargs):
        raise AssertionError("a file was run")

    for name in ("load", "loads", "Unpickler", "_Unpickler", "_loads", "_load"):
        monkeypatch.setattr(pickle, name, forbidden)
    monkeypatch.setattr(joblib, "load", forbidden)
    for name in ("eval", "exec", "compile"):
        monkeypatch.setattr(f"builtins.{name}", forbidden)
    loaded = load(path)
    monkeypatch.undo()
    assert loaded.predict(NUMBERS).shape == (len(NUMBERS),)


def test_pickle_stands_nowhere_in_the_stage():
    import sksequence.persistence

    sources = Path(sksequence.persistence.__file__).parent.glob("*.py")
    words = ("import pickle", "import joblib", "torch.load", " eval(", " exec(", "__reduce__")
    assert not [(s.name, w) for s in sources for w in words if w in s.read_text()]


def test_file_of_a_network_that_is_too_large_is_an_error_not_a_crash(path):
    def change(tree, arrays, header):
        text = json.dumps(tree["state"]["network_"]).replace('"n_outputs": 2', '"n_outputs": -2')
        tree["state"]["network_"] = json.loads(text)

    rewrite(path, change)
    with pytest.raises(ValueError, match="cannot be loaded"):
        load(path)


# -- writing --------------------------------------------------------------------------------


def test_interrupted_write_keeps_the_old_file(path, classifier, monkeypatch):
    before = path.read_bytes()

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(RNNClassifier(hidden_size=3), path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_refused_estimator_keeps_the_old_file(path):
    before = path.read_bytes()
    with pytest.raises(TypeError, match="learning_rate_schedule is the function"):
        save(RNNClassifier(learning_rate_schedule=lambda progress: 1.0), path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


# Processes of their own, which need no torch: a scaler is enough.
BEGIN = """
import os, resource, signal, sys
import numpy as np
from sklearn.preprocessing import StandardScaler
from sksequence.persistence import load, save

path, forbidden = sys.argv[1:]
fitted = StandardScaler().fit(np.arange(2000.0).reshape(2, 1000))
save(fitted, path)
before = open(path, "rb").read()

def attempt(path):
    try:
        save(fitted, path)
    except OSError as error:
        print(type(error).__name__, error, flush=True)
"""
NOT_ALLOWED = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))  # as if the disk were full
attempt(path)
assert open(path, "rb").read() == before
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
if os.getuid() == 0:
    os.setuid(65534)
attempt(forbidden)
"""
KILLED = """
print("ready", flush=True)
while True:
    save(fitted, path)
"""


def in_a_process(program, *arguments):
    """Run Python in a process of its own, from where sksequence can be imported."""
    command = [sys.executable, "-c", BEGIN + program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_full_disk_and_forbidden_folder_leave_everything_as_it_was(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    folder.chmod(0o555)
    process = in_a_process(NOT_ALLOWED, tmp_path / "model", folder / "model")
    output, _ = process.communicate(timeout=200)
    full, forbidden = output.splitlines()
    assert full.startswith("OSError [Errno 27] File too large: the estimator was not saved; the")
    assert "the file that was there is as it was" in full
    assert forbidden.startswith("PermissionError [Errno 13] Permission denied: the estimator was")
    assert "theirs/model" in forbidden
    assert load(tmp_path / "model").n_features_in_ == 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "theirs"]
    assert not list(folder.iterdir())


def test_killed_while_writing_a_whole_file_remains(tmp_path):
    process = in_a_process(KILLED, tmp_path / "model", tmp_path)
    assert process.stdout.readline() == "ready\n"
    time.sleep(np.random.default_rng().uniform(0, 0.1))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert load(tmp_path / "model").mean_[999] == 1499.0


def test_missing_folder_and_a_folder_as_path(classifier, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"the folder '.*nowhere' is not there, make it"):
        save(classifier, tmp_path / "nowhere" / "model")
    with pytest.raises(OSError, match="the estimator was not saved"):
        save(classifier, tmp_path)
    assert not list(tmp_path.iterdir())


def test_permissions_are_the_usual_ones(path, classifier):
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
    path.chmod(0o640)
    save(classifier, path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_is_no_estimator_is_refused(tmp_path):
    with pytest.raises(TypeError, match="save writes an estimator, got 3"):
        save(3, tmp_path / "model")


# -- files of earlier versions --------------------------------------------------------------


def test_file_of_format_1_is_still_read():
    # format_1.safetensors: save of the pipeline in its "class", with what it answered beside it
    loaded = load(Path(__file__).parent / "format_1.safetensors")
    assert loaded.classes_.tolist() == ["no", "yes"]
    expected = [[0.513071, 0.486929], [0.441047, 0.558953]]
    found = loaded.predict_proba(["the old dog", "a cat sleeps"])
    np.testing.assert_allclose(found, expected, atol=1e-4)


OLD = {"$": "function", "name": "preprocessing._cut"}
OLD_KMERS = {
    "$": "partial",
    "function": {"$": "function", "name": "preprocessing._kmers"},
    "items": [],
    "settings": {"k": 2, "stride": 3},
}


@pytest.mark.parametrize(
    ("options", "split", "fold"),
    [
        ({"analyzer": "char"}, {"$": "type", "value": "list"}, "preprocessing._keep"),
        ({"analyzer": "char", "lowercase": True}, {"$": "type", "value": "list"}, "str.lower"),
        ({"analyzer": "word"}, {"$": "function", "name": "preprocessing._words"}, "str.lower"),
        ({"analyzer": "kmer", "k": 2, "stride": 3}, OLD_KMERS, "str.upper"),
        ({"analyzer": "subword"}, None, "preprocessing._keep"),
    ],
)
def test_first_way_of_telling_how_texts_are_cut_is_still_read(tmp_path, options, split, fold):
    fitted = TokenEncoder(**options).fit(["The old dog", "a cat"])
    save(fitted, tmp_path / "model")

    def change(tree, arrays, header):
        learned = tree["state"]["_analyze"]["state"]["splitter"]
        settings = {"split": split or learned, "fold": {"$": "function", "name": fold}}
        node = {"$": "partial", "function": OLD, "items": [], "settings": settings}
        tree["state"]["_analyze"] = node

    rewrite(tmp_path / "model", change)
    loaded = load(tmp_path / "model")
    assert same(loaded.transform(["A cat, old"]), fitted.transform(["A cat, old"]))


def test_a_link_is_followed_and_a_device_is_not_replaced(tmp_path):
    (tmp_path / "model").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "model")
    model = TokenEncoder().fit(["a b"])
    save(model, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(
        loaded.transform(["b a"]).only.values, model.transform(["b a"]).only.values
    )
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"):
        save(model, tmp_path / "pipe")
