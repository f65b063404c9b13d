"""A trained encoder-decoder over all sequences, in inference mode."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sksequence.batches import PairSamples, SequenceBatch, SequenceSamples
from sksequence.decoding import Advance, Decoded, roll_out
from sksequence.networks import EncoderDecoder
from sksequence.tasks._transduction import of_existing_steps
from sksequence.training import explained_memory, threads

Sources = SequenceSamples | np.ndarray
SUMMARIES = 2**10  # of which sequences are written at a time


class SymbolStepper:
    """A decoder of symbols as the search functions want it; it never writes one of them."""

    def __init__(self, network: EncoderDecoder, never: int | None = None):
        self.decoder = network.decoder
        self.never = never

    def advance(self, tokens: Tensor, state, memory) -> Advance:
        """Log-probabilities of the next symbol of each hypothesis."""
        given = self.decoder.embed(tokens)
        readout, state, weights = self.decoder.step(given, state, memory)
        log_probs = torch.log_softmax(self.decoder.head(readout), dim=1)
        if self.never is not None:
            never = torch.tensor([self.never], device=log_probs.device)
            log_probs = log_probs.index_fill(1, never, -torch.inf)
        return Advance(log_probs, state, weights)


class NumericStepper:
    """A decoder of numbers as ``roll_out`` wants it."""

    def __init__(self, network: EncoderDecoder):
        self.decoder = network.decoder

    def advance_values(self, values: Tensor, state, memory):
        """The next values and the probability that they are the last."""
        readout, state, weights = self.decoder.step(self.decoder.embed(values), state, memory)
        outputs = self.decoder.head(readout)
        return outputs[:, :-1], torch.sigmoid(outputs[:, -1]), state, weights


def search_all(
    network: EncoderDecoder,
    sources: Sources,
    limits: np.ndarray,
    search: Callable,
    never: int | None = None,
) -> list[dict[str, Any]]:
    """What `search` finds for each sequence, in the order of the sources.

    Parameters
    ----------
    network : EncoderDecoder
    sources : SequenceSamples, or ndarray of shape (n_sequences, n_summary)
        The sources, or their summaries.
    limits : ndarray of shape (n_sequences,)
        Steps at most.
    search : callable
        ``search(stepper, state, memory, max_steps) -> Decoded``.
    never : int, default=None
        A symbol that is never written.

    Returns
    -------
    list of dict
        ``ids`` (a list of arrays, the best first), ``scores``, ``log_probabilities`` and
        ``attention`` (of each, ``(n_steps, n_source_steps)``, or None).
    """
    found: list[Any] = [None] * len(sources)
    stepper = SymbolStepper(network, never)
    with _inference(network):
        for at, n_looked, state, memory in started(network, sources):
            there = torch.from_numpy(limits[at]).to(network.head.weight.device)
            decoded = search(stepper, state, memory, there)
            for i, result in zip(at, _each(decoded, n_looked), strict=True):
                found[i] = result
    return found


def _each(decoded: Decoded, n_looked: list[int]):
    tokens, lengths = decoded.tokens.cpu().numpy(), decoded.lengths.cpu().numpy()
    scores, log_p = decoded.scores.cpu().numpy(), decoded.log_probabilities.cpu().numpy()
    attention = None if decoded.attention is None else decoded.attention.cpu().numpy()
    for b, n_source in enumerate(n_looked):
        looked = None
        if attention is not None:
            looked = [
                rows[:n, :n_source].copy() for rows, n in zip(attention[b], lengths[b], strict=True)
            ]
        yield {
            "ids": [row[:n].copy() for row, n in zip(tokens[b], lengths[b], strict=True)],
            "scores": scores[b],
            "log_probabilities": log_p[b],
            "attention": looked,
        }


def roll_out_all(
    network: EncoderDecoder,
    sources: Sources,
    limits: np.ndarray,
    lengths: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """Numbers for each sequence: ``values`` (n_steps, n_features), ``attention`` (a list of one).

    With `lengths` exactly so many steps are taken, else as many as the network wants, at most
    `limits`.
    """
    found: list[Any] = [None] * len(sources)
    stepper = NumericStepper(network)
    device = network.head.weight.device
    with _inference(network):
        for at, n_looked, state, memory in started(network, sources):
            first = network.head.weight.new_zeros(len(at), network.decoder.spec.size)
            exact = None if lengths is None else torch.from_numpy(lengths[at]).to(device)
            there = torch.from_numpy(limits[at]).to(device)
            result = roll_out(stepper, state, memory, first=first, max_steps=there, lengths=exact)
            values = result.values.cpu().double().numpy()
            n_steps = result.lengths.tolist()
            attention = None if result.attention is None else result.attention.cpu().numpy()
            for b, (i, n, n_source) in enumerate(zip(at, n_steps, n_looked, strict=True)):
                looked = None if attention is None else attention[b, :n, :n_source].copy()
                found[i] = {"values": values[b, :n].copy(), "attention": [looked]}
    return found


def started(network: EncoderDecoder, sources: Sources):
    """Batches of sources, read, or of their summaries; to be asked for in inference mode.

    (A generator that entered it would not leave it where its user fails.)

    Yields
    ------
    positions : ndarray of shape (n_batch,)
    n_looked : list of int
        Steps of the memory that each has.
    state, memory : object
        Of the decoder.
    """
    if isinstance(sources, np.ndarray):
        for at in np.array_split(np.arange(len(sources)), -(-len(sources) // SUMMARIES)):
            summary = torch.from_numpy(sources[at]).to(network.head.weight)
            yield at, [0] * len(at), *network.decoder.start(None, None, summary)
        return
    for batch in sources.ordered_batches():
        state, memory = network.start(batch)
        n_steps = batch.n_steps if memory[0] is None else memory[0].values.shape[1]
        yield batch.positions, _n_looked(batch, n_steps), state, memory


def _n_looked(batch: SequenceBatch, n_steps: int) -> list[int]:
    """Of `n_steps` of a memory, those that exist; a frame becomes several of them."""
    return (batch.lengths * (n_steps // batch.n_steps)).tolist()


def encode_all(network: EncoderDecoder, samples: SequenceSamples) -> np.ndarray:
    """The summary of each source, ``(n_sequences, n_summary)``."""
    summaries: list[np.ndarray] = []
    positions: list[Any] = []
    with _inference(network):
        for batch in samples.ordered_batches():
            summaries.append(network.encoder(batch).summary.cpu().numpy())
            positions.append(batch.positions)
    result = np.concatenate(summaries)
    result[np.concatenate(positions)] = result.copy()
    return result


def log_likelihoods(network: EncoderDecoder, pairs: PairSamples) -> np.ndarray:
    """Logarithm of the probability of each target with its end symbol, given its source."""
    result = np.empty(len(pairs))
    with _inference(network):
        for batch in pairs.ordered_batches():
            outputs = network(batch)
            targets = of_existing_steps(batch.targets, outputs.mask).long()
            # summed in 64 bits: a long target has many small terms
            losses = F.cross_entropy(outputs.values, targets, reduction="none").double()
            n_rows, n_steps = batch.targets.shape[:2]
            rows = torch.arange(n_rows, device=batch.device)[:, None].expand(-1, n_steps)
            total = losses.new_zeros(n_rows)
            total.index_add_(0, of_existing_steps(rows, outputs.mask), -losses)
            result[batch.positions] = total.cpu().numpy()
    return result


def taught_attention(network: EncoderDecoder, pairs: PairSamples) -> list[np.ndarray]:
    """Attention of each step of known targets: arrays ``(n_steps, n_source_steps)``."""
    found: list[Any] = [None] * len(pairs)
    with _inference(network):
        for batch in pairs.ordered_batches():
            weights = network(batch).extras["attention"].cpu().numpy()
            for b, (i, n, n_source) in enumerate(
                zip(
                    batch.positions,
                    batch.target.lengths.tolist(),
                    _n_looked(batch.source, weights.shape[2]),
                    strict=True,
                )
            ):
                found[i] = weights[b, :n, :n_source].copy()
    return found


def decoder_work(network: EncoderDecoder, n_rows: int) -> float:
    """Multiplications of one step of a batch, about; with those of reading an image."""
    spec = network.decoder.spec
    width = max(spec.widths)
    of_source = getattr(network.encoder, "n_multiplications", 0)
    return n_rows * (spec.cell.n_gates * width * 2 * width + of_source)


@contextmanager
def _inference(network: EncoderDecoder):
    """Inference mode, as many threads as the network deserves, memory errors explained."""
    with (
        torch.inference_mode(),
        threads(decoder_work(network, 256)),
        explained_memory(None, network.head.weight.device),
    ):
        yield
