"""What was fitted is compared with what comes to be predicted."""

import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import Channel, SequenceArray, SequenceSchema


def _frame(drugs, pulse="pulse", dtype=None):
    steps = pd.DataFrame({"who": [0, 0, 1], pulse: [1.0, 2.0, 3.0], "drug": drugs})
    if dtype is not None:
        steps["drug"] = steps["drug"].astype(dtype)
    return SequenceArray.from_frame(steps, sequence="who")


NUMBERS = SequenceArray.from_list([np.zeros((2, 3))])
SYMBOLS = SequenceArray.from_list([[0, 1]], n_tokens=4)
VECTORS = SequenceArray.from_list([[0, 1]], n_tokens=4, vectors=np.ones((4, 5)))
FRAMES = SequenceArray.from_list([np.zeros((2, 3, 2))])


def test_schema_holds_kinds_and_sizes():
    X = SequenceArray(
        {"a": NUMBERS.only, "b": SYMBOLS.only, "c": VECTORS.only, "d": FRAMES.only}, [0, 2]
    ).with_context([[1.0, 2.0]])
    schema = SequenceSchema.of(X)
    kinds = {name: (c.kind, c.shape, c.n_tokens) for name, c in schema.channels.items()}
    assert kinds == {
        "a": ("numeric", (3,), None),
        "b": ("symbols", (1,), 4),
        "c": ("vectors", (5,), 4),
        "d": ("numeric", (3, 2), None),
    }
    assert schema.n_features == 3 + 1 + 5 + 6
    assert schema.n_context == 2
    assert schema == SequenceSchema.of(X[:])
    schema.check(X, "RNNRegressor")


def test_the_name_of_a_lone_channel_does_not_matter():
    renamed = SequenceArray({"pulse": NUMBERS.only}, [0, 2])
    SequenceSchema.of(NUMBERS).check(renamed, "RNNRegressor")
    SequenceSchema.of(renamed).check(NUMBERS, "RNNRegressor")
    assert list(SequenceSchema.named_channels(renamed)) == ["values"]


@pytest.mark.parametrize(
    ("fitted", "given", "message"),
    [
        (NUMBERS, SYMBOLS, "'values' holds symbols, but RNNClassifier was fitted on numeric: use"),
        (VECTORS, SYMBOLS, "holds symbols, but RNNClassifier was fitted on vectors"),
        (
            NUMBERS,
            SequenceArray.from_list([np.zeros((2, 4))]),
            r"X has 4 features, but RNNClassifier is expecting 3 features as input \(channel 'val",
        ),
        (
            FRAMES,
            SequenceArray.from_list([np.zeros((2, 2, 3))]),
            r"X has steps of shape \(2, 3\), but RNNClassifier was fitted on steps of shape "
            r"\(3, 2\) \(channel 'values'\): give each sequence as an array of shape "
            r"\(n_steps, 3, 2\)",
        ),
        (
            FRAMES,
            NUMBERS,
            r"steps of shape \(3,\), 3 features.* on steps of shape \(3, 2\), 6 features",
        ),
        (NUMBERS, FRAMES, r"\(3, 2\).* of shape \(3,\).* an array of shape \(n_steps, 3\)"),
        (
            FRAMES,
            SequenceArray.from_padded(np.zeros((7, 3, 2))),
            r"steps of shape \(2,\).*if it is one sequence, of shape \(n_steps, 3, 2\), put it "
            r"in a list: predict\(\[X\]\)",
        ),
        (
            SYMBOLS,
            SequenceArray.from_list([[0]], n_tokens=3),
            "vocabulary of 3 symbols, but RNNClassifier was fitted on 4: encode it with the enc",
        ),
        (
            NUMBERS,
            NUMBERS.with_channel("more", Channel([0, 1], n_tokens=2)),
            r"channels \['values', 'more'\], but RNNClassifier was fitted on \['values'\]",
        ),
        (
            NUMBERS.with_context([1.0]),
            NUMBERS,
            r"no context, but .* fitted with a context of 1 value: use X\.with_context\(C\)",
        ),
        (
            _frame(["a", "b", "b"], "pulse"),
            _frame(["a", "b", "b"], "weight"),
            r"the columns are \['weight'\], but RNNClassifier was fitted on \['pulse'\]",
        ),
        (
            _frame(["a", "b", "b"]),
            _frame(["a", "c", "c"]),
            r"the categories of 'drug' are \[a, c\], but RNNClassifier was fitted on \[a, b\]",
        ),
        (
            _frame(["a", "b", "b"]),
            _frame(["a", "a", "a"]),
            r"are \[a\], but .* on \[a, b\]: make the column a pandas\.Categorical with those",
        ),
    ],
)
def test_what_differs_is_named(fitted, given, message):
    with pytest.raises(ValueError, match=message):
        SequenceSchema.of(fitted).check(given, "RNNClassifier")


def test_categories_may_be_fewer_when_declared():
    kind = pd.CategoricalDtype(["a", "b"])
    schema = SequenceSchema.of(_frame(["a", "b", "b"], dtype=kind))
    schema.check(_frame(["a", "a", "a"], dtype=kind), "RNNClassifier")


def test_names_are_compared_only_where_both_have_them():
    named = _frame(["a", "b", "b"])
    bare = named.with_channel("values", named.channels["values"].values)
    SequenceSchema.of(named).check(bare, "RNNClassifier")
    SequenceSchema.of(bare).check(named, "RNNClassifier")


def test_long_lists_of_categories_are_shortened():
    names = [f"c{i}" for i in range(3)]
    many = tuple(f"w{i}" for i in range(100))
    fitted = SequenceArray({"w": Channel([0, 1], n_tokens=100, feature_names=many)}, [0, 2])
    other = (*names, *many[3:])
    given = SequenceArray({"w": Channel([0, 1], n_tokens=100, feature_names=other)}, [0, 2])
    with pytest.raises(ValueError, match=r"\[c0, c1, c2, w3, w4, w5, w6, w7, \.\.\.\]"):
        SequenceSchema.of(fitted).check(given, "RNNClassifier")
