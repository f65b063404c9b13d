"""The guide to ragged data says of every tool of scikit-learn what it really does."""

import os
import re
import subprocess
import sys

import pytest
from matplotlib import pyplot
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split
from sklearn.multiclass import OutputCodeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import resample, shuffle

from sksequence import RNNClassifier, SequenceScaler
from tests.estimators.test_sklearn_tools import (
    CLASSIFIER,
    CONTAINERS,
    LABELS,
    REFUSES,
    TAKES,
    fitted,
)
from tests.guides import read_guide, run_examples, table_rows

ROWS = {re.sub("`", "", row[0]): row[1:] for row in table_rows(read_guide("ragged.rst"))}


def show_confusions(X):
    classifier = RNNClassifier(**CLASSIFIER.get_params()).fit(X, LABELS)
    ConfusionMatrixDisplay.from_estimator(classifier, X, LABELS)
    pyplot.close("all")


def fit_cached(X, folder):
    fitted(make_pipeline(SequenceScaler(), CLASSIFIER, memory=str(folder)), X, LABELS)


TRIALS = {
    **TAKES,
    **REFUSES,
    "train_test_split": lambda X: train_test_split(X, LABELS, stratify=LABELS),
    "resample": lambda X: resample(X, LABELS),
    "shuffle": lambda X: shuffle(X, LABELS),
    "RandomizedSearchCV": TAKES["RandomizedSearchCV, GroupKFold"],
    "FeatureUnion of sequences": REFUSES["FeatureUnion"],
    "ColumnTransformer of sequences": REFUSES["ColumnTransformer"],
    "ConfusionMatrixDisplay": show_confusions,
    "DummyClassifier": lambda X: fitted(DummyClassifier(), X, LABELS),
    "LogisticRegression": lambda X: fitted(LogisticRegression(), X, LABELS),
    "OutputCodeClassifier": lambda X: fitted(
        OutputCodeClassifier(CLASSIFIER, random_state=0), X, LABELS
    ),
    "StandardScaler": lambda X: StandardScaler().fit(X),
    "SimpleImputer": lambda X: SimpleImputer().fit(X),
}


def test_examples_of_the_guide_give_what_it_shows():
    result = run_examples("ragged.rst")
    assert result.attempted > 50
    assert result.failed == 0


def test_the_table_has_every_tool_that_is_known_to_take_or_to_refuse():
    known = {re.split(r"[,. (]", name)[0] for name in (*TAKES, *REFUSES)}
    assert known <= {re.split(r"[,. (]", name)[0] for name in ROWS}
    assert len(ROWS) > 40


@pytest.mark.parametrize("tool", ROWS)
@pytest.mark.parametrize(
    ("column", "container"),
    list(enumerate(["SequenceArray", "list of arrays", "column of a DataFrame"])),
)
def test_the_table_says_what_happens(tool, column, container, tmp_path):
    claim, X = ROWS[tool][column], CONTAINERS[container]
    assert claim in ("yes", "no")
    try:
        if tool == "Pipeline(memory=...)":
            fit_cached(X, tmp_path)
        else:
            TRIALS[tool](X)
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        assert claim == "no", error
    else:
        assert claim == "yes"


def test_every_refusal_has_a_remedy():
    assert [tool for tool, (one, *_, remedy) in ROWS.items() if one == "no" and not remedy] == []


def test_array_api_dispatch_takes_lists_only():
    program = """
import sklearn
from sklearn.model_selection import train_test_split
from sksequence.inputs import SequenceArray
arrays = [[0.0, 1.0], [2.0], [3.0, 4.0, 5.0], [6.0]]
with sklearn.config_context(array_api_dispatch=True):
    print(len(train_test_split(arrays)[0]))
    train_test_split(SequenceArray.from_list(arrays))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "3\n"
    assert "TypeError: SequenceArray is not a supported array type" in done.stderr
