"""Conversions keep what is labelled; repaired labels are legal; legal ones stay."""

import itertools

import numpy as np
import pytest

from sksequence.metrics import find_entities
from sksequence.preprocessing import convert_tags, repair_tags
from sksequence.preprocessing._tag_schemes import allowed, violation

SCHEMES = ("IOB1", "BIO", "IOBES")
LABELS = {
    scheme: ["O", *(f"{p}-{kind}" for p in prefixes for kind in "XY")]
    for scheme, prefixes in {"IOB1": "IB", "BIO": "BI", "IOBES": "BIES"}.items()
}


def sequences(scheme, length=3):
    return [list(tags) for tags in itertools.product(LABELS[scheme], repeat=length)]


def legal(scheme):
    return [tags for tags in sequences(scheme) if violation(tags, scheme) is None]


@pytest.mark.parametrize("source, target", list(itertools.permutations(SCHEMES, 2)))
def test_there_and_back(source, target):
    y = [tags for tags in legal(source) if repair_tags([tags], source) == [tags]]
    there = convert_tags(y, source, target)
    assert all(violation(tags, target) is None for tags in there)
    assert convert_tags(there, target, source) == y


@pytest.mark.parametrize("scheme", SCHEMES)
def test_repaired_labels_are_legal_and_stay_so(scheme):
    y = sequences(scheme)
    repaired = repair_tags(y, scheme)
    assert all(violation(tags, scheme) is None for tags in repaired)
    assert repair_tags(repaired, scheme) == repaired
    inside = [[tag != "O" for tag in tags] for tags in y]
    assert [[tag != "O" for tag in tags] for tags in repaired] == inside
    if scheme != "IOB1":  # where B- after another kind is legal, but never needed
        assert repair_tags(legal(scheme), scheme) == legal(scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_repaired_and_converted_labels_tell_the_same_entities(scheme):
    for tags in sequences(scheme):
        entities = find_entities(tags)
        (repaired,) = repair_tags([tags], scheme)
        assert find_entities(repaired) == find_entities(repaired, scheme=scheme) == entities
        for target in SCHEMES:
            assert find_entities(*convert_tags([repaired], scheme, target)) == entities


def test_labels_without_a_type():
    assert repair_tags([["I", "I", "O", "B", "B"]]) == [["B", "I", "O", "B", "B"]]
    assert convert_tags([["B", "I", "O", "B"]], "BIO", "IOBES") == [["B", "E", "O", "S"]]
    assert convert_tags([["I", "B", "O"]], "IOB1", "BIO") == [["B", "B", "O"]]
    follows, first, _ = allowed(["B", "I", "O"], "BIO")
    assert not follows[2, 1] and follows[0, 1] and first.tolist() == [True, False, True]


def test_the_number_of_legal_sequences():
    """Stretches of one to three steps between ones outside, of two kinds, counted by hand."""
    assert len(legal("BIO")) == len(legal("IOBES")) == 1 + 2 * 3 + 4 * 3 + 8 + 2 * 2 + 4 * 2 + 2
    assert len(legal("IOBES")) == len({tuple(t) for t in legal("IOBES")})


@pytest.mark.parametrize("scheme", SCHEMES)
def test_allowed_is_what_violates_nothing(scheme):
    follows, first, last = allowed(LABELS[scheme], scheme)
    number = {label: i for i, label in enumerate(LABELS[scheme])}
    for tags in sequences(scheme):
        ids = [number[tag] for tag in tags]
        steps = [follows[i, j] for i, j in itertools.pairwise(ids)]
        legal = first[ids[0]] and last[ids[-1]] and np.all(steps)
        assert legal == (violation(tags, scheme) is None)


def test_messages():
    with pytest.raises(ValueError, match=r"sequence 1, step 2: 'I-X' follows 'O', which violates"):
        convert_tags([["O"], ["B-X", "O", "I-X"]], "BIO", "IOBES")
    with pytest.raises(ValueError, match=r"step 0: 'I-X' stands first.*repair_tags\(y, 'BIO'\)"):
        convert_tags([["I-X"]], "BIO", "IOBES")
    with pytest.raises(ValueError, match=r"step 1: it ends after 'B-X'"):
        convert_tags([["B-X"]], "IOBES", "BIO")
    with pytest.raises(ValueError, match=r"one of 'IOB1', 'BIO', 'IOBES', got 'BILOU'"):
        repair_tags([["O"]], "BILOU")
    with pytest.raises(ValueError, match=r"label 'noun' is none of scheme='BIO'"):
        allowed(["noun"], "BIO")
    with pytest.raises(ValueError, match=r"sequence 0, step 1: 'noun' is no label of a stretch"):
        repair_tags([["O", "noun"]])
    with pytest.raises(ValueError, match=r"step 0: 'B-' is no label"):
        repair_tags([["B-"]])


@pytest.mark.parametrize("call", [lambda y: convert_tags(y, "BIO", "IOBES"), repair_tags])
def test_the_labels_of_one_sequence_belong_in_a_list(call):
    with pytest.raises(TypeError, match=r"y\[0\] is 'B-PER': .* belong in a list, .*_tags\(\[y\]"):
        call(["B-PER", "O"])
    assert len(call([["B-PER", "O"]])) == 1
    assert len(call(row for row in [["B-PER", "O"]])) == 1
