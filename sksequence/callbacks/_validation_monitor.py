"""A score on data that no weight was learned from, epoch after epoch."""

from __future__ import annotations

import numbers
from difflib import get_close_matches
from typing import Any

from sksequence.callbacks._places import check_trains_network, is_epoch, trains_network


class ValidationMonitor:
    """Score the estimator on validation data after each epoch; stop by that score, if wanted.

    scikit-learn's ``ScoringMonitor`` scores on the training data. This one takes the validation
    data: given here, else those of ``fit(..., X_val, y_val)``, else the part that ``fit`` holds
    back.

    Parameters
    ----------
    scoring : str, callable, list, tuple, dict or None, default=None
        As for ``sklearn.callback.ScoringMonitor``; names of ``sksequence.metrics.get_scorer`` too.
        None: the estimator's own ``score``.
    X, y : sequences and targets, default=None
        Other data to score on.
    every : int, default=1
        Score after every so many epochs.
    n_iter_no_change : int or None, default=None
        Stop the training when so many scores in a row were not better than the best before. Of
        several scores the first one counts.
    keep_best : bool, default=False
        Keep the weights of the epoch with the best score, in place of those with the lowest
        validation loss.

    Raises
    ------
    TypeError
        When fit begins, if the estimator gives no predictions to score, or, with `keep_best`,
        trains no network.
    ValueError
        After the first epoch (when fit begins, if the estimator trains no network), if there are
        no validation data.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNClassifier
    >>> from sksequence.callbacks import ValidationMonitor
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=n).cumsum() for n in rng.integers(3, 9, size=300)]
    >>> y = ["up" if x[-1] > x[0] else "down" for x in X]
    >>> monitor = ValidationMonitor("f1_macro", keep_best=True)
    >>> classifier = RNNClassifier(
    ...     hidden_size=8, max_epochs=4, early_stopping=True, random_state=0
    ... )
    >>> _ = classifier.set_callbacks(monitor).fit(X, y)
    >>> scores = monitor.get_logs().data_as_pandas["f1_macro"]
    >>> bool(scores.idxmax() + 1 == classifier.best_epoch_)
    True
    """

    def __init__(
        self,
        scoring: Any = None,
        X: Any = None,
        y: Any = None,
        *,
        every: int = 1,
        n_iter_no_change: int | None = None,
        keep_best: bool = False,
    ):
        from sklearn.callback import ScoringMonitor

        for name, value in (("every", every), ("n_iter_no_change", n_iter_no_change)):
            if value is None and name != "every":
                continue
            if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be an integer above 0, got {value!r}.")
        self._scores = _Scores(scoring)
        self._monitor = ScoringMonitor(scoring=self._scores)
        self._X, self._y = X, y
        self.every, self.n_iter_no_change, self.keep_best = every, n_iter_no_change, keep_best
        self._best: dict[Any, tuple[float, int]] = {}

    def setup(self, estimator, context):
        """A fit begins: check that there is something to score, and to keep."""
        if self.keep_best:
            check_trains_network(estimator, "ValidationMonitor(keep_best=True)", "keeps weights of")
        if not trains_network(estimator):
            self._check_answers(estimator)
        self._monitor.setup(estimator=estimator, context=context)

    def teardown(self, estimator, context):
        """A fit has ended."""
        self._monitor.teardown(estimator=estimator, context=context)
        self._best.pop((context.root_uuid, id(estimator)), None)

    def on_fit_task_begin(self, estimator, context):
        """Nothing."""

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Score; True stops the training."""
        if not is_epoch(context) or len(context.training.history) % self.every:
            return False
        score = self._score(estimator, context, fitted_estimator)
        if self.n_iter_no_change is None and not self.keep_best:
            return False
        run = context.root_uuid, id(estimator)
        best, waited = self._best.get(run, (-float("inf"), 0))
        better = score > best
        self._best[run] = max(score, best), 0 if better else waited + 1
        if better and self.keep_best:
            context.training.keep()
        return self._best[run][1] == self.n_iter_no_change

    def get_logs(self, select: str = "most_recent", include_lineage: bool = False):
        """The scores, as ``sklearn.callback.ScoringMonitor.get_logs`` gives them.

        Parameters
        ----------
        select : {"most_recent", "all"}, default="most_recent"
            The last fit, or a list of all.
        include_lineage : bool, default=False
            Rows for the tasks around the epochs too.

        Returns
        -------
        sklearn.callback.ScoringMonitorLog or list of them
            ``data_as_pandas`` is a table with a row for each scored epoch; ``task_id`` counts
            epochs from 0.
        """
        return self._monitor.get_logs(select=select, include_lineage=include_lineage)

    def _check_answers(self, estimator) -> None:
        """Refuse, before anything is trained, an estimator that the scores cannot ask."""
        method = self._scores.asks
        if method is not None and not hasattr(estimator, method):
            raise TypeError(
                f"ValidationMonitor scores predictions on data with targets, and "
                f"{type(estimator).__name__} has no {method}: call set_callbacks of the estimator "
                "that predicts, or give scoring a function of (estimator, X, y) and X."
            )
        if self._X is None:
            raise ValueError(
                f"ValidationMonitor has no data to score {type(estimator).__name__} on: it trains "
                "no network and holds none back, so give ValidationMonitor(X=..., y=...)."
            )

    def _score(self, estimator, context, fitted) -> float:
        """Score, note it down, and give the first number."""
        data = context.data.validation if self._X is None else (self._X, self._y)
        if data is None:
            raise ValueError(
                f"ValidationMonitor has no data to score {type(estimator).__name__} on: give X and "
                "y, or fit(..., X_val=..., y_val=...), or set early_stopping=True, so that a part "
                "is held back."
            )
        X, y = data
        self._monitor.on_fit_task_end(
            estimator, context, X=X, y=NO_TARGETS if y is None else y, fitted_estimator=fitted
        )
        return next(iter(self._scores.last.values()))


# scikit-learn's monitor scores nothing where there are no targets
NO_TARGETS = "no targets"


class _Scores:
    """Several scores of an estimator by their names, the last ones kept."""

    def __init__(self, scoring: Any):
        if scoring is None or isinstance(scoring, str) or callable(scoring):
            scoring = [scoring]
        if not isinstance(scoring, dict):
            scoring = {_name(one): one for one in scoring}
        # the method without which no score can be had; functions ask what they like
        methods = (
            "score" if one is None else "predict" for one in scoring.values() if not callable(one)
        )
        self.asks: str | None = next(methods, None)
        self._scorers = {name: _scorer(one) for name, one in scoring.items()}
        self.last: dict[str, float] = {}

    def __call__(self, estimator: Any, X: Any, y: Any) -> dict[str, float]:
        given = (X,) if isinstance(y, str) and y == NO_TARGETS else (X, y)
        self.last = {name: float(score(estimator, *given)) for name, score in self._scorers.items()}
        return self.last


def _name(scoring: Any) -> str:
    if isinstance(scoring, str):
        return scoring
    return "score" if scoring is None else getattr(scoring, "__name__", "score")


def _scorer(scoring: Any):
    if callable(scoring):
        return scoring
    if scoring is None:
        return _own_score
    from sklearn.metrics import get_scorer_names

    if scoring in get_scorer_names():
        from sklearn.metrics import get_scorer
    else:
        near = get_close_matches(str(scoring), get_scorer_names(), n=3, cutoff=0.8)
        if near:
            raise ValueError(
                f"ValidationMonitor knows no scorer {scoring!r}: did you mean "
                f"{' or '.join(map(repr, near))}?"
            )
        from sksequence.metrics import get_scorer
    return get_scorer(scoring)


def _own_score(estimator: Any, *given: Any) -> float:
    return estimator.score(*given)
