"""New sequences from a language model."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sksequence.decoding import Advance, Decoded, beam_search, sample_search, sample_steps, select
from sksequence.estimators._language_scores import after_reading, inference
from sksequence.estimators._lengths import LENGTH_MODELS
from sksequence.networks import LanguageNetwork
from sksequence.utils._random import make_generator, torch_generator

# Steps of a sequence that has no end of its own.
OPEN_ENDED = 500


class NextStepper:
    """A language model of symbols as the search functions want it.

    Parameters
    ----------
    network : LanguageNetwork
    never : tuple of int
        Symbols that are never written.
    """

    def __init__(self, network: LanguageNetwork, never: tuple[int, ...] = ()):
        self.network = network
        self.never = torch.tensor(never, dtype=torch.int64, device=network.head.weight.device)

    def start(self, state: Any, readouts: Tensor, not_yet: int | None) -> dict:
        """The state from which a search begins: what comes next is known already.

        The symbol `not_yet` does not come next: no sequence is empty.
        """
        log_probs = self._log_probs(readouts)
        if not_yet is not None:
            log_probs[:, not_yet] = -torch.inf
        return {"stack": state, "next": log_probs}

    def advance(self, tokens: Tensor, state: dict, memory: Tensor | None) -> Advance:
        """Log-probabilities of the next symbol of each hypothesis."""
        if state["next"] is not None:
            return Advance(state["next"], {"stack": state["stack"], "next": None})
        steps, stack = self.network.go_on(tokens, state["stack"], memory)
        return Advance(self._log_probs(steps), {"stack": stack, "next": None})

    def _log_probs(self, readouts: Tensor) -> Tensor:
        log_probs = self.network.head.log_probs(readouts)
        if len(self.never):
            log_probs = log_probs.index_fill(1, self.never, -torch.inf)
        return log_probs


class WritingMixin:
    """``sample`` and ``complete``, of an estimator that has ``_prefixes(prefixes)``."""

    def sample(
        self: Any,
        n_sequences: int = 1,
        prefix: Any = "",
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        max_steps: int | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        context: Any = None,
        as_generator: bool = False,
    ) -> Any:
        r"""Draw new sequences, step by step.

        Parameters
        ----------
        n_sequences : int, default=1
            How many.
        prefix : sequence, default=""
            What all of them begin with (empty: nothing), in the type of the sequences of ``fit``;
            it is part of what is given back. Symbols that ``fit`` did not see are read as the
            unknown one.
        temperature : float, default=1.0
            Symbols are drawn with probabilities :math:`\propto p^{1/\tau}`: below one makes
            probable ones more probable. Of real values it is the variance that shrinks.
        top_k : int, default=None
            Draw only among the `top_k` most probable symbols.
        top_p : float, default=None
            Draw only among the most probable symbols that together have the probability `top_p`
            (Holtzman et al., 2020).
        max_steps : int, default=None
            Steps at most, without the prefix. None: twice as many as the longest sequence of
            ``fit`` had, or 500 of one long text; so writing always ends.
        random_state : int, RandomState, Generator or None, default=None
            Of the draws. With an int, a sequence does not depend on how many there are.
        context : array-like of shape (n_context,) or (n_sequences, n_context), default=None
            What the sequences are conditioned on, if the model was fitted with contexts.
        as_generator : bool, default=False
            Give symbol after symbol as they are drawn, for text to be shown while it is written:
            tokens of one sequence, or lists of them (None where a sequence has ended).

        Returns
        -------
        sequences
            `n_sequences` of them, in the type of those of ``fit``; of one long text a list of
            texts. Or a generator.

        Raises
        ------
        ValueError
            For a temperature that is not above 0, `top_p` outside (0, 1], or a `context` that
            is missing.
        """
        check_is_fitted(self)
        check_positive("n_sequences", n_sequences)
        if max_steps is not None:
            check_positive("max_steps", max_steps)
        rng = make_generator(random_state)
        limits = limits_of(self, n_sequences, max_steps, rng)
        generator = torch_generator(rng, self._device)
        if self.side_.kind == "numeric":
            _refuse_truncation(top_k, top_p, as_generator)
            rows = draw_numbers(self, prefix, context, limits, temperature, generator)
            return self.side_.write(rows)
        first, start = started(self, prefix, n_sequences, context)
        settings = {
            "start": self.side_.size + 1,
            "end": self.side_.size,
            "max_steps": torch.from_numpy(limits).to(self._device),
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "generator": generator,
        }
        if as_generator:
            return tokens_one_by_one(self, start, settings, n_sequences)
        with inference(self.network_, n_sequences):
            decoded = sample_search(*start, **settings)
        return written(self, first, decoded)

    def complete(
        self: Any,
        prefix: Any = "",
        beam_size: int = 5,
        n_best: int = 1,
        max_steps: int | None = None,
        context: Any = None,
    ) -> Any:
        """The most probable ways to go on, by beam search.

        Parameters
        ----------
        prefix : sequence, default=""
            As for ``sample``.
        beam_size : int, default=5
            How many beginnings are followed; 1 takes the most probable symbol at each step.
        n_best : int, default=1
            How many to give, at most `beam_size`.
        max_steps : int, default=None
            As for ``sample``.
        context : array-like of shape (n_context,), default=None
            As for ``sample``.

        Returns
        -------
        sequences
            `n_best` of them, the most probable first, in the type of those of ``fit``.
        """
        check_is_fitted(self)
        if self.side_.kind == "numeric":
            raise ValueError(
                f"complete searches among symbols, but {type(self).__name__} was fitted on "
                "numbers: use sample, with a low temperature."
            )
        limit = max_steps or self._longest_written()
        first, start = started(self, prefix, 1, context)
        with inference(self.network_, beam_size):
            decoded = beam_search(
                *start,
                beam_size=beam_size,
                n_best=n_best,
                start=self.side_.size + 1,
                end=self.side_.size,
                max_steps=limit,
            )
        return written(self, first, decoded)


def started(
    estimator: Any, prefix: Any, n_sequences: int, context: Any = None
) -> tuple[np.ndarray, tuple]:
    """Ids of a prefix; and the stepper, the state and the memory after reading it.

    Parameters
    ----------
    estimator : RNNLanguageModel
    prefix : sequence
    n_sequences : int
        Rows of the state.
    context : array-like or None
    """
    side = estimator.side_
    never = {side.never, side.unknown_id} - {None}
    stepper = NextStepper(estimator.network_, tuple(sorted(never)))
    first, state, readouts, context = _read(estimator, prefix, n_sequences, context)
    with inference(estimator.network_, n_sequences):
        begun = len(first) > 0 or estimator.length_model_ != "end"
        start = stepper.start(state, readouts, None if begun else side.size)
        return first, (stepper, start, context)


def _read(estimator: Any, prefix: Any, n_sequences: int, context: Any):
    """Rows of a prefix; the state, what the head reads, and the context, of each sequence."""
    n_read = 1 if context is None or np.ndim(context) < 2 else n_sequences
    samples, rows = estimator._prefixes([prefix] * n_read, context)
    ((positions, state, readouts, context),) = after_reading(estimator.network_, samples)
    at = np.zeros(n_sequences, dtype=np.int64) if n_read == 1 else np.argsort(positions)
    at = torch.from_numpy(at).to(readouts.device)
    with inference(estimator.network_, n_sequences):
        return rows[0], *select((state, readouts, context), at)


def written(estimator: Any, first: np.ndarray, decoded: Decoded) -> Any:
    """Each sequence (or each of the best) with the prefix before it, in the user's types."""
    tokens = decoded.tokens.flatten(0, 1).cpu().numpy()
    lengths = decoded.lengths.flatten().cpu().numpy()
    ids = [np.append(first, row[:n]) for row, n in zip(tokens, lengths, strict=True)]
    side = estimator.side_
    return side.write(side.rows([{"ids": [row]} for row in ids], None))


def tokens_one_by_one(
    estimator: Any, start: tuple, settings: dict, n_sequences: int
) -> Iterator[Any]:
    """The names of symbols as they are drawn."""
    names, end = estimator.symbols_, settings["end"]
    steps = sample_steps(*start, **settings)
    while True:
        with inference(estimator.network_, n_sequences):
            ids = next(steps, None)
        if ids is None or bool((ids == end).all()):
            return
        tokens = [None if i == end else names[i] for i in ids.tolist()]
        yield tokens[0] if n_sequences == 1 else tokens


def draw_numbers(
    estimator: Any,
    prefix: Any,
    context: Any,
    limits: np.ndarray,
    temperature: float,
    generator: torch.Generator,
) -> list[np.ndarray]:
    """Draw steps of numbers until each sequence has ended or has as many as it may.

    Returns
    -------
    list of ndarray of shape (n_steps, n_features)
        With the prefix before them, scaled.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be a number > 0, got {temperature!r}.")
    network, ends = estimator.network_, estimator.network_.spec.head.ends
    first, state, readouts, context = _read(estimator, prefix, len(limits), context)
    drawn, stops = [], limits.copy()
    with inference(network, len(limits)):
        for step in range(1, int(limits.max()) + 1):
            values = network.head.draw(readouts, generator, temperature)
            if ends:
                last = values[:, -1].cpu().numpy() > 0.5
                stops = np.where(last, np.minimum(stops, step), stops)
                values = values[:, :-1]
            drawn.append(values.cpu().numpy())
            if step >= stops.max():
                break
            readouts, state = network.go_on(values, state, context)
    steps = np.stack(drawn, axis=1)  # (n_sequences, n_steps, n_features)
    return [np.concatenate([first, row[:n]]) for row, n in zip(steps, stops, strict=True)]


def limits_of(estimator: Any, n: int, max_steps: int | None, rng: np.random.Generator):
    """Steps of each sequence at most; exactly, where the number of steps has its own model."""
    if estimator.length_model_ in LENGTH_MODELS:
        drawn = estimator.lengths_.draw(n, rng)
        return drawn if max_steps is None else np.minimum(drawn, max_steps)
    return np.full(n, max_steps or estimator._longest_written(), dtype=np.int64)


def check_positive(name: str, value: Any) -> None:
    """Raise ValueError unless it is an integer >= 1."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be an integer >= 1, got {value!r}.")


def _refuse_truncation(top_k, top_p, as_generator) -> None:
    if (top_k, top_p, as_generator) != (None, None, False):
        raise ValueError(
            "top_k, top_p and as_generator are of symbols, but the model was fitted on numbers: "
            "leave them out; temperature works for both."
        )
