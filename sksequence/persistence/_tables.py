"""Indexes, times and frequencies of pandas, and sparse matrices, as nodes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from sksequence.persistence._walk import TAG, DamagedError, Decoder, Encoder

OFFSETS = frozenset(
    "Nano Micro Milli Second Minute Hour Day BDay BusinessDay Week WeekOfMonth LastWeekOfMonth "
    "MonthEnd MonthBegin BMonthEnd BMonthBegin BusinessMonthEnd BusinessMonthBegin SemiMonthEnd "
    "SemiMonthBegin QuarterEnd QuarterBegin BQuarterEnd BQuarterBegin HalfYearEnd HalfYearBegin "
    "BHalfYearEnd BHalfYearBegin YearEnd YearBegin BYearEnd BYearBegin".split()
)


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
        return {TAG: "time", "index": _index(pd.Index([value]), path, encoder)}
    if value is pd.NaT or value is pd.NA:
        return {TAG: "missing", "value": "NaT" if value is pd.NaT else "NA"}
    return None


# -- indexes --------------------------------------------------------------------------------


def _checked_index(index: Any, path: str, encoder: Encoder) -> dict:
    def make():
        node = _index(index, path, encoder)
        again = Decoder(DECODERS, encoder.arrays)
        if _is_same(index, _decode_index(node, _with_plain(again))):
            return node
        raise TypeError(
            f"{path} is a {type(index).__name__} of dtype {index.dtype}, which cannot be told in "
            "plain numbers and names: write the estimator with joblib or pickle."
        )

    return encoder.once(index, path, make)


def _with_plain(decoder: Decoder) -> Decoder:
    from sksequence.persistence import _plain

    return Decoder({**_plain.DECODERS, **DECODERS}, decoder.arrays)


def _is_same(index: Any, other: Any) -> bool:
    same = type(index) is type(other) and index.dtype == other.dtype and index.equals(other)
    return same and list(index.names) == list(other.names)


def _index(index: Any, path: str, encoder: Encoder) -> dict:
    import pandas as pd

    name = encoder.encode(index.name, f"{path}.name")
    node: dict[str, Any] = {TAG: "index", "class": type(index).__name__, "name": name}
    if isinstance(index, pd.MultiIndex):
        names = encoder.items(index.names, f"{path}.names")
        levels = [_index(level, f"{path}.levels", encoder) for level in index.levels]
        codes = encoder.items([np.array(c) for c in index.codes], f"{path}.codes")
        return {**node, "names": names, "levels": levels, "codes": codes}
    if isinstance(index, pd.RangeIndex):
        return {**node, "range": [index.start, index.stop, index.step]}
    if isinstance(index, pd.PeriodIndex):
        values, freq = encoder.encode(index.asi8.copy(), path), _encode_offset(index.freq, path)
        return {**node, "values": values, "freq": freq}
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        freq = None if index.freq is None else _encode_offset(index.freq, path)
        zone = getattr(index, "tz", None)
        times = {"unit": index.unit, "zone": None if zone is None else str(zone), "freq": freq}
        return {**node, **times, "values": encoder.encode(index.asi8.copy(), path)}
    return {**node, **_labels(index, path, encoder)}


def _labels(index: Any, path: str, encoder: Encoder) -> dict:
    if type(index).__name__ != "Index":
        raise TypeError(
            f"{path} is a {type(index).__name__}, which save does not write: use an index of "
            "dates, periods, numbers or text, or write the estimator with joblib or pickle."
        )
    dtype = str(index.dtype)
    if isinstance(index.dtype, np.dtype) and not index.dtype.hasobject:
        return {"dtype": dtype, "values": encoder.encode(np.array(index), path)}
    return {"dtype": dtype, "values": encoder.items(index.tolist(), path)}


def _decode_index(node: dict, decoder: Decoder) -> Any:
    import pandas as pd

    name, kind = decoder.decode(node["name"]), node["class"]
    if kind == "MultiIndex":
        levels = [_decode_index(level, decoder) for level in node["levels"]]
        codes, names = decoder.decode(node["codes"]), decoder.decode(node["names"])
        return pd.MultiIndex(levels=levels, codes=codes, names=names)
    if kind == "RangeIndex":
        return pd.RangeIndex(*node["range"], name=name)
    values = decoder.decode(node["values"])
    if kind == "PeriodIndex":
        freq = _decode_offset(node["freq"], decoder)
        return pd.PeriodIndex.from_ordinals(values, freq=freq, name=name)
    if kind in ("DatetimeIndex", "TimedeltaIndex"):
        return _times(kind, values, node, decoder).rename(name)
    if kind != "Index":
        raise DamagedError(f"it holds an index of the unknown kind {kind!r}")
    return pd.Index(values, dtype=str(node["dtype"]), name=name)


def _times(kind: str, values: np.ndarray, node: dict, decoder: Decoder) -> Any:
    import pandas as pd

    letter, make = {"DatetimeIndex": ("M", pd.DatetimeIndex)}.get(kind, ("m", pd.TimedeltaIndex))
    times = make(values.view(f"{letter}8[{node['unit']}]"))
    if node["zone"] is not None:
        times = times.tz_localize("UTC").tz_convert(str(node["zone"]))
    if node["freq"] is not None:
        times.freq = _decode_offset(node["freq"], decoder)
    return times


# -- frequencies ----------------------------------------------------------------------------


def _encode_offset(offset: Any, path: str) -> dict:
    kind = type(offset).__name__
    settings = {k: v for k, v in offset.kwds.items() if v not in (None, timedelta(0))}
    plain = all(type(v) in (int, bool, str) for v in settings.values())
    if kind in OFFSETS and plain:
        node = {TAG: "offset", "class": kind, "n": offset.n, "settings": settings}
        node |= {"normalize": True} if offset.normalize else {}
        if _decode_offset(node, None) == offset:
            return node
    raise TypeError(
        f"{path} has the frequency {offset!r}, which save does not write: write the estimator with "
        "joblib or pickle."
    )


def _decode_offset(node: dict, decoder: Any) -> Any:
    import pandas as pd

    if node["class"] not in OFFSETS:
        raise DamagedError(f"it names the unknown frequency {node['class']!r}")
    settings = {"normalize": True} if node.get("normalize") else {}
    return getattr(pd.offsets, node["class"])(node["n"], **settings, **node["settings"])


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
