"""Whatever the way of saving, the answers are the same to the last bit."""

import pickle
import re

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import make_pipeline
from torch import nn

import sksequence
from sksequence import (
    ImageFeaturizer,
    PerStep,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    SequenceColumns,
    TokenEncoder,
)
from sksequence.cells import GRU, Delayed, LeakyRNN
from sksequence.persistence import load, save
from tests.persistence.fitted import CASES, LABELS, NUMBERS, TEXTS, same


def by_save(fitted, folder):
    save(fitted, folder / "model.safetensors")
    return load(folder / "model.safetensors")


def by_pickle(fitted, folder):
    return pickle.loads(pickle.dumps(fitted))


def by_joblib(fitted, folder):
    joblib.dump(fitted, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


def by_map(fitted, folder):
    joblib.dump(fitted, folder / "model.joblib")
    return joblib.load(folder / "model.joblib", mmap_mode="r")


def state(fitted):
    """All that a pickle would hold, as text that two equal estimators share."""
    values = fitted.__getstate__() if isinstance(fitted, BaseEstimator) else fitted
    if isinstance(values, dict):
        return {key: state(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [state(value) for value in values]
    if isinstance(values, np.ndarray):
        return values.dtype, values.shape, values.tolist()
    return values if isinstance(values, (str, int, float, type(None))) else type(values)


def shown(estimator):
    """The representation without addresses, which generators have in theirs."""
    return re.sub(r"0x[0-9A-F]+", "", repr(estimator))


@pytest.mark.parametrize("way", [by_save, by_pickle, by_joblib, by_map])
def test_answers_are_the_same_to_the_last_bit(case, way, tmp_path):
    _, fitted, answer, expected = case
    loaded = way(fitted, tmp_path)
    assert same(answer(loaded), expected)


def test_state_and_parameters_are_the_same(case, tmp_path):
    _, fitted, _, _ = case
    loaded = by_save(fitted, tmp_path)
    assert type(loaded) is type(fitted)
    assert shown(loaded) == shown(fitted)
    assert loaded.get_params().keys() == fitted.get_params().keys()
    np.testing.assert_equal(state(loaded), state(fitted))  # also history_, where there is one
    assert shown(clone(loaded)) == shown(clone(fitted))


def test_there_is_a_case_of_every_estimator():
    from sksequence import estimators, preprocessing

    public = [getattr(m, name) for m in (estimators, preprocessing) for name in m.__all__]
    wanted = {k for k in public if isinstance(k, type) and issubclass(k, BaseEstimator)}
    seen = set()
    for estimator, *_ in CASES.values():
        parts = dict(estimator.steps).values() if hasattr(estimator, "steps") else [estimator]
        seen |= set(map(type, parts))
    missing = {kind.__name__ for kind in wanted - seen}
    assert missing <= {"ImageFeaturizer"}, f"give tests/persistence/fitted.py a {missing}"


@pytest.mark.parametrize("name", ["classifier", "regressor", "forecaster of days"])
def test_loaded_estimator_goes_on_training_as_the_saved_one_would(name, tmp_path):
    estimator, X, y, answer, asked = CASES[name]
    fitted = clone(estimator).set_params(warm_start=True).fit(X, y)
    loaded = by_save(fitted, tmp_path)
    assert same(answer(loaded.fit(X, y), asked), answer(fitted.fit(X, y), asked))


@pytest.mark.parametrize(
    "estimator",
    [
        RNNClassifier(cell=Delayed(LeakyRNN(tau=2.0)), hidden_size=[4, 3], random_state=3),
        make_pipeline(PerStep(SequenceColumns(sequence="a")), RNNRegressor(learning_rate=1e-3)),
        RNNClassifier(class_weight={"no": 1.0, "yes": np.float32(2)}),
        RNNClassifier(class_weight={0: 1.0, (1, 2): float("inf")}),
        RNNClassifier(random_state=np.random.default_rng(5)),
    ],
)
def test_unfitted_estimator_is_saved_too(estimator, tmp_path):
    loaded = by_save(estimator, tmp_path)
    assert shown(loaded) == shown(estimator)
    np.testing.assert_equal(state(loaded.get_params()), state(estimator.get_params()))


def test_generators_go_on_where_they_were(tmp_path):
    for rng in (np.random.default_rng(5), np.random.RandomState(5)):
        rng.normal(size=3)
        loaded = by_save(RNNClassifier(random_state=rng), tmp_path)
        assert loaded.random_state.normal() == rng.normal()


def test_parts_that_are_shared_stay_shared(tmp_path):
    cell = GRU()
    loaded = by_save(make_pipeline(PerStep(cell), RNNClassifier(cell=cell)), tmp_path)
    assert loaded[0].transformer is loaded[1].cell
    fitted = clone(CASES["window forecaster"][0]).fit(*CASES["window forecaster"][1:3])
    loaded = by_save(fitted, tmp_path)
    assert loaded.network_.regressor is loaded.regressor_


def test_metadata_requests_are_kept(tmp_path):
    with config_context(enable_metadata_routing=True):
        asking = (
            RNNClassifier()
            .set_fit_request(sample_weight="w")
            .set_score_request(sample_weight=False)
        )
        expected = asking.get_metadata_routing()
    loaded = by_save(asking, tmp_path)
    with config_context(enable_metadata_routing=True):
        assert str(loaded.get_metadata_routing()) == str(expected)


def test_the_public_door_has_both(classifier, tmp_path):
    sksequence.save(classifier, str(tmp_path / "model"))
    loaded = sksequence.load(str(tmp_path / "model"))
    assert same(loaded.predict(NUMBERS), classifier.predict(NUMBERS))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_file_is_little_more_than_the_weights(tmp_path):
    fitted = RNNClassifier(hidden_size=64, max_epochs=1).fit(NUMBERS, LABELS)
    save(fitted, tmp_path / "model")
    weights = sum(w.numel() * w.element_size() for w in fitted.network_.state_dict().values())
    assert weights < (tmp_path / "model").stat().st_size < weights + 6_000


def test_safetensors_reads_the_weights_by_name(classifier, tmp_path):
    from safetensors.numpy import load_file

    save(classifier, tmp_path / "model.safetensors")
    arrays = load_file(tmp_path / "model.safetensors")
    weights = {k: v for k, v in arrays.items() if k.endswith("head.weight")}
    (head,) = weights.values()
    np.testing.assert_array_equal(head, classifier.network_.head.weight.detach().numpy())


# -- skops ----------------------------------------------------------------------------------


def by_skops(fitted):
    """What skops gives back, and which types had to be trusted for it."""
    skops = pytest.importorskip("skops.io")
    written = skops.dumps(fitted)
    types = skops.get_untrusted_types(data=written)
    return skops.loads(written, trusted=types), types


def test_skops_writes_and_reads(case):
    name, fitted, answer, expected = case
    loaded, types = by_skops(fitted)
    own = [kind for kind in types if kind.startswith("sksequence.")]
    # scikit-learn's perceptron, which is the regressor there, has an optimiser of its own
    theirs = ["sklearn.neural_network._stochastic_optimizers.AdamOptimizer"]
    assert sorted(types) == sorted(own + theirs * (name == "window forecaster, its own"))
    assert same(answer(loaded), expected)
    np.testing.assert_equal(state(loaded), state(fitted))


def split_at_blanks(text):
    """An analyzer of a user."""
    return text.split()


def test_skops_asks_for_a_function_of_the_user_by_its_name():
    encoder = TokenEncoder(analyzer=split_at_blanks).fit(TEXTS)
    loaded, types = by_skops(encoder)
    assert f"{__name__}.split_at_blanks" in types
    assert same(loaded.transform(TEXTS), encoder.transform(TEXTS))


def test_skops_writes_networks_of_images():
    tied = nn.Conv2d(3, 3, 3, padding=1)
    network = nn.Sequential(tied, nn.BatchNorm2d(3), tied, nn.ReLU())
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    fitted = ImageFeaturizer(network, size=8).fit(images)
    loaded, types = by_skops(fitted)
    assert all(kind.startswith(("sksequence.", "torch.nn.modules.")) for kind in types)
    np.testing.assert_array_equal(loaded.transform(images), fitted.transform(images))
    again = by_pickle(fitted, None)
    assert again.model_[0] is again.model_[2]
    np.testing.assert_array_equal(again.transform(images), fitted.transform(images))


def test_times_of_odd_kinds_go_through_a_pickle(tmp_path):
    # business days with holidays of their own are no plain numbers: pandas writes them itself
    days = pd.bdate_range("2024-01-01", periods=40, freq="C", holidays=["2024-01-10"])
    fitted = RNNForecaster(lookback=5, max_epochs=1, random_state=0).fit(
        None, pd.Series(np.arange(40.0), index=days)
    )
    assert same(by_pickle(fitted, tmp_path).predict(3), fitted.predict(3))
