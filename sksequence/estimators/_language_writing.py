"""New sequences from a language model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sksequence.decoding import Advance, beam_search, select
from sksequence.decoding._drawing import draw_blocks, whole_sequences
from sksequence.decoding._sampling import draw_seeds, sampler
from sksequence.estimators._language_scores import after_reading, inference
from sksequence.estimators._lengths import LENGTH_MODELS
from sksequence.estimators._parameters import check_positive
from sksequence.networks._language_steps import SymbolSteps
from sksequence.utils._random import make_generator, torch_generator

# Steps of a sequence that has no end of its own.
OPEN_ENDED = 500


class NextStepper:
    """A language model of symbols as a beam search wants it.

    Parameters
    ----------
    steps : SymbolSteps
    """

    def __init__(self, steps: SymbolSteps):
        self.steps = steps

    def advance(self, tokens: Tensor, state: dict, memory: Tensor | None) -> Advance:
        """Log-probabilities of the next symbol of each hypothesis; of the first ones given."""
        if state["next"] is not None:
            return Advance(state["next"], {"stack": state["stack"], "next": None})
        log_weights, stack = self.steps.advance(tokens, state["stack"], memory)
        return Advance(torch.log_softmax(log_weights, dim=1), {"stack": stack, "next": None})


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
        choice = sampler(draw_seeds(n_sequences, generator), temperature, top_k, top_p)
        first, start = started(self, prefix, n_sequences, context)
        settings = {
            "choose": choice.choose,
            "end": self.side_.size,
            "limits": torch.from_numpy(limits).to(self._device),
        }
        if as_generator:
            return tokens_one_by_one(self, start, settings)
        with inference(self.network_, n_sequences):
            rows = whole_sequences(draw_blocks(*start, **settings), limits, self.side_.size)
        return written(self, first, rows)

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
        if max_steps is not None:
            check_positive("max_steps", max_steps)
        limit = max_steps or self._longest_written()
        first, (advance, log_weights, state, memory) = started(self, prefix, 1, context)
        start = {"stack": state, "next": torch.log_softmax(log_weights, dim=1)}
        with inference(self.network_, beam_size):
            decoded = beam_search(
                NextStepper(advance.__self__),
                start,
                memory,
                beam_size=beam_size,
                n_best=n_best,
                start=self.side_.size + 1,
                end=self.side_.size,
                max_steps=limit,
            )
        tokens, lengths = (part[0].cpu().numpy() for part in (decoded.tokens, decoded.lengths))
        return written(self, first, [row[:n] for row, n in zip(tokens, lengths, strict=True)])


def started(
    estimator: Any, prefix: Any, n_sequences: int, context: Any = None
) -> tuple[np.ndarray, tuple]:
    """Ids of a prefix; and what comes after it.

    Parameters
    ----------
    estimator : RNNLanguageModel
    prefix : sequence
    n_sequences : int
        Rows of the state.
    context : array-like or None

    Returns
    -------
    first : ndarray of shape (n_before,)
    start : tuple
        One step further as a function, logarithms of the probabilities of what comes next, the
        state, and the context of each sequence or None.
    """
    side = estimator.side_
    steps = SymbolSteps(estimator.network_, [side.never, side.unknown_id])
    first, state, readouts, context = _read(estimator, prefix, n_sequences, context)
    with inference(estimator.network_, n_sequences):
        log_weights = steps.log_weights(readouts)
        if not len(first) and estimator.length_model_ == "end":  # no sequence is empty
            log_weights[:, side.size] = -torch.inf
        return first, (steps.advance, log_weights, state, context)


def _read(estimator: Any, prefix: Any, n_sequences: int, context: Any):
    """Rows of a prefix; the state, what the head reads, and the context, of each sequence."""
    if not hasattr(prefix, "__len__"):
        raise TypeError(
            f"prefix must be a sequence as those of fit, or empty for none, got {prefix!r}."
        )
    n_read = 1 if context is None or np.ndim(context) < 2 else n_sequences
    samples, rows = estimator._prefixes([prefix] * n_read, context)
    ((positions, state, readouts, context),) = after_reading(estimator.network_, samples)
    at = np.zeros(n_sequences, dtype=np.int64) if n_read == 1 else np.argsort(positions)
    at = torch.from_numpy(at).to(readouts.device)
    with inference(estimator.network_, n_sequences):
        return rows[0], *select((state, readouts, context), at)


def written(estimator: Any, first: np.ndarray, rows: list[np.ndarray]) -> Any:
    """Sequences of ids, with the prefix before them, in the user's types."""
    side = estimator.side_
    found = [{"ids": [np.concatenate([first, row])]} for row in rows]
    return side.write(side.rows(found, None))


def tokens_one_by_one(estimator: Any, start: tuple, settings: dict) -> Iterator[Any]:
    """The names of symbols as they are drawn; None where a sequence has ended."""
    names, end, limits = estimator.symbols_, settings["end"], settings["limits"].cpu().numpy()
    going = np.ones(len(limits), dtype=bool)
    blocks = draw_blocks(*start, **settings, one_by_one=True)
    for step in range(int(limits.max())):
        with inference(estimator.network_, len(limits)):
            rows, drawn = next(blocks)
        ids = np.full(len(limits), end)
        ids[rows.cpu().numpy()] = drawn[:, 0].cpu().numpy()
        going &= (ids != end) & (step < limits)
        if not going.any():
            return
        tokens = [names[i] if there else None for i, there in zip(ids, going, strict=True)]
        yield tokens[0] if len(limits) == 1 else tokens


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


def _refuse_truncation(top_k, top_p, as_generator) -> None:
    if (top_k, top_p, as_generator) != (None, None, False):
        raise ValueError(
            "top_k, top_p and as_generator are of symbols, but the model was fitted on numbers: "
            "leave them out; temperature works for both."
        )
