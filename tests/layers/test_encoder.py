"""One-hot input that is never made; ids, vectors and numbers side by side."""

import pytest
import torch
import torch.nn.functional as F

from sksequence.cells import LSTM
from sksequence.inputs import ChannelSchema
from sksequence.layers import RecurrentLayer, StepEncoder

NUMBERS = ChannelSchema("numeric", (2,), None, None)
FRAMES = ChannelSchema("numeric", (2, 3), None, None)
VECTORS = ChannelSchema("vectors", (4,), 6, None)


def _symbols(n_tokens):
    return ChannelSchema("symbols", (1,), n_tokens, None)


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _encoder(channels, embedding_size=None, trainable=True, n_gate_rows=16):
    return StepEncoder(channels, embedding_size, trainable, n_gate_rows, _generator())


@pytest.mark.parametrize("n_tokens", [1, 5, 16])
def test_small_vocabulary_is_one_hot_input(n_tokens):
    encoder = _encoder({"values": _symbols(n_tokens)})
    ids = torch.randint(n_tokens, (3, 7), generator=_generator())
    one_hot = F.one_hot(ids, n_tokens).float()
    assert torch.equal(encoder({"values": ids}), one_hot)
    assert not [p for p in encoder.parameters() if p.requires_grad]
    layer = RecurrentLayer(LSTM(), n_tokens, 4, _generator())
    torch.testing.assert_close(layer(encoder({"values": ids}), None), layer(one_hot, None))


def test_large_vocabulary_gives_every_function_of_one_hot_input():
    n_tokens, n_units = 50, 4
    explicit = RecurrentLayer(LSTM(), n_tokens, n_units, _generator())
    encoder = _encoder({"values": _symbols(n_tokens)}, n_gate_rows=4 * n_units)
    layer = RecurrentLayer(LSTM(), encoder.n_outputs, n_units, _generator())
    with torch.no_grad():  # W one_hot(i) = I (W^T)_i
        encoder.table("values").weight.copy_(explicit.weight_ih.T)
        layer.weight_ih.copy_(torch.eye(4 * n_units))
        for name in ("weight_hh", "bias_ih", "bias_hh"):
            layer.weights[name].copy_(explicit.weights[name])
    ids = torch.randint(n_tokens, (3, 7), generator=_generator())
    one_hot = F.one_hot(ids, n_tokens).float()
    torch.testing.assert_close(layer(encoder({"values": ids}), None), explicit(one_hot, None))
    assert encoder.table("values").weight.requires_grad


def test_large_vocabulary_makes_no_vector_as_long_as_it():
    encoder = _encoder({"values": _symbols(100_000)}, n_gate_rows=16)
    assert encoder.n_outputs == 16
    assert sum(p.numel() for p in encoder.parameters()) == 16 * 100_000
    assert encoder({"values": torch.zeros(2, 3, dtype=torch.long)}).shape == (2, 3, 16)


@pytest.mark.parametrize("n_tokens", [5, 50])
def test_embedding_of_a_given_size_is_learned(n_tokens):
    encoder = _encoder({"values": _symbols(n_tokens)}, embedding_size=5)
    table = encoder.table("values").weight
    assert table.shape == (n_tokens, 5)
    assert table.requires_grad
    assert float(table.detach().std()) == pytest.approx(1, abs=0.3)
    ids = torch.tensor([[0, 3, 3]], dtype=torch.int32)
    assert torch.equal(encoder({"values": ids})[0], table[[0, 3, 3]])


def test_channels_stand_side_by_side_in_their_order():
    channels = {"a": NUMBERS, "b": _symbols(3), "c": VECTORS, "d": FRAMES}
    encoder = _encoder(channels, embedding_size=2)
    inputs = {
        "a": torch.randn(2, 5, 2, generator=_generator()),
        "b": torch.randint(3, (2, 5), generator=_generator()),
        "c": torch.randint(6, (2, 5), generator=_generator()),
        "d": torch.randn(2, 5, 2, 3, generator=_generator()),
    }
    steps = encoder(inputs)
    assert steps.shape == (2, 5, encoder.n_outputs) == (2, 5, 2 + 2 + 4 + 6)
    assert torch.equal(steps[:, :, :2], inputs["a"])
    assert torch.equal(steps[:, :, 2:4], encoder.table("b").weight[inputs["b"]])
    assert torch.equal(steps[:, :, 4:8], encoder.table("c").weight[inputs["c"]])
    assert torch.equal(steps[:, :, 8:], inputs["d"].flatten(2))


def test_frozen_vectors_come_as_numbers():
    encoder = _encoder({"values": VECTORS}, trainable=False)
    assert encoder.table("values") is None
    assert encoder.n_outputs == 4
    vectors = torch.randn(2, 3, 4, generator=_generator())
    assert torch.equal(encoder({"values": vectors}), vectors)
    assert not list(encoder.parameters())


@pytest.mark.parametrize("trainable", [True, False])
def test_dropout_falls_on_vectors_and_leaves_numbers_alone(trainable):
    channels = {"a": NUMBERS, "b": _symbols(30), "c": VECTORS}
    encoder = StepEncoder(channels, 3, trainable, 16, _generator(), dropout=0.5)
    encoder.dropout.generator = _generator()
    inputs = {
        "a": torch.randn(20, 5, 2, generator=_generator()),
        "b": torch.randint(30, (20, 5), generator=_generator()),
        "c": torch.randint(6, (20, 5), generator=_generator()),
    }
    if not trainable:
        inputs["c"] = torch.randn(20, 5, 4, generator=_generator())
    dropped, whole = encoder(inputs), encoder.eval()(inputs)
    assert torch.equal(dropped[:, :, :2], whole[:, :, :2])
    vectors = dropped[:, :, 2:]
    assert float((vectors == 0).double().mean()) == pytest.approx(0.5, abs=0.07)
    torch.testing.assert_close(vectors, whole[:, :, 2:] * 2 * (vectors != 0))


def test_names_of_channels_may_hold_anything():
    channels = {"a.b": _symbols(3), "a_b": _symbols(4), "": NUMBERS, "with space": _symbols(2)}
    encoder = _encoder(channels, embedding_size=2)
    assert encoder.table("a.b").num_embeddings == 3
    assert encoder.table("a_b").num_embeddings == 4
    assert encoder.table("") is None
