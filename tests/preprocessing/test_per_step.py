"""PerStep: what a transformer makes of the concatenated steps, put back into sequences."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence import PerStep, SequenceArray, SequenceScaler
from sksequence.inputs import Channel

RNG = np.random.default_rng(1)
RAGGED = [RNG.normal([3.0, -5.0, 0.0], size=(n, 3)) for n in (5, 1, 9, 3)]
STEPS = np.concatenate(RAGGED)
LENGTHS = [5, 1, 9, 3]
TABLE = RNG.normal(7.0, 3.0, size=(6, 4))


def frame_of(columns):
    keys = np.repeat(np.arange(4), LENGTHS)
    steps = np.concatenate([np.arange(n) for n in LENGTHS])
    index = pd.MultiIndex.from_arrays([keys, steps])
    return pd.DataFrame(STEPS, index=index, columns=columns)


class Odd(TransformerMixin, BaseEstimator):
    """Gives back what it is told to."""

    def __init__(self, result=None):
        self.result = result

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return self.result


# What it computes


@pytest.mark.parametrize(
    "transformer",
    [
        StandardScaler(),
        PCA(2, random_state=0),
        PolynomialFeatures(2),
        QuantileTransformer(n_quantiles=5),
        SimpleImputer(),
        make_pipeline(StandardScaler(), PCA(1)),
        FunctionTransformer(np.abs),
        VarianceThreshold(),
    ],
    ids=lambda t: type(t).__name__,
)
def test_it_is_the_transformer_on_the_concatenated_steps(transformer):
    Z = PerStep(transformer).fit_transform(RAGGED)
    assert isinstance(Z, SequenceArray)
    assert Z.lengths.tolist() == LENGTHS
    assert_allclose(Z.values, clone(transformer).fit(STEPS).transform(STEPS))


def test_it_agrees_with_sequencescaler():
    ours = PerStep(StandardScaler()).fit_transform(RAGGED, sample_weight=[1, 2, 0, 3])
    theirs = SequenceScaler().fit(RAGGED, sample_weight=[1, 2, 0, 3]).transform(RAGGED)
    assert_allclose(ours.values, theirs.values)


def test_inner_transformer_is_cloned():
    inner = StandardScaler()
    lifted = PerStep(inner).fit(RAGGED)
    assert lifted.transformer is inner
    assert not hasattr(inner, "mean_")
    assert_allclose(lifted.transformer_.mean_, STEPS.mean(axis=0))


def test_inverse_transform_undoes_it():
    lifted = PerStep(PCA(3)).fit(RAGGED)
    assert_allclose(lifted.inverse_transform(lifted.transform(RAGGED)).values, STEPS)
    reduced = PerStep(PCA(1)).fit(RAGGED)
    back = reduced.inverse_transform(reduced.transform(RAGGED).to_list())
    assert back.values.shape == STEPS.shape


def test_inverse_transform_is_there_if_the_transformer_has_one():
    assert hasattr(PerStep(PCA()), "inverse_transform")
    assert not hasattr(PerStep(PolynomialFeatures()), "inverse_transform")


def test_imputer_gets_what_is_missing():
    X = [s.copy() for s in RAGGED]
    X[0][1, 2] = X[2][8, 0] = np.nan
    Z = PerStep(SimpleImputer(strategy="median")).fit_transform(X)
    flat = np.concatenate(X)
    assert_allclose(Z.values, np.where(np.isnan(flat), np.nanmedian(flat, axis=0), flat))


def test_missing_steps_are_named_where_the_transformer_takes_none():
    X = [s.copy() for s in RAGGED]
    X[2][8, 0] = np.nan
    with pytest.raises(ValueError, match=r"contains NaN: sequence 2, step 8\. PerStep does not"):
        PerStep(PCA()).fit(X)
    with pytest.raises(ValueError, match="contains infinity: sequence 0, step 0"):
        PerStep(SimpleImputer()).fit([[np.inf]])
    filled = make_pipeline(PerStep(SimpleImputer()), PerStep(PCA(1))).fit_transform(X)
    assert np.isfinite(filled.values).all()


# Targets and weights


@pytest.mark.parametrize("make", [list, np.array, pd.Series], ids=["list", "array", "series"])
def test_target_of_a_sequence_goes_for_each_step(make):
    y = [0, 1, 1, 0]
    Z = PerStep(LinearDiscriminantAnalysis()).fit(RAGGED, make(y)).transform(RAGGED)
    direct = LinearDiscriminantAnalysis().fit(STEPS, np.repeat(y, LENGTHS))
    assert_allclose(Z.values, direct.transform(STEPS))


def test_series_with_another_index():
    y = pd.Series([0, 1, 1, 0], index=[9, 8, 7, 6])
    Z = PerStep(LinearDiscriminantAnalysis()).fit(RAGGED, y).transform(RAGGED)
    direct = LinearDiscriminantAnalysis().fit(STEPS, np.repeat(y.to_numpy(), LENGTHS))
    assert_allclose(Z.values, direct.transform(STEPS))


def test_targets_of_steps_stay_with_their_steps():
    y = [RNG.permutation(n) % 2 for n in LENGTHS]
    as_objects = np.empty(4, dtype=object)
    as_objects[:] = y
    direct = SelectKBest(k=1).fit(STEPS, np.concatenate(y))
    for target in (y, as_objects):
        lifted = PerStep(SelectKBest(k=1)).fit(RAGGED, target)
        assert_allclose(lifted.transformer_.scores_, direct.scores_)
        assert lifted.transform(RAGGED).values.shape[1] == 1


def test_several_targets_and_texts_go_for_each_step():
    class Recorder(Odd):
        def fit(self, X, y=None):
            self.y_ = y
            return self

    targets = np.arange(8).reshape(4, 2)
    assert_allclose(
        PerStep(Recorder()).fit(RAGGED, targets).transformer_.y_,
        np.repeat(targets, LENGTHS, axis=0),
    )
    labels = PerStep(Recorder()).fit(RAGGED, ["no", "yes", "no", "x" * 1000]).transformer_.y_
    assert labels.dtype == object
    assert labels[:7].tolist() == ["no"] * 5 + ["yes", "no"]
    sentences = [["any"], ["number", "of"], ["words"], []]
    assert PerStep(Recorder()).fit(RAGGED, sentences).transformer_.y_ is None


def test_targets_that_do_not_fit():
    selector = PerStep(SelectKBest(k=1))
    with pytest.raises(ValueError, match="y has 3 entries, but X has 4 sequences"):
        selector.fit(RAGGED, [0, 1, 0])
    with pytest.raises(ValueError, match="requires y to be passed"):
        selector.fit(RAGGED)


def test_weight_that_the_transformer_does_not_take():
    with pytest.raises(TypeError, match=r"sample_weight was given, but PCA.fit does not take it"):
        PerStep(PCA()).fit(RAGGED, sample_weight=[1, 1, 1, 1])


# Containers


def test_table_comes_back_as_a_table():
    lifted = PerStep(MinMaxScaler()).fit(TABLE)
    Z = lifted.transform(TABLE)
    assert_allclose(Z, (TABLE - TABLE.min()) / np.ptp(TABLE))
    assert_allclose(lifted.inverse_transform(Z), TABLE)
    assert lifted.get_feature_names_out().tolist() == ["x0", "x1", "x2", "x3"]


def test_table_that_grows_features_becomes_sequences():
    lifted = PerStep(PolynomialFeatures(2)).fit(TABLE)
    Z = lifted.transform(TABLE)
    assert isinstance(Z, SequenceArray)
    assert_allclose(Z.to_padded(), np.stack([TABLE**0, TABLE, TABLE**2], axis=2))
    assert lifted.get_feature_names_out().tolist() == ["1", "x0", "x0^2"]


def test_wide_frame_with_set_output():
    frame = pd.DataFrame(TABLE, columns=list("abcd"), index=list("uvwxyz"))
    Z = PerStep(StandardScaler()).set_output(transform="pandas").fit_transform(frame)
    assert list(Z.columns) == list("abcd")
    assert list(Z.index) == list("uvwxyz")


def test_global_output_of_frames_does_no_harm():
    with sklearn.config_context(transform_output="pandas"):
        Z = PerStep(StandardScaler()).fit_transform(RAGGED)
    assert_allclose(Z.values, StandardScaler().fit_transform(STEPS))


def test_sparse_results_are_made_dense():
    codes = [[[0.0], [2.0]], [[1.0]]]
    Z = PerStep(OneHotEncoder()).fit_transform(codes)
    assert Z.values.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert sparse.issparse(OneHotEncoder().fit_transform([[0.0]]))


def test_frames_keep_their_shape_if_nothing_is_added():
    X = SequenceArray(RNG.normal(size=(7, 3, 2)), [0, 3, 7])
    lifted = PerStep(StandardScaler()).fit(X)
    assert lifted.transform(X).values.shape == (7, 3, 2)
    assert_allclose(lifted.inverse_transform(lifted.transform(X)).values, X.values)
    reduced = PerStep(PCA(2)).fit(X)
    assert reduced.transform(X).values.shape == (7, 2)
    assert reduced.inverse_transform(reduced.transform(X)).values.shape == (7, 3, 2)


def test_channel_is_chosen_and_the_others_pass_through():
    X = SequenceArray(
        {
            "path": Channel(RNG.normal(size=(4, 2))),
            "drug": Channel([0, 1, 1, 0], n_tokens=2),
            "time": Channel([0.0, 1.0, 0.0, 1.0]),
        },
        [0, 2, 4],
        context=[[1.0], [2.0]],
    )
    Z = PerStep(PCA(1), channel="path").fit_transform(X)
    assert_allclose(Z.channels["path"].values, PCA(1).fit_transform(X.channels["path"].values))
    assert Z.channels["time"].values.tolist() == X.channels["time"].values.tolist()
    assert Z.channels["drug"].n_tokens == 2
    assert Z.context.tolist() == [[1.0], [2.0]]
    lifted = PerStep(PCA(1), channel="path").fit(X)
    assert lifted.get_feature_names_out().tolist() == ["pca0"]
    assert lifted.inverse_transform(Z).channels["path"].values.shape == (4, 2)
    with pytest.raises(ValueError, match=r"channel=None .* X has \['path', 'time'\]"):
        PerStep(PCA(1)).fit(X)
    with pytest.raises(ValueError, match=r"channel='drug' does not name a numeric channel"):
        PerStep(PCA(1), channel="drug").fit(X)


def test_lone_numeric_channel_beside_symbols():
    frame = frame_of(["a", "b", "c"]).assign(drug="x")
    Z = PerStep(StandardScaler()).fit_transform(frame)
    assert list(Z.channels) == ["values", "drug"]
    assert_allclose(Z.channels["values"].values, StandardScaler().fit_transform(STEPS))


# Names


def test_columns_can_be_named_inside():
    inner = make_column_transformer(
        (KBinsDiscretizer(2, encode="ordinal", quantile_method="averaged_inverted_cdf"), ["c"]),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    lifted = PerStep(inner).fit(frame_of(["a", "b", "c"]))
    Z = lifted.transform(frame_of(["a", "b", "c"]))
    assert Z.only.feature_names == ("c", "a", "b")
    assert_allclose(Z.values[:, 1:], STEPS[:, :2])
    assert set(Z.values[:, 0]) == {0.0, 1.0}
    assert lifted.get_feature_names_out().tolist() == ["c", "a", "b"]


def test_names_may_be_missing_in_one_of_fit_and_transform():
    frame = frame_of(["a", "b", "c"])
    expected = StandardScaler().fit_transform(STEPS)
    assert_allclose(PerStep(StandardScaler()).fit(frame).transform(RAGGED).values, expected)
    Z = PerStep(StandardScaler()).fit(RAGGED).transform(frame)
    assert_allclose(Z.values, expected)
    assert Z.only.feature_names == ("a", "b", "c")


def test_feature_names():
    assert PerStep(PCA(2)).fit(RAGGED).get_feature_names_out().tolist() == ["pca0", "pca1"]
    scaler = PerStep(StandardScaler()).fit(RAGGED)
    assert scaler.get_feature_names_out().tolist() == ["x0", "x1", "x2"]
    assert scaler.get_feature_names_out(["a", "b", "c"]).tolist() == ["a", "b", "c"]
    named = PerStep(StandardScaler()).fit(frame_of(["a", "b", "c"]))
    assert named.get_feature_names_out().tolist() == ["a", "b", "c"]
    assert named.inverse_transform(named.transform(frame_of(["a", "b", "c"]))).only.feature_names
    nameless = PerStep(FunctionTransformer(np.abs)).fit_transform(frame_of(["a", "b", "c"]))
    assert nameless.only.feature_names is None


# Bad input


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        (np.zeros((17, 3)), ValueError, r"made an array of shape \(17, 3\) of 18 steps: PerStep"),
        (np.zeros(18), ValueError, r"made an array of shape \(18,\) of 18 steps"),
        (np.full((18, 1), "a"), TypeError, "Odd made values of dtype <U1 of the steps, not numb"),
    ],
)
def test_results_that_are_refused(result, error, message):
    with pytest.raises(error, match=message):
        PerStep(Odd(result)).fit(RAGGED).transform(RAGGED)


def test_objects_that_are_numbers_are_taken():
    result = np.full((18, 1), 2, dtype=object)
    assert PerStep(Odd(result)).fit_transform(RAGGED).values.dtype == np.float64


def test_what_is_refused():
    with pytest.raises(TypeError, match="must be a scikit-learn transformer with fit and transf"):
        PerStep("scale").fit(RAGGED)
    with pytest.raises(TypeError, match=r"got LinearRegression\(\)"):
        PerStep(LinearRegression()).fit(RAGGED)
    with pytest.raises(TypeError, match="PerStep transforms numbers, but X holds only symbols"):
        PerStep(PCA()).fit(SequenceArray.from_list([[0, 1]], n_tokens=2))
    lifted = PerStep(StandardScaler()).fit(RAGGED)
    with pytest.raises(ValueError, match="X has 2 features, but PerStep is expecting 3 features"):
        lifted.transform([s[:, :2] for s in RAGGED])
    for method in ("transform", "inverse_transform"):
        with pytest.raises(ValueError, match="not fitted yet"):
            getattr(PerStep(StandardScaler()), method)(RAGGED)


# scikit-learn around it


@parametrize_with_checks([PerStep(StandardScaler())])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


NO_WEIGHT = dict.fromkeys(
    [
        "check_sample_weights_pandas_series",
        "check_sample_weights_not_an_array",
        "check_sample_weights_list",
        "check_all_zero_sample_weights_error",
        "check_sample_weights_shape",
        "check_sample_weights_not_overwritten",
        "check_sample_weight_equivalence_on_dense_data",
    ],
    "PCA and SimpleImputer take no sample_weight, so neither does PerStep of them",
)


@parametrize_with_checks(
    [PerStep(PCA(1)), PerStep(SimpleImputer())],
    expected_failed_checks=lambda estimator: NO_WEIGHT,
)
def test_scikit_learn_checks_without_weight(estimator, check):
    check(estimator)


def test_parameters_of_the_inner_transformer():
    lifted = PerStep(PCA(2))
    assert lifted.set_params(transformer__n_components=1).transformer.n_components == 1
    copy = clone(lifted)
    assert copy.transformer is not lifted.transformer
    assert copy.get_params()["transformer__n_components"] == 1


def test_grid_search_over_the_inner_transformer():
    mean = FunctionTransformer(lambda X: np.stack([s.mean(axis=0) for s in X]))
    pipeline = make_pipeline(PerStep(PCA(random_state=0)), mean, LinearRegression())
    y = np.array([s.mean(axis=0)[1] for s in RAGGED] * 3)
    grid = {"perstep__transformer__n_components": [1, 3]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(RAGGED * 3, y)
    assert search.best_params_ == {"perstep__transformer__n_components": 3}
    assert search.best_score_ == pytest.approx(1.0)


def test_weight_reaches_it_through_a_pipeline():
    pipeline = make_pipeline(PerStep(StandardScaler()), FunctionTransformer())
    pipeline.fit(RAGGED, perstep__sample_weight=[0, 0, 1, 0])
    assert_allclose(pipeline[0].transformer_.mean_, RAGGED[2].mean(axis=0))
    with sklearn.config_context(enable_metadata_routing=True):
        routed = make_pipeline(
            PerStep(StandardScaler()).set_fit_request(sample_weight=True), FunctionTransformer()
        )
        routed.fit(RAGGED, sample_weight=[0, 0, 1, 0])
        assert_allclose(routed[0].transformer_.mean_, RAGGED[2].mean(axis=0))


def test_pickle():
    lifted = PerStep(PCA(2)).fit(RAGGED)
    again = pickle.loads(pickle.dumps(lifted))
    assert_allclose(again.transform(RAGGED).values, lifted.transform(RAGGED).values)


def test_tags_are_those_of_the_inner_transformer():
    assert PerStep(SimpleImputer()).__sklearn_tags__().input_tags.allow_nan
    assert not PerStep(PCA()).__sklearn_tags__().input_tags.allow_nan
    assert PerStep(LinearDiscriminantAnalysis()).__sklearn_tags__().target_tags.required
