"""A checkpoint on disk: a line that says what it is, then tensors; whole or not there at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

MAGIC = "sksequence checkpoint"
FORMAT = 1


class CheckpointError(ValueError):
    """A checkpoint that cannot be used."""


def write(path: Path, description: dict[str, Any], snapshot: dict[str, Any]) -> None:
    """Write a checkpoint under another name, then give it its own: what was there stays whole.

    Raises
    ------
    OSError
        If the disk is full or the folder may not be written to; nothing is left behind.
    """
    import torch

    buffer = io.BytesIO()
    torch.save(snapshot, buffer)
    payload = buffer.getbuffer()
    header = {
        "what": MAGIC,
        "format": FORMAT,
        "n_bytes": len(payload),
        "sha256": hashlib.sha256(payload).hexdigest(),
        "description": description,
    }
    handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(header).encode() + b"\n")
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def read_description(path: Path) -> dict[str, Any]:
    """What a checkpoint says of itself.

    Raises
    ------
    CheckpointError
        If the file is no checkpoint, or of a newer format.
    """
    return _header(path)["description"]


def read_snapshot(path: Path) -> dict[str, Any]:
    """The state of the training. No code of the file runs.

    Raises
    ------
    CheckpointError
        If the file is no checkpoint, of a newer format, cut short, or changed.
    """
    import torch

    header = _header(path)
    with path.open("rb") as file:
        file.readline()
        payload = file.read()
    if len(payload) < header["n_bytes"]:
        raise CheckpointError(
            f"the checkpoint {path} is cut short: it holds {len(payload)} bytes of "
            f"{header['n_bytes']}."
        )
    if hashlib.sha256(payload).hexdigest() != header["sha256"]:
        raise CheckpointError(
            f"the checkpoint {path} was changed after it was written: its checksum is another."
        )
    return torch.load(io.BytesIO(payload), weights_only=True, map_location="cpu")


def _header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        line = file.readline(2**20)
    try:
        header = json.loads(line)
        known = header["what"] == MAGIC
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise CheckpointError(
            f"{path} is no checkpoint of sksequence, or its beginning was changed."
        )
    if header["format"] > FORMAT:
        raise CheckpointError(
            f"the checkpoint {path} has format {header['format']}, and this version of sksequence "
            f"reads formats up to {FORMAT}: install a newer sksequence, or choose another folder."
        )
    return header
