"""Values of Python and numpy as nodes."""

from __future__ import annotations

import math
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from sksequence.persistence._walk import TAG, DamagedError, Decoder, Encoder, shortened

# What safetensors holds as it is; other arrays are stored as their bytes.
STORED = frozenset("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()) | frozenset(
    "float16 float32 float64".split()
)
BUILTIN_TYPES = {kind.__name__: kind for kind in (bool, int, float, str, list, object)}
BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
UFUNC_MODULES = ("numpy", "scipy.special")


def encode(value: Any, path: str, encoder: Encoder) -> Any:
    """The node of a plain value; None if it is none."""
    kind = type(value)
    if kind in _ENCODERS:
        return _ENCODERS[kind](value, path, encoder)
    if isinstance(value, (np.dtype, np.generic, np.ufunc, type, PurePath)):
        return _named(value, path)
    return None


def _float(value: float, path: str, encoder: Encoder) -> Any:
    return value if math.isfinite(value) else {TAG: "float", "value": repr(value)}


def _list(value: list, path: str, encoder: Encoder) -> list:
    return encoder.items(value, path)


def _items(tag: str):
    def encode_items(value: Any, path: str, encoder: Encoder) -> dict:
        values = sorted(value, key=repr) if tag in ("set", "frozenset") else value
        return {TAG: tag, "items": encoder.items(values, path)}

    return encode_items


def _dict(value: dict, path: str, encoder: Encoder) -> dict:
    if all(type(key) is str for key in value) and TAG not in value:
        return encoder.named(value, path)
    items = [
        [encoder.encode(key, f"{path} (a key)"), encoder.encode(v, f"{path}[{key!r}]")]
        for key, v in value.items()
    ]
    return {TAG: "dict", "items": items}


def _range(value: Any, path: str, encoder: Encoder) -> dict:
    parts = [value.start, value.stop, value.step]
    return {TAG: type(value).__name__, "items": encoder.items(parts, path)}


def _bytes(value: bytes, path: str, encoder: Encoder) -> dict:
    return {TAG: "bytes", "hex": value.hex()}


def _array(value: np.ndarray, path: str, encoder: Encoder) -> dict:
    if value.dtype.kind == "O":
        items = encoder.items(value.ravel().tolist(), path)
        return {TAG: "objects", "shape": list(value.shape), "items": items}
    if value.dtype.hasobject or value.dtype.fields:
        raise TypeError(
            f"{path} is an array of records, {value.dtype}, as compiled trees have them, which "
            "save does not write: write the estimator with joblib or skops."
        )
    return encoder.once(value, path, lambda: _stored(value, path, encoder))


def _stored(value: np.ndarray, path: str, encoder: Encoder) -> dict:
    array = np.asarray(value)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    node: dict[str, Any] = {TAG: "array"}
    if array.flags.f_contiguous and not array.flags.c_contiguous:
        array, node["order"] = array.T, "F"  # products of matrices round by the order in memory
    array = np.ascontiguousarray(array).reshape(array.shape)
    if array.dtype.name not in STORED:
        node |= {"dtype": array.dtype.str, "shape": list(array.shape)}
        array = array.reshape(-1).view(np.uint8) if array.size else np.empty(0, np.uint8)
    return {**node, "name": encoder.store(array, path)}


def _random_state(value: np.random.RandomState, path: str, encoder: Encoder) -> dict:
    return {TAG: "random state", "state": encoder.encode(value.get_state(legacy=False), path)}


def _generator(value: np.random.Generator, path: str, encoder: Encoder) -> dict:
    return {TAG: "generator", "state": encoder.encode(value.bit_generator.state, path)}


def _named(value: Any, path: str) -> dict | None:
    if isinstance(value, np.dtype):
        return None if value.hasobject else {TAG: "dtype", "value": value.str}
    if isinstance(value, PurePath):
        return {TAG: "path", "value": str(value)}
    if isinstance(value, np.ufunc):
        return _ufunc(value)
    if isinstance(value, np.str_):
        return {TAG: "numpy text", "value": str(value)}
    if isinstance(value, np.generic):
        if value.dtype.hasobject or value.dtype.fields:
            return None
        return {TAG: "scalar", "dtype": value.dtype.str, "hex": value.tobytes().hex()}
    if BUILTIN_TYPES.get(value.__name__) is value:
        return {TAG: "type", "value": value.__name__}
    if issubclass(value, np.generic) and _scalar_type(value.__name__) is value:
        return {TAG: "numpy type", "value": value.__name__}
    return None


def _scalar_type(name: Any) -> type | None:
    found = getattr(np, str(name), None)
    concrete = isinstance(found, type) and issubclass(found, np.generic)
    return found if concrete and found is not np.object_ else None


def _ufunc(value: np.ufunc) -> dict | None:
    for module in UFUNC_MODULES:
        if _ufunc_named(module, value.__name__) is value:
            return {TAG: "ufunc", "module": module, "value": value.__name__}
    return None


def _ufunc_named(module: str, name: str) -> Any:
    import scipy.special

    found = getattr({"numpy": np, "scipy.special": scipy.special}[module], name, None)
    return found if isinstance(found, np.ufunc) else None


_ENCODERS: dict[type, Any] = {
    float: _float,
    list: _list,
    tuple: _items("tuple"),
    set: _items("set"),
    frozenset: _items("frozenset"),
    dict: _dict,
    slice: _range,
    range: _range,
    bytes: _bytes,
    np.ndarray: _array,
    np.memmap: _array,
    np.random.RandomState: _random_state,
    np.random.Generator: _generator,
}


# -- back -----------------------------------------------------------------------------------


def _decode_array(node: dict, decoder: Decoder) -> np.ndarray:
    if node["name"] not in decoder.arrays:
        raise DamagedError(
            f"its description names {shortened(node['name'])}, which is not among its arrays"
        )
    decoder.used.add(node["name"])
    array = decoder.arrays[node["name"]]
    if "dtype" in node:
        array = array.view(_dtype(node["dtype"])).reshape(node["shape"])
    return array.T if node.get("order") == "F" else array


def _decode_objects(node: dict, decoder: Decoder) -> np.ndarray:
    array = np.empty(len(node["items"]), dtype=object)
    for i, item in enumerate(node["items"]):
        array[i] = decoder.decode(item)
    return array.reshape(node["shape"])


def _decode_dict(node: dict, decoder: Decoder) -> dict:
    return {decoder.decode(key): decoder.decode(value) for key, value in node["items"]}


def _decode_scalar(node: dict, decoder: Decoder) -> np.generic:
    return np.frombuffer(bytes.fromhex(node["hex"]), _dtype(node["dtype"]), count=1)[0]


def _decode_random_state(node: dict, decoder: Decoder) -> np.random.RandomState:
    made = np.random.RandomState(0)
    made.set_state(decoder.decode(node["state"]))
    return made


def _decode_generator(node: dict, decoder: Decoder) -> np.random.Generator:
    state = decoder.decode(node["state"])
    bits = getattr(np.random, _one_of(BIT_GENERATORS, state["bit_generator"]))()
    bits.state = state
    return np.random.Generator(bits)


def _decode_ufunc(node: dict, decoder: Decoder) -> np.ufunc:
    found = _ufunc_named(_one_of(UFUNC_MODULES, node["module"]), str(node["value"]))
    if found is None:
        raise DamagedError(f"it names the unknown function {node['value']!r}")
    return found


def _decode_numpy_type(node: dict, decoder: Decoder) -> type:
    found = _scalar_type(node["value"])
    if found is None:
        raise DamagedError(f"it names the unknown type {node['value']!r}")
    return found


def _dtype(name: Any) -> np.dtype:
    dtype = np.dtype(str(name))
    if dtype.hasobject:
        raise DamagedError(f"it names the type {name!r}, which holds objects")
    return dtype


def _one_of(known: Any, name: Any) -> Any:
    if name not in known:
        raise DamagedError(f"it names {name!r}, expected one of {', '.join(known)}")
    return name


DECODERS = {
    "float": lambda node, decoder: float(node["value"]),
    "tuple": lambda node, decoder: tuple(decoder.decode(node["items"])),
    "set": lambda node, decoder: set(decoder.decode(node["items"])),
    "frozenset": lambda node, decoder: frozenset(decoder.decode(node["items"])),
    "dict": _decode_dict,
    "slice": lambda node, decoder: slice(*decoder.decode(node["items"])),
    "range": lambda node, decoder: range(*decoder.decode(node["items"])),
    "bytes": lambda node, decoder: bytes.fromhex(node["hex"]),
    "array": _decode_array,
    "objects": _decode_objects,
    "scalar": _decode_scalar,
    "numpy text": lambda node, decoder: np.str_(node["value"]),
    "dtype": lambda node, decoder: _dtype(node["value"]),
    "type": lambda node, decoder: BUILTIN_TYPES[_one_of(BUILTIN_TYPES, node["value"])],
    "numpy type": _decode_numpy_type,
    "ufunc": _decode_ufunc,
    "path": lambda node, decoder: Path(node["value"]),
    "random state": _decode_random_state,
    "generator": _decode_generator,
}
