"""Parameters that mean the same have the same words everywhere; defaults are those described."""

import ast
import inspect
import itertools
import re

import pytest

import sksequence
from sksequence import RNNClassifier

ESTIMATORS = [
    getattr(sksequence, name)
    for name in (
        "RNNClassifier",
        "RNNRegressor",
        "Seq2SeqTransformer",
        "SequenceAutoencoder",
        "SequenceCaptioner",
        "RNNForecaster",
        "RNNTagger",
        "RNNLanguageModel",
        "CTCTranscriber",
    )
]
# Of the training loop: they mean the same whatever the network.
LOOP = (
    "max_epochs",
    "optimizer",
    "learning_rate",
    "learning_rate_schedule",
    "weight_decay",
    "gradient_clip",
    "gradient_clip_by",
    "tbptt_steps",
    "validation_fraction",
    "n_iter_no_change",
    "dtype",
    "warm_start",
    "random_state",
    "device",
    "verbose",
)
# Of recurrent stacks: in full, with the same defaults.
RECURRENT = ("residual", "initial_state", "variational_dropout", "gradient_clip_by", "tbptt_steps")
# Of writing sequences.
WRITING = (
    "input_feeding",
    "tie_embeddings",
    "analyzer",
    "lowercase",
    "min_count",
    "teacher_forcing",
    "label_smoothing",
    "beam_size",
    "length_penalty",
)
# Words may name the samples (sequences, pairs, captions), but begin alike.
BEGINNINGS = {
    "early_stopping": "Hold back a part of the ",
    "embedding_size": "Length of the learned vector of a symbol",
}
# A language model updates its weights after each stretch, the others after whole sequences.
OWN_WORDS = {"RNNLanguageModel": {"tbptt_steps"}}


def shared_by(names, estimator):
    """Without those that mean something of their own there."""
    return [name for name in names if name not in OWN_WORDS.get(estimator.__name__, ())]


def described(estimator):
    """Kind, default and words of each parameter in the docstring."""
    text = inspect.getdoc(estimator).split("Parameters\n----------\n")[1]
    text = re.split(r"\n\n\w[\w ]*\n-+\n", text)[0]
    found = {}
    for names, kind, words in re.findall(r"^(\w[\w, ]*) : (.+)\n((?:    .*\n?|\n)+)", text, re.M):
        kind, _, default = kind.rpartition(", default=")
        for name in names.split(", "):
            found[name] = kind, default, " ".join(words.split())
    return found


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_parameter_is_described_with_its_default(estimator):
    parameters = inspect.signature(estimator).parameters
    found = described(estimator)
    assert list(found) == list(parameters)
    for name, parameter in parameters.items():
        kind, default, words = found[name]
        if parameter.default is not parameter.empty:
            assert ast.literal_eval(default) == parameter.default, name
        assert kind
        assert words.endswith((".", ".)")), name


@pytest.mark.parametrize("estimator", ESTIMATORS[1:])
def test_the_same_words_for_the_same_loop(estimator):
    expected, given = described(RNNClassifier), described(estimator)
    for name in shared_by(LOOP, estimator):
        if name in given:
            assert given[name][::2] == expected[name][::2], name
    for name, beginning in BEGINNINGS.items():
        if name in given:
            assert given[name][2].startswith(beginning), name


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_same_words_for_recurrent_stacks(estimator):
    expected, given = described(RNNClassifier), described(estimator)
    names = shared_by(RECURRENT, estimator)
    assert [given[name] for name in names] == [expected[name] for name in names]


@pytest.mark.parametrize("name", ["SequenceAutoencoder", "SequenceCaptioner"])
def test_the_same_words_for_writing(name):
    expected = described(sksequence.Seq2SeqTransformer)
    given = described(getattr(sksequence, name))
    for shared in given.keys() & set(WRITING):
        assert given[shared] == expected[shared], shared


def test_the_same_order():
    """Of any two parameters that two estimators share, the same stands first."""
    loop = [name for name in inspect.signature(RNNClassifier).parameters if name in LOOP]
    for one, other in itertools.pairwise(ESTIMATORS):
        orders = [
            [name for name in inspect.signature(e).parameters if name in loop] for e in (one, other)
        ]
        shared = set(orders[0]) & set(orders[1])
        assert [n for n in orders[0] if n in shared] == [n for n in orders[1] if n in shared]
