"""DNA is read base by base, whatever the form of the file."""

from collections import Counter
from pathlib import Path

import numpy as np

from sksequence.datasets import fetch_ecoli_promoters, fetch_splice
from sksequence.datasets._bases import _read_arff, _read_fasta


def test_rows_between_the_comments(tmp_path: Path):
    path = tmp_path / "x.arff"
    path.write_text("% about\n@relation x\n@DATA\nA-1, C,G ,EI\n\nB-2,D,N,N\n%\n%\n")
    assert _read_arff(path) == [["A-1", "C", "G", "EI"], ["B-2", "D", "N", "N"]]


def test_records_of_several_lines(tmp_path: Path):
    path = tmp_path / "x.fa"
    path.write_text("> 6400\nTTCC\nGC\n>name__forward__12\nA\n\n")
    assert _read_fasta(path) == [("6400", "TTCCGC"), ("name__forward__12", "A")]


def test_splice_junctions(data_dir: Path):
    junctions = fetch_splice(download_if_missing=False)
    assert Counter(junctions.target.tolist()) == {"EI": 767, "IE": 768, "N": 1655}
    assert {len(bases) for bases in junctions.data} == {60}
    letters = Counter(letter for bases in junctions.data for letter in bases)
    assert set(letters) == set("ACGTDNRS")
    assert sum(letters[uncertain] for uncertain in "DNRS") == 60
    assert len(set(junctions.data)) == 3190 - 185
    assert len(set(junctions.name.tolist())) == 3190 - 12
    X, y = fetch_splice(return_X_y=True, as_frame=True)
    assert X.tolist() == junctions.data
    assert y.name == "junction"


def test_introns_begin_with_gt_and_end_with_ag(data_dir: Path):
    """What splices in nearly all genes stands right in the middle, where the docstring says."""
    X, y = fetch_splice(return_X_y=True)
    for label, middle, dimer in (("EI", slice(30, 32), "GT"), ("IE", slice(28, 30), "AG")):
        found = [X[i][middle] == dimer for i in np.flatnonzero(y == label)]
        assert sum(found) / len(found) > 0.97


def test_ecoli_promoters(data_dir: Path):
    promoters = fetch_ecoli_promoters(download_if_missing=False)
    assert Counter(promoters.target.tolist()) == {"+": 839, "-": 3000}
    assert {len(bases) for bases in promoters.data} == {81}
    assert set("".join(promoters.data)) == set("ACGT")
    assert len(set(promoters.data)) == 3839
    assert promoters.name[0] == "ECK120010467__accAp__forward__208411"
    assert fetch_ecoli_promoters(as_frame=True).frame.shape == (3839, 3)
