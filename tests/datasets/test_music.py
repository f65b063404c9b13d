"""Piano rolls are zeros and ones, from the lowest key up."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from sksequence.datasets import _music, fetch_jsb_chorales, fetch_nottingham
from sksequence.datasets._music import _read_rolls

SETS = {
    fetch_jsb_chorales: ((229, 76, 77), (13807, 4602, 4725)),
    fetch_nottingham: ((694, 173, 170), (176561, 45513, 44463)),
}


def cells(*rolls: np.ndarray) -> np.ndarray:
    """A row of cells, as Matlab writes them."""
    row = np.empty((1, len(rolls)), dtype=object)
    for i, roll in enumerate(rolls):
        row[0, i] = roll
    return row


def test_pieces_of_a_matlab_file_in_their_order(tmp_path: Path):
    rng = np.random.default_rng(0)
    rolls = [rng.integers(2, size=(n, 88)).astype(np.uint8) for n in (3, 1, 5)]
    savemat(tmp_path / "music.mat", {"traindata": cells(*rolls), "testdata": cells(rolls[1])})
    found = _read_rolls(tmp_path / "music.mat", ("traindata",))
    assert list(found) == ["traindata"]
    assert found["traindata"].lengths.tolist() == [3, 1, 5]
    for piece, roll in zip(found["traindata"], rolls, strict=True):
        np.testing.assert_array_equal(piece, roll)
    assert found["traindata"].values.dtype == np.float32


@pytest.mark.parametrize("fetch", SETS)
def test_splits_are_those_of_boulanger_lewandowski(data_dir: Path, fetch):
    n_pieces, n_steps = SETS[fetch]
    music = fetch(download_if_missing=False)
    parts = [music.train, music.validation, music.test]
    assert tuple(len(part.data) for part in parts) == n_pieces
    assert tuple(len(part.data.values) for part in parts) == n_steps
    for part in parts:
        assert part.data.values.shape[1] == 88
        assert set(np.unique(part.data.values)) == {0, 1}
    alone = fetch(split="test")
    np.testing.assert_array_equal(alone.data.values, music.test.data.values)
    assert alone.lowest_pitch == music.lowest_pitch == 21
    assert "nats" in alone.DESCR


def test_first_key_is_midi_21(data_dir: Path):
    """Another edition of the chorales writes the MIDI numbers of the notes of each step."""
    path = data_dir / "jsb_chorales" / "jsb" / "jsb-chorales-quarter.json"
    if not path.is_file():
        pytest.skip(f"there is no {path.name}")
    written = json.loads(path.read_text(encoding="utf-8"))
    music = fetch_jsb_chorales()
    for part, name in (("train", "train"), ("validation", "valid"), ("test", "test")):
        for roll, chords in zip(music[part].data, written[name], strict=True):
            pitches = [(np.flatnonzero(step) + music.lowest_pitch).tolist() for step in roll]
            assert pitches == [sorted(set(chord)) for chord in chords]


@pytest.mark.parametrize("fetch", SETS)
def test_wrong_split_is_named_before_anything_is_fetched(fetch, monkeypatch):
    monkeypatch.setattr(_music, "fetch_files", None)
    with pytest.raises(ValueError, match=r"split must be one of 'train', .* got 'valid'"):
        fetch(split="valid")
