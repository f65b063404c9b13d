"""A folder gives back what was written into it, or says what is wrong with it."""

import errno
import json
import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from sksequence import SequenceArray
from sksequence.inputs import Channel, check_sequences

N = 30
TABLE = np.random.default_rng(1).normal(size=(5, 3))


def everything(seed=0, names="objects"):
    """A container with all that there is, some sequences empty."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 6, size=N)
    total = lengths.sum()
    counts = rng.integers(0, 4, size=total)
    names = {
        "objects": np.array([f"s{i}" for i in range(N)], dtype=object),
        "times": np.datetime64("2026-01-01") + np.arange(N),
        "none": None,
    }[names]
    channels = {
        "numbers": Channel(
            rng.normal(size=(total, 2)).astype(np.float32), feature_names=("a", "b")
        ),
        "frames": Channel(rng.normal(size=(total, 2, 3))),
        "words": Channel(
            rng.integers(0, 5, total),
            5,
            TABLE,
            vocabulary_id="of words",
            vectors_id="of vectors",
            unknown_id=2,
        ),
        "letters": Channel(
            rng.integers(0, 9, counts.sum()), 9, item_offsets=np.append(0, np.cumsum(counts))
        ),
    }
    offsets = np.append(0, np.cumsum(lengths))
    return SequenceArray(channels, offsets, context=rng.normal(size=(N, 2)), names=names)


def assert_equal(X, Y):
    """The same sequences with the same side data."""
    np.testing.assert_array_equal(X.offsets, Y.offsets)
    np.testing.assert_array_equal(X.context, Y.context)
    assert (X.names is None) == (Y.names is None)
    if X.names is not None:
        assert X.names.dtype == Y.names.dtype
        np.testing.assert_array_equal(X.names, Y.names)
    assert list(X.channels) == list(Y.channels)
    for name, channel in X.channels.items():
        other = Y.channels[name]
        np.testing.assert_array_equal(channel.values, other.values)
        assert channel.values.dtype == other.values.dtype == other.rows.dtype
        assert channel.values.shape == other.rows.shape
        for what in ("vectors", "item_offsets"):
            np.testing.assert_array_equal(getattr(channel, what), getattr(other, what))
        for what in (
            "n_tokens",
            "feature_names",
            "vocabulary_id",
            "vectors_id",
            "unknown_id",
            "kind",
        ):
            assert getattr(channel, what) == getattr(other, what)


@pytest.mark.parametrize("names", ["objects", "times", "none"])
def test_there_and_back(names, tmp_path):
    X = everything(names=names)
    Y = X.to_disk(tmp_path / "X")
    assert Y.on_disk and not X.on_disk
    assert all(isinstance(c.values, np.memmap) for c in Y.channels.values())
    assert_equal(X, Y)
    assert_equal(X, SequenceArray.from_disk(str(tmp_path / "X")))
    assert repr(X) == repr(Y)
    again = Y[::-1].to_disk(tmp_path / "again")
    assert_equal(X[::-1], again)


def test_batches_are_concatenated(tmp_path):
    batches = [everything(i) for i in range(4)]
    Y = SequenceArray.from_batches(iter(batches), tmp_path / "X")
    assert_equal(np.concatenate(batches), Y)
    lists = SequenceArray.from_batches(([[1.0, i], [2.0]] for i in range(3)), tmp_path / "lists")
    assert lists.lengths.tolist() == [2, 1] * 3
    assert lists.values.ravel().tolist() == [1, 0, 2, 1, 1, 2, 1, 2, 2]


def test_empty_sequences_alone_and_an_empty_folder_that_is_there(tmp_path):
    X = SequenceArray(np.zeros((0, 2)), [0, 0, 0])
    assert_equal(X, X.to_disk(tmp_path))
    assert SequenceArray.from_disk(tmp_path)[[1, 0]].lengths.tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(8))
def test_selections_of_selections_read_the_same(seed, tmp_path):
    X = everything()
    Y = X.to_disk(tmp_path / "X")
    rng = np.random.default_rng(seed)
    for _ in range(4):
        n = len(X)
        keys = [
            rng.permutation(n),
            rng.integers(0, n, size=n),
            rng.random(n) < 0.8,
            slice(1, None),
            slice(None, None, -1),
            np.sort(rng.permutation(n)[: n - 2]),
        ]
        key = keys[rng.integers(len(keys))]
        X, Y = X[key], Y[key]
        assert Y.on_disk
        assert_equal(X, Y)
        assert_equal(X, pickle.loads(pickle.dumps(Y)))
        for one, other in zip(X, Y, strict=True):
            for name in one:
                np.testing.assert_array_equal(_flat(one[name]), _flat(other[name]))


def _flat(steps):
    return np.concatenate([np.ravel(step) for step in steps] or [[]])


def test_sequences_regrouped_over_the_runs_of_a_selection(tmp_path):
    X = SequenceArray(np.arange(20.0)[:, None], [0, 3, 3, 9, 14, 20])
    one = X[[4, 0, 2]]
    other = X.to_disk(tmp_path / "X")[[4, 0, 2]]
    offsets = [0, 5, 5, 10, 15]  # other borders than those of the runs
    one, other = SequenceArray(one.channels, offsets), SequenceArray(other.channels, offsets)
    for key in ([3, 0], [2, 2, 1], slice(1, 4)):
        np.testing.assert_array_equal(one[key].values, other[key].values)


def test_splits_read_nothing_and_pickles_hold_names(tmp_path):
    file = np.memmap(tmp_path / "large.bin", np.float32, "w+", shape=(10**9, 4))  # 16 GB of holes
    file[-1] = 7
    file.flush()
    file = np.memmap(tmp_path / "large.bin", np.float32, "r", shape=file.shape)
    X = SequenceArray(file, np.arange(0, 10**9 + 1, 10**5))
    train, test = train_test_split(X, test_size=0.1, random_state=0)
    assert len(train) == 9_000 and len(test) == 1_000
    assert len(pickle.dumps(train)) < 300_000  # 16 bytes a run, and the lengths
    assert X[-1][-1].tolist() == [7.0] * 4
    assert isinstance(X.values, np.memmap)
    assert isinstance(X[5:8].values, np.memmap)


def test_a_worker_maps_the_file(tmp_path):
    X = everything().to_disk(tmp_path / "X")
    with joblib.Parallel(n_jobs=2) as parallel:
        found = parallel(joblib.delayed(_look)(part) for part in (X, X[::-1]))
    assert [on_disk for on_disk, _ in found] == [True, True]
    assert found[0][1] == pytest.approx(X.channels["numbers"].values.sum())


def _look(X):
    return X.on_disk, float(X.channels["numbers"].values.sum())


def test_hash_of_a_cache_notices_a_change(tmp_path):
    file = np.memmap(tmp_path / "x.bin", np.float64, "w+", shape=(6, 1))
    X = SequenceArray(file, [0, 2, 6])
    before = joblib.hash(X)
    assert joblib.hash(X[:]) == before != joblib.hash(X[::-1])
    os.utime(tmp_path / "x.bin", ns=(0, 0))
    assert joblib.hash(X) != before


def test_copy_on_write_goes_with_its_changes(tmp_path):
    np.arange(6.0).tofile(tmp_path / "x.bin")
    file = np.memmap(tmp_path / "x.bin", np.float64, "c")
    file[0] = 9
    X = pickle.loads(pickle.dumps(SequenceArray(file, [0, 2, 6])[::-1]))
    assert X[1].ravel().tolist() == [9.0, 1.0]


def test_nan_in_a_file_is_named(tmp_path):
    values = np.zeros((5 * 10**5, 10), np.float32)
    values[400_001, 3] = np.nan
    X = SequenceArray(values, np.arange(0, 5 * 10**5 + 1, 100)).to_disk(tmp_path / "X")
    with pytest.raises(ValueError, match="contains NaN: sequence 4000, step 1"):
        check_sequences(X)
    with pytest.raises(ValueError, match="contains NaN: sequence 999, step 1"):
        check_sequences(X[::-1])
    check_sequences(X[:4000])


def test_ids_of_a_file_are_checked(tmp_path):
    file = np.memmap(tmp_path / "ids.bin", np.uint8, "w+", shape=6)
    file[:] = [0, 1, 2, 3, 4, 9]
    assert SequenceArray(file, [0, 6], n_tokens=10)[0].dtype == np.int32
    with pytest.raises(ValueError, match="got 9 at step 5"):
        SequenceArray(file, [0, 6], n_tokens=9)


# -- what is refused ------------------------------------------------------------------------


def test_batches_that_do_not_go_together(tmp_path):
    X = everything()
    more = X.with_channel("numbers", Channel(np.zeros((X.offsets[-1], 3), np.float32)))
    other_type = X.with_channel("numbers", np.zeros((X.offsets[-1], 2)))
    words = X.channels["words"]
    other_words = Channel(words.values, 5, TABLE, vocabulary_id="of others")
    for batch, kind, message in (
        (more, ValueError, "batch 1 .*the features of a step of channel 'numbers' differ"),
        (other_type, ValueError, "batch 1 .*channel 'numbers' holds float64, there .* float32"),
        (
            X.with_context(None),
            ValueError,
            "batch 1 .*have no context, those of the first have a context",
        ),
        (X.with_channel("x", words), ValueError, "batch 1 has the channels .*, but the first"),
        (
            X.with_channel("words", other_words),
            ValueError,
            "vocabularies of channel 'words' differ",
        ),
        (np.zeros((2, 3, 2)), TypeError, "batch 1 must be a SequenceArray or a list .*ndarray"),
    ):
        with pytest.raises(kind, match=message):
            SequenceArray.from_batches([X, batch], tmp_path / "X")
        assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="no sequences in these batches"):
        SequenceArray.from_batches([], tmp_path / "X")
    with pytest.raises(TypeError, match=r"the name of sequence 0, \(1, 2\), is of the type tuple"):
        names = np.empty(N, dtype=object)
        names[:] = [(1, 2)] * N
        SequenceArray(X.channels, X.offsets, names=names).to_disk(tmp_path / "X")
    assert not list(tmp_path.iterdir())


def test_the_message_has_the_number_of_the_batch(tmp_path):
    good, X = [np.ones((3, 2)), np.ones((1, 2))], SequenceArray.from_list([np.ones((3, 2))])
    for batch, kind, message in (
        ([np.ones((3, 4))], ValueError, r"batch 2 .*differ \(n_features=4, there n_features=2\): "),
        (
            [np.ones((3, 2)), np.ones((3, 4))],
            ValueError,
            r"batch 2 \(counted .*sequence 1",
        ),
        ([np.ones((3, 2), np.float32)], ValueError, "batch 2 .* holds float32, there .* float64"),
        (["text"], TypeError, "batch 2 .*sequence 0 holds text"),
        ([np.ones((0, 2))], ValueError, "batch 2 .* has 1 sequences, but none of them has a step"),
        (None, TypeError, "batch 2 must be a SequenceArray or a list of arrays"),
        ((good, [0, 1]), TypeError, r"batch 2 is a pair \(list, list\), as \(X, y\) would be"),
        ((X, np.ones(1)), TypeError, r"batch 2 is a pair \(SequenceArray, ndarray\)"),
        (
            X.with_context([[1.0]]),
            ValueError,
            "batch 2 .*context of 1 values, .*no context",
        ),
    ):
        with pytest.raises(kind, match=message):
            SequenceArray.from_batches([good, [], batch], tmp_path / "X")
        assert not list(tmp_path.iterdir())
    for given in (3, "folder"):
        with pytest.raises(TypeError, match="batches must be an iterable of batches"):
            SequenceArray.from_batches(given, tmp_path / "X")
    together = SequenceArray.from_batches([[], good, [], good], tmp_path / "X")
    assert together.lengths.tolist() == [3, 1, 3, 1]  # a batch of nothing adds nothing
    pair = SequenceArray.from_batches([(np.ones((2, 2)), np.ones((1, 2)))], tmp_path / "pair")
    assert pair.lengths.tolist() == [2, 1]  # a tuple of two sequences is no pair (X, y)


def test_what_is_no_folder_of_sequences(tmp_path):
    file = tmp_path / "numbers.npy"
    np.save(file, np.ones(3))
    with pytest.raises(NotADirectoryError, match=r"this is a file, .*give such a folder.*numbers"):
        SequenceArray.from_disk(file)
    everything().to_disk(tmp_path / "X")
    with pytest.raises(NotADirectoryError, match=r"this is a file, .*give its folder, '.*X'"):
        SequenceArray.from_disk(tmp_path / "X" / "sequences.json")
    with pytest.raises(FileNotFoundError, match=r"no such folder \(looked for in .*nowhere"):
        SequenceArray.from_disk("nowhere")
    with pytest.raises(TypeError, match=r"expects the path of a folder .*, got NoneType"):
        SequenceArray.from_disk(None)


def test_damage_that_keeps_the_sizes(tmp_path):
    everything().to_disk(tmp_path / "X")
    folder, about = tmp_path / "X", tmp_path / "X" / "sequences.json"
    whole = json.loads(about.read_text())
    for left_out in ("channels", "bytes", "context"):
        about.write_text(json.dumps({k: v for k, v in whole.items() if k != left_out}))
        with pytest.raises(ValueError, match=rf"'.*X' is damaged \(KeyError: '{left_out}'\): copy"):
            SequenceArray.from_disk(folder)
    about.write_text(json.dumps(whole))
    for name in ("offsets.npy", "channel0.npy"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(bytes(len(kept)))
        with pytest.raises(ValueError, match=r"is damaged .*copy the folder again"):
            SequenceArray.from_disk(folder)
        (folder / name).write_bytes(kept)


def test_folder_that_holds_something(tmp_path):
    X = everything()
    X.to_disk(tmp_path / "X")
    with pytest.raises(FileExistsError, match="there is something already: open it with"):
        X.to_disk(tmp_path / "X")
    with pytest.raises(FileNotFoundError, match=r"the folder '.*no' is not there, make it first"):
        X.to_disk(tmp_path / "no" / "X")
    assert os.listdir(tmp_path) == ["X"]


def test_generator_that_fails_leaves_nothing(tmp_path):
    def batches():
        yield everything()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SequenceArray.from_batches(batches(), tmp_path / "X")
    assert not list(tmp_path.iterdir())


def test_what_is_wrong_with_a_folder(tmp_path):
    everything().to_disk(tmp_path / "X")
    folder, about = tmp_path / "X", tmp_path / "X" / "sequences.json"
    whole = about.read_text()

    def refused(kind, message):
        with pytest.raises(kind, match=message):
            SequenceArray.from_disk(folder)

    with pytest.raises(FileNotFoundError, match=r"there is no such folder; .* opens a folder"):
        SequenceArray.from_disk(tmp_path / "Y")
    with pytest.raises(FileNotFoundError, match=r"it has no sequences\.json; .* opens a folder"):
        SequenceArray.from_disk(tmp_path)
    about.write_text(whole[:100])
    refused(ValueError, "is cut short or damaged")
    about.write_text("[]")
    refused(ValueError, "was not written by SequenceArray.to_disk")
    about.write_text(json.dumps({**json.loads(whole), "format_version": 2}))
    refused(ValueError, "has the format 2, written by sksequence .* reads formats up to 1")
    about.write_text(whole)
    values = (folder / "channel0.npy").read_bytes()
    (folder / "channel0.npy").write_bytes(values[:-1])
    refused(ValueError, rf"it has {len(values) - 1} bytes, but {len(values)} are expected")
    (folder / "channel0.npy").unlink()
    refused(FileNotFoundError, r"is not whole: one of its files is not there.*channel0\.npy")


def test_file_that_goes_while_it_is_open(tmp_path):
    X = everything().to_disk(tmp_path / "X")
    sent = pickle.dumps(X)
    path = tmp_path / "X" / "channel0.npy"
    size = path.stat().st_size
    os.truncate(path, 200)
    for read in (lambda: X[3], lambda: X[::-1][4], lambda: check_sequences(X[X.lengths > 0])):
        with pytest.raises(ValueError, match=rf"cut short .* 200 bytes, but {size} are expected"):
            read()
    with pytest.raises(ValueError, match="is cut short: it has 200 bytes"):
        pickle.loads(sent)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="holds the values of a SequenceArray is not there"):
        pickle.loads(sent)


# As if the disk were full after the first batch, and a folder of somebody else.
NOT_ALLOWED = """
import os, resource, signal, sys
import numpy as np
from sksequence import SequenceArray

full, forbidden = sys.argv[1:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
X = SequenceArray(np.zeros((1000, 1)), [0, 1000])

def attempt(path):
    try:
        SequenceArray.from_batches([X] * 9, path)
    except OSError as error:
        print(type(error).__name__, error, flush=True)

attempt(full)
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
if os.getuid() == 0:
    os.setuid(65534)
attempt(forbidden)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits and permissions of POSIX")
def test_full_disk_and_forbidden_folder_leave_nothing(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    folder.chmod(0o555)
    command = [sys.executable, "-c", NOT_ALLOWED, tmp_path / "X", folder / "X"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    full, forbidden = done.stdout.splitlines()
    assert full.startswith(f"OSError [Errno {errno.EFBIG}] File too large: the sequences were not")
    assert forbidden.startswith("PermissionError [Errno 13] Permission denied: the sequences were")
    assert "choose a place you may write to, not" in forbidden and "theirs" in forbidden
    assert os.listdir(tmp_path) == ["theirs"]
    assert not list(folder.iterdir())
