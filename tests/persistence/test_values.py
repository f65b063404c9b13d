"""Every kind of value comes back as what it was, and the registry names what is there."""

import builtins
import importlib
import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import Bunch
from torch import nn

from sksequence import ImageFeaturizer, RNNClassifier
from sksequence.persistence import _loading, _registry, _saving, load, save
from sksequence.persistence._walk import Decoder, Encoder


def again(value):
    """A value through the tree, its text and back."""
    encoder = Encoder(_saving.CODECS)
    text = json.dumps(encoder.encode(value, "value"), allow_nan=False)
    for array in encoder.arrays.values():
        assert array.flags.c_contiguous
        assert array.dtype.isnative
    return Decoder(_loading.DECODERS, encoder.arrays).decode(json.loads(text))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        2**100,
        -0.0,
        0.1 + 0.2,
        float("inf"),
        5e-324,
        "ä\ud800\n",
        b"\x00\xff",
        (1, (2, [3, {}])),
        {"$": "tuple"},
        {1: "a", (2, None): {"b": 1.5}, None: ()},
        {1, 2},
        frozenset({"x"}),
        slice(1, None, 2),
        range(3, 9, 2),
        np.float32(0.1),
        np.int64(-3),
        np.bool_(True),
        np.str_("ü"),
        np.str_(""),
        np.datetime64("2024-02-29T12", "h"),
        np.float64,
        np.str_,
        np.dtype("<f4"),
        np.dtype("datetime64[ns]"),
        float,
        object,
        np.log1p,
        Path("a") / "b",
        partial(str.lower),
        Bunch(a=1),
        pd.Timestamp("2024-03-31 03:30", tz="Europe/Berlin"),
        pd.Timedelta("90s"),
        pd.Period("2024-01", freq="M"),
    ],
    ids=repr,
)
def test_values_come_back(value):
    found = again(value)
    assert type(found) is type(value)
    if isinstance(value, partial):
        assert found("AB") == "ab"
    else:
        assert found == value
        assert repr(found) == repr(value)


@pytest.mark.parametrize("value", [float("nan"), np.float32("nan"), pd.NaT, pd.NA])
def test_missing_values_come_back(value):
    found = again(value)
    assert type(found) is type(value) and repr(found) == repr(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(24).reshape(2, 3, 4)[:, ::2, ::-1],
        np.array(3.5),
        np.empty((0, 4), np.float32),
        np.empty(0, "<U3"),
        np.array(["a", "bcd"]),
        np.array([b"a", b"bcd"]),
        np.array([1 + 2j]),
        np.array(["2024-01-01", "NaT"], "datetime64[s]"),
        np.array([5], "timedelta64[ms]"),
        np.array([np.nan, -0.0, np.inf], np.float16),
        np.array([True, False]),
        np.arange(3, dtype=">i4"),
        np.array([["a", None], [1.5, (2,)]], dtype=object),
    ],
    ids=lambda a: f"{a.dtype} {a.shape}",
)
def test_arrays_come_back_in_their_order(array):
    found = again(array)
    assert found.dtype == array.dtype.newbyteorder("=")
    assert found.shape == array.shape
    assert found.flags.writeable
    np.testing.assert_array_equal(found, array)
    if array.ndim > 1 and array.size and array.dtype != object:
        assert found.flags.f_contiguous == array.flags.f_contiguous


def test_objects_of_unequal_arrays_come_back():
    ragged = np.empty(2, dtype=object)
    ragged[:] = [np.arange(2), np.arange(2)]
    found = again(ragged)
    assert found.shape == (2,)
    np.testing.assert_array_equal(found[1], [0, 1])


INDEXES = [
    pd.RangeIndex(2, 9, 3, name="n"),
    pd.Index([3, 1], dtype="int32"),
    pd.Index([0.5, np.nan]),
    pd.Index(["a", "ö"], name=("x", 1)),
    pd.Index(["a", None, 3], dtype=object),
    pd.date_range("2024-01-01", periods=3, freq="D"),
    pd.date_range("2024-03-30", periods=3, freq="D", tz="Europe/Berlin"),
    pd.date_range("2024-03-30", periods=3, freq="36h", tz="UTC", unit="s"),
    pd.date_range("2024-03-30", periods=3, freq="h", tz="+02:00"),
    pd.DatetimeIndex(["2024-01-05", "NaT"], name="when"),
    pd.timedelta_range("1h", periods=3, freq="2h"),
    pd.MultiIndex.from_product([["a", "b"], pd.date_range("2024", periods=2, freq="YE")]),
    pd.MultiIndex.from_arrays([[1, 1], ["x", "y"]], names=["n", None]),
    *(pd.period_range("2024-01-01", periods=3, freq=f) for f in ("M", "W-WED", "Q-FEB", "3D", "h")),
    *(
        pd.date_range("2024-01-01", periods=3, freq=f)
        for f in ("ME", "MS", "B", "W-TUE", "QS-FEB", "YE-JUN", "2W", "15min", "WOM-2MON", "SME-10")
    ),
]


@pytest.mark.parametrize("index", INDEXES, ids=repr)
def test_indexes_come_back(index):
    found = again(index)
    pd.testing.assert_index_equal(found, index, exact=True)
    assert getattr(found, "freq", None) == getattr(index, "freq", None)
    assert list(found.names) == list(index.names)


@pytest.mark.parametrize(
    "value",
    [
        pd.tseries.offsets.CustomBusinessDay(holidays=["2024-01-01"]),
        pd.CategoricalIndex(["a", "b"]),
        pd.DataFrame({"a": [1]}),
        np.zeros(2, dtype=[("left", int)]),
        np.zeros(2, dtype=[("left", object)]),
        np.ma.masked_array([1, 2]),
        nn.Linear(1, 1),
        open,
        builtins,
        iter([]),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_is_not_known_is_refused_with_its_place(value, tmp_path):
    with pytest.raises(TypeError, match=r"RNNClassifier\.class_weight\['a'\]|class_weight\.a"):
        save(RNNClassifier(class_weight={"a": value}), tmp_path / "model")


def test_sparse_matrices_come_back():
    for kind in (sparse.csr_matrix, sparse.csc_array):
        matrix = kind(np.eye(3)[[2, 0]])
        found = again(matrix)
        assert type(found) is kind
        np.testing.assert_array_equal(found.toarray(), matrix.toarray())


def test_object_that_holds_itself_is_refused():
    transformer = FunctionTransformer()
    transformer.kw_args = {"me": transformer}
    with pytest.raises(TypeError, match=r"kw_args\.me leads back to an object"):
        again(transformer)


# -- the registry ---------------------------------------------------------------------------


def test_registry_names_classes_and_functions_that_are_there():
    for stage, files in _registry.PARTS.items():
        for file, names in files.items():
            module = importlib.import_module(f"sksequence.{stage}.{file}")
            for name in names:
                assert getattr(module, name).__module__ == module.__name__
    for part, names in _registry.SKLEARN_PARTS.items():
        module = importlib.import_module(f"sklearn.{part}")
        assert all(isinstance(getattr(module, name), type) for name in names)
    for name in _registry._function_names():
        assert callable(_registry.function_named(name))


def test_every_name_leads_back_to_its_class():
    for stage in _registry.STAGES:
        package = importlib.import_module(f"sksequence.{stage}")
        for name in package.__all__:
            kind = getattr(package, name)
            if isinstance(kind, type) and issubclass(kind, BaseEstimator):
                assert _registry.name_of(kind) == f"{stage}.{name}"
                assert _registry.class_named(f"{stage}.{name}") is kind


# -- images ---------------------------------------------------------------------------------


def _network(seed):
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
    for weights in network.parameters():
        nn.init.constant_(weights, 0.1 + seed % 7)
    return network


def test_named_image_network_is_built_again_and_gets_its_weights(tmp_path, monkeypatch):
    from sksequence.preprocessing import _image_models

    built = []
    monkeypatch.setattr(
        _image_models, "named_network", lambda name, seed: built.append(name) or _network(seed)
    )
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    with pytest.warns(UserWarning, match="random weights"):
        fitted = ImageFeaturizer("resnet18", size=8, random_state=1).fit(images)
    save(fitted, tmp_path / "images")
    loaded = load(tmp_path / "images")
    assert built == ["resnet18", "resnet18"]
    np.testing.assert_array_equal(loaded.transform(images), fitted.transform(images))


def test_network_object_is_refused_with_the_remedy(tmp_path):
    images = np.zeros((2, 8, 8, 3), dtype=np.uint8)
    fitted = ImageFeaturizer(_network(0), size=8).fit(images)
    with pytest.raises(TypeError, match=r"ImageFeaturizer\.model is a network object, a Sequen.*"):
        save(fitted, tmp_path / "images")
    assert not list(tmp_path.iterdir())


def test_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors", None)
    with pytest.raises(ImportError, match=r"save needs .*safetensors.*sksequence\[export\]"):
        save(RNNClassifier(), tmp_path / "model")
