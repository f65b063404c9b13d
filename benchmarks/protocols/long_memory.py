"""The classic tasks that need a long memory: adding, copying, the embedded Reber grammar.

Adding problem (``make_adding_problem``). Sequences of 100, 200 and 400 steps, as Bai and others
(2018) have them; one network of 32 units for each length and cell, 5,000 sequences to learn from,
10 epochs, the mean squared error on 1,000 others. One settings for all lengths and cells, but for
the learning rate, which is lower for cells without gates, and the LSTM's forget gate, which starts
open (a bias of 3). They draw new sequences for ever and use up to 130 units.

Copy memory (``make_copy``), 10 of 8 symbols after 30 steps. The published form labels each step;
here a sequence-to-sequence model reads the whole sequence and writes the ten symbols. Without
attention all of them have to pass through its last state, as in the published task; with
attention it may look back.

Embedded Reber grammar (``make_reber``). As in Hochreiter and Schmidhuber (1997) a trial has 256
strings to learn from and 256 to be judged by. It is a success if, before 39,740 strings were
presented (155 epochs), all symbols of both sets are predicted: after each of their prefixes the
one or two symbols that may follow are the most probable. That is looked at after every five
epochs. They train one network with an output at each step, string by string; here a classifier
learns the next symbol from each prefix, one sequence each, which is the same prediction, in
batches of 64 prefixes by Adam instead of plain gradient steps, and through all of the prefix. A
simple recurrent network that is trained so is not the one that they found to fail: Elman's, whose
gradient is cut off after a step.
"""

from __future__ import annotations

import time

import numpy as np
from scipy import stats

from sksequence import RNNClassifier, RNNRegressor, Seq2SeqTransformer, SequenceArray
from sksequence.cells import IRNN, LSTM, RNN
from sksequence.datasets import make_adding_problem, make_copy, make_reber

CELLS = {
    "lstm": (LSTM(forget_bias=3.0), 0.01),
    "gru": ("gru", 0.01),
    "irnn": (IRNN(), 0.001),
    "rnn": ("rnn", 0.001),
}
N_STEPS = (100, 200, 400)
N_COPY_STEPS = 30
SYMBOLS = "BTPSXVE"
STRINGS, EPOCHS, LOOK_EVERY = 256, 155, 5
REBER = {
    "lstm": {"cell": LSTM(), "hidden_size": 8, "learning_rate": 0.02},
    "rnn": {"cell": RNN(), "hidden_size": 12, "learning_rate": 0.01},
}
N_TRIALS = {"lstm": 30, "rnn": 10}


def run(data, seed, quick):
    """Errors of the adding problem, symbols copied, successful trials of the grammar."""
    rows = []
    for n_steps in N_STEPS[:1] if quick else N_STEPS:
        for name in ("lstm",) if quick else CELLS:
            rows.append(_adding(n_steps, name, seed, 1 if quick else 10))
    rows.append(("adding, the mean of the targets, MSE", "0.1667", "baseline, 2 / 12"))
    rows.append(("adding, published, MSE", "LSTM 0.164, GRU 5e-5", "600 steps, Bai and others"))
    for attention in (None, "dot"):
        rows.append(_copying(attention, seed, 1 if quick else 15))
    rows.append(("copy, guessing, symbols right %", "12.50", "baseline"))
    for name in REBER:
        rows += _grammar(name, seed, 2 if quick else N_TRIALS[name])
    published = "LSTM 97-100 after 8,440 to 39,740 strings, Elman 0 after 200,000"
    rows.append(("Reber, published, success %", published, ""))
    return rows


def _adding(n_steps, name, seed, max_epochs):
    X, y = make_adding_problem(5000, n_steps=n_steps, random_state=seed)
    X_new, y_new = make_adding_problem(1000, n_steps=n_steps, random_state=seed + 1)
    cell, learning_rate = CELLS[name]
    model = RNNRegressor(
        cell=cell,
        hidden_size=32,
        learning_rate=learning_rate,
        batch_size=50,
        max_epochs=max_epochs,
        early_stopping=False,
        random_state=seed,
    )
    started = time.perf_counter()
    error = np.mean((model.fit(X, y).predict(X_new) - y_new) ** 2)
    seconds = time.perf_counter() - started
    print(f"adding, {n_steps} steps, {name}: {error:.5f}, {seconds:.0f} s", flush=True)
    return f"adding, {n_steps} steps, {name}, MSE", f"{error:.5f}", f"{seconds:.0f} s"


def _copying(attention, seed, max_epochs):
    options = {"n_steps": N_COPY_STEPS, "target": "copied"}
    X, y = make_copy(5000, **options, random_state=seed)
    X_new, y_new = make_copy(1000, **options, random_state=seed + 1)
    model = Seq2SeqTransformer(
        attention=attention,
        hidden_size=64,
        embedding_size=16,
        learning_rate=0.01,
        batch_size=50,
        max_epochs=max_epochs,
        early_stopping=False,
        random_state=seed,
    )
    started = time.perf_counter()
    written = model.fit(_tokens(X), _tokens(y)).transform(_tokens(X_new))
    seconds = time.perf_counter() - started
    right = np.mean(
        [
            [a == b for a, b in zip(true, list(guess) + [""] * 10, strict=False)]
            for true, guess in zip(_tokens(y_new), written, strict=True)
        ]
    )
    how = "without attention" if attention is None else f"{attention} attention"
    print(f"copy, {how}: {right:.4f}, {seconds:.0f} s", flush=True)
    what = f"copy, {N_COPY_STEPS} steps, {how}, symbols right %"
    return what, f"{100 * right:.2f}", f"{seconds:.0f} s"


def _tokens(X):
    return [[str(i) for i in steps] for steps in X]


def _grammar(name, seed, n_trials):
    started = time.perf_counter()
    needed = [_trial(name, 1000 * seed + trial) for trial in range(n_trials)]
    seconds = time.perf_counter() - started
    print(f"Reber, {name}: {needed}, {seconds:.0f} s", flush=True)
    successes = [n for n in needed if n is not None]
    early = [n for n in successes if n <= 8440]
    after = f"{int(np.median(successes)):,} (median)" if successes else "none"
    return [
        (f"Reber, {name}, success %", _share(len(successes), n_trials), f"{seconds:.0f} s"),
        (f"Reber, {name}, success within 8,440 strings %", _share(len(early), n_trials), ""),
        (f"Reber, {name}, strings until success", after, ""),
    ]


def _share(n_successes, n_trials):
    """Percentage with Wilson's 95 % interval."""
    interval = stats.binomtest(n_successes, n_trials).proportion_ci(method="wilson")
    low, high = 100 * interval.low, 100 * interval.high
    share = 100 * n_successes / n_trials
    return f"{share:.1f} ({low:.1f} to {high:.1f}), {n_successes} of {n_trials} trials"


def _trial(name, seed):
    """Strings presented until all symbols of both sets were predicted; None: never."""
    train = prefixes(*make_reber(STRINGS, random_state=2 * seed))
    test = prefixes(*make_reber(STRINGS, random_state=2 * seed + 1))
    X, y, _ = train
    model = RNNClassifier(
        **REBER[name],
        embedding_size=None,
        dropout=0.0,
        batch_size=64,
        max_epochs=LOOK_EVERY,
        early_stopping=False,
        warm_start=True,
        random_state=seed,
    )
    for epoch in range(LOOK_EVERY, EPOCHS + 1, LOOK_EVERY):
        model.fit(X, y)
        if all_predicted(model, *train) and all_predicted(model, *test):
            return epoch * STRINGS
    return None


def prefixes(strings, following):
    """All prefixes, the symbol that came after each, and those that might have come."""
    places = [(i, t) for i, string in enumerate(strings) for t in range(1, len(string))]
    X = [[SYMBOLS.index(symbol) for symbol in strings[i][:t]] for i, t in places]
    came = np.array([strings[i][t] for i, t in places])
    legal = np.array([[s in following[i][t - 1] for s in SYMBOLS] for i, t in places])
    return SequenceArray.from_list(X, n_tokens=len(SYMBOLS)), came, legal


def all_predicted(model, X, came, legal):
    """Whether the symbols that may follow are the most probable ones after every prefix."""
    columns = [SYMBOLS.index(symbol) for symbol in model.classes_]
    probability = np.zeros(legal.shape)
    probability[:, columns] = model.predict_proba(X)
    least_legal = np.where(legal, probability, 2.0).min(axis=1)
    most_illegal = np.where(legal, -1.0, probability).max(axis=1)
    return bool((least_legal > most_illegal).all())
