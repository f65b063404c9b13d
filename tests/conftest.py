"""What every test runs under: one thread, no window, real data only where there is some."""

import os
from pathlib import Path

import pytest

# Read by torch, numpy and matplotlib when they are first imported, which tests do late.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "Agg"

ROOT = Path(__file__).resolve().parents[1]


def _find_data() -> Path | None:
    """The folder of real data sets: SKSEQUENCE_DATA, else shared/data beside the repository."""
    named = os.environ.get("SKSEQUENCE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture
def data_dir(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of real data sets, which SKSEQUENCE_DATA names while the test runs."""
    folder = _find_data()
    if folder is None:
        pytest.skip("set SKSEQUENCE_DATA to the folder of real data sets to run this test")
    monkeypatch.setenv("SKSEQUENCE_DATA", str(folder))
    return folder


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run."""
    if item.get_closest_marker("data") and _find_data() is None:
        pytest.skip("set SKSEQUENCE_DATA to the folder of real data sets to run this test")
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")
