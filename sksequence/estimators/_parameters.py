"""What the shared constructor parameters may be."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch

from sksequence.cells import Cell, make_cell
from sksequence.estimators._missing import place_of_time
from sksequence.estimators._same_sizes import check_same_sizes
from sksequence.inputs import SequenceSchema
from sksequence.networks import NetworkSpec
from sksequence.networks._stacks import set_free_fields
from sksequence.training import OPTIMIZERS, SCHEDULES, TrainingPlan
from sksequence.utils._sklearn import Interval, StrOptions

POSITIVE_INTEGER = Interval(Integral, 1, None, closed="left")

SHARED_CONSTRAINTS = {
    "hidden_size": [POSITIVE_INTEGER, "array-like"],
    "n_layers": [POSITIVE_INTEGER],
    "cell": [str, Cell, type],
    "bidirectional": ["boolean"],
    "residual": ["boolean"],
    "initial_state": [StrOptions({"zeros", "learned"})],
    "dropout": [Interval(Real, 0, 1, closed="left"), StrOptions({"auto"})],
    "variational_dropout": ["boolean"],
    "pooling": [StrOptions({"last", "mean", "max", "attention"})],
    "embedding_size": [POSITIVE_INTEGER, None],
    "embedding_trainable": ["boolean"],
    "context_at": [StrOptions({"state", "steps", "both"})],
    "frame_encoder": [StrOptions({"cnn"}), None],
    "conv_size": [POSITIVE_INTEGER, None],
    "conv_width": [POSITIVE_INTEGER],
    "normalize": ["boolean"],
    "missing": [StrOptions({"error", "mask"})],
    "time": [str, None],
    "max_epochs": [POSITIVE_INTEGER],
    "batch_size": [POSITIVE_INTEGER, StrOptions({"full"})],
    "optimizer": [StrOptions(set(OPTIMIZERS))],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "learning_rate_schedule": [StrOptions(set(SCHEDULES)), callable],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "gradient_clip": [Interval(Real, 0, None, closed="neither"), None],
    "gradient_clip_by": [StrOptions({"norm", "value"})],
    "tbptt_steps": [POSITIVE_INTEGER, tuple, list, None],
    "early_stopping": ["boolean", StrOptions({"auto"})],
    "validation": [StrOptions({"random", "last"})],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "n_iter_no_change": [POSITIVE_INTEGER],
    "dtype": [StrOptions({"float32", "float64", "mixed"})],
    "warm_start": ["boolean"],
    "random_state": ["random_state", np.random.Generator],
    "device": [str],
    "verbose": ["verbose"],
}

ANALYZERS = StrOptions({"word", "char", "subword"})

# of estimators that write sequences
WRITING_CONSTRAINTS = {
    **{
        name: constraint
        for name, constraint in SHARED_CONSTRAINTS.items()
        if name not in ("pooling", "frame_encoder", "conv_size", "conv_width")
    },
    "embedding_size": [POSITIVE_INTEGER],
    "analyzer": [ANALYZERS, callable],
    "lowercase": ["boolean", StrOptions({"auto"})],
    "min_count": [POSITIVE_INTEGER],
    "max_tokens": [POSITIVE_INTEGER, None],
    "max_steps": [POSITIVE_INTEGER, None],
    "dropout": [Interval(Real, 0, 1, closed="left")],
}

# of those among them that search for the best target
SEARCH_CONSTRAINTS: dict[str, list] = {
    "attention": [StrOptions({"additive", "dot", "general", "location"}), None],
    "input_feeding": ["boolean"],
    "tie_embeddings": ["boolean"],
    "teacher_forcing": [Interval(Real, 0, 1, closed="both"), tuple, list],
    "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    "beam_size": [POSITIVE_INTEGER],
    "length_penalty": [Interval(Real, 0, None, closed="left")],
    "coverage_penalty": [Interval(Real, 0, None, closed="left")],
}


def check_positive(name: str, value: Any) -> None:
    """Raise ValueError unless it is an integer >= 1."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be an integer >= 1, got {value!r}.")


def layer_widths(hidden_size, n_layers: int) -> tuple[int, ...]:
    """Units of each layer: `hidden_size` repeated, or the list as it is."""
    if isinstance(hidden_size, Integral):
        return (int(hidden_size),) * n_layers
    widths = tuple(int(width) for width in hidden_size)
    if not widths or min(widths) < 1:
        raise ValueError(f"hidden_size must hold positive widths, got {hidden_size!r}.")
    if n_layers not in (1, len(widths)):
        raise ValueError(
            f"hidden_size={list(widths)} gives {len(widths)} layers, but n_layers={n_layers}: "
            "leave n_layers at 1 or make them agree."
        )
    return widths


def recurrent_options(estimator) -> dict[str, Any]:
    """What an estimator's parameters say of its recurrent stacks, as fields of a spec."""
    return {
        "residual": getattr(estimator, "residual", False),
        "variational_dropout": getattr(estimator, "variational_dropout", False),
        "initial_state": getattr(estimator, "initial_state", "zeros"),
        "tbptt_steps": window_steps(getattr(estimator, "tbptt_steps", None)),
    }


def window_steps(tbptt_steps) -> tuple[int, int] | None:
    """Steps of a block and of its window; one number stands for both."""
    if tbptt_steps is None:
        return None
    several = isinstance(tbptt_steps, (tuple, list))
    steps = tuple(tbptt_steps) if several else (tbptt_steps,) * 2
    if len(steps) != 2 or not all(isinstance(k, Integral) and int(k) >= 1 for k in steps):
        raise ValueError(
            "tbptt_steps must be a number of steps >= 1, or two of them (k1, k2), got "
            f"{tbptt_steps!r}."
        )
    if steps[1] < steps[0]:
        raise ValueError(
            f"tbptt_steps=({steps[0]}, {steps[1]}) would leave out steps: the gradient of every k1 "
            "steps goes back through k2 steps, those k1 included, so k2 must be at least k1."
        )
    return int(steps[0]), int(steps[1])


def warn_of_delays(cell: Cell, lengths: np.ndarray, what: str) -> None:
    """Warn where the recurrence reaches back beyond the beginning of a whole sequence."""
    longest, shortest = max(getattr(cell, "delays", (0,))), int(lengths.min())
    if longest >= shortest:
        n_short = int((lengths <= longest).sum())
        warnings.warn(
            f"the delay of {longest} steps reaches back beyond the beginning of {n_short} of the "
            f"{len(lengths)} sequences of {what} (the shortest has {shortest} steps): nothing "
            "comes over it there. Choose a shorter delay, or leave short sequences out.",
            UserWarning,
            stacklevel=5,
        )


def dropout_rate(dropout: float | str, schema: SequenceSchema) -> float:
    """``"auto"``: 0.2 where there are symbols, which are soon learned by heart, else none."""
    if dropout != "auto":
        return float(dropout)
    return 0.2 if any(c.kind != "numeric" for c in schema.channels.values()) else 0.0


def make_spec(estimator, schema: SequenceSchema, n_outputs: int) -> NetworkSpec:
    """The sizes of the network of an estimator's parameters."""
    return NetworkSpec(
        schema=schema,
        n_outputs=n_outputs,
        cell=make_cell(estimator.cell),
        widths=layer_widths(estimator.hidden_size, estimator.n_layers),
        bidirectional=estimator.bidirectional,
        dropout=dropout_rate(estimator.dropout, schema),
        pooling=estimator.pooling,
        embedding_size=estimator.embedding_size,
        embedding_trainable=estimator.embedding_trainable,
        context_at=estimator.context_at,
        frame_encoder=estimator.frame_encoder,
        conv_size=estimator.conv_size,
        conv_width=estimator.conv_width,
        missing=estimator.missing,
        time=place_of_time(estimator, schema),
        **recurrent_options(estimator),
    )


def check_same_network(estimator):
    """Raise ValueError if parameters now ask for another network than the fitted one."""
    fitted = estimator.network_.spec
    wanted = make_spec(estimator, fitted.schema, fitted.n_outputs)
    check_same_sizes((fitted, wanted))


def go_on(estimator) -> None:
    """Let the fitted network go on by the parameters as they are now."""
    network = estimator.network_
    network.spec = make_spec(estimator, network.spec.schema, network.spec.n_outputs)
    set_free_fields(network, network.spec)


def make_plan(estimator, max_epochs: int, device: torch.device) -> TrainingPlan:
    """The training plan of an estimator's parameters."""
    if estimator.dtype == "mixed" and device.type != "cuda":
        raise ValueError(
            f"dtype='mixed' needs CUDA, but the device is {device}: use dtype='float32' here."
        )
    return TrainingPlan(
        max_epochs=max_epochs,
        optimizer=estimator.optimizer,
        learning_rate=estimator.learning_rate,
        weight_decay=estimator.weight_decay,
        learning_rate_schedule=getattr(estimator, "learning_rate_schedule", "constant"),
        gradient_clip=estimator.gradient_clip,
        gradient_clip_by=getattr(estimator, "gradient_clip_by", "norm"),
        n_iter_no_change=estimator.n_iter_no_change,
        autocast=torch.bfloat16 if estimator.dtype == "mixed" else None,
        verbose=int(estimator.verbose),
    )
