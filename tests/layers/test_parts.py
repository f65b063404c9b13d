"""Dropout, the convolution over time, and layers that start from a private generator."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from sksequence.layers import Dropout, TimeConvolution, embedding, linear


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


# -- dropout --------------------------------------------------------------------------------


def _dropout(rate, seed=0):
    layer = Dropout(rate)
    layer.generator = _generator(seed)
    return layer


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_zeros_its_share_and_keeps_the_mean(rate):
    values = torch.full((400, 500), 3.0)
    dropped = _dropout(rate)(values)
    assert float((dropped == 0).double().mean()) == pytest.approx(rate, abs=0.005)
    assert float(dropped.mean()) == pytest.approx(3.0, rel=0.02)
    kept = dropped[dropped != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 3 / (1 - rate)))
    assert (values == 3).all()


def test_dropout_follows_its_generator_alone():
    values = torch.ones(50, 50)
    before = torch.random.get_rng_state()
    one, other, third = (_dropout(0.5, seed)(values) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(one, other)
    assert not torch.equal(one, third)
    layer = _dropout(0.5)
    assert not torch.equal(layer(values), layer(values))


def test_dropout_does_nothing_at_rate_zero_and_when_not_training():
    values = torch.ones(3, 3)
    assert _dropout(0.0)(values) is values
    assert _dropout(0.5).eval()(values) is values


def test_gradient_of_dropout_is_its_mask():
    values = torch.rand(20, 20, generator=_generator()).requires_grad_()
    dropped = _dropout(0.25)(values)
    dropped.sum().backward()
    torch.testing.assert_close(values.grad, (dropped != 0) / 0.75)


def test_dropout_is_copied_and_pickled_without_its_generator():
    for copied in (copy.deepcopy(_dropout(0.3)), pickle.loads(pickle.dumps(_dropout(0.3)))):
        assert copied.rate == 0.3
        assert copied.generator is None


# -- convolution over time ------------------------------------------------------------------


def _by_hand(layer, sequence, o):
    """relu(b + sum_k W_k x_(t+k-o)), with zeros outside the sequence."""
    weight = layer.convolution.weight.detach().numpy()  # (n_units, n_inputs, width)
    out = np.tile(layer.convolution.bias.detach().numpy(), (len(sequence), 1))
    for t in range(len(sequence)):
        for k in range(weight.shape[2]):
            if 0 <= t + k - o < len(sequence):
                out[t] += weight[:, :, k] @ sequence[t + k - o]
    return np.maximum(out, 0)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("width", [1, 2, 3, 6])
def test_convolution_equals_the_sum_by_hand(causal, width):
    layer = TimeConvolution(3, 5, width, _generator(), causal).double()
    lengths = torch.tensor([4, 1, 6])
    mask = torch.arange(6) < lengths[:, None]
    o = width - 1 if causal else (width - 1) // 2
    inputs = torch.randn(3, 6, 3, dtype=torch.float64, generator=_generator(1))
    expected = [_by_hand(layer, inputs[i, :n].numpy(), o) for i, n in enumerate(lengths)]
    inputs[~mask] = torch.nan
    outputs = layer(inputs, mask)
    assert outputs.shape == (3, 6, 5)
    np.testing.assert_allclose(
        outputs[mask].detach(), np.concatenate(expected), rtol=1e-12, atol=1e-14
    )
    full = layer(inputs[2:], None)
    np.testing.assert_allclose(full[0].detach(), expected[2], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("width", [1, 2, 5])
def test_causal_convolution_never_looks_ahead(width):
    layer = TimeConvolution(2, 4, width, _generator(), causal=True)
    inputs = torch.randn(1, 9, 2, generator=_generator(1))
    before = layer(inputs, None)
    inputs[:, 6:] += 1
    after = layer(inputs, None)
    assert torch.equal(after[:, :6], before[:, :6])
    assert not torch.equal(after[:, 6:], before[:, 6:])


def test_centred_convolution_looks_both_ways():
    layer = TimeConvolution(2, 4, 3, _generator(), causal=False).double()
    inputs = torch.randn(1, 9, 2, dtype=torch.float64, generator=_generator(1)).requires_grad_()
    layer(inputs, None)[0, 4].sum().backward()
    touched = inputs.grad[0].any(dim=1)
    assert touched.tolist() == [t in (3, 4, 5) for t in range(9)]


def test_padding_gets_no_gradient():
    layer = TimeConvolution(2, 4, 3, _generator(), causal=False)
    mask = torch.tensor([[True, True, False, False]])
    inputs = torch.randn(1, 4, 2, generator=_generator(1)).requires_grad_()
    layer(inputs, mask).sum().backward()
    assert not inputs.grad[~mask].any()


# -- starts ---------------------------------------------------------------------------------


def test_layers_start_like_those_of_torch_from_their_own_generator():
    before = torch.random.get_rng_state()
    pairs = [
        (lambda g: linear(100, 300, g), nn.Linear(100, 300)),
        (lambda g: embedding(300, 100, g), nn.Embedding(300, 100)),
        (lambda g: TimeConvolution(40, 300, 3, g, True).convolution, nn.Conv1d(40, 300, 3)),
    ]
    torch.random.set_rng_state(before)
    for make, theirs in pairs:
        ours, again, other = (make(_generator(s)).requires_grad_(False) for s in (0, 0, 1))
        theirs.requires_grad_(False)
        for (name, values), reference in zip(
            ours.named_parameters(), theirs.parameters(), strict=True
        ):
            assert values.shape == reference.shape
            assert torch.equal(values, again.get_parameter(name))
            assert not torch.equal(values, other.get_parameter(name))
            rel = 0.02 if values.ndim > 1 else 0.15
            assert float(values.std()) == pytest.approx(float(reference.std()), rel=rel)
            assert float(values.mean()) == pytest.approx(0, abs=0.15 * float(values.std()))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.gpu
def test_dropout_on_a_gpu_is_reproducible():
    values = torch.ones(100, 100, device="cuda")
    results = []
    for _ in range(2):
        layer = Dropout(0.5)
        layer.generator = torch.Generator("cuda").manual_seed(0)
        results.append(layer(values))
    assert torch.equal(*results)
