"""The office is measured each minute, and cut at midnights when asked for."""

from pathlib import Path

import numpy as np
import pytest

from sksequence.datasets import _occupancy, fetch_occupancy
from sksequence.datasets._occupancy import _read_minutes, _run

HEADER = '"date","Temperature","Humidity","Light","CO2","HumidityRatio","Occupancy"\n'
ROWS = """"1","2015-02-04 23:58:00",23.18,27.27,426,721.25,0.0047,1
"2","2015-02-04 23:59:00",23.15,27.26,0,714,0.0047,0
"3","2015-02-05 00:00:00",23.10,27.25,0,713.5,0.0046,0
"""


@pytest.fixture
def minutes(tmp_path: Path):
    path = tmp_path / "run.txt"
    path.write_text(HEADER + ROWS, encoding="utf-8")
    return _read_minutes(path)


def test_a_run_is_one_sequence(minutes):
    run = _run(minutes, by_day=False)
    assert run.data.lengths.tolist() == [3]
    np.testing.assert_array_equal(run.data[0][0], [23.18, 27.27, 426, 721.25, 0.0047])
    assert [labels.tolist() for labels in run.target] == [["occupied", "empty", "empty"]]
    assert run.dates[0][2] == np.datetime64("2015-02-05T00:00")


def test_a_run_is_cut_at_midnight(minutes):
    whole, run = _run(minutes, by_day=False), _run(minutes, by_day=True)
    assert run.data.lengths.tolist() == [2, 1]
    assert run.data.names.tolist() == ["2015-02-04", "2015-02-05"]
    assert [labels.tolist() for labels in run.target] == [["occupied", "empty"], ["empty"]]
    np.testing.assert_array_equal(run.data.values, whole.data.values)


@pytest.mark.parametrize("by_day", [False, True])
def test_runs_of_the_office(data_dir: Path, by_day: bool):
    office = fetch_occupancy(by_day=by_day, download_if_missing=False)
    parts = [office.train, office.test_closed, office.test_open]
    assert [len(part.data.values) for part in parts] == [8143, 2665, 9752]
    assert [len(part.data) for part in parts] == ([7, 3, 8] if by_day else [1, 1, 1])
    occupied = [int((np.concatenate(part.target) == "occupied").sum()) for part in parts]
    assert occupied == [1729, 972, 2049]
    for part in parts:
        assert list(map(len, part.target)) == part.data.lengths.tolist()
        gaps = np.diff(np.concatenate(part.dates)).astype(int)
        assert set(gaps.tolist()) <= {59, 60, 61}
    assert office.feature_names[2] == "Light"
    X, y = fetch_occupancy(split="test_open", by_day=by_day, return_X_y=True)
    np.testing.assert_array_equal(X.values, office.test_open.data.values)
    assert len(y) == len(X)


def test_wrong_arguments_are_named_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(_occupancy, "fetch_files", None)
    with pytest.raises(ValueError, match=r"split must be one of .*, 'test_closed'"):
        fetch_occupancy(split="test")
