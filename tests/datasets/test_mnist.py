"""Images are read from the authors' files and from pictures that hold an image a row."""

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from sksequence.datasets import _mnist, fetch_mnist
from sksequence.datasets._mnist import _read_idx, _read_images


def write_idx(path: Path, array: np.ndarray) -> Path:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))
    return path


def test_arrays_of_bytes(tmp_path: Path):
    images = np.random.default_rng(0).integers(256, size=(3, 28, 28))
    found = _read_images(write_idx(tmp_path / "images.gz", images))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, images)
    row = write_idx(tmp_path / "row.gz", images[0, 0])
    np.testing.assert_array_equal(_read_idx(row), images[0, 0])


def test_other_files_are_refused(tmp_path: Path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(bytes([0, 0, 13, 1, 0, 0, 0, 0])))
    with pytest.raises(ValueError, match="begins with"):
        _read_idx(tmp_path / "x.gz")


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_an_image_a_row_of_a_picture(tmp_path: Path, mode: str):
    image = pytest.importorskip("PIL.Image")
    images = np.random.default_rng(0).integers(256, size=(4, 28, 28), dtype=np.uint8)
    image.fromarray(images.reshape(4, 784)).convert(mode).save(tmp_path / "x.png")
    np.testing.assert_array_equal(_read_images(tmp_path / "x.png"), images)


def test_missing_pillow_is_said_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(_mnist, "fetch_files", None)
    for name in ("PIL", "PIL.Image"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r'training images needs.*"sksequence\[image\]"'):
        fetch_mnist()


def test_test_images_need_no_pillow(data_dir: Path, monkeypatch):
    for name in ("PIL", "PIL.Image"):
        monkeypatch.setitem(sys.modules, name, None)
    X, y = fetch_mnist(split="test", return_X_y=True, download_if_missing=False)
    assert X.shape == (10000, 28, 28)
    assert np.bincount(y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_training_images(data_dir: Path):
    pytest.importorskip("PIL.Image")
    digits = fetch_mnist(split="train")
    assert digits.data.shape == (60000, 28, 28)
    assert digits.data.dtype == np.uint8
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(digits.target).tolist() == counts
    # 33.3184 is the mean of the authors' file; here every pixel with ink is one less.
    assert digits.data.max() == 254
    assert digits.data.mean() + (digits.data > 0).mean() == pytest.approx(33.3184, abs=0.002)


def test_images_and_labels_belong_together(data_dir: Path):
    """The nearest mean image is right in 82 % of the test (an old textbook figure)."""
    pytest.importorskip("PIL.Image")
    digits = fetch_mnist()
    train, test = digits.train, digits.test
    means = np.stack([train.data[train.target == k].mean(axis=0).ravel() for k in range(10)])
    X = test.data.reshape(len(test.data), -1).astype(float)
    nearest = ((means**2).sum(axis=1) - 2 * X @ means.T).argmin(axis=1)
    assert 0.81 < (nearest == test.target).mean() < 0.83


def test_wrong_arguments_are_named_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(_mnist, "fetch_files", None)
    with pytest.raises(ValueError, match="split must be one of 'train', 'test', got 'dev'"):
        fetch_mnist(split="dev")
