"""A file whose parts do not belong together is refused, and save never writes one."""

import resource

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sksequence import RNNClassifier, TokenEncoder
from sksequence.persistence import load, save
from tests.persistence.fitted import CASES, LABELS, QUICK, TEXTS, same
from tests.persistence.forged import nodes_of, rewrite


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Good files of some cases, fitted once."""
    folder, made = tmp_path_factory.mktemp("files"), {}

    def contents(name):
        if name not in made:
            estimator, X, y, _, _ = CASES[name]
            save(clone(estimator).fit(X, y), folder / "model")
            made[name] = (folder / "model").read_bytes()
        return made[name]

    return contents


def tuple_of(*values):
    return {"$": "tuple", "items": list(values)}


def objects_of(*values):
    return {"$": "objects", "shape": [len(values)], "items": list(values)}


def parameter(**values):
    return lambda tree, arrays, header: tree["state"].update(values)


def spec(name="Spec", **values):
    """Change the sizes of a part of the network."""

    def change(tree, arrays, header):
        next(nodes_of(tree["state"]["network_"], name))["state"].update(values)

    return change


def both(*changes):
    def change(*parts):
        for one in changes:
            one(*parts)

    return change


def shorter_vocabulary(tree, arrays, header):
    """The last two tokens are taken away, wherever their number stands."""
    for node in nodes_of(tree, "inputs.Vocabulary"):
        node["state"]["tokens"]["items"] = node["state"]["tokens"]["items"][:-2]
    for node in nodes_of(tree, "preprocessing.TokenEncoder"):
        node["state"]["n_tokens_"] -= 2


def shorter_side(tree, arrays, header):
    for node in nodes_of(tree, "estimators.TextSide"):
        node["state"]["size"] -= 2
    shorter_vocabulary(tree, arrays, header)


def swapped_tokens(tree, arrays, header):
    for node in nodes_of(tree, "inputs.Vocabulary"):
        tokens = node["state"]["tokens"]["items"]
        tokens[1], tokens[2] = tokens[2], tokens[1]


def shorter_array(name):
    def change(tree, arrays, header):
        found = next(key for key in arrays if key.endswith(name))
        arrays[found] = arrays[found][..., :-1].copy()

    return change


FORGED = {
    "units": (
        "classifier",
        parameter(hidden_size=64),
        "hidden_size is 64 with n_layers=1, but .* widths .5,.",
    ),
    "units of the network": (
        "classifier",
        both(parameter(hidden_size=64), spec(widths=tuple_of(64))),
        r"weight_ih has the shape \(20, 3\), expected \(256, 3\)",
    ),
    "layers": (
        "classifier",
        parameter(n_layers=2),
        "hidden_size is 5 with n_layers=2, but its network",
    ),
    "direction": ("classifier", parameter(bidirectional=True), "bidirectional is True"),
    "cell": ("classifier", parameter(cell="gru"), r"cell is 'gru'.*the cell LSTM"),
    "no cell": (
        "classifier",
        parameter(cell={"$": "object", "class": "preprocessing.SequenceScaler", "state": {}}),
        r"cell is SequenceScaler\(\), which is refused: .*_cell\.Cell",
    ),
    "pooling": ("classifier", parameter(pooling="attention"), "pooling is 'attention'"),
    "vectors": ("regressor of quantiles", parameter(embedding_size=7), "embedding_size is 7"),
    "outputs": ("classifier", spec(n_outputs=3), "classes_ has 2 entries, but the network 3"),
    "quantiles": ("regressor of quantiles", spec(n_outputs=3), "task_ has 2 outputs, but .* 3"),
    "classes": (
        "classifier",
        parameter(classes_=objects_of("a", "b", "c")),
        "classes_ has 3 entries, but the network 2 outputs",
    ),
    "labels of words": ("tagger", parameter(classes_=objects_of("a")), "classes_ has 1 entries"),
    "labels of speech": ("transcriber", parameter(labels_=objects_of("a")), "labels_ has 1 entr"),
    "type": ("classifier", lambda t, a, h: t["state"]["network_"]["items"].pop(), "ValueError"),
    "features": ("classifier", parameter(n_features_in_=7), "n_features_in_ is 7.*have 3"),
    "scaling": ("classifier", shorter_array("mean"), "input_scaling_ scales 2 features"),
    "tokens of sources": ("translator", shorter_side, "target_side_ has 6 symbols.*network 8"),
    "tokens of a model": (
        "language model of texts",
        shorter_side,
        "side_ has 12 symbols.*network 14",
    ),
    "tokens of a tagger": ("tagger", shorter_vocabulary, r"counts_ has 9 rows.*7 tokens"),
    "tokens of a side": ("translator", shorter_vocabulary, "has 9 symbols, but its vocabulary 7"),
    "other tokens": ("tagger", swapped_tokens, "reader_ has other tokens, or in another order"),
    "rows of vectors": ("embedder, classifier", shorter_vocabulary, "but its vocabulary has 7"),
    "horizon": ("forecaster of days", parameter(horizon=9), "horizon is 9.*horizon=3"),
    "targets": ("forecaster of days", spec(n_targets=3), "tail_ has 2 targets, but the network 3"),
    "lookback": ("forecaster of days", parameter(lookback_=30), "lookback_ is 30, but data_ has 7"),
    "names": ("naive forecaster", shorter_array("tail_.values"), "tail_ has 0 columns, but 1"),
}


@pytest.mark.parametrize("what", FORGED)
def test_forged_sizes_are_refused(files, what, tmp_path):
    name, change, told = FORGED[what]
    path = tmp_path / "model"
    path.write_bytes(files(name))
    rewrite(path, change)
    with pytest.raises(ValueError, match=f"cannot be loaded.*parts do not fit.*{told}.*save anew"):
        load(path)


@pytest.fixture
def pipeline(tmp_path):
    """The path of a pipeline that was saved."""
    fitted = make_pipeline(TokenEncoder(), RNNClassifier(**QUICK)).fit(TEXTS, LABELS)
    save(fitted, tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (shorter_vocabulary, "vocabulary_ has a vocabulary of 7 tokens, but the network reads 9"),
        (swapped_tokens, "vocabulary_ has other tokens, or in another order"),
    ],
)
def test_vocabulary_of_a_pipeline_is_that_of_the_network(pipeline, change, told):
    rewrite(pipeline, change)
    with pytest.raises(ValueError, match=f"Pipeline.steps: tokenencoder.{told}.*rnnclassifier"):
        load(pipeline)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (shorter_array("coef_"), "coef_ is for 2 features, but n_features_in_ is 3"),
        (parameter(classes_=objects_of("a", "b", "c")), "coef_ has 1 rows, but there are 3 cla"),
    ],
)
def test_parts_of_sklearn_are_looked_at_too(tmp_path, change, told):
    X = np.random.default_rng(0).normal(size=(20, 3))
    save(LogisticRegression().fit(X, X[:, 0] > 0), tmp_path / "model")
    rewrite(tmp_path / "model", change)
    with pytest.raises(ValueError, match=f"LogisticRegression.{told}"):
        load(tmp_path / "model")


@pytest.mark.parametrize(
    "change",
    [
        both(parameter(hidden_size=10**9), spec(widths=tuple_of(10**9))),
        both(parameter(hidden_size=10**5), spec(widths=tuple_of(10**5))),
        both(parameter(hidden_size=200, n_layers=9999), spec(widths=tuple_of(*[200] * 9999))),
        both(parameter(hidden_size=[1] * 10**4), spec(widths=tuple_of(*[1] * 10**4))),
        both(parameter(conv_size=10**9), spec(conv_size=10**9)),
    ],
)
def test_huge_sizes_are_refused_before_anything_is_allocated(files, tmp_path, change):
    path = tmp_path / "model"
    path.write_bytes(files("classifier"))
    rewrite(path, change)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB
    with pytest.raises(ValueError, match="far larger than the weights that come with it, which"):
        load(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_save_does_not_write_what_load_would_refuse(tmp_path):
    estimator, X, y, answer, _ = CASES["classifier"]
    fitted = clone(estimator).fit(X, y)
    save(fitted, tmp_path / "model")
    good = (tmp_path / "model").read_bytes()
    fitted.set_params(hidden_size=64)
    with pytest.raises(ValueError, match=r"hidden_size is 64 with .*set it back .* or fit again"):
        save(fitted, tmp_path / "model")
    assert (tmp_path / "model").read_bytes() == good
    fitted.set_params(hidden_size=[5], dropout=0.3, batch_size=7)  # the same, and no sizes
    save(fitted, tmp_path / "model")
    assert same(answer(load(tmp_path / "model"), X), answer(fitted, X))


def without(name):
    return lambda tree, arrays, header: tree["state"].pop(name)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without("steps"), "Pipeline.steps is missing, which is a parameter of every Pipeline"),
        (parameter(steps=3), "Pipeline.steps is 3, which is refused: .*instance of 'list'"),
        (
            lambda tree, arrays, header: next(nodes_of(tree, "preprocessing.TokenEncoder"))[
                "state"
            ].update(analyzer=7),
            "TokenEncoder.analyzer is 7, which is refused",
        ),
    ],
)
def test_parameters_of_a_pipeline_are_all_there_and_accepted(pipeline, change, told):
    rewrite(pipeline, change)
    with pytest.raises(ValueError, match=f"cannot be loaded.*{told}"):
        load(pipeline)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("case", "zzz", "case must be 'lower', 'upper' or None, got 'zzz'"),
        ("analyzer", 7, "analyzer must be one of"),
        ("k", 0, "k must be a positive integer"),
        ("stride", "a", "stride must be a positive integer"),
        ("splitter", 5, "analyzer must be one of .* for 'subword' alone"),
    ],
)
def test_what_cuts_texts_is_looked_at(pipeline, field, value, told):
    def change(tree, arrays, header):
        next(nodes_of(tree, "preprocessing.TextCutter"))["state"][field] = value

    rewrite(pipeline, change)
    with pytest.raises(ValueError, match=f"cannot be loaded.*{told}"):
        load(pipeline)


def test_a_parameter_that_fit_refuses(files, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(files("classifier"))
    rewrite(path, parameter(learning_rate="x"))
    with pytest.raises(ValueError, match=r"RNNClassifier\.learning_rate is 'x', which is refused"):
        load(path)
    estimator, X, y, _, _ = CASES["classifier"]
    fitted = clone(estimator).fit(X, y).set_params(learning_rate="x")
    with pytest.raises(ValueError, match="learning_rate is 'x', which is refused"):
        save(fitted, path)


@pytest.mark.parametrize("dtype", ["int64", "float16", "bool"])
def test_weights_of_another_type_are_refused(files, tmp_path, dtype):
    def change(tree, arrays, header):
        name = next(key for key in arrays if key.endswith("head.weight"))
        arrays[name] = arrays[name].astype(dtype)

    path = tmp_path / "model"
    path.write_bytes(files("classifier"))
    rewrite(path, change)
    with pytest.raises(ValueError, match=f"head.weight are of the type {dtype}, expected float32"):
        load(path)


@pytest.mark.parametrize("name", ["arrays/more", "more"])
def test_arrays_that_belong_to_nothing_are_refused(files, tmp_path, name):
    path = tmp_path / "model"
    path.write_bytes(files("classifier"))
    rewrite(path, lambda tree, arrays, header: arrays.update({name: np.zeros(3)}))
    with pytest.raises(ValueError, match="holds the array 'more', which its description does not"):
        load(path)


def test_parameters_that_came_later_have_their_defaults(tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 3))
    path = tmp_path / "model"
    save(LogisticRegression(fit_intercept=False).fit(X, X[:, 0] > 0), path)
    rewrite(path, without("tol"))
    with pytest.raises(ValueError, match=r"LogisticRegression\.tol is missing"):
        load(path)
    rewrite(path, parameter(_sklearn_version="1.5.0"))
    with pytest.warns(InconsistentVersionWarning):
        assert load(path).tol == LogisticRegression().tol
