"""What a tagger cannot use is refused, with where it is and what to do."""

import numpy as np
import pytest

from sksequence import RNNTagger, SequenceArray
from sksequence.inputs import Channel

WORDS = [["Ada", "is", "here"], ["in", "Rome"], ["Rome"]]
TAGS = [["B-PER", "O", "O"], ["O", "B-LOC"], ["B-LOC"]]
NUMBERS = [[1.0, 2.0], [3.0], [2.0, 1.0, 0.0]]
LABELS = [[0, 1], [1], [0, 0, 1]]
LETTERS = SequenceArray(
    {"letters": Channel(np.array([0, 1, 2]), n_tokens=3, item_offsets=[0, 1, 3])}, [0, 1, 2]
)

BAD_FIT = {
    "texts": ((["Ada is here", "in Rome"], TAGS[:2]), TypeError, r"RNNTagger .*text\.split\(\)"),
    "one text": (("Ada is here", ["O"]), TypeError, "list"),
    "no y": ((WORDS, None), ValueError, "requires y to be passed"),
    "flat y": ((WORDS, ["O", "O", "O"]), ValueError, r"y\[0\] is 'O': for one label a sequence"),
    "flat numbers": ((NUMBERS, [0, 1, 1]), ValueError, r"belong in a list, \[y\]"),
    "another length": (
        (WORDS, [TAGS[0], ["O"], TAGS[2]]),
        ValueError,
        r"y\[1\] has 1 labels, but sequence 1 of X has 2 steps: give one label",
    ),
    "other lengths": (
        (WORDS, [TAGS[1], TAGS[0], TAGS[2]]),
        ValueError,
        r"y\[0\] has 2 labels, but sequence 0 of X has 3 steps \(2 sequences in all\)",
    ),
    "too few": ((WORDS, TAGS[:2]), ValueError, "X has 3 sequences, but y has labels of 2"),
    "empty sequence": (([["Ada"], []], [["O"], []]), ValueError, "sequence 1 is empty"),
    "empty numbers": (([[1.0], []], [[1], []]), ValueError, "sequence 1 is empty"),
    "nothing": (([], []), ValueError, "no documents|empty|minimum"),
    "missing label": (
        (NUMBERS, [[0, 1], [None], [0, 0, 1]]),
        ValueError,
        r"sequence 1, step 0 \(y\[1\]\[0\]\) is missing: .*ignore_label",
    ),
    "missing number": (
        (NUMBERS, [np.array([0.0, 1.0]), np.array([np.nan]), np.array([0.0, 0.0, 1.0])]),
        ValueError,
        "sequence 1, step 0",
    ),
    "strings beside numbers": (
        (NUMBERS, [["a", 1], [1], ["a", "a", 1]]),
        ValueError,
        r"strings beside numbers \('a' and 1\)",
    ),
    "fractions": ((NUMBERS, [[0.5, 1], [1], [0, 0, 1]]), ValueError, "holds 0.5, but labels"),
    "objects": ((NUMBERS, [[0, {}], [1], [0, 0, 1]]), ValueError, "step 1.* is {}: a label is"),
    "one class": ((WORDS, [["O"] * len(w) for w in WORDS]), ValueError, "only one class"),
    "wide labels": (
        (NUMBERS, SequenceArray(np.ones((6, 2)), [0, 2, 3, 6])),
        ValueError,
        "2 columns a step",
    ),
    "negative weight": ((NUMBERS, LABELS, [1, -1, 1]), ValueError, "weight of sequence 1 is -1"),
    "weights of other lengths": (
        (NUMBERS, LABELS, [[1, 1], [1, 1], [1]]),
        ValueError,
        r"sample_weight\[1\] has 2 weights, but sequence 1 has 1 steps",
    ),
    "too few weights": ((NUMBERS, LABELS, [1, 1]), ValueError, "has 2 entries, but there are 3"),
    "no weight": ((NUMBERS, LABELS, [0, 0, 0]), ValueError, "all weights .* are zero"),
}


@pytest.mark.parametrize("name", BAD_FIT)
def test_refused_by_fit(name):
    given, kind, message = BAD_FIT[name]
    model = RNNTagger(max_epochs=1)
    with pytest.raises(kind, match=message):
        model.fit(*given)
    assert not hasattr(model, "network_")


BAD_PARAMETERS = {
    "unknown scheme": ({"scheme": "BILOU"}, "scheme"),
    "violated": (
        {"scheme": "IOBES"},
        r"y violates scheme='IOBES' in sequence 0, step 1: 'O' follows 'B-PER'",
    ),
    "output": ({"output": "sigmoid"}, "output"),
    "ignoring all": ({"ignore_label": "O"}, None),
    "chunks": ({"tbptt_steps": 5}, "does not go with bidirectional=True"),
}


@pytest.mark.parametrize("name", BAD_PARAMETERS)
def test_refused_parameters(name):
    parameters, message = BAD_PARAMETERS[name]
    model = RNNTagger(max_epochs=1, **parameters)
    if message is None:
        assert "O" not in model.fit(WORDS, TAGS).classes_
        return
    with pytest.raises(ValueError, match=message):
        model.fit(WORDS, TAGS)


def test_a_violated_scheme_is_named_where_it_is():
    y = [["B-PER", "I-PER", "O"], ["O", "I-LOC"], ["B-LOC"]]
    message = r"sequence 1, step 1: 'I-LOC' follows 'O'.*keep to no scheme.*repair_tags"
    with pytest.raises(ValueError, match=message):
        RNNTagger(scheme="BIO").fit(WORDS, y)
    y[1], y[2] = ["O", "O"], ["I-LOC"]
    with pytest.raises(ValueError, match=r"sequence 2, step 0: 'I-LOC' stands first"):
        RNNTagger(scheme="BIO").fit(WORDS, y)
    with pytest.raises(ValueError, match=r"the label 'noun' is none of scheme='BIO'"):
        RNNTagger(scheme="BIO").fit(WORDS, [["noun", "O", "O"], ["O", "O"], ["O"]])


def test_nothing_is_labelled():
    message = r"no step of y has a label \(all are ignore_label='\?'\)"
    with pytest.raises(ValueError, match=message):
        RNNTagger(ignore_label="?").fit(WORDS, [["?"] * len(w) for w in WORDS])


def test_several_symbols_in_a_step_need_a_network():
    with pytest.raises(ValueError, match=r"'values' has several symbols.*character_network=None"):
        RNNTagger(character_network=None).fit(LETTERS, [[0], [1]])


def test_word_vectors_are_for_words():
    with pytest.raises(ValueError, match="word_vectors are for lists of words"):
        RNNTagger(word_vectors={"a": [1.0]}).fit(NUMBERS, LABELS)


def test_refused_validation_data():
    model = RNNTagger(max_epochs=1)
    with pytest.raises(ValueError, match="X_val and y_val go together"):
        model.fit(WORDS, TAGS, X_val=WORDS)
    unseen = [["B-ORG", "O", "O"], TAGS[1], TAGS[2]]
    with pytest.raises(ValueError, match=r"y_val has labels .* not fitted on: \['B-ORG'\]"):
        model.fit(WORDS, TAGS, X_val=WORDS, y_val=unseen)
    with pytest.raises(ValueError, match=r"y_val\[0\] has 2 labels, but sequence 0 of X_val has 3"):
        model.fit(WORDS, TAGS, X_val=WORDS, y_val=[TAGS[1], TAGS[0], TAGS[2]])


def test_refused_by_predict():
    words = RNNTagger(max_epochs=1).fit(WORDS, TAGS)
    numbers = RNNTagger(max_epochs=1).fit(NUMBERS, LABELS)
    with pytest.raises(TypeError, match=r"holds no words, but RNNTagger was fitted on lists"):
        words.predict(NUMBERS)
    with pytest.raises(TypeError, match=r"RNNTagger expected a list of words .*text\.split"):
        words.predict(["Ada is here"])
    with pytest.raises(TypeError, match="holds text, but RNNTagger was fitted on sequences"):
        numbers.predict(WORDS)
    with pytest.raises(ValueError, match="several items"):
        letters = RNNTagger(max_epochs=1).fit(LETTERS, [[0], [1]])
        letters.predict(SequenceArray([0, 1], [0, 1, 2], n_tokens=3))


def test_labels_that_were_never_seen_are_not_found():
    fitted = RNNTagger(max_epochs=1, random_state=0).fit(WORDS, TAGS)
    assert fitted.score(WORDS, [["B-ORG"] * len(w) for w in WORDS]) == 0.0
    assert fitted.score(WORDS, [[7] * len(w) for w in WORDS]) == 0.0
    with pytest.raises(ValueError, match=r"y\[0\] has 1 labels, but sequence 0 of X has 3 steps"):
        fitted.score(WORDS, [["O"], TAGS[1], TAGS[2]])
