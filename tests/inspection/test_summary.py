import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from torch import nn

from sksequence import (
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    Seq2SeqTransformer,
    SequenceArray,
    SequenceAutoencoder,
    SequenceCaptioner,
    summary,
)

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


RNG = np.random.default_rng(0)
WRITERS = {
    "translator": lambda: Seq2SeqTransformer(
        hidden_size=[6, 5], tie_embeddings=True, max_epochs=1
    ).fit(["a b"] * 4, ["c d e"] * 4),
    "no attention": lambda: Seq2SeqTransformer(attention=None, hidden_size=5, max_epochs=1).fit(
        [[1.0, 2.0]] * 4, ["c d"] * 4
    ),
    "autoencoder": lambda: SequenceAutoencoder(hidden_size=6, encoding_size=3, max_epochs=1).fit(
        RNG.random((6, 5))
    ),
    "captioner": lambda: SequenceCaptioner(hidden_size=6, image_encoder="cnn", max_epochs=1).fit(
        RNG.random((4, 16, 16, 3)), ["a b", "c"] * 2
    ),
    **{
        strategy: lambda strategy=strategy: RNNForecaster(
            4, 2, strategy=strategy, hidden_size=6, max_epochs=1, early_stopping=False
        ).fit(RNG.random((30, 2)), RNG.random(30))
        for strategy in ("direct", "recursive", "seq2seq")
    },
}


@pytest.mark.filterwarnings("ignore:RNNForecaster")
@pytest.mark.parametrize("name", WRITERS)
def test_networks_of_two_halves_are_counted_whole(name):
    estimator = WRITERS[name]()
    trained = [p.numel() for p in estimator.network_.parameters() if p.requires_grad]
    table = summary(estimator)
    assert table.n_weights == sum(trained)
    assert any("recurrent 1" in row[0] for row in table.rows)
    assert table.rows[-1][0].endswith("read-out")


def test_a_network_in_the_middle_of_a_pipeline_is_found():
    coder = SequenceAutoencoder(hidden_size=3, max_epochs=1)
    pipeline = make_pipeline(coder, LogisticRegression()).fit(RNG.random((6, 4)), [0, 1] * 3)
    assert str(summary(pipeline)).startswith("SequenceAutoencoder, LSTM cells")


def test_the_network_of_frames_has_a_row():
    clips = RNG.random((6, 3, 17, 10))
    classifier = RNNClassifier(frame_encoder="cnn", hidden_size=4, max_epochs=1)
    network = classifier.fit(clips, [0, 1] * 3).network_
    table = summary(classifier)
    trained = [p.numel() for p in network.parameters() if p.requires_grad]
    assert table.n_weights == sum(trained)
    name, n_inputs, n_outputs, weights, cost = table.rows[0]
    assert (name, n_inputs, n_outputs) == ("values (frames)", 170, 64)
    (frames,) = network.encoder.frames.values()
    assert weights == sum(p.numel() for p in frames.parameters())
    counted = []  # one multiplication for each output, input and place

    def count(module, inputs, output):
        counted.append(output.numel() * module.weight[0].numel())

    handles = [
        module.register_forward_hook(count)
        for module in frames.modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    ]
    frames(torch.zeros(1, 1, 17, 10))
    for handle in handles:
        handle.remove()
    assert cost == f"{sum(counted):,}"
