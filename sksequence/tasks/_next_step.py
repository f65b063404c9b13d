"""The next step of a sequence."""

from __future__ import annotations

from sksequence.tasks._reduce import weighted_mean
from sksequence.tasks._transduction import of_existing_steps


class NextStep:
    r"""The loss of a step is :math:`-\log p(x_t \mid x_1 \dots x_{t-1})`, as the head has it."""

    def loss(self, outputs, batch):
        """Weighted mean loss of a step and the weight it stands for."""
        losses = step_losses(outputs, batch)
        return weighted_mean(losses, existing_weights(batch, outputs.mask))


def step_losses(outputs, batch):
    """Negative log-likelihood of each step that exists, sequence after sequence."""
    targets = of_existing_steps(batch.targets, outputs.mask)
    return outputs.extras["head"].losses(outputs.values, targets)


def existing_weights(batch, mask):
    """The weight of each step that exists, its own times that of its sequence; None: one each."""
    weights = batch.step_weights
    if batch.weights is not None:
        own = batch.weights[:, None]  # (n_sequences, 1)
        weights = own.expand(-1, batch.n_steps) if weights is None else weights * own
    return None if weights is None else of_existing_steps(weights, mask)
