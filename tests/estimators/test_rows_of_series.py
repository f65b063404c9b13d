"""A Series of recordings or texts, whose index says which rows belong together."""

import numpy as np
import pandas as pd
import pytest

from sksequence import RNNClassifier, RNNLanguageModel, RNNTagger, SequenceArray

RNG = np.random.default_rng(0)
IDS = [f"r{i}" for i in range(8)]
ROWS = [RNG.normal(size=(n, 1)) for n in RNG.integers(3, 6, size=8)]
SOUNDS = pd.Series(ROWS, index=IDS)
TAGS = pd.Series([np.resize(["low", "high"], len(row)) for row in ROWS], index=IDS)
KINDS = pd.Series(["a", "b"] * 4, index=IDS)
QUICK = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}


def tagger():
    return RNNTagger(**QUICK)


def classifier():
    return RNNClassifier(**QUICK)


CASES = [(tagger, TAGS), (classifier, KINDS)]


@pytest.mark.parametrize(("make", "y"), CASES)
def test_another_order_is_refused(make, y):
    with pytest.raises(
        ValueError,
        match=r"y has the index of X in another order: position 0 is 'r7' in y and 'r0' in X\. Put "
        r"it in order with y\.loc\[X\.index\]; or, if it goes by position, give y\.to_numpy\(\)\.",
    ):
        make().fit(SOUNDS, y[::-1])
    fitted = make().fit(SOUNDS, y)
    with pytest.raises(ValueError, match="another order"):
        fitted.score(SOUNDS, y[::-1])
    for same in (y[::-1].loc[SOUNDS.index], y.to_numpy(), y.reset_index(drop=True), y.tolist()):
        assert fitted.score(SOUNDS, same) == fitted.score(SOUNDS, y)


@pytest.mark.parametrize(("make", "y"), CASES)
def test_other_rows_are_refused(make, y):
    with pytest.raises(
        ValueError,
        match=r"y has not the same index as X: position 3 is 'r4' in y and 'r3' in X\. Keep the "
        r"rows that both have, X\.loc\[common\] and y\.loc\[common\] with common = "
        r"X\.index\.intersection\(y\.index\)",
    ):
        make().fit(SOUNDS.drop("r4"), y.drop("r3"))
    common = SOUNDS.drop("r4").index.intersection(y.drop("r3").index)
    make().fit(SOUNDS.loc[common], y.loc[common])


@pytest.mark.parametrize(("make", "y"), CASES)
def test_an_index_that_names_nothing_goes_by_position(make, y):
    make().fit(SOUNDS.reset_index(drop=True), y)  # X has no names
    make().fit(SOUNDS, y.set_axis(pd.date_range("2024-01-01", periods=8)))  # of another kind
    with pytest.raises(ValueError, match="another order"):
        make().fit(SOUNDS, y[::-1])
    fitted = make().fit(SOUNDS.tolist(), y)  # a list has no index
    assert fitted.score(SOUNDS.tolist(), y) == fitted.score(SOUNDS, y.tolist())


@pytest.mark.parametrize("make", [tagger, classifier])
def test_weights_have_an_index_too(make):
    y = TAGS if make is tagger else KINDS
    weights = pd.Series(np.arange(1.0, 9.0), index=IDS)
    make().fit(SOUNDS, y, sample_weight=weights)
    with pytest.raises(ValueError, match="sample_weight has the index of X in another order"):
        make().fit(SOUNDS, y, sample_weight=weights[::-1])


def test_weights_of_a_language_model():
    texts = pd.Series(["abab", "baba", "abba", "baab"], index=list("wxyz"))
    weights = pd.Series([1.0, 2.0, 3.0, 4.0], index=texts.index)
    model = RNNLanguageModel(analyzer="char", **QUICK)
    model.fit(texts, sample_weight=weights)
    model.fit(texts, KINDS)  # labels pass by
    for X in (texts, SequenceArray.from_list(ROWS[:4], names=texts.index)):
        with pytest.raises(ValueError, match=r"sample_weight .* in another order"):
            model.fit(X, sample_weight=weights[::-1])


def test_sequences_that_tags_name_in_another_order():
    tags = SequenceArray.from_list([np.arange(len(row)) % 2 for row in ROWS], names=IDS)
    RNNTagger(**QUICK).fit(SOUNDS, tags)
    ordered = r"y\[pandas\.Index\(y\.names\)\.get_indexer\(X\.index\)\]"
    with pytest.raises(ValueError, match=ordered):
        RNNTagger(**QUICK).fit(SOUNDS, tags[::-1])
