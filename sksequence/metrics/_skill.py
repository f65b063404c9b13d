"""How much better than a reference."""

from typing import Any

import numpy as np


def skill_score(score: Any, reference: Any, *, best: float = 0.0) -> Any:
    r"""Skill: the share of the way from a reference's score to the best possible one.

    .. math:: \mathrm{skill} = \frac{s - s_\mathrm{ref}}{s_\mathrm{best} - s_\mathrm{ref}},

    which for errors, whose best is 0, is :math:`1 - s / s_\mathrm{ref}`. It is 1 for the best,
    0 for what is as good as the reference, and negative for what is worse.

    Parameters
    ----------
    score : float or array-like
        Score of the forecasts.
    reference : float or array-like
        The same score of the reference, such as the seasonal naive forecast or the climate.
    best : float, default=0.0
        The best possible score: 0 for errors, 1 for the accuracy.

    Returns
    -------
    skill : float or ndarray

    Raises
    ------
    ValueError
        When the reference is perfect.

    Examples
    --------
    >>> from sksequence.metrics import skill_score
    >>> skill_score(3.0, 4.0), skill_score(0.75, 0.5, best=1.0)
    (0.25, 0.5)
    """
    scores, references = np.asarray(score, dtype=float), np.asarray(reference, dtype=float)
    if (references == best).any():
        raise ValueError(
            f"the reference has the best possible score, {best:g}, so there is no skill to be had "
            "above it: take a harder period, or another reference."
        )
    skill = (scores - references) / (best - references)
    return skill if skill.ndim else float(skill)
