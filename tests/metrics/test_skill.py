"""Skill is 1 for the best, 0 for the reference."""

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error, r2_score

from sksequence.metrics import skill_score


def test_skill_against_the_mean_is_r2():
    y, pred = np.random.default_rng(0).normal(size=(2, 40))
    errors = mean_squared_error(y, pred), mean_squared_error(y, np.full(40, y.mean()))
    assert skill_score(*errors) == pytest.approx(r2_score(y, pred))


def test_ends_and_arrays():
    np.testing.assert_allclose(skill_score([0, 2, 4], 2), [1, 0, -1])
    assert skill_score(1.0, 0.6, best=1.0) == 1
    assert isinstance(skill_score(1, 2), float)


def test_no_skill_above_perfection():
    with pytest.raises(ValueError, match="reference has the best possible score, 1,"):
        skill_score([0.2, 0.3], [0.5, 1.0], best=1)
