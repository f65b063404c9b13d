"""Missing values: masked, with the time since each feature was seen."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils import get_tags

from sksequence import RNNClassifier, RNNRegressor, SequenceArray
from sksequence.inputs import Channel
from sksequence.inspection import gradient_flow, permutation_importance, summary
from sksequence.persistence import load, save
from sksequence.testing import check_sequence_estimator

SMALL = {"hidden_size": 6, "max_epochs": 3, "random_state": 0, "missing": "mask"}


def gappy(n=40, seed=0, n_features=2):
    """Sequences of which half is missing; one is missing altogether, one at its beginning."""
    rng = np.random.default_rng(seed)
    sequences = [rng.normal(3, 2, size=(k, n_features)) for k in rng.integers(2, 9, size=n)]
    y = np.array([x[-1, 0] + x[0, 1] > 6 for x in sequences], dtype=int)
    for x in sequences:
        x[rng.random(x.shape) < 0.5] = np.nan
    sequences[1][:] = np.nan
    sequences[2][:1] = np.nan
    return SequenceArray.from_list(sequences), y


def timed(X, seed=0):
    rng = np.random.default_rng(seed)
    hours = [np.cumsum(rng.exponential(5, size=n)) for n in X.lengths]
    return X.with_channel("hours", np.concatenate(hours))


X, Y = gappy()


@pytest.mark.parametrize("estimator", [RNNClassifier(), RNNRegressor()])
def test_a_tag_says_that_values_may_be_missing(estimator):
    assert not get_tags(estimator).input_tags.allow_nan
    assert get_tags(estimator.set_params(missing="mask")).input_tags.allow_nan


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize(
    "options",
    [{}, {"bidirectional": True, "cell": "gru", "pooling": "attention"}, {"conv_size": 3}],
)
def test_the_promise_holds_where_values_are_missing(options):
    kind, y = (RNNRegressor, Y.astype(float)) if "conv_size" in options else (RNNClassifier, Y)
    check_sequence_estimator(kind(**SMALL, **options), X, y)


def test_with_times_neighbours_and_order_make_no_difference():
    data = timed(X)
    fitted = RNNRegressor(**SMALL, time="hours").fit(data, Y)
    together = fitted.predict(data)
    alone = [fitted.predict(data[i : i + 1])[0] for i in range(len(data))]
    np.testing.assert_allclose(together, alone, atol=1e-12)
    order = np.random.default_rng(1).permutation(len(data))
    np.testing.assert_allclose(fitted.predict(data[order]), together[order], atol=1e-12)
    later = data.with_channel("hours", data.channels["hours"].values + 1000)
    shifted = RNNRegressor(**SMALL, time="hours").fit(later, Y).predict(later)
    np.testing.assert_allclose(shifted, together, atol=1e-4)  # only differences count
    np.testing.assert_allclose(fitted.predict(later), together, atol=1e-4)


def test_by_default_an_error_says_where_and_what_to_do():
    with pytest.raises(ValueError, match=r"NaN: sequence 0, step \d.*set missing='mask', or drop"):
        RNNClassifier().fit(X, Y)


def test_all_containers_say_the_same():
    uniform = [x[:2] for x in X]
    fitted = RNNClassifier(**SMALL).fit(uniform, Y)
    expected = fitted.predict_proba(uniform)
    np.testing.assert_array_equal(fitted.predict_proba(np.stack(uniform)), expected)
    keys = pd.MultiIndex.from_product([range(40), range(2)])
    frame = pd.DataFrame(np.concatenate(uniform), index=keys)
    np.testing.assert_array_equal(fitted.predict_proba(frame), expected)


@pytest.mark.parametrize("with_times", [False, True])
@pytest.mark.parametrize("options", [{}, {"conv_size": 3, "cell": "gru", "pooling": "mean"}])
def test_a_stream_says_what_predict_says(options, with_times):
    data = timed(X) if with_times else X
    options = {**options, "time": "hours" if with_times else None}
    fitted = RNNRegressor(**SMALL, **options).fit(data, Y)
    expected = fitted.predict(data)
    stream = fitted.stream()
    for i in range(6):
        stream.reset()
        x = data[i]
        for t in range(data.lengths[i]):
            step = {name: values[t] for name, values in x.items()} if with_times else x[t]
            answer = stream.step(step)
            if t == 0:  # the state can be kept, and gone back to
                stream.step(step)
                stream.step(step)
                stream.reset()
                stream.step(step)
                stream = pickle.loads(pickle.dumps(stream))
        assert answer == pytest.approx(expected[i], abs=1e-6)


def test_a_stream_of_several_sequences_and_pieces():
    fitted = RNNRegressor(**SMALL).fit(X, Y)
    four = X[:4]
    stream = fitted.stream(4)
    stream.read(SequenceArray.from_list([x[:k] for x, k in zip(four, (1, 2, 0, 1), strict=True)]))
    rest = [x[k:] for x, k in zip(four, (1, 2, 0, 1), strict=True)]
    answers = stream.step(SequenceArray.from_list(rest))
    np.testing.assert_allclose(answers, fitted.predict(four), atol=1e-6)


def test_a_stream_wants_the_times_in_order():
    data = timed(X)
    fitted = RNNClassifier(**SMALL, time="hours").fit(data, Y)
    stream = fitted.stream()
    stream.step({"values": [1.0, np.nan], "hours": 5.0})
    with pytest.raises(ValueError, match="lies before the time of the step before"):
        stream.step({"values": [1.0, np.nan], "hours": 4.0})
    stream.step({"values": [1.0, np.nan], "hours": 6.0})
    assert stream.n_steps == 2
    with pytest.raises(ValueError, match="missing, infinite or too large"):
        stream.step({"values": [1.0, np.inf], "hours": 7.0})


def test_saved_and_pickled(tmp_path):
    data = timed(X)
    fitted = RNNClassifier(**SMALL, time="hours").fit(data, Y)
    expected = fitted.predict_proba(data)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(data), expected)
    save(fitted, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict_proba(data), expected)


def test_what_is_missing_can_be_all_that_is_known():
    """Values are noise: whether a feature was measured in the second half is the class."""
    rng = np.random.default_rng(0)
    sequences, y = [], rng.integers(2, size=240)
    for label in y:
        x = rng.normal(size=(rng.integers(6, 12), 2))
        x[rng.random(x.shape) < 0.3] = np.nan
        if label:
            x[len(x) // 2 :, 0] = np.nan
        sequences.append(x)
    classifier = RNNClassifier(hidden_size=8, max_epochs=25, missing="mask", random_state=0)
    classifier.fit(sequences[:160], y[:160])
    assert roc_auc_score(y[160:], classifier.predict_proba(sequences[160:])[:, 1]) > 0.95


def test_the_time_since_can_be_all_that_is_known():
    """Two readings: the class is how much time lies between them."""
    rng = np.random.default_rng(0)
    gaps = rng.uniform(0, 10, size=200)
    starts = rng.uniform(0, 100, size=200)
    hours = np.stack([starts, starts + gaps], axis=1)
    data = SequenceArray({"values": Channel(rng.normal(size=400)), "hours": Channel(hours.ravel())},
                         np.arange(0, 401, 2))  # fmt: skip
    y = (gaps > 5).astype(int)
    classifier = RNNClassifier(
        hidden_size=8, max_epochs=30, missing="mask", time="hours", random_state=0
    )
    assert classifier.fit(data[:120], y[:120]).score(data[120:], y[120:]) > 0.9


def test_the_last_value_decays_or_is_kept():
    """The target is the last value that was seen, some steps ago: no rate of decay is needed."""
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(rng.integers(4, 8), 1)) for _ in range(150)]
    y = []
    for x in sequences:
        x[-2:] = np.nan
        y.append(x[-3, 0])
    regressor = RNNRegressor(hidden_size=8, max_epochs=40, missing="mask", random_state=0)
    regressor.fit(sequences, y)
    assert regressor.score(sequences, y) > 0.95
    start = np.log(np.expm1(0.1))
    assert regressor.network_.encoder.fill.rates[0].item() < start


def test_without_anything_missing_the_answers_are_as_good():
    rng = np.random.default_rng(0)
    sequences = [rng.uniform(size=n) for n in rng.integers(2, 6, size=100)]
    y = [x.mean() for x in sequences]
    for missing in ("error", "mask"):
        regressor = RNNRegressor(hidden_size=8, missing=missing, random_state=0, max_epochs=60)
        assert regressor.fit(sequences, y).score(sequences, y) > 0.9


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("tbptt_steps", [None, 2])
def test_the_loss_is_finite(dtype, tbptt_steps):
    fitted = RNNRegressor(**SMALL, dtype=dtype, tbptt_steps=tbptt_steps).fit(X, Y)
    assert np.isfinite([row["train_loss"] for row in fitted.history_]).all()
    weights = fitted.network_.state_dict()
    assert all(w.isfinite().all() for w in weights.values())


def test_in_a_grid_and_from_fit_to_fit():
    grid = {"missing": ["mask"], "hidden_size": [4, 5]}
    search = GridSearchCV(RNNClassifier(max_epochs=2, random_state=0), grid, cv=2)
    assert search.fit(X, Y).best_estimator_.missing == "mask"
    search = GridSearchCV(RNNClassifier(max_epochs=2, random_state=0), {"missing": ["error"]}, cv=2)
    with pytest.raises(ValueError, match="set missing='mask'"):
        search.fit(X, Y)
    model = RNNClassifier(**SMALL, warm_start=True).fit(X, Y).fit(X, Y)
    assert model.n_epochs_ == 6
    with pytest.raises(ValueError, match="missing changed since the first fit"):
        model.set_params(missing="error").fit(SequenceArray.from_list([[[1.0, 2]]] * 4), [0, 1] * 2)


def test_a_feature_that_is_never_seen_is_named():
    never = X.values.copy()
    never[:, 1] = np.nan
    frame = pd.DataFrame(never, columns=["pulse", "lactate"])
    frame["who"] = np.repeat(np.arange(len(X)), X.lengths)
    sequences = SequenceArray.from_frame(frame, sequence="who")
    with pytest.raises(ValueError, match=r"feature 'lactate' is missing \(NaN\) at every step"):
        RNNClassifier(**SMALL).fit(sequences, Y)
    with pytest.raises(ValueError, match="feature 1 is missing"):
        RNNClassifier(**SMALL, normalize=False).fit(SequenceArray(never, X.offsets), Y)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_infinity_is_refused(bad):
    values = X.values.copy()
    values[7, 0] = bad
    with pytest.raises(ValueError, match="infinity: sequence"):
        RNNClassifier(**SMALL).fit(SequenceArray(values, X.offsets), Y)


def test_what_must_be_complete():
    context = np.zeros((len(X), 2))
    context[3, 1] = np.nan
    with pytest.raises(ValueError, match="value 1 of the context of sequence 3 is NaN"):
        RNNClassifier(**SMALL).fit(X.with_context(context), Y)
    frames = np.zeros((4, 2, 3, 3))
    frames[2, 1, 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"sequence 2, step 1, in a frame: .* masks features"):
        RNNClassifier(**SMALL).fit(frames, [0, 1, 0, 1])


def test_times_must_be_there_and_in_order():
    data = timed(X)
    model = RNNClassifier(**SMALL, time="hours")
    hours = data.channels["hours"].values.copy()
    hours[1] = np.nan
    with pytest.raises(ValueError, match=r"the time 'hours' of sequence 0, step 1 is NaN"):
        model.fit(X.with_channel("hours", hours), Y)
    hours[:2] = [[5.0], [4.0]]
    with pytest.raises(ValueError, match=r"goes back from 5 to 4 at sequence 0, step 1: put"):
        model.fit(X.with_channel("hours", hours), Y)
    with pytest.raises(ValueError, match="time='hour' of RNNClassifier is neither a channel"):
        clone(model).set_params(time="hour").fit(data, Y)


def test_a_feature_may_hold_the_times():
    data = timed(X)
    both = np.concatenate([X.values, data.channels["hours"].values], axis=1)
    named = Channel(both, feature_names=("a", "b", "hours"))
    fitted = RNNClassifier(**SMALL, time="hours").fit(
        SequenceArray({"values": named}, X.offsets), Y
    )
    assert fitted.network_.spec.time == ("values", 2)
    steps = np.concatenate([np.diff(x["hours"][:, 0]) for x in data])
    scale = both[:, 2].std()
    assert fitted.network_.encoder.fill.unit.item() == pytest.approx(steps.mean() / scale, rel=1e-5)
    later = Channel(both + np.array([0, 0, 1000]), feature_names=("a", "b", "hours"))
    later = SequenceArray({"values": later}, X.offsets)
    now = fitted.predict_proba(SequenceArray({"values": named}, X.offsets))
    np.testing.assert_allclose(fitted.predict_proba(later), now, atol=1e-4)


def test_the_time_since_the_step_before_can_be_all_that_is_known():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    hours = [np.cumsum(rng.exponential(1 + 4 * k, size=8)) + rng.uniform(0, 500) for k in y]
    data = SequenceArray.from_list([np.ones((8, 1))] * 60).with_channel("hours", hours)
    model = RNNClassifier(
        hidden_size=8, max_epochs=30, missing="mask", time="hours", random_state=0
    ).fit(data[:40], y[:40])
    assert model.score(data[40:], y[40:]) >= 0.9


def test_pictures_of_what_was_learned():
    fitted = RNNClassifier(**SMALL).fit(X, Y)
    weights = sum(w.numel() for w in fitted.network_.parameters())
    assert summary(fitted).n_weights == weights
    flow = gradient_flow(fitted, X[X.lengths > 3], Y[X.lengths > 3])
    assert np.isfinite(flow.loss)
    result = permutation_importance(fitted, X, Y, n_repeats=2, random_state=0)
    assert result.importances.shape == (2, 2)
