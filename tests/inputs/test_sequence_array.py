"""The container behaves like a one-dimensional array of sequences."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing

from sksequence.inputs import Channel, SequenceArray

TABLE = np.arange(15.0, dtype=np.float32).reshape(5, 3)


def _sequences(rng, kind):
    """Twelve sequences, two of them empty, as a list of arrays."""
    lengths = np.append(rng.integers(0, 7, size=10), [0, 3])
    if kind == "numeric":
        return [rng.normal(size=(n, 2)) for n in lengths]
    if kind == "frames":
        return [rng.normal(size=(n, 2, 3)).astype(np.float32) for n in lengths]
    return [rng.integers(0, 5, size=n).astype(np.int32) for n in lengths]


OPTIONS = {
    "numeric": {},
    "frames": {},
    "symbols": {"n_tokens": 5},
    "vectors": {"n_tokens": 5, "vectors": TABLE},
}


def _container(seed, kind):
    """A container with side data, and the list that it stands for."""
    rng = np.random.default_rng(seed)
    sequences = _sequences(rng, kind)
    context = rng.normal(size=(len(sequences), 2))
    names = np.array([f"s{i}" for i in range(len(sequences))])
    X = SequenceArray.from_list(sequences, context=context, names=names, **OPTIONS[kind])
    return X, sequences


def _keys(rng, n):
    """All ways to choose sequences."""
    mask = rng.random(n) < 0.5
    yield from [mask, list(mask), np.zeros(n, bool), np.ones(n, bool), [], np.arange(n)]
    yield from [rng.permutation(n), rng.integers(-n, n, size=2 * n), [n - 1], (np.int8(2), -1)]
    yield from [rng.integers(0, n, size=5).astype(np.uint16), np.arange(3, 7)]
    for start in (None, 0, 3, -4, 50, -50):
        for stop in (None, 0, 8, -1, 2, 50):
            yield from (slice(start, stop, step) for step in (None, 2, -1, -3))


@pytest.mark.parametrize("kind", OPTIONS)
def test_selection_equals_the_selection_of_a_list(kind):
    X, sequences = _container(0, kind)
    order = np.arange(len(X))
    for key in _keys(np.random.default_rng(1), len(X)):
        chosen = order[list(key) if isinstance(key, tuple) else key]
        key = list(key) if isinstance(key, tuple) else key
        for selected in (X[key], X[key, ...]):
            assert isinstance(selected, SequenceArray)
            assert selected.shape == (len(chosen),)
            assert selected.lengths.tolist() == [len(sequences[i]) for i in chosen]
            for part, i in zip(selected, chosen, strict=True):
                np.testing.assert_array_equal(part, sequences[i])
                assert part.dtype == X.values.dtype
            np.testing.assert_array_equal(selected.context, X.context[chosen])
            np.testing.assert_array_equal(selected.names, X.names[chosen])
            assert selected.vectors is X.vectors


@pytest.mark.parametrize("kind", OPTIONS)
def test_selection_of_a_selection(kind):
    X, sequences = _container(2, kind)
    twice = X[3:11][[7, 0, 5]][::-1]
    for part, i in zip(twice, [8, 3, 10], strict=True):
        np.testing.assert_array_equal(part, sequences[i])
    assert twice.names.tolist() == ["s8", "s3", "s10"]


def test_one_sequence_by_any_integer():
    X, sequences = _container(0, "numeric")
    for i in (0, 5, -1, -12, np.int64(3), np.uint8(4), np.array(7)):
        np.testing.assert_array_equal(X[i], sequences[int(i)])
    for i in (12, -13):
        with pytest.raises(IndexError, match=f"sequence {i} of a SequenceArray with 12 sequences"):
            X[i]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (True, r"a mask for 12 sequences must have shape \(12,\), got \(\)"),
        ([True, False], r"a mask for 12 sequences must have shape \(12,\), got \(2,\)"),
        (np.ones((12, 1), bool), r"must have shape \(12,\), got \(12, 1\)"),
        ([0, 12], r"index out of range for 12 sequences: 0\.\.12"),
        ([-13], r"index out of range for 12 sequences: -13\.\.-13"),
        (1.0, "integer, a slice, integers or a mask, got an index of dtype float64"),
        ([0.0, 1.0], "got an index of dtype float64"),
        ("values", "got an index of dtype <U6"),
        ((slice(None), 0), "has one axis, got the index"),
        ([[0, 1]], r"of dtype int64 and shape \(1, 2\)"),
    ],
)
def test_other_keys_are_refused(key, message):
    X, _ = _container(0, "numeric")
    with pytest.raises(IndexError, match=message):
        X[key]


def test_iterates_and_measures_like_a_list():
    X, sequences = _container(0, "symbols")
    assert len(X) == np.shape(X)[0] == len(sequences)
    assert X.shape == (12,)
    assert np.ndim(X) == 1
    assert not hasattr(X, "iloc")
    assert not hasattr(X, "__array__")
    for ours, theirs in zip(X, sequences, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [len(s) for s in X.to_list()] == [len(s) for s in sequences]


def test_scikit_learn_splits_it_and_keeps_the_kind():
    X, sequences = _container(0, "vectors")
    y = np.arange(len(X))
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    for part, labels in ((X_train, y_train), (X_test, y_test)):
        assert isinstance(part, SequenceArray)
        assert part.vectors is X.vectors
        for steps, i in zip(part, labels, strict=True):
            np.testing.assert_array_equal(steps, sequences[i])
    assert _safe_indexing(X, [4]).names.tolist() == ["s4"]


# -- memory and change ----------------------------------------------------------------------


def test_neighbouring_sequences_share_memory():
    X, _ = _container(0, "numeric")
    for part in (X[2:9], X[[2, 3, 4]], X[np.arange(12) < 5], X[11:], X[:]):
        assert np.shares_memory(part.values, X.values)
        assert np.shares_memory(part.context, X.context)
    assert not np.shares_memory(X[[2, 4]].values, X.values)
    assert np.shares_memory(X[11], X.values)


def test_is_frozen():
    X, _ = _container(0, "numeric")
    with pytest.raises(AttributeError, match="frozen: cannot set 'offsets'"):
        X.offsets = np.array([0, 1])
    with pytest.raises(TypeError):
        X.channels["more"] = X.only
    with pytest.raises(AttributeError):
        X.only.values = np.zeros(3)


@pytest.mark.parametrize("kind", OPTIONS)
def test_pickle_is_the_flat_buffers_and_little_else(kind):
    X, _ = _container(0, kind)
    table = 0 if X.vectors is None else X.vectors.nbytes
    for part, n in ((X, 12), (X[:1], 1), (X[[0, 5, 3]], 3)):
        data = pickle.dumps(part)
        flat = sum(s.nbytes for s in part) + 8 * (n + 1) + part.context.nbytes + part.names.nbytes
        assert len(data) < flat + table + 1300
        again = pickle.loads(data)
        assert repr(again) == repr(part)
        for ours, theirs in zip(again, part, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_copies_are_independent():
    X, _ = _container(0, "numeric")
    other = copy.deepcopy(X)
    assert not np.shares_memory(other.values, X.values)
    np.testing.assert_array_equal(other.values, X.values)
    with pytest.raises(TypeError):
        other.channels["more"] = X.only


def test_joblib_maps_it_read_only(tmp_path):
    X, sequences = _container(0, "vectors")
    joblib.dump(X, tmp_path / "X.joblib")
    mapped = joblib.load(tmp_path / "X.joblib", mmap_mode="r")
    assert isinstance(mapped.values, np.memmap)
    assert isinstance(mapped.vectors, np.memmap)
    for part in (mapped, mapped[2:], mapped[::-1][::-1]):
        for ours, theirs in zip(part, sequences[len(sequences) - len(part) :], strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert joblib.hash(X[:]) == joblib.hash(X)
    assert joblib.hash(X[::-1]) != joblib.hash(X)


# -- concatenation --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OPTIONS)
def test_concatenation_undoes_a_split(kind):
    X, sequences = _container(3, kind)
    joined = np.concatenate([X[:4], X[4:5], X[5:5], X[5:]])
    assert isinstance(joined, SequenceArray)
    for ours, theirs in zip(joined, sequences, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(joined.context, X.context)
    np.testing.assert_array_equal(joined.names, X.names)
    np.testing.assert_array_equal(joined.offsets, X.offsets)
    assert joined.vectors is X.vectors
    assert joined.n_tokens == X.n_tokens


def test_names_go_when_a_part_has_none():
    X = SequenceArray.from_list([[1.0], [2.0]], names=["a", "b"])
    joined = np.concatenate([X, SequenceArray.from_list([[3.0]])])
    assert joined.names is None
    assert len(joined) == 3


def _one(values=(1.0,), n_tokens=None, vectors=None, **options):
    channel = Channel(np.asarray(values), n_tokens=n_tokens, vectors=vectors, **options)
    return SequenceArray({"a": channel}, [0, channel.n_steps])


@pytest.mark.parametrize(
    ("one", "other", "error", "message"),
    [
        (_one(), np.ones(3), TypeError, "only SequenceArrays .* got SequenceArray, ndarray"),
        (np.ones(3), _one(), TypeError, "only SequenceArrays .* got SequenceArray, ndarray"),
        (_one(), _one().with_context([1.0]), ValueError, "all or none .* must have a context"),
        (_one(), _one().with_channel("b", [1.0]), ValueError, r"\['a'\] and \['a', 'b'\]"),
        (_one([0], 2), _one([0], 3), ValueError, r"vocabularies differ \(n_tokens=2 and"),
        (_one(), _one([[1.0, 2.0]]), ValueError, "features of a step differ"),
        (_one([0], 1, [[1.0]]), _one([0], 1, [[2.0]]), ValueError, "tables of vectors differ"),
        (_one([0], 1, [[1.0]]), _one([0], 1), ValueError, "tables of vectors differ"),
        (_one(), _one(item_offsets=[0, 1]), ValueError, "levels of raggedness differ"),
        (
            _one(feature_names=("u",)),
            _one(feature_names=("v",)),
            ValueError,
            "channel 'a' cannot be concatenated: the names of the features differ",
        ),
    ],
)
def test_what_does_not_fit_is_not_concatenated(one, other, error, message):
    with pytest.raises(error, match=message):
        np.concatenate([one, other])


def test_equal_tables_may_be_concatenated():
    joined = np.concatenate([_one([0], 1, [[1.0]]), _one([0], 1, [[1.0]])])
    assert joined.lengths.tolist() == [1, 1]


def test_there_is_one_axis_only():
    assert len(np.concatenate([_one(), _one()], axis=-1)) == 2
    with pytest.raises(ValueError, match="along axis 0, got axis=1"):
        np.concatenate([_one(), _one()], axis=1)
    with pytest.raises(TypeError, match="vstack"):
        np.vstack([_one(), _one()])


# -- channels and side data -----------------------------------------------------------------


def _words():
    """Two sentences: words, their case, their letters (ragged inside a word), their times."""
    return SequenceArray(
        {
            "word": Channel(np.array([4, 0, 2]), n_tokens=5),
            "case": Channel(np.array([1, 0, 0]), n_tokens=2),
            "letter": Channel(
                np.array([7, 8, 9, 1, 2, 3]), n_tokens=10, item_offsets=np.array([0, 1, 1, 6])
            ),
            "time": Channel(np.array([0.5, 1.5, 0.25])),
        },
        [0, 2, 3],
        context=[[1.0], [2.0]],
    )


def test_channels_share_the_offsets():
    X = _words()
    first = X[0]
    assert list(first) == ["word", "case", "letter", "time"]
    np.testing.assert_array_equal(first["word"], [4, 0])
    np.testing.assert_array_equal(first["time"], [[0.5], [1.5]])
    assert [items.tolist() for items in first["letter"]] == [[7], []]
    assert [items.tolist() for items in X[1]["letter"]] == [[8, 9, 1, 2, 3]]
    with pytest.raises(ValueError, match=r"has the channels \['word', 'case'.*choose one"):
        X.values  # noqa: B018


@pytest.mark.parametrize("key", [[1, 0], [1], [0, 0, 1], slice(1, None), slice(None, None, -1)])
def test_items_of_steps_follow_every_selection(key):
    X = _words()
    chosen = np.arange(2)[key]
    for selected in (X[key], np.concatenate([X[[i]] for i in chosen]), X[chosen]):
        assert len(selected) == len(chosen)
        for ours, i in zip(selected, chosen, strict=True):
            for name, values in X[i].items():
                assert str(ours[name]) == str(values)
        np.testing.assert_array_equal(selected.context, X.context[chosen])
        assert selected.channels["letter"].n_steps == selected.offsets[-1]


def test_a_channel_is_added_or_replaced_in_a_new_container():
    X = SequenceArray.from_list([[1.0, 2.0], [3.0]], context=[1.0, 2.0], names=["a", "b"])
    Y = X.with_channel("more", np.array([10.0, 20.0, 30.0]))
    assert list(X.channels) == ["values"]
    np.testing.assert_array_equal(Y[1]["more"], [[30.0]])
    np.testing.assert_array_equal(Y.context, X.context)
    np.testing.assert_array_equal(Y.names, X.names)
    Z = X.with_channel("values", Channel(np.array([0, 1, 1]), n_tokens=2))
    assert Z.n_tokens == 2
    with pytest.raises(ValueError, match="channel 'more' has 2 steps, but the offsets end at 3"):
        X.with_channel("more", np.zeros(2))


def test_context_is_set_and_removed():
    X = SequenceArray.from_list([[1.0], [2.0]])
    assert X.with_context([5, 6]).context.tolist() == [[5.0], [6.0]]
    assert X.with_context([5, 6]).with_context(None).context is None
    assert X.context is None
    assert X.with_context(np.float32([5, 6])).context.dtype == np.float32
    for context, error, message in [
        ([1.0], ValueError, "context has 1 rows, but there are 2 sequences"),
        (["a", "b"], TypeError, "context must be numbers, got dtype <U1"),
        (np.zeros((2, 1, 1)), ValueError, r"\(n_sequences, n_context\), got \(2, 1, 1\)"),
        (1.0, ValueError, r"\(n_sequences, n_context\), got \(\)"),
    ]:
        with pytest.raises(error, match=message):
            X.with_context(context)


@pytest.mark.parametrize(
    ("X", "text"),
    [
        (_words()[:0], "SequenceArray(n_sequences=0, word=(n_tokens=5), case=(n_tokens=2)"),
        (_words(), "lengths=1..2, word=(n_tokens=5), case=(n_tokens=2), letter=(n_tokens=10), "),
        (_words(), "time=(n_features=1), n_context=1)"),
        (_one(np.zeros((4, 2, 3))), "SequenceArray(n_sequences=1, lengths=4, frame_shape=(2, 3))"),
        (_one([0, 1], 5, TABLE), "(n_sequences=1, lengths=2, n_tokens=5, vector_size=3)"),
    ],
)
def test_repr_says_what_it_holds(X, text):
    assert text in repr(X)


# -- what does not fit together -------------------------------------------------------------


@pytest.mark.parametrize(
    ("offsets", "got"),
    [
        ([1, 3], r"\[1 3\]"),
        ([0, 2, 1, 3], r"\[0 2 1 3\]"),
        ([0.0, 3.0], "float64"),
        ([], r"shape \(0,\)"),
        ([[0, 3]], r"shape \(1, 2\)"),
        (None, "dtype object"),
    ],
)
def test_offsets_start_at_zero_and_never_fall(offsets, got):
    with pytest.raises(ValueError, match="starts at 0 and never falls, got .*" + got):
        SequenceArray(np.zeros(3), offsets)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"values": np.zeros(2)}, ValueError, "has 2 steps, but the offsets end at 3"),
        ({"values": {}}, ValueError, "at least one channel"),
        ({"values": np.float64(1)}, ValueError, r"\(n_steps, n_features\).*got \(\)"),
        ({"values": np.zeros((3, 0))}, ValueError, r"at least one feature, got \(3, 0\)"),
        (
            {"values": ["a", "b", "c"]},
            TypeError,
            "dtype <U1: of text make symbols with Token",
        ),
        ({"values": np.zeros(3, complex)}, TypeError, "real and imaginary part as features"),
        ({"values": np.zeros(3, "M8[s]")}, TypeError, "seconds since the first"),
        ({"values": np.zeros(3, "m8[s]")}, TypeError, "durations as numbers"),
        ({"names": ["a", "b"]}, ValueError, "names has 2 rows, but there are 1 sequences"),
        ({"names": [["a"]]}, ValueError, r"names must have shape \(n_sequences,\), got \(1, 1\)"),
        ({"values": [0, 1, 5], "n_tokens": 5}, ValueError, r"\[0, 5\), got 5 at step 2"),
        ({"values": [0, -1, 5], "n_tokens": 5}, ValueError, r"\[0, 5\), got -1 at step 1"),
        ({"values": [0.0, 1.0, 2.0], "n_tokens": 5}, TypeError, "got dtype float64"),
        ({"values": [[0, 1, 2]], "n_tokens": 5}, TypeError, r"shape \(1, 3\)"),
        ({"vectors": np.eye(3)}, ValueError, "vectors belong to symbols: give n_tokens"),
        (
            {"values": [0, 1, 2], "n_tokens": 5, "vectors": np.eye(3)},
            ValueError,
            r"\(n_tokens, vector_size\) = \(5, ...\), got \(3, 3\)",
        ),
        (
            {"values": {"a": Channel(np.zeros(3))}, "n_tokens": 5},
            ValueError,
            "belong to the channels",
        ),
    ],
)
def test_parts_must_fit_together(options, error, message):
    options = {"values": np.zeros(3), "offsets": [0, 3], **options}
    with pytest.raises(error, match=message):
        SequenceArray(**options)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([0, 1, 3], "item_offsets must end at the number of items, 4, got 3"),
        ([0, 3, 1, 4], "item_offsets must be .* never falls"),
    ],
)
def test_item_offsets_must_fit_the_items(items, message):
    with pytest.raises(ValueError, match=message):
        Channel(np.zeros(4), item_offsets=items)


def test_channel_knows_its_kind_and_width():
    symbols = Channel([0, 1], n_tokens=5)
    assert symbols.kind == "symbols"
    assert symbols.n_features == 1
    vectors = symbols.with_vectors([[1, 2], [3, 4], [5, 6], [7, 8], [9, 0]])
    assert vectors.kind == "vectors"
    assert vectors.n_features == 2
    assert vectors.vectors.dtype == np.float64
    assert Channel(np.zeros((4, 2, 3))).n_features == 6
    assert Channel(np.zeros((0, 7))).n_features == 7


@pytest.mark.parametrize("dtype", [">f4", ">f8", "f2", "i8", "u1", "?", "g"])
def test_numbers_become_native_floats(dtype):
    X = SequenceArray(np.array([0, 1, 1], dtype=dtype), [0, 3])
    assert X.values.dtype == np.float64 or X.values.dtype == np.float32
    assert X.values.dtype.isnative
    np.testing.assert_array_equal(X.values[:, 0], [0.0, 1.0, 1.0])


def test_a_channel_may_come_as_a_list_of_sequences():
    X = SequenceArray.from_list([np.ones((2, 3)), np.ones((1, 3))])
    times = [np.array([0.5, 2.0]), np.array([7.0])]
    timed = X.with_channel("time", times)
    assert timed.channels["time"].values.tolist() == [[0.5], [2.0], [7.0]]
    flat = X.with_channel("time", np.concatenate(times))
    assert flat.channels["time"].values.ravel().tolist() == [0.5, 2.0, 7.0]
    rows = X.with_channel("time", [[0.5], [2.0], [7.0]])  # of the steps, end to end
    assert rows.channels["time"].values.tolist() == [[0.5], [2.0], [7.0]]
    with pytest.raises(ValueError, match="channel 'time' has 1 sequences, but there are 2"):
        X.with_channel("time", times[:1])
    with pytest.raises(ValueError, match="has 1 values for sequence 0, which has 2 steps"):
        X.with_channel("time", times[::-1])
