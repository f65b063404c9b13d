"""The examples of the README, which shows what this prints."""

import numpy as np
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sksequence import (
    RNNClassifier,
    RNNRegressor,
    Seq2SeqTransformer,
    TokenEncoder,
    Word2VecEmbedder,
    make_windows,
)
from sksequence.datasets import load_reviews, make_dates, make_promoters, make_rainfall

# sentiment
reviews = load_reviews()
model = make_pipeline(Word2VecEmbedder(random_state=0), RNNClassifier(random_state=0))
model.fit(reviews.data, reviews.target)
print(model.predict(["I would go again tomorrow.", "Nothing about it works."]))

# DNA
X, y = make_promoters(1000, random_state=0)
motifs = RNNClassifier(
    embedding_size=None,
    conv_size=32,
    conv_width=9,
    bidirectional=True,
    pooling="max",
    random_state=0,
)
letters = make_pipeline(TokenEncoder(analyzer="char"), motifs)
print(cross_val_score(letters, X, y, cv=3).mean().round(1))

# dates, letter by letter
X, y = make_dates(2000, random_state=0)
writer = Seq2SeqTransformer(
    analyzer="char", hidden_size=64, learning_rate=0.01, max_epochs=12, random_state=0
)
print(writer.fit(X, y).transform(["Sunday the 3rd of May 1998"]))

# ragged numbers
rng = np.random.default_rng(0)
X = [rng.normal(size=n).cumsum() for n in rng.integers(3, 30, size=400)]
y = ["up" if x[-1] > x[0] else "down" for x in X]
print(cross_val_score(RNNClassifier(random_state=0), X, y).mean().round(1))

# tomorrow's rain from the last 30 days
rain = make_rainfall(3650, random_state=0)
X, y = make_windows(np.log1p(rain), lookback=30)
tomorrow = RNNRegressor(loss="absolute_error", random_state=0).fit(X[:-365], y[:-365])
actual = np.expm1(y[-365:])
error = np.abs(np.expm1(tomorrow.predict(X[-365:])) - actual).mean()
print(
    f"{error:.1f} mm; always zero: {actual.mean():.1f}, as today: {actual.diff().abs().mean():.1f}"
)
