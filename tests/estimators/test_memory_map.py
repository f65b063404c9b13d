"""What lies in a file is learned and predicted as if it were in memory, and takes none."""

import json
import subprocess
import sys

import numpy as np
import pytest

from sksequence import (
    CTCTranscriber,
    RNNClassifier,
    RNNForecaster,
    RNNLanguageModel,
    RNNRegressor,
    RNNTagger,
    Seq2SeqTransformer,
    SequenceArray,
    SequenceAutoencoder,
)
from sksequence.inputs import Channel

SMALL = {"hidden_size": 5, "max_epochs": 2, "batch_size": 16, "random_state": 0}
N = 40


def sequences(kind, lengths="ragged", dtype=np.float32):
    """Forty sequences in memory."""
    rng = np.random.default_rng(3)
    n_steps = rng.integers(1, 9, size=N) if lengths == "ragged" else np.full(N, 6)
    total = n_steps.sum()
    channels = {
        "numbers": Channel(rng.normal(100, 3, size=(total, 2)).astype(dtype)),
        "frames": Channel(rng.normal(7, 3, size=(total, 4, 3)).astype(dtype)),
        "symbols": Channel(rng.integers(0, 5, size=total), n_tokens=5),
        "vectors": Channel(
            rng.integers(0, 5, size=total), n_tokens=5, vectors=rng.normal(size=(5, 3))
        ),
    }
    if kind != "several":
        channels = {"values": channels[kind]}
    context = rng.normal(size=(N, 2)) if kind == "several" else None
    return SequenceArray(channels, np.append(0, np.cumsum(n_steps)), context=context)


def weights(estimator):
    """All weights of the network of a fitted estimator."""
    return {k: v.numpy() for k, v in estimator.network_.state_dict().items()}


def assert_same(one, other):
    """The same weights, to the last bit."""
    one, other = weights(one), weights(other)
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


def targets(estimator):
    """Labels, or numbers."""
    rng = np.random.default_rng(4)
    return rng.integers(0, 3, N) if isinstance(estimator, RNNClassifier) else rng.normal(size=N)


@pytest.mark.parametrize("lengths", ["ragged", "equal"])
@pytest.mark.parametrize("kind", ["numbers", "frames", "symbols", "vectors", "several"])
@pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
def test_same_weights_and_predictions(estimator, kind, lengths, tmp_path):
    X = sequences(kind, lengths)
    on_disk = X.to_disk(tmp_path / "X")
    assert on_disk.on_disk
    frozen = {"embedding_trainable": False} if kind == "vectors" else {}
    order = np.random.default_rng(5).permutation(N)[:33]  # a selection that is not neighbours
    for at in (slice(None), order):
        one, other = (estimator(**SMALL, **frozen, early_stopping=True) for _ in range(2))
        y = targets(one)[at]
        one.fit(X[at], y)
        other.fit(on_disk[at], y)
        assert_same(one, other)
        np.testing.assert_array_equal(one.predict(X), other.predict(on_disk))


@pytest.mark.parametrize(
    "settings",
    [
        {"dtype": "float64"},
        {"normalize": False},
        {"tbptt_steps": 3},
        {"batch_size": "full"},
        {"bidirectional": True, "pooling": "mean"},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_in_other_settings_and_with_sample_weight(settings, dtype, tmp_path):
    X = sequences("numbers", dtype=dtype)
    on_disk = X.to_disk(tmp_path / "X")
    weight = np.random.default_rng(6).integers(0, 3, N).astype(float)
    one, other = (RNNRegressor(**{**SMALL, **settings}) for _ in range(2))
    y = targets(one)
    one.fit(X, y, sample_weight=weight)
    other.fit(on_disk, y, sample_weight=weight)
    assert_same(one, other)
    np.testing.assert_array_equal(one.predict(X), other.predict(on_disk))
    np.testing.assert_array_equal(one.hidden_states(X).values, other.hidden_states(on_disk).values)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float16, ">f4"])
def test_types_of_a_file_that_memory_would_hold_in_64_bits(dtype, tmp_path):
    file = np.memmap(tmp_path / "clips.bin", dtype, "w+", shape=(N, 6, 4, 3))
    file[:] = np.random.default_rng(0).integers(0, 200, size=file.shape)
    file.flush()
    mapped = np.memmap(tmp_path / "clips.bin", dtype, "r", shape=(N, 6, 4, 3))
    one, other = (RNNRegressor(**SMALL) for _ in range(2))
    y = targets(one)
    one.fit(np.array(mapped), y)
    other.fit(mapped, y)  # a 3-D array in a file, with frames of (4, 3)
    assert_same(one, other)
    lengths = np.random.default_rng(1).integers(1, 7, N)
    ragged = SequenceArray.from_padded(mapped, lengths)
    assert ragged.on_disk
    in_memory = SequenceArray.from_padded(np.array(mapped), lengths)
    np.testing.assert_array_equal(ragged.values, in_memory.values)
    np.testing.assert_array_equal(one.predict(in_memory), other.predict(ragged))


def other_estimators():
    """Estimators with another kind of answer, with their X and y in memory."""
    X, ids = sequences("numbers"), sequences("symbols")
    labels = [np.resize(["a", "b", "b"], n) for n in X.lengths]
    yield RNNTagger(**SMALL), X, labels
    yield RNNTagger(**SMALL), ids, labels
    yield RNNTagger(**SMALL, bidirectional=False, tbptt_steps=3), X, labels
    yield CTCTranscriber(**SMALL), X[X.lengths > 2], [["a"]] * int((X.lengths > 2).sum())
    yield RNNLanguageModel(**SMALL), ids, None
    yield RNNLanguageModel(**SMALL), X, None
    yield SequenceAutoencoder(**SMALL), X, None
    yield Seq2SeqTransformer(**SMALL), X, ids
    yield Seq2SeqTransformer(**SMALL), ids, ids


@pytest.mark.parametrize("i", range(9))
def test_same_in_estimators_with_other_answers(i, tmp_path):
    estimator, X, y = list(other_estimators())[i]
    on_disk = X.to_disk(tmp_path / "X")
    order = np.random.default_rng(5).permutation(len(X))
    y = None if y is None else [y[k] for k in order] if isinstance(y, list) else y[order]
    one = type(estimator)(**estimator.get_params()).fit(X[order], y)
    estimator.fit(on_disk[order], y)
    assert_same(one, estimator)


def test_forecaster_reads_a_mapped_series(tmp_path):
    file = np.memmap(tmp_path / "series.bin", np.float64, "w+", shape=(200,))
    file[:] = np.sin(np.arange(200) / 3)
    one, other = (RNNForecaster(lookback=12, **SMALL) for _ in range(2))
    one.fit(None, np.array(file))
    other.fit(None, file)
    assert_same(one, other)


# RLIMIT_DATA counts what is private to a process (arrays, stacks), and not a file that is mapped.
LARGER = """
import json, resource, sys
import numpy as np, torch
from sksequence import RNNClassifier, SequenceArray

torch.set_num_threads(1)
settings = dict(hidden_size=4, max_epochs=1, batch_size=64, random_state=0, early_stopping=True)
small = np.random.default_rng(0).normal(size=(80, 25, 200))
RNNClassifier(**settings).fit(small, np.arange(80) % 2).predict(small)  # loads what it takes

def data():
    for line in open("/proc/self/status"):
        if line.startswith("VmData"):
            return 1024 * int(line.split()[1])

limit = data() + 80 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
n = int(1.1 * limit) // small[0].nbytes
file = np.memmap(sys.argv[1], np.float64, "w+", shape=(n * 25, 200))  # with holes
file[: 80 * 25] = small.reshape(-1, 200)
file.flush()
values = np.memmap(sys.argv[1], np.float64, "r", shape=file.shape)
X, y = SequenceArray(values, np.arange(n + 1) * 25), np.arange(n) % 2
order = np.random.default_rng(0).permutation(n)[: n * 9 // 10]  # as in a shuffled fold
model = RNNClassifier(**settings).fit(X[order], y[order])
found = {"limit": limit, "size": values.nbytes, "epochs": model.n_epochs_}
found["predicted"] = len(model.predict(X[::-9]))
try:
    np.array(X.values)
except MemoryError as error:
    found["in_memory"] = str(error)
print(json.dumps(found))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_DATA counts so on Linux")
def test_trains_on_a_file_larger_than_its_limit_of_data(tmp_path):
    path = tmp_path / "values.bin"
    done = subprocess.run([sys.executable, "-c", LARGER, path], capture_output=True, text=True)
    path.unlink()
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["size"] > found["limit"]
    assert found["epochs"] == 1
    assert found["predicted"] > 1000
    assert found["in_memory"].startswith("Unable to allocate")
