"""Each loss is the log-density it is named for, and all that is said of a distribution agrees."""

import itertools
import pickle

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from sklearn.metrics import mean_pinball_loss

from sksequence.tasks import DISTRIBUTIONS, make_distribution

LEVELS = (0.1, 0.3, 0.5, 0.8, 0.9)
DENSITIES = ("gaussian", "student_t", "negative_binomial", "zero_inflated_gamma")
SPREAD = (*DENSITIES, "quantile")
POINTS = ("squared_error", "absolute_error", "huber")


def _make(name):
    return make_distribution(name, LEVELS)


def _raw(name, n=6, seed=0, spread=1.0):
    """What a network may give."""
    rng = np.random.default_rng(seed)
    return spread * rng.standard_normal((n, _make(name).n_parameters))


def _targets(name, n=6, seed=1):
    rng = np.random.default_rng(seed)
    if name == "negative_binomial":
        return rng.integers(0, 9, n).astype(float)
    if name == "zero_inflated_gamma":
        return rng.gamma(1.0, 2.0, n) * (np.arange(n) % 3 > 0)
    return 2 * rng.standard_normal(n)


def _loss(name, raw, target, dtype=torch.float64):
    raw, target = torch.as_tensor(raw, dtype=dtype), torch.as_tensor(target, dtype=dtype)
    return _make(name).loss(raw, target)


def _log_density(name, natural, y):
    """Of scipy, for one set of natural parameters."""
    if name == "gaussian":
        return stats.norm(natural[0], natural[1]).logpdf(y)
    if name == "student_t":
        return stats.t(natural[2], natural[0], natural[1]).logpdf(y)
    if name == "negative_binomial":
        r = 1 / natural[1]
        return stats.nbinom(r, r / (r + natural[0])).logpmf(y)
    wet = stats.gamma(natural[1], scale=natural[2])
    return np.log(natural[0]) if y == 0 else np.log1p(-natural[0]) + wet.logpdf(y)


# The loss


@pytest.mark.parametrize("name", DENSITIES)
@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-10), (torch.float32, 2e-5)])
def test_loss_is_the_negative_log_density(name, dtype, tolerance):
    raw, target = _raw(name, n=200, spread=2.0), _targets(name, n=200)
    natural = _make(name).natural(raw)
    expected = [-_log_density(name, *row) for row in zip(natural, target, strict=True)]
    loss = _loss(name, raw, target, dtype)
    assert loss.dtype == dtype
    np.testing.assert_allclose(loss, expected, rtol=tolerance, atol=tolerance)


def test_loss_is_that_of_torch_where_torch_has_it():
    raw, target = torch.as_tensor(_raw("student_t")), torch.as_tensor(_targets("student_t"))
    loc, scale, df = torch.as_tensor(_make("student_t").natural(raw.numpy())).unbind(-1)
    theirs = -torch.distributions.StudentT(df, loc, scale).log_prob(target)
    torch.testing.assert_close(_make("student_t").loss(raw, target), theirs)
    raw = torch.as_tensor(_raw("negative_binomial"))
    target = torch.as_tensor(_targets("negative_binomial"))
    mean, dispersion = torch.as_tensor(_make("negative_binomial").natural(raw.numpy())).unbind(-1)
    theirs = torch.distributions.NegativeBinomial(1 / dispersion, logits=(mean * dispersion).log())
    mine = _make("negative_binomial").loss(raw, target)
    torch.testing.assert_close(mine, -theirs.log_prob(target))


def test_quantile_loss_is_the_mean_pinball_loss():
    raw, target = _raw("quantile", n=30), _targets("quantile", n=30)
    losses = [mean_pinball_loss(target, raw[:, i], alpha=q) for i, q in enumerate(LEVELS)]
    assert float(_loss("quantile", raw, target).mean()) == pytest.approx(np.mean(losses))


def test_point_losses_are_their_formulas():
    raw, target = _raw("huber", n=40, spread=2.0), _targets("huber", n=40)
    error = np.abs(target - raw[:, 0])
    np.testing.assert_allclose(_loss("squared_error", raw, target), error**2)
    np.testing.assert_allclose(_loss("absolute_error", raw, target), error)
    huber = np.where(error <= 1, error**2 / 2, error - 0.5)
    np.testing.assert_allclose(_loss("huber", raw, target), huber)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_gradient_is_that_of_finite_differences(name):
    raw = torch.tensor(_raw(name, spread=2.0), requires_grad=True)
    target = torch.as_tensor(_targets(name))
    assert torch.autograd.gradcheck(lambda raw: _make(name).loss(raw, target), (raw,))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_shapes_go_through(name):
    distribution, rng = _make(name), np.random.default_rng(0)
    raw = rng.standard_normal((2, 3, 4, distribution.n_parameters))
    single = distribution.loss(torch.as_tensor(raw).float(), torch.ones(2, 3, 4))
    assert single.dtype == torch.float32
    assert distribution.loss(torch.as_tensor(raw), torch.ones(2, 3, 4)).shape == (2, 3, 4)
    drawn = distribution.sample_step(torch.as_tensor(raw), torch.Generator().manual_seed(0))
    assert drawn.shape == (2, 3, 4)
    natural = distribution.natural(raw)
    assert natural.shape == raw.shape
    assert distribution.mean(natural).shape == (2, 3, 4)
    assert distribution.quantile(natural, [0.2, 0.7]).shape == (2, 3, 4, 2)
    assert distribution.cdf(natural, np.zeros((3, 4))).shape == (2, 3, 4)
    assert distribution.sample(natural, rng, 5).shape == (5, 2, 3, 4)
    level, scale = np.zeros((2, 1, 4)), np.ones((2, 1, 4))
    np.testing.assert_allclose(distribution.rescale(natural, level, scale), natural)


@pytest.mark.parametrize("name", ["gaussian", "student_t", *POINTS])
def test_first_raw_number_is_the_location(name):
    raw = _raw(name)
    np.testing.assert_array_equal(_make(name).mean(_make(name).natural(raw)), raw[:, 0])


# Extremes, in 32 bits

HUGE = {
    "gaussian": (-1e6, -30.0, 0.0, 30.0, 1e6),
    "student_t": (-1e6, -30.0, 0.0, 30.0, 1e6),
    "negative_binomial": (-1e6, -30.0, 0.0, 30.0, 1e6, 1e9),
    "zero_inflated_gamma": (-1e6, -30.0, 0.0, 30.0, 1e6, 1e9),
    "quantile": (-1e6, 0.0, 1e6),
}
FAR = {
    "gaussian": (-1e6, 0.0, 1e6),
    "student_t": (-1e6, 0.0, 1e6),
    "negative_binomial": (0.0, 1.0, 1e6),
    "zero_inflated_gamma": (0.0, 1e-30, 1.0, 1e6),
    "quantile": (-1e6, 0.0, 1e6),
}


def _extremes(name):
    n_parameters = _make(name).n_parameters
    rows = list(itertools.product(itertools.product(HUGE[name], repeat=n_parameters), FAR[name]))
    return np.array([row for row, _ in rows]), np.array([target for _, target in rows])


@pytest.mark.parametrize("name", SPREAD)
def test_extreme_numbers_give_finite_losses_and_gradients(name):
    raw, target = _extremes(name)
    raw = torch.tensor(raw, dtype=torch.float32, requires_grad=True)
    loss = _make(name).loss(raw, torch.as_tensor(target, dtype=torch.float32))
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(raw.grad).all()


@pytest.mark.parametrize("name", SPREAD)
def test_extreme_numbers_give_finite_forecasts(name):
    raw, target = _extremes(name)
    distribution, rng = _make(name), np.random.default_rng(0)
    natural = distribution.natural(raw)
    assert np.isfinite(distribution.mean(natural)).all()
    quantiles = distribution.quantile(natural, [0.01, 0.5, 0.99])
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert np.isfinite(distribution.sample(natural, rng, 2)).all()
    share = distribution.cdf(natural, target)
    assert ((share >= 0) & (share <= 1)).all()
    drawn = distribution.sample_step(torch.as_tensor(raw).float(), torch.Generator())
    assert torch.isfinite(drawn).all()


@pytest.mark.parametrize(
    "name, raw, target",
    [
        ("student_t", [0.3, 0.1, 3e5], 1.7),
        ("negative_binomial", [3.0, -30.0], 25.0),
        ("negative_binomial", [8.0, -12.0], 2900.0),
        ("zero_inflated_gamma", [-1.0, 3e4, 2.0], 2.13),
    ],
)
def test_gradients_of_32_bits_are_right_close_to_a_limit(name, raw, target):
    """There the differences of ``lgamma`` and ``digamma`` cancel to nothing."""
    gradients = []
    for dtype in (torch.float32, torch.float64):
        at = torch.tensor(raw, dtype=dtype, requires_grad=True)
        _make(name).loss(at, torch.tensor(target, dtype=dtype)).backward()
        gradients.append(at.grad.double())
    torch.testing.assert_close(*gradients, rtol=2e-3, atol=5e-4)


def test_negative_binomial_becomes_poisson():
    counts = np.arange(40.0)
    for mean in (0.1, 3.0, 12.0):
        raw = np.tile([np.log(mean), -40.0], (40, 1))
        poisson = stats.poisson(mean)
        loss = _loss("negative_binomial", raw, counts)
        np.testing.assert_allclose(loss, -poisson.logpmf(counts), atol=1e-3)
        natural = _make("negative_binomial").natural(raw[0])
        cdf = _make("negative_binomial").cdf(natural, counts)
        np.testing.assert_allclose(cdf, poisson.cdf(counts), atol=1e-4)


def test_quantiles_of_large_counts_are_close_to_those_of_small_ones():
    """From a mean of a million on they come from a gamma distribution instead."""
    for dispersion in (1e-6, 0.05, 2.0):
        natural = np.array([[1e6, dispersion], [1e6 + 1e-6, dispersion]])
        exact, near = _make("negative_binomial").quantile(natural, [0.05, 0.5, 0.99])
        deviation = np.sqrt(1e6 + dispersion * 1e12)
        np.testing.assert_allclose(near, exact, rtol=0, atol=1e-3 * deviation + 1)


def test_student_t_becomes_gaussian():
    raw, target = _raw("gaussian"), _targets("gaussian")
    heavy = np.column_stack([raw, np.full(len(raw), 1e6)])
    gaussian = _loss("gaussian", raw, target)
    torch.testing.assert_close(_loss("student_t", heavy, target), gaussian, rtol=1e-4, atol=0)


# What is said of one distribution agrees


def _grid(name, natural):
    """Values that reach far into both tails."""
    low, high = _make(name).quantile(natural, [1e-9, 1 - 1e-9])
    return np.linspace(low, high, 200_001)


@pytest.mark.parametrize("name", ["gaussian", "student_t", "zero_inflated_gamma", "quantile"])
def test_mean_is_the_integral_of_the_cdf(name):
    distribution = _make(name)
    for natural in distribution.natural(_raw(name, spread=0.7)):
        x = _grid(name, natural)
        cdf = distribution.cdf(np.broadcast_to(natural, (len(x), len(natural))), x)
        # E y = x_0 + the integral of 1 - F from x_0 on
        mean = x[0] + integrate.trapezoid(1 - cdf, x)
        assert mean == pytest.approx(float(distribution.mean(natural)), abs=1e-3)


@pytest.mark.parametrize("name", ["gaussian", "student_t", "zero_inflated_gamma", "quantile"])
def test_quantiles_invert_the_cdf(name):
    distribution = _make(name)
    levels = np.array([0.001, 0.02, 0.1, 0.35, 0.5, 0.77, 0.9, 0.99])
    natural = distribution.natural(_raw(name))
    at = distribution.quantile(natural, levels)
    share = distribution.cdf(natural[:, None], at)
    above_zero = at != 0 if name == "zero_inflated_gamma" else np.isfinite(at)
    assert above_zero.any()
    np.testing.assert_allclose(share[above_zero], np.broadcast_to(levels, at.shape)[above_zero])
    if name == "zero_inflated_gamma":
        dry = np.broadcast_to(natural[:, :1], at.shape)
        np.testing.assert_array_equal(at == 0, levels <= dry)


def test_counts_add_up():
    distribution = _make("negative_binomial")
    counts = np.arange(10_000.0)
    for natural in distribution.natural(_raw("negative_binomial")):
        cdf = distribution.cdf(natural, counts)
        density = [np.exp(_log_density("negative_binomial", natural, y)) for y in range(50)]
        np.testing.assert_allclose(np.diff(cdf[:50], prepend=0), density, atol=1e-12)
        assert np.sum(1 - cdf) == pytest.approx(natural[0], rel=1e-6)
        assert distribution.cdf(natural, -0.5) == 0
        assert distribution.cdf(natural, 3.7) == cdf[3]
        levels = np.array([0.01, 0.3, 0.5, 0.9, 0.999])
        expected = np.searchsorted(cdf, levels)  # the first count with F >= q
        np.testing.assert_array_equal(distribution.quantile(natural, levels), expected)


@pytest.mark.parametrize("name", ["gaussian", "student_t", "zero_inflated_gamma"])
def test_loss_and_cdf_are_of_one_distribution(name):
    distribution, step = _make(name), 1e-5
    raw = _raw(name)
    y = np.abs(_targets(name)) + 0.1
    natural = distribution.natural(raw)
    rise = distribution.cdf(natural, y + step) - distribution.cdf(natural, y - step)
    density = torch.exp(-_loss(name, raw, y))
    np.testing.assert_allclose(density, rise / (2 * step), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", POINTS)
def test_points_are_certain(name):
    point, natural = _make(name), np.array([[2.0], [3.0]])
    np.testing.assert_array_equal(point.quantile(natural, [0.1, 0.9]), [[2, 2], [3, 3]])
    np.testing.assert_array_equal(point.sample(natural, None, 2), [[2, 3], [2, 3]])
    np.testing.assert_array_equal(point.cdf(natural, [2.0, 2.9]), [1, 0])


# Quantiles


def test_crossing_quantiles_are_sorted():
    natural = _make("quantile").natural(np.array([3.0, 1.0, 2.0, 5.0, 4.0]))
    np.testing.assert_array_equal(natural, [1, 2, 3, 4, 5])
    np.testing.assert_allclose(_make("quantile").quantile(natural, LEVELS), natural)


def test_tails_are_those_of_an_exponential_and_a_line_lies_between():
    natural = np.array([1.0, 2.0, 2.5, 4.0, 6.0])
    between, left, right = _make("quantile").quantile(natural, [0.2, 0.01, 0.999])
    assert between == pytest.approx(1.5)
    assert left == pytest.approx(1 - np.log(10) / np.log(3))
    assert right == pytest.approx(6 + 2 * np.log(100) / np.log(2))


def test_quantiles_that_coincide_are_a_jump():
    distribution = make_distribution("quantile", (0.2, 0.4, 0.6, 0.8))
    natural = np.array([0.0, 0.0, 1.0, 1.0])
    shares = [float(distribution.cdf(natural, y)) for y in (-1e-9, 0.0, 0.5, 1 - 1e-9, 1.0)]
    assert shares == pytest.approx([0, 0.4, 0.5, 0.6, 1])
    drawn = distribution.sample(natural, np.random.default_rng(0), 4000)
    assert np.mean(drawn == 0) == pytest.approx(0.4, abs=0.03)


def test_one_quantile_is_one_value():
    distribution = make_distribution("quantile", [0.9])
    natural = np.array([[2.0], [3.0]])
    np.testing.assert_array_equal(distribution.quantile(natural, [0.5, 0.9]), [[2, 2], [3, 3]])
    np.testing.assert_array_equal(distribution.mean(natural), [2, 3])
    np.testing.assert_array_equal(distribution.cdf(natural, 2.5), [1, 0])


# Draws


def _one(name):
    """Raw and natural parameters of one distribution with four moments."""
    raw = {
        "gaussian": [1.0, 0.5],
        "student_t": [1.0, 0.5, 5.0],
        "negative_binomial": [1.2, -0.5],
        "zero_inflated_gamma": [-0.6, 1.0, 1.5],
        "quantile": [-1.0, 0.0, 0.2, 1.5, 2.5],
    }[name]
    return np.array(raw), _make(name).natural(np.array(raw))


def _drawn(name, by):
    raw, natural = _one(name)
    n = 20_000
    if by == "sample":
        return _make(name).sample(natural, np.random.default_rng(3), n)
    generator = torch.Generator().manual_seed(3)
    return _make(name).sample_step(torch.tensor(raw).float().expand(n, -1), generator).numpy()


@pytest.mark.parametrize("name", SPREAD)
@pytest.mark.parametrize("by", ["sample", "sample_step"])
def test_draws_follow_the_distribution(name, by):
    drawn, (_, natural) = _drawn(name, by).astype(float), _one(name)
    distribution = _make(name)
    error = drawn.std() / np.sqrt(len(drawn))
    assert drawn.mean() == pytest.approx(float(distribution.mean(natural)), abs=4 * error)
    if distribution.discrete or name == "zero_inflated_gamma":  # shares at jumps, and elsewhere
        for at in (0.0, 1.0, 2.0, 5.0):
            share = distribution.cdf(natural, at)
            assert np.mean(drawn <= at) == pytest.approx(float(share), abs=0.015)
        return
    rows = np.broadcast_to(natural, (len(drawn), len(natural)))
    assert stats.kstest(distribution.cdf(rows, drawn), "uniform").pvalue > 1e-3


def test_variances_are_those_of_the_formulas():
    drawn, (_, (mean, dispersion)) = (
        _drawn("negative_binomial", "sample"),
        _one("negative_binomial"),
    )
    assert drawn.var() == pytest.approx(mean + dispersion * mean**2, rel=0.05)
    drawn, (_, (_, scale, df)) = _drawn("student_t", "sample"), _one("student_t")
    assert drawn.var() == pytest.approx(scale**2 * df / (df - 2), rel=0.1)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_draws_are_those_of_the_generator_given_and_of_no_other(name):
    raw, distribution = torch.as_tensor(_raw(name)), _make(name)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first, again = (
        distribution.sample_step(raw, torch.Generator().manual_seed(5)) for _ in range(2)
    )
    torch.testing.assert_close(first, again)
    assert torch.equal(before, torch.get_rng_state())
    if name in SPREAD:
        generator = torch.Generator().manual_seed(5)
        pair = [distribution.sample_step(raw.repeat(20, 1), generator) for _ in range(2)]
        assert not torch.equal(*pair)
        assert first.dtype == raw.dtype


def test_amounts_may_be_exactly_zero():
    drawn = _drawn("zero_inflated_gamma", "sample")
    raw, natural = _one("zero_inflated_gamma")
    assert np.mean(drawn == 0) == pytest.approx(natural[0], abs=0.015)
    dry = _loss("zero_inflated_gamma", raw, 0.0)
    assert float(dry) == pytest.approx(-np.log(natural[0]))


# Other units


@pytest.mark.parametrize("name", ["gaussian", "student_t", "quantile", *POINTS])
def test_rescaled_parameters_are_those_of_the_shifted_and_scaled_value(name):
    distribution, level, scale = _make(name), -7.0, 3.0
    natural = distribution.natural(_raw(name))
    moved = distribution.rescale(natural, level, scale)
    np.testing.assert_allclose(distribution.mean(moved), level + scale * distribution.mean(natural))
    q = [0.05, 0.5, 0.93]
    expected = level + scale * distribution.quantile(natural, q)
    np.testing.assert_allclose(distribution.quantile(moved, q), expected)
    assert distribution.scaling == "window"


def test_amounts_are_scaled_and_never_shifted():
    rain = _make("zero_inflated_gamma")
    natural = rain.natural(_raw("zero_inflated_gamma"))
    inches = rain.rescale(natural, 0.0, 1 / 25.4)
    np.testing.assert_allclose(rain.cdf(inches, 0.1), rain.cdf(natural, 2.54))
    assert rain.scaling == "mean"
    with pytest.raises(ValueError, match=r"scaled but not shifted.*level must be 0, got 3"):
        rain.rescale(natural, 3.0, 1.0)


def test_counts_stay_as_they_are():
    counts = _make("negative_binomial")
    natural = counts.natural(_raw("negative_binomial"))
    assert counts.rescale(natural, 0.0, 1.0) is natural
    assert counts.scaling == "log"
    with pytest.raises(ValueError, match=r"neither shifted nor scaled.*got 0 and 1 to 2"):
        counts.rescale(natural, 0.0, np.array([1.0, 2.0, 1, 1, 1, 1]))


# Names


def test_every_name_makes_a_distribution_that_knows_it_and_can_be_pickled():
    for name in DISTRIBUTIONS:
        again = pickle.loads(pickle.dumps(_make(name)))
        assert again.name == name
        assert again.n_parameters == _make(name).n_parameters


def test_flags_say_where_the_values_lie():
    assert {name for name in DISTRIBUTIONS if _make(name).discrete} == {"negative_binomial"}
    positive = {name for name in DISTRIBUTIONS if _make(name).positive}
    assert positive == {"negative_binomial", "zero_inflated_gamma"}


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match=r"loss must be one of 'squared_error', .*, got 'gauss'"):
        make_distribution("gauss")


@pytest.mark.parametrize("quantiles", [[], [0.5, 0.1], [0.5, 0.5], [0.0, 0.5], [0.5, 1.0]])
def test_what_is_no_ascending_list_of_levels_is_refused(quantiles):
    with pytest.raises(ValueError, match="quantiles must"):
        make_distribution("quantile", quantiles)


def test_levels_to_predict_must_lie_between_0_and_1():
    with pytest.raises(ValueError, match="quantiles must lie between 0 and 1"):
        _make("gaussian").quantile(np.array([0.0, 1.0]), [0.5, 1.0])
