"""Where the files of public data sets are found, checked and, when missing, downloaded.

A further data set is an entry in ``registry.json``: its files with public address, size and
SHA-256. An address of null means that the file was repacked and has to be put there by hand.
"""

import errno
import hashlib
import json
import os
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from sksequence.utils import import_optional

ENVIRONMENT_VARIABLE = "SKSEQUENCE_DATA"
DEFAULT_HOME = Path("~/sksequence_data")


@dataclass(frozen=True)
class RemoteFile:
    """One file of a public data set, as it must be byte for byte."""

    dataset: str
    name: str  # inside the data set's folder, with forward slashes
    n_bytes: int
    sha256: str
    url: str | None

    def path_in(self, folder: Path) -> Path:
        """Return where the file belongs below a data folder."""
        return folder / self.dataset / PurePosixPath(self.name)

    def __str__(self) -> str:
        return f"'{self.dataset}/{self.name}' ({self.n_bytes:,} bytes)"


@lru_cache(maxsize=1)
def read_registry() -> Mapping[str, tuple[RemoteFile, ...]]:
    """Return the files of every data set that the package knows how to fetch."""
    path = resources.files("sksequence.datasets") / "registry.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            dataset: tuple(
                RemoteFile(dataset, file["file"], file["bytes"], file["sha256"], file["url"])
                for file in files
            )
            for dataset, files in entries.items()
        }
    )


def get_data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder into which data sets are downloaded.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder. When None it is the one that the environment variable ``SKSEQUENCE_DATA``
        names, and ``~/sksequence_data`` when that is not set.

    Returns
    -------
    folder : pathlib.Path
        Absolute path with ``~`` expanded. The folder is not created.

    Examples
    --------
    >>> from sksequence.datasets import get_data_home
    >>> get_data_home("/data/sequences").name
    'sequences'
    """
    return _search_folders(data_home)[0]


def fetch_files(
    dataset: str,
    *,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
    only: Container[str] | None = None,
) -> dict[str, Path]:
    """Return the checked files of a data set by name; download those that are nowhere.

    With `only` the other files of the set are left where they are.

    Raises
    ------
    OSError
        When a file differs from the registered one, when a missing file cannot be downloaded,
        or when it is missing and ``download_if_missing=False``.
    """
    folders = _search_folders(data_home)
    return {
        file.name: _find(file, folders) or _download(file, folders, download_if_missing)
        for file in read_registry()[dataset]
        if only is None or file.name in only
    }


def own_folder(data_home: str | os.PathLike[str] | None) -> Path:
    """Return where unpacked files go: not to ``SKSEQUENCE_DATA``, which may be shared."""
    folder = DEFAULT_HOME if data_home is None else Path(data_home)
    return folder.expanduser().absolute()


def _search_folders(data_home: str | os.PathLike[str] | None) -> list[Path]:
    """List the data folders in the order in which they are searched; the first is filled."""
    if data_home is not None:
        return [Path(data_home).expanduser().absolute()]
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    folders = [Path(named), DEFAULT_HOME] if named else [DEFAULT_HOME]
    return [folder.expanduser().absolute() for folder in folders]


def _find(file: RemoteFile, folders: list[Path]) -> Path | None:
    """Return the first copy of the file, or None; a copy that differs is an error."""
    for folder in folders:
        path = file.path_in(folder)
        if path.is_file():
            _check_contents(file, path)
            return path
    return None


def _check_contents(file: RemoteFile, path: Path) -> None:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != file.sha256:
        remedy = "call again: it is then downloaded anew" if file.url else "put the right one there"
        raise OSError(
            f"The file {path} is corrupted, or another version than the registered one.\n"
            f"  expected: {file.n_bytes:,} bytes, SHA-256 {file.sha256}\n"
            f"  found:    {path.stat().st_size:,} bytes, SHA-256 {found}\n"
            f"Delete it and {remedy}."
        )


def _download(file: RemoteFile, folders: list[Path], download_if_missing: bool) -> Path:
    """Fetch the file into the first folder; pooch checks it before it gets its name."""
    if not download_if_missing:
        raise OSError(
            f"The file {file} is missing and download_if_missing=False. {_advice(file, folders)}"
        )
    if file.url is None:
        raise OSError(
            f"The file {file} is missing and has no public address. {_advice(file, folders)}"
        )
    pooch = import_optional("pooch", extra="data", purpose=f"downloading the file {file}")
    path = file.path_in(folders[0])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise OSError(
            f"The file {file} cannot be downloaded: the folder {path.parent} cannot be made or "
            f"written to ({error.strerror}). Name another folder with data_home= or with the "
            f"environment variable {ENVIRONMENT_VARIABLE}."
        ) from error
    try:
        known = f"sha256:{file.sha256}"
        pooch.retrieve(file.url, known_hash=known, fname=path.name, path=path.parent)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        raise OSError(
            f"The file {file} could not be downloaded.\n  reason: {error}\n{_advice(file, folders)}"
        ) from error
    return path


def _advice(file: RemoteFile, folders: list[Path]) -> str:
    """Say which file to put where, for a machine without a network."""
    source = f"from {file.url} " if file.url else ""
    places = "\n  or ".join(str(file.path_in(folder)) for folder in folders)
    return (
        f"To go on without a network, copy the file {source}to\n     {places}\n"
        f"(SHA-256 {file.sha256}). Another folder with this layout may be named by data_home= "
        f"or by the environment variable {ENVIRONMENT_VARIABLE}."
    )
