"""Whether the parts of a fitted estimator belong together: parameters, sizes and vocabularies.

A file whose weights load may still tell of another network than it holds. ``load`` refuses it,
and so that it never has to refuse a file of ours, ``save`` does not write one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from sksequence.cells import Cell, make_cell
from sksequence.estimators._parameters import layer_widths
from sksequence.persistence._constraints import unaccepted

# Parameters that specs have under the same name. Where a network has several parts, one of them
# must have the value: the others may do without.
SAME_NAME = (
    "bidirectional",
    "conv_size",
    "conv_width",
    "encoding_size",
    "character_size",
    "stride",
    "horizon",
    "strategy",
    "pooling",
    "residual",
    "initial_state",
    "frame_encoder",
)
# Attributes of scikit-learn's with one value for each feature, in their last axis.
_PER_FEATURE = ("coef_", "mean_", "var_", "scale_", "center_", "data_min_", "data_max_", "theta_")
_PER_FEATURE_IN = ("linear_model", "preprocessing", "naive_bayes")


def disagreement(kind: type, state: dict) -> str | None:
    """What does not fit together in the state of an estimator: an attribute, and why; or None.

    Parameters
    ----------
    kind : type
    state : dict
        Of ``__getstate__``.
    """
    checks = _CHECKS_OF_SKLEARN if kind.__module__.startswith("sklearn.") else _CHECKS
    return next((text for check in checks for text in check(kind, state)), None)


# -- parameters and the network -------------------------------------------------------------


def _network_parts(state: dict) -> list:
    """The specs of the network, the whole before its parts."""
    network = state.get("network_")
    if not isinstance(network, tuple):
        return []
    spec = network[0]
    parts = [getattr(spec, name, None) for name in ("source", "target", "reader", "head")]
    return [spec, *(part for part in parts if part is not None)]


def _values(parts: list, name: str) -> list:
    return [getattr(part, name) for part in parts if hasattr(part, name)]


def _parameters(kind: type, state: dict) -> Iterator[str]:
    parts = _network_parts(state)
    if parts and "hidden_size" in state:
        wanted = layer_widths(state["hidden_size"], state.get("n_layers", 1))
        found = _values(parts, "widths")
        if any(tuple(widths) != tuple(wanted) for widths in found):
            asked = f"{state['hidden_size']!r} with n_layers={state.get('n_layers', 1)!r}"
            yield f"hidden_size is {asked}, but its network was fitted with widths {found[0]}"
    for name in SAME_NAME:
        found = _values(parts, name)
        if found and name in state and state[name] not in (*found, "auto"):
            yield _changed(name, state[name], f"{name}={found[0]!r}")
    cells = [repr(cell) for cell in _values(parts, "cell")]
    if cells and not isinstance(state.get("cell", ""), (str, Cell)):
        yield f"cell is a {type(state['cell']).__name__}, expected a cell or the name of one"
    elif cells and "cell" in state and repr(make_cell(state["cell"])) not in cells:
        yield _changed("cell", state["cell"], f"the cell {cells[0]}")
    yield from _embedding(parts, state)


def _embedding(parts: list, state: dict) -> Iterator[str]:
    found = _values(parts, "embedding_size")
    given = "vectors" in {c.kind for c in _channels(parts).values()}
    if given or not found or state.get("word_vectors") is not None:
        return  # the size of vectors that were given
    if state.get("embedding_size") not in found:
        yield _changed("embedding_size", state.get("embedding_size"), f"vectors of {found[0]}")


def _changed(name: str, value: Any, network: str) -> str:
    return f"{name} is {value!r}, but its network was fitted with {network}"


# -- the network and what was learned with it -----------------------------------------------


def _channels(parts: list) -> dict:
    schemas = _values(parts, "schema")
    return schemas[0].channels if schemas else {}


def _outputs(kind: type, state: dict) -> Iterator[str]:
    parts = _network_parts(state)
    n_outputs = getattr(parts[0], "n_outputs", None) if parts else None
    if n_outputs is None:
        return
    for name, further in (("classes_", 0), ("labels_", 1)):
        if name in state and len(state[name]) + further != n_outputs:
            blank = " (one is the blank)" if further else ""
            yield f"{name} has {len(state[name])} entries, but the network {n_outputs} outputs" + (
                blank
            )
    task = state.get("task_")
    if task is not None and getattr(task, "n_outputs", n_outputs) != n_outputs:
        yield f"task_ has {task.n_outputs} outputs, but the network {n_outputs}"
    classes = getattr(task, "classes", None)
    if classes is not None and "classes_" in state and len(classes) != len(state["classes_"]):
        yield f"classes_ has {len(state['classes_'])} entries, but task_ {len(classes)} classes"


def _schemas(kind: type, state: dict) -> Iterator[str]:
    schemas = _values(_network_parts(state), "schema")
    for name in ("sequence_schema_", "source_schema_"):
        if schemas and name in state and state[name] != schemas[0]:
            yield f"{name} tells of other sequences than the network reads"
    schema = state.get("sequence_schema_")
    if schema is None:
        return
    n_features, n_in = schema.n_features, state.get("n_features_in_")
    if n_in is not None and state.get("_n_steps_in") is None and n_in != n_features:
        yield f"n_features_in_ is {n_in}, but its sequences have {n_features} features"
    scaling = state.get("input_scaling_")
    for name, scaler in getattr(scaling, "channels", {}).items():
        if name not in schema.channels:
            yield f"input_scaling_ has a channel {name!r}, which its sequences lack"
        elif scaler.mean.size != math.prod(schema.channels[name].shape):
            yield (
                f"input_scaling_ scales {scaler.mean.size} features of the channel {name!r}, but "
                f"its sequences have {schema.channels[name].n_features}"
            )
    context = getattr(scaling, "context", None)
    if context is not None and context.mean.size != schema.n_context:
        yield (
            f"input_scaling_ scales a context of {context.mean.size} values, but its sequences "
            f"have one of {schema.n_context}"
        )


def _sides(kind: type, state: dict) -> Iterator[str]:
    """Vocabularies against the tables of the network."""
    parts = _network_parts(state)
    for name in ("source_side_", "target_side_", "side_"):
        side = state.get(name)
        encoder = getattr(side, "encoder", None)
        if encoder is not None and side.size != encoder.n_tokens_:
            yield f"{name} has {side.size} symbols, but its vocabulary {encoder.n_tokens_}"
    target, spec = state.get("target_side_"), getattr(parts[0], "target", None) if parts else None
    if target is not None and spec is not None and target.size != spec.size:
        yield f"target_side_ has {target.size} symbols or features, but the network {spec.size}"
    encoder = getattr(state.get("source_side_"), "encoder", None)
    if encoder is not None and parts:
        yield from _tokens("source_side_", encoder.vocabulary_, _channels(parts).get("values"))
    side, head = state.get("side_"), getattr(parts[0], "head", None) if parts else None
    ends = side is not None and side.kind == "symbols" and state.get("length_model_") == "end"
    if side is not None and head is not None and side.size + ends != head.size:
        yield f"side_ has {side.size} symbols or features, but the network {head.size - ends}"
    features = getattr(state.get("reader_"), "features", None)
    if features is not None and parts:
        channel = _channels(parts).get(state["reader_"].words)
        yield from _tokens("reader_", features.vocabulary_, channel)


def _tokens(name: str, vocabulary: Any, channel: Any) -> Iterator[str]:
    if channel is None or channel.n_tokens is None:
        return
    if len(vocabulary) != channel.n_tokens:
        yield (
            f"{name} has a vocabulary of {len(vocabulary)} tokens, but the network reads "
            f"{channel.n_tokens}"
        )
    elif channel.vocabulary_id not in (None, vocabulary.fingerprint):
        yield f"{name} has other tokens, or in another order, than the network was fitted on"


# -- transformers ---------------------------------------------------------------------------


def _vocabulary(kind: type, state: dict) -> Iterator[str]:
    vocabulary = state.get("vocabulary_")
    if vocabulary is None:
        return
    n_tokens = state.get("n_tokens_", len(vocabulary))
    if n_tokens != len(vocabulary):
        yield f"n_tokens_ is {n_tokens}, but its vocabulary has {len(vocabulary)} tokens"
    for name in ("vectors_", "idf_", "counts_"):
        rows = state.get(name)
        if isinstance(rows, np.ndarray) and len(rows) != len(vocabulary):
            yield f"{name} has {len(rows)} rows, but its vocabulary {len(vocabulary)} tokens"


def _series(kind: type, state: dict) -> Iterator[str]:
    parts, tail = _network_parts(state), state.get("tail_")
    for name in ("horizon", "lookback"):
        data = getattr(state.get("data_"), name, None)
        learned = state.get(f"{name}_")
        if None not in (data, learned) and data != learned:
            yield f"{name}_ is {learned}, but data_ has {data}"
    if tail is None:
        return
    for name in ("tail_", "covariate_tail_"):
        table = state.get(name)
        if table is None:
            continue
        n_series = len(table.starts)
        if len(table.offsets) != n_series + 1 or table.offsets[-1] != len(table.values):
            yield f"{name} has rows that belong to none of its series"
        if table.keys is not None and len(table.keys) != n_series:
            yield f"{name} has {n_series} series, but {len(table.keys)} names of series"
        if table.columns is not None and len(table.columns) != table.values.shape[1]:
            yield f"{name} has {table.values.shape[1]} columns, but {len(table.columns)} names"
    n_targets = tail.values.shape[1]
    if parts and getattr(parts[0], "n_targets", n_targets) != n_targets:
        yield f"tail_ has {n_targets} targets, but the network {parts[0].n_targets}"


_CHECKS = (unaccepted, _parameters, _outputs, _schemas, _sides, _vocabulary, _series)


# -- scikit-learn ---------------------------------------------------------------------------


def _features(kind: type, state: dict) -> Iterator[str]:
    n_features = state.get("n_features_in_")
    if kind.__module__.split(".")[1] not in _PER_FEATURE_IN or n_features is None:
        return
    for name in _PER_FEATURE:
        values = state.get(name)
        if isinstance(values, np.ndarray) and values.ndim and values.shape[-1] != n_features:
            yield f"{name} is for {values.shape[-1]} features, but n_features_in_ is {n_features}"
    classes, coef = state.get("classes_"), state.get("coef_")
    if isinstance(classes, np.ndarray) and isinstance(coef, np.ndarray) and coef.ndim == 2:
        if len(coef) not in (len(classes), 1 if len(classes) == 2 else len(classes)):
            yield f"coef_ has {len(coef)} rows, but there are {len(classes)} classes"


def _steps(kind: type, state: dict) -> Iterator[str]:
    """A vocabulary in a pipeline against the network that reads its ids."""
    steps = state.get("steps")
    if not isinstance(steps, list):
        return
    steps = [(name, step) for name, step in steps if step not in (None, "passthrough")]
    for i in range(len(steps) - 1):
        (before, writer), (name, reader) = steps[i], steps[i + 1]
        vocabulary = getattr(_encoder_in(writer), "vocabulary_", None)
        schema = getattr(reader, "sequence_schema_", getattr(reader, "source_schema_", None))
        if schema is None or not hasattr(vocabulary, "fingerprint") or len(schema.channels) > 1:
            continue
        for text in _tokens("vocabulary_", vocabulary, schema.channels.get("values")):
            yield f"steps: {before}.{text} (the step {name!r})"


def _encoder_in(step: Any) -> Any:
    """What writes the ids: the step, or the last one that is inside it."""
    inner = getattr(step, "sequence_transformer_", step)
    return inner.steps[-1][1] if isinstance(getattr(inner, "steps", None), list) else inner


_CHECKS_OF_SKLEARN = (unaccepted, _features, _steps)
