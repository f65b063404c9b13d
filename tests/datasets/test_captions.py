"""Flickr8k: photographs, their captions, and unpacking that hurts nobody's folder."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sksequence.datasets import _captions, fetch_flickr8k

FILES = {
    "flickr8k_1000/images.zip",
    "flickr8k_1000/captions.txt",
    *_captions.LISTS.values(),
}


@pytest.fixture
def linked(tmp_path: Path, data_dir: Path) -> Path:
    """A data folder of the test's own that holds links to the real files."""
    folder = tmp_path / "linked"
    for name in FILES:
        path = folder / "flickr8k_1000" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(data_dir / "flickr8k_1000" / name)
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small archive in a folder that stands for a shared one."""
    path = tmp_path / "shared" / "images.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("images/a.jpg", b"first")
        packed.writestr("images/b.jpg", b"second")
    return path


# Unpacking


def unpacked(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


BOTH = {"a.jpg": b"first", "b.jpg": b"second"}


def test_unpacks_into_the_users_own_folder_and_not_beside_a_shared_archive(
    archive: Path, home: Path, tmp_path: Path
):
    folder = _captions._unpack(archive, None)
    assert folder == home / "flickr8k_1000" / "flickr8k_1000" / "images"
    assert unpacked(folder) == BOTH
    given = _captions._unpack(archive, tmp_path / "given")
    assert given.is_relative_to(tmp_path / "given")
    assert unpacked(given) == BOTH
    assert [path.name for path in archive.parent.iterdir()] == ["images.zip"]


def test_what_was_unpacked_beside_the_archive_is_used(archive: Path, home: Path):
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(archive.parent)
    assert _captions._unpack(archive, None) == archive.parent / "images"
    assert not home.exists()


def test_what_broke_off_is_unpacked_again_and_the_rest_left_alone(archive: Path):
    folder = _captions._unpack(archive, None)
    (folder / "a.jpg").write_bytes(b"fi")
    (folder / "b.jpg").write_bytes(b"SECOND")
    assert _captions._unpack(archive, None) == folder
    assert unpacked(folder) == {"a.jpg": b"first", "b.jpg": b"SECOND"}


def test_folder_that_cannot_be_filled_names_the_remedies(archive: Path, tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="could not be unpacked") as caught:
        _captions._unpack(archive, tmp_path / "file")
    for needed in [str(archive), "data_home=", "load_images=True"]:
        assert needed in str(caught.value)


# The real files


def test_parts_captions_and_names(linked: Path):
    photographs = fetch_flickr8k(data_home=linked, download_if_missing=False)
    sizes = {part: len(photographs[part].data) for part in ("train", "validation", "test")}
    assert sizes == {"train": 753, "validation": 113, "test": 125}
    names: list[str] = []
    for part in sizes:
        bunch = photographs[part]
        assert [Path(path).name for path in bunch.data] == bunch.name.tolist()
        assert all(Path(path).read_bytes()[:2] == b"\xff\xd8" for path in bunch.data[:20])
        assert all(len(captions) == 5 and all(captions) for captions in bunch.target)
        names += bunch.name.tolist()
    assert len(set(names)) == len(names)
    # A caption with a comma is quoted in the file, and whole here.
    dog = photographs.train.name.tolist().index("1012212859_01547e3f17.jpg")
    assert (
        "A dog shakes its head near the shore , a red ball next to it ."
        in (photographs.train.target[dog])
    )
    assert "Hodosh" in photographs.DESCR
    assert len(photographs.filename) == len(FILES)


def test_loaded_images_are_central_squares_and_nothing_is_unpacked(linked: Path, home: Path):
    pillow = pytest.importorskip("PIL.Image")
    images, captions = fetch_flickr8k(
        split="validation", load_images=True, size=16, return_X_y=True, data_home=linked
    )
    assert images.shape == (113, 16, 16, 3)
    assert images.dtype == np.uint8
    assert len(captions) == 113
    assert not list(linked.rglob("*.jpg"))
    assert not home.exists()
    bunch = fetch_flickr8k(split="validation", data_home=linked)
    assert bunch.target == captions
    for i in (0, 57, 112):  # the mean colour of the central square survives scaling
        photograph = np.asarray(pillow.open(bunch.data[i]), dtype=float)
        height, width = photograph.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = photograph[top : top + side, left : left + side]
        np.testing.assert_allclose(images[i].mean((0, 1)), square.mean((0, 1)), atol=2)


def test_missing_pillow_names_the_extra(linked: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"load_images=True needs .*sksequence\[image\]"):
        fetch_flickr8k(split="test", load_images=True, data_home=linked)


def test_archive_without_public_address_is_asked_for_by_name(home: Path):
    with pytest.raises(OSError, match=r"images.zip.* has no public address") as caught:
        fetch_flickr8k()
    assert str(home / "flickr8k_1000" / "flickr8k_1000" / "images.zip") in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "dev"}, "split must be one of 'train', 'validation', 'test', got 'dev'"),
        ({"size": 0}, "size must be at least 1, got 0"),
        ({"return_X_y": True}, "needs a split, such as split='train'"),
    ],
)
def test_wrong_arguments_are_named_before_anything_is_fetched(options, message, monkeypatch):
    monkeypatch.setattr(_captions, "fetch_files", None)
    with pytest.raises(ValueError, match=message):
        fetch_flickr8k(**options)
