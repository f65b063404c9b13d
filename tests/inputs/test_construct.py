"""Lists, padded arrays and long tables become the same container, and come back."""

import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import SequenceArray

NAN = np.nan


# -- lists ----------------------------------------------------------------------------------


def test_list_of_one_dimensional_arrays_has_one_feature():
    X = SequenceArray.from_list([np.array([1.0, 2.0]), [3], (4, 5, 6)])
    np.testing.assert_array_equal(X.values, [[1], [2], [3], [4], [5], [6]])
    np.testing.assert_array_equal(X.offsets, [0, 2, 3, 6])
    assert X.offsets.dtype == np.int64


def test_empty_sequences_take_the_width_of_the_others():
    X = SequenceArray.from_list([[], np.zeros((2, 3)), np.zeros((0, 3))])
    assert X.lengths.tolist() == [0, 2, 0]
    assert X.values.shape == (2, 3)
    assert SequenceArray.from_list([[], []]).values.shape == (0, 1)
    assert SequenceArray.from_list([[], [1]], n_tokens=2).lengths.tolist() == [0, 1]
    assert SequenceArray.from_list([[]], n_tokens=2).values.dtype == np.int32
    assert len(SequenceArray.from_list([])) == 0


def test_single_precision_stays_and_the_rest_becomes_double():
    assert SequenceArray.from_list([np.float32([1, 2])]).values.dtype == np.float32
    assert SequenceArray.from_list([[True, False], [1]]).values.dtype == np.float64
    X = SequenceArray.from_list([np.array([1, None], dtype=object), [2]])
    np.testing.assert_array_equal(X.values, [[1.0], [NAN], [2.0]])


@pytest.mark.parametrize(
    ("sequences", "error", "message"),
    [
        ("abc", TypeError, "got one bare string: put it in a list"),
        (
            ["abc"],
            TypeError,
            r"sequence 0 holds text \('abc'\), but numbers are expected: make",
        ),
        ([[1], ["a", "b"]], TypeError, r"sequence 1 holds text \(\['a', 'b'\]\)"),
        ([[1], [2, "b"]], TypeError, r"sequence 1 holds text \(\['2', 'b'\]\)"),
        ([np.array(["a"])], TypeError, r"symbols of it with TokenEncoder\(\) or Word2V"),
        ([[1], 3], ValueError, r"sequence 1 is a single value \(3\)"),
        ([None], ValueError, r"sequence 0 is a single value \(None\)"),
        ([[[1, 2], [3]]], ValueError, "sequence 0 is ragged inside a step"),
        ([[[1, 2]], [[1]]], ValueError, r"sequence 1 has steps of shape \(1,\), but the first"),
        ([[1.0], np.zeros((3, 0))], ValueError, r"sequence 1 has 3 steps with 0 feature\(s\)"),
        ([[{}, {}]], TypeError, r"sequence 0 has values that are not numbers \(\[\{\}, \{\}\]\)"),
    ],
)
def test_list_that_holds_no_sequences(sequences, error, message):
    with pytest.raises(error, match=message):
        SequenceArray.from_list(sequences)


def test_long_text_is_shortened_in_messages():
    with pytest.raises(TypeError) as caught:
        SequenceArray.from_list(["word " * 100])
    assert "('word word word word word word word w...)" in str(caught.value)


# -- padded arrays --------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
def test_padding_there_and_back(shape):
    rng = np.random.default_rng(0)
    lengths = np.array([3, 0, 5, 1])
    padded = rng.normal(size=(4, 5, *shape))
    padded[np.arange(5) >= lengths[:, None]] = -7
    X = SequenceArray.from_padded(padded, lengths)
    assert X.lengths.tolist() == lengths.tolist()
    np.testing.assert_array_equal(X[2].reshape(5, *shape), padded[2])
    again = X.to_padded(fill_value=-7)
    np.testing.assert_array_equal(again.reshape(padded.shape), padded)
    wide = X.to_padded(max_length=8)
    assert wide.shape[:2] == (4, 8)
    np.testing.assert_array_equal(wide[0, :3], X[0])
    assert not wide[0, 3:].any()


def test_padding_of_symbols():
    X = SequenceArray.from_padded([[3, 1, 0], [2, 0, 0]], lengths=[2, 1], n_tokens=4)
    np.testing.assert_array_equal(X.to_padded(fill_value=-1), [[3, 1], [2, -1]])
    assert X.to_padded().dtype == np.int32
    with pytest.raises(ValueError, match="fill_value must be an integer for symbols, got nan"):
        X.to_padded(fill_value=NAN)


def test_full_array_needs_no_lengths_and_is_not_copied():
    padded = np.random.default_rng(0).normal(size=(3, 4, 2))
    X = SequenceArray.from_padded(padded)
    assert X.lengths.tolist() == [4, 4, 4]
    assert np.shares_memory(X.values, padded)
    assert SequenceArray.from_padded(np.zeros((0, 4, 2))).shape == (0,)


def test_nothing_to_pad():
    assert SequenceArray.from_list([]).to_padded().shape == (0, 0, 1)
    assert SequenceArray.from_list([[], []]).to_padded(max_length=2).shape == (2, 2, 1)


@pytest.mark.parametrize(
    ("X", "lengths", "message"),
    [
        ([1.0, 2.0], None, r"\(n_sequences, n_steps, ...\), got \(2,\).*X\[np.newaxis\]"),
        ([[1.0, 2.0]], [1, 1], r"lengths must be 1 integers, got dtype int64 and shape \(2,\)"),
        ([[1.0, 2.0]], [1.0], "lengths must be 1 integers, got dtype float64"),
        ([[1.0], [1.0]], [1, 2], r"lengths\[1\] = 2, but X has 1 steps"),
        ([[1.0], [1.0]], [-1, 2], r"lengths\[0\] = -1, but X has 1 steps"),
        (np.zeros((2, 3, 0)), None, "with at least one feature"),
    ],
)
def test_padded_array_that_does_not_fit(X, lengths, message):
    with pytest.raises(ValueError, match=message):
        SequenceArray.from_padded(X, lengths)


def test_longer_than_the_width_is_an_error():
    with pytest.raises(ValueError, match="a sequence has 3 steps but max_length=2: cut it first"):
        SequenceArray.from_list([[1, 2, 3]]).to_padded(max_length=2)


def test_items_inside_steps_cannot_be_padded():
    X = SequenceArray.from_list([[1.0, 2.0]])
    channel = X.only.__class__(np.zeros(3), item_offsets=[0, 1, 3])
    with pytest.raises(ValueError, match="different numbers of items cannot be padded"):
        SequenceArray({"a": channel}, [0, 2]).to_padded()


# -- long tables ----------------------------------------------------------------------------


def _visits():
    return pd.DataFrame(
        {
            "patient": ["b", "a", "b", "b", "a"],
            "day": [2, 1, 1, 3, 0],
            "pulse": [72.0, 60.0, 71.0, 73.0, 59.0],
            "drug": pd.Categorical(["x", "none", "none", "x", "none"], ["none", "x", "y"]),
            "weight": np.array([80, 70, 81, 82, 71]),
            "ward": ["north", "south", "south", "north", "south"],
            "age": [40, 50, 40, 40, 50],
        }
    )


def test_table_is_grouped_in_order_of_appearance_and_sorted_by_time():
    X = SequenceArray.from_frame(_visits(), sequence="patient", time="day", context=["age"])
    assert X.names.tolist() == ["b", "a"]
    assert X.lengths.tolist() == [3, 2]
    assert list(X.channels) == ["values", "drug", "ward"]
    np.testing.assert_array_equal(X.context, [[40.0], [50.0]])
    values = X.channels["values"]
    assert values.feature_names == ("pulse", "weight")
    np.testing.assert_array_equal(X[0]["values"], [[71, 81], [72, 80], [73, 82]])
    np.testing.assert_array_equal(X[1]["values"], [[59, 71], [60, 70]])


def test_categories_become_symbols():
    X = SequenceArray.from_frame(_visits(), sequence="patient", time="day", context="age")
    drug, ward = X.channels["drug"], X.channels["ward"]
    assert (drug.n_tokens, drug.feature_names) == (3, ("none", "x", "y"))
    np.testing.assert_array_equal(X[0]["drug"], [0, 1, 1])
    assert (ward.n_tokens, ward.feature_names) == (2, ("north", "south"))
    np.testing.assert_array_equal(X[0]["ward"], [1, 0, 0])
    np.testing.assert_array_equal(X[1]["ward"], [1, 1])


def test_without_a_time_the_rows_are_in_order():
    X = SequenceArray.from_frame(_visits()[["patient", "pulse"]], sequence="patient")
    np.testing.assert_array_equal(X.values[:, 0], [72, 71, 73, 60, 59])


def test_many_rows_keep_their_order():
    who = np.random.default_rng(0).integers(0, 3, size=500)
    steps = pd.DataFrame({"who": who, "value": np.arange(500.0)})
    for options in ({"time": None}, {"time": "when"}):
        X = SequenceArray.from_frame(steps.assign(when=0), sequence="who", **options)
        for name, values in zip(X.names, X, strict=True):
            np.testing.assert_array_equal(values[:, 0], np.flatnonzero(who == name))


@pytest.mark.parametrize(
    "times",
    [
        [3, 1, 2],
        [0.3, 0.1, 0.2],
        ["c", "a", "b"],
        pd.to_datetime(["2020-03-01", "2020-01-01", "2020-02-01"]),
        pd.to_datetime(["2020-03-01", "2020-01-01", "2020-02-01"]).tz_localize("Asia/Tokyo"),
        pd.PeriodIndex(["2020-03", "2020-01", "2020-02"], freq="M"),
        pd.to_timedelta([3, 1, 2], unit="h"),
    ],
    ids=str,
)
def test_time_sorts_whatever_its_type(times):
    steps = pd.DataFrame({"who": 0, "when": times, "value": [30.0, 10.0, 20.0]})
    X = SequenceArray.from_frame(steps, sequence="who", time="when")
    np.testing.assert_array_equal(X[0][:, 0], [10, 20, 30])


def test_equal_times_keep_their_order():
    steps = pd.DataFrame({"who": 0, "when": [1, 0, 1, 0], "value": [1.0, 2.0, 3.0, 4.0]})
    X = SequenceArray.from_frame(steps, sequence="who", time="when")
    np.testing.assert_array_equal(X.values[:, 0], [2, 4, 1, 3])


def test_index_of_two_levels_says_sequence_and_step():
    index = pd.MultiIndex.from_tuples([("b", 2), ("a", 1), ("b", 1), ("b", 3), ("a", 0)])
    steps = pd.DataFrame({"pulse": [72.0, 60.0, 71.0, 73.0, 59.0]}, index=index)
    X = SequenceArray.from_frame(steps)
    assert X.names.tolist() == ["b", "a"]
    np.testing.assert_array_equal(X.values[:, 0], [71, 72, 73, 59, 60])
    np.testing.assert_array_equal(X.values, SequenceArray.from_frame(steps.iloc[::-1])[::-1].values)


def test_numbers_of_any_type_stand_side_by_side():
    steps = pd.DataFrame(
        {
            "who": [1, 1],
            "flag": [True, False],
            "count": pd.array([1, None], dtype="Int64"),
            "size": np.float32([0.5, 1.5]),
        }
    )
    X = SequenceArray.from_frame(steps, sequence="who")
    np.testing.assert_array_equal(X.values, [[1, 1, 0.5], [0, NAN, 1.5]])
    assert X.names.tolist() == [1]


def test_missing_context_is_kept_for_whoever_fills_it():
    steps = pd.DataFrame({"who": [0, 0, 1], "value": 1.0, "age": [NAN, NAN, 3.0]})
    X = SequenceArray.from_frame(steps, sequence="who", context="age")
    np.testing.assert_array_equal(X.context, [[NAN], [3.0]])


def test_the_table_itself_is_left_alone():
    steps = _visits()
    X = SequenceArray.from_frame(steps, sequence="patient", time="day", context="age")
    X.channels["values"].values[:] = 0
    pd.testing.assert_frame_equal(steps, _visits())


def _changed(**columns):
    return _visits().assign(**columns)


@pytest.mark.parametrize(
    ("frame", "options", "error", "message"),
    [
        (_visits(), {}, ValueError, r"say which column .*two levels \(sequence, step\).*has 1"),
        (_visits(), {"sequence": "who"}, ValueError, r"no column 'who'; the columns are \['pat"),
        (_visits(), {"sequence": "patient", "time": "hour"}, ValueError, "no column 'hour'"),
        (_visits(), {"sequence": "patient", "context": "sex"}, ValueError, "no column 'sex'"),
        (
            _visits(),
            {"sequence": "patient", "context": ["age", "pulse"]},
            ValueError,
            "context column 'pulse' changes within sequence 'b': a context is one vector",
        ),
        (
            _changed(age=[40, 50, NAN, 40, 50]),
            {"sequence": "patient", "context": "age"},
            ValueError,
            "context column 'age' changes within sequence 'b'",
        ),
        (
            _visits(),
            {"sequence": "patient", "context": "ward"},
            TypeError,
            r"context columns \['ward'\] hold no numbers: encode them first",
        ),
        (
            _changed(patient=["a", None, "a", "a", "a"]),
            {"sequence": "patient"},
            ValueError,
            "the sequence of some rows is missing",
        ),
        (
            _changed(day=[1.0, NAN, 2.0, 3.0, 4.0]),
            {"sequence": "patient", "time": "day"},
            ValueError,
            "the time of row 1 is missing",
        ),
        (
            _changed(ward=["north", None, "south", "north", "south"]),
            {"sequence": "patient"},
            ValueError,
            "column 'ward' has missing categories: fill them first",
        ),
        (
            _changed(day=pd.to_datetime("2020-01-01")),
            {"sequence": "patient"},
            TypeError,
            "column 'day' holds times: name it in time=..., drop it",
        ),
        (
            _visits().rename(columns={"ward": "values"}),
            {"sequence": "patient"},
            ValueError,
            "column 'values' would hide the numeric columns: rename it",
        ),
        (
            _visits().rename(columns={"ward": "drug"}),
            {"sequence": "patient"},
            ValueError,
            "columns must have different names",
        ),
        (_visits()[["patient"]], {"sequence": "patient"}, ValueError, "at least one channel"),
    ],
)
def test_table_that_does_not_fit(frame, options, error, message):
    with pytest.raises(error, match=message):
        SequenceArray.from_frame(frame, **options)
