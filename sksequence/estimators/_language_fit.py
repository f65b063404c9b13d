"""What a language model learns before and for its training."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from sksequence.batches import StreamSamples
from sksequence.estimators._encoder_decoder import make_encoder
from sksequence.estimators._language_parameters import (
    OF_NUMBERS,
    choose_emission,
    make_language_spec,
    stretch,
)
from sksequence.estimators._language_reading import (
    check_one_channel,
    check_several_symbols,
    last_stretch_held_back,
    ranks,
    read,
    symbol_names,
    without_targets,
)
from sksequence.estimators._lengths import LENGTH_MODELS
from sksequence.estimators._shifted import cut
from sksequence.estimators._sides import learn_side
from sksequence.estimators._validation import held_back_by
from sksequence.inputs import SequenceArray, SequenceSchema
from sksequence.utils._random import torch_generator


def learn(model, documents, ends: str | None, weights) -> SequenceArray:
    """The sequences; how they are read, what a step is and how they end is learned."""
    for name in ("network_", "n_features_in_", "feature_names_in_", "_n_steps_in", "lengths_"):
        model.__dict__.pop(name, None)
    with without_targets():
        model.side_, sequences = learn_side(documents, "X", make_encoder(model), model)
    check_one_channel(sequences, model)
    numeric = model.side_.kind == "numeric"
    values = sequences.only.values if numeric else None
    model.emission_ = choose_emission(model.emission, model.side_, values)
    if model.emission_ in OF_NUMBERS and model.emission_ != "bernoulli" and model.normalize:
        model.side_.learn_scale(sequences, weights)
    model.length_model_ = model.length_model
    if model.length_model == "auto":
        model.length_model_ = ends
    if model.length_model_ in LENGTH_MODELS:
        model.lengths_ = LENGTH_MODELS[model.length_model_].fit(sequences.lengths, weights)
    if not numeric:
        check_several_symbols(sequences, model.length_model_)
        model.symbols_ = symbol_names(model.side_, model.length_model_)
    return sequences


def split(model, sequences, weights, one_text: bool, X_val, rng):
    """What is trained on and what decides when to stop, each with its weights."""
    if X_val is not None:
        held = read(X_val, "X_val", model)
        return (sequences, weights), (held, None)
    if one_text:
        parts = last_stretch_held_back(sequences, model)
        return tuple(None if part is None else (part, None) for part in parts)
    train_at, valid_at = held_back_by(model, len(sequences), None, rng)
    return tuple(
        None
        if at is None
        else (sequences[at], None if weights is None else np.asarray(weights)[at])
        for at in (train_at, valid_at)
    )


def build(model, sequences: SequenceArray, rng) -> None:
    """A new network, whose table starts from the vectors of the sequences, if they have some."""
    shifted = model._shift(sequences)
    schema = SequenceSchema.of(shifted.inputs).with_any_vectors()
    spec = make_language_spec(model, schema)
    generator = torch_generator(rng)
    order = vectors = None
    if spec.head.kind == "adaptive":
        order = ranks(shifted.targets, spec.head.size)
    table = shifted.inputs.only.vectors
    if table is not None:
        vectors = {"values": torch.tensor(table, dtype=torch.float32)}
    model.network_ = spec.build(generator, vectors, order)


def training_samples(model, sequences: SequenceArray, weights=None) -> Any:
    """Batches of whole sequences, or streams where they are longer than a stretch."""
    n_steps, n_before = stretch(model.tbptt_steps)
    shifted = model._shift(sequences)
    if n_steps is None or shifted.inputs.lengths.max() <= n_steps:
        return model._samples(shifted, weights)
    n_rows = len(shifted.inputs) if model.batch_size == "full" else int(model.batch_size)
    shifted = cut(shifted, n_rows, n_steps)
    return StreamSamples(model._samples(shifted, weights), n_steps, model.batch_size, n_before)
