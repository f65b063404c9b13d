"""The whole network against one of torch's own layers, and what it must not depend on."""

import itertools
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from sksequence.batches import PairSamples, SequenceSamples
from sksequence.cells import GRU, LSTM
from sksequence.inputs import SequenceArray, SequenceSchema
from sksequence.networks import (
    DecoderSpec,
    EncoderDecoderSpec,
    NetworkSpec,
    pack_network,
    unpack_network,
)
from sksequence.tasks import NumericTransduction, Transduction

N_SOURCE, N_TARGET, END, START = 8, 6, 6, 7
RNG = np.random.default_rng(0)
SOURCES = [RNG.integers(0, N_SOURCE, size=n) for n in (4, 1, 6, 3, 3)]
TARGETS = [np.append(RNG.integers(0, N_TARGET, size=n), END) for n in (2, 5, 1, 4, 2)]
X = SequenceArray.from_list(SOURCES, n_tokens=N_SOURCE)
Y = SequenceArray.from_list(TARGETS, n_tokens=N_TARGET + 1)
ALL = np.arange(5)


def _spec(kind="symbols", cell=None, widths=(5,), teacher_forcing=(1.0, 1.0), X=X, **options):
    shared = {"cell": cell or LSTM(), "widths": widths, "embedding_size": 4}
    shared["dropout"] = options.pop("dropout", 0.0)
    shared["context_at"] = options.pop("context_at", "state")
    bidirectional = options.pop("bidirectional", True)
    source = NetworkSpec(SequenceSchema.of(X), 0, bidirectional=bidirectional, **shared)
    size = N_TARGET if kind == "symbols" else 2
    target = DecoderSpec(kind=kind, size=size, **shared, **options)
    return EncoderDecoderSpec(source, target, teacher_forcing)


def _network(**options):
    return _spec(**options).build(torch.Generator().manual_seed(0)).double().eval()


def _pairs(source=X, target=Y):
    samples = [SequenceSamples(side, dtype=torch.float64) for side in (source, target)]
    return PairSamples(*samples)


CASES = [
    {"attention": attention, "context_at": at, "input_feeding": feeding, "cell": cell}
    for attention, (at, cell), feeding in itertools.product(
        ["additive", "dot", "location", None],
        zip(["state", "steps", "both"], [LSTM(), GRU(), LSTM()], strict=True),
        [True, False],
    )
]


def _name(options):
    return "-".join(map(str, options.values()))


@pytest.mark.parametrize("options", CASES, ids=_name)
def test_a_pair_does_not_depend_on_those_beside_it(options):
    network, pairs = _network(**options), _pairs()
    whole = network(pairs.batch(ALL))
    rows = whole.values.split([len(t) for t in TARGETS])
    looked = whole.extras["attention"]
    for i in ALL:
        alone = network(pairs.batch(np.array([i])))
        assert alone.mask is None
        torch.testing.assert_close(rows[i], alone.values, rtol=0, atol=1e-12)
        if looked is not None:
            mine = looked[i, : len(TARGETS[i]), : len(SOURCES[i])]
            torch.testing.assert_close(mine, alone.extras["attention"][0], rtol=0, atol=1e-12)
    turned = network(pairs.batch(ALL[::-1].copy())).values
    torch.testing.assert_close(turned, torch.cat(rows[::-1]), rtol=0, atol=1e-12)


def test_a_step_sees_the_targets_before_it_alone():
    network = _network(attention="additive")
    before = network(_pairs().batch(ALL[1:2])).values
    changed = Y.values.copy()
    changed[Y.offsets[1] + 3] = (changed[Y.offsets[1] + 3] + 1) % N_TARGET
    other = SequenceArray(changed, Y.offsets, n_tokens=N_TARGET + 1)
    after = network(_pairs(target=other).batch(ALL[1:2])).values
    assert torch.equal(before[:4], after[:4])  # step 4 is the first to be given target 3
    assert (before[4:] != after[4:]).any(dim=1).all()


@pytest.mark.parametrize("attention", [None, "additive"])
@pytest.mark.parametrize("feeding", [False, True])
def test_reference(attention, feeding):
    """nn.LSTM reads each source; a plain loop writes; the same weights give the same logits."""
    network = _network(attention=attention, input_feeding=feeding)
    reader = nn.LSTM(4, 5, bidirectional=True, batch_first=True).double()
    for suffix, layer in zip(["", "_reverse"], network.encoder.stack.layers[0], strict=True):
        for name, values in layer.weights.items():
            getattr(reader, f"{name}_l0{suffix}").data = values.data
    decoder = network.decoder
    n_fed = 5 if feeding and attention else 0
    cell = nn.LSTMCell(4 + n_fed, 5).double()
    for name, values in decoder.stack.layers[0][0].weights.items():
        getattr(cell, name).data = values.data
    expected = []
    for source, target in zip(SOURCES, TARGETS, strict=True):
        table = network.encoder.encoder.table("values").weight
        states, (last, _) = reader(table[torch.from_numpy(source)][None])
        summary = torch.cat([last[0], last[1]], dim=1)
        first, memory = decoder.bridge.parts[0]
        h, c = torch.tanh(first(summary)), memory(summary)
        fed = torch.zeros(1, n_fed).double()
        for token in [START, *target[:-1]]:
            h, c = cell(torch.cat([decoder.embedding.weight[token][None], fed], dim=1), (h, c))
            readout = h
            if attention:
                score = decoder.attention.score
                energy = torch.tanh(score.of_query(h)[:, None] + score.of_value(states))
                a = torch.softmax(score.weigh(energy)[..., 0], dim=1)
                context = (a[..., None] * states).sum(dim=1)
                readout = torch.tanh(decoder.combine(torch.cat([h, context], dim=1)))
            fed = readout if n_fed else fed
            expected.append(decoder.head(readout))
    outputs = network(_pairs().batch(ALL)).values
    torch.testing.assert_close(outputs, torch.cat(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", CASES[::5], ids=_name)
@pytest.mark.parametrize("kind", ["symbols", "numeric"])
def test_gradient_of_the_loss_by_finite_differences(options, kind):
    target, task = Y, Transduction(0.1)
    if kind == "numeric":
        target = SequenceArray.from_list([RNG.normal(size=(len(t), 2)) for t in TARGETS])
        task = NumericTransduction()
    network = _network(kind=kind, **options)
    batch = _pairs(target=target).batch(ALL)
    parameters = [p for p in network.parameters() if p.requires_grad]

    def loss(*_):
        return task.loss(network(batch), batch)[0]

    assert torch.autograd.gradcheck(loss, parameters, fast_mode=True)
    loss().backward()
    unused = [n for n, p in network.named_parameters() if p.grad is None]
    assert unused == []


def test_teacher_forcing_goes_with_progress():
    network = _network(teacher_forcing=(1.0, 0.2), attention="dot").train()
    seen = []
    network.decoder.teach = lambda shifted, state, shared, truth: (
        seen.append(truth),
        (torch.zeros(*shifted.shape, 5).double(), None),
    )[1]
    for progress in (None, 0.0, 0.5, 1.0):
        network(_pairs().batch(ALL), progress=progress)
    assert seen == pytest.approx([1.0, 1.0, 0.6, 0.2])


def test_full_truth_is_plain_teaching_in_training():
    batch = _pairs().batch(ALL)
    network = _network(attention="location").train()
    assert torch.equal(network(batch, progress=0.3).values, network.eval()(batch).values)
    network = _network(teacher_forcing=(0.0, 0.0), attention="dot").train()
    network.decoder.generator = torch.Generator().manual_seed(0)
    own = network(batch).values
    assert not torch.equal(own, network.eval()(batch).values)


def test_a_context_of_the_source_reaches_what_is_written():
    C = RNG.normal(size=(5, 3))
    for at in ("state", "steps", "both"):
        source = X.with_context(C)
        network = _network(X=source, context_at=at, attention="dot")
        other = X.with_context(C[::-1].copy())
        one, two = (network(_pairs(x).batch(ALL)).values for x in (source, other))
        assert (one != two).any(dim=1).sum() >= 12  # the middle one kept its context


@pytest.mark.parametrize("tied", [False, True])
def test_packed_network_gives_the_same(tied):
    network = _network(attention="general", tie_embeddings=tied)
    opened = unpack_network(pickle.loads(pickle.dumps(pack_network(network))))
    batch = _pairs().batch(ALL)
    assert torch.equal(network(batch).values, opened(batch).values)
    weights = pack_network(network)[1]
    assert ("decoder.head.weight" in weights) != tied
