"""Chorales of J. S. Bach, a frame a quarter note (Boulanger-Lewandowski et al., 2012)."""

from __future__ import annotations

from protocols._piano_rolls import run_rolls
from sksequence.datasets import fetch_jsb_chorales

SETTINGS = {
    "hidden_size": 256,
    "dropout": 0.3,
    "batch_size": 8,
    "learning_rate": 0.01,
    "learning_rate_schedule": "one_cycle",
    "tbptt_steps": None,
    "max_epochs": 40,
    "n_iter_no_change": 40,
}


def run(data, seed, quick):
    """Three seeds."""
    return run_rolls(fetch_jsb_chorales, SETTINGS, 8.4, data, seed, quick)
