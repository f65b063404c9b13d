"""Data sets: generators (``make_*``), shipped files (``load_*``) and downloads (``fetch_*``)."""

from sksequence.datasets._bases import fetch_ecoli_promoters, fetch_splice
from sksequence.datasets._captions import fetch_flickr8k
from sksequence.datasets._dated import (
    fetch_air_passengers,
    fetch_etth1,
    fetch_seattle_weather,
    fetch_sunspots,
)
from sksequence.datasets._dates import make_dates
from sksequence.datasets._exchange_rate import fetch_exchange_rate
from sksequence.datasets._fetch import get_data_home
from sksequence.datasets._genes import make_genes
from sksequence.datasets._language import fetch_penn_treebank, fetch_tiny_shakespeare
from sksequence.datasets._long_memory import make_adding_problem, make_copy, make_reber
from sksequence.datasets._m4 import fetch_m4
from sksequence.datasets._mnist import fetch_mnist
from sksequence.datasets._music import fetch_jsb_chorales, fetch_nottingham
from sksequence.datasets._occupancy import fetch_occupancy
from sksequence.datasets._prices import fetch_sp500, make_prices
from sksequence.datasets._promoters import fetch_promoters, make_promoters
from sksequence.datasets._rainfall import fetch_hong_kong_rainfall, make_rainfall
from sksequence.datasets._rearranged import make_reversal, make_sorting
from sksequence.datasets._sentiment import fetch_labelled_sentences, fetch_sst2
from sksequence.datasets._shapes import make_moving_shapes
from sksequence.datasets._shipped_series import load_air_passengers, load_sunspots
from sksequence.datasets._similarity import fetch_word_similarity
from sksequence.datasets._spoken import fetch_spoken_digits
from sksequence.datasets._surnames import fetch_surnames
from sksequence.datasets._tagged import fetch_atis, fetch_conll2003
from sksequence.datasets._text import fetch_movie_reviews, load_reviews
from sksequence.datasets._translation import fetch_multi30k
from sksequence.datasets._vowels import fetch_japanese_vowels

__all__ = [
    "fetch_air_passengers",
    "fetch_atis",
    "fetch_conll2003",
    "fetch_ecoli_promoters",
    "fetch_etth1",
    "fetch_exchange_rate",
    "fetch_flickr8k",
    "fetch_hong_kong_rainfall",
    "fetch_japanese_vowels",
    "fetch_jsb_chorales",
    "fetch_labelled_sentences",
    "fetch_m4",
    "fetch_mnist",
    "fetch_movie_reviews",
    "fetch_multi30k",
    "fetch_nottingham",
    "fetch_occupancy",
    "fetch_penn_treebank",
    "fetch_promoters",
    "fetch_seattle_weather",
    "fetch_sp500",
    "fetch_splice",
    "fetch_spoken_digits",
    "fetch_sst2",
    "fetch_sunspots",
    "fetch_surnames",
    "fetch_tiny_shakespeare",
    "fetch_word_similarity",
    "get_data_home",
    "load_air_passengers",
    "load_reviews",
    "load_sunspots",
    "make_adding_problem",
    "make_copy",
    "make_dates",
    "make_genes",
    "make_moving_shapes",
    "make_prices",
    "make_promoters",
    "make_rainfall",
    "make_reber",
    "make_reversal",
    "make_sorting",
]
