"""Targets that name the sequences in another order are refused by every family."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sksequence import (
    CTCTranscriber,
    LogMelSpectrogram,
    RNNClassifier,
    Seq2SeqTransformer,
    SequenceArray,
    SequenceCaptioner,
)

IDS = [f"s{i}" for i in range(12)]
RNG = np.random.default_rng(0)
X = SequenceArray.from_list([RNG.normal(size=(n, 2)) for n in RNG.integers(2, 5, size=12)])
X = SequenceArray(X.channels, X.offsets, names=IDS)
LABELS = pd.Series(["no", "yes"] * 6, index=IDS)
SHUFFLED = LABELS.sample(frac=1, random_state=0)
QUICK = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
ANOTHER = "in another order than X: position"


def as_frame(sequences):
    frames = [pd.DataFrame(steps, columns=["u", "v"]) for steps in sequences]
    return pd.concat(frames, keys=list(sequences.names))


@pytest.mark.parametrize("targets", [lambda y: y, as_frame])
@pytest.mark.parametrize("sources", [lambda x: x, as_frame])
def test_pairs_of_sequences(sources, targets):
    model = Seq2SeqTransformer(**QUICK).fit(sources(X), targets(X))
    with pytest.raises(ValueError, match=f"{ANOTHER} 0 is 's11' in y and 's0' in X"):
        model.fit(sources(X), targets(X[::-1]))
    assert len(model.transform(X)) > 0


def test_the_remedies_of_the_message():
    y, names = X[::-1], X.names
    ordered = y[pd.Index(y.names).get_indexer(names)]
    model = Seq2SeqTransformer(**QUICK).fit(X, ordered)
    model.fit(X, as_frame(y).loc[names])
    model.fit(X, SequenceArray(y.channels, y.offsets))
    model.fit(X, SequenceArray.from_frame(as_frame(y)).to_list())


def test_captions():
    model = SequenceCaptioner(**QUICK, embedding_size=3, encoding_size=3)
    model.fit(X, LABELS)
    with pytest.raises(ValueError, match=ANOTHER):
        model.fit(X, SHUFFLED)


@pytest.mark.parametrize("sources", [lambda x: x, as_frame])
def test_transcripts(sources):
    said, model = LABELS.str[:1], CTCTranscriber(**QUICK)
    model.fit(sources(X), said, sample_weight=pd.Series(1.0, index=IDS))
    for ask in (model.fit, model.score, model.score_samples, model.align):
        with pytest.raises(ValueError, match=ANOTHER):
            ask(sources(X), said[::-1])
    with pytest.raises(ValueError, match=r"sample_weight is indexed .* in another order"):
        model.fit(sources(X), said, sample_weight=pd.Series(1.0, index=IDS[::-1]))


def test_transcripts_of_recordings():
    sound = SequenceArray.from_list([RNG.normal(size=400)] * 12, names=IDS)
    model = make_pipeline(LogMelSpectrogram(sampling_rate=8000), CTCTranscriber(**QUICK))
    with pytest.raises(ValueError, match=ANOTHER):
        model.fit(sound, LABELS.str[:1][::-1])


def test_parts_of_a_split():
    train, _, y, _ = train_test_split(X, LABELS, random_state=0)
    RNNClassifier(**QUICK).fit(train, y)
    train, _, y, _ = train_test_split(X, SHUFFLED, random_state=0)
    with pytest.raises(ValueError, match=ANOTHER):
        RNNClassifier(**QUICK).fit(train, y)


def test_one_renamed_label_does_not_hide_the_others():
    with pytest.raises(ValueError, match=ANOTHER):
        RNNClassifier(**QUICK).fit(X, SHUFFLED.rename({"s3": "new"}))
    RNNClassifier(**QUICK).fit(X, LABELS.rename({"s3": "new"}))
