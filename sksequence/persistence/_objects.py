"""Estimators and what they are made of as nodes: a known class, and its attributes by name."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch

from sksequence.networks._saving import MisfitError
from sksequence.persistence._agreement import disagreement
from sksequence.persistence._constraints import completed
from sksequence.persistence._registry import (
    class_named,
    function_named,
    name_of,
    name_of_function,
    why_no_function,
    why_not_named,
)
from sksequence.persistence._walk import TAG, DamagedError, Decoder, Encoder, ForeignError
from sksequence.preprocessing._analyzers import TextCutter

# The folder in which a pipeline keeps pickles: another machine has none, and must not read ours.
_CACHE = "memory"
# Compiled, unused by predictions, and made anew when scikit-learn trains.
_RENEWED = ("_loss_function_",)
_REQUESTS = "_metadata_request"
# Callbacks belong to a training, not to what it leaves.
_WATCHERS = "_skl_callbacks"


def encode(value: Any, path: str, encoder: Encoder) -> Any:
    """The node of an object of a known class; None if it is none."""
    if type(value) is partial:
        return _encode_partial(value, path, encoder)
    if callable(value) and (name := name_of_function(value)):
        return {TAG: "function", "name": name}
    if isinstance(value, type):
        return None
    if type(value) is Bunch:
        return {TAG: "bunch", "items": encoder.named(dict(value), path)}
    if type(value).__module__.partition(".")[0] == "tokenizers" and hasattr(value, "to_str"):
        return {TAG: "tokenizer", "json": value.to_str()}
    if isinstance(value, _NamedNetwork):
        return value.encode(path, encoder)
    name = name_of(type(value))
    if name is None:
        _explain(value, path)
        return None
    return encoder.once(value, path, lambda: _encode_object(value, name, path, encoder))


def _encode_object(value: Any, name: str, path: str, encoder: Encoder) -> dict:
    node: dict[str, Any] = {TAG: "object", "class": name}
    if isinstance(value, tuple):  # a named one
        return {**node, "items": encoder.items(value, path)}
    state = _state(value, path)
    requests = state.pop(_REQUESTS, None)
    if requests is not None:
        node["requests"] = encoder.encode(_requests(requests), path)
    for attribute in (*_RENEWED, _WATCHERS):
        state.pop(attribute, None)
    if _CACHE in state:
        state[_CACHE] = None
    node["state"] = encoder.named(state, path)
    wrong = disagreement(type(value), state) if isinstance(value, BaseEstimator) else None
    if wrong is not None:
        raise ValueError(
            f"{path}.{wrong}. A file of it would be refused when it is loaded: set it back to "
            "what it was at fit, or fit again, and save then."
        )
    return node


def _state(value: Any, path: str) -> dict:
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    state = value.__getstate__()
    if state is None:  # no attributes at all
        return {}
    if not isinstance(state, dict):
        raise TypeError(
            f"{path} is a {type(value).__name__}, whose state is compiled and not told by names: "
            "write the estimator with joblib or skops."
        )
    return _with_named_network(dict(state), path)


def _encode_partial(value: partial, path: str, encoder: Encoder) -> dict:
    return {
        TAG: "partial",
        "function": encoder.encode(value.func, path),
        "items": encoder.items(value.args, path),
        "settings": encoder.named(value.keywords, path),
    }


def _requests(requests: Any) -> dict:
    """What metadata each method asks for, by its name."""
    return {
        method: dict(request.requests)
        for method, request in vars(requests).items()
        if getattr(request, "requests", None)
    }


def _explain(value: Any, path: str) -> None:
    """Raise for objects that are close to what can be written, with what to do."""
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if hasattr(value, "best_estimator_"):
        raise TypeError(
            f"{path} is a {kind.__name__}, a search with its scorers and results: write the "
            "estimator it found, search.best_estimator_, or the search with joblib or skops."
        )
    if isinstance(value, BaseEstimator) and not kind.__module__.startswith("sklearn."):
        raise TypeError(
            f"{path} is a {name}. A file that save writes can name the estimators and cells of "
            "sksequence and scikit-learn only, not a class from elsewhere, whose code would have "
            "to be run to load it: write the estimator with pickle, joblib or skops."
        )
    if kind.__module__.startswith("sklearn."):
        raise TypeError(
            f"{path} is a {name}, a compiled part of scikit-learn (as trees have them) or one that "
            "a file may not name: write the estimator with joblib or skops, or choose one whose "
            "state is plain numbers (scalers, encoders, linear models and machines are)."
        )


# -- back -----------------------------------------------------------------------------------


def _decode_object(node: dict, decoder: Decoder) -> Any:
    kind = class_named(node["class"])
    if kind is None:
        raise ForeignError(f"it names {why_not_named(node['class'])}")
    if issubclass(kind, tuple):
        return kind(*decoder.decode(node["items"]))
    state = decoder.decode(node["state"])
    _check_state(kind, state)
    if _CACHE in state:
        state[_CACHE] = None
    if dataclasses.is_dataclass(kind):
        return kind(**state)
    wrong = None
    if issubclass(kind, BaseEstimator):
        state = completed(kind, state)
        wrong = disagreement(kind, state)
    if wrong is not None:
        raise MisfitError(f"{kind.__name__}.{wrong}")
    made = kind.__new__(kind)
    if hasattr(made, "__setstate__"):
        made.__setstate__(state)
    else:
        made.__dict__.update(state)
    if "requests" in node:
        _set_requests(made, decoder.decode(node["requests"]))
    return made


def _check_state(kind: type, state: Any) -> None:
    """Attributes only, none of which hides a method."""
    for name in state:
        if not name.isidentifier() or name.startswith("__") or callable(getattr(kind, name, None)):
            raise DamagedError(f"it sets {name!r} of a {kind.__name__}, which is no attribute")


def _set_requests(estimator: Any, requests: dict) -> None:
    with config_context(enable_metadata_routing=True):
        for method, request in requests.items():
            getattr(estimator, f"set_{method}_request")(**request)


def _decode_partial(node: dict, decoder: Decoder) -> Any:
    if node["function"] == {TAG: "function", "name": "preprocessing._cut"}:
        return _decode_cut(node["settings"], decoder)
    function = decoder.decode(node["function"])
    return partial(function, *decoder.decode(node["items"]), **decoder.decode(node["settings"]))


def _decode_cut(settings: dict, decoder: Decoder) -> TextCutter:
    """What cuts texts, as the first files told it: by two functions."""
    case = {"str.lower": "lower", "str.upper": "upper"}.get(settings["fold"]["name"])
    split = settings["split"]
    if split[TAG] == "partial":
        sizes = decoder.decode(split["settings"])
        return TextCutter("kmer", case, int(sizes["k"]), int(sizes["stride"]))
    if split[TAG] == "object":
        return TextCutter("subword", case, splitter=decoder.decode(split))
    return TextCutter("char" if split[TAG] == "type" else "word", case)


def _decode_function(node: dict, decoder: Decoder) -> Any:
    function = function_named(node["name"])
    if function is None:
        raise ForeignError(f"it names {why_no_function(node['name'])}")
    return function


def _decode_tokenizer(node: dict, decoder: Decoder) -> Any:
    from sksequence.utils import import_optional

    package = import_optional("tokenizers", extra="text", purpose='analyzer="subword"')
    return package.Tokenizer.from_str(node["json"])


# -- networks of images ---------------------------------------------------------------------


class _NamedNetwork:
    """The weights of a network that torchvision builds by its name."""

    def __init__(self, name: str, network: Any):
        self.name, self.network = name, network

    def encode(self, path: str, encoder: Encoder) -> dict:
        weights = {k: w.detach().cpu().numpy() for k, w in self.network.state_dict().items()}
        return {TAG: "image network", "name": self.name, "weights": encoder.named(weights, path)}


def _with_named_network(state: dict, path: str) -> dict:
    """In the place of a network that is about to be pickled, one that is known by its name."""
    for key in ("model", "model_"):
        network = getattr(state.get(key), "network_in_pickle", None)
        if network is None:
            continue
        if not isinstance(state["model"], str):
            raise TypeError(
                f"{path}.model is a network object, a {type(network).__name__}, and a file that "
                "save writes holds no code that could build it again: name a network of "
                'torchvision, model="resnet18", with weights=path, or write the estimator with '
                "pickle or joblib."
            )
        state[key] = _NamedNetwork(state["model"], network)
    return state


def _decode_image_network(node: dict, decoder: Decoder) -> Any:
    import torch

    from sksequence.preprocessing._image_models import named_network

    network = named_network(str(node["name"]), 0).eval()
    weights = {name: torch.tensor(w) for name, w in decoder.decode(node["weights"]).items()}
    for name, wanted in network.state_dict().items():
        found = weights.get(name, wanted)
        if found.is_floating_point() != wanted.is_floating_point():
            raise MisfitError(
                f"the weights {name} of its {node['name']} are {found.dtype}, expected "
                f"{wanted.dtype}"
            )
    network.load_state_dict(weights)
    return network


DECODERS = {
    "object": _decode_object,
    "partial": _decode_partial,
    "function": _decode_function,
    "bunch": lambda node, decoder: Bunch(**decoder.decode(node["items"])),
    "tokenizer": _decode_tokenizer,
    "image network": _decode_image_network,
}
