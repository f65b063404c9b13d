"""Sequences kept in a folder, opened without being read; each becomes a method.

The folder holds raw ``.npy`` files (values and, where there are any, vectors, items, context and
names), and ``sequences.json``, which says what they are and how many bytes they have. That one is
written last, and the folder gets its name when all is there.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sksequence.inputs._alike import shared
from sksequence.inputs._channel import Channel
from sksequence.inputs._disk_batches import as_sequences, check_alike, check_names
from sksequence.inputs._file_rows import FileRows, open_map
from sksequence.inputs._offsets import offsets_from_lengths

if TYPE_CHECKING:
    from sksequence.inputs._sequence_array import SequenceArray

FORMAT, FORMAT_VERSION = "sksequence.SequenceArray", 1
ABOUT = "sequences.json"


def to_disk(self: SequenceArray, folder: str | os.PathLike) -> SequenceArray:
    """Write everything into a new folder, and open it there.

    Parameters
    ----------
    folder : path
        It must not be there yet, or be empty.

    Returns
    -------
    SequenceArray
        The same sequences, with their values on disk (see ``from_disk``).

    Raises
    ------
    FileExistsError
        If there is something in the folder.
    OSError
        If it cannot be written, such as on a full disk; nothing is left of it then.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sksequence import SequenceArray
    >>> X = SequenceArray.from_list([[1.0, 2.0], [3.0]])
    >>> with TemporaryDirectory() as folder:
    ...     Y = X.to_disk(f"{folder}/numbers")
    ...     print(Y, Y.on_disk)
    SequenceArray(n_sequences=2, lengths=1..2, n_features=1) True
    """
    return from_batches(type(self), [self], folder)


def from_batches(
    cls: type[SequenceArray], batches: Iterable[Any], folder: str | os.PathLike
) -> SequenceArray:
    """Write sequences that never fit into memory together, and open them on disk.

    Parameters
    ----------
    batches : iterable of SequenceArray, or of lists of arrays
        Some sequences at a time, such as a generator makes them; lists are read as by
        ``from_list``. All have the same channels and types of numbers; one without any sequence
        adds nothing. In memory stays what belongs to a sequence (its place, context and name),
        and one batch.
    folder : path
        It must not be there yet, or be empty.

    Returns
    -------
    SequenceArray
        The sequences of all batches in their order (see ``from_disk``).

    Raises
    ------
    TypeError
        If a batch is of another kind.
    ValueError
        If a batch differs from the first in its channels, or there is no sequence at all; the
        message has the number of the batch, counted from 0.
    FileExistsError
        If there is something in the folder.
    OSError
        If it cannot be written, such as on a full disk; nothing is left of it then.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sksequence import SequenceArray
    >>> batches = ([[float(i)] * 3, [float(i)]] for i in range(1000))
    >>> with TemporaryDirectory() as folder:
    ...     print(SequenceArray.from_batches(batches, f"{folder}/many"))
    SequenceArray(n_sequences=2000, lengths=1..3, n_features=1)
    """
    if hasattr(batches, "channels"):  # one container is one batch
        batches = [batches]
    if not isinstance(batches, Iterable) or isinstance(batches, (str, bytes)):
        raise TypeError(
            "batches must be an iterable of batches, each a SequenceArray or a list of arrays, got "
            f"{type(batches).__name__}: give a list of batches, or a generator that yields them."
        )
    folder = Path(folder)
    with _named_at_the_end(folder) as unfinished:
        writer = _Writer(unfinished)
        with contextlib.closing(writer):
            for i, batch in enumerate(batches):
                writer.append(as_sequences(cls, batch, i), i)
            writer.finish()
    return from_disk(cls, folder)


class _Writer:
    """The files of a folder, one batch of sequences after the other."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._first: SequenceArray | None = None
        self._files: dict[str, _NpyFile] = {}
        self._sides: dict[str, list] = {"lengths": [], "context": [], "names": []}
        self._items: dict[str, list] = {}
        self._ids: dict[str, list] = {}

    def append(self, X: SequenceArray, i: int) -> None:
        """Write the values of some more sequences; remember what belongs to each."""
        if not len(X):
            return
        if self._first is None:
            self._start(X)
        check_alike(self._first, X, i)
        for name, channel in X.channels.items():
            for _, block in channel.blocks():
                self._files[name].append(block)
            if channel.item_offsets is not None:
                self._items[name].append(np.diff(channel.item_offsets))
            self._ids[name].append((channel.vocabulary_id, channel.vectors_id, channel.unknown_id))
        for side, values in (("lengths", X.lengths), ("context", X.context), ("names", X.names)):
            self._sides[side].append(values)

    def _start(self, X):
        self._first = X[np.array([0, 0])]  # a copy: a slice would keep the whole batch
        for i, (name, channel) in enumerate(X.channels.items()):
            path = self._folder / f"channel{i}.npy"
            self._files[name] = _NpyFile(path, channel.rows.shape[1:], channel.rows.dtype)
            self._items[name], self._ids[name] = [], []

    def finish(self) -> None:
        """Write all that is small, and at last what all of it is."""
        if self._first is None:
            raise ValueError("there are no sequences in these batches: give at least one.")
        self.close()
        lengths = np.concatenate(self._sides["lengths"])
        self._write("offsets.npy", offsets_from_lengths(lengths))
        about = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "sksequence": _version(),
            "channels": [self._channel(name) for name in self._files],
            "context": self._context(),
            "names": self._names(),
        }
        about["bytes"] = {p.name: p.stat().st_size for p in sorted(self._folder.iterdir())}
        text = json.dumps(about, indent=1, allow_nan=False).encode()
        _write_whole(self._folder / ABOUT, lambda file: file.write(text))

    def _channel(self, name):
        channel, file = self._first.channels[name], self._files[name].path.name
        vectors = items = None
        if channel.vectors is not None:
            vectors = self._write(file.replace(".npy", ".vectors.npy"), channel.vectors)
        if self._items[name]:
            counts = np.concatenate(self._items[name])
            items = self._write(file.replace(".npy", ".items.npy"), offsets_from_lengths(counts))
        return {
            "name": name,
            "values": file,
            "n_tokens": None if channel.n_tokens is None else int(channel.n_tokens),
            "vectors": vectors,
            "item_offsets": items,
            "feature_names": channel.feature_names,
            **{
                key: shared(ids[i] for ids in self._ids[name])
                for i, key in enumerate(("vocabulary_id", "vectors_id", "unknown_id"))
            },
        }

    def _context(self):
        if self._first.context is None:
            return None
        return self._write("context.npy", np.concatenate(self._sides["context"]))

    def _names(self):
        if any(names is None for names in self._sides["names"]):
            return None
        names = np.concatenate(self._sides["names"])
        if names.dtype != object:
            return self._write("names.npy", names)
        check_names(names)
        text = json.dumps(names.tolist()).encode()
        _write_whole(self._folder / "names.json", lambda file: file.write(text))
        return "names.json"

    def _write(self, name, array):
        def write(file):
            np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)

        _write_whole(self._folder / name, write)
        return name

    def close(self) -> None:
        """Close the files of values, whose lengths are known now."""
        for file in self._files.values():
            file.close()


class _NpyFile:
    """An array in a ``.npy`` file that grows along its first axis.

    The header of such a file has room for a longer first axis, so it is written once more.
    """

    def __init__(self, path: Path, row_shape: tuple[int, ...], dtype: np.dtype):
        self.path = path
        self._file = path.open("wb")
        self._row_shape, self._dtype, self._n_rows = row_shape, dtype, 0
        self._write_header()

    def append(self, rows: np.ndarray) -> None:
        """Write some more rows."""
        if rows.size:
            self._file.write(np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data)
        self._n_rows += len(rows)

    def close(self) -> None:
        """Write the length; further calls do nothing."""
        if self._file.closed:
            return
        with self._file:
            self._file.seek(0)
            self._write_header()
            self._file.flush()
            os.fsync(self._file.fileno())

    def _write_header(self):
        header = {
            "shape": (self._n_rows, *self._row_shape),
            "fortran_order": False,
            "descr": np.lib.format.dtype_to_descr(self._dtype),
        }
        np.lib.format.write_array_header_1_0(self._file, header)


def _write_whole(path: Path, write) -> None:
    with path.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _named_at_the_end(folder: Path) -> Iterator[Path]:
    """A folder beside the wanted one that gets its name if all goes well, else is removed."""
    unfinished = None
    try:
        _check_free(folder)
        prefix = f".{folder.name}."
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=prefix, suffix=".part"))
        yield unfinished
        umask = os.umask(0)
        os.umask(umask)
        unfinished.chmod(0o777 & ~umask)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    except FileExistsError:
        raise
    except OSError as error:
        raise type(error)(error.errno, _unwritable(folder, error), str(folder)) from error
    finally:
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)


def _check_free(folder: Path) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise FileExistsError(
            errno.EEXIST,
            "there is something already: open it with SequenceArray.from_disk, or remove it, or "
            "choose another folder",
            str(folder),
        )


def _unwritable(folder: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError):
        return f"{reason}: the folder {str(folder.parent)!r} is not there, make it first"
    remedy = {
        errno.ENOSPC: ", and nothing is left of them: make room, or choose another disk",
        errno.EACCES: f": choose a place you may write to, not {str(folder.parent)!r}",
    }
    return f"{reason}: the sequences were not written{remedy.get(error.errno, '')}"


def from_disk(cls: type[SequenceArray], folder: str | os.PathLike) -> SequenceArray:
    """Open the sequences in a folder that ``to_disk`` or ``from_batches`` wrote.

    The values are mapped (``numpy.memmap``), not read: what is larger than memory can be
    indexed, split and trained on. A pickle of it holds the names of the files.

    Parameters
    ----------
    folder : path
        It has to stay as it is while the sequences are in use.

    Returns
    -------
    SequenceArray

    Raises
    ------
    FileNotFoundError
        If the folder, or a file of it, is not there.
    NotADirectoryError
        If it is a file.
    ValueError
        If it was not written by these methods, by a newer version, or if a file is cut short.
    """
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(
            "SequenceArray.from_disk expects the path of a folder that to_disk or from_batches "
            f"wrote, got {type(folder).__name__}."
        )
    folder = Path(folder)
    about = _read_about(folder)
    try:
        return _opened(cls, folder, about)
    except (KeyError, TypeError, ValueError, AttributeError, EOFError) as error:
        if str(folder) in str(error):  # it tells which file already
            raise
        raise ValueError(
            f"{str(folder)!r} is damaged ({type(error).__name__}: {error}): copy the folder again "
            "from where it came from, or write it anew."
        ) from error


def _opened(cls, folder, about):
    _check_files(folder, about["bytes"])
    channels = {c["name"]: _open_channel(folder, c) for c in about["channels"]}
    offsets = _load(folder, "offsets.npy")
    context = None if about["context"] is None else _load(folder, about["context"])
    return cls(channels, offsets, context=context, names=_read_names(folder, about["names"]))


def _check_folder(folder: Path) -> None:
    """Raise OSError unless it is a folder with a record of sequences."""
    wanted = "SequenceArray.from_disk opens a folder that to_disk or from_batches wrote"
    if folder.is_file():
        whole = (folder.parent / ABOUT).is_file()
        remedy = f"give its folder, {str(folder.parent)!r}" if whole else "give such a folder"
        raise NotADirectoryError(
            errno.ENOTDIR, f"this is a file, but {wanted}: {remedy}", str(folder)
        )
    if not folder.is_dir():
        near = "" if folder.is_absolute() else f" (looked for in {str(Path.cwd())!r})"
        raise FileNotFoundError(
            errno.ENOENT, f"there is no such folder{near}; {wanted}: check the path", str(folder)
        )
    if not (folder / ABOUT).is_file():
        raise FileNotFoundError(
            errno.ENOENT,
            f"this folder holds no sequences, for it has no {ABOUT}; {wanted}, and one that was "
            "only partly copied has to be copied again",
            str(folder),
        )


def _read_about(folder: Path) -> dict:
    _check_folder(folder)
    path = folder / ABOUT
    try:
        about = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(
            f"{str(path)!r} is cut short or damaged ({error}): copy the folder again from where "
            "it came from, or write it anew."
        ) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ValueError(
            f"{str(path)!r} was not written by SequenceArray.to_disk or from_batches: it does not "
            f"say that its format is {FORMAT!r}."
        )
    number = about.get("format_version")
    if not isinstance(number, int) or number > FORMAT_VERSION:
        raise ValueError(
            f"{str(folder)!r} has the format {number!r}, written by sksequence "
            f"{about.get('sksequence', '(unknown)')}; this version reads formats up to "
            f"{FORMAT_VERSION}. Upgrade sksequence, or write the folder with this version."
        )
    return about


def _check_files(folder: Path, sizes: dict[str, int]) -> None:
    for name, expected in sizes.items():
        path = folder / Path(name).name  # never outside the folder
        if not path.is_file():
            raise FileNotFoundError(
                errno.ENOENT,
                f"the folder {str(folder)!r} is not whole: one of its files is not there. Copy it "
                "again, or write it anew",
                str(path),
            )
        if path.stat().st_size != expected:
            raise ValueError(
                f"{str(path)!r} is cut short or was changed: it has {path.stat().st_size} bytes, "
                f"but {expected} are expected. Copy the folder again, or write it anew."
            )


def _open_channel(folder: Path, about: dict) -> Channel:
    values = _map(folder, about["values"])
    rows: Any = FileRows(values, values.dtype)  # ids were checked when they were written
    names = about["feature_names"]
    return Channel(
        rows,
        about["n_tokens"],
        None if about["vectors"] is None else _load(folder, about["vectors"]),
        None if about["item_offsets"] is None else _load(folder, about["item_offsets"]),
        None if names is None else tuple(names),
        about["vocabulary_id"],
        about["vectors_id"],
        about.get("unknown_id"),
    )


def _map(folder: Path, name: str) -> np.ndarray:
    """A ``.npy`` file, mapped."""
    path = folder / Path(name).name
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        return open_map(str(path), dtype, shape, file.tell())


def _load(folder: Path, name: str) -> np.ndarray:
    return np.load(folder / Path(name).name, allow_pickle=False)


def _read_names(folder: Path, name: str | None):
    if name is None:
        return None
    if name.endswith(".npy"):
        return _load(folder, name)
    return np.array(json.loads((folder / Path(name).name).read_bytes()), dtype=object)


def _version() -> str:
    try:
        return version("sksequence")
    except PackageNotFoundError:  # run from where it was written, without being installed
        return "(unknown)"
