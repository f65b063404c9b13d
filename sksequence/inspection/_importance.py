"""What a fitted estimator listens to: scores after a part of the input was exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from sksequence.inspection._importance_sequences import SequenceExchange
from sksequence.inspection._importance_windows import WindowExchange, is_forecaster

BY = ("feature", "time", "feature_time")
ALIGN = ("end", "start", "relative")


# Input whose parts can be exchanged between samples, and what that costs. A part is a feature, a
# block of time, or a feature in a block of time.
Exchange = SequenceExchange | WindowExchange


def permutation_importance(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    scoring: Any = None,
    by: str = "feature",
    n_blocks: int = 10,
    align: str = "end",
    n_repeats: int = 5,
    max_samples: float = 1.0,
    random_state: Any = None,
    sample_weight: Any = None,
) -> Any:
    r"""Permutation importance of the features and of the times of sequences.

    A part of the input is exchanged at random between the samples, and the score falls by so much
    as the fitted estimator relied on it (Breiman, 2001):

    .. math:: I_j = s - \frac1K \sum_{k=1}^K s_{k,j},

    with the score s as it is and :math:`s_{k,j}` after the k-th exchange of part j. A part that
    is not read has exactly 0. It is scikit-learn's function of the same name for what that
    refuses: sequences of any length, and forecasters. On sequences of one length it gives the
    same numbers.

    Parameters
    ----------
    estimator : fitted estimator, Pipeline or search
        One that reads sequences; or ``RNNForecaster`` or ``WindowForecaster``, alone or at the
        end of a pipeline.
    X : sequences, or the table of a forecaster
        Any container that the estimator takes. Texts are exchanged after the step of the pipeline
        that makes symbols of them. For a forecaster, as in ``fit``.
    y : array-like, default=None
        As in ``fit``; None where there is none. For a forecaster the rows are windows with their
        future: the first rows are read only, and all that follow are forecast from those before.
    scoring : str, callable, list, tuple or dict, default=None
        As in scikit-learn; several scores give a dict of results. None: the estimator's own
        ``score``, of a forecaster its skill against the naive forecast.
    by : {"feature", "time", "feature_time"}, default="feature"
        What is exchanged: a feature of all steps (of a forecaster the past of a target, a
        covariate, or a feature of the calendar); all features in a block of time; or one feature
        in one block.
    n_blocks : int, default=10
        Blocks of time, as long as each other.
    align : {"end", "start", "relative"}, default="end"
        Which steps of sequences of different lengths stand for each other: those at the same
        distance from the end, or from the start, or at the same share of the length. Ignored for
        a forecaster, whose windows are of one length.
    n_repeats : int, default=5
        Exchanges of each part.
    max_samples : int or float, default=1.0
        So many sequences or windows, or such a share of them, are drawn and used.
    random_state : int, RandomState, Generator or None, default=None
        With an int, two calls give the same numbers. All parts are exchanged by the same
        permutations.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the score; of a forecaster, one for each row of `y`.

    Returns
    -------
    Bunch, or dict of them
        With the attributes

        - importances : ndarray of shape (n_features, n_repeats), (n_blocks, n_repeats) or
          (n_features, n_blocks, n_repeats);
        - importances_mean, importances_std : ndarrays over the repeats;
        - feature_names, block_names : list of str, or None where they were not exchanged;
        - score : float, before the exchanges; score_name : str; align : str.

    Raises
    ------
    ValueError
        If a parameter is not what it may be, or there is only one sample.
    TypeError
        If texts come and no step of the estimator makes symbols of them, or the forecaster reads
        no windows.

    See Also
    --------
    SequenceImportanceDisplay : The picture.
    sklearn.inspection.permutation_importance : Of the columns of a table.

    Notes
    -----
    *Different lengths.* The value at distance d from the end comes from another sequence that
    reaches as far: where the first donor is too short, its own donor takes its place, and so on.
    So the values at each distance are permuted among all sequences that have them, neighbouring
    steps mostly come from the same donor, and no value is invented. The longest sequence keeps
    the steps that no other has. ``align="relative"`` stretches the donor to the length of the
    receiver instead. The lengths themselves are never exchanged, and are no part of any
    importance.

    *Forecasters.* Each origin is a sample. The past of a target is exchanged in units of the
    window, as the network reads it: the level (the last value) stays, since forecasts are made
    relative to it, and so does the deviation, but for what one block changes in it. What knowing
    the last value is worth is what the naive forecast of ``score`` is made of. Covariates known
    in advance have one more block, the steps of the future.

    *Correlation.* Two features that say the same stand in for each other, and both seem
    unimportant; exchanged values may make sequences that never occur. It is what this estimator
    relies on, not what there is to know.

    References
    ----------
    .. [1] L. Breiman, "Random forests", Machine Learning 45:5-32, 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNClassifier, SequenceArray, permutation_importance
    >>> rng = np.random.default_rng(0)
    >>> sequences = [rng.normal(size=(n, 2)) for n in rng.integers(5, 12, 200)]
    >>> y = np.array([one[-1, 1] > 0 for one in sequences])  # the second feature, at the end
    >>> X = SequenceArray.from_list(sequences)
    >>> classifier = RNNClassifier(max_epochs=30, random_state=0).fit(X, y)
    >>> found = permutation_importance(
    ...     classifier, X, y, by="feature_time", n_blocks=3, random_state=0
    ... )
    >>> found.feature_names, found.block_names
    (['x0', 'x1'], ['-11 to -9', '-8 to -5', '-4 to -1'])
    >>> np.unravel_index(found.importances_mean.argmax(), (2, 3))
    (np.int64(1), np.int64(2))
    """
    _check(by, align, n_blocks, n_repeats)
    rng = _generator(random_state)
    seed = rng.randint(np.iinfo(np.int32).max + 1)
    kind: Any = WindowExchange if is_forecaster(estimator) else SequenceExchange

    def drawn(n):
        return _drawn(n, max_samples, np.random.RandomState(seed))

    exchange = kind.read(estimator, X, y, scoring, n_blocks, align, drawn, sample_weight)
    if exchange.n_samples < 2:
        raise ValueError("permutation_importance exchanges between samples, but got only one.")
    parts, shape = _parts(exchange, by)
    scores = [
        [exchange.score(order, feature, block) for feature, block in parts]
        for order in _orders(exchange.n_samples, n_repeats, np.random.RandomState(seed))
    ]  # n_repeats lists of n_parts
    return _results(exchange, by, scores, shape)


def _check(by: Any, align: Any, n_blocks: Any, n_repeats: Any) -> None:
    for name, value, known in (("by", by, BY), ("align", align, ALIGN)):
        if value not in known:
            raise ValueError(f"{name} must be {', '.join(map(repr, known))}, got {value!r}.")
    for name, value in (("n_blocks", n_blocks), ("n_repeats", n_repeats)):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}.")


def _generator(random_state: Any) -> np.random.RandomState:
    """A private generator that draws what scikit-learn draws from the same number."""
    if random_state is None:
        return np.random.RandomState()
    if isinstance(random_state, Integral):
        return np.random.RandomState(int(random_state))
    if isinstance(random_state, np.random.Generator):
        return np.random.RandomState(random_state.integers(2**32))
    if isinstance(random_state, np.random.RandomState):
        return random_state
    raise ValueError(
        "random_state must be an integer, None, a numpy Generator or RandomState, got "
        f"{random_state!r}."
    )


def _drawn(n: int, max_samples: Any, rng: np.random.RandomState) -> np.ndarray:
    """Positions of the samples that are used."""
    whole = isinstance(max_samples, Integral)
    good = isinstance(max_samples, Real) and not isinstance(max_samples, bool)
    if not good or not 0 < max_samples <= (n if whole else 1):
        raise ValueError(
            f"max_samples must be a number of samples from 1 to {n}, or a share above 0.0 and up "
            f"to 1.0, got {max_samples!r}."
        )
    n_drawn = int(max_samples) if whole else max(1, int(max_samples * n))
    if n_drawn == n:
        return np.arange(n)
    return np.sort(rng.choice(n, n_drawn, replace=False))


def _orders(n: int, n_repeats: int, rng: np.random.RandomState) -> Iterator[np.ndarray]:
    """Permutations, each of the one before, as scikit-learn shuffles a column again and again."""
    shuffled, order = np.arange(n), np.arange(n)
    for _ in range(n_repeats):
        rng.shuffle(shuffled)
        order = order[shuffled]
        yield order


def _parts(exchange: Exchange, by: str) -> tuple[list, tuple[int, ...]]:
    """Pairs of a feature and a block (None: all), and the shape of the importances."""
    features, blocks = range(len(exchange.feature_names)), range(len(exchange.block_names))
    if by == "feature":
        return [(feature, None) for feature in features], (len(features),)
    if by == "time":
        return [(None, block) for block in blocks], (len(blocks),)
    shape = len(exchange.timed), len(blocks)
    return [(feature, block) for feature in exchange.timed for block in blocks], shape


def _results(exchange: Exchange, by: str, scores: list, shape: tuple) -> Any:
    before = exchange.score()
    names = list(exchange.feature_names)
    if by == "feature_time":
        names = [names[i] for i in exchange.timed]

    def bunch(name: str, read: Callable) -> Bunch:
        after = np.array([[read(score) for score in repeat] for repeat in scores], dtype=float)
        importances = (read(before) - after).T.reshape(*shape, len(scores))
        return Bunch(
            importances=importances,
            importances_mean=importances.mean(axis=-1),
            importances_std=importances.std(axis=-1),
            feature_names=None if by == "time" else names,
            block_names=None if by == "feature" else list(exchange.block_names),
            score=float(read(before)),
            score_name=name,
            align=exchange.align,
        )

    if isinstance(before, dict):
        return {name: bunch(name, lambda score, name=name: score[name]) for name in before}
    return bunch(exchange.score_name, lambda score: score)
