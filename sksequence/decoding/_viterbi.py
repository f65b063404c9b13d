"""The best sequence of labels of a linear chain (Viterbi, 1967)."""

from __future__ import annotations

import torch
from torch import Tensor


@torch.no_grad()
def viterbi(
    emissions: Tensor,
    transitions: Tensor,
    start: Tensor,
    end: Tensor,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    r"""The labels with the largest :math:`s(y) = a_{y_1} + \sum_t e_t(y_t) + \sum_t
    A_{y_{t-1} y_t} + b_{y_T}`, of all sequences together.

    Parameters
    ----------
    emissions : Tensor of shape (n_sequences, n_steps, n_labels)
    transitions : Tensor of shape (n_labels, n_labels)
        From a row to a column.
    start, end : Tensor of shape (n_labels,)
    lengths : Tensor of shape (n_sequences,), default=None
        None: all sequences have all steps.

    Returns
    -------
    labels : Tensor of int of shape (n_sequences, n_steps)
        After the end of a sequence its last label is repeated.
    scores : Tensor of shape (n_sequences,)

    Examples
    --------
    >>> import torch
    >>> from sksequence.decoding import viterbi
    >>> emissions = torch.tensor([[[1.0, 0.0], [0.0, 0.4], [1.0, 0.0]]])
    >>> stay = torch.tensor([[0.0, -1.0], [-1.0, 0.0]])
    >>> viterbi(emissions, stay, torch.zeros(2), torch.zeros(2))
    (tensor([[0, 0, 0]]), tensor([2.]))
    """
    n_steps, n_labels = emissions.shape[1:]
    into = transitions.T.contiguous()  # rows: to, columns: from
    stay = torch.arange(n_labels, device=emissions.device)
    best, pointers = start + emissions[:, 0], []
    for t in range(1, n_steps):
        score, pointer = (best[:, None] + into).max(dim=2)  # (n_sequences, n_labels)
        score = score + emissions[:, t]
        if lengths is not None:
            exists = (t < lengths)[:, None]
            score = torch.where(exists, score, best)
            pointer = torch.where(exists, pointer, stay)
        best = score
        pointers.append(pointer)
    scores, label = (best + end).max(dim=1)
    labels = [label]
    for pointer in reversed(pointers):
        label = pointer.gather(1, label[:, None])[:, 0]
        labels.append(label)
    return torch.stack(labels[::-1], dim=1), scores
