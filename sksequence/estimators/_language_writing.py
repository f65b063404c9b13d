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
from sksequence.decoding._sampling import check_temperature, draw_seeds, sampler
from sksequence.estimators._language_output import SymbolsWritten, numbers_written
from sksequence.estimators._language_scores import after_reading, inference
from sksequence.estimators._lengths import LENGTH_MODELS, log_hazards
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
    hazards : (Tensor, Tensor) of shape (n_steps,) each, default=None
        Of a distribution of the number of steps: the logarithms of the probabilities to end
        before a step, and to go on. The end is one more symbol then.
    """

    def __init__(self, steps: SymbolSteps, hazards: tuple[Tensor, Tensor] | None = None):
        self.steps, self.hazards = steps, hazards

    def begin(self, log_weights: Tensor, stack: Any) -> dict:
        """The state of a search that begins with the symbols that these weights are of."""
        n_taken = torch.zeros(len(log_weights), dtype=torch.int64, device=log_weights.device)
        first = torch.log_softmax(log_weights, dim=1)
        return {"stack": stack, "next": first, "n_taken": n_taken}

    def advance(self, tokens: Tensor, state: dict, memory: Tensor | None) -> Advance:
        """Log-probabilities of the next symbol of each hypothesis; of the first ones given."""
        log_probs, stack, n_taken = state["next"], state["stack"], state["n_taken"]
        if log_probs is None:
            log_weights, stack = self.steps.advance(tokens, stack, memory)
            log_probs = torch.log_softmax(log_weights, dim=1)
        after = {"stack": stack, "next": None, "n_taken": n_taken + 1}
        return Advance(self._with_end(log_probs, n_taken), after)

    def _with_end(self, log_probs: Tensor, n_taken: Tensor) -> Tensor:
        if self.hazards is None:
            return log_probs
        ends, goes_on = (part[n_taken][:, None].to(log_probs.dtype) for part in self.hazards)
        return torch.cat([log_probs + goes_on, ends], dim=1)


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
            it is given back as it is, in front of what is drawn. Of symbols that ``fit`` did not
            see the network reads the unknown one; a warning names them.
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
            ``fit`` had, or 500 of one long text; so writing always ends. Where the number of
            steps T has a distribution of its own, T is drawn from it, given that T is not less
            than the steps of the prefix, which count.
        random_state : int, RandomState, Generator or None, default=None
            Of the draws. With an int, a sequence does not depend on how many there are.
        context : array-like of shape (n_context,) or (n_sequences, n_context), default=None
            What the sequences are conditioned on, if the model was fitted with contexts.
        as_generator : bool, default=False
            Give symbol after symbol as they are drawn, for text to be shown while it is written:
            tokens of one sequence, or lists of them (None where a sequence has ended). Of
            symbols only: numbers are refused.

        Returns
        -------
        sequences
            `n_sequences` of them, in the type of those of ``fit``; of one long text a list of
            texts; of a table a list of arrays where they have not as many steps as the table.
            Where `analyzer` is a function, lists of tokens, for how it cuts does not say how to
            join. Or a generator.

        Raises
        ------
        ValueError
            For a temperature that is not above 0, `top_p` outside (0, 1], a `context` that
            is missing or holds no finite numbers, or `as_generator`, `top_k` and `top_p` of a
            model of numbers.
        TypeError
            If the prefix is a text and ``fit`` was given lists of tokens, or the reverse.

        Warns
        -----
        UserWarning
            If the prefix holds symbols that ``fit`` did not see.
        """
        check_is_fitted(self)
        check_positive("n_sequences", n_sequences)
        if max_steps is not None:
            check_positive("max_steps", max_steps)
        check_temperature(temperature)
        rng = make_generator(random_state)
        generator = torch_generator(rng, self._device)
        if self.side_.kind == "numeric":
            _refuse_truncation(top_k, top_p, as_generator)
            first, *start = _read(self, prefix, n_sequences, context)
            limits = limits_of(self, n_sequences, len(first), max_steps, rng)
            rows = draw_numbers(self, start, limits, temperature, generator)
            return numbers_written(self.side_, [np.concatenate([first, row]) for row in rows])
        choice = sampler(draw_seeds(n_sequences, generator), temperature, top_k, top_p)
        first, start = started(self, prefix, n_sequences, context)
        limits = limits_of(self, n_sequences, len(first), max_steps, rng)
        result = SymbolsWritten(self.side_, prefix, first)
        result.warn_of_unknown()
        settings = {
            "choose": choice.choose,
            "end": self.side_.size,
            "limits": torch.from_numpy(limits).to(self._device),
        }
        if as_generator:
            return tokens_one_by_one(self, start, settings)
        if not limits.any():
            return result.write([np.empty(0, dtype=np.int64)] * n_sequences)
        with inference(self.network_, n_sequences):
            rows = whole_sequences(draw_blocks(*start, **settings), limits, self.side_.size)
        return result.write(rows)

    def complete(
        self: Any,
        prefix: Any = "",
        beam_size: int = 5,
        n_best: int = 1,
        max_steps: int | None = None,
        context: Any = None,
    ) -> Any:
        r"""The most probable ways to go on, by beam search.

        Whole sequences are compared, with their end: by :math:`\log p(x)` of ``score_samples``.
        Where the number of steps T has a distribution of its own, :math:`\log p(T)` is part of
        it (T not less than the steps of the prefix). The unknown symbol is never written: its
        probability goes to the others. A model without ends (`length_model` None) goes on for
        `max_steps`. What is still open after `max_steps` is given as it is.

        Parameters
        ----------
        prefix : sequence, default=""
            As for ``sample``.
        beam_size : int, default=5
            How many beginnings are followed side by side; 1 takes the most probable symbol at
            each step.
        n_best : int, default=1
            How many sequences to give, at most `beam_size`.
        max_steps : int, default=None
            Steps at most, without the prefix. None: twice as many as the longest sequence of
            ``fit`` had, or 500 of one long text.
        context : array-like of shape (n_context,), default=None
            What the sequence is conditioned on, if the model was fitted with contexts.

        Returns
        -------
        sequences
            `n_best` of them (fewer where there are not so many), the most probable first, in the
            type of those of ``fit``.

        Raises
        ------
        ValueError
            Of a model of numbers, for a `context` that is missing or holds no finite numbers, or
            an `n_best` above `beam_size`.
        TypeError
            If the prefix is a text and ``fit`` was given lists of tokens, or the reverse.

        Warns
        -----
        UserWarning
            If the prefix holds symbols that ``fit`` did not see.
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
        result = SymbolsWritten(self.side_, prefix, first)
        result.warn_of_unknown()
        stepper = NextStepper(advance.__self__, hazards_of(self, len(first), limit))
        with inference(self.network_, beam_size):
            decoded = beam_search(
                stepper,
                stepper.begin(log_weights, state),
                memory,
                beam_size=beam_size,
                n_best=n_best,
                start=self.side_.size + 1,
                end=self.side_.size,
                max_steps=limit,
            )
        found = decoded.log_probabilities[0].isfinite()  # the others are no sequences
        parts = (decoded.tokens, decoded.lengths)
        tokens, lengths = (part[0][found].cpu().numpy() for part in parts)
        return result.write([row[:n] for row, n in zip(tokens, lengths, strict=True)])


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
    steps = SymbolSteps(estimator.network_, [side.never, side.unwritten])
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
    start: Any,
    limits: np.ndarray,
    temperature: float,
    generator: torch.Generator,
) -> list[np.ndarray]:
    """Draw steps of numbers until each sequence has ended or has as many as it may.

    Returns
    -------
    list of ndarray of shape (n_steps, n_features)
        Scaled.
    """
    network, ends = estimator.network_, estimator.network_.spec.head.ends
    state, readouts, context = start
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
    nothing = np.empty((len(limits), 0, estimator.side_.size))
    steps = np.stack(drawn, axis=1) if drawn else nothing  # (n_sequences, n_steps, n_features)
    return [row[:n] for row, n in zip(steps, stops, strict=True)]


def limits_of(
    estimator: Any, n: int, n_before: int, max_steps: int | None, rng: np.random.Generator
) -> np.ndarray:
    """Steps after `n_before`, at most; exactly, where the number of steps has its own model."""
    if estimator.length_model_ not in LENGTH_MODELS:
        return np.full(n, max_steps or estimator._longest_written(), dtype=np.int64)
    drawn = estimator.lengths_.draw(n, rng, max(n_before, 1)) - n_before
    return drawn if max_steps is None else np.minimum(drawn, max_steps)


def hazards_of(estimator: Any, n_before: int, limit: int) -> tuple[Tensor, Tensor] | None:
    """Logarithms of the probabilities to end and to go on, where these have their own model."""
    if estimator.length_model_ not in LENGTH_MODELS:
        return None
    ends, goes_on = log_hazards(estimator.lengths_, n_before, limit)
    device = estimator._device
    return torch.from_numpy(ends).to(device), torch.from_numpy(goes_on).to(device)


def _refuse_truncation(top_k, top_p, as_generator) -> None:
    if (top_k, top_p, as_generator) != (None, None, False):
        raise ValueError(
            "top_k, top_p and as_generator are of symbols, but the model was fitted on numbers: "
            "leave them out; temperature works for both."
        )
