"""Lists of words, or words in a table of steps, are read; anything else is told what to become."""

import numpy as np
import pandas as pd
import pytest

from sksequence import RNNTagger, SequenceArray, TokenEncoder, Word2VecEmbedder, WordFeatures

WORDS = [["Ada", "is", "here"], ["in", "Rome"], ["Rome"]]
TAGS = [["B-PER", "O", "O"], ["O", "B-LOC"], ["B-LOC"]]
NAMES = [(name, t) for name, row in zip("bca", WORDS, strict=True) for t in range(len(row))]
LONG = pd.DataFrame(
    {"w": np.concatenate(WORDS), "l": np.concatenate(TAGS)},
    index=pd.MultiIndex.from_tuples(NAMES, names=["sentence", "place"]),
)


@pytest.mark.parametrize("table", [LONG["w"], LONG[["w"]], LONG["w"].iloc[[2, 0, 1, 4, 3, 5]]])
@pytest.mark.parametrize("reader", [WordFeatures, TokenEncoder])
def test_a_table_of_steps_is_sequences(reader, table):
    lists = reader().fit_transform(WORDS)
    read = reader().fit_transform(table)
    assert read.lengths.tolist() == [3, 2, 1]
    for name, channel in lists.channels.items():
        np.testing.assert_array_equal(read.channels[name].values, channel.values)


def test_it_has_the_order_of_from_frame():
    shuffled = LONG.sample(frac=1, random_state=3)
    read = TokenEncoder(lowercase=False).fit(WORDS)
    words = read.inverse_transform(read.transform(shuffled["w"]))
    sequences = SequenceArray.from_frame(shuffled[["w"]])
    kinds = sequences.channels["w"].feature_names
    assert words == [[kinds[i] for i in row] for row in sequences]


def test_a_tagger_reads_and_scores_tables():
    settings = {"hidden_size": 6, "max_epochs": 3, "random_state": 0}
    tagger = RNNTagger(**settings).fit(LONG["w"], LONG["l"])
    lists = RNNTagger(**settings).fit(WORDS, TAGS)
    for one, other in zip(tagger.predict(LONG[["w"]]), lists.predict(WORDS), strict=True):
        assert one.tolist() == other.tolist()
    assert tagger.score(LONG["w"], LONG[["l"]]) == lists.score(WORDS, TAGS)
    with pytest.raises(ValueError, match="in another order than X"):
        tagger.fit(LONG["w"], LONG["l"].iloc[::-1])


def test_a_list_in_each_row_is_a_sequence_whatever_the_index():
    rows = pd.Series(WORDS, index=pd.MultiIndex.from_tuples([(0, 0), (0, 1), (1, 0)]))
    assert TokenEncoder().fit_transform(rows).lengths.tolist() == [3, 2, 1]


def test_texts_in_a_table_of_steps_are_no_steps():
    texts = LONG["w"] + " is"
    with pytest.raises(ValueError, match=r"row \(b, 0\) is the text 'Ada is'.*reset_index"):
        Word2VecEmbedder().fit(texts)
    assert len(TokenEncoder().fit_transform(texts.reset_index(drop=True))) == 6


def test_a_row_without_a_sequence():
    lost = LONG["w"].copy()
    lost.index = pd.MultiIndex.from_tuples([*NAMES[:-1], (None, 0)])
    with pytest.raises(ValueError, match="the sequence of row 5 is missing in the index"):
        WordFeatures().fit(lost)


def test_a_single_sequence_belongs_in_a_list():
    tagger = RNNTagger(hidden_size=4, max_epochs=1, random_state=0).fit(WORDS, TAGS)
    words = "Please ship 3 kg".split()
    alone = r"RNNTagger .* a single sequence belongs in a list: predict\(\[X\]\)\..*text\.split\(\)"
    with pytest.raises(TypeError, match=alone):
        tagger.predict(words)
    assert [len(labels) for labels in tagger.predict([words])] == [4]
    with pytest.raises(TypeError, match=r"belongs in a list: fit\(\[X\], \[y\]\)"):
        RNNTagger().fit(WORDS[0], TAGS[0])
    with pytest.raises(TypeError, match=r"belongs in a list: transform\(\[X\]\)"):
        WordFeatures().fit(WORDS).transform(words)
    with pytest.raises(TypeError) as told:
        tagger.predict(["Please ship 3 kg"])
    assert "single sequence" not in str(told.value)


@pytest.mark.parametrize("dna", ["ACGTTA", ["ACGTTA", "GTAC"]])
def test_letters_are_cut_by_list(dna):
    with pytest.raises(TypeError, match=r"DNA.*\[list\("):
        RNNTagger().fit(dna, [list("010101"), list("0110")])


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_a_missing_word_is_found(nothing):
    message = r"the word of sequence 1, step 0 \(X\[1\]\[0\]\) is missing"
    with pytest.raises(ValueError, match=message):
        RNNTagger().fit([["a", "b"], [nothing]], [["A", "B"], ["A"]])
    with pytest.raises(ValueError, match="sequence 1 is missing"):
        WordFeatures().fit([["a", "b"], nothing])


def test_a_number_among_words_is_found():
    with pytest.raises(TypeError, match=r"RNNTagger .*sequence 0, step 2 \(X\[0\]\[2\]\) is 3"):
        RNNTagger().fit([["a", "b", 3]], [["A", "B", "C"]])
    with pytest.raises(TypeError, match=r"got 3 \(int\) as sequence 1"):
        WordFeatures().fit([["a"], 3])
