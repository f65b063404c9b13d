"""The continuous ranked probability score: from samples, and in closed form."""

from typing import Any

import numpy as np

from sksequence.metrics._forecasts import as_columns, as_floats, check_same_rows, last_axis


def continuous_ranked_probability_score(
    y_true: Any, samples: Any, *, fair: bool = True, average: bool = True
) -> Any:
    r"""CRPS of forecasts that are given as samples, such as the paths of a forecaster.

    With samples :math:`x_1, \dots, x_m` for the value :math:`y`,

    .. math::

       \mathrm{CRPS} = \frac1m \sum_i |x_i - y|
       - \frac{1}{2 m (m - 1)} \sum_{i,j} |x_i - x_j|,

    which for independent samples is, in the mean, the score of the distribution that they
    come from, whatever their number ("fair" [2]_). With ``fair=False`` the second sum is divided by
    :math:`m^2` [1]_: the score of the samples taken as the whole distribution, which is larger,
    and more so for fewer samples. For a single number it is the absolute error.

    Parameters
    ----------
    y_true : array-like of shape (n_times,) or (n_times, n_targets)
        Actual values.
    samples : array-like of shape (n_times, n_samples)
        A column for each sample; for several targets ``(n_times, n_targets, n_samples)``, or a
        table with the columns of each target side by side.
    fair : bool, default=True
        Estimate the score of the distribution; fair scores of few samples may be negative.
    average : bool, default=True
        The mean over rows and targets; else an array of the shape of `y_true`.

    Returns
    -------
    score : float or ndarray
        In units of y; less is better.

    Raises
    ------
    ValueError
        When the shapes do not fit, a value is missing, or a fair score is asked for of one
        sample.

    References
    ----------
    .. [1] T. Gneiting and A. E. Raftery, "Strictly proper scoring rules, prediction, and
       estimation", Journal of the American Statistical Association 102:359-378, 2007.
    .. [2] C. A. T. Ferro, "Fair scores for ensemble forecasts", Quarterly Journal of the Royal
       Meteorological Society 140:1917-1923, 2014.

    Examples
    --------
    >>> from sksequence.metrics import continuous_ranked_probability_score
    >>> continuous_ranked_probability_score([2.0], [[0.0, 4.0]], fair=False)
    1.0
    >>> continuous_ranked_probability_score([2.0], [[0.0, 4.0]])
    0.0
    """
    check_same_rows("y_true", y_true, "samples", samples)
    actual = as_columns("y_true", y_true)
    drawn = np.sort(last_axis("samples", actual, samples), axis=2)  # (n_times, n_targets, m)
    m = drawn.shape[2]
    if fair and m < 2:
        raise ValueError(
            "a fair score needs at least 2 samples for each value, got 1: draw more, or set "
            "fair=False, which gives the absolute error."
        )
    # sum_ij |x_i - x_j| = 2 sum_i (2 i - m - 1) x_(i) for sorted x
    spread = 2 * (drawn @ (2 * np.arange(1, m + 1) - m - 1.0))
    misses = np.abs(drawn - actual[:, :, np.newaxis]).mean(axis=2)
    return _averaged(misses - spread / (2 * m * (m - 1 if fair else m)), y_true, average)


def crps_normal(y_true: Any, loc: Any, scale: Any, *, average: bool = True) -> Any:
    r"""CRPS of normal distributions, in closed form.

    With :math:`z = (y - \mu) / \sigma` [1]_,

    .. math::

       \mathrm{CRPS} = \sigma \left( z (2 \Phi(z) - 1) + 2 \varphi(z)
       - \frac{1}{\sqrt\pi} \right).

    Parameters
    ----------
    y_true : array-like
        Actual values.
    loc, scale : array-like that broadcasts with it
        Means and standard deviations.
    average : bool, default=True
        The mean; else one score for each value.

    Returns
    -------
    score : float or ndarray
        From 0, in units of y; less is better.

    Raises
    ------
    ValueError
        When a value is missing or a standard deviation is not positive.

    References
    ----------
    .. [1] T. Gneiting, A. E. Raftery, A. H. Westveld and T. Goldman, "Calibrated probabilistic
       forecasting using ensemble model output statistics and minimum CRPS estimation", Monthly
       Weather Review 133:1098-1118, 2005.

    Examples
    --------
    >>> from sksequence.metrics import crps_normal
    >>> round(crps_normal([0.0], 0.0, 1.0), 4)
    0.2337
    """
    from scipy import special

    y, scale = as_floats("y_true", y_true), _positive("scale", scale)
    z = (y - _numbers("loc", loc)) / scale
    score = (
        z * (2 * special.ndtr(z) - 1)
        + np.sqrt(2 / np.pi) * np.exp(-(z**2) / 2)
        - 1 / np.sqrt(np.pi)
    )
    return _averaged(scale * score, y_true, average)


def crps_student_t(y_true: Any, df: Any, loc: Any, scale: Any, *, average: bool = True) -> Any:
    r"""CRPS of Student's t distributions, in closed form.

    With :math:`z = (y - \mu) / \sigma`, and :math:`f_\nu` and :math:`F_\nu` the standard
    density and distribution function with :math:`\nu` degrees of freedom [1]_,

    .. math::

       \mathrm{CRPS} = \sigma \left( z (2 F_\nu(z) - 1)
       + 2 f_\nu(z) \frac{\nu + z^2}{\nu - 1}
       - \frac{2 \sqrt\nu}{\nu - 1}
       \frac{B(\frac12, \nu - \frac12)}{B(\frac12, \frac\nu2)^2} \right).

    Parameters
    ----------
    y_true : array-like
        Actual values.
    df : array-like that broadcasts with it
        Degrees of freedom, above 1: with fewer there is no mean, and the score is infinite.
    loc, scale : array-like that broadcasts with it
        Locations and scales (not standard deviations).
    average : bool, default=True
        The mean; else one score for each value.

    Returns
    -------
    score : float or ndarray
        From 0, in units of y; less is better.

    Raises
    ------
    ValueError
        When a value is missing, a scale is not positive, or `df` not above 1.

    References
    ----------
    .. [1] A. Jordan, F. Krüger and S. Lerch, "Evaluating probabilistic forecasts with
       scoringRules", Journal of Statistical Software 90(12), 2019, appendix A.

    Examples
    --------
    >>> from sksequence.metrics import crps_normal, crps_student_t
    >>> round(crps_student_t([0.3], 1e6, 0.0, 1.0) - crps_normal([0.3], 0.0, 1.0), 4)
    0.0
    """
    from scipy import special

    y, scale, df = as_floats("y_true", y_true), _positive("scale", scale), _positive("df", df)
    if (df <= 1).any():
        raise ValueError(f"df must be above 1, or the score is infinite, got {df.min():g}.")
    z = (y - _numbers("loc", loc)) / scale
    log_beta = special.betaln(0.5, df / 2)
    density = np.exp(-(df + 1) / 2 * np.log1p(z**2 / df) - log_beta) / np.sqrt(df)
    ratio = np.exp(special.betaln(0.5, df - 0.5) - 2 * log_beta)
    score = z * (2 * special.stdtr(df, z) - 1) + 2 * density * (df + z**2) / (df - 1)
    score = score - 2 * np.sqrt(df) / (df - 1) * ratio
    return _averaged(scale * score, y_true, average)


def crps_zero_inflated_gamma(
    y_true: Any, probability: Any, shape: Any, scale: Any, *, average: bool = True
) -> Any:
    r"""CRPS of amounts that are zero, or else have a gamma distribution: daily rain.

    With the probability :math:`p` of an amount, its shape :math:`k` and scale
    :math:`\theta`, the score is :math:`E|X - y| - \frac12 E|X - X'|` with

    .. math::

       E|X - y| &= (1 - p)\,|y| + p \left( y\,(2 G_k(y) - 1)
       - k\theta\,(2 G_{k+1}(y) - 1) \right), \\
       \tfrac12 E|X - X'| &= p\,(1 - p)\,k\theta + p^2 \frac{\theta}{B(\frac12, k)},

    where :math:`G_k` is the distribution function of the gamma distribution of shape
    :math:`k` and scale :math:`\theta`; with :math:`p = 1` it is the closed form of the gamma
    distribution [1]_.

    Parameters
    ----------
    y_true : array-like
        Actual values.
    probability : array-like that broadcasts with it
        Probability that the amount is not zero; 1 for a gamma distribution.
    shape, scale : array-like that broadcasts with it
        Shape and scale; the mean of an amount is their product.
    average : bool, default=True
        The mean; else one score for each value.

    Returns
    -------
    score : float or ndarray
        From 0, in units of y; less is better.

    Raises
    ------
    ValueError
        When a value is missing, a shape or scale is not positive, or a probability is none.

    References
    ----------
    .. [1] M. Scheuerer and D. Möller, "Probabilistic wind speed forecasting on a grid based on
       ensemble model output statistics", Annals of Applied Statistics 9:1328-1349, 2015.

    Examples
    --------
    >>> from sksequence.metrics import crps_zero_inflated_gamma
    >>> crps_zero_inflated_gamma([0.0, 5.0], 0.0, 1.0, 1.0, average=False)
    array([0., 5.])
    """
    from scipy import special

    y, k, theta = as_floats("y_true", y_true), _positive("shape", shape), _positive("scale", scale)
    p = _numbers("probability", probability)
    if (p < 0).any() or (p > 1).any():
        raise ValueError(
            f"probability must lie between 0 and 1, got values from {p.min():g} to {p.max():g}."
        )
    x = np.maximum(y, 0) / theta
    wet = y * (2 * special.gammainc(k, x) - 1) - k * theta * (2 * special.gammainc(k + 1, x) - 1)
    spread = p * (1 - p) * k * theta + p**2 * theta / special.beta(0.5, k)
    return _averaged((1 - p) * np.abs(y) + p * wet - spread, y_true, average)


def crps_negative_binomial(y_true: Any, n: Any, p: Any, *, average: bool = True) -> Any:
    r"""CRPS of negative binomial distributions of counts, in closed form.

    With the distribution function :math:`F_{n,p}` of the number of failures before
    :math:`n` successes of probability :math:`p` (as in :data:`scipy.stats.nbinom`) [1]_,

    .. math::

       \mathrm{CRPS} = y\,(2 F_{n,p}(y) - 1)
       - n \frac{1 - p}{p^2} \left( p\,(2 F_{n+1,p}(y - 1) - 1)
       + {}_2F_1\left(n + 1, \tfrac12; 2; -\frac{4 (1 - p)}{p^2}\right) \right).

    The mean is :math:`\mu = n (1 - p) / p`; with a dispersion :math:`\alpha`, for the variance
    :math:`\mu + \alpha \mu^2`, take :math:`n = 1 / \alpha` and
    :math:`p = 1 / (1 + \alpha \mu)`.

    Parameters
    ----------
    y_true : array-like
        Actual counts.
    n : array-like that broadcasts with it
        Number of successes, above 0 and not necessarily whole.
    p : array-like that broadcasts with it
        Probability of a success, above 0 and below 1.
    average : bool, default=True
        The mean; else one score for each value.

    Returns
    -------
    score : float or ndarray
        From 0, in counts; less is better.

    Raises
    ------
    ValueError
        When a value is missing, `n` is not positive, or `p` no probability.

    References
    ----------
    .. [1] W. Wei and L. Held, "Calibration tests for count data", TEST 23:787-805, 2014.

    Examples
    --------
    >>> from sksequence.metrics import crps_negative_binomial
    >>> round(crps_negative_binomial([0], 1, 0.5), 4)
    0.3333
    """
    from scipy import special

    y, n, p = as_floats("y_true", y_true), _positive("n", n), _positive("p", p)
    if (p >= 1).any():
        raise ValueError(f"p must lie between 0 and 1, both excluded, got {p.max():g}.")
    gini = special.hyp2f1(n + 1, 0.5, 2, -4 * (1 - p) / p**2)
    below, at = _count_cdf(y - 1, n + 1, p), _count_cdf(y, n, p)
    score = y * (2 * at - 1) - n * (1 - p) / p**2 * (p * (2 * below - 1) + gini)
    return _averaged(score, y_true, average)


def _count_cdf(y: np.ndarray, n: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Distribution function of the negative binomial distribution, 0 below 0."""
    from scipy import special

    whole = np.floor(y)
    return np.where(whole < 0, 0.0, special.betainc(n, np.maximum(whole, 0) + 1, p))


def _numbers(name: str, given: Any) -> np.ndarray:
    return as_floats(name, np.array([given]))[0] if np.ndim(given) == 0 else as_floats(name, given)


def _positive(name: str, given: Any) -> np.ndarray:
    values = _numbers(name, given)
    if not (values > 0).all():
        raise ValueError(f"{name} must be above 0, got {np.min(values):g}.")
    return values


def _averaged(scores: np.ndarray, y_true: Any, average: bool) -> Any:
    return float(np.mean(scores)) if average else scores.reshape(np.shape(y_true))
