"""Numbers of words -> word vectors: the only file that trains with gensim."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from sksequence.preprocessing._word2vec_corpus import Chunks, Corpus, count_ids
from sksequence.preprocessing._word2vec_loss import (
    ExampleLoss,
    draw_examples,
    draw_pairs,
    keep_probability,
    negative_outputs,
    path_outputs,
)
from sksequence.preprocessing._word2vec_watching import Listener
from sksequence.preprocessing._word2vec_words import mean_of_rare
from sksequence.utils import import_optional

# epochs="auto" is AUTO / sqrt(n_tokens) within bounds; more did not help any measured corpus.
AUTO, FEWEST, MOST = 4400, 3, 100
MOST_EXAMPLES = 10_000  # of the loss
# Vectors of toy texts left their random start after some 50 examples a word. Running text keeps
# more than a third of its tokens; of few different ones, each frequent, subsampling leaves less.
ENOUGH, SMALL_SHARE = 50, 0.25


@dataclass(frozen=True)
class TrainingPlan:
    """Settings of word2vec; the names are those of `Word2VecEmbedder`."""

    architecture: str
    vector_size: int
    window: int
    negative: int
    hierarchical_softmax: bool
    sample: float
    epochs: int
    learning_rate: float
    n_workers: int
    verbose: int


def make_plan(embedder: Any, n_tokens: int) -> TrainingPlan:
    """The plan of a Word2VecEmbedder for a corpus of `n_tokens`."""
    n_workers = effective_n_jobs(embedder.n_jobs)
    if n_workers > 1 and isinstance(embedder.random_state, Integral):
        warnings.warn(
            f"with n_jobs={embedder.n_jobs} the threads of word2vec race, so random_state="
            f"{embedder.random_state} does not give the same vectors twice: use n_jobs=1 for that.",
            UserWarning,
            stacklevel=4,
        )
    chosen = {"epochs": choose_epochs(embedder.epochs, n_tokens), "n_workers": n_workers}
    given = [field.name for field in fields(TrainingPlan) if field.name not in chosen]
    return TrainingPlan(**chosen, **{name: getattr(embedder, name) for name in given})


def choose_epochs(epochs: int | str, n_tokens: int) -> int:
    """A number of epochs as it is; ``"auto"``: the fewer, the larger the corpus."""
    if epochs != "auto":
        return int(epochs)
    return int(np.clip(round(AUTO / max(n_tokens, 1) ** 0.5), FEWEST, MOST))


def train_vectors(
    table: np.ndarray,
    first: int,
    corpus: Corpus,
    plan: TrainingPlan,
    rng: np.random.Generator,
    listener: Listener | None = None,
) -> tuple[list[dict], KeyboardInterrupt | None]:
    """Fill a table with trained word vectors.

    Parameters
    ----------
    table : ndarray of shape (n_tokens, vector_size), float32, C-contiguous
        Where the vectors are trained, in place.
    first : {0, 1}
        The row of the first word; a row before it is that of the unknown symbol.
    corpus : Corpus
        Its ids are rows of the table, or -1.
    plan : TrainingPlan
        The settings.
    rng : Generator
        Seeds gensim and draws the examples of the loss.
    listener : Listener, default=None
        Is told of each epoch, and may stop the training after it.

    Returns
    -------
    history : list of dict
        ``{"epoch": 1, "loss": 4.1}`` and so on.
    interrupted : KeyboardInterrupt or None
        What ended training before its time.
    """
    counts = count_ids(corpus.ids, len(table))[first:]
    _warn_if_thinned(counts, corpus.lengths, plan)
    model = _make_model(counts, len(corpus.ids), plan, rng)
    words = table[first:]
    words[:] = model.wv.vectors
    model.wv.vectors = words

    def ready() -> np.ndarray:
        """The table as it would be if training stopped now."""
        now = table.copy()
        now[:first] = mean_of_rare(words, counts)
        return now

    watch = _Watch(_make_loss(model, corpus, first, plan, rng), plan, listener, ready)
    chunks = Chunks(corpus.ids, corpus.lengths, first)
    interrupted = None
    try:
        with watch, _without_advice():
            model.train(
                chunks,
                total_words=int(corpus.lengths.sum()),
                epochs=plan.epochs,
                callbacks=[watch],
            )
    except _Stopped:  # between two epochs, when no thread of gensim's runs
        chunks.stopped = True
    except KeyboardInterrupt as interrupt:
        chunks.stopped = True  # gensim's threads run dry
        interrupted = interrupt
    table[:first] = mean_of_rare(words, counts)
    return watch.history, interrupted


def _warn_if_thinned(counts, lengths, plan) -> None:
    """Warn where subsampling alone leaves too little of a text to learn from."""
    n_known = int(counts.sum())
    left = float(counts @ keep_probability(counts, plan.sample)) if n_known else 0.0
    if left >= SMALL_SHARE * n_known or n_known * plan.epochs < ENOUGH * len(counts):
        return  # without subsampling there would not be enough either
    # p: a token is left; its document has L - 1 others, and it needs one of them beside it
    p = left / lengths.sum()
    beside = p * float(lengths @ (1 - (1 - p) ** np.maximum(lengths - 1, 0)))
    examples = beside * plan.epochs / len(counts)
    if examples < ENOUGH:
        warnings.warn(
            f"sample={plan.sample:g} leaves about {left:.0f} of the {n_known} tokens of this text "
            f"in an epoch, as its {len(counts)} different words are all frequent. In {plan.epochs} "
            f"epoch(s) a word is then left beside another about {examples:.0f} times, and vectors "
            f"need some {ENOUGH} to leave their random start: set sample=0, or give more text.",
            UserWarning,
            stacklevel=6,
        )


def _make_model(counts, n_tokens, plan, rng) -> Any:
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=plan.vector_size,
        window=plan.window,
        min_count=1,
        sample=plan.sample,
        sg=int(plan.architecture == "skip-gram"),
        hs=int(plan.hierarchical_softmax),
        negative=0 if plan.hierarchical_softmax else plan.negative,
        alpha=plan.learning_rate,
        min_alpha=min(1e-4, plan.learning_rate),
        epochs=plan.epochs,
        workers=plan.n_workers,
        seed=int(rng.integers(2**31)),
        sorted_vocab=0,  # word i stays word i
        batch_words=_job_size(n_tokens, plan),
    )
    model.build_vocab_from_freq(dict(enumerate(counts.tolist())))
    return model


def _job_size(n_tokens, plan) -> int:
    # the learning rate falls, and threads share work, from job to job
    return int(np.clip(n_tokens * plan.epochs // (20 * plan.n_workers), 100, 10_000))


def _make_loss(model, corpus, first, plan, rng) -> ExampleLoss:
    counts = model.wv.expandos["count"]
    n_examples = int(np.clip(len(corpus.ids) // 100, 200, MOST_EXAMPLES))
    for keep in (keep_probability(counts, plan.sample), np.ones(len(counts))):
        # if nothing is left of a tiny corpus, its loss is that of the whole text
        keep = np.concatenate([np.zeros(first), keep])
        words, targets, inputs = draw_pairs(
            corpus.ids, corpus.lengths, keep, plan.window, 2 * n_examples, rng
        )
        if len(targets):
            break
    else:
        raise ValueError(
            "no document has two words of the vocabulary, so no word has another one around it to "
            "learn from: give longer documents or more of them, lower min_count, or use pretrained "
            "vectors."
        )
    words, inputs, n_inputs = draw_examples(
        words - first,
        targets,
        inputs,
        cbow=plan.architecture == "cbow",
        n_examples=n_examples,
        rng=rng,
    )
    if plan.hierarchical_softmax:
        paths = model.wv.expandos["point"], model.wv.expandos["code"]
        return ExampleLoss(inputs, n_inputs, *path_outputs(words, *paths))
    return ExampleLoss(inputs, n_inputs, *negative_outputs(words, counts, plan.negative, rng))


class _Stopped(Exception):
    """A callback wants no further epoch; gensim itself does not ask."""


class _Watch:
    """Called by gensim around each epoch: measures the loss, moves the bar, tells callbacks."""

    def __init__(
        self,
        loss: ExampleLoss,
        plan: TrainingPlan,
        listener: Listener | None,
        ready: Callable[[], np.ndarray],
    ) -> None:
        self.loss = loss
        self.listener, self.ready = listener, ready
        self.output = "syn1" if plan.hierarchical_softmax else "syn1neg"
        self.history: list[dict] = []
        self.show = _progress(plan.epochs) if plan.verbose else None

    def on_epoch_end(self, model: Any) -> None:
        """One more record, and one more step of the bar."""
        value = self.loss(model.wv.vectors, getattr(model, self.output))
        self.history.append({"epoch": len(self.history) + 1, "loss": value})
        if self.show is not None:
            self.show.send(value)
        if self.listener is not None and self.listener.epoch_ended(self.history, self.ready):
            raise _Stopped

    def on_epoch_begin(self, model: Any) -> None:
        """Another epoch."""
        if self.listener is not None:
            self.listener.epoch_begins()

    def on_train_begin(self, model: Any) -> None:
        """gensim asks for it."""

    on_train_end = on_train_begin

    def __enter__(self) -> _Watch:
        return self

    def __exit__(self, *error: object) -> None:
        if self.show is not None:
            self.show.close()


def _progress(epochs: int) -> Any:
    show = _show_epochs(epochs)
    next(show)
    return show


def _show_epochs(epochs: int) -> Iterator[None]:
    # a coroutine that is sent the loss of each epoch
    try:
        tqdm = import_optional("tqdm.auto", extra="plot", purpose="the progress bar").tqdm
    except ImportError:
        for epoch in range(1, epochs + 1):
            print(f"word2vec epoch {epoch}/{epochs}: loss {(yield):.4f}")
        yield
        return
    with tqdm(total=epochs, desc="word2vec", unit="epoch") as bar:
        while True:
            bar.set_postfix(loss=f"{(yield):.4f}", refresh=False)
            bar.update()


@contextmanager
def _without_advice() -> Iterator[None]:
    """Without gensim's advice, on standard error, to take smaller jobs for a tiny corpus."""
    logger = logging.getLogger("gensim.models.word2vec")
    advice: Callable = lambda record: "jobs per worker" not in record.getMessage()  # noqa: E731
    logger.addFilter(advice)
    try:
        yield
    finally:
        logger.removeFilter(advice)
