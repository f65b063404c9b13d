"""Labels and probabilities of all steps from a trained tagger, and which labels may follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sksequence.batches import SequenceSamples
from sksequence.decoding import viterbi
from sksequence.estimators._prediction import step_work
from sksequence.inputs import SequenceArray
from sksequence.layers._crf import marginals
from sksequence.metrics._entity_labels import OUTSIDE, PREFIXES, split_label
from sksequence.preprocessing._tag_schemes import allowed, told
from sksequence.tasks._tagging import UNLABELLED
from sksequence.training import explained_memory, threads

# Nothing outweighs it, and the best of several illegal sequences can still be told.
NEVER = -1e4


@dataclass(frozen=True)
class Transitions:
    """Which labels may follow which, and stand first and last.

    Parameters
    ----------
    follows : ndarray of bool of shape (n_classes, n_classes)
        From a row to a column.
    first, last : ndarray of bool of shape (n_classes,)
    """

    follows: np.ndarray
    first: np.ndarray
    last: np.ndarray

    @classmethod
    def of_scheme(cls, classes: np.ndarray, scheme: str) -> Transitions:
        """Those of a scheme."""
        return cls(*allowed(classes.tolist(), scheme))

    @classmethod
    def seen(cls, n_classes: int, parts: list[tuple[np.ndarray, np.ndarray]]) -> Transitions:
        """Those that occur in labels, given with their offsets."""
        follows = np.zeros((n_classes, n_classes), dtype=bool)
        first, last = np.zeros((2, n_classes), dtype=bool)
        for labels, offsets in parts:
            pairs, starts, ends = _transitions(labels, offsets)
            follows[labels[pairs], labels[pairs + 1]] = True
            first[labels[starts]] = True
            last[labels[ends]] = True
        return cls(follows, first, last)

    def __and__(self, other: Transitions) -> Transitions:
        return Transitions(
            self.follows & other.follows, self.first & other.first, self.last & other.last
        )

    def check(self, labels, offsets, classes, name: str, scheme: str) -> None:
        """Raise ValueError at the first transition that is not allowed."""
        pairs, starts, ends = _transitions(labels, offsets)
        wrong = [
            (pairs[~self.follows[labels[pairs], labels[pairs + 1]]] + 1, -1, 0),
            (starts[~self.first[labels[starts]]], None, 0),
            (ends[~self.last[labels[ends]]], 0, None),
        ]
        found = [(at[0], before, after) for at, before, after in wrong if len(at)]
        if not found:
            return
        at, before, after = min(found, key=lambda place: place[0])
        labels_there = [
            None if shift is None else str(classes[labels[at + shift]]) for shift in (before, after)
        ]
        i = int(np.searchsorted(offsets, at, side="right")) - 1
        raise ValueError(
            f"{name} violates scheme={scheme!r} in sequence {i}, step {at - offsets[i]}: "
            f"{told(*labels_there)}. {_remedy(labels, offsets, classes, name, scheme)}, or set "
            "scheme=None."
        )

    def holds(self, labels: np.ndarray, offsets: np.ndarray) -> bool:
        """Whether all transitions of labels are allowed."""
        pairs, starts, ends = _transitions(labels, offsets)
        return bool(
            self.follows[labels[pairs], labels[pairs + 1]].all()
            and self.first[labels[starts]].all()
            and self.last[labels[ends]].all()
        )

    def scores(self, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Zero for what is allowed, else a very low one."""
        parts = (self.follows, self.first, self.last)
        return tuple(
            torch.as_tensor(np.where(part, 0.0, NEVER)).to(like.device, like.dtype)
            for part in parts
        )

    def forbid(self, head: Any) -> None:
        """Tell a chain."""
        names = ("forbidden", "forbidden_start", "forbidden_end")
        for name, part in zip(names, (self.follows, self.first, self.last), strict=True):
            getattr(head, name).copy_(torch.from_numpy(~part))


def _remedy(labels, offsets, classes, name: str, scheme: str) -> str:
    """What to do, by the scheme that the labels do keep to, if there is one."""
    for other in PREFIXES:
        prefixes = {split_label(str(label)).prefix for label in classes}
        if other != scheme and prefixes <= {OUTSIDE, *PREFIXES[other]}:
            if Transitions.of_scheme(classes, other).holds(labels, offsets):
                return (
                    f"The labels keep to {other!r}: convert them with sksequence.preprocessing."
                    f"convert_tags({name}, {other!r}, {scheme!r})"
                )
    return (
        "The labels keep to no scheme: put them right with sksequence.preprocessing."
        f"repair_tags({name}, {scheme!r})"
    )


def _transitions(labels: np.ndarray, offsets: np.ndarray):
    """The labelled steps before a labelled one, and labelled first and last steps."""
    known = labels != UNLABELLED
    inside = np.ones(len(labels), dtype=bool)
    inside[offsets[1:] - 1] = False  # the last step of a sequence has no next one
    pairs = np.flatnonzero(inside[:-1] & known[:-1] & known[1:])
    starts, ends = offsets[:-1], offsets[1:] - 1
    return pairs, starts[known[starts]], ends[known[ends]]


def predicted_labels(
    network: Any, samples: SequenceSamples, X: SequenceArray, transitions: Transitions | None
) -> np.ndarray:
    """The class number of each step, ``(n_steps,)``: of the best sequence of labels."""
    head, chain = network.head, network.spec.output == "crf"

    def decode(values: Tensor, lengths: Tensor | None) -> Tensor:
        if chain:
            return viterbi(values, *head.scores(NEVER), lengths)[0]
        if transitions is None:
            return values.argmax(dim=2)
        values = torch.log_softmax(values, dim=2)
        return viterbi(values, *transitions.scores(values), lengths)[0]

    return _of_steps(network, samples, X, decode)


def label_probabilities(network: Any, samples: SequenceSamples, X: SequenceArray) -> np.ndarray:
    """The probability of each label at each step, ``(n_steps, n_labels)``."""
    head, chain = network.head, network.spec.output == "crf"

    def probabilities(values: Tensor, lengths: Tensor | None) -> Tensor:
        if chain:
            return marginals(values, *head.scores(), lengths)
        return torch.softmax(values.cpu().double(), dim=2)

    return _of_steps(network, samples, X, probabilities)


def _of_steps(
    network: Any, samples: SequenceSamples, X: SequenceArray, of: Callable[..., Tensor]
) -> np.ndarray:
    result: Any = None
    for batch, values in _run(network, samples):
        lengths = None if batch.uniform else batch.lengths
        found = of(values, lengths).cpu().numpy()  # (n_sequences, n_steps, ...)
        _check_finite(values, batch)
        if result is None:
            result = np.empty((int(X.offsets[-1]), *found.shape[2:]), dtype=found.dtype)
        steps = np.arange(found.shape[1])
        exists = steps < X.lengths[batch.positions][:, np.newaxis]
        places = X.offsets[:-1][batch.positions][:, np.newaxis] + steps
        result[places[exists]] = found[exists]
    return result


def _run(network: Any, samples: SequenceSamples) -> Iterator[tuple[Any, Tensor]]:
    work = step_work(network.spec, 256, len(samples))
    with torch.inference_mode(), threads(work), explained_memory(None, samples.device):
        for batch in samples.ordered_batches():
            yield batch, network(batch).values


def _check_finite(values: Tensor, batch: Any) -> None:
    if bool(values.sum().isfinite()):
        return
    good = values.isfinite().all(dim=2).all(dim=1)
    if bool(good.all()):
        return
    i = int(batch.positions[int(good.int().argmin())])
    raise ValueError(
        f"the network gives values for sequence {i} that are no numbers: X holds values far larger "
        "than those it was fitted on; look at that sequence."
    )
