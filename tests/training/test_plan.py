"""A plan refuses settings that cannot be meant."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch

from sksequence.training import OPTIMIZERS, TrainingPlan


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("max_epochs", 0, "max_epochs must be an integer >= 1, got 0"),
        ("max_epochs", 2.0, r"max_epochs must be an integer >= 1, got 2\.0"),
        ("max_epochs", True, "max_epochs must be an integer >= 1, got True"),
        ("max_epochs", None, "max_epochs must be an integer >= 1, got None"),
        ("n_iter_no_change", 0, "n_iter_no_change must be an integer >= 1, got 0"),
        ("learning_rate", 0.0, r"learning_rate must be a number > 0, got 0\.0"),
        ("learning_rate", -1, "learning_rate must be a number > 0, got -1"),
        ("learning_rate", np.nan, "learning_rate must be a number > 0, got nan"),
        ("learning_rate", np.inf, "learning_rate must be a number > 0, got inf"),
        ("learning_rate", "0.1", "learning_rate must be a number > 0, got '0.1'"),
        ("weight_decay", -0.1, r"weight_decay must be a number >= 0, got -0\.1"),
        ("gradient_clip", 0, "gradient_clip must be a number > 0, got 0"),
        ("gradient_clip_by", "size", "gradient_clip_by must be 'norm' or 'value', got 'size'"),
        ("optimizer", "adamm", "unknown optimizer 'adamm': known are adam, adamw, "),
        ("optimizer", "Adam", "unknown optimizer 'Adam': known are adam, adamw, "),
    ],
)
def test_wrong_settings_are_named(setting, value, message):
    with pytest.raises(ValueError, match=message):
        TrainingPlan(**{"max_epochs": 1, setting: value})


def test_numbers_of_numpy_are_numbers():
    plan = TrainingPlan(np.int64(3), learning_rate=np.float32(0.1), weight_decay=0)
    assert plan.max_epochs == 3
    assert plan.gradient_clip is None


def test_is_frozen():
    with pytest.raises(FrozenInstanceError):
        TrainingPlan(1).max_epochs = 2


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_are_those_of_torch(name):
    kind, settings = TrainingPlan(1, name, learning_rate=0.1, weight_decay=0.2).optimizer_class()
    assert kind.__name__.lower() == name
    optimizer = kind([torch.nn.Parameter(torch.zeros(1))], **settings)
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert optimizer.param_groups[0]["weight_decay"] == 0.2
