"""What a network says of a sequence depends on that sequence alone."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from sksequence.batches import SequenceBatch, SequenceSamples
from sksequence.cells import GRU, LSTM, RNN
from sksequence.inputs import Channel, SequenceArray, SequenceSchema
from sksequence.layers import Dropout
from sksequence.networks import NetworkSpec, build_sequence_network

TABLE = np.random.default_rng(5).normal(size=(7, 3))


def _data(n=6, n_context=2, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, size=n)
    n_steps = lengths.sum()
    return SequenceArray(
        {
            "numbers": Channel(rng.normal(size=(n_steps, 2))),
            "ids": Channel(rng.integers(0, 40, size=n_steps), n_tokens=40),
            "words": Channel(rng.integers(0, 7, size=n_steps), n_tokens=7, vectors=TABLE),
        },
        np.append(0, np.cumsum(lengths)),
        context=rng.normal(size=(n, n_context)) if n_context else None,
    )


def _spec(X, **options):
    options = {"cell": GRU(), "widths": (3,), "n_outputs": 2, **options}
    return NetworkSpec(schema=SequenceSchema.of(X), **options)


def _network(spec, seed=0, vectors=None):
    generator = torch.Generator().manual_seed(seed)
    return build_sequence_network(spec, generator, vectors).double().eval()


def _samples(X, look_up=False):
    return SequenceSamples(X, look_up=look_up, dtype=torch.float64)


SPECS = [
    {"pooling": pooling, "bidirectional": both, "conv_size": conv, "cell": cell, "widths": widths}
    for (pooling, cell), both, conv, widths in itertools.product(
        zip(["last", "mean", "max", "attention"], [LSTM(), GRU(), RNN(), LSTM()], strict=True),
        [False, True],
        [None, 4],
        [(3,), (3, 2)],
    )
]


@pytest.mark.parametrize("options", SPECS, ids=lambda o: "-".join(map(str, o.values())))
def test_answer_depends_neither_on_padding_nor_on_neighbours(options):
    X = _data()
    network = _network(_spec(X, context_at="both", embedding_size=4, **options))
    samples = _samples(X)
    together = network(samples.batch(np.arange(6))).values
    assert together.shape == (6, 2)
    for positions in ([3], [5, 0], [4, 3, 2, 1]):
        some = network(samples.batch(np.array(positions))).values
        torch.testing.assert_close(some, together[positions], rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", SPECS, ids=lambda o: "-".join(map(str, o.values())))
def test_what_stands_on_padding_does_not_count(options):
    X = _data()
    network = _network(_spec(X, embedding_size=4, **options))
    batch = _samples(X).batch(np.arange(6))
    numbers = batch.inputs["numbers"].clone()
    numbers[~batch.mask] = 1e6
    ids = batch.inputs["ids"].clone()
    ids[~batch.mask] = 0
    poisoned = replace(batch, inputs={**batch.inputs, "numbers": numbers, "ids": ids})
    torch.testing.assert_close(network(poisoned).values, network(batch).values, rtol=0, atol=1e-12)


@pytest.mark.parametrize("conv_size", [None, 4])
def test_forward_network_never_looks_ahead(conv_size):
    X = _data()
    network = _network(_spec(X, conv_size=conv_size, widths=(3, 2)))
    batch = _samples(X).batch(np.array([int(X.lengths.argmax())]))
    numbers = batch.inputs["numbers"].clone()
    numbers[:, 4:] += 1
    changed = replace(batch, inputs={**batch.inputs, "numbers": numbers})
    before, after = network(batch).extras["steps"], network(changed).extras["steps"]
    assert torch.equal(before[:, :4], after[:, :4])
    assert not torch.equal(before[:, 4:], after[:, 4:])


# -- carried state --------------------------------------------------------------------------


def _halves(batch, at, continues):
    """The steps before and from `at` on, as batches that follow each other."""
    parts = []
    for start, stop in ((0, at), (at, batch.n_steps)):
        inputs = {name: values[:, start:stop] for name, values in batch.inputs.items()}
        lengths = (batch.lengths - start).clamp(0, stop - start)
        uniform = bool((lengths == stop - start).all())
        parts.append(
            SequenceBatch(
                inputs, lengths, uniform, batch.context, continues=continues, goes_on=continues
            )
        )
    return parts


@pytest.mark.parametrize("cell", [RNN(), LSTM(), GRU()], ids=str)
@pytest.mark.parametrize("lengths", [[8, 8, 8], [8, 5, 3]])
def test_two_halves_with_carried_state_equal_the_whole(cell, lengths):
    rng = np.random.default_rng(0)
    X = SequenceArray.from_list([rng.normal(size=(n, 2)) for n in lengths], context=[1, 2, 3])
    network = _network(_spec(X, cell=cell, widths=(3, 2), context_at="both"))
    batch = _samples(X).batch(np.arange(3))
    whole = network(batch)
    first, second = _halves(batch, 3, continues=True)
    start = network(first)
    end = network(second, state=start.state)
    np.testing.assert_allclose(
        start.extras["steps"].detach(), whole.extras["steps"][:, :3].detach()
    )
    inside = second.mask
    torch.testing.assert_close(
        end.extras["steps"][inside], whole.extras["steps"][:, 3:][inside], rtol=0, atol=1e-12
    )
    # the state of a sequence that ended earlier stays as it was at its end
    last = end.state[-1][0][0]
    torch.testing.assert_close(network.head(last), whole.values, rtol=0, atol=1e-12)


# -- context --------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [LSTM(), GRU()], ids=str)
def test_context_as_initial_state(cell):
    X = _data()
    network = _network(_spec(X, cell=cell, widths=(3, 2), bidirectional=True))
    context = torch.tensor(X.context)
    states = network.context(context)
    assert [len(directions) for directions in states] == [2, 2]
    for directions, layers in zip(states, network.context.layers, strict=True):
        for state, layer in zip(directions, layers, strict=True):
            torch.testing.assert_close(state[0], torch.tanh(layer(context)))
            assert not any(part.any() for part in state[1:])
    batch = _samples(X).batch(np.arange(6))
    same = replace(batch, context=None)
    torch.testing.assert_close(network(batch).values, network(same, state=states).values)


def test_context_at_every_step_is_a_feature_of_every_step():
    X = _data()
    beside = X.with_channel("side", np.repeat(X.context, X.lengths, axis=0)).with_context(None)
    ours = _network(_spec(X, context_at="steps", embedding_size=4))
    theirs = _network(_spec(beside, embedding_size=4))
    assert ours.context is None
    for (name, one), (other_name, other) in zip(
        ours.named_parameters(), theirs.named_parameters(), strict=True
    ):
        assert name == other_name
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    torch.testing.assert_close(
        ours(_samples(X).batch(np.arange(6))).values,
        theirs(_samples(beside).batch(np.arange(6))).values,
    )


@pytest.mark.parametrize("context_at", ["state", "steps", "both"])
def test_context_matters_wherever_it_enters(context_at):
    X = _data()
    network = _network(_spec(X, context_at=context_at))
    one = network(_samples(X).batch(np.arange(6))).values
    other = network(_samples(X.with_context(X.context + 1)).batch(np.arange(6))).values
    assert (one - other).abs().min() > 1e-6
    without = _data(n_context=0)
    assert _network(_spec(without, context_at=context_at)).context is None


# -- building -------------------------------------------------------------------------------


def test_the_same_generator_builds_the_same_network():
    spec = _spec(_data(), pooling="attention", conv_size=4, widths=(3, 2), bidirectional=True)
    before = torch.random.get_rng_state()
    one, again, other = (_network(spec, seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.testing.assert_close(one, again, rtol=0, atol=0)
    assert not torch.equal(one["head.weight"], other["head.weight"])
    assert spec == replace(spec)


def test_vectors_start_the_trainable_table():
    X = _data()
    network = _network(_spec(X), vectors={"words": torch.tensor(TABLE)})
    table = network.encoder.table("words").weight
    torch.testing.assert_close(table, torch.tensor(TABLE).float().double(), rtol=0, atol=0)
    assert table.requires_grad


def test_frozen_vectors_equal_a_frozen_table():
    X = _data()
    frozen = _network(_spec(X, embedding_trainable=False))
    numbers = X.with_channel("words", TABLE[X.channels["words"].values])
    plain = _network(_spec(numbers))
    torch.testing.assert_close(
        frozen(_samples(X, look_up=True).batch(np.arange(6))).values,
        plain(_samples(numbers).batch(np.arange(6))).values,
    )


@pytest.mark.parametrize(
    ("options", "n_rows"),
    [
        ({"cell": LSTM(), "widths": (2, 9)}, 8),
        ({"cell": GRU(), "widths": (2,), "bidirectional": True}, 12),
        ({"conv_size": 5, "conv_width": 3}, 15),
    ],
)
def test_one_hot_table_is_as_wide_as_the_weights_above_have_rows(options, n_rows):
    X = SequenceArray.from_list([[0, 1]], n_tokens=30)
    network = _network(_spec(X, **options))
    assert network.encoder.n_outputs == n_rows
    first = network.convolution or network.stack.layers[0][0]
    weight = getattr(first, "weight_ih", None)
    assert n_rows == (first.convolution.in_channels if weight is None else weight.shape[1])


def test_convolution_sees_ahead_only_in_a_bidirectional_network():
    X = _data()
    assert _network(_spec(X, conv_size=4, conv_width=5)).convolution.after == 0
    both = _network(_spec(X, conv_size=4, conv_width=5, bidirectional=True)).convolution
    assert (both.before, both.after) == (2, 2)


def test_extras_hold_the_states_and_the_attention():
    X = _data()
    network = _network(_spec(X, pooling="attention", bidirectional=True))
    outputs = network(_samples(X).batch(np.arange(6)), progress=0.5)
    assert outputs.mask is None
    assert outputs.extras["steps"].shape == (6, X.lengths.max(), 6)
    torch.testing.assert_close(outputs.extras["attention"].sum(1), torch.ones(6).double())
    assert network(_samples(X).batch(np.arange(6))).state == [[None, None]]
    plain = _network(_spec(X))
    assert plain(_samples(X).batch(np.arange(6))).extras["attention"] is None


def test_dropout_falls_on_what_is_read_out():
    X = _data()
    network = _network(_spec(X, bidirectional=True, dropout=0.5))
    shapes = []
    network.dropout.register_forward_hook(lambda _, args, out: shapes.append(tuple(out.shape)))
    network(_samples(X).batch(np.arange(6)))
    assert shapes == [(6, 6)]
    assert network.stack.between.rate == network.encoder.dropout.rate == 0.5


def test_dropout_works_while_training_only():
    X = _data()
    network = _network(_spec(X, dropout=0.5))
    batch = _samples(X).batch(np.arange(6))
    assert torch.equal(network(batch).values, network(batch).values)
    network.train()
    results = []
    for _ in range(2):
        generator = torch.Generator().manual_seed(0)
        for module in network.modules():
            if isinstance(module, Dropout):
                module.generator = generator
        results.append((network(batch).values, network(batch).values))
    assert not torch.equal(*results[0])
    assert torch.equal(results[0][0], results[1][0])
