"""What a language model writes at several stages of its training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sksequence.callbacks._places import is_epoch


class StagesOfTraining:
    """Let a language model write at several stages of its training: at first, later, at the end.

    Parameters
    ----------
    epochs : iterable of int, default=(0, 1, 2, 5, 10, 20, 50, 100)
        After which epochs; 0 is before the first one.
    show : bool, default=False
        Print each text when it is written.
    random_state : int, default=0
        The same draws at each stage.
    **settings
        Of ``RNNLanguageModel.sample``: ``n_sequences, prefix, temperature, top_k, top_p,
        max_steps``.

    Attributes
    ----------
    stages_ : dict of {int: list}
        What was written after each of the epochs.

    Examples
    --------
    >>> from sksequence import RNNLanguageModel
    >>> from sksequence.callbacks import StagesOfTraining
    >>> stages = StagesOfTraining([0, 2], max_steps=10)
    >>> model = RNNLanguageModel(hidden_size=8, max_epochs=2, tbptt_steps=20, random_state=0)
    >>> _ = model.set_callbacks(stages).fit("to be or not to be " * 20)
    >>> {epoch: len(texts[0]) for epoch, texts in stages.stages_.items()}
    {0: 10, 2: 10}
    """

    def __init__(
        self,
        epochs: Iterable[int] = (0, 1, 2, 5, 10, 20, 50, 100),
        *,
        show: bool = False,
        random_state: int = 0,
        **settings: Any,
    ):
        self.epochs = frozenset(epochs)
        self.show, self.random_state, self.settings = show, random_state, settings

    def setup(self, estimator, context):
        """Check that the estimator writes."""
        if not hasattr(estimator, "sample"):
            raise TypeError(
                "StagesOfTraining belongs to a language model, which has the method sample, got "
                f"{type(estimator).__name__}."
            )
        self.stages_: dict[int, list] = {}

    def teardown(self, estimator, context):
        """Nothing."""

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None):
        """Before the first epoch."""
        if is_epoch(context) and not context.training.history:
            self._write(0, fitted_estimator)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """After an epoch."""
        if is_epoch(context):
            self._write(len(context.training.history), fitted_estimator)

    def _write(self, epoch: int, model) -> None:
        if epoch not in self.epochs:
            return
        self.stages_[epoch] = model.sample(random_state=self.random_state, **self.settings)
        if self.show:
            for text in self.stages_[epoch]:
                print(f"-- after {epoch} epoch{'s' * (epoch != 1)}:\n{text}\n")
