"""A small estimator of each kind, what it is fitted on, and what it is asked."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sksequence import (
    CTCTranscriber,
    LogMelSpectrogram,
    NaiveForecaster,
    PerStep,
    RNNClassifier,
    RNNForecaster,
    RNNLanguageModel,
    RNNRegressor,
    RNNTagger,
    Seq2SeqTransformer,
    SequenceArray,
    SequenceAutoencoder,
    SequenceCaptioner,
    SequenceColumns,
    SequenceScaler,
    TokenEncoder,
    WindowForecaster,
    Word2VecEmbedder,
    WordFeatures,
)
from sksequence.cells import GRU, LeakyRNN
from sksequence.inputs import Channel

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(2, 9, size=24)
OFFSETS = np.append(0, np.cumsum(LENGTHS))
NUMBERS = SequenceArray(RNG.normal(size=(OFFSETS[-1], 3)), OFFSETS)
IDS = RNG.integers(0, 12, size=OFFSETS[-1])
SYMBOLS = SequenceArray(IDS, OFFSETS, n_tokens=12)
VECTORS = NUMBERS.with_channel("values", Channel(IDS, 12, RNG.normal(size=(12, 4))))
CHANNELS = NUMBERS.with_channel("word", SYMBOLS.only).with_context(RNG.normal(size=(24, 2)))
LABELS = np.array(["no", "yes"])[np.arange(24) % 2]
AMOUNTS = RNG.gamma(2.0, size=24)
TEXTS = ["the dog sees the cat", "a cat sleeps", "the old dog sleeps", "a dog and a cat"] * 6
ANSWERS = ["der Hund", "die Katze schläft", "der alte Hund", "Hund und Katze"] * 6
TAGS = [["X" if len(word) > 2 else "O" for word in text.split()] for text in TEXTS]
WORDS = [text.split() for text in TEXTS]
STEP_LABELS = np.split(np.array(["a", "b"])[IDS % 2], OFFSETS[1:-1])
SPOKEN = ["ab", "a", "", "ba"] * 6
SCENES = RNG.normal(size=(24, 4, 5))

WAVES = [np.sin(np.arange(n) / 3) for n in (900, 1500)]

QUICK = {"hidden_size": 5, "max_epochs": 2, "random_state": 0}
NET = {"hidden_size": 5, "max_epochs": 1, "random_state": 0}

DAYS = pd.date_range("2024-01-01", periods=60, freq="D", tz="Europe/Berlin", name="day")
DAILY = pd.DataFrame(
    {"sold": np.sin(np.arange(60)) + 3, "back": np.cos(np.arange(60)) + 3}, index=DAYS
)
PRICES = pd.DataFrame({"price": RNG.normal(size=66)}, index=DAYS.union(DAYS[-6:] + 6 * DAYS.freq))
MONTHS = pd.period_range("2018-01", periods=50, freq="M")
SHOPS = pd.MultiIndex.from_product(
    [["north", "south"], pd.date_range("2024-01-31", periods=30, freq="ME")],
    names=["shop", "month"],
)
PANEL = pd.Series(np.sin(np.arange(60) / 2), index=SHOPS, name="sold")
TABLE = pd.DataFrame(
    {"text": TEXTS, "age": np.arange(24.0), "size": RNG.normal(size=24)},
)


def same(a, b):
    """Whether two answers are the same to the last bit, in the same container."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, SequenceArray):
        return np.array_equal(a.offsets, b.offsets) and np.array_equal(a.values, b.values)
    if isinstance(a, (pd.DataFrame, pd.Series)):
        alike = a.index.dtype == b.index.dtype and list(a.index.names) == list(b.index.names)
        return alike and a.equals(b)
    if isinstance(a, np.ndarray) and a.dtype == object:
        return a.shape == b.shape and all(map(same, a.ravel(), b.ravel()))
    return np.array_equal(a, b)


def predict(fitted, X):
    return fitted.predict(X)


def transform(fitted, X):
    return fitted.transform(X)


def probabilities(fitted, X):
    return fitted.predict_proba(X)


def scores(fitted, X):
    return fitted.score_samples(X), fitted.sample(2, max_steps=5, random_state=0)


def forecasts(fitted, X):
    return fitted.predict(X), fitted.predict(X)


class Case(NamedTuple):
    """What is fitted, on what, and what is asked of it about which data."""

    estimator: Any
    X: Any
    y: Any
    answer: Callable
    asked: Any


def case(estimator, X, y, answer, asked=None):
    return Case(estimator, X, y, answer, X if asked is None else asked)


CASES = {
    "classifier": case(RNNClassifier(**QUICK), NUMBERS, LABELS, probabilities),
    "classifier, all options": case(
        RNNClassifier(
            hidden_size=[5, 4],
            cell=GRU(),
            bidirectional=True,
            pooling="attention",
            dropout=0.3,
            conv_size=3,
            context_at="both",
            max_epochs=2,
            random_state=np.random.RandomState(0),
        ),
        CHANNELS,
        LABELS,
        probabilities,
    ),
    "classifier of vectors": case(RNNClassifier(**QUICK), VECTORS, LABELS, probabilities),
    "classifier, several labels": case(
        RNNClassifier(**QUICK), NUMBERS, RNG.integers(0, 2, (24, 3)), predict
    ),
    "regressor": case(
        RNNRegressor(cell=LeakyRNN(tau=3.0), dtype="float64", **QUICK), NUMBERS, AMOUNTS, predict
    ),
    "regressor of quantiles": case(
        RNNRegressor(loss="quantile", quantile=[0.1, 0.5], **QUICK), SYMBOLS, AMOUNTS, predict
    ),
    "forecaster of days": case(
        RNNForecaster(lookback=7, horizon=3, seasonality=7, calendar=["day_of_week"], **QUICK),
        PRICES[:60],
        DAILY,
        forecasts,
        PRICES[60:],
    ),
    "forecaster of months": case(
        RNNForecaster(lookback=6, horizon=2, target_transform="difference", **QUICK),
        None,
        pd.Series(np.arange(50.0), index=MONTHS),
        predict,
        3,
    ),
    "forecaster of a panel": case(
        RNNForecaster(lookback=6, horizon=2, loss="gaussian", **QUICK), None, PANEL, predict, 4
    ),
    "window forecaster": case(
        WindowForecaster(Ridge(), lookback=5, horizon=2), None, DAILY["sold"], predict, 3
    ),
    "window forecaster, its own": case(
        WindowForecaster(lookback=3, random_state=0), None, DAILY["sold"], predict, 3
    ),
    "naive forecaster": case(
        NaiveForecaster(strategy="climatology", seasonality=7), None, PANEL, predict, 3
    ),
    "translator": case(Seq2SeqTransformer(attention="additive", **NET), TEXTS, ANSWERS, transform),
    "translator of subwords": case(
        Seq2SeqTransformer(analyzer="subword", beam_size=2, **NET), TEXTS, ANSWERS, transform
    ),
    "autoencoder": case(SequenceAutoencoder(**NET), NUMBERS, None, transform),
    "autoencoder of texts": case(SequenceAutoencoder(**NET), TEXTS, None, transform),
    "captioner": case(SequenceCaptioner(**NET), SCENES, ANSWERS, transform),
    "language model of texts": case(RNNLanguageModel(**NET), TEXTS, None, scores),
    "language model of numbers": case(
        RNNLanguageModel(length_model="poisson", **NET), NUMBERS, None, scores
    ),
    "tagger": case(RNNTagger(output="crf", **QUICK), WORDS, TAGS, predict),
    "tagger of numbers": case(RNNTagger(**QUICK), NUMBERS, STEP_LABELS, predict),
    "transcriber": case(CTCTranscriber(**QUICK), NUMBERS, SPOKEN, predict),
    "embedder, classifier": case(
        make_pipeline(
            Word2VecEmbedder(vector_size=6, epochs=2, random_state=0), RNNClassifier(**QUICK)
        ),
        TEXTS,
        LABELS,
        probabilities,
    ),
    "pooled embedder, logistic": case(
        make_pipeline(
            Word2VecEmbedder(vector_size=6, pooling="mean", epochs=2, random_state=0),
            StandardScaler(),
            FunctionTransformer(np.tanh),
            LogisticRegression(),
        ),
        TEXTS,
        LABELS,
        probabilities,
    ),
    "k-mers": case(TokenEncoder(analyzer="kmer", k=2), TEXTS, None, transform),
    "subwords": case(TokenEncoder(analyzer="subword"), TEXTS, None, transform),
    "letters": case(TokenEncoder(analyzer="char", lowercase=True), TEXTS, None, transform),
    "word features": case(make_pipeline(WordFeatures(), RNNTagger(**QUICK)), WORDS, TAGS, predict),
    "scaler, principal components": case(
        make_pipeline(SequenceScaler(), PerStep(PCA(2)), RNNRegressor(**QUICK)),
        NUMBERS,
        AMOUNTS,
        predict,
    ),
    "columns": case(
        make_pipeline(
            SequenceColumns(sequence="text", context=["age", "size"]), RNNClassifier(**QUICK)
        ),
        TABLE,
        LABELS,
        probabilities,
    ),
    "spectrogram": case(LogMelSpectrogram(sampling_rate=8000, n_mels=5), WAVES, None, transform),
    "counted words": case(
        make_pipeline(TfidfVectorizer(), LogisticRegression()), TEXTS, LABELS, probabilities
    ),
}
