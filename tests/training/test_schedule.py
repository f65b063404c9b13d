"""The step size follows its formula, batch after batch."""

import math

import numpy as np
import pytest

from sksequence import RNNRegressor
from sksequence.training import TrainingPlan
from sksequence.training._schedule import SCHEDULES, Schedule


def _data():
    rng = np.random.default_rng(0)
    return [rng.normal(size=n) for n in rng.integers(2, 6, size=40)], rng.normal(size=40)


def _rates(schedule, **kwargs):
    model = RNNRegressor(
        hidden_size=4,
        max_epochs=4,
        batch_size=10,
        learning_rate=0.1,
        learning_rate_schedule=schedule,
        random_state=0,
        **kwargs,
    )
    return [row["learning_rate"] for row in model.fit(*_data()).history_]


def test_ends_of_the_schedules():
    assert SCHEDULES["linear"](0.25) == 0.75
    assert SCHEDULES["cosine"](0.5) == pytest.approx(0.5)
    assert SCHEDULES["one_cycle"](0.3) == pytest.approx(1.0)
    for name in ("linear", "cosine", "one_cycle"):
        assert SCHEDULES[name](1.0) == pytest.approx(0.0)
    steps = np.linspace(0, 1, 101)
    cycle = [SCHEDULES["one_cycle"](p) for p in steps]
    assert np.argmax(cycle) == 30
    assert np.abs(np.diff(cycle)).max() < 0.06  # no jump


def test_the_last_batch_of_an_epoch_has_the_rate_of_its_place():
    places = [(epoch + 3 / 4) / 4 for epoch in range(4)]  # four batches an epoch
    assert _rates("linear") == pytest.approx([0.1 * (1 - p) for p in places])
    expected = [0.05 * (1 + math.cos(math.pi * p)) for p in places]
    assert _rates("cosine") == pytest.approx(expected)
    assert _rates("constant") == [0.1] * 4
    assert _rates(lambda p: 0.5 if p < 0.5 else 0.25) == pytest.approx([0.05, 0.05, 0.025, 0.025])


def test_plateau_halves_after_an_epoch_that_brought_nothing():
    schedule = Schedule("plateau")
    factors = []
    for loss in (1.0, 0.9, 0.95, 0.9, 0.8):
        factors.append(schedule.factor(0.0))
        schedule.after_epoch(loss)
    assert [*factors, schedule.factor(0.0)] == [1.0, 1.0, 1.0, 0.5, 0.25, 0.25]


def test_unknown_name():
    with pytest.raises(ValueError, match=r"learning_rate_schedule 'step'.*cosine"):
        TrainingPlan(max_epochs=1, learning_rate_schedule="step")
