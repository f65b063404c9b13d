"""The losses of sequences out, against their formulas."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sksequence.batches import PairSamples, SequenceSamples
from sksequence.inputs import SequenceArray
from sksequence.networks import Outputs
from sksequence.tasks import NumericTransduction, Transduction
from sksequence.tasks._transduction import last_steps, of_existing_steps

LENGTHS = [3, 1, 4]
N_SYMBOLS = 5
RNG = np.random.default_rng(0)
IDS = [RNG.integers(0, N_SYMBOLS, size=n) for n in LENGTHS]
NUMBERS = [RNG.normal(size=(n, 2)) for n in LENGTHS]
SOURCE = SequenceArray.from_list([[0.0]] * 3)


def _batch(rows, weights=None, positions=(0, 1, 2), **kind):
    target = SequenceSamples(
        SequenceArray.from_list(rows, **kind), weights=weights, dtype=torch.float64
    )
    return PairSamples(SequenceSamples(SOURCE), target).batch(np.array(positions))


def _outputs(batch, n_outputs, requires_grad=True):
    generator = torch.Generator().manual_seed(0)
    n_scored = int(batch.target.lengths.sum())
    values = torch.randn(n_scored, n_outputs, generator=generator, dtype=torch.float64)
    mask = None if batch.target.uniform else batch.target.mask
    return Outputs(values.requires_grad_(requires_grad), mask)


def _symbols(weights=None, positions=(0, 1, 2)):
    batch = _batch(IDS, weights, positions, n_tokens=N_SYMBOLS)
    return batch, _outputs(batch, N_SYMBOLS)


@pytest.mark.parametrize("positions", [(0, 1, 2), (2,)])  # ragged and uniform
def test_loss_is_the_mean_cross_entropy_of_all_symbols(positions):
    batch, outputs = _symbols(positions=positions)
    loss, weight = Transduction().loss(outputs, batch)
    truth = torch.from_numpy(np.concatenate([IDS[i] for i in positions]))
    expected = F.cross_entropy(outputs.values, truth)
    torch.testing.assert_close(loss, expected)
    assert float(weight) == len(truth)


@pytest.mark.parametrize("epsilon", [0.1, 0.5])
def test_label_smoothing_by_its_formula(epsilon):
    batch, outputs = _symbols()
    loss, _ = Transduction(epsilon).loss(outputs, batch)
    truth = torch.from_numpy(np.concatenate(IDS))
    log_p = torch.log_softmax(outputs.values, dim=1)
    own = log_p[torch.arange(len(truth)), truth]
    expected = -(1 - epsilon) * own - epsilon * log_p.mean(dim=1)
    torch.testing.assert_close(loss, expected.mean())
    torch.testing.assert_close(
        loss, F.cross_entropy(outputs.values, truth, label_smoothing=epsilon)
    )


def test_validation_is_not_smoothed():
    batch, _ = _symbols()
    outputs = _outputs(batch, N_SYMBOLS, requires_grad=False)
    smoothed, plain = (Transduction(e).loss(outputs, batch)[0] for e in (0.3, 0.0))
    assert torch.equal(smoothed, plain)


def test_weights_count_for_every_symbol_of_their_pair():
    weights = np.array([0.5, 2.0, 1.5])
    batch, outputs = _symbols(weights)
    loss, weight = Transduction().loss(outputs, batch)
    truth = torch.from_numpy(np.concatenate(IDS))
    each = F.cross_entropy(outputs.values, truth, reduction="none").detach().numpy()
    per_step = np.repeat(weights, LENGTHS)
    assert float(loss.detach()) == pytest.approx(np.average(each, weights=per_step))
    assert float(weight) == pytest.approx(per_step.sum())


@pytest.mark.parametrize("weights", [None, np.array([0.5, 2.0, 1.5])])
@pytest.mark.parametrize("positions", [(0, 1, 2), (2,)])
def test_numbers_and_their_end(weights, positions):
    batch = _batch(NUMBERS, weights, positions)
    outputs = _outputs(batch, 3)
    loss, weight = NumericTransduction().loss(outputs, batch)
    values = outputs.values.detach().numpy()
    truth = np.concatenate([NUMBERS[i] for i in positions])
    last = np.concatenate([np.arange(n) == n - 1 for n in (LENGTHS[i] for i in positions)])
    p_end = 1 / (1 + np.exp(-values[:, 2]))
    each = np.mean((values[:, :2] - truth) ** 2, axis=1)
    each = each - np.log(np.where(last, p_end, 1 - p_end))
    per_pair = np.ones(3) if weights is None else weights
    per_step = np.concatenate([np.full(LENGTHS[i], per_pair[i]) for i in positions])
    assert float(loss.detach()) == pytest.approx(np.average(each, weights=per_step))
    assert float(weight) == pytest.approx(per_step.sum())


def test_last_steps():
    batch = _batch(NUMBERS)
    expected = [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    assert last_steps(batch.target).int().tolist() == expected
    flat = of_existing_steps(last_steps(batch.target), batch.target.mask)
    assert flat.int().tolist() == [0, 0, 1, 1, 0, 0, 0, 1]
