"""Photographs and what people say of them: a part of Flickr8k."""

import csv
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from sksequence.datasets._bunch import read_description, split_bunch
from sksequence.datasets._checks import check_count, check_split
from sksequence.datasets._fetch import fetch_files, own_folder
from sksequence.utils import import_optional

IMAGES = "flickr8k_1000/images.zip"
CAPTIONS = "flickr8k_1000/captions.txt"
LISTS: Mapping[str, str] = MappingProxyType(
    {
        "train": "flickr8k_text/Flickr_8k.trainImages.txt",
        "validation": "flickr8k_text/Flickr_8k.devImages.txt",
        "test": "flickr8k_text/Flickr_8k.testImages.txt",
    }
)


def fetch_flickr8k(
    *,
    split: str | None = None,
    load_images: bool = False,
    size: int = 64,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Fetch photographs with five captions each, the first thousand of Flickr8k.

    They are divided as the official lists divide all 8,000: 753 to learn from, 113 to
    validate, 125 to test (nine are in no list and left out).

    Parameters
    ----------
    split : {"train", "validation", "test"}, default=None
        Only these photographs. When None all three, each under its name.
    load_images : bool, default=False
        Return the images themselves instead of their paths; needs pillow.
    size : int, default=64
        Height and width of the loaded images in pixels: the central square of the
        photograph, scaled. Most photographs are some 130 by 200 pixels.
    data_home : str or path-like, default=None
        The only data folder to look into and to fill. When None, the folder that
        ``SKSEQUENCE_DATA`` names is searched, then ``~/sksequence_data``.
    download_if_missing : bool, default=True
        When False, a missing file is an error and the network is left alone.
    return_X_y : bool, default=False
        Return ``(data, target)`` of one `split` instead of a Bunch.

    Returns
    -------
    photographs : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str, or ndarray of uint8 of shape (n_images, size, size, 3)
            Paths of the photographs, JPEG files; the images (red, green, blue) with
            ``load_images=True``.
        target : list of list of str
            The five captions of each photograph.
        name : ndarray of str of shape (n_images,)
            Names of the files.
        DESCR : str
            The description.
        filename : list of str
            Where the files of the data set lie.

        Without a `split` the first three belong to the attributes ``train``, ``validation``
        and ``test``, each a Bunch.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        When `split` is none of the three, or ``return_X_y=True`` comes without one.
    ImportError
        When the images are to be loaded and pillow is not installed.
    OSError
        When a file is corrupted, or missing and not to be downloaded; the message says which
        file to put where. Also when the photographs cannot be unpacked.

    Notes
    -----
    The photographs come as one archive, for which there is no public address. It is unpacked
    when their paths are asked for the first time: into `data_home`, else into
    ``~/sksequence_data``, for the folder that ``SKSEQUENCE_DATA`` names may be shared. With
    ``load_images=True`` nothing is unpacked.

    References
    ----------
    M. Hodosh, P. Young and J. Hockenmaier, "Framing image description as a ranking task: data,
    models and evaluation metrics", Journal of Artificial Intelligence Research 47:853-899, 2013.

    Examples
    --------
    >>> from sksequence.datasets import fetch_flickr8k
    >>> train = fetch_flickr8k(split="train", load_images=True)  # doctest: +SKIP
    >>> train.data.shape, train.target[0][1]  # doctest: +SKIP
    ((753, 64, 64, 3), 'A girl going into a wooden building .')
    """
    check_split(split, tuple(LISTS), return_X_y)
    check_count("size", size)
    paths = fetch_files(
        "flickr8k_1000", data_home=data_home, download_if_missing=download_if_missing
    )
    captions = _read_captions(paths[CAPTIONS])
    wanted = LISTS if split is None else {split: LISTS[split]}
    names = {part: _listed(captions, paths[file]) for part, file in wanted.items()}
    images: dict[str, Any]
    if load_images:
        images = {part: _read_images(paths[IMAGES], chosen, size) for part, chosen in names.items()}
    else:
        folder = _unpack(paths[IMAGES], data_home)
        images = {part: [str(folder / one) for one in chosen] for part, chosen in names.items()}
    parts = {
        part: Bunch(
            data=images[part], target=[captions[one] for one in chosen], name=np.asarray(chosen)
        )
        for part, chosen in names.items()
    }
    return split_bunch(
        parts,
        split=split,
        return_X_y=return_X_y,
        DESCR=read_description("flickr8k_1000"),
        filename=[str(path) for path in paths.values()],
    )


def _read_captions(path: Path) -> dict[str, list[str]]:
    """The captions of each photograph, in the order of the file."""
    captions: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            captions.setdefault(row["image"], []).append(row["caption"].strip())
    return captions


def _listed(captions: Mapping[str, Any], path: Path) -> list[str]:
    """Names of the photographs that are in a list."""
    listed = set(path.read_text(encoding="utf-8").split())
    return [name for name in captions if name in listed]


def _read_images(archive: Path, names: list[str], size: int) -> np.ndarray:
    """Read photographs out of the archive: (n_images, size, size, 3), bytes."""
    pillow = import_optional("PIL.Image", extra="image", purpose="load_images=True")
    operations = import_optional("PIL.ImageOps", extra="image", purpose="load_images=True")
    images = np.empty((len(names), size, size, 3), dtype=np.uint8)
    with zipfile.ZipFile(archive) as packed:
        for i, name in enumerate(names):
            with packed.open(f"images/{name}") as stream, pillow.open(stream) as image:
                images[i] = operations.fit(image.convert("RGB"), (size, size))
    return images


def _unpack(archive: Path, data_home: str | os.PathLike[str] | None) -> Path:
    """Return the folder of the photographs; what is missing there is unpacked."""
    with zipfile.ZipFile(archive) as packed:
        beside = archive.parent
        if not _missing(packed, beside):
            return beside / "images"
        folder = own_folder(data_home) / "flickr8k_1000" / Path(IMAGES).parent
        try:
            packed.extractall(folder, _missing(packed, folder))
        except OSError as error:
            raise OSError(
                f"The photographs in {archive} could not be unpacked into {folder}.\n"
                f"  reason: {error}\n"
                "Name another folder with data_home=, or read them without unpacking, with "
                "load_images=True."
            ) from error
    return folder / "images"


def _missing(packed: zipfile.ZipFile, folder: Path) -> list[zipfile.ZipInfo]:
    """Members that are not in the folder, or only in part because unpacking broke off."""
    return [
        member
        for member in packed.infolist()
        if not (folder / member.filename).is_file()
        or (folder / member.filename).stat().st_size != member.file_size
    ]
