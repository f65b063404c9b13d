"""Options of recurrent stacks inside whole networks."""

import pickle
from dataclasses import replace

import pytest
import torch

from sksequence.cells import GRU, LSTM, RNN, Delayed, FeedForward, OutputRNN
from sksequence.networks import DecoderSpec, ForecastSpec
from sksequence.networks._decoder import Decoder
from sksequence.networks._stacks import fed_cell, set_free_fields

SIZE = 7
IDS = torch.randint(SIZE, (4, 9), generator=torch.Generator().manual_seed(2))


def _draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


VALUES, SUMMARY = _draw(4, 5, 4, seed=1), _draw(4, 3)


def _decoder(**options):
    options = {"cell": GRU(), "widths": (6, 6), "embedding_size": 6, **options}
    spec = DecoderSpec(kind="symbols", size=SIZE, **options)
    return Decoder(spec, 3, 4, torch.Generator().manual_seed(0)).double()


def _taught(decoder, **options):
    state, shared = decoder.start(VALUES, None, SUMMARY)
    return decoder.teach(IDS, state, shared, **options)[0]


def _written(decoder):
    state, shared = decoder.start(VALUES, None, SUMMARY)
    readouts = []
    for ids in IDS.unbind(1):
        readout, state, _ = decoder.step(decoder.embed(ids), state, shared)
        readouts.append(readout)
    return torch.stack(readouts, dim=1)


OPTIONS = [
    {"residual": True},
    {"initial_state": "learned", "context_at": "steps"},
    {"initial_state": "learned", "context_at": "both", "cell": LSTM()},
    {"initial_state": "learned", "context_at": "first"},
    {"cell": Delayed("lstm", [1, 3])},
    {"cell": Delayed("gru", 2, beside=True), "residual": True, "attention": "additive"},
    {"cell": OutputRNN(), "attention": "additive"},
    {"cell": OutputRNN(n_outputs=2), "residual": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_steps_equal_the_whole(options):
    decoder = _decoder(**options).eval()
    for name, weight in decoder.named_parameters():
        if ".start." in name:
            torch.nn.init.normal_(weight, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(_taught(decoder), _written(decoder), rtol=0, atol=1e-12)


@pytest.mark.parametrize("attention", [None, "additive"])
def test_recurrence_through_the_output_is_taught_in_one_call(attention, monkeypatch):
    decoder = _decoder(cell=OutputRNN(), attention=attention)
    assert all(type(layer.cell) is FeedForward for (layer,) in decoder.stack.layers)
    calls, true_forward = [], decoder.stack.forward
    monkeypatch.setattr(
        decoder.stack,
        "forward",
        lambda x, *a, **k: calls.append(x.shape) or true_forward(x, *a, **k),
    )
    _taught(decoder)
    assert len(calls) == 1
    assert calls[0][:2] == IDS.shape


def test_recurrence_through_the_output_knows_the_source_at_every_step():
    decoder = _decoder(cell=OutputRNN(), context_at="state").eval()
    readouts = _taught(decoder)
    state, shared = decoder.start(VALUES, None, SUMMARY + 1)
    assert (decoder.teach(IDS, state, shared)[0] != readouts).any(2).all()


def test_where_nothing_is_fed_back_the_cell_has_an_output_of_its_own():
    decoder = _decoder(cell=OutputRNN(), conditional=False, context_at="both").eval()
    assert all(type(layer.cell) is OutputRNN for (layer,) in decoder.stack.layers)
    readouts = _taught(decoder)
    assert not torch.allclose(readouts[:, 0], readouts[:, 1])
    assert fed_cell(RNN()).__class__ is RNN


# -- noise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("feeding", [False, True])
@pytest.mark.parametrize("truth", [1.0, 0.0])
def test_a_variational_decoder_drops_the_same_at_every_step(feeding, truth):
    """Where what is given never changes, it moves towards one point in spite of the noise."""
    options = {"attention": "additive", "input_feeding": feeding, "context_at": "steps"}
    with torch.no_grad():
        for variational in (True, False):
            decoder = _decoder(dropout=0.5, variational_dropout=variational, **options)
            for module in decoder.modules():
                if hasattr(module, "generator"):
                    module.generator = torch.Generator().manual_seed(1)
            decoder.embedding.weight[:] = decoder.embedding.weight[0]
            state, shared = decoder.start(VALUES, None, SUMMARY)
            readouts, _ = decoder.teach(IDS.repeat(1, 30), state, shared, truth=truth)
            last = (readouts[:, -1] - readouts[:, -2]).abs().max()
            assert (last < 1e-6) if variational else (last > 1e-3)


# -- truncation -----------------------------------------------------------------------------


def _reach(decoder, t):
    """At how many steps before and at t the gradient of readout t arrives."""
    state, shared = decoder.start(VALUES, None, SUMMARY)
    given = decoder.embed(IDS).detach().requires_grad_()
    decoder.embed = lambda ids, keep=None: given
    readouts, _ = decoder.teach(IDS, state, shared)
    (gradient,) = torch.autograd.grad(readouts[:, t].sum(), given)
    return gradient.abs().sum((0, 2)).nonzero()[:, 0].tolist()


def test_a_decoder_is_cut_in_windows_or_where_steps_are_single_in_chunks():
    parallel, single = {}, {"attention": "additive"}
    assert _reach(_decoder(**parallel), 8) == list(range(9))
    assert _reach(_decoder(tbptt_steps=(1, 3), **parallel), 8) == [6, 7, 8]
    assert _reach(_decoder(tbptt_steps=(2, 4), **parallel), 5) == [2, 3, 4, 5]
    assert _reach(_decoder(**single), 8) == list(range(9))
    assert _reach(_decoder(tbptt_steps=(1, 5), **single), 8) == [5, 6, 7, 8]


# -- going on ---------------------------------------------------------------------------------


def test_free_fields_are_set_everywhere():
    decoder = _decoder(dropout=0.1)
    spec = replace(decoder.spec, dropout=0.3, variational_dropout=True, tbptt_steps=(2, 3))
    set_free_fields(decoder, spec)
    assert decoder.stack.tbptt_steps == (2, 3)
    assert decoder.dropout.rate == decoder.stack.between.rate == 0.3
    assert decoder.dropout.variational
    assert decoder.stack.between.variational


def test_specs_of_before_have_the_defaults():
    spec = pickle.loads(pickle.dumps(ForecastSpec("direct", 1, 1, 0, 0, 0, 1, False, GRU(), (3,))))
    for name in ("residual", "variational_dropout", "initial_state", "tbptt_steps"):
        spec.__dict__.pop(name)
    network = spec.build(torch.Generator().manual_seed(0))
    assert network.stack.tbptt_steps is None
