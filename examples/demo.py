"""The main job in four scenes: sentiment, promoters, rain, prices.

Runs in under three minutes on two cores, on data that come with the package. With the
environment variable SKSEQUENCE_DATA (a folder of the real sets) it runs on those instead:
restaurant and film reviews become 10,662 film sentences, generated promoters the 106 of
E. coli, generated weather that of Hong Kong, generated prices the S&P 500.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline

from sksequence import (
    RNNClassifier,
    RNNRegressor,
    TokenEncoder,
    Word2VecEmbedder,
    make_windows,
    summary,
)
from sksequence.datasets import (
    fetch_hong_kong_rainfall,
    fetch_movie_reviews,
    fetch_promoters,
    fetch_sp500,
    load_reviews,
    make_prices,
    make_promoters,
    make_rainfall,
)

REAL = "SKSEQUENCE_DATA" in os.environ
PICTURES = Path("demo_pictures")


def sentiment():
    """Is a review positive? A search over a pipeline from words to labels."""
    reviews = fetch_movie_reviews() if REAL else load_reviews()
    train, test, y_train, y_test = train_test_split(
        reviews.data, reviews.target, test_size=0.2, stratify=reviews.target, random_state=0
    )
    print(f"{len(train)} reviews to learn from, {len(test)} to be judged by. One of them:")
    print(f"  {train[3]!r} -> {y_train[3]}")
    pipeline = make_pipeline(
        Word2VecEmbedder(random_state=0), RNNClassifier(dropout=0.5, random_state=0)
    )
    grid = {
        "word2vecembedder__vector_size": [50, 100],
        "rnnclassifier__pooling": ["last", "max"],
    }
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2, verbose=3)
    search.fit(train, y_train)
    table = pd.DataFrame(search.cv_results_).filter(regex="^param_|^(mean|std)_test")
    table.columns = ["pooling", "vector size", "accuracy", "+-"]
    print(table.round(3).to_string(index=False))
    predicted = search.predict(test)
    print(classification_report(y_test, predicted))
    words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10))
    baseline = words.fit(train, y_train).score(test, y_test)
    accuracy = search.score(test, y_test)
    print(f"accuracy {accuracy:.3f}; a bag of words has {baseline:.3f}")
    print(verdict(accuracy, baseline, len(test)))
    print(summary(search.best_estimator_))
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    history = pd.DataFrame(search.best_estimator_[-1].history_).set_index("epoch")
    losses = history.filter(like="loss")
    losses.plot(ax=left, marker="o", ylabel="cross-entropy", title="training of the best pipeline")
    ConfusionMatrixDisplay.from_predictions(y_test, predicted, ax=right, colorbar=False)
    right.set_title("reviews held out")
    save(figure, "sentiment")


def verdict(accuracy, baseline, n):
    """What two accuracies on the same `n` reviews say about each other."""
    error = np.sqrt(baseline * (1 - baseline) / n)
    if abs(accuracy - baseline) < 2 * error:
        return (
            f"That is no difference: with {n} reviews the standard error is {error:.3f}. On so "
            "little text a network that reads in order is about as good as counting words."
        )
    better = "The network" if accuracy > baseline else "The bag of words"
    return f"{better} is better by more than two standard errors ({error:.3f} each)."


def promoters():
    """Does a gene start here? Letters of DNA, nothing else."""
    if REAL:
        sequences, y = fetch_promoters(return_X_y=True)
    else:
        sequences, y = make_promoters(400, random_state=0)
    print(f"{len(sequences)} sequences of {len(sequences[0])} bases: {sequences[0][:30]}... {y[0]}")
    pipeline = make_pipeline(
        TokenEncoder(analyzer="char"),
        RNNClassifier(
            embedding_size=None,
            conv_size=32,
            conv_width=9,
            hidden_size=16,
            bidirectional=True,
            pooling="attention",
            dropout=0.3,
            max_epochs=40,
            early_stopping=False,
            random_state=0,
        ),
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_score(pipeline, sequences, y, cv=folds)
    letters = make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 4)))
    letters.steps.append(("logisticregression", LogisticRegression(C=10)))
    baseline = cross_val_score(letters, sequences, y, cv=folds).mean()
    print(f"accuracy in 5 folds {scores.mean():.3f} +- {scores.std():.3f}; 1-4-mers {baseline:.3f}")
    pipeline.fit(sequences, y)
    encoded = pipeline[:-1].transform(sequences)
    weights = pipeline[-1].attention_weights(encoded).to_padded()[:, :, 0]
    position = np.arange(weights.shape[1]) - 50  # 0: transcription starts
    peak = position[weights.mean(axis=0).argmax()]
    print(f"attention is highest {peak:+d} bases from the start. It weighs the states of a network")
    print("that reads both ways, so the state that counts need not stand on what was read.")
    figure, axes = plt.subplots(figsize=(8, 3.5), layout="constrained")
    share = ("data", "axes fraction")
    for name, first in (("-35 box", -35), ("-10 box", -12)):  # where they mostly are
        axes.axvspan(first - 0.5, first + 5.5, color="0.9", zorder=0)
        axes.annotate(name, (first + 2.5, 0.97), xycoords=share, ha="center", va="top")
    for label in np.unique(y):
        axes.plot(position, weights[np.asarray(y) == label].mean(axis=0), label=f"class {label}")
    axes.axvline(0, color="0.6", linestyle=":", label="start of transcription")
    axes.set(
        xlabel="bases from the start of transcription",
        ylabel="mean attention",
        title="which states the network weighs, and where the boxes are",
    )
    axes.legend(loc="center left")
    save(figure, "promoters")


def rain():
    """How much will it rain tomorrow? Thirty days in, one number out."""
    if REAL:
        series = fetch_hong_kong_rainfall().target["1990":].fillna(0.0)
    else:
        series = make_rainfall(15 * 365, random_state=0)
    X, y = make_windows(np.log1p(series), lookback=30)
    y = np.expm1(y)  # mm
    angle = 2 * np.pi * y.index.day_of_year.to_numpy() / 365.25
    X = X.with_context(np.column_stack([np.sin(angle), np.cos(angle)]))
    past, future = slice(None, -3 * 365), slice(-3 * 365, None)
    network = RNNRegressor(
        loss="absolute_error", hidden_size=32, batch_size=64, max_epochs=20, random_state=0
    )
    network.fit(X[past], y[past])
    actual = y[future]
    day = y.index.day_of_year
    median = y[past].groupby(day[past]).median().reindex(day[future], method="ffill")
    forecasts = {
        "network": np.maximum(network.predict(X[future]), 0),
        "persistence": y.shift(1)[future].to_numpy(),
        "climatology": median.to_numpy(),
        "always zero": np.zeros(len(actual)),
    }
    print(f"{len(X[past])} days to learn from, {len(actual)} days ahead; errors in mm:")
    errors = {k: np.abs(v - actual.to_numpy()).mean() for k, v in forecasts.items()}
    errors = pd.Series(errors, name="mean absolute error")
    print(errors.round(3).to_string())
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(12, 3.8), layout="constrained", width_ratios=[4, 1]
    )
    year = actual.index[-120].year
    days = actual.index[(actual.index.year == year) & actual.index.month.isin(range(4, 9))]
    shown = actual.index.get_indexer(days)
    left.bar(days, actual.iloc[shown], width=1, color="0.85", label="rain that fell")
    styles = {"persistence": "C1:", "climatology": "C2--", "network": "C0-"}
    for name, style in styles.items():
        left.plot(days, forecasts[name][shown], style, label=name)
    left.set(ylabel="mm", title="rain, and what was forecast the day before")
    left.legend()
    colors = ["C0", "C1", "C2", "0.6"]
    right.barh(errors.index[::-1], errors[::-1], color=colors[::-1])
    right.set(xlabel="mm", title="mean absolute error")
    save(figure, "rain")


def prices():
    """What will the price do tomorrow? Honestly: hardly anything that one can know."""
    if REAL:
        series = fetch_sp500().target
    else:
        series = make_prices(2500, random_state=0)
    returns = 100 * np.log(series).diff().dropna()
    X, y = make_windows(returns, lookback=20)
    n_test = 500
    network = RNNRegressor(
        hidden_size=16, batch_size=64, max_epochs=20, early_stopping=True, random_state=0
    )
    network.fit(X[:-n_test], y[:-n_test])
    predicted = network.predict(X[-n_test:])
    actual = y[-n_test:]
    naive = np.mean(actual**2)  # the price stays where it is
    skill = 1 - np.mean((actual - predicted) ** 2) / naive
    print(f"{len(X) - n_test} days to learn from, {n_test} days ahead, returns in percent")
    print(f"mean squared error of 'no change' {naive:.4f}, skill of the network {skill:+.4f}")
    print("(skill 0 = no better than 'the price stays where it is', 1 = perfect)")
    magnitude = RNNRegressor(
        loss="gamma", hidden_size=16, batch_size=64, max_epochs=20, random_state=0
    )
    size = np.maximum(y**2, 1e-4)
    magnitude.fit(X[:-n_test], size[:-n_test])
    variance = magnitude.predict(X[-n_test:])
    rank = pd.Series(variance).corr(pd.Series(actual.to_numpy() ** 2), method="spearman")
    print(f"how large the move will be is another matter: rank correlation {rank:+.2f}")
    figure, axes = plt.subplots(figsize=(10, 3.5), layout="constrained")
    axes.plot(actual.index, np.abs(actual), color="0.8", label="size of the day's move")
    axes.plot(actual.index, np.sqrt(variance), label="expected the day before")
    axes.set(ylabel="percent", title="volatility can be foreseen, direction cannot")
    axes.legend()
    save(figure, "prices")


def save(figure, name):
    """Write a picture and say where it is."""
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / f"{name}.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"picture: {path.resolve()}")


def main():
    """All scenes, with their times."""
    started = time.perf_counter()
    for scene in (sentiment, promoters, rain, prices):
        print(f"\n=== {scene.__name__}: {scene.__doc__.splitlines()[0]}")
        begun = time.perf_counter()
        scene()
        print(f"({time.perf_counter() - begun:.0f} s)")
    print(f"\nAll in {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    main()
