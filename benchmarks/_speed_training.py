"""Training: against loops written by hand, skorch, and other ways to pad."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from _speed_table import Line, compare, print_table, timed
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from sksequence import RNNClassifier, SequenceArray

LEARNING_RATE = 0.005
CLIP = 1.0
BATCH = 32
N_SEQUENCES, N_STEPS, N_FEATURES = 2000, 30, 4
N_TOKENS = 5000


class Network(nn.Module):
    """What RNNClassifier builds, written by hand: (embedding,) LSTM, linear."""

    def __init__(self, n_units: int, n_inputs: int = N_FEATURES, n_tokens: int | None = None):
        super().__init__()
        self.embedding = None if n_tokens is None else nn.Embedding(n_tokens, n_inputs)
        self.lstm = nn.LSTM(n_inputs, n_units, batch_first=True)
        self.head = nn.Linear(n_units, 2)

    def forward(self, steps, lengths=None, pack=False):
        """``(n_sequences, n_steps[, n_inputs])`` -> ``(n_sequences, 2)``."""
        if self.embedding is not None:
            steps = self.embedding(steps)
        if pack:
            packed = pack_padded_sequence(steps, lengths, batch_first=True, enforce_sorted=False)
            return self.head(self.lstm(packed)[1][0][-1])
        outputs = self.lstm(steps)[0]  # (n_sequences, n_steps, n_units)
        if lengths is None:
            return self.head(outputs[:, -1])
        return self.head(outputs[torch.arange(len(outputs)), lengths - 1])


def train_by_hand(network, batches, epochs: int, clip: float | None = CLIP) -> None:
    """A loop as one would write it with care; ``batches()`` yields inputs, targets, options."""
    parameters = list(network.parameters())
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)
    network.train()
    for _ in range(epochs):
        total = torch.zeros(())
        for inputs, targets, options in batches():
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(network(inputs, **options), targets)
            loss.backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(parameters, clip)
            optimizer.step()
            total += loss.detach() * len(targets)
        total.item()  # once an epoch


# -- fixed length -----------------------------------------------------------------------------


def fixed_length(repeat: int, quick: bool) -> None:
    """Batches of equal length: what our loop adds to the network's own work."""
    n = N_SEQUENCES // 5 if quick else N_SEQUENCES
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, N_STEPS, N_FEATURES)).astype(np.float32)
    y = (X[:, :, 0].sum(axis=1) > 0).astype(np.int64)
    epochs = 3
    lines = []
    with one_thread():
        for n_units, aim in ((64, 1.05), (16, 1.2)):
            for clip in (CLIP, None):
                ways = {
                    "ours": partial(fit_ours, X, y, n_units, epochs, clip),
                    "hand": partial(fit_by_hand, X, y, n_units, epochs, clip),
                }
                if clip is None:  # skorch has no clipping unless asked
                    ways["skorch"] = partial(fit_skorch, X, y, n_units, epochs)
                seconds = timed(ways, repeat)
                kind = "clipping" if clip else "no clipping"
                what = f"{n_units} units, {kind}: loop by hand"
                lines.append(compare(what, seconds["ours"], seconds["hand"], aim))
                if clip is None:
                    what = f"{n_units} units, {kind}: skorch NeuralNetClassifier"
                    lines.append(compare(what, seconds["ours"], seconds["skorch"]))
    print_table(
        f"train: {n} sequences x {N_STEPS} steps x {N_FEATURES} features, LSTM, batches of "
        f"{BATCH}, {epochs} epochs, one thread; ours / reference",
        lines,
    )


def fit_ours(X, y, n_units, epochs, clip):
    """The estimator, checks and all."""
    RNNClassifier(
        hidden_size=n_units,
        max_epochs=epochs,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        gradient_clip=clip,
        dropout=0.0,
        early_stopping=False,
        random_state=0,
    ).fit(X, y)


def fit_by_hand(X, y, n_units, epochs, clip):
    """Standardised as ours; batches are gathers."""
    steps, targets = standardised(X), torch.from_numpy(y)

    def batches():
        for index in torch.randperm(len(steps)).split(BATCH):
            yield steps.index_select(0, index), targets.index_select(0, index), {}

    torch.manual_seed(0)
    train_by_hand(Network(n_units), batches, epochs, clip)


def fit_skorch(X, y, n_units, epochs):
    """skorch with its default DataLoader, without a validation split."""
    from skorch import NeuralNetClassifier

    NeuralNetClassifier(
        Network(n_units),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        optimizer__fused=True,
        lr=LEARNING_RATE,
        max_epochs=epochs,
        batch_size=BATCH,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    ).fit(standardised(X).numpy(), y)


def standardised(X) -> torch.Tensor:
    """Mean 0 and deviation 1 for each feature."""
    return torch.from_numpy((X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1)))


# -- ragged text ------------------------------------------------------------------------------


def ragged(repeat: int, quick: bool) -> None:
    """Sequences of 5 to 400 steps: ours against the usual ways to fill them up."""
    X, y = ragged_text(400 if quick else 2000)
    ids = [torch.from_numpy(s.astype(np.int64)) for s in X.to_list()]
    y_there = torch.from_numpy(y)
    ways = {
        "ours": partial(fit_ours, X, y, 64, 1, CLIP),
        "longest": partial(fit_padded_to_longest, ids, y_there),
        "batch": partial(fit_padded_by_batch, ids, y_there),
        "packed": partial(fit_padded_by_batch, ids, y_there, pack=True),
    }
    with one_thread():
        seconds = timed(ways, max(2, repeat // 3))
    names = {
        "longest": ("pad everything to the longest", 3.0),
        "batch": ("pad each random batch", None),
        "packed": ("pad each random batch and pack it", None),
    }
    lines: list[Line] = [
        compare(what, seconds["ours"], seconds[key], aim, faster=True)
        for key, (what, aim) in names.items()
    ]
    lengths = X.lengths
    print_table(
        f"ragged: {len(X)} sequences of ids, {lengths.min()}-{lengths.max()} steps (mean "
        f"{lengths.mean():.0f}), vectors of 64, LSTM with 64 units, batches of {BATCH}, one epoch, "
        "one thread; reference / ours",
        lines,
    )


def ragged_text(n_sequences: int) -> tuple[SequenceArray, np.ndarray]:
    """Ids with the lengths of film reviews: log-normal, 5 to 400 steps, mean about 68."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(3.92, 0.76, n_sequences).astype(int), 5, 400)
    lengths[:2] = 5, 400
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = rng.integers(0, N_TOKENS, offsets[-1])
    return SequenceArray(ids, offsets, n_tokens=N_TOKENS), rng.integers(0, 2, n_sequences)


def fit_padded_to_longest(ids, y):
    """One array for all, as most packages want it."""
    steps = pad_sequence(ids, batch_first=True)  # (n_sequences, longest)
    lengths = torch.tensor([len(s) for s in ids])

    def batches():
        for index in torch.randperm(len(steps)).split(BATCH):
            chosen = {"lengths": lengths.index_select(0, index)}
            yield steps.index_select(0, index), y.index_select(0, index), chosen

    torch.manual_seed(0)
    train_by_hand(Network(64, 64, N_TOKENS), batches, 1)


def fit_padded_by_batch(ids, y, pack=False):
    """Random batches, each filled up to its own longest sequence."""
    lengths = torch.tensor([len(s) for s in ids])

    def batches():
        for index in torch.randperm(len(ids)).split(BATCH):
            steps = pad_sequence([ids[i] for i in index.tolist()], batch_first=True)
            options = {"lengths": lengths.index_select(0, index), "pack": pack}
            yield steps, y.index_select(0, index), options

    torch.manual_seed(0)
    train_by_hand(Network(64, 64, N_TOKENS), batches, 1)


# -- threads ----------------------------------------------------------------------------------


def threads(repeat: int, quick: bool) -> None:
    """Where a second thread begins to pay: seconds of the wall, so wants an idle machine."""
    from time import perf_counter

    from sksequence.training._environment import ONE_THREAD

    sizes = [(32, 16), (32, 64), (32, 128), (128, 64), (32, 256), (128, 128), (256, 128)]
    sizes += [] if quick else [(128, 256), (512, 128), (32, 512)]
    lines = []
    before = torch.get_num_threads()
    for n_rows, n_units in sizes:
        steps = {n: partial(training_step(n_rows, n_units), n) for n in (1, 2)}
        seconds = timed(steps, 3 * repeat, perf_counter)
        work = 8 * n_rows * n_units**2  # multiplications of one step, as the estimators count
        chosen = "one" if work < ONE_THREAD else "the caller's"
        line = compare("", seconds[2], seconds[1])
        what = f"{n_rows:4} rows, {n_units:4} units, work {work / 1e6:6.1f} million"
        lines.append(Line(what, line.ours, line.reference, line.ratio, f"{chosen}"))
    torch.set_num_threads(before)
    print_table(
        "threads: a training step of an LSTM, 30 steps; ours = two threads, reference = one; "
        f"aim = what is chosen with ONE_THREAD = {ONE_THREAD:,}",
        lines,
    )


def training_step(n_rows, n_units):
    """A function of the number of threads: five forward and backward passes."""
    network = Network(n_units, 64)
    steps, targets = torch.randn(n_rows, N_STEPS, 64), torch.randint(0, 2, (n_rows,))

    def run(n_threads):
        torch.set_num_threads(n_threads)
        for _ in range(5):
            network.zero_grad()
            F.cross_entropy(network(steps), targets).backward()

    return run


class one_thread:
    """One torch thread inside the block."""

    def __enter__(self):
        warnings.simplefilter("ignore", UserWarning)
        self.before = torch.get_num_threads()
        torch.set_num_threads(1)

    def __exit__(self, *error):
        torch.set_num_threads(self.before)
