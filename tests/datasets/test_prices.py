"""Synthetic prices obey the closed forms of GARCH; the S&P 500 is read as it is."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, kurtosis

from sksequence.datasets import fetch_sp500, make_prices


def returns(price: pd.Series, initial_price: float = 100.0) -> np.ndarray:
    return np.diff(np.log(price), prepend=np.log(initial_price))


def test_series_of_business_days():
    price = make_prices(300, start="2005-01-01", random_state=0)
    assert price.name == "price"
    assert price.index.name == "date"
    assert price.index.freqstr == "B"
    assert price.index[0] == pd.Timestamp("2005-01-03")  # the first of January was a Saturday
    assert len(price) == 300
    assert (price > 0).all()


def test_variance_of_returns_is_the_stationary_one():
    """omega / (1 - alpha - beta), started there: each day has it, not only the long run."""
    options = {"omega": 1e-5, "alpha": 0.1, "beta": 0.8, "drift": 0.001}
    price = make_prices(200_000, random_state=0, **options)
    assert returns(price).var() == pytest.approx(1e-5 / 0.1, rel=0.03)
    assert returns(price).mean() == pytest.approx(0.001, abs=4 * 0.01 / np.sqrt(200_000))


def test_kurtosis_has_its_closed_form():
    """3 (1 - (a + b)^2) / (1 - (a + b)^2 - 2 a^2)."""
    alpha, beta = 0.2, 0.3
    price = make_prices(400_000, alpha=alpha, beta=beta, drift=0, random_state=1)
    square = (alpha + beta) ** 2
    expected = 3 * (1 - square) / (1 - square - 2 * alpha**2)
    assert expected > 3.3
    assert kurtosis(returns(price), fisher=False) == pytest.approx(expected, abs=0.1)


def test_autocorrelation_of_squares_has_its_closed_form():
    """rho_1 = a (1 - a b - b^2) / (1 - 2 a b - b^2), then a factor a + b for each lag."""
    alpha, beta = 0.2, 0.4
    price = make_prices(400_000, alpha=alpha, beta=beta, drift=0, random_state=2)
    squares = returns(price) ** 2
    first = alpha * (1 - alpha * beta - beta**2) / (1 - 2 * alpha * beta - beta**2)
    for lag in (1, 2, 3):
        found = np.corrcoef(squares[lag:], squares[:-lag])[0, 1]
        assert found == pytest.approx(first * (alpha + beta) ** (lag - 1), abs=0.02)
    plain = np.corrcoef(returns(price)[1:], returns(price)[:-1])[0, 1]
    assert abs(plain) < 0.01


def test_returns_over_volatility_are_standard_normal():
    price, volatility = make_prices(50_000, drift=0.001, return_volatility=True, random_state=3)
    assert volatility.index.equals(price.index)
    assert kstest((returns(price) - 0.001) / volatility, "norm").pvalue > 0.01


def test_volatility_follows_the_recursion():
    omega, alpha, beta = 3e-6, 0.12, 0.85
    price, volatility = make_prices(
        500,
        omega=omega,
        alpha=alpha,
        beta=beta,
        drift=0.0,
        initial_price=7.0,
        return_volatility=True,
        random_state=4,
    )
    variance, r = volatility.to_numpy() ** 2, returns(price, 7.0)
    np.testing.assert_allclose(variance[0], omega / (1 - alpha - beta))
    np.testing.assert_allclose(variance[1:], omega + alpha * r[:-1] ** 2 + beta * variance[:-1])


def test_without_feedback_volatility_is_constant():
    _, volatility = make_prices(100, alpha=0, beta=0, omega=4e-4, return_volatility=True)
    np.testing.assert_allclose(volatility, 0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_days": -1}, "n_days must be at least 1, got -1"),
        ({"omega": 0}, r"omega must lie in \(0, inf\), got 0"),
        ({"initial_price": -5}, "initial_price must lie in"),
        ({"alpha": 0.3, "beta": 0.7}, "alpha . beta must be below 1.* alpha=0.3 and beta=0.7"),
    ],
)
def test_wrong_arguments_are_named(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        make_prices(**options)


def test_sp500(data_dir):
    index = fetch_sp500(download_if_missing=False)
    assert len(index.target) == 5105
    assert index.target.name == "close"
    assert index.target["2000-01-03"] == 1455.219971
    assert str(index.target.index[-1].date()) == "2020-04-17"
    table = index.frame
    assert table.columns.tolist() == [
        *["open", "high", "low", "close", "adjclose", "volume"],
        *["year_sin", "year_cos"],
    ]
    assert table.notna().all(axis=None)
    assert table.index.is_unique
    assert (table["low"] <= table["close"]).all()
    assert (table["close"] <= table["high"]).all()
    assert (table["close"] == table["adjclose"]).all()
    assert kurtosis(np.diff(np.log(index.target)), fisher=False) > 3
    assert index.data.columns.tolist() == index.feature_names == ["year_sin", "year_cos"]
    assert "S&P 500" in index.DESCR
