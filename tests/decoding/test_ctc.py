"""Searches over the paths of short sequences, against all of their paths."""

import itertools

import numpy as np
import pytest
import torch

from sksequence.decoding import forced_alignment, greedy_collapse, prefix_beam_search
from sksequence.tasks import steps_needed

LENGTHS = torch.tensor([5, 4, 1, 2])


def draw(n_labels=3, seed=0, sharpness=1.5):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(LENGTHS), 5, n_labels + 1, generator=generator, dtype=torch.float64)
    return torch.log_softmax(sharpness * values, dim=2)


def collapse(path, blank):
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


def all_paths(log_probs):
    """The log-probability of each path of one sequence."""
    n_steps, n_columns = log_probs.shape
    for path in itertools.product(range(n_columns), repeat=n_steps):
        yield path, sum(float(log_probs[t, k]) for t, k in enumerate(path))


def all_strings(log_probs):
    """The log-probability of each label string, summed over its paths."""
    found = {}
    for path, log_p in all_paths(log_probs):
        string = collapse(path, log_probs.shape[1] - 1)
        found[string] = np.logaddexp(found.get(string, -np.inf), log_p)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_that_holds_everything_is_exact(seed):
    log_probs = draw(seed=seed)
    found = prefix_beam_search(log_probs, LENGTHS, beam_size=300, n_best=300)
    for i, n in enumerate(LENGTHS):
        exact = all_strings(log_probs[i, :n])
        assert {tuple(one.labels): pytest.approx(one.log_probability) for one in found[i]} == exact
        scores = [one.score for one in found[i]]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("beam_size", [1, 2, 5])
def test_a_narrow_beam_never_counts_more_than_there_is(beam_size):
    log_probs = draw(seed=4)
    for i, ranks in enumerate(prefix_beam_search(log_probs, LENGTHS, beam_size=beam_size)):
        exact = all_strings(log_probs[i, : LENGTHS[i]])
        assert ranks[0].log_probability <= exact[tuple(ranks[0].labels)] + 1e-9


def test_strings_that_left_the_beam_and_came_back_are_no_twins():
    log_probs = draw(n_labels=2, seed=5, sharpness=4.0)
    for ranks in prefix_beam_search(log_probs, LENGTHS, beam_size=6, n_best=6):
        strings = [tuple(one.labels) for one in ranks]
        assert len(set(strings)) == len(strings)


def test_greedy_takes_the_best_path():
    log_probs = draw(seed=1)
    for i, one in enumerate(greedy_collapse(log_probs, LENGTHS)):
        path, log_p = max(all_paths(log_probs[i, : LENGTHS[i]]), key=lambda p: p[1])
        assert tuple(one.labels) == collapse(path, 3)
        assert one.log_probability == pytest.approx(log_p)


def test_greedy_collapses():
    path = torch.tensor([[2, 0, 0, 2, 0, 1, 1, 2]])
    log_probs = torch.nn.functional.one_hot(path).double().log()
    (one,) = greedy_collapse(log_probs, torch.tensor([8]))
    assert one.labels.tolist() == [0, 0, 1]
    assert one.log_probability == 0.0
    (shorter,) = greedy_collapse(log_probs, torch.tensor([4]))
    assert shorter.labels.tolist() == [0]


def test_the_beam_finds_what_the_best_path_misses():
    """A blank is the likeliest path, but the paths of "a" have more together (Graves, 2006)."""
    log_probs = torch.tensor([[[0.4, 0.6], [0.4, 0.6]]], dtype=torch.float64).log()
    lengths = torch.tensor([2])
    assert greedy_collapse(log_probs, lengths)[0].labels.tolist() == []
    ((best,),) = prefix_beam_search(log_probs, lengths, beam_size=4)
    assert best.labels.tolist() == [0]
    assert np.exp(best.log_probability) == pytest.approx(0.64)


@pytest.mark.parametrize("search", ["greedy", "beam", "align"])
def test_padding_and_neighbours_change_nothing(search):
    log_probs = draw(seed=2)
    targets, n_labels = torch.zeros(4, 1, dtype=torch.int64), torch.ones(4, dtype=torch.int64)

    def ask(values, lengths, rows):
        if search == "greedy":
            return [one.labels.tolist() for one in greedy_collapse(values, lengths)]
        if search == "beam":
            found = prefix_beam_search(values, lengths, beam_size=5, n_best=3)
            return [[(one.labels.tolist(), one.score) for one in ranks] for ranks in found]
        spans, log_p = forced_alignment(values, lengths, targets[rows], n_labels[rows])
        return [(a.tolist(), b) for a, b in zip(spans, log_p, strict=True)]

    together = ask(log_probs, LENGTHS, slice(None))
    noise = log_probs.clone()
    noise[torch.arange(5) >= LENGTHS[:, None]] = torch.log_softmax(torch.arange(4.0).double(), 0)
    assert ask(noise, LENGTHS, slice(None)) == together
    for i, n in enumerate(LENGTHS.tolist()):
        alone = ask(log_probs[i : i + 1, :n], LENGTHS[i : i + 1], slice(i, i + 1))
        assert alone == together[i : i + 1]


@pytest.mark.parametrize("string", [(), (0,), (0, 0), (0, 1), (1, 0, 1), (0, 0, 0), (2, 2, 1)])
def test_forced_alignment_is_the_best_path_of_the_string(string):
    log_probs = draw(seed=3)[:1]
    targets = torch.tensor([string], dtype=torch.int64).view(1, -1)
    spans, log_p = forced_alignment(
        log_probs, torch.tensor([5]), targets, torch.tensor([len(string)])
    )
    own = [(p, log_p) for p, log_p in all_paths(log_probs[0]) if collapse(p, 3) == string]
    path, best = max(own, key=lambda one: one[1])
    assert log_p[0] == pytest.approx(best)
    at = [t for t, label in enumerate(path) if label != 3]
    inside = [t for start, stop in spans[0] for t in range(start, stop)]
    assert inside == at
    assert [path[start] for start, _ in spans[0]] == list(string)
    assert (spans[0][1:, 0] >= spans[0][:-1, 1]).all()


def test_an_impossible_string_has_no_path():
    string = torch.tensor([[0, 0, 0]])
    assert steps_needed(string[0].numpy()) == 5
    for n, possible in ((4, False), (5, True)):
        _, log_p = forced_alignment(draw()[:1], torch.tensor([n]), string, torch.tensor([3]))
        assert np.isfinite(log_p[0]) == possible


class Bigram:
    """A scorer by a table of what may follow what; row 0 is the start."""

    def __init__(self, table, ends):
        self.table, self.ends = table, ends

    def start(self, n_rows):
        return {"row": torch.zeros(n_rows, dtype=torch.int64)}

    def advance(self, labels, state):
        return {"row": labels + 1}

    def labels(self, state):
        return self.table[state["row"]]

    def end(self, state):
        return self.ends[state["row"]]

    def of(self, string):
        rows = (0, *(label + 1 for label in string))
        inner = sum(float(self.table[r, k]) for r, k in zip(rows, string, strict=False))
        return inner + float(self.ends[rows[-1]])


def test_a_scorer_and_the_bonus_enter_the_rank():
    log_probs = draw(seed=6)
    generator = torch.Generator().manual_seed(1)
    table = torch.log_softmax(2 * torch.randn(4, 4, generator=generator).double(), dim=1)
    scorer = Bigram(table[:, :3], table[:, 3])
    found = prefix_beam_search(
        log_probs,
        LENGTHS,
        beam_size=300,
        n_best=300,
        scorer=scorer,
        weight=0.7,
        insertion_bonus=0.3,
    )
    for i, n in enumerate(LENGTHS):
        exact = all_strings(log_probs[i, :n])
        assert len(found[i]) == len(exact)
        for one in found[i]:
            string = tuple(one.labels.tolist())
            expected = exact[string] + 0.7 * scorer.of(string) + 0.3 * len(string)
            assert one.score == pytest.approx(expected)
            assert one.log_probability == pytest.approx(exact[string])


def test_certain_steps_make_no_nan():
    """Probabilities of exactly zero and one."""
    path = torch.tensor([[0, 2, 1, 1]])
    log_probs = torch.nn.functional.one_hot(path).double().log()
    ((one,),) = prefix_beam_search(log_probs, torch.tensor([4]), beam_size=4)
    assert one.labels.tolist() == [0, 1]
    assert one.log_probability == 0.0
