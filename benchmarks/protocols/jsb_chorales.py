"""Chorales of J. S. Bach, a frame a quarter note (Boulanger-Lewandowski et al., 2012)."""

from __future__ import annotations

from protocols._piano_rolls import run_rolls
from sksequence.datasets import fetch_jsb_chorales

SETTINGS = {
    "hidden_size": 256,
    "dropout": 0.4,
    "batch_size": 16,
    "learning_rate": 0.003,
    "tbptt_steps": None,
    "learning_rate_schedule": "plateau",
    "max_epochs": 100,
    "n_iter_no_change": 8,
}


def run(data, seed, quick):
    """Three seeds."""
    return run_rolls(fetch_jsb_chorales, SETTINGS, 8.4, data, seed, quick)
