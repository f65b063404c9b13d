"""Samples are distributed as the decoder says, and each sequence has its own numbers."""

import collections
import math

import numpy as np
import pytest
import torch
from scipy import stats

from sksequence.decoding import Advance, greedy_search, sample_search, select
from sksequence.decoding._sampling import draw, uniforms
from tests.decoding.toys import Toy, every_output, one


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


class Fixed:
    """The same distribution at every step; end is the last symbol."""

    def __init__(self, probabilities):
        self.log_probs = torch.as_tensor(probabilities, dtype=torch.float64).log()

    def advance(self, tokens, state, memory):
        return Advance(self.log_probs.expand(len(tokens), -1), state)

    def sample(self, n, seed=0, max_steps=1, **settings):
        n_symbols = len(self.log_probs)
        settings |= {"start": n_symbols, "end": n_symbols - 1, "max_steps": max_steps}
        return sample_search(self, torch.zeros(n, 1), None, generator=_generator(seed), **settings)

    def counts(self, n, **settings):
        decoded = self.sample(n, **settings)
        symbols = torch.cat([decoded.tokens[:, 0], torch.full((n, 1), len(self.log_probs) - 1)], 1)
        return np.bincount(symbols[:, 0].numpy(), minlength=len(self.log_probs))


def _assert_distributed(counts, probabilities):
    counts, probabilities = np.asarray(counts), np.asarray(probabilities)
    assert (counts[probabilities == 0] == 0).all()
    there = probabilities > 0
    if there.sum() == 1:
        return
    expected = counts.sum() * probabilities[there] / probabilities[there].sum()
    assert stats.chisquare(counts[there], expected).pvalue > 1e-3


def test_whole_outputs_are_as_frequent_as_the_decoder_says():
    toy, n = Toy(), 20_000
    state, memory = toy.sequences(3)
    counted = every_output(toy, one(state, 1), one(memory, 1), 2)
    copies = select((state, memory), torch.ones(n, dtype=torch.long))
    decoded = sample_search(toy, *copies, generator=_generator(), **toy.settings(2))
    lengths = decoded.lengths[:, 0].tolist()
    seen = collections.Counter(
        tuple(tokens[:length])
        for tokens, length in zip(decoded.tokens[:, 0].tolist(), lengths, strict=True)
    )
    log_ps = {tuple(found.tokens): found.log_p for found in counted}
    _assert_distributed([seen[key] for key in log_ps], [math.exp(x) for x in log_ps.values()])
    for b in range(50):
        key = tuple(decoded.tokens[b, 0, : lengths[b]].tolist())
        assert decoded.log_probabilities[b, 0].item() == pytest.approx(log_ps[key])


PROBABILITIES = np.array([0.05, 0.3, 0.02, 0.25, 0.2, 0.08, 0.1])


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_temperature_is_a_power_of_the_probabilities(temperature):
    counts = Fixed(PROBABILITIES).counts(20_000, temperature=temperature)
    _assert_distributed(counts, PROBABILITIES ** (1 / temperature))


@pytest.mark.parametrize("top_k", [2, 5, 7, 100])
def test_top_k_keeps_the_most_probable(top_k):
    kept = np.where(np.argsort(np.argsort(-PROBABILITIES)) < top_k, PROBABILITIES, 0.0)
    _assert_distributed(Fixed(PROBABILITIES).counts(20_000, top_k=top_k), kept)


# 0.3, 0.25, 0.2, 0.1, 0.08, 0.05, 0.02 add up to 0.3, 0.55, 0.75, 0.85, 0.93, 0.98, 1.
@pytest.mark.parametrize(
    ("top_p", "n_kept"), [(0.01, 1), (0.29, 1), (0.31, 2), (0.8, 4), (0.94, 6), (1.0, 7), (1, 7)]
)
def test_top_p_keeps_the_fewest_that_are_enough(top_p, n_kept):
    kept = np.where(np.argsort(np.argsort(-PROBABILITIES)) < n_kept, PROBABILITIES, 0.0)
    _assert_distributed(Fixed(PROBABILITIES).counts(20_000, top_p=top_p), kept)


def test_top_p_is_of_what_top_k_left():
    # The first three, renormalised, add up to 0.4, 0.733, 1; of all they add up to 0.3, 0.55.
    _assert_distributed(
        Fixed(PROBABILITIES).counts(20_000, top_k=3, top_p=0.7),
        np.where(PROBABILITIES >= 0.25, PROBABILITIES, 0.0),
    )


@pytest.mark.parametrize("top_p", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("temperature", [1.0, 1.5])
def test_nucleus_of_a_large_vocabulary(top_p, temperature):
    shuffled = np.random.default_rng(0).permutation(500)
    probabilities = (1 / (10.0 + shuffled)) ** 1.1
    tempered = probabilities ** (1 / temperature)
    tempered /= tempered.sum()
    order = np.argsort(-tempered)
    n_kept = 1 + np.searchsorted(np.cumsum(tempered[order]), top_p)
    settings = {"top_p": top_p, "temperature": temperature}
    counts = Fixed(probabilities / probabilities.sum()).counts(10_000, **settings)
    kept = counts[order[:n_kept]]
    assert kept.sum() == 10_000
    groups = np.array_split(np.arange(n_kept), min(n_kept, 40))
    _assert_distributed(
        [kept[group].sum() for group in groups],
        [tempered[order[group]].sum() for group in groups],
    )


def test_of_equal_ones_the_lower_are_in_the_nucleus():
    flat = Fixed(np.full(1000, 1 / 1000))
    _assert_distributed(flat.counts(5000, top_p=0.0995), np.arange(1000) < 100)
    _assert_distributed(flat.counts(5000, top_k=7), np.arange(1000) < 7)


@pytest.mark.parametrize(
    "settings",
    [{"top_k": 1}, {"top_p": 1e-9}, {"temperature": 1e-4}, {"temperature": 1e-300}],
)
def test_limits_are_greedy_search(settings):
    toy = Toy(n_symbols=6)
    sequences = toy.sequences(40)
    greedy = greedy_search(toy, *sequences, **toy.settings(8))
    decoded = sample_search(toy, *sequences, generator=_generator(), **settings, **toy.settings(8))
    assert torch.equal(decoded.tokens, greedy.tokens)
    torch.testing.assert_close(decoded.log_probabilities, greedy.log_probabilities)
    torch.testing.assert_close(decoded.attention, greedy.attention)


@pytest.mark.parametrize("settings", [{}, {"top_k": 3}, {"top_p": 0.8}])
def test_a_sample_depends_on_its_place_in_the_stream_alone(settings):
    toy = Toy(n_symbols=6)
    sequences = toy.sequences(40)

    def sample(rows, generator, max_steps):
        return sample_search(
            toy, *select(sequences, torch.tensor(rows)), generator=generator, **settings,
            **toy.settings(max_steps),
        )  # fmt: skip

    whole = sample(list(range(40)), _generator(), 9)
    generator = _generator()
    parts = [sample(list(rows), generator, 9) for rows in (range(17), [17], range(18, 40))]
    lengths = torch.cat([part.lengths for part in parts])
    assert torch.equal(lengths, whole.lengths)
    for part, first in zip(parts, (0, 17, 18), strict=True):
        n, longest = part.tokens.shape[0], part.tokens.shape[2]
        assert torch.equal(part.tokens, whole.tokens[first : first + n, :, :longest])
    # Other sequences before it, with other limits: the last one is what it was.
    limits = torch.ones(40, dtype=torch.long)
    limits[39] = 9
    other = sample([*range(38, -1, -1), 39], _generator(), limits)
    n = int(whole.lengths[39])
    assert other.tokens[39, 0, :n].tolist() == whole.tokens[39, 0, :n].tolist()
    assert int(other.lengths[39]) == n


def test_follows_its_generator_alone():
    toy = Toy(n_symbols=6)
    sequences = toy.sequences(20)
    before = torch.random.get_rng_state()
    generator = _generator(1)
    one, again, next_one = (
        sample_search(toy, *sequences, generator=g, **toy.settings(9)).tokens.tolist()
        for g in (_generator(1), generator, generator)
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    assert one == again != next_one


def test_uniform_numbers_are_those_of_splitmix64():
    # The first three outputs for the seed 0, as Vigna's reference program prints them.
    reference = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    seed = torch.zeros(1, dtype=torch.long)
    found = [uniforms(seed, step, torch.float64).item() for step in range(3)]
    assert found == [(number >> 11) * 2.0**-53 for number in reference]


def test_uniform_numbers_are_uniform_along_seeds_and_along_steps():
    seeds = torch.randint(-(2**63), 2**63 - 1, (5000,), generator=_generator())
    along_seeds = uniforms(seeds, 3, torch.float64)
    along_steps = torch.cat([uniforms(seeds[:1], step, torch.float64) for step in range(5000)])
    for numbers in (along_seeds, along_steps):
        assert stats.kstest(numbers.numpy(), "uniform").pvalue > 1e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_draw_inverts_the_distribution_function_and_takes_nothing_of_weight_zero(dtype):
    weights = torch.tensor([[0.0, 1.0, 0.0, 3.0, 0.0]], dtype=dtype).expand(6, -1)
    uniform = torch.tensor([0.0, 0.24, 0.25, 0.6, 1 - 1e-9, 1.0], dtype=dtype)
    assert draw(weights, uniform)[:, 0].tolist() == [1, 1, 3, 3, 3, 3]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": 0}, r"temperature must be a number > 0 .and finite., got 0; 1 draws"),
        ({"temperature": -1.0}, r"temperature must be a number > 0 .and finite., got -1\.0"),
        ({"temperature": math.inf}, r"temperature must be a number > 0 .and finite., got inf"),
        ({"temperature": "1"}, r"temperature must be a number > 0 .and finite., got '1'"),
        ({"top_k": 0}, r"top_k must be an integer >= 1 or None \(no limit\), got 0\."),
        ({"top_k": 1.5}, r"top_k must be an integer >= 1 or None"),
        ({"top_p": 0}, r"top_p must be a number in \(0, 1\] or None \(no limit\), got 0\."),
        ({"top_p": 1.01}, r"top_p must be a number in \(0, 1\]"),
        ({"top_p": math.nan}, r"top_p must be a number in \(0, 1\]"),
        ({"max_steps": -1}, r"max_steps must be an integer >= 1"),
    ],
)
def test_bad_settings(wrong, message):
    with pytest.raises(ValueError, match=message):
        Fixed(PROBABILITIES).sample(2, **wrong)
