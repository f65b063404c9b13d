"""One file with arrays and a description, checked by its digest and written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from sksequence.persistence._walk import shortened
from sksequence.utils import import_optional

FORMAT = "sksequence"
FORMAT_VERSION = 1
STATE = "state"  # the array that holds the description, JSON in UTF-8
_PICKLES = (b"\x80", b"PK\x03\x04")


def write_file(path: Path, tree: Any, arrays: dict[str, np.ndarray], about: dict) -> None:
    """Write arrays and their description; a file that is there is replaced at the very end.

    Parameters
    ----------
    path : Path
    tree : object
        Of what JSON can hold.
    arrays : dict of str to ndarray
        C-contiguous, of types that safetensors has.
    about : dict of str to str
        Put into the header, for people and for messages.

    Raises
    ------
    OSError
        If the file cannot be written; what was there before is as it was.
    """
    text = json.dumps(tree, allow_nan=False, separators=(",", ":")).encode()
    contents = {f"arrays/{name}": array for name, array in arrays.items()}
    contents[STATE] = np.frombuffer(text, np.uint8)
    header = {
        **about,
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "sha256": _digest(contents),
    }
    package = import_optional("safetensors", extra="export", purpose="save")
    save_file = import_optional("safetensors.numpy", extra="export", purpose="save").save_file
    with _replaced_at_the_end(path) as unfinished:
        try:
            save_file(contents, unfinished, metadata=header)
        except package.SafetensorError as error:
            raise _as_os_error(error) from error


def read_file(path: Path) -> tuple[Any, dict[str, np.ndarray], dict]:
    """What ``write_file`` wrote: the description, the arrays, and what the header says.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is none of these files, one of a newer format, cut short, or changed.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise FileNotFoundError(
            errno.ENOENT, f"{what}, expected a file that sksequence.save wrote", str(path)
        )
    contents, header = _read(path)
    if header.get("format") != FORMAT or STATE not in contents:
        raise ValueError(
            f"{str(path)!r} holds arrays, but was not written by sksequence.save: it has no "
            f"description of an estimator (its header says {header})."
        )
    _check_version(path, header)
    if _digest(contents) != header.get("sha256"):
        raise ValueError(
            f"{str(path)!r} was changed after it was written: the checksum of its contents is not "
            "the one in its header. Copy it again from where it came from, or save anew."
        )
    text = contents.pop(STATE).tobytes()
    arrays = {name.removeprefix("arrays/"): array for name, array in contents.items()}
    try:
        return json.loads(text), arrays, header
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{str(path)!r} cannot be loaded: its description cannot be read ({error}). Save anew."
        ) from error


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    package = import_optional("safetensors", extra="export", purpose="load")
    try:
        with package.safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except package.SafetensorError as error:
        raise ValueError(_unreadable(path, error)) from error


def _unreadable(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_PICKLES):
        return (
            f"{str(path)!r} was not written by sksequence.save: it looks like a pickle, or an "
            "archive. Open what pickle, joblib or skops wrote with their own load, and only if it "
            "comes from a place you trust."
        )
    return (
        f"{str(path)!r} is cut short or damaged, or was not written by sksequence.save ({error}): "
        "copy it again from where it came from, or save anew."
    )


def _check_version(path: Path, header: dict) -> None:
    version = str(header.get("format_version", ""))
    if not re.fullmatch("[1-9][0-9]{0,8}", version):
        raise ValueError(
            f"{str(path)!r} gives its format as {shortened(version)}, expected an integer "
            f"(up to {FORMAT_VERSION}) as 'format_version' in its header, which was changed, or "
            "written by something else than sksequence.save. Copy the file again from where it "
            "came from, or save the estimator anew."
        )
    if int(version) > FORMAT_VERSION:
        raise ValueError(
            f"{str(path)!r} has the format {version!r}, written by sksequence "
            f"{header.get('sksequence', '(unknown)')}; this version reads formats up to "
            f"{FORMAT_VERSION}. Upgrade sksequence, or save the estimator with this version."
        )


def _digest(contents: dict[str, np.ndarray]) -> str:
    """A checksum of all arrays with their names, types and shapes, and of the format."""
    digest = hashlib.sha256(f"{FORMAT} {FORMAT_VERSION}".encode())
    for name in sorted(contents):
        array = contents[name]
        digest.update(f"\0{name} {array.dtype.name} {array.shape}\0".encode())
        digest.update(array.reshape(-1).view(np.uint8).data if array.size else b"")
    return digest.hexdigest()


@contextlib.contextmanager
def _replaced_at_the_end(path: Path):
    """The name of a file beside `path` that takes its place if all goes well."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise type(error)(error.errno, _unwritable(path, error), str(path)) from error
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        _take_place(unfinished, path)
    except OSError as error:
        raise type(error)(error.errno, _unwritable(path, error), str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _take_place(unfinished: Path, path: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    unfinished.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~umask)
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)


def _as_os_error(error: Exception) -> OSError:
    """What safetensors tells of the system, "... (os error 28)", as Python tells it."""
    number = re.search(r"os error (\d+)", str(error))
    code = int(number[1]) if number else errno.EIO
    return OSError(code, os.strerror(code) if number else str(error))


def _unwritable(path: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError):
        return f"{reason}: the folder {str(path.parent)!r} is not there, make it first"
    before = "; the file that was there is as it was" if os.path.isfile(path) else ""
    return f"{reason}: the estimator was not saved{before}"
