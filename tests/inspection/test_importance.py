import numpy as np
import pandas as pd
import pytest
from sklearn import inspection
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import (
    NaiveForecaster,
    PerStep,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    SequenceArray,
    TokenEncoder,
    WindowForecaster,
    permutation_importance,
)
from sksequence.inputs import Channel, check_sequences
from sksequence.inspection._importance_sequences import donors
from sksequence.inspection._importance_windows import WindowExchange


class Reader(RegressorMixin, BaseEstimator):
    """Predicts a number that a given function reads from each sequence."""

    def __init__(self, read):
        self.read = read

    def fit(self, X=None, y=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.array([self.read(np.asarray(one)) for one in check_sequences(X, allow_nan=True)])


class Words(ClassifierMixin, BaseEstimator):
    """Whether the last symbol of a text is that of the first text of class 1."""

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        self.symbol_ = X[int(np.argmax(y))][-1]
        return self

    def predict(self, X):
        return np.array([int(ids[-1] == self.symbol_) for ids in X])


def ragged(n=120, n_features=3, seed=0):
    rng = np.random.default_rng(seed)
    return SequenceArray.from_list(
        [rng.normal(size=(length, n_features)) for length in rng.integers(4, 13, n)]
    )


def second_at_the_end(one):
    return one[-2, 1]


# -- who gives to whom ------------------------------------------------------------------------


@pytest.mark.parametrize("align", ["end", "start"])
def test_values_at_a_distance_are_permuted_among_the_sequences_that_reach_it(align):
    rng = np.random.default_rng(3)
    lengths = rng.integers(1, 9, 40)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    step = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    distance = np.repeat(lengths, lengths) - step if align == "end" else step
    rows = donors(offsets, rng.permutation(40), align)
    assert sorted(rows) == list(range(len(rows)))
    np.testing.assert_array_equal(distance[rows], distance)


def test_who_is_long_enough_gives_to_who_was_drawn():
    offsets = np.array([0, 2, 5, 6])  # lengths 2, 3, 1
    rows = donors(offsets, np.array([2, 0, 1]), "start")
    # at the first step 0 <- 2, 1 <- 0, 2 <- 1; at the second 0 <- 2 <- 1; the third has one value
    np.testing.assert_array_equal(rows, [5, 3, 0, 1, 4, 2])


def test_induced_permutations_are_uniform():
    lengths = np.array([3, 1, 3, 1, 3])  # 0, 2 and 4 have a third step
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rng, n = np.random.default_rng(0), 6000
    third = offsets[[1, 3, 5]] - 1
    found = [tuple(donors(offsets, rng.permutation(5), "start")[third]) for _ in range(n)]
    counts = np.array(list(pd.Series(found).value_counts()))
    assert len(counts) == 6
    assert ((counts - n / 6) ** 2 / (n / 6)).sum() < 20.5  # chi-squared, 5 degrees, 0.1 %


def test_relative_donors_lie_at_the_same_share_of_the_length():
    offsets = np.array([0, 4, 12])
    rows = donors(offsets, np.array([1, 0]), "relative")
    np.testing.assert_array_equal(rows, [5, 7, 9, 11, 0, 0, 1, 1, 2, 2, 3, 3])


# -- sequences ----------------------------------------------------------------------------------


def test_the_feature_that_decides_has_all_and_others_exactly_nothing():
    X = ragged()
    y = np.array([second_at_the_end(one) for one in X])
    found = permutation_importance(Reader(second_at_the_end).fit(), X, y, random_state=0)
    assert found.feature_names == ["x0", "x1", "x2"]
    assert found.importances.shape == (3, 5)
    np.testing.assert_array_equal(found.importances[[0, 2]], 0.0)
    assert found.score == 1.0
    # of two independent draws, 1 - R^2 is 2 in the mean
    assert found.importances_mean[1] == pytest.approx(2, abs=0.3)


def test_mean_squared_error_rises_by_twice_the_variance_times_the_squared_weight():
    X = ragged(4000, 2)
    weights = {"x0": 1.5, "x1": -0.5}

    def read(one):
        return one[-1] @ list(weights.values())

    y = np.array([read(one) for one in X])
    found = permutation_importance(
        Reader(read).fit(), X, y, scoring="neg_mean_squared_error", random_state=0
    )
    np.testing.assert_allclose(found.importances_mean, [2 * 1.5**2, 2 * 0.5**2], rtol=0.05)


def test_blocks_are_in_the_order_of_time_and_say_where_they_are():
    X = ragged()
    y = np.array([second_at_the_end(one) for one in X])
    reader = Reader(second_at_the_end).fit()
    longest = int(X.lengths.max())
    found = permutation_importance(reader, X, y, by="time", n_blocks=longest, random_state=0)
    assert found.block_names == [str(-k) for k in range(longest, 0, -1)]
    assert found.importances_mean.argmax() == longest - 2
    assert (np.delete(found.importances, longest - 2, axis=0) == 0).all()
    both = permutation_importance(reader, X, y, by="feature_time", n_blocks=longest, random_state=0)
    assert both.importances.shape == (3, longest, 5)
    np.testing.assert_array_equal(both.importances[1], found.importances)
    assert (both.importances[[0, 2]] == 0).all()


def test_blocks_can_be_counted_from_the_start_or_as_shares():
    X = ragged()
    first = Reader(lambda one: one[0, 0]).fit()
    y = first.predict(X)
    found = permutation_importance(first, X, y, by="time", n_blocks=3, align="start")
    assert found.block_names == ["0 to 3", "4 to 7", "8 to 11"]
    assert found.importances_mean[0] > 1
    assert (found.importances[1:] == 0).all()
    found = permutation_importance(first, X, y, by="time", n_blocks=4, align="relative")
    assert found.block_names == ["0 to 25 %", "25 to 50 %", "50 to 75 %", "75 to 100 %"]
    assert found.importances_mean[0] > 1
    assert (found.importances[1:] == 0).all()


def test_more_blocks_than_steps_are_as_many_as_there_are_steps():
    X = np.random.default_rng(0).normal(size=(30, 4, 1))
    reader = Reader(lambda one: one[0, 0]).fit()
    found = permutation_importance(reader, X, reader.predict(X), by="time", n_blocks=9)
    assert found.block_names == ["-4", "-3", "-2", "-1"]


@pytest.mark.parametrize("max_samples", [1.0, 80])
def test_same_numbers_as_scikit_learn_on_a_table(max_samples):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 6))
    y = (X[:, -1] + 0.5 * X[:, -2] > 0).astype(int)
    model = RNNClassifier(hidden_size=8, max_epochs=15, random_state=0).fit(X, y)
    options = {"n_repeats": 4, "random_state": 7, "max_samples": max_samples}
    theirs = inspection.permutation_importance(model, X, y, **options)
    ours = permutation_importance(model, X, y, by="time", n_blocks=6, **options)
    assert ours.importances.max() > 0.1
    np.testing.assert_array_equal(ours.importances, theirs.importances)
    np.testing.assert_array_equal(ours.importances_std, theirs.importances_std)


def test_same_numbers_as_scikit_learn_for_whole_features_and_weights():
    X = np.random.default_rng(1).normal(size=(60, 5, 3))

    def flat(one):
        return one.reshape(5, 3)[-1] @ [1.0, 0.0, 2.0]

    y = np.array([flat(one) for one in X]) + np.arange(60) / 30
    weights = np.linspace(0, 1, 60)
    columns = pd.DataFrame({f"x{j}": list(X[:, :, j]) for j in range(3)})

    class Columns(Reader):
        def predict(self, X):
            table = np.stack([np.stack(X[f"x{j}"]) for j in range(3)], axis=2)
            return np.array([self.read(one) for one in table])

    theirs = inspection.permutation_importance(
        Columns(flat).fit(), columns, y, random_state=0, sample_weight=weights
    )
    ours = permutation_importance(Reader(flat).fit(), X, y, random_state=0, sample_weight=weights)
    np.testing.assert_allclose(ours.importances, theirs.importances, atol=1e-12)
    assert (ours.importances[1] == 0).all()


def long_frame(X):
    rows = np.repeat(np.arange(len(X)), X.lengths)
    steps = np.concatenate([np.arange(n) for n in X.lengths])
    index = pd.MultiIndex.from_arrays([rows, steps])
    return pd.DataFrame(X.values, index=index, columns=["a", "b", "c"])


def test_the_container_does_not_matter():
    X = ragged(40)
    y = X.lengths + np.array([one[0, 2] for one in X])
    model = RNNRegressor(hidden_size=4, max_epochs=3, random_state=0).fit(X, y)
    as_objects = np.empty(40, dtype=object)
    as_objects[:] = X.to_list()
    wanted = permutation_importance(model, X, y, random_state=0).importances
    for given in (X.to_list(), as_objects, pd.Series(X.to_list()), long_frame(X)):
        found = permutation_importance(model, given, y, random_state=0)
        np.testing.assert_allclose(found.importances, wanted, atol=1e-12)
    assert found.feature_names == ["a", "b", "c"]


def test_wide_tables_and_pipelines_that_need_them():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 4)), columns=list("abcd"))
    y = X["d"].to_numpy() * 3
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(X, y)
    ours = permutation_importance(model, X, y, by="time", n_blocks=4, random_state=0)
    theirs = inspection.permutation_importance(model, X, y, random_state=0)
    np.testing.assert_allclose(ours.importances, theirs.importances, atol=1e-12)


def test_input_and_global_random_state_stay_as_they_are():
    X = ragged(30)
    before, state = X.values.copy(), np.random.get_state()[1].copy()
    reader = Reader(second_at_the_end).fit()
    for by in ("feature", "time", "feature_time"):
        permutation_importance(reader, X, reader.predict(X), by=by, n_blocks=2, n_repeats=2)
    np.testing.assert_array_equal(X.values, before)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("make", [int, np.random.RandomState, np.random.default_rng])
def test_reproducible(make):
    X = ragged(30)
    reader = Reader(second_at_the_end).fit()
    y = reader.predict(X)
    first, second = (permutation_importance(reader, X, y, random_state=make(5)) for _ in "ab")
    other = permutation_importance(reader, X, y, random_state=make(6))
    np.testing.assert_array_equal(first.importances, second.importances)
    assert (first.importances[1] != other.importances[1]).any()


def test_symbols_frames_and_context_are_parts_of_their_own():
    n, lengths = 60, np.arange(60) % 4 + 2
    rng, n_steps = np.random.default_rng(0), int(lengths.sum())
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    X = SequenceArray(
        {
            "words": Channel(rng.integers(0, 5, n_steps), n_tokens=5),
            "frames": Channel(rng.normal(size=(n_steps, 3, 3))),
            "pulse": Channel(rng.normal(size=(n_steps, 2)), feature_names=("rate", "pressure")),
        },
        offsets,
        context=rng.normal(size=(n, 2)),
    )

    class Sum(Reader):
        def predict(self, X):
            read = [X.channels["words"].values[X.offsets[1:] - 1], X.context[:, 1]]
            return read[0] + 2.0 * read[1] + X.channels["pulse"].values[X.offsets[1:] - 1, 1]

    model = Sum(None).fit()
    found = permutation_importance(model, X, model.predict(X), random_state=0)
    names = ["words", "frames", "rate", "pressure", "context 0", "context 1"]
    assert found.feature_names == names
    assert set(np.flatnonzero(found.importances_mean)) == {0, 3, 5}
    both = permutation_importance(model, X, model.predict(X), by="feature_time", n_blocks=2)
    assert both.feature_names == names[:4]
    assert both.importances.shape == (4, 2, 5)


def texts():
    rng = np.random.default_rng(0)
    words = ["fine", "bad", "good", "plain"]
    lists = [
        [*rng.choice(words, rng.integers(1, 6)), rng.choice(["good", "bad"])] for _ in "a" * 90
    ]
    return lists, np.array([int(one[-1] == "good") for one in lists])


@pytest.mark.parametrize("join", [False, True])
def test_texts_are_exchanged_word_by_word_behind_the_step_that_numbers_them(join):
    X, y = texts()
    X = [" ".join(one) for one in X] if join else X
    model = make_pipeline(TokenEncoder(), Words()).fit(X, y)
    found = permutation_importance(model, X, y, by="time", n_blocks=3, random_state=0)
    assert found.block_names == ["-6 to -5", "-4 to -3", "-2 to -1"]
    assert found.importances_mean[2] == pytest.approx(0.5, abs=0.15)
    assert (found.importances[:2] == 0).all()
    search = GridSearchCV(model, {"tokenencoder__min_count": [1]}, cv=2, scoring="f1").fit(X, y)
    score = permutation_importance(search, X, y, by="time", n_blocks=3, random_state=0)
    assert score.score == 1.0
    assert score.importances_mean.argmax() == 2


def test_pipelines_on_numbers_are_exchanged_at_their_entrance():
    X = ragged(40)
    y = np.array([second_at_the_end(one) for one in X])
    plain = Reader(second_at_the_end).fit(X, y)
    model = make_pipeline(PerStep(StandardScaler()), Reader(second_at_the_end)).fit(X, y)
    options = {"random_state": 0, "scoring": "r2"}
    scaled = permutation_importance(model, X, model.predict(X), **options)
    found = permutation_importance(plain, X, y, **options)
    np.testing.assert_allclose(scaled.importances, found.importances, atol=1e-9)


def test_several_scores_give_a_dict():
    X = ragged(30)
    reader = Reader(second_at_the_end).fit()
    scores = ["r2", "neg_mean_absolute_error"]
    found = permutation_importance(reader, X, reader.predict(X), scoring=scores, random_state=0)
    alone = permutation_importance(reader, X, reader.predict(X), scoring="r2", random_state=0)
    assert list(found) == scores
    assert found["r2"].score_name == "r2"
    np.testing.assert_array_equal(found["r2"].importances, alone.importances)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "channel"}, "by must be 'feature', 'time', 'feature_time', got 'channel'"),
        ({"align": "middle"}, "align must be 'end', 'start', 'relative', got 'middle'"),
        ({"n_blocks": 0}, "n_blocks must be a whole number of at least 1, got 0"),
        ({"n_repeats": 1.5}, "n_repeats must be a whole number"),
        ({"max_samples": 31}, "from 1 to 30, or a share"),
        ({"max_samples": 0.0}, "got 0.0"),
        ({"max_samples": 1}, "only one"),
        ({"random_state": "a"}, "random_state must be an integer"),
    ],
)
def test_messages(options, message):
    X = ragged(30)
    reader = Reader(second_at_the_end).fit()
    with pytest.raises(ValueError, match=message):
        permutation_importance(reader, X, reader.predict(X), **options)


def test_texts_without_a_step_that_numbers_them_are_refused():
    with pytest.raises(TypeError, match=r"begins with TokenEncoder\(\)"):
        permutation_importance(Words(), ["a b", "c"], [0, 1])


@pytest.mark.parametrize("X", [None, "one text", {"a": [1.0]}, 3.0])
def test_what_is_no_container_is_refused(X):
    with pytest.raises(TypeError, match=r"got (one bare string|NoneType|dict|float)"):
        permutation_importance(Reader(second_at_the_end).fit(), X, [1.0])


def test_max_samples_draws_so_many():
    X = ragged(30)
    reader = Reader(second_at_the_end).fit()
    seen = []

    def scorer(estimator, X, y):
        seen.append(len(X))
        return estimator.score(X, y)

    y = reader.predict(X)
    found = permutation_importance(reader, X, y, scoring=scorer, max_samples=0.5, n_repeats=2)
    assert set(seen) == {15}
    assert found.score == 1.0


# -- forecasters --------------------------------------------------------------------------------

N = 3000


@pytest.fixture(scope="module")
def linear():
    """A forecaster that knows the weights: y = 3 sun (same row) + 2 wind (row before) + day."""
    rng = np.random.default_rng(0)
    hours = pd.date_range("2024-01-01", periods=N, freq="h")
    X = pd.DataFrame(rng.normal(size=(N, 3)), index=hours, columns=["sun", "wind", "noise"])
    y = (3 * X["sun"] + 2 * X["wind"].shift(1, fill_value=0)).rename("load")
    model = WindowForecaster(
        LinearRegression(),
        lookback=4,
        horizon=1,
        past_covariates=["wind"],
        calendar=["hour"],
    ).fit(X, y)
    return model, X, y


class Known(LinearRegression):
    """Weights by hand: in units of the window, so that only the future sun is read, times 1."""

    def fit(self, X, y):
        super().fit(X, y)
        # past of load (4), wind (4), then known (sun, noise, sine, cosine) of 4 + 1 rows
        self.coef_ = np.zeros(X.shape[1])
        self.coef_[8 + 4 * 4] = 1.0  # sun, the row to forecast
        self.coef_[4 + 3] = 0.5  # wind, the last row
        self.intercept_ = 0.0
        return self


def test_what_a_forecaster_does_not_read_has_exactly_nothing(linear):
    fitted, X, y = linear
    model = WindowForecaster(
        Known(),
        **{
            name: value
            for name, value in fitted.get_params(deep=False).items()
            if name != "regressor"
        },
    ).fit(X, y)
    found = permutation_importance(model, X, y, random_state=0, scoring="neg_mean_squared_error")
    names = ["past of load", "wind", "sun", "noise", "hour"]
    assert found.feature_names == names
    assert (found.importances[3:] == 0).all()
    assert (found.importances[:3] != 0).all()  # the past of the load gives the units
    both = permutation_importance(
        model, X, y, by="feature_time", n_blocks=4, random_state=0, n_repeats=2
    )
    assert both.block_names == ["-4", "-3", "-2", "-1", "+1"]
    read = np.argwhere(both.importances_mean[1:] != 0).tolist()
    assert read == [[0, 3], [1, 4]]  # wind of the last row, sun of the next


def test_errors_rise_by_twice_the_squared_weights_of_a_linear_forecaster():
    rng = np.random.default_rng(1)
    index = pd.RangeIndex(N)
    X = pd.DataFrame(rng.normal(size=(N, 2)), index=index, columns=["a", "b"])
    ramp = 100.0 * np.arange(N)  # so the deviation in each window is about the same
    y = pd.Series(ramp + 3 * X["a"] + 2 * X["b"].shift(1, fill_value=0), index)
    model = WindowForecaster(LinearRegression(), lookback=12, past_covariates=["b"])
    model.fit(X[: N // 2], y[: N // 2])
    found = permutation_importance(
        model,
        X[N // 2 :],
        y[N // 2 :],
        by="feature_time",
        n_blocks=12,
        scoring="neg_mean_squared_error",
        random_state=0,
    )
    assert found.feature_names == ["past of y", "b", "a"]
    assert found.importances_mean[2, 12] == pytest.approx(2 * 3**2, rel=0.1)
    assert found.importances_mean[1, 11] == pytest.approx(2 * 2**2, rel=0.1)


def test_skill_is_the_score_of_forecasters(linear):
    model, X, y = linear
    n_before = 4
    found = permutation_importance(model, X[-50:], y[-50:], random_state=0)
    table = model.backtest(X, y, n_origins=50 - n_before, n_steps=1)
    errors = table[["forecast", "naive"]].sub(table["actual"], axis=0).abs().mean()
    assert found.score_name == "skill"
    assert found.score == pytest.approx(1 - errors["forecast"] / errors["naive"], abs=0.02)
    weights = np.arange(50.0)
    weighted = permutation_importance(model, X[-50:], y[-50:], sample_weight=weights)
    assert weighted.score != found.score


def test_a_level_that_wanders_does_not_count(linear):
    rng = np.random.default_rng(0)
    walk = pd.Series(np.cumsum(rng.normal(size=400)))
    model = WindowForecaster(LinearRegression(), lookback=3).fit(None, walk)
    found = permutation_importance(
        model, None, walk, scoring="neg_mean_squared_error", random_state=0
    )
    assert abs(found.importances_mean[0]) < 0.1  # exchanged levels would cost hundreds
    assert found.feature_names == ["past of y"]


def test_networks_panels_static_covariates_and_lags():
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=60, freq="D")
    index = pd.MultiIndex.from_product([["a", "b", "c"], days], names=["shop", "day"])
    X = pd.DataFrame({"size": np.repeat([0.0, 1.0, 2.0], 60), "sale": rng.normal(size=180)}, index)
    y = pd.Series(rng.normal(size=180) + 5 * X["sale"].to_numpy(), index, name="sold")
    model = RNNForecaster(
        lookback=5, horizon=2, static_covariates=["size"], lags=[7], calendar=["day_of_week"],
        hidden_size=4, max_epochs=50, early_stopping=False, random_state=0,
    ).fit(X, y)  # fmt: skip
    found = permutation_importance(model, X, y, random_state=0, n_repeats=2)
    assert found.feature_names == ["past of sold", "sale", "size", "day_of_week"]
    assert found.importances_mean.argmax() == 1
    assert (found.importances != 0).all()
    both = permutation_importance(model, X, y, by="feature_time", n_blocks=3, n_repeats=2)
    assert both.feature_names == ["past of sold", "sale", "day_of_week"]
    assert both.block_names == ["-12 to -9", "-8 to -5", "-4 to -1", "+1 to +2"]
    assert (both.importances[0, 3] == 0).all()  # the future of the target is not known


def test_marks_and_symbols_go_with_their_covariate():
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=80, freq="D")
    index = pd.MultiIndex.from_product([["a", "b", "c"], days], names=["shop", "day"])
    frame = {"town": np.repeat(["x", "y", "z"], 80), "seen": rng.normal(size=240)}
    X = pd.DataFrame({**frame, "plan": rng.normal(size=240)}, index)
    X.loc[X.index[::7], "seen"] = np.nan
    X.loc[X.index[::5], "plan"] = np.nan
    y = pd.Series(rng.normal(size=240), index, name="sold")
    model = RNNForecaster(
        lookback=6, static_covariates=["town"], past_covariates=["seen"], missing="mask",
        calendar=["month", "day_of_week"], hidden_size=4, max_epochs=2, early_stopping=False,
        random_state=0,
    ).fit(X, y)  # fmt: skip
    exchange = WindowExchange.read(model, X, y, None, 2, "end", np.arange, None)
    names = ["past of sold", "seen", "plan", "town", "month", "day_of_week"]
    assert exchange.feature_names == names
    order = rng.permutation(exchange.n_samples)
    for feature, name in enumerate(names):
        found = exchange._exchanged(exchange.origins, order, feature, None)
        fields = ("targets", "observed", "known", "static")
        before, after = (
            np.concatenate([getattr(o, f).reshape(len(order), -1) for f in fields], axis=1)
            for o in (exchange.origins, found)
        )
        n_changed = int((before != after).any(axis=0).sum())
        # six rows of the past and one of the future; two columns each, three towns
        assert n_changed == {"past of sold": 5, "seen": 12, "town": 3}.get(name, 14)


def test_pipelines_that_end_with_a_forecaster(linear):
    model, X, y = linear
    scaler = StandardScaler().set_output(transform="pandas")
    scaled = make_pipeline(scaler, clone(model)).fit(X, y)
    wanted = permutation_importance(model, X, y, random_state=0, max_samples=200, n_repeats=2)
    found = permutation_importance(scaled, X, y, random_state=0, max_samples=200, n_repeats=2)
    np.testing.assert_allclose(found.importances, wanted.importances, atol=1e-6)


def test_messages_of_forecasters(linear):
    model, X, y = linear
    with pytest.raises(TypeError, match="NaiveForecaster repeats what was there"):
        permutation_importance(NaiveForecaster().fit(X, y), X, y)
    with pytest.raises(ValueError, match=r"at least lookback \+ horizon \+ 1 = 6 rows"):
        permutation_importance(model, X[:4], y[:4])
    with pytest.raises(ValueError, match="give them as y, got None"):
        permutation_importance(model, X)
    with pytest.raises(ValueError, match="one weight for each row"):
        permutation_importance(model, X, y, sample_weight=np.ones(3))
