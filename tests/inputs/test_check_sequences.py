"""Every container of the same data gives the same sequences; what is none is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator

from sksequence.inputs import Channel, SequenceArray, check_sequences


class Probe(BaseEstimator):
    """An estimator to be named in messages."""


LENGTHS = (3, 1, 4)
RAGGED = [np.arange(2.0 * n).reshape(n, 2) + 10 * i for i, n in enumerate(LENGTHS)]


def _long_table():
    index = pd.MultiIndex.from_tuples(
        [(i, t) for i, n in enumerate(LENGTHS) for t in range(n)], names=["sequence", "step"]
    )
    return pd.DataFrame(np.concatenate(RAGGED), index=index, columns=["a", "b"])


def _objects(sequences):
    array = np.empty(len(sequences), dtype=object)
    array[:] = sequences
    return array


RAGGED_FORMS = {
    "container": SequenceArray.from_list(RAGGED),
    "list of arrays": RAGGED,
    "tuple of arrays": tuple(RAGGED),
    "nested lists": [s.tolist() for s in RAGGED],
    "list of frames": [pd.DataFrame(s, columns=["a", "b"]) for s in RAGGED],
    "object array": _objects(RAGGED),
    "object array of one column": _objects(RAGGED)[:, None],
    "series of arrays": pd.Series(RAGGED, index=[7, 8, 9]),
    "frame with a column of arrays": pd.DataFrame({"s": RAGGED}),
    "long table": _long_table(),
    "long table, rows mixed": _long_table().sort_index(level=[0, 1], ascending=[True, False]),
    "integers": [s.astype(int) for s in RAGGED],
}


@pytest.mark.parametrize("form", RAGGED_FORMS)
def test_ragged_sequences_in_every_form(form):
    X = check_sequences(RAGGED_FORMS[form], estimator=Probe())
    np.testing.assert_array_equal(X.values, np.concatenate(RAGGED))
    np.testing.assert_array_equal(X.lengths, LENGTHS)
    assert X.values.dtype == np.float64


TABLE = np.arange(12.0).reshape(3, 4)
TABLE_FORMS = {
    "2-D": TABLE,
    "2-D integers": TABLE.astype(int),
    "2-D objects": TABLE.astype(object),
    "3-D": TABLE[:, :, None],
    "3-D objects": TABLE[:, :, None].astype(object),
    "nested lists": TABLE.tolist(),
    "nested tuples": tuple(map(tuple, TABLE.tolist())),
    "list of 1-D arrays": list(TABLE),
    "list of 2-D arrays": list(TABLE[:, :, None]),
    "wide frame": pd.DataFrame(TABLE, columns=list("abcd")),
    "wide frame of mixed numbers": pd.DataFrame(TABLE).astype({0: int, 1: "Int64", 2: "float32"}),
    "transposed": np.asfortranarray(TABLE),
    "container": SequenceArray.from_padded(TABLE),
}


@pytest.mark.parametrize("form", TABLE_FORMS)
def test_series_of_one_length_in_every_form(form):
    X = check_sequences(TABLE_FORMS[form], estimator=Probe())
    np.testing.assert_array_equal(X.to_padded()[:, :, 0], TABLE)
    assert X.values.shape == (12, 1)


def test_single_precision_stays():
    for given in (TABLE.astype("f4"), TABLE[:, :, None].astype("f4"), list(TABLE.astype("f4"))):
        assert check_sequences(given).values.dtype == np.float32


def test_frames_are_sequences_of_images():
    X = check_sequences(np.zeros((2, 5, 4, 3)))
    assert X.values.shape == (10, 4, 3)


def test_a_container_comes_back_as_it_is():
    X = SequenceArray.from_list(RAGGED)
    assert check_sequences(X) is X


# -- what the estimator remembers -----------------------------------------------------------


def test_two_dimensional_input_keeps_its_width():
    probe = Probe()
    check_sequences(pd.DataFrame(TABLE, columns=list("abcd")), estimator=probe)
    assert probe.n_features_in_ == 4
    assert probe.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names should match those that were passed"):
        check_sequences(pd.DataFrame(TABLE, columns=list("dcba")), estimator=probe, reset=False)
    X = check_sequences([[1.0], [2.0, 3.0]], estimator=probe, reset=False)
    assert X.lengths.tolist() == [1, 2]


def test_two_dimensional_input_keeps_its_width_without_names():
    probe = Probe()
    check_sequences(TABLE, estimator=probe)
    assert not hasattr(probe, "feature_names_in_")
    with pytest.raises(ValueError, match="X has 3 features, but Probe is expecting 4 features as"):
        check_sequences(TABLE[:, :3], estimator=probe, reset=False)


def test_ragged_input_may_change_its_lengths():
    probe = Probe()
    check_sequences(RAGGED, estimator=probe)
    assert probe.n_features_in_ == 2
    assert not hasattr(probe, "feature_names_in_")
    assert check_sequences(TABLE, estimator=probe, reset=False).lengths.tolist() == [4, 4, 4]
    assert probe.n_features_in_ == 2


def test_fitting_again_forgets():
    probe = Probe()
    check_sequences(pd.DataFrame(TABLE, columns=list("abcd")), estimator=probe)
    check_sequences(RAGGED, estimator=probe)
    assert probe.n_features_in_ == 2
    assert not hasattr(probe, "feature_names_in_")
    check_sequences(TABLE, estimator=probe)
    assert probe.n_features_in_ == 4
    check_sequences(SequenceArray.from_list([[0, 1]], n_tokens=3), estimator=probe)
    assert probe.n_features_in_ == 1


# -- what is refused ------------------------------------------------------------------------

REFUSED = {
    "string": ("a b", TypeError, r"Probe got one bare string \('a b'\).*Put it in a list, and Tok"),
    "bytes": (b"ab", TypeError, "one bare string"),
    "None": (None, TypeError, "Probe expected sequences .*, got NoneType"),
    "number": (1.0, TypeError, "got float"),
    "dict": ({"a": [1]}, TypeError, "got dict"),
    "set": ({1, 2}, TypeError, "got set"),
    "iterator": (iter([[1.0]]), TypeError, "got list_iterator"),
    "sparse": (sparse.csr_matrix(np.eye(3)), TypeError, "Sparse data was passed"),
    "texts": (
        ["a b", "c"],
        TypeError,
        r"sequence 0 holds text \('a b'\).*symbols of it with Tok",
    ),
    "tokens": ([["a"], ["b", "c"]], TypeError, r"sequence 0 holds text \(\['a'\]\)"),
    "tokens of one length": ([["a"], ["b"]], TypeError, "sequence 0 holds text"),
    "array of texts": (np.array(["a", "b"]), TypeError, r"sequence 0 holds text \('a'\)"),
    "objects of text": (np.array(["a", "b"], object), TypeError, "sequence 0 holds text"),
    "series of text": (pd.Series(["a", "b"]), TypeError, "sequence 0 holds text"),
    "2-D text": (np.array([["a", "b"]]), TypeError, r"the array holds text \(\[\['a', 'b'\]\]\)"),
    "2-D objects of text": (np.array([["a", "b"]], object), TypeError, "the array holds text"),
    "3-D text": (
        np.array([[["a"]]]),
        TypeError,
        "dtype <U1: of text make symbols with Token",
    ),
    "frame of text": (
        pd.DataFrame({"n": [1.0], "review": ["a b"]}),
        TypeError,
        r"Probe expected numbers, but column 'review' holds text.*SequenceColumns\('review'\)",
    ),
    "frame of categories": (
        pd.DataFrame({"c": pd.Categorical(["x"])}),
        TypeError,
        "column 'c' holds text",
    ),
    "frame of times": (
        pd.DataFrame({"t": pd.to_datetime(["2020-01-01"])}),
        TypeError,
        "column 't' holds times: give them as numbers",
    ),
    "2-D times": (np.zeros((2, 2), "M8[s]"), TypeError, "seconds since the first"),
    "list of times": ([np.zeros(2, "M8[s]")], TypeError, "seconds since the first"),
    "3-D complex": (np.zeros((1, 2, 1), complex), ValueError, "Complex data not supported: give"),
    "2-D complex": (np.zeros((1, 2), complex), ValueError, "Complex data not supported"),
    "empty list": ([], ValueError, r"Probe got an empty list \(0 sample\(s\)\)"),
    "empty 2-D": (np.zeros((0, 3)), ValueError, r"0 sample\(s\)"),
    "empty 3-D": (np.zeros((0, 3, 1)), ValueError, r"Probe got 0 sequences \(0 sample\(s\)\)"),
    "empty container": (SequenceArray.from_list([]), ValueError, r"got 0 sequences"),
    "no features": (np.zeros((3, 0)), ValueError, r"0 feature\(s\)"),
    "no steps": (np.zeros((3, 0, 1)), ValueError, "sequence 0 is empty"),
    "empty sequence": ([[1.0], []], ValueError, r"sequence 1 is empty, but Probe.*lengths > 0\]"),
    "1-D list": ([1.0, 2.0], ValueError, "Expected 2D array, got 1D array"),
    "1-D array": (np.zeros(3), ValueError, "Expected 2D array, got 1D array"),
    "0-D array": (np.array(1.0), ValueError, "Expected 2D array, got scalar array"),
    "numbers among sequences": ([1.0, [2.0]], ValueError, "sequence 0 is a single value"),
    "ragged inside": ([[[1, 2], [3]]], ValueError, "sequence 0 is ragged inside a step"),
    "feature counts": ([[[1, 2]], [[1]]], ValueError, "sequence 1 has steps of shape"),
    "objects": (np.array([[{}, 1.0]], object), TypeError, "argument must be a string"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_sequence_is_refused(what):
    given, error, message = REFUSED[what]
    with pytest.raises(error, match=message):
        check_sequences(given, estimator=Probe())


def test_messages_name_the_sequence():
    X = SequenceArray.from_list([[1.0], [], [np.nan]], names=["ann", "bob", "eve"])
    with pytest.raises(ValueError, match=r"sequence 1 \('bob'\) is empty, but the estimator"):
        check_sequences(X)
    with pytest.raises(ValueError, match=r"NaN: sequence 1 \('eve'\), step 0\. the estimator"):
        check_sequences(X[[0, 2]])


def test_missing_values_are_found_in_every_channel_and_item():
    channel = Channel(np.array([1.0, 2.0, np.nan, 3.0]), item_offsets=[0, 2, 2, 4])
    X = SequenceArray({"word": Channel([0, 1, 1], n_tokens=2), "letters": channel}, [0, 1, 3])
    with pytest.raises(ValueError, match="NaN: sequence 1, step 1 of channel 'letters'"):
        check_sequences(X)


def test_large_numbers_are_no_infinity():
    big = np.finfo(np.float64).max
    X = check_sequences([[big, big], [big]], largest=np.inf)
    assert np.isfinite(X.values).all()
    with pytest.raises(ValueError, match="Input X contains infinity: sequence 1, step 0"):
        check_sequences([[big, big], [np.inf]], largest=np.inf)


@pytest.mark.parametrize("allow_nan", [False, True])
def test_numbers_beyond_32_bits_are_refused_where_they_are(allow_nan):
    single = np.finfo(np.float32).max
    for largest in (single, np.float64(single)):
        assert check_sequences([[largest, -largest]]).n_tokens is None
    with pytest.raises(ValueError, match=r"contains -3\.5e\+38: sequence 1, step 2\. the est"):
        check_sequences([[0.0], [1.0, 2.0, -3.5e38]], allow_nan=allow_nan)
    X = check_sequences([[0.0, 1.0], [2.0, 3.0]]).with_context([0.0, 1e300])
    with pytest.raises(ValueError, match=r"context of sequence 1 contains 1e\+300"):
        check_sequences(X, allow_nan=allow_nan)
    with pytest.raises(ValueError, match=r"contains 51: .* up to 50, beyond which they overflow"):
        check_sequences([[0.0, 51.0]], largest=50.0)


def test_vectors_must_be_finite_when_they_are_learned_from():
    X = SequenceArray.from_list([[0, 1]], n_tokens=3, vectors=np.array([[1.0], [np.nan], [0.0]]))
    with pytest.raises(ValueError, match="the vector of symbol 1 has a missing or infinite value"):
        check_sequences(X, estimator=Probe())
