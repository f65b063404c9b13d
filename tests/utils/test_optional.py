"""A missing optional package is named together with the extra that brings it."""

import sys
from pathlib import Path

import pytest

from sksequence.utils import import_optional


def test_gives_the_module_itself():
    assert import_optional("json", extra="data", purpose="a test") is sys.modules["json"]
    found = import_optional("xml.sax", extra="data", purpose="a test")
    assert found.__name__ == "xml.sax"


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.part"])
def test_missing_package_names_purpose_and_extra(module):
    with pytest.raises(ImportError) as caught:
        import_optional(module, extra="data", purpose="fetch_movie_reviews")
    assert str(caught.value) == (
        "fetch_movie_reviews needs the optional package 'no_such_package', which is not "
        'installed. Install it with: pip install "sksequence[data]"'
    )
    assert caught.value.name == "no_such_package"


def test_package_that_misses_one_of_its_own_keeps_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "half_installed.py").write_text("import what_it_needs\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="No module named 'what_it_needs'"):
        import_optional("half_installed", extra="data", purpose="a test")
