"""The guide for those who come from elsewhere names what is there."""

import ast
import inspect
import re
from importlib import import_module

import pytest

import sksequence
from tests.guides import read_guide, run_examples, table_rows

ROWS = table_rows(read_guide("coming_from.rst"))
WRITTEN = [code for row in ROWS for code in re.findall("``(.+?)``", row[1])]
ESTIMATORS = [
    value for name in sksequence.__all__ if inspect.isclass(value := getattr(sksequence, name))
]
METHODS = {name for kind in ESTIMATORS for name in dir(kind)}


def parameters_of(called):
    return set(inspect.signature(called).parameters)


CALLABLE = [*ESTIMATORS, sksequence.permutation_importance]
KEYWORDS = {name for kind in CALLABLE for name in parameters_of(kind)} | {
    name
    for kind in ESTIMATORS
    for method in ("fit", "predict_interval", "predict_quantiles")
    if hasattr(kind, method)
    for name in parameters_of(getattr(kind, method))
}


def calls_in(code):
    """Calls of functions and classes of ours in a piece of code, with what they are."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a list of keywords, such as: dropout=0.3, n_layers=2
        return
    for node in ast.walk(tree):
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        known = getattr(sksequence, name.removeprefix("sksequence."), None)
        if callable(known):
            yield node, known


def test_examples_of_the_guide_give_what_it_shows():
    result = run_examples("coming_from.rst")
    assert result.attempted > 40
    assert result.failed == 0


def test_tables_are_read():
    assert len(ROWS) > 80
    assert sum(len(list(calls_in(code))) for code in WRITTEN) > 25


@pytest.mark.parametrize("code", dict.fromkeys(WRITTEN))
def test_what_is_written_here_exists(code):
    for call, known in calls_in(code):
        assert {keyword.arg for keyword in call.keywords} <= parameters_of(known)
    if found := re.fullmatch(r"(\w+)=.*", code):
        names = re.findall(r"(?:^|, )(\w+)=", code)
        assert set(names) <= KEYWORDS, found
    if found := re.match(r"(?:model|tagger|embedder)\.(\w+)\(", code):
        assert found[1] in METHODS
    if found := re.fullmatch(r"sksequence\.(\w+)\.(\w+)", code):
        assert hasattr(import_module(f"sksequence.{found[1]}"), found[2])
