"""Folk tunes of Nottingham with their chords (Boulanger-Lewandowski et al., 2012).

A tune can be sung in any key, so each is learned in three: its own, and two others near it.
"""

from __future__ import annotations

from protocols._piano_rolls import run_rolls
from sksequence.datasets import fetch_nottingham

SETTINGS = {
    "hidden_size": 400,
    "dropout": 0.5,
    "batch_size": 8,
    "learning_rate": 0.005,
    "learning_rate_schedule": "one_cycle",
    "tbptt_steps": 100,
    "max_epochs": 20,
    "n_iter_no_change": 20,
}


def run(data, seed, quick):
    """Three seeds."""
    return run_rolls(fetch_nottingham, SETTINGS, 3.3, data, seed, quick, n_moved=2)
