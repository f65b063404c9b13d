import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sksequence import RNNClassifier, RNNRegressor, SequenceArray, summary

LENGTHS = [2, 3, 1]


@pytest.fixture
def symbols():
    ids = [np.arange(n) for n in LENGTHS]
    return SequenceArray.from_list(ids, n_tokens=5, context=np.ones((3, 2)))


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_weights_of_a_recurrent_layer_follow_the_closed_form(cell, gates):
    X = [np.ones((n, 3)) for n in LENGTHS]
    regressor = RNNRegressor(hidden_size=7, cell=cell, max_epochs=1).fit(X, [0.0, 1.0, 2.0])
    rows = summary(regressor).to_frame().set_index("layer")
    assert rows.loc["recurrent 1", "weights"] == gates * 7 * (3 + 7 + 2)
    assert rows.loc["recurrent 1", "multiplications a step"] == f"{gates * 7 * (3 + 7):,}"
    assert rows.loc["read-out", "weights"] == 7 + 1


def test_total_is_what_torch_counts(symbols):
    classifier = RNNClassifier(
        hidden_size=[8, 4],
        bidirectional=True,
        conv_size=5,
        pooling="attention",
        context_at="both",
        max_epochs=1,
    ).fit(symbols, [0, 1, 0])
    trained = [p.numel() for p in classifier.network_.parameters() if p.requires_grad]
    assert summary(classifier).n_weights == sum(trained)


def test_it_reads_well(symbols):
    classifier = RNNClassifier(hidden_size=4, max_epochs=1).fit(symbols, [0, 1, 0])
    result = summary(make_pipeline("passthrough", classifier))
    text = str(result)
    assert text.startswith("RNNClassifier, LSTM cells\n---")
    assert f"{result.n_weights:,}" in text.splitlines()[-1]
    assert "<table>" in result._repr_html_() and "recurrent 1" in result._repr_html_()


def test_what_has_no_network():
    with pytest.raises(NotFittedError):
        summary(RNNClassifier())
    with pytest.raises(TypeError, match="LogisticRegression has no recurrent network"):
        summary(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))


def test_searches_and_pipelines_show_what_they_have_found():
    X, y = [[1.0, 2.0], [2.0, 1.0], [3.0, 1.0], [0.0, 3.0]], [0, 1, 0, 1]
    classifier = RNNClassifier(max_epochs=1, random_state=0)
    search = GridSearchCV(classifier, {"hidden_size": [3]}, cv=2)
    with pytest.raises(NotFittedError):
        summary(search)
    expected = str(summary(classifier.set_params(hidden_size=3).fit(X, y)))
    assert str(summary(search.fit(X, y))) == expected
    assert str(summary(make_pipeline("passthrough", search).fit(X, y))) == expected
    piped = GridSearchCV(make_pipeline(classifier), {"rnnclassifier__hidden_size": [3]}, cv=2)
    assert str(summary(piped.fit(X, y))) == expected
    with pytest.raises(TypeError, match=r"GridSearchCV\(refit=False\) keeps no fitted estimator"):
        summary(search.set_params(refit=False).fit(X, y))
