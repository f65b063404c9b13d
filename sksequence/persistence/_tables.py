"""Indexes, times and frequencies of pandas, and sparse matrices, as nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sksequence.inputs._plain_index import index_of, offset_of, plain_index, plain_offset
from sksequence.persistence._walk import TAG, DamagedError, Decoder, Encoder


def encode(value: Any, path: str, encoder: Encoder) -> Any:
    """The node of an object of pandas or scipy; None if it is none that is known."""
    top = type(value).__module__.partition(".")[0]
    if top == "scipy":
        return _encode_sparse(value, path, encoder)
    if top != "pandas":
        return None
    import pandas as pd

    if isinstance(value, pd.Index):
        return _checked_index(value, path, encoder)
    if isinstance(value, pd.offsets.BaseOffset):
        return _encode_offset(value, path)
    if isinstance(value, (pd.Timestamp, pd.Timedelta, pd.Period)):
        return {TAG: "time", "index": _encode_index(pd.Index([value]), path, encoder)}
    if value is pd.NaT or value is pd.NA:
        return {TAG: "missing", "value": "NaT" if value is pd.NaT else "NA"}
    return None


# -- indexes and frequencies ----------------------------------------------------------------


def _checked_index(index: Any, path: str, encoder: Encoder) -> dict:
    return encoder.once(index, path, lambda: _encode_index(index, path, encoder))


def _encode_index(index: Any, path: str, encoder: Encoder) -> dict:
    try:
        plain = plain_index(index)
    except TypeError as error:
        raise TypeError(
            f"{path} {error}: use an index of dates, periods, numbers or text, or write the "
            "estimator with joblib or pickle."
        ) from error
    return {TAG: "index", **encoder.named(plain, path)}


def _decode_index(node: dict, decoder: Decoder) -> Any:
    parts = {name: decoder.decode(part) for name, part in node.items() if name != TAG}
    return _known(index_of, parts)


def _encode_offset(offset: Any, path: str) -> dict:
    try:
        return {TAG: "offset", **plain_offset(offset)}
    except TypeError as error:
        raise TypeError(f"{path} {error}: write the estimator with joblib or pickle.") from error


def _decode_offset(node: dict, decoder: Any) -> Any:
    return _known(offset_of, node)


def _known(make: Callable, plain: dict) -> Any:
    try:
        return make(plain)
    except ValueError as error:
        raise DamagedError(str(error)) from error


def _decode_missing(node: dict, decoder: Decoder) -> Any:
    import pandas as pd

    return pd.NaT if node["value"] == "NaT" else pd.NA


# -- sparse matrices ------------------------------------------------------------------------

_SPARSE = ("csr_matrix", "csc_matrix", "csr_array", "csc_array")


def _encode_sparse(value: Any, path: str, encoder: Encoder) -> dict | None:
    kind = type(value).__name__
    if kind not in _SPARSE:
        return None
    parts = [value.data, value.indices, value.indptr]
    arrays = encoder.items(parts, path)
    return {TAG: "sparse", "class": kind, "shape": list(value.shape), "parts": arrays}


def _decode_sparse(node: dict, decoder: Decoder) -> Any:
    from scipy import sparse

    if node["class"] not in _SPARSE:
        raise DamagedError(f"it names the unknown matrix {node['class']!r}")
    parts = tuple(decoder.decode(node["parts"]))
    made = getattr(sparse, node["class"])(parts, shape=tuple(node["shape"]))
    made.check_format(full_check=True)
    return made


DECODERS = {
    "index": _decode_index,
    "offset": _decode_offset,
    "time": lambda node, decoder: decoder.decode(node["index"])[0],
    "missing": _decode_missing,
    "sparse": _decode_sparse,
}
