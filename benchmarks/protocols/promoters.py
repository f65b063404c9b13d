"""E. coli promoters (Harley and Reynolds; UCI): 106 sequences of 57 bases, leave one out.

The settings were chosen on other data: four draws of 53 + 53 sequences, cut to the same 57
positions, from the set `ecoli_promoters`, by 5-fold cross-validation.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneOut, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from protocols._shared import with_interval
from sksequence import RNNClassifier, TokenEncoder
from sksequence.datasets import fetch_promoters

PUBLISHED = "KBANN 4, BP 8, O'Neill 12, 3-NN 13, ID3 19"
N_SEEDS = 5


def network(seed):
    """Letters, a convolution, a bidirectional LSTM, the mean of its states."""
    return make_pipeline(
        TokenEncoder(analyzer="char"),
        RNNClassifier(
            embedding_size=None,
            conv_size=64,
            conv_width=15,
            hidden_size=16,
            bidirectional=True,
            pooling="mean",
            dropout=0.5,
            weight_decay=1e-3,
            max_epochs=40,
            early_stopping=False,
            random_state=seed,
        ),
    )


def run(data, seed, quick):
    """Errors of 106, ours and one-hot logistic regression."""
    sequences, y = fetch_promoters(data_home=data, return_X_y=True)
    y = np.asarray(y)
    folds = StratifiedKFold(5, shuffle=True, random_state=0) if quick else LeaveOneOut()
    errors = []
    for s in range(seed, seed + (1 if quick else N_SEEDS)):
        predicted = cross_val_predict(network(s), list(sequences), y, cv=folds)
        errors.append(int((predicted != y).sum()))
        print(f"seed {s}: {errors[-1]} errors", flush=True)
    letters = np.array([list(s) for s in sequences])
    baseline = make_pipeline(OneHotEncoder(), LogisticRegression(max_iter=1000))
    wrong = int((cross_val_predict(baseline, letters, y, cv=folds) != y).sum())
    return [
        (f"ours, errors of {len(y)}", with_interval(errors), "aim <= 8, mean of the seeds"),
        ("seeds", ", ".join(map(str, errors)), ""),
        ("one-hot + logistic regression, errors", f"{wrong}", "baseline"),
        ("published, errors", PUBLISHED, ""),
    ]
