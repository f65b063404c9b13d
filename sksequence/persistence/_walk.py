"""From Python values to a tree that JSON can hold, with the arrays beside it, and back.

A node of the tree is a plain value (None, a number, a string, a list, a dict) or a dict with the
key ``"$"``, whose value, the tag, says what it stands for. What may stand there is a closed list,
``DECODERS``: nothing is looked up by a name from the file outside of it and the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

TAG = "$"
_PLAIN = (bool, int, str, type(None))


class DamagedError(ValueError):
    """A tree that no file of ours holds."""


class ForeignError(DamagedError):
    """A name that no file may hold; the text says what may stand there and what to do."""


class Encoder:
    """Turns values into nodes and collects the arrays.

    Parameters
    ----------
    codecs : sequence of modules
        Each has ``encode(value, path, encoder)``, which gives a node, or None for what it does
        not know.

    Attributes
    ----------
    arrays : dict of str to ndarray
        By the names that the nodes use.
    """

    def __init__(self, codecs: Any):
        self._codecs = codecs
        self._held: list[Any] = []  # keeps alive what `_nodes` knows by its address
        self._nodes: dict[int, int] = {}
        self._begun: set[int] = set()
        self.arrays: dict[str, np.ndarray] = {}

    def encode(self, value: Any, path: str) -> Any:
        """The node of a value; `path` is where it stands, for names and messages."""
        if type(value) in _PLAIN:
            return value
        for codec in self._codecs:
            node = codec.encode(value, path, self)
            if node is not None:
                return node
        raise TypeError(_refusal(value, path))

    def items(self, values: Any, path: str) -> list:
        """Nodes of the items of a sequence."""
        return [
            v if type(v) in _PLAIN else self.encode(v, f"{path}[{i}]") for i, v in enumerate(values)
        ]

    def named(self, values: dict, path: str) -> dict:
        """Nodes of values with names, such as the attributes of an object."""
        return {name: self.encode(v, f"{path}.{name}") for name, v in values.items()}

    def once(self, value: Any, path: str, make: Callable[[], dict]) -> dict:
        """The node of an object; where it comes again, one that refers to the first."""
        number = self._nodes.get(id(value))
        if number in self._begun:
            raise TypeError(f"{path} leads back to an object that it is a part of.")
        if number is not None:
            return {TAG: "again", "number": number}
        number = len(self._held)
        self._held.append(value)
        self._nodes[id(value)] = number
        self._begun.add(number)
        node = make()
        self._begun.remove(number)
        return {**node, "number": number}

    def store(self, array: np.ndarray, path: str) -> str:
        """Put an array beside the tree and give its name there."""
        name = stem = path.partition(".")[2] or path
        n = 1
        while name in self.arrays:
            n += 1
            name = f"{stem} ({n})"
        self.arrays[name] = array
        return name


class Decoder:
    """Turns nodes into values.

    Parameters
    ----------
    decoders : dict of str to callable
        ``value = decoders[tag](node, decoder)``.
    arrays : dict of str to ndarray
    """

    def __init__(self, decoders: dict[str, Callable], arrays: dict[str, np.ndarray]):
        self._decoders = decoders
        self._made: dict[int, Any] = {}
        self.arrays = arrays
        self.used: set[str] = set()  # names of arrays that the tree has asked for

    def decode(self, node: Any) -> Any:
        """The value of a node."""
        if isinstance(node, list):  # of a vocabulary, long
            return [self.decode(x) if isinstance(x, (dict, list)) else x for x in node]
        if not isinstance(node, dict):
            return node
        if TAG not in node:
            return {name: self.decode(item) for name, item in node.items()}
        tag = node[TAG]
        if tag == "again":
            return self._made[node["number"]]
        if not isinstance(tag, str) or tag not in self._decoders:
            raise DamagedError(f"it holds something of the unknown kind {shortened(tag)}")
        value = self._decoders[tag](node, self)
        if "number" in node:
            self._made[node["number"]] = value
        return value


def shortened(value: Any, width: int = 60) -> str:
    """What a file holds, for a message: it may be of any length."""
    text = repr(value)
    return text if len(text) <= width else text[: width - 3] + "..."


def _refusal(value: Any, path: str) -> str:
    if isinstance(value, type):
        return (
            f"{path} is the class {value.__module__}.{value.__qualname__}, and a file that save "
            "writes names the types of Python and numpy only: write the estimator with pickle or "
            "joblib."
        )
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    if callable(value) and hasattr(value, "__name__"):
        return (
            f"{path} is the function {value.__name__!r}, and a file that save writes holds no "
            "code: choose one of the named options if there is one that does the same, or write "
            "the estimator with pickle or joblib, which look the function up when they load (and "
            "need it in a module, not a lambda)."
        )
    return (
        f"{path} is a {name}, which cannot be told in plain numbers and names: write the "
        "estimator with joblib or skops, or without this part."
    )
