"""Options of the recurrent stacks, through every estimator that has them."""

import inspect
import warnings

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from sksequence import (
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    Seq2SeqTransformer,
    SequenceArray,
    SequenceAutoencoder,
    SequenceCaptioner,
)
from sksequence.cells import LSTM, Delayed

RNG = np.random.default_rng(0)
X = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in RNG.integers(5, 9, size=40)])
GRIDS = RNG.normal(size=(40, 3, 2))
LABELS = np.where([x[:, 0].mean() > 0 for x in X], "high", "low")
NUMBERS = np.array([x[-1, 1] for x in X])
QUICK = {"hidden_size": 4, "max_epochs": 2, "random_state": 0, "learning_rate": 0.01}
ALL = {
    "residual": True,
    "variational_dropout": True,
    "dropout": 0.2,
    "initial_state": "learned",
    "tbptt_steps": (2, 3),
    "gradient_clip": 0.1,
    "gradient_clip_by": "value",
    "n_layers": 2,
}


def classifier(**options):
    return RNNClassifier(**{**QUICK, **options}), X, LABELS, "predict_proba"


def regressor(**options):
    return RNNRegressor(**{**QUICK, **options}), X, NUMBERS, "predict"


def transformer(**options):
    options = {"bidirectional": False, "embedding_size": 4, **QUICK, **options}
    return Seq2SeqTransformer(**options), X, X, "transform"


def autoencoder(**options):
    return SequenceAutoencoder(**{"encoding_size": 3, **QUICK, **options}), X, None, "transform"


def captioner(**options):
    options = {"encoding_size": 3, "embedding_size": 4, **QUICK, **options}
    return SequenceCaptioner(**options), GRIDS, LABELS, "transform"


MAKERS = [classifier, regressor, transformer, autoencoder, captioner]
READERS = MAKERS[:4]


def fitted(maker, **options):
    estimator, X, y, _ = maker(**options)
    return estimator.fit(X, y)


def weights_of(estimator):
    return {k: v.numpy().copy() for k, v in estimator.network_.state_dict().items()}


def same_weights(one, other):
    one, other = weights_of(one), weights_of(other)
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize("maker", MAKERS)
def test_all_options_together(maker):
    estimator, X, y, method = maker(**ALL)
    answers = getattr(estimator.fit(X, y), method)(X)
    again = getattr(fitted(maker, **ALL), method)(X)
    np.testing.assert_array_equal(np.asarray(answers, object), np.asarray(again, object))
    assert all(0 <= row["gradients_clipped"] <= 1 for row in estimator.history_)
    some = X[:3]
    alone = getattr(estimator, method)(some)
    assert len(alone) == 3
    if isinstance(alone, np.ndarray) and alone.dtype.kind == "f":
        np.testing.assert_allclose(alone, answers[:3], atol=1e-5)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("option", ["residual", "initial_state", "tbptt_steps", "gradient_clip_by"])
def test_each_option_matters(maker, option):
    shared = {"n_layers": 2, "gradient_clip": 0.01}
    if option == "tbptt_steps" and maker is captioner:
        return  # captions of one word are shorter than any window
    one = fitted(maker, **shared, **{option: 1 if option == "tbptt_steps" else ALL[option]})
    assert not same_weights(one, fitted(maker, **shared))


@pytest.mark.parametrize("maker", MAKERS)
def test_windows_over_all_steps_change_nothing(maker):
    assert same_weights(fitted(maker, tbptt_steps=50), fitted(maker))
    assert same_weights(fitted(maker, tbptt_steps=(2, 50)), fitted(maker))


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("cell", ["output_rnn", Delayed("lstm", [1, 2])], ids=str)
def test_cells_with_several_kinds_of_recurrence(maker, cell):
    n_layers = 1 if cell == "output_rnn" else 2
    if maker is captioner and cell != "output_rnn":
        with pytest.warns(UserWarning, match="the delay of 2 steps"):
            fitted(maker, cell=cell, n_layers=n_layers)
        return
    estimator, X, y, method = maker(cell=cell, n_layers=n_layers)
    assert len(getattr(estimator.fit(X, y), method)(X)) == len(X)


def test_options_can_be_searched():
    grid = {"cell__delay": [1, 2], "residual": [False, True], "tbptt_steps": [None, 2, (1, 3)]}
    estimator = classifier(cell=Delayed("gru", 1), max_epochs=1)[0]
    search = GridSearchCV(estimator, grid, cv=2, error_score="raise").fit(X, LABELS)
    assert len(search.cv_results_["params"]) == 12


# -- going on ---------------------------------------------------------------------------------


@pytest.mark.parametrize("maker", MAKERS)
def test_training_goes_on_with_another_window_and_another_dropout(maker):
    estimator, X, y, _ = maker(warm_start=True, dropout=0.1)
    estimator.fit(X, y)
    estimator.set_params(tbptt_steps=2, dropout=0.5, variational_dropout=True).fit(X, y)
    decoder = getattr(estimator.network_, "decoder", estimator.network_)
    assert decoder.stack.tbptt_steps == (2, 2)
    assert decoder.stack.between.rate == 0.5
    assert decoder.stack.between.variational


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("option", ["residual", "initial_state"])
def test_training_does_not_go_on_with_another_network(maker, option):
    estimator, X, y, _ = maker(warm_start=True)
    estimator.fit(X, y).set_params(**{option: ALL[option]})
    with pytest.raises(ValueError, match=f"{option} changed since the first fit"):
        estimator.fit(X, y)


# -- what cannot be meant -----------------------------------------------------------------------


@pytest.mark.parametrize("maker", READERS)
def test_two_directions_have_no_window(maker):
    with pytest.raises(ValueError, match=r"the backward direction reads from the end.*Set bidir"):
        fitted(maker, bidirectional=True, tbptt_steps=2)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(
    "steps, message",
    [
        (0, "'tbptt_steps' parameter"),
        (2.5, "'tbptt_steps' parameter"),
        ((1, 2, 3), r"tbptt_steps must be a number of steps >= 1, or two of them \(k1, k2\)"),
        ((0, 2), r"or two of them \(k1, k2\), got \(0, 2\)"),
        ((5, 2), r"\(5, 2\) would leave out steps: .* k2 must be at least k1"),
    ],
)
def test_what_is_no_window_is_refused(maker, steps, message):
    with pytest.raises(ValueError, match=message):
        fitted(maker, tbptt_steps=steps)


@pytest.mark.parametrize("maker", READERS)
def test_a_delay_beyond_the_shortest_sequence_warns(maker):
    n_short = int((X.lengths <= 6).sum())
    message = rf"the delay of 6 steps reaches back beyond the beginning of {n_short} of the 40 seq"
    with pytest.warns(UserWarning, match=message) as caught:
        fitted(maker, cell=Delayed(LSTM(), 6))
    source, first = inspect.getsourcelines(fitted)  # that is where `fit` was called
    assert {(w.filename, w.lineno) for w in caught} == {(__file__, first + len(source) - 1)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(maker, cell=Delayed(LSTM(), 4))


# -- forecasts --------------------------------------------------------------------------------

SERIES = np.sin(np.arange(80) / 3)


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq"])
@pytest.mark.parametrize(
    "cell", ["lstm", "output_rnn", Delayed("gru", [1, 3], beside=True)], ids=str
)
def test_forecasters_have_the_options_too(strategy, cell):
    forecasts = []
    for options in ({}, ALL, {**ALL, "tbptt_steps": None}):
        options = {**QUICK, "n_layers": 2, **options}
        model = RNNForecaster(12, 3, strategy=strategy, cell=cell, **options)
        model.fit(None, SERIES)
        forecasts.append(model.predict(3))
    assert np.isfinite(forecasts).all()
    assert not np.allclose(forecasts[0], forecasts[1])
    if (strategy, cell) != ("recursive", "output_rnn"):  # which has no states to cut
        assert not np.allclose(forecasts[1], forecasts[2])


def test_a_forecaster_goes_on_with_another_window():
    model = RNNForecaster(12, 3, warm_start=True, **QUICK).fit(None, SERIES)
    model.set_params(tbptt_steps=(2, 4), dropout=0.5).fit(None, SERIES)
    assert model.network_.stack.tbptt_steps == (2, 4)
    assert model.network_.dropout.rate == 0.5
    with pytest.raises(ValueError, match="initial_state changed since the first fit"):
        model.set_params(initial_state="learned").fit(None, SERIES)


def test_a_delay_beyond_the_window_of_a_forecaster_warns():
    model = RNNForecaster(4, 1, cell=Delayed("gru", 4), **QUICK)
    with pytest.warns(UserWarning, match="beyond the window of lookback=4 rows") as caught:
        model.fit(None, SERIES)
    assert caught[0].filename == __file__
