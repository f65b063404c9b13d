"""Piano rolls: the negative log-likelihood of a frame of 88 keys, in nats, on the test pieces.

The published figures (Bai, Kolter and Koltun, 2018) leave the first frame of a piece out, as
nothing stands before it; with it the figure is given too. Training stops by the validation
pieces, on which the settings were chosen as well; the test pieces are scored once.
"""

from __future__ import annotations

import time

import numpy as np

from protocols._shared import with_interval
from sksequence import RNNLanguageModel

N_SEEDS = 3


def run_rolls(fetch, settings, aim, data, seed, quick, n_moved=0):
    """Rows for the network, and for two baselines that know each key alone.

    Beside each training piece the network learns from `n_moved` copies in other keys.
    """
    rolls = fetch(data_home=data)
    train, valid, test = (list(rolls[part].data) for part in ("train", "validation", "test"))
    if quick:
        settings, train = {**settings, "max_epochs": 2}, train[:100]
    scores, seconds = [], []
    for k in range(1 if quick else N_SEEDS):
        started = time.perf_counter()
        pieces = with_moved(train, n_moved, seed + k)
        model = RNNLanguageModel(**settings, length_model=None, random_state=seed + k)
        model.fit(pieces, X_val=valid)
        seconds.append(time.perf_counter() - started)
        scores.append([frame_losses(model.score_samples, part) for part in (valid, test)])
        print(f"seed {seed + k}: {model.n_epochs_} epochs, {scores[-1]}", flush=True)
    held, found = np.array(scores).transpose(1, 0, 2)  # (n_seeds, 2)
    n_weights = sum(weight.numel() for weight in model.network_.parameters())
    frequency = frame_losses(key_frequencies(train), test)[0]
    chains = frame_losses(key_chains(train), test)[0]
    return [
        ("ours, nats a frame", with_interval(found[:, 0], digits=3), f"aim <= {aim}; over seeds"),
        ("the first frame of a piece too", with_interval(found[:, 1], digits=3), ""),
        ("ours, on the validation pieces", with_interval(held[:, 0], digits=3), ""),
        ("each key as often as it sounds", f"{frequency:.3f}", "baseline"),
        ("each key given itself before", f"{chains:.3f}", "baseline"),
        ("weights", f"{n_weights:,}", "at most a million"),
        ("seconds to train", f"{np.median(seconds):.0f}", "median, one thread"),
    ]


def with_moved(pieces, n_moved, seed):
    """The pieces, and each of them `n_moved` times up or down by one to three semitones."""
    rng = np.random.default_rng(seed)
    semitones = [-3, -2, -1, 1, 2, 3]
    return [
        np.roll(piece, by, axis=1)  # no piece comes near the ends of the keys
        for piece in pieces
        for by in (0, *rng.choice(semitones, n_moved, replace=False))
    ]


def frame_losses(score_samples, pieces) -> tuple[float, float]:
    """Mean over the frames after the first of each piece, and over all of them."""
    wholes = score_samples(pieces)
    firsts = score_samples([piece[:1] for piece in pieces])
    n_frames = sum(map(len, pieces))
    after = (firsts.sum() - wholes.sum()) / (n_frames - len(pieces))
    return float(after), float(-wholes.sum() / n_frames)


def key_frequencies(pieces):
    """Each key on its own, whatever came before; half a frame is added to either count."""
    frames = np.concatenate(pieces)
    chance = (frames.sum(axis=0) + 0.5) / (len(frames) + 1)

    def score_samples(pieces):
        return np.array([_log_probability(piece, chance).sum() for piece in pieces])

    return score_samples


def key_chains(pieces):
    """Each key given whether it sounded in the frame before (before the first: silence)."""
    before = np.concatenate([_shifted(piece) for piece in pieces])
    frames = np.concatenate(pieces)
    chance = np.stack(
        [
            ((frames * (before == was)).sum(axis=0) + 0.5) / ((before == was).sum(axis=0) + 1)
            for was in (0, 1)
        ]
    )  # (2, n_keys)

    def score_samples(pieces):
        chances = (np.where(_shifted(piece) > 0, chance[1], chance[0]) for piece in pieces)
        return np.array(
            [_log_probability(p, c).sum() for p, c in zip(pieces, chances, strict=True)]
        )

    return score_samples


def _shifted(piece):
    return np.vstack([np.zeros_like(piece[:1]), piece[:-1]])


def _log_probability(frames, chance):
    return frames * np.log(chance) + (1 - frames) * np.log1p(-chance)
