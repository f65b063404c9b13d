"""Label strings whose labels belong to no step in particular."""

from __future__ import annotations

import numpy as np
import torch.nn.functional as F

from sksequence.tasks._reduce import weighted_mean


class Alignment:
    r"""Connectionist temporal classification (Graves et al., 2006).

    .. math:: -\log p(l \mid x) = -\log \sum_{\pi : B(\pi) = l} \prod_t p_t(\pi_t)

    over all paths of labels and blanks that stand for the label string. The mean is over labels:
    a string counts as many times as it has labels (one that is empty, once).
    """

    def loss(self, outputs, batch):
        """Weighted mean loss of a label and the weight it stands for."""
        n_labels, labels = batch.targets[:, 0].long(), batch.targets[:, 1:].long()
        losses = string_losses(outputs, labels, n_labels)
        counts = n_labels.clamp(min=1).to(losses.dtype)
        weights = counts if batch.weights is None else counts * batch.weights
        return weighted_mean(losses / counts, weights)


def string_losses(outputs, labels, n_labels):
    """``(n_sequences,)``: the negative log-likelihood of each string; infinite where impossible."""
    return F.ctc_loss(
        outputs.values.transpose(0, 1),  # (n_steps, n_sequences, n_labels + 1)
        labels,
        outputs.extras["lengths"],
        n_labels,
        blank=outputs.values.shape[2] - 1,
        reduction="none",
    )


def steps_needed(labels: np.ndarray) -> int:
    """Steps that a label string needs at least: equal neighbours have a blank between them."""
    return len(labels) + int(np.count_nonzero(labels[1:] == labels[:-1]))


def encode_strings(strings: list[np.ndarray]) -> np.ndarray:
    """``(n_sequences, 1 + n_longest)``: how many labels, then the labels, then zeros."""
    longest = max(map(len, strings), default=0)
    encoded = np.zeros((len(strings), 1 + longest), dtype=np.int32)
    for row, labels in zip(encoded, strings, strict=True):
        row[0] = len(labels)
        row[1 : 1 + len(labels)] = labels
    return encoded
