"""How estimators are trained, stopped, interrupted, continued and shown."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.utils.class_weight import compute_sample_weight

from sksequence import RNNClassifier, RNNRegressor, SequenceArray
from sksequence.networks import SequenceNetwork
from sksequence.training import DivergenceError

RNG = np.random.default_rng(0)
X = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in RNG.integers(2, 7, size=40)])
MEANS = np.array([x[:, 0].mean() for x in X])
LABELS = np.where(MEANS > np.median(MEANS), "high", "low")


def classifier(**parameters):
    return RNNClassifier(**{"hidden_size": 4, "max_epochs": 3, "random_state": 0, **parameters})


def regressor(**parameters):
    return RNNRegressor(**{"hidden_size": 4, "max_epochs": 3, "random_state": 0, **parameters})


def weights_of(estimator):
    return {k: v.numpy().copy() for k, v in estimator.network_.state_dict().items()}


def assert_same_weights(one, other):
    for name, values in weights_of(one).items():
        np.testing.assert_array_equal(values, weights_of(other)[name])


# Ctrl-C


@pytest.fixture
def interrupt(monkeypatch):
    """Raise KeyboardInterrupt in the n-th training batch from now on."""

    def after(n):
        true_forward = SequenceNetwork.forward
        left = [n]

        def forward(network, batch, *args, **kwargs):
            left[0] -= network.training
            if left[0] < 0:
                raise KeyboardInterrupt
            return true_forward(network, batch, *args, **kwargs)

        monkeypatch.setattr(SequenceNetwork, "forward", forward)

    yield after
    monkeypatch.undo()


@pytest.mark.parametrize("kind", [classifier, regressor])
def test_interrupted_fit_is_fitted_and_the_interrupt_goes_on(interrupt, monkeypatch, kind):
    y = LABELS if kind is classifier else MEANS
    estimator = kind(max_epochs=50, batch_size=10)
    interrupt(4 * 3 + 2)  # in the middle of the fourth epoch
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(X, y)
    monkeypatch.undo()
    assert estimator.n_epochs_ == len(estimator.history_) == 3
    assert estimator.predict(X).shape == (40,)
    assert not estimator.network_.training
    whole = kind(max_epochs=50, batch_size=10).fit(X, y)
    for record, expected in zip(estimator.history_, whole.history_, strict=False):
        assert record["train_loss"] == expected["train_loss"]


def test_interrupted_fit_has_the_best_weights_so_far(interrupt, monkeypatch):
    rng = np.random.default_rng(1)
    noise = np.where(rng.uniform(size=40) < 0.5, "high", "low")  # so the best comes early
    data = {"X_val": X, "y_val": noise}
    settings = {"batch_size": 10, "learning_rate": 0.1, "n_iter_no_change": 50}
    interrupt(4 * 12 + 1)
    interrupted = classifier(max_epochs=50, **settings)
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit(X, LABELS, **data)
    monkeypatch.undo()
    assert interrupted.best_epoch_ < interrupted.n_epochs_ == 12
    best = classifier(max_epochs=interrupted.best_epoch_, **settings).fit(X, LABELS, **data)
    # the same seed gives the same epochs up to the best one
    assert [r["train_loss"] for r in best.history_] == [
        r["train_loss"] for r in interrupted.history_[: interrupted.best_epoch_]
    ]
    assert_same_weights(interrupted, best)


def test_interrupt_in_the_first_epoch_leaves_a_usable_estimator(interrupt, monkeypatch):
    estimator = regressor(batch_size=10)
    interrupt(2)
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(X, MEANS)
    monkeypatch.undo()
    assert estimator.history_ == []
    assert np.isfinite(estimator.predict(X)).all()


def test_interrupt_stops_a_search(interrupt):
    from sklearn.model_selection import GridSearchCV

    interrupt(3)
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(classifier(), {"hidden_size": [3, 4]}, cv=2).fit(X, LABELS)


# Going on


def test_warm_start_goes_on_with_weights_and_history():
    warm = classifier(warm_start=True).fit(X, LABELS)
    first, begun = list(warm.history_), weights_of(warm)
    warm.set_params(max_epochs=2).fit(X, LABELS)
    assert warm.history_[:3] == first
    assert [r["epoch"] for r in warm.history_] == [1, 2, 3, 4, 5]
    assert warm.n_epochs_ == 5
    assert any((begun[k] != v).any() for k, v in weights_of(warm).items())
    cold = classifier().fit(X, LABELS).set_params(max_epochs=2).fit(X, LABELS)
    assert [r["epoch"] for r in cold.history_] == [1, 2]


def test_warm_start_of_an_unfitted_estimator_is_a_fit():
    assert_same_weights(classifier(warm_start=True).fit(X, LABELS), classifier().fit(X, LABELS))


def test_best_epoch_counts_from_the_first_fit():
    data = {"X_val": X, "y_val": LABELS}
    warm = classifier(warm_start=True).fit(X, LABELS, **data)
    warm.fit(X, LABELS, **data)
    losses = [r["valid_loss"] for r in warm.history_]
    assert warm.best_epoch_ == 4 + int(np.argmin(losses[3:]))


def test_partial_fit_is_an_epoch_at_a_time():
    steps = classifier().partial_fit(X, LABELS, classes=["high", "low"])
    for _ in range(50):
        steps.partial_fit(X, LABELS)
    assert [r["epoch"] for r in steps.history_] == list(range(1, 52))
    assert steps.history_[-1]["train_loss"] < 0.8 * steps.history_[0]["train_loss"]
    numbers = regressor().partial_fit(X, MEANS)
    for _ in range(30):
        numbers.partial_fit(X, MEANS)
    assert numbers.score(X, MEANS) > 0.3


def test_partial_fit_takes_parts_that_lack_a_class():
    part = LABELS == "low"
    estimator = classifier().partial_fit(X[part], LABELS[part], classes=["high", "low", "never"])
    assert estimator.predict_proba(X).shape == (40, 3)
    assert list(estimator.classes_) == ["high", "low", "never"]


def test_partial_fit_knows_labels_that_hold_together():
    y = np.column_stack([MEANS > 0, MEANS < 0.5]).astype(int)
    fitted = classifier().fit(X, y)
    assert fitted.partial_fit(X, y).predict(X).shape == (40, 2)


# Early stopping


def test_early_stopping_restores_the_weights_of_the_best_epoch():
    estimator = regressor(early_stopping=True, validation_fraction=0.25, max_epochs=60)
    estimator.fit(X, MEANS)
    losses = [r["valid_loss"] for r in estimator.history_]
    assert estimator.best_epoch_ == 1 + int(np.argmin(losses))
    again = clone(estimator).set_params(max_epochs=estimator.best_epoch_).fit(X, MEANS)
    assert_same_weights(estimator, again)


def test_early_stopping_is_automatic_from_a_few_hundred_sequences():
    many = X[np.arange(300) % 40]
    assert "valid_loss" in regressor(max_epochs=1).fit(many, MEANS[np.arange(300) % 40]).history_[0]
    assert "valid_loss" not in regressor(max_epochs=1).fit(X, MEANS).history_[0]
    off = regressor(max_epochs=1, early_stopping=False)
    assert "valid_loss" not in off.fit(many, MEANS[np.arange(300) % 40]).history_[0]


# Weights of classes and sequences


@pytest.mark.parametrize("class_weight", ["balanced", {"high": 1.0, "low": 5.0}])
def test_class_weights_are_sample_weights(class_weight):
    chosen = np.r_[np.flatnonzero(LABELS == "high"), np.flatnonzero(LABELS == "low")[:5]]
    by_class = classifier(class_weight=class_weight).fit(X[chosen], LABELS[chosen])
    weights = compute_sample_weight(class_weight, LABELS[chosen])
    by_sequence = classifier().fit(X[chosen], LABELS[chosen], sample_weight=weights)
    plain = classifier().fit(X[chosen], LABELS[chosen])
    given = by_class.predict_proba(X)
    # the scaling of the inputs follows sample weights, but not class weights
    np.testing.assert_allclose(given, by_sequence.predict_proba(X), atol=0.02)
    assert (given[:, 1] > plain.predict_proba(X)[:, 1]).all()


def test_class_weights_multiply_sample_weights():
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.5, 1.5, size=40)
    both = classifier(class_weight={"high": 1.0, "low": 3.0}).fit(X, LABELS, sample_weight=weights)
    more = classifier().fit(X, LABELS, sample_weight=weights)
    assert both.predict_proba(X)[:, 1].mean() > more.predict_proba(X)[:, 1].mean() + 0.03


# What is recorded and shown


def test_history_makes_a_data_frame():
    estimator = classifier(early_stopping=True, validation_fraction=0.25).fit(X, LABELS)
    frame = pd.DataFrame(estimator.history_).set_index("epoch")
    assert set(frame) == {
        "train_loss",
        "valid_loss",
        "seconds",
        "learning_rate",
        "gradients_clipped",
    }
    assert len(frame) == estimator.n_epochs_ == 3
    assert np.isfinite(frame.to_numpy(dtype=float)).all()
    assert (frame.seconds > 0).all()


def test_quiet_fit_prints_nothing(capfd):
    classifier(verbose=0).fit(X, LABELS).predict(X)
    out, err = capfd.readouterr()
    assert out == err == ""


def test_bar_shows_epochs_losses_and_the_time_left(capfd):
    classifier(verbose=1, early_stopping=True, validation_fraction=0.25).fit(X, LABELS)
    out, err = capfd.readouterr()
    assert out == ""
    last = err.rstrip().split("\r")[-1]
    assert "3/3" in last
    assert "train_loss=" in last
    assert "valid_loss=" in last
    assert "<" in last  # time spent < time left


def test_lines_show_each_epoch(capfd):
    classifier(verbose=2).fit(X, LABELS)
    err = capfd.readouterr().err
    lines = [line for line in err.splitlines() if line.startswith("epoch")]
    assert len(lines) == 3
    assert "2/3" in lines[1]
    assert "train_loss" in lines[1]


def test_device_auto_is_what_the_machine_has():
    fitted = classifier(device="auto").fit(X, LABELS)
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert {p.device.type for p in fitted.network_.parameters()} == {expected}


@pytest.mark.parametrize(
    "seed", [np.random.RandomState(3), np.random.default_rng(3), np.int64(3)], ids=type
)
def test_every_kind_of_random_state_is_taken(seed):
    first, second = clone(classifier(random_state=seed)), clone(classifier(random_state=seed))
    expected = first.fit(X, LABELS).predict_proba(X)
    np.testing.assert_array_equal(second.fit(X, LABELS).predict_proba(X), expected)


def test_without_random_state_two_fits_differ():
    estimator = classifier(random_state=None)
    first = estimator.fit(X, LABELS).predict_proba(X)
    assert not np.array_equal(estimator.fit(X, LABELS).predict_proba(X), first)


def test_fit_works_where_gradients_are_off():
    with torch.no_grad():
        off = classifier().fit(X, LABELS)
        assert not torch.is_grad_enabled()
    assert_same_weights(off, classifier().fit(X, LABELS))


def test_another_default_dtype_of_torch_does_no_harm():
    torch.set_default_dtype(torch.float64)
    try:
        fitted = classifier(dropout=0.2, max_epochs=40).fit(X, LABELS)
        given = pickle.loads(pickle.dumps(fitted)).predict_proba(X)
        assert {p.dtype for p in fitted.network_.parameters()} == {torch.float32}
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_array_equal(given, fitted.predict_proba(X))
    assert fitted.score(X, LABELS) > 0.8


def test_cell_options_can_be_searched():
    from sklearn.model_selection import GridSearchCV

    from sksequence.cells import RNN

    search = GridSearchCV(classifier(cell=RNN()), {"cell__activation": ["tanh", "relu"]}, cv=2)
    search.fit(X, LABELS)
    assert search.best_params_["cell__activation"] in ("tanh", "relu")
    assert search.best_estimator_.network_.spec.cell is not search.best_estimator_.cell


def test_warnings_are_none(recwarn):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        classifier().fit(X, LABELS).predict(X)
        regressor().fit(X, MEANS).predict(X)
    assert not recwarn.list


def test_dropout_auto_is_for_symbols():
    symbols = SequenceArray.from_list([[0, 1], [1], [1, 0, 1]], n_tokens=2)
    numbers = [[0.0, 1.0], [1.0], [1.0, 0.0, 1.0]]

    def rate(X, **settings):
        fitted = RNNClassifier(hidden_size=2, max_epochs=1, **settings).fit(X, [0, 1, 0])
        return fitted.network_.spec.dropout

    assert rate(symbols) == 0.2 and rate(numbers) == 0.0
    assert rate(symbols, dropout=0.0) == 0.0 and rate(numbers, dropout=0.4) == 0.4


def test_weights_do_not_depend_on_torchs_default_dtype():
    expected = classifier().fit(X, LABELS)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        assert_same_weights(classifier().fit(X, LABELS), expected)
    finally:
        torch.set_default_dtype(before)


def test_a_loss_that_explodes_without_infinity_is_a_divergence():
    exploding = regressor(learning_rate=1e6, gradient_clip=None, optimizer="sgd", max_epochs=20)
    with pytest.raises(
        DivergenceError, match=r"the loss became .* in epoch .* Lower learning_rate"
    ):
        exploding.fit(X, MEANS)


def test_validation_counts_classes_as_training_does():
    weighted = {"class_weight": {"high": 1.0, "low": 0.0}, "max_epochs": 30, "n_iter_no_change": 30}
    fitted = classifier(**weighted).fit(X, LABELS, X_val=X, y_val=LABELS)
    assert set(fitted.predict(X)) == {"high"}  # one class alone counts, in both losses
    assert fitted.history_[-1]["valid_loss"] < 0.2
