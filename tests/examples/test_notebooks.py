"""Two examples as the notebooks that readers download, run by a kernel as Jupyter runs them."""

import shutil
from pathlib import Path

import nbclient
import nbformat
import pytest
from sphinx_gallery.notebook import python_to_jupyter_cli

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def outputs(notebook):
    """What code cells print, and the types of what they draw or show."""
    printed, kinds = [], set()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            printed.append(output.get("text", ""))
            kinds |= set(output.get("data", {}))
    return "".join(printed), kinds


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("time_series/forecast_passengers", "mean of the networks"),
        ("dna/promoters", "letters at places"),
    ],
)
def test_notebook_runs_to_its_last_cell(name, said, tmp_path, monkeypatch):
    program = shutil.copy(EXAMPLES / f"{name}.py", tmp_path)
    python_to_jupyter_cli([program])
    notebook = nbformat.read(Path(program).with_suffix(".ipynb"), as_version=4)
    monkeypatch.delenv("MPLBACKEND")  # pictures go into the notebook, as they do in Jupyter
    where = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=where).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) > 3
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    printed, kinds = outputs(notebook)
    assert said in printed
    assert "image/png" in kinds
