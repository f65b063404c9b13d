"""A decoder writes step by step what it was taught all at once."""

import itertools
import math

import pytest
import torch
from torch import nn

from sksequence.cells import GRU, LSTM, RNN
from sksequence.networks import DecoderSpec
from sksequence.networks._decoder import Decoder, TiedHead, equal_weights

N_SEQUENCES, N_STEPS, N_SOURCE, N_SUMMARY, N_VALUES, SIZE = 4, 6, 5, 3, 4, 7
MASK = torch.arange(N_SOURCE) < torch.tensor([[5], [2], [1], [4]])


def _spec(**options):
    options = {"kind": "symbols", "size": SIZE, "cell": GRU(), "widths": (5,), **options}
    return DecoderSpec(**{"embedding_size": 6, **options})


def _decoder(**options):
    generator = torch.Generator().manual_seed(0)
    return Decoder(_spec(**options), N_SUMMARY, N_VALUES, generator).double().eval()


def _draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


VALUES, SUMMARY = _draw(N_SEQUENCES, N_SOURCE, N_VALUES, seed=1), _draw(N_SEQUENCES, N_SUMMARY)
IDS = torch.randint(SIZE, (N_SEQUENCES, N_STEPS), generator=torch.Generator().manual_seed(2))
NUMBERS = _draw(N_SEQUENCES, N_STEPS, 2, seed=3)

CASES = [
    {"attention": attention, "input_feeding": feeding, "context_at": at, "cell": cell}
    for attention, feeding, (at, cell) in itertools.product(
        [None, "additive", "dot", "general", "location"],
        [True, False],
        zip(["state", "steps", "both", "first"], [GRU(), LSTM(), RNN(), LSTM()], strict=True),
    )
]


def _step_by_step(decoder, given):
    """Readouts and weights when each step is asked for by itself."""
    state, shared = decoder.start(VALUES, MASK, SUMMARY)
    readouts, looked = [], []
    for step in given.unbind(1):
        readout, state, weights = decoder.step(decoder.embed(step), state, shared)
        readouts.append(readout)
        looked.append(weights)
    return torch.stack(readouts, 1), None if looked[0] is None else torch.stack(looked, 1)


@pytest.mark.parametrize("options", CASES, ids=lambda o: "-".join(map(str, o.values())))
@pytest.mark.parametrize("kind", ["symbols", "numeric"])
def test_steps_equal_the_whole(options, kind):
    given = IDS if kind == "symbols" else NUMBERS
    decoder = _decoder(kind=kind, size=SIZE if kind == "symbols" else 2, widths=(5, 4), **options)
    state, shared = decoder.start(VALUES, MASK, SUMMARY)
    readouts, weights = decoder.teach(given, state, shared)
    expected, looked = _step_by_step(decoder, given)
    torch.testing.assert_close(readouts, expected, rtol=0, atol=1e-12)
    assert (weights is None) == (options["attention"] is None)
    if weights is not None:
        torch.testing.assert_close(weights, looked, rtol=0, atol=1e-12)
        torch.testing.assert_close(weights.sum(2), torch.ones_like(weights[:, :, 0]))
        assert (weights.transpose(1, 2)[~MASK] == 0).all()


@pytest.mark.parametrize("options", CASES[::3], ids=lambda o: "-".join(map(str, o.values())))
def test_hypotheses_of_a_sequence_share_its_memory(options):
    """Row b * K + k of a step is what hypothesis k of sequence b gives by itself."""
    decoder = _decoder(**options)
    state, shared = decoder.start(VALUES, MASK, SUMMARY)
    tokens = torch.randint(SIZE, (N_SEQUENCES, 3), generator=torch.Generator().manual_seed(4))
    repeated = _repeat(state, 3)
    readout, _, weights = decoder.step(decoder.embed(tokens.flatten()), repeated, shared)
    for k in range(3):
        alone, _, looked = decoder.step(decoder.embed(tokens[:, k]), state, shared)
        torch.testing.assert_close(readout.view(N_SEQUENCES, 3, -1)[:, k], alone)
        if looked is not None:
            torch.testing.assert_close(weights.view(N_SEQUENCES, 3, -1)[:, k], looked)


def _repeat(tree, n):
    if tree is None:
        return None
    if isinstance(tree, torch.Tensor):
        return tree.repeat_interleave(n, 0)
    return type(tree)(_repeat(branch, n) for branch in tree)


@pytest.mark.parametrize("attention", ["additive", "location"])
def test_equations(attention):
    """One step of an LSTM with input feeding, by torch's own cell."""
    decoder = _decoder(attention=attention, cell=LSTM(), context_at="both")
    state, shared = decoder.start(VALUES, MASK, SUMMARY)
    cell = nn.LSTMCell(6 + 5 + N_SUMMARY, 5).double()
    layer = decoder.stack.layers[0][0]
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(cell, name).data = layer.weights[name].data
    first, memory = decoder.bridge.parts[0]
    h, c = torch.tanh(first(SUMMARY)), memory(SUMMARY)
    fed, previous = torch.zeros(N_SEQUENCES, 5).double(), equal_weights(shared[0])
    for t in range(3):
        u = torch.cat([decoder.embedding(IDS[:, t]), fed, SUMMARY], dim=1)
        h, c = cell(u, (h, c))
        looked = decoder.attention(
            h[:, None], decoder.attention.remember(VALUES, MASK), previous[:, None]
        )
        previous = looked[1][:, 0]
        fed = torch.tanh(decoder.combine(torch.cat([h, looked[0][:, 0]], dim=1)))
        readout, state, weights = decoder.step(decoder.embed(IDS[:, t]), state, shared)
        torch.testing.assert_close(readout, fed)
        torch.testing.assert_close(weights, previous)


def test_location_starts_from_equal_weights():
    decoder = _decoder(attention="location")
    state, _ = decoder.start(VALUES, MASK, SUMMARY)
    torch.testing.assert_close(state[2], MASK / MASK.sum(1, keepdim=True).double())
    state, _ = decoder.start(VALUES, None, SUMMARY)
    assert (state[2] == 1 / N_SOURCE).all()


def test_first_input_is_the_summary():
    decoder = _decoder(context_at="first")
    state, _ = decoder.start(None, None, SUMMARY)
    seen = decoder.bridge.project(SUMMARY)[:, None]
    torch.testing.assert_close(state[0][0][0][0], decoder.stack(seen, None)[0][:, 0])


def test_without_a_bridge_the_decoder_starts_empty():
    state, shared = _decoder(context_at="steps", cell=LSTM()).start(VALUES, MASK, SUMMARY)
    assert all((part == 0).all() for part in state[0][0][0])
    assert shared[1] is SUMMARY


# Scheduled sampling


@pytest.mark.parametrize("kind", ["symbols", "numeric"])
@pytest.mark.parametrize("attention", [None, "additive", "location"])
def test_no_truth_is_the_decoder_fed_with_what_it_writes(kind, attention):
    decoder = _decoder(kind=kind, size=SIZE if kind == "symbols" else 2, attention=attention)
    given = IDS if kind == "symbols" else NUMBERS
    decoder.train()
    decoder.generator = torch.Generator().manual_seed(0)
    readouts, _ = decoder.teach(given, *decoder.start(VALUES, MASK, SUMMARY), truth=0.0)
    state, shared = decoder.start(VALUES, MASK, SUMMARY)
    step = given[:, 0]
    for t in range(N_STEPS):
        readout, state, _ = decoder.step(decoder.embed(step), state, shared)
        torch.testing.assert_close(readouts[:, t], readout)
        step = decoder.written(readout)
    assert step.shape == ((N_SEQUENCES,) if kind == "symbols" else (N_SEQUENCES, 2))


def test_a_share_of_truth_is_a_share_of_the_steps():
    decoder = _decoder(attention="additive").train()
    decoder.generator = torch.Generator().manual_seed(0)
    decoder.head.bias.data[0] = 1e3  # it writes nothing but 0
    fed = []
    true_step = decoder.step

    def step(given, state, shared, noise=None):
        fed.append(given)
        return true_step(given, state, shared)

    decoder.step = step
    many = torch.full((2000, 4), 3)
    start = decoder.start(VALUES[:1].expand(2000, -1, -1), None, SUMMARY[:1].expand(2000, -1))
    decoder.teach(many, *start, truth=0.7)
    truth = decoder.embedding(torch.tensor(3))
    shares = [float((given == truth).all(1).double().mean()) for given in fed]
    assert shares[0] == 1  # the start is no target
    assert shares[1:] == pytest.approx([0.7] * 3, abs=0.04)


def test_truth_does_not_matter_outside_training():
    decoder = _decoder(attention="additive")
    start = decoder.start(VALUES, MASK, SUMMARY)
    one, other = (decoder.teach(IDS, *start, truth=truth)[0] for truth in (1.0, 0.0))
    assert torch.equal(one, other)


def test_dropout_of_readouts_is_the_same_in_steps_and_at_once():
    """A share of the readouts is zero, the others are divided by what is left."""
    for feeding in (True, False):
        decoder = _decoder(attention="additive", input_feeding=feeding, dropout=0.25).train()
        decoder.dropout.generator = torch.Generator().manual_seed(0)
        shape = (200, 10)
        given = torch.zeros(shape, dtype=torch.int64)
        start = decoder.start(VALUES[:1].expand(200, -1, -1), None, SUMMARY[:1].expand(200, -1))
        readouts, _ = decoder.teach(given, *start)
        assert float((readouts == 0).double().mean()) == pytest.approx(0.25, abs=0.02)
        assert float(readouts.detach().abs().max()) <= 1 / 0.75


# Tied embeddings


@pytest.mark.parametrize("attention", [None, "dot"])
def test_tied_head_writes_with_the_vectors_that_it_reads(attention):
    decoder = _decoder(attention=attention, tie_embeddings=True)
    assert isinstance(decoder.head, TiedHead)
    names = [name for name, _ in decoder.named_parameters()]
    assert "head.bias" in names
    assert "head.weight" not in names
    readouts = _draw(2, 6)
    expected = readouts @ decoder.embedding.weight[: SIZE + 1].T + decoder.head.bias
    torch.testing.assert_close(decoder.head(readouts), expected)
    decoder.head(readouts).sum().backward()
    assert (decoder.embedding.weight.grad[SIZE + 1] == 0).all()  # the start is never written
    assert (decoder.embedding.weight.grad[: SIZE + 1] != 0).all()


def test_first_outputs_of_a_tied_head_are_of_the_order_of_one():
    decoder = _decoder(attention="dot", tie_embeddings=True, embedding_size=256, size=500)
    logits = decoder.head(torch.tanh(_draw(50, 256)))
    assert 0.2 < float(logits.detach().std()) < 2


@pytest.mark.parametrize("tied", [False, True])
def test_vectors_to_start_from(tied):
    decoder = _decoder(tie_embeddings=tied)
    before = decoder.embedding.weight.detach().clone()
    vectors = _draw(SIZE, 6, seed=9)
    decoder.start_vectors(vectors)
    scale = 1 / math.sqrt(6) if tied else 1
    torch.testing.assert_close(decoder.embedding.weight[:SIZE], vectors * scale)
    assert torch.equal(decoder.embedding.weight[SIZE:], before[SIZE:])


@pytest.mark.parametrize("options", CASES[1::4], ids=lambda o: "-".join(map(str, o.values())))
def test_gradients_by_finite_differences(options):
    decoder = _decoder(**options)
    parameters = [p for p in decoder.parameters() if p.requires_grad]

    def loss(*_):
        readouts, _ = decoder.teach(IDS, *decoder.start(VALUES, MASK, SUMMARY))
        return torch.log_softmax(decoder.head(readouts), 2)[..., 0].sum()

    assert torch.autograd.gradcheck(loss, parameters, fast_mode=True)
