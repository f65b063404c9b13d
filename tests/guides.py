"""Reading the pages of the user guide: their examples, and the rows of their tables."""

import doctest
import re
from pathlib import Path

GUIDES = Path(__file__).resolve().parents[1] / "docs" / "user_guide"


def read_guide(name: str) -> str:
    """The text of a page."""
    return (GUIDES / name).read_text(encoding="utf-8")


def run_examples(name: str) -> doctest.TestResults:
    """How many examples of a page there are, and how many do not print what it says."""
    return doctest.testfile(
        str(GUIDES / name),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
        encoding="utf-8",
    )


def table_rows(text: str) -> list[list[str]]:
    """The cells of all list-tables of a page, row by row, without the headings."""
    rows = []
    for table in re.findall(r"^\.\. list-table::.*?(?=^\S|\Z)", text, re.DOTALL | re.MULTILINE):
        _, *found = re.split(r"\n   \* - ?", table)
        cells = [re.split(r"\n     - ?", row) for row in found]
        rows += [[" ".join(cell.split()) for cell in row] for row in cells[1:]]
    return rows
