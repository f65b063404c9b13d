"""What goes wrong in silence is told, and the remedies that messages name do work."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from gensim.models import KeyedVectors
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import cross_val_score

from sksequence import RNNTagger, SequenceArray, Word2VecEmbedder, WordFeatures
from sksequence.preprocessing import convert_tags

WORDS = [["Ada", "lives", "in", "Bern"], ["Rome", "is", "old"], ["Ada", "Byron"]]
TAGS = [["B-PER", "O", "O", "B-LOC"], ["B-LOC", "O", "O"], ["B-PER", "I-PER"]]
QUICK = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}


def fit(X=WORDS, y=TAGS, sample_weight=None, **parameters):
    return RNNTagger(**{**QUICK, **parameters}).fit(X, y, sample_weight)


# -- vectors of words -----------------------------------------------------------------------------


@pytest.mark.parametrize("trainable", [True, False])
def test_vectors_that_match_no_word(trainable):
    vectors = {"Bern": [1.0, 0.0], "Rome": [0.0, 1.0], "Ada": [1.0, 1.0]}
    few = "word_vectors has a vector for only 0 of the 8 words .*set lowercase=False"
    with pytest.warns(UserWarning, match=few):
        fit(word_vectors=vectors, embedding_trainable=trainable)
    fitted = fit(word_vectors=vectors, embedding_trainable=trainable, lowercase=False)
    features = fitted.reader_.features
    if trainable:
        rows = fitted.network_.encoder.table("words").weight.detach().numpy()
        assert rows[features.vocabulary_.index["Rome"]].argmax() == 1
    with pytest.warns(UserWarning, match="^vectors has a vector for only 0 of the 8 .* written in"):
        WordFeatures(vectors={"Bonn": [1.0]}, lowercase=False).fit(WORDS)


BAD_VECTORS = {
    "a number": (3, TypeError, "^word_vectors must be a path, .* got int"),
    "nothing": ({}, ValueError, "^word_vectors is an empty mapping"),
    "numbers": ({"ada": 1.0}, ValueError, r"^word_vectors must .* 'ada' has the shape \(\)"),
    "ragged": ({"ada": [1.0], "in": [1.0, 2.0]}, ValueError, "the first of word_vectors has 1"),
    "no file": ("/none", FileNotFoundError, "give word_vectors the path"),
    "not fitted": (Word2VecEmbedder(), ValueError, "^word_vectors is a Word2VecEmbedder that is"),
}


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize("name", BAD_VECTORS)
def test_refused_vectors(name, trainable):
    given, kind, message = BAD_VECTORS[name]
    with pytest.raises(kind, match=message):
        fit(word_vectors=given, embedding_trainable=trainable)


def test_gensims_own_files(tmp_path):
    path = str(tmp_path / "vectors.kv")
    table = KeyedVectors(2)
    table.add_vectors(["ada"], np.ones((1, 2), dtype=np.float32))
    table.save(path)
    with pytest.raises(ValueError, match=r"word_vectors=KeyedVectors\.load\(path\)"):
        fit(word_vectors=path)


def test_a_fitted_embedder_is_a_start():
    embedder = Word2VecEmbedder(vector_size=5, min_count=1, epochs=1, random_state=0).fit(WORDS)
    pairs = dict(zip(embedder.vocabulary_.tokens, embedder.vectors_, strict=True))
    one, other = fit(word_vectors=embedder), fit(word_vectors=pairs)
    for a, b in zip(one.predict_proba(WORDS), other.predict_proba(WORDS), strict=True):
        np.testing.assert_array_equal(a, b)
    frozen = RNNTagger(**QUICK, word_vectors=FrozenEstimator(embedder))
    scores = cross_val_score(frozen, WORDS * 2, TAGS * 2, cv=2)
    assert np.isfinite(scores).all()
    with pytest.raises(ValueError, match=r"FrozenEstimator\(embedder\)"):
        clone(one).fit(WORDS, TAGS)


# -- labels and weights ---------------------------------------------------------------------------


def test_series_of_lists_in_another_order():
    X, y = pd.Series(WORDS, index=list("abc")), pd.Series(TAGS, index=list("abc"))
    model = fit(X, y)
    message = r"y has the index of X in another order: position 0 is 'c' in y and 'a' in X\. .*loc"
    with pytest.raises(ValueError, match=message):
        fit(X, y[::-1])
    with pytest.raises(ValueError, match=message):
        model.score(X.to_frame(), y[::-1])
    with pytest.raises(ValueError, match="y_val has the index of X_val in another order"):
        RNNTagger(**QUICK).fit(X, y, X_val=X, y_val=y[::-1])
    numbered = pd.Series(WORDS), pd.Series(TAGS)
    with pytest.raises(ValueError, match="position 0 is 2 in y and 0 in X"):
        fit(numbered[0], numbered[1][::-1])
    for same in (y[::-1].loc[X.index], y.reset_index(drop=True), y.tolist(), y.to_frame("tags")):
        assert model.score(X, same) == model.score(WORDS, TAGS)
    fit(numbered[0][::-1], numbered[1][::-1].reset_index(drop=True))


def test_labels_that_keep_to_another_scheme():
    with pytest.raises(ValueError) as told:
        fit(scheme="IOBES")
    assert "keep to 'BIO'" in str(told.value)
    call = re.search(r"convert_tags\(y, '(\w+)', '(\w+)'\)", str(told.value))
    converted = convert_tags(TAGS, *call.groups())
    assert fit(y=converted, scheme="IOBES").scheme == "IOBES"
    with pytest.raises(ValueError, match=r"convert_tags\(y, 'IOB1', 'BIO'\)"):
        fit(y=convert_tags(TAGS, "BIO", "IOB1"), scheme="BIO")
    mixed = [["I-PER", "O", "O", "B-LOC"], *TAGS[1:]]
    with pytest.raises(ValueError, match=r"keep to no scheme: .*repair_tags\(y, 'BIO'\)"):
        fit(y=mixed, scheme="BIO")


def test_the_weight_of_a_label_that_a_fold_lacks():
    with pytest.warns(UserWarning, match="class_weight has 'B-ORG', which is no label of y here"):
        fitted = fit(class_weight={"B-ORG": 3.0, "O": 0.5})
    other = fit(class_weight={"O": 0.5})
    for a, b in zip(fitted.predict_proba(WORDS), other.predict_proba(WORDS), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("weight", [-1.0, np.nan, "2", None])
def test_refused_class_weight(weight):
    with pytest.raises(ValueError, match=r"class_weight\['O'\] is .*: a weight is a finite number"):
        fit(class_weight={"O": weight})


BAD_WEIGHTS = {
    "negative": ([[1, 1, 1, 1], [1, -2, 1], [1, 1]], r"sequence 1, step 1 \(.*\[1\]\[1\]\) is -2"),
    "missing": ([[1, 1, 1, 1], [1, 1, None], [1, 1]], "weight of sequence 1, step 2 .* is nan"),
    "strings": (["1", "1", "1"], r"sample_weight\[0\] is '1', but a weight is a number"),
    "a string among steps": ([[1, 1, 1, 1], [1, 1, "x"], [1, 1]], r"weight\[1\]\[2\] is 'x'"),
    "an array": (np.array(["a", "b", "c"]), r"sample_weight\[0\] is 'a'"),
    "a text": ("balanced", "must hold numbers, got the text 'balanced'"),
}


@pytest.mark.parametrize("name", BAD_WEIGHTS)
def test_refused_weights(name):
    weights, message = BAD_WEIGHTS[name]
    with pytest.raises(ValueError, match=message):
        fit(sample_weight=weights)


def test_one_hot_labels():
    hot = [np.eye(2, dtype=int)[np.arange(len(row)) % 2] for row in WORDS]
    message = r"y\[0\] has a row of shape \(2,\) for each step.*row\.argmax\(axis=1\)"
    with pytest.raises(ValueError, match=message):
        fit(y=hot)
    assert fit(y=[row.argmax(axis=1) for row in hot]).classes_.tolist() == [0, 1]
    with pytest.raises(ValueError, match=message):
        fit(y=[row.tolist() for row in hot])


def test_a_table_of_one_column_of_lists():
    y = pd.DataFrame({"tags": TAGS})
    assert fit(y=y).classes_.tolist() == fit().classes_.tolist()


# -- streams --------------------------------------------------------------------------------------


def test_steps_that_are_no_words():
    fitted = fit(bidirectional=False)
    stream = fitted.stream()
    with pytest.raises(TypeError, match=r"is one word \(a string\), got \['Ada'\]: give words one"):
        stream.step(["Ada"])
    with pytest.raises(TypeError, match=r"is one word \(a string\), got 3\.0: make it a string"):
        stream.step(3.0)
    assert stream.n_steps == 0
    again = pickle.loads(pickle.dumps(stream))
    assert [again.step(word) for word in WORDS[0]] == fitted.predict(WORDS[:1])[0].tolist()
    with pytest.raises(TypeError, match="is one word"):
        again.step(None)
    two = fitted.stream(2)
    for x in (["Ada", 3], "Ada", 3.0):
        with pytest.raises(TypeError, match="is a list of 2 words"):
            two.step(x)
    assert two.step(["Ada", "Rome"]).shape == (2,)


def test_many_steps_at_once():
    fitted = fit(bidirectional=False)
    steps = fitted.reader_.features.transform(WORDS[:1])
    assert isinstance(steps, SequenceArray)
    assert fitted.stream().step(steps) == fitted.predict(WORDS[:1])[0][-1]
