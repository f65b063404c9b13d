"""Data sets: generators (``make_*``), shipped files (``load_*``) and downloads (``fetch_*``)."""

from sksequence.datasets._fetch import get_data_home
from sksequence.datasets._prices import fetch_sp500, make_prices
from sksequence.datasets._promoters import fetch_promoters, make_promoters
from sksequence.datasets._rainfall import fetch_hong_kong_rainfall, make_rainfall
from sksequence.datasets._text import fetch_movie_reviews, load_reviews

__all__ = [
    "fetch_hong_kong_rainfall",
    "fetch_movie_reviews",
    "fetch_promoters",
    "fetch_sp500",
    "get_data_home",
    "load_reviews",
    "make_prices",
    "make_promoters",
    "make_rainfall",
]
