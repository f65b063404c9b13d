"""No test of the data sets touches the network or the user's own data folder."""

from pathlib import Path

import pytest

pytest.importorskip("pooch")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, **kwargs: object) -> None:
        raise ConnectionError("network is unreachable")

    monkeypatch.setattr("pooch.retrieve", refuse)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """An empty folder in place of the user's data folder, and no folder named elsewhere."""
    folder = tmp_path / "home"
    monkeypatch.setattr("sksequence.datasets._fetch.DEFAULT_HOME", folder)
    if "data_dir" not in request.fixturenames:
        monkeypatch.delenv("SKSEQUENCE_DATA", raising=False)
    return folder
