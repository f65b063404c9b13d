"""Entities: the rules of the CoNLL evaluation, seqeval beside, and what folds lack."""

import math

import numpy as np
import pandas as pd
import pytest

from sksequence import SequenceArray
from sksequence.metrics import (
    entity_f1_score,
    entity_precision_score,
    entity_recall_score,
    entity_report,
    find_entities,
)

TRUE = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG", "I-ORG"], ["O", "O"]]
PRED = [["B-PER", "I-PER", "O", "B-ORG"], ["O", "B-ORG", "O"], ["B-LOC", "O"]]


def object_array(rows):
    made = np.empty(len(rows), dtype=object)
    made[:] = [np.array(row) for row in rows]
    return made


def random_labels(rng, prefixes, n_sequences=200, types=("A", "B-b", "C")):
    """Any labels in any order; most violate every scheme."""
    labels = ["O"] + [f"{prefix}-{kind}" for prefix in prefixes for kind in types]
    return [rng.choice(labels, size=rng.integers(1, 12)).tolist() for _ in range(n_sequences)]


def random_entities(rng, scheme, n_sequences=200):
    """Labels that keep to a scheme."""
    rows = []
    for _ in range(n_sequences):
        row, before = [], None
        while len(row) < 10:
            kind, n = rng.choice(["A", "B", "O"]), int(rng.integers(1, 4))
            if kind == "O":
                row += ["O"]
            elif scheme == "BIO":
                row += [f"B-{kind}", *[f"I-{kind}"] * (n - 1)]
            elif scheme == "IOB1":
                row += ["B-" * (kind == before) + "I-" * (kind != before) + kind]
                row += [f"I-{kind}"] * (n - 1)
            else:
                inside = [f"B-{kind}", *[f"I-{kind}"] * (n - 2), f"E-{kind}"]
                row += [f"S-{kind}"] if n == 1 else inside
            before = kind
        rows.append(row)
    return rows


# -- the rules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "entities"),
    [
        ("O O", []),
        ("I-A I-A", ["0:2 A"]),
        ("I-A B-A", ["0:1 A", "1:2 A"]),
        ("B-A I-B", ["0:1 A", "1:2 B"]),
        ("B-A O I-A", ["0:1 A", "2:3 A"]),
        ("B-A I-A E-A I-A", ["0:3 A", "3:4 A"]),
        ("S-A E-A S-A", ["0:1 A", "1:2 A", "2:3 A"]),
        ("E-A E-A", ["0:1 A", "1:2 A"]),
        ("B I O B", ["0:2 _", "3:4 _"]),
        ("B-a-b I-a-b", ["0:2 a-b"]),
    ],
)
def test_rules_of_the_conll_evaluation(labels, entities):
    found = [f"{start}:{stop} {kind}" for start, stop, kind in find_entities(labels.split())]
    assert found == entities


@pytest.mark.parametrize(
    ("scheme", "labels", "n_entities"),
    [
        ("BIO", "I-A I-A", 0),
        ("BIO", "B-A I-A I-B", 1),
        ("IOB1", "I-A B-A I-B", 3),
        ("IOB1", "B-A I-A O", 0),
        ("IOB1", "I-B B-A", 1),
        ("IOBES", "B-A I-A", 0),
        ("IOBES", "B-A I-A E-A S-A", 2),
        ("IOBES", "S-A E-A", 1),
        ("IOBES", "I-A", 0),
    ],
)
def test_a_named_scheme_takes_only_what_keeps_to_it(scheme, labels, n_entities):
    assert len(find_entities(labels.split(), scheme=scheme)) == n_entities


@pytest.mark.parametrize("scheme", ["BIO", "IOB1", "IOBES"])
def test_in_its_scheme_a_label_reads_the_same_with_and_without_its_name(scheme):
    for row in random_entities(np.random.default_rng(0), scheme):
        assert find_entities(row, scheme=scheme) == find_entities(row)


@pytest.mark.parametrize("rows", [[["B-A", "O"], ["O"]], np.array([["O"]]), pd.Series([["O"]])])
def test_one_sequence_is_read_at_a_time(rows):
    with pytest.raises(TypeError, match=r"of one sequence, but .* \[find_entities\(row\) for row"):
        find_entities(rows)


# -- the reference implementation ---------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
@pytest.mark.parametrize("prefixes", ["BI", "BIES"])
def test_seqeval_says_the_same(average, prefixes):
    seqeval = pytest.importorskip("seqeval.metrics")
    rng = np.random.default_rng(1)
    y_true = random_labels(rng, prefixes)
    y_pred = [[one if rng.random() < 0.7 else "O" for one in row] for row in y_true]
    for ours, theirs in (
        (entity_precision_score, seqeval.precision_score),
        (entity_recall_score, seqeval.recall_score),
        (entity_f1_score, seqeval.f1_score),
    ):
        expected = theirs(y_true, y_pred, average=average)
        assert ours(y_true, y_pred, average=average) == pytest.approx(expected, abs=1e-12)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("scheme", "theirs"), [("BIO", "IOB2"), ("IOBES", "IOBES")])
def test_seqeval_says_the_same_of_what_violates_a_scheme(scheme, theirs):
    seqeval = pytest.importorskip("seqeval.metrics")
    schemes = pytest.importorskip("seqeval.scheme")
    rng = np.random.default_rng(2)
    y_true = random_entities(rng, scheme)
    y_pred = [
        [one if rng.random() < 0.7 else rng.choice([*row, "O"]) for one in row] for row in y_true
    ]
    expected = seqeval.f1_score(y_true, y_pred, mode="strict", scheme=getattr(schemes, theirs))
    assert entity_f1_score(y_true, y_pred, scheme=scheme) == pytest.approx(expected)
    assert entity_f1_score(y_true, y_pred) != pytest.approx(expected)


@pytest.mark.filterwarnings("ignore")
def test_the_report_holds_what_seqeval_reports():
    seqeval = pytest.importorskip("seqeval.metrics")
    expected = seqeval.classification_report(TRUE, PRED, output_dict=True)
    found = entity_report(TRUE, PRED, as_frame=True)
    assert list(found.index) == list(expected)
    for name, row in expected.items():
        assert found.loc[name].tolist() == pytest.approx(
            [row["precision"], row["recall"], row["f1-score"], row["support"]]
        )


# -- by hand ------------------------------------------------------------------------------------


def test_scores_counted_by_hand():
    # right: PER; true: PER LOC ORG; predicted: PER ORG ORG LOC
    assert entity_precision_score(TRUE, PRED) == pytest.approx(1 / 4)
    assert entity_recall_score(TRUE, PRED) == pytest.approx(1 / 3)
    assert entity_f1_score(TRUE, PRED) == pytest.approx(2 / 7)
    assert entity_f1_score(TRUE, PRED, average=None) == {"LOC": 0, "ORG": 0, "PER": 1}
    assert entity_f1_score(TRUE, PRED, average="macro") == pytest.approx(1 / 3)


def test_the_right_answer_has_every_score():
    for average in ("micro", "macro", "weighted"):
        for score in (entity_precision_score, entity_recall_score, entity_f1_score):
            assert score(TRUE, TRUE, average=average) == 1


def test_containers_make_no_difference():
    names = sorted({label for row in TRUE + PRED for label in row})
    ids = [[[names.index(label) for label in row] for row in side] for side in (TRUE, PRED)]
    symbols = [SequenceArray.from_list(side, n_tokens=len(names)) for side in ids]
    expected = entity_f1_score(TRUE, PRED)
    assert entity_f1_score(object_array(TRUE), object_array(PRED)) == expected
    assert entity_f1_score(tuple(map(tuple, TRUE)), object_array(PRED)) == expected
    assert entity_f1_score(*symbols, label_names=names) == expected
    assert entity_f1_score(*ids, label_names=np.array(names)) == expected
    square = np.array([["B-A", "O"], ["O", "B-A"]])
    assert entity_f1_score(square, square.tolist()) == 1


def test_a_weight_of_two_counts_a_sequence_twice_and_zero_removes_it():
    doubled = entity_f1_score(TRUE + TRUE[:1], PRED + PRED[:1])
    assert entity_f1_score(TRUE, PRED, sample_weight=[2, 1, 1]) == pytest.approx(doubled)
    assert doubled != entity_f1_score(TRUE, PRED)
    removed = entity_f1_score(TRUE[:2], PRED[:2], average="macro")
    weighted = entity_f1_score(TRUE, PRED, average="macro", sample_weight=[1, 1, 0])
    assert weighted == pytest.approx(removed)
    assert entity_report(TRUE, PRED, sample_weight=[0.5, 1, 1], as_frame=True).support["PER"] == 0.5


def test_a_fold_that_lacks_a_type_or_all_of_them():
    nothing = [["O", "O"], ["O"]]
    assert entity_f1_score(nothing, nothing) == 0
    assert entity_f1_score(nothing, nothing, average="macro", zero_division=1.0) == 1
    assert math.isnan(entity_f1_score(nothing, nothing, zero_division=math.nan))
    assert entity_f1_score(nothing, nothing, average=None) == {}
    assert "micro avg" in entity_report(nothing, nothing)
    types = ["PER", "LOC", "ORG", "MISC"]
    third = entity_f1_score(TRUE, PRED, average="macro")
    assert entity_f1_score(TRUE, PRED, average="macro", types=types) == pytest.approx(third * 3 / 4)
    kept = entity_f1_score(TRUE, PRED, average="macro", types=types, zero_division=math.nan)
    assert kept == pytest.approx(third)
    assert entity_f1_score(TRUE, PRED, types=["PER"]) == 1


def test_ignored_steps_are_taken_out_of_both_sides():
    true = [["B-PER", "?", "O", "?"]]
    assert entity_f1_score(true, [["B-PER", "I-PER", "O", "B-LOC"]], ignore_label="?") == 1
    assert entity_f1_score([[7, 0, 1]], [[1, 0, 1]], ignore_label=7, label_names=["O", "B-A"]) == 1


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y_true", "y_pred", "options", "message"),
    [
        (TRUE, PRED[:2], {}, "y_true has 3 sequences and y_pred has 2"),
        (TRUE, [*PRED[:2], ["O"]], {}, "sequence 2 has 2 labels in y_true and 1 in y_pred"),
        ([["coding"]], [["O"]], {}, r"y_true\[0\]\[0\] is 'coding', .* token_f1_score"),
        ([[1, 0]], [[1, 0]], {}, r"y_true\[0\]\[0\] is 1, .* give label_names"),
        ([["O"]], [["X-A"]], {}, r"y_pred\[0\]\[0\] is 'X-A'"),
        ([["O"]], [["B-"]], {}, r"y_pred\[0\]\[0\] is 'B-'"),
        ([["O"]], [["S-A"]], {"scheme": "BIO"}, r"of scheme='BIO' is 'O' or 'B-...', 'I-...'"),
        ([["O", "I-A"]], [["O", "O"]], {"scheme": "BIO"}, r"y_true\[0\]\[1:2\] .*violates scheme"),
        (TRUE, PRED, {"scheme": "BILOU"}, "scheme must be 'IOB1', 'BIO', 'IOBES' or None"),
        (TRUE, PRED, {"average": "binary"}, "average must be 'micro', 'macro', 'weighted' or None"),
        (TRUE, PRED, {"types": "PER"}, "types must be a list of types"),
        (TRUE, PRED, {"sample_weight": [1, 2]}, "weight of at least 0 for each of the 3 sequ"),
        ([[5]], [[0]], {"label_names": ["O"]}, r"y_true\[0\]\[0\] is 5: .* from 0 to 0"),
        ([["?"]], [["O"]], {"ignore_label": "?"}, "y_true has no labels but ignore_label='[?]'"),
        ([[]], [[]], {}, "There is nothing to score"),
    ],
)
def test_what_cannot_be_scored_is_named(y_true, y_pred, options, message):
    with pytest.raises(ValueError, match=message):
        entity_f1_score(y_true, y_pred, **options)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        (["B-A", "O"], ["B-A", "O"], r"y_true\[0\] is 'B-A' \(str\), .* of one sequence give"),
        ("B-A", "O", "y_true must be a list"),
        (None, PRED, "y_true must be a list"),
        ([["O", None]], [["O", "O"]], r"y_true\[0\]\[1\] is None"),
        ([["O"]], [[0]], "labels of y_true are text and those of y_pred are numbers"),
    ],
)
def test_what_is_no_list_of_labels(y_true, y_pred, message):
    with pytest.raises(TypeError, match=message):
        entity_f1_score(y_true, y_pred)
