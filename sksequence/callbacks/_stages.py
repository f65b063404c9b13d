"""What a language model writes at several stages of its training."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

from sksequence.callbacks._places import is_epoch, is_fit


class StagesOfTraining:
    """Let a language model write at several stages of its training: at first, later, at the end.

    Parameters
    ----------
    epochs : iterable of int, default=(0, 1, 2, 5, 10, 20, 50, 100)
        After which epochs; 0 is before the first one. The epoch whose weights are kept is always
        one of them: the last one, or the best one where training stops early.
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
        What was written after each of the epochs that were run.

    Raises
    ------
    TypeError
        If `epochs` is a number alone, or holds something else than integers.
    ValueError
        If it is empty, or an epoch is negative.

    Examples
    --------
    >>> from sksequence import RNNLanguageModel
    >>> from sksequence.callbacks import StagesOfTraining
    >>> stages = StagesOfTraining([0, 1], max_steps=10)
    >>> model = RNNLanguageModel(hidden_size=8, max_epochs=2, tbptt_steps=20, random_state=0)
    >>> _ = model.set_callbacks(stages).fit("to be or not to be " * 20)
    >>> {epoch: len(texts[0]) for epoch, texts in stages.stages_.items()}
    {0: 10, 1: 10, 2: 10}
    """

    def __init__(
        self,
        epochs: Iterable[int] = (0, 1, 2, 5, 10, 20, 50, 100),
        *,
        show: bool = False,
        random_state: int = 0,
        **settings: Any,
    ):
        self.epochs = _checked(epochs)
        self.show, self.random_state, self.settings = show, random_state, settings

    def setup(self, estimator, context):
        """Check that the estimator writes."""
        if not callable(getattr(estimator, "sample", None)):
            raise TypeError(
                "StagesOfTraining belongs to a language model, which has the method sample, got "
                f"{type(estimator).__name__}."
            )
        self.stages_: dict[int, list] = {}

    def teardown(self, estimator, context):
        """Nothing."""

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None):
        """Before the first epoch."""
        if is_epoch(context) and not context.training.history and 0 in self.epochs:
            self._write(0, fitted_estimator)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """After an epoch; after the fit, unless the epoch that is kept was one of them."""
        if is_epoch(context):
            epoch = len(context.training.history)
            if epoch in self.epochs:
                self._write(epoch, fitted_estimator)
        elif is_fit(context):
            epoch = _kept(estimator, len(context.training.history))
            if epoch not in self.stages_:
                self._write(epoch, estimator)

    def _write(self, epoch: int, model) -> None:
        texts = model.sample(random_state=self.random_state, **self.settings)
        self.stages_[epoch] = texts
        if self.show:
            for text in texts:
                print(f"-- after {epoch} epoch{'s' * (epoch != 1)}:\n{text}\n")


def _kept(estimator: Any, n_epochs: int) -> int:
    """The epoch of this fit whose weights a fitted estimator has."""
    if estimator.best_epoch_ is None:
        return n_epochs
    return estimator.best_epoch_ - (estimator.n_epochs_ - n_epochs)


def _checked(epochs: Any) -> frozenset[int]:
    if isinstance(epochs, (Integral, str)) or not isinstance(epochs, Iterable):
        raise TypeError(
            f"epochs of StagesOfTraining must be several numbers, got {epochs!r}: put it in a "
            "list, such as [0, 5, 20]."
        )
    epochs = list(epochs)
    for epoch in epochs:
        if not isinstance(epoch, Integral) or isinstance(epoch, bool):
            raise TypeError(f"epochs of StagesOfTraining must hold integers, got {epoch!r}.")
        if epoch < 0:
            raise ValueError(
                f"epochs of StagesOfTraining must be >= 0 (0: before the first), got {epoch!r}."
            )
    if not epochs:
        raise ValueError(
            "epochs of StagesOfTraining is empty: name one at least; 0 is before the first."
        )
    return frozenset(map(int, epochs))
