"""SequenceScaler: StandardScaler on the steps of all sequences, in every container."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence import SequenceArray, SequenceScaler
from sksequence.inputs import Channel

RNG = np.random.default_rng(0)
RAGGED = [RNG.normal([3.0, -50.0], [1.0, 20.0], size=(n, 2)) for n in (5, 1, 9, 3)]
STEPS = np.concatenate(RAGGED)
TABLE = RNG.normal(7.0, 3.0, size=(6, 4))


def long_frame(sequences, columns):
    keys = np.repeat(np.arange(len(sequences)), [len(s) for s in sequences])
    steps = np.concatenate([np.arange(len(s)) for s in sequences])
    index = pd.MultiIndex.from_arrays([keys, steps], names=["sequence", "step"])
    return pd.DataFrame(np.concatenate(sequences), index=index, columns=columns)


# What it computes


@pytest.mark.parametrize("with_mean", [True, False])
@pytest.mark.parametrize("with_std", [True, False])
def test_it_is_standardscaler_on_the_steps(with_mean, with_std):
    settings = {"with_mean": with_mean, "with_std": with_std}
    ours, theirs = SequenceScaler(**settings), StandardScaler(**settings)
    Z = ours.fit_transform(RAGGED)
    assert_allclose(Z.values, theirs.fit_transform(STEPS))
    assert Z.lengths.tolist() == [5, 1, 9, 3]
    for name in ("mean_", "var_", "scale_"):
        if getattr(theirs, name) is None:
            assert getattr(ours, name) is None
        else:
            assert_allclose(getattr(ours, name), getattr(theirs, name))


def test_result_has_no_mean_and_unit_variance():
    Z = SequenceScaler().fit_transform(RAGGED).values
    assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    assert_allclose(Z.std(axis=0), 1)


def test_inverse_transform_undoes_it():
    scaler = SequenceScaler().fit(RAGGED)
    back = scaler.inverse_transform(scaler.transform(RAGGED))
    assert_allclose(back.values, STEPS)
    plain = [(s - STEPS.mean(axis=0)) / STEPS.std(axis=0) for s in RAGGED]
    for given, got in zip(RAGGED, scaler.inverse_transform(plain).to_list(), strict=True):
        assert_allclose(got, given)


def test_weight_of_a_sequence_is_repetition():
    weighted = SequenceScaler().fit(RAGGED, sample_weight=[1, 3, 0, 2])
    repeated = SequenceScaler().fit([RAGGED[i] for i in (0, 1, 1, 1, 3, 3)])
    assert_allclose(weighted.mean_, repeated.mean_)
    assert_allclose(weighted.scale_, repeated.scale_)
    direct = StandardScaler().fit(STEPS, sample_weight=np.repeat([1.0, 3, 0, 2], [5, 1, 9, 3]))
    assert_allclose(weighted.var_, direct.var_)


def test_constant_feature_is_only_centred():
    X = [[[5.0, 1.0], [5.0, 2.0]], [[5.0, 3.0]]]
    scaler = SequenceScaler().fit(X)
    assert scaler.scale_[0] == 1.0
    assert scaler.transform(X).values[:, 0].tolist() == [0.0, 0.0, 0.0]
    assert scaler.inverse_transform(scaler.transform(X)).values[:, 0].tolist() == [5.0] * 3


def test_missing_steps_are_left_out_and_stay_missing():
    X = [s.copy() for s in RAGGED]
    X[0][2, 1] = np.nan
    Z = SequenceScaler().fit_transform(X)
    assert np.isnan(Z.values).sum() == 1
    assert np.isnan(Z[0][2, 1])
    assert_allclose(np.nanmean(Z.values, axis=0), 0, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_keep_their_width(dtype):
    X = [s.astype(dtype) for s in RAGGED]
    scaler = SequenceScaler().fit(X)
    assert scaler.transform(X).values.dtype == dtype
    assert scaler.inverse_transform(scaler.transform(X)).values.dtype == dtype
    assert_allclose(scaler.mean_, STEPS.mean(axis=0), rtol=1e-6)
    assert SequenceScaler().fit_transform([[1, 2], [3]]).values.dtype == np.float64


# Containers

CONTAINERS = {
    "list": RAGGED,
    "tuple": tuple(RAGGED),
    "container": SequenceArray.from_list(RAGGED),
    "series": pd.Series([s.tolist() for s in RAGGED]),
    "long frame": long_frame(RAGGED, ["a", "b"]),
}


@pytest.mark.parametrize("X", CONTAINERS.values(), ids=CONTAINERS)
def test_container_does_not_matter(X):
    scaler = SequenceScaler().fit(X)
    assert_allclose(scaler.mean_, STEPS.mean(axis=0))
    for container in CONTAINERS.values():
        Z = scaler.transform(container)
        assert isinstance(Z, SequenceArray)
        assert_allclose(Z.values, (STEPS - STEPS.mean(axis=0)) / STEPS.std(axis=0))


def test_three_dimensional_array():
    X = RNG.normal(size=(4, 5, 3))
    Z = SequenceScaler().fit_transform(X)
    assert_allclose(Z.to_padded(), (X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1)))


def test_table_is_one_univariate_series_a_row():
    scaler = SequenceScaler().fit(TABLE)
    Z = scaler.transform(TABLE)
    assert isinstance(Z, np.ndarray)
    assert_allclose(Z, (TABLE - TABLE.mean()) / TABLE.std())
    assert_allclose(scaler.inverse_transform(Z), TABLE)
    assert_allclose(scaler.transform(list(TABLE)).to_padded()[:, :, 0], Z)
    assert scaler.n_features_in_ == 4


def test_wide_frame_and_set_output():
    frame = pd.DataFrame(TABLE, columns=list("abcd"), index=list("uvwxyz"))
    scaler = SequenceScaler().fit(frame)
    assert isinstance(scaler.transform(frame), np.ndarray)
    Z = scaler.set_output(transform="pandas").transform(frame)
    assert list(Z.columns) == list("abcd")
    assert list(Z.index) == list("uvwxyz")
    assert_allclose(Z.to_numpy(), (TABLE - TABLE.mean()) / TABLE.std())
    ragged = SequenceArray.from_list([[1.0, 2.0], [3.0]])
    assert isinstance(scaler.transform(ragged), SequenceArray)


def test_frames_keep_their_shape():
    X = SequenceArray(RNG.normal(2.0, 5.0, size=(7, 3, 2)), [0, 3, 7])
    scaler = SequenceScaler().fit(X)
    assert scaler.mean_.shape == (6,)
    Z = scaler.transform(X)
    assert_allclose(Z.values, (X.values - X.values.mean(axis=0)) / X.values.std(axis=0))
    assert_allclose(scaler.inverse_transform(Z).values, X.values)


def test_items_inside_steps_are_scaled():
    people = Channel(RNG.normal(4.0, 2.0, size=(6, 2)), item_offsets=np.array([0, 1, 4, 6]))
    X = SequenceArray({"people": people}, [0, 2, 3])
    Z = SequenceScaler().fit_transform(X, sample_weight=[1.0, 2.0])
    inner = StandardScaler().fit(people.values, sample_weight=[1.0, 1, 1, 1, 2, 2])
    assert_allclose(Z.channels["people"].values, inner.transform(people.values))
    assert Z.channels["people"].item_offsets.tolist() == [0, 1, 4, 6]


def test_symbols_context_and_names_pass_through():
    X = SequenceArray(
        {"drug": Channel([0, 1, 1], n_tokens=2), "pulse": Channel([60.0, 70.0, 80.0])},
        [0, 2, 3],
        context=[[1.0], [2.0]],
        names=["u", "v"],
    )
    Z = SequenceScaler().fit_transform(X)
    assert Z.channels["drug"].values.tolist() == [0, 1, 1]
    assert Z.channels["drug"].n_tokens == 2
    assert_allclose(Z.channels["pulse"].values[:, 0], np.array([-1, 0, 1]) * np.sqrt(1.5))
    assert Z.context.tolist() == [[1.0], [2.0]]
    assert Z.names.tolist() == ["u", "v"]
    assert X.channels["pulse"].values[0, 0] == 60.0, "the input is not changed"


def test_several_numeric_channels_are_scaled_each():
    X = SequenceArray({"a": Channel([1.0, 3.0]), "b": Channel([[10.0, 0.0], [30.0, 4.0]])}, [0, 2])
    scaler = SequenceScaler().fit(X)
    assert scaler.mean_.tolist() == [2.0, 20.0, 2.0]
    Z = scaler.transform(X)
    assert Z.channels["b"].values.tolist() == [[-1.0, -1.0], [1.0, 1.0]]
    assert_allclose(scaler.inverse_transform(Z).channels["b"].values, [[10.0, 0.0], [30.0, 4.0]])


# Names


def test_feature_names():
    assert SequenceScaler().fit(RAGGED).get_feature_names_out().tolist() == ["x0", "x1"]
    scaler = SequenceScaler().fit(RAGGED)
    assert scaler.get_feature_names_out(["u", "v"]).tolist() == ["u", "v"]
    named = SequenceScaler().fit(CONTAINERS["long frame"])
    assert named.get_feature_names_out().tolist() == ["a", "b"]
    assert named.feature_names_in_.tolist() == ["a", "b"]
    assert named.transform(CONTAINERS["long frame"]).only.feature_names == ("a", "b")
    table = SequenceScaler().fit(pd.DataFrame(TABLE, columns=list("abcd")))
    assert table.get_feature_names_out().tolist() == list("abcd")


def test_names_of_several_channels():
    frame = CONTAINERS["long frame"].assign(drug="x")
    scaler = SequenceScaler().fit(frame)
    assert scaler.get_feature_names_out().tolist() == ["a", "b", "drug"]
    assert scaler.fit(RAGGED).get_feature_names_out().tolist() == ["x0", "x1"]


# Bad input


def test_what_is_refused():
    scaler = SequenceScaler().fit(RAGGED)
    with pytest.raises(ValueError, match="X has 3 features, but SequenceScaler is expecting 2"):
        scaler.transform(np.zeros((2, 4, 3)))
    with pytest.raises(ValueError, match="X has 1 features, but SequenceScaler is expecting 2"):
        scaler.inverse_transform([[1.0, 2.0], [3.0]])
    with pytest.raises(ValueError, match="X has 3 features, but SequenceScaler is expecting 4"):
        SequenceScaler().fit(TABLE).transform(TABLE[:, :3])
    with pytest.raises(ValueError, match="contains infinity: sequence 1, step 0"):
        scaler.fit([[1.0], [np.inf]])
    with pytest.raises(TypeError, match="SequenceScaler scales numbers, but X holds only symbols"):
        SequenceScaler().fit(SequenceArray.from_list([[0, 1]], n_tokens=2))
    with pytest.raises(TypeError, match="sequence 0 holds text"):
        SequenceScaler().fit(["a text"])
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        SequenceScaler().fit(RAGGED, sample_weight=[1, 1, -1, 1])
    with pytest.raises(ValueError, match="not fitted yet"):
        SequenceScaler().transform(RAGGED)
    with pytest.raises(ValueError, match="not fitted yet"):
        SequenceScaler().get_feature_names_out()


def test_other_channels_are_refused():
    both = SequenceArray({"a": Channel([1.0]), "b": Channel([2.0])}, [0, 1])
    scaler = SequenceScaler().fit(both)
    with pytest.raises(ValueError, match=r"was fitted on \['a', 'b'\]"):
        scaler.transform([[1.0]])


# scikit-learn around it


@parametrize_with_checks([SequenceScaler(), SequenceScaler(with_mean=False)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_pipeline_with_a_stock_estimator():
    y = TABLE @ [1.0, 2.0, 3.0, 4.0]
    pipeline = make_pipeline(SequenceScaler(), Ridge()).set_output(transform="pandas")
    frame = pd.DataFrame(TABLE, columns=list("abcd"))
    scaled = (TABLE - TABLE.mean()) / TABLE.std()
    assert_allclose(pipeline.fit(frame, y).predict(frame), Ridge().fit(scaled, y).predict(scaled))
    assert pipeline[-1].feature_names_in_.tolist() == list("abcd")


def test_clone_and_pickle():
    scaler = SequenceScaler(with_mean=False).fit(RAGGED)
    assert clone(scaler).get_params() == {"with_mean": False, "with_std": True}
    again = pickle.loads(pickle.dumps(scaler))
    assert_allclose(again.transform(RAGGED).values, scaler.transform(RAGGED).values)


def test_the_configuration_of_scikit_learn_leaves_sequences_as_they_are():
    from sklearn import config_context

    X = [np.arange(6.0).reshape(3, 2), np.ones((2, 2))]
    expected = SequenceScaler().fit_transform(X)
    with config_context(transform_output="pandas"):
        Z = SequenceScaler().fit_transform(X)
    np.testing.assert_array_equal(Z.only.values, expected.only.values)
