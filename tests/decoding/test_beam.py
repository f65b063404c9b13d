"""Beam search finds what counting all outputs finds, and stops no step too early or too late."""

import math

import pytest
import torch

from sksequence.decoding import Advance, beam_search, greedy_search, select
from tests.decoding.toys import Toy, every_output, one, output, walk

PENALTIES = [(0.0, 0.0), (0.7, 0.0), (0.0, 0.4), (1.5, 0.8)]


def _listed(decoded, b):
    """The outputs found for sequence b, as lists of symbols."""
    pairs = zip(decoded.tokens[b], decoded.lengths[b], strict=True)
    return [tokens[:length].tolist() for tokens, length in pairs]


def _best(outputs, n_best, alpha, beta):
    return sorted(outputs, key=lambda found: -found.score(alpha, beta))[:n_best]


def _assert_outputs(decoded, b, expected, alpha, beta):
    assert _listed(decoded, b) == [found.tokens for found in expected]
    scores = torch.tensor([found.score(alpha, beta) for found in expected], dtype=torch.float64)
    log_ps = torch.tensor([found.log_p for found in expected], dtype=torch.float64)
    torch.testing.assert_close(decoded.scores[b], scores)
    torch.testing.assert_close(decoded.log_probabilities[b], log_ps)


@pytest.mark.parametrize(("alpha", "beta"), PENALTIES)
def test_a_wide_beam_finds_the_best_of_all_outputs(alpha, beta):
    toy = Toy(end_bias=-1.0)
    state, memory = toy.sequences(4)
    limits = [4, 3, 1, 4]
    decoded = beam_search(
        toy, state, memory, beam_size=81, n_best=4, length_penalty=alpha, coverage_penalty=beta,
        **toy.settings(torch.tensor(limits)),
    )  # fmt: skip
    for b, limit in enumerate(limits):
        counted = every_output(toy, one(state, b), one(memory, b), limit)
        assert len(counted) == sum(3**length for length in range(limit + 1))
        assert math.fsum(math.exp(found.log_p) for found in counted) == pytest.approx(1)
        _assert_outputs(decoded, b, _best(counted, 4, alpha, beta), alpha, beta)


def test_penalties_change_which_output_is_best():
    toy = Toy(end_bias=0.5)
    sequences = toy.sequences(30)
    found = []
    for alpha, beta in PENALTIES:
        penalties = {"length_penalty": alpha, "coverage_penalty": beta}
        decoded = beam_search(toy, *sequences, beam_size=20, **penalties, **toy.settings(4))
        found.append([_listed(decoded, b)[0] for b in range(30)])
    for i, outputs in enumerate(found):
        assert outputs not in found[:i]
    lengths = [sum(map(len, outputs)) for outputs in found]
    assert lengths[0] < lengths[1]


def _plain_beam(toy, state, memory, limit, beam_size, n_best, alpha, beta):
    """The same search with lists, to the limit, without an early end."""
    open_ones, outputs = [([], 0.0)], []
    for n in range(1, limit + 1):
        candidates = [
            (log_p + float(gain), rank, symbol, tokens)
            for rank, (tokens, log_p) in enumerate(open_ones)
            for symbol, gain in enumerate(walk(toy, state, memory, tokens)[0][-1])
        ]
        candidates.sort(key=lambda candidate: (-candidate[0], *candidate[1:3]))
        for _, _, symbol, tokens in candidates[:beam_size]:
            if symbol == toy.end:
                outputs.append(output(toy, state, memory, tokens, ended=True))
        going_on = [c for c in candidates if c[2] != toy.end][:beam_size]
        open_ones = [([*tokens, symbol], log_p) for log_p, _, symbol, tokens in going_on]
        if n == limit:
            outputs += [output(toy, state, memory, tokens, ended=False) for tokens, _ in open_ones]
    return _best(outputs, n_best, alpha, beta)


@pytest.mark.parametrize(("alpha", "beta"), PENALTIES)
@pytest.mark.parametrize(("beam_size", "n_best"), [(1, 1), (2, 1), (3, 3), (5, 2)])
def test_equals_a_plain_search_that_never_stops_early(beam_size, n_best, alpha, beta):
    toy = Toy(n_symbols=5, seed=3, end_bias=0.5)
    state, memory = toy.sequences(6)
    limits = [7, 1, 5, 8, 2, 8]
    decoded = beam_search(
        toy, state, memory, beam_size=beam_size, n_best=n_best, length_penalty=alpha,
        coverage_penalty=beta, **toy.settings(torch.tensor(limits)),
    )  # fmt: skip
    for b, limit in enumerate(limits):
        alone = (one(state, b), one(memory, b))
        expected = _plain_beam(toy, *alone, limit, beam_size, n_best, alpha, beta)
        _assert_outputs(decoded, b, expected, alpha, beta)


@pytest.mark.parametrize("end_bias", [-2.0, 0.0, 2.0])
def test_beam_of_one_is_greedy_search(end_bias):
    toy = Toy(n_symbols=6, end_bias=end_bias)
    sequences = toy.sequences(40)
    beam = beam_search(toy, *sequences, beam_size=1, **toy.settings(9))
    greedy = greedy_search(toy, *sequences, **toy.settings(9))
    for name in ("tokens", "lengths", "log_probabilities", "scores", "attention"):
        torch.testing.assert_close(getattr(beam, name), getattr(greedy, name))


def test_attention_has_a_row_for_each_symbol():
    toy = Toy(n_symbols=4)
    state, memory = toy.sequences(5)
    decoded = beam_search(toy, state, memory, beam_size=4, n_best=3, **toy.settings(6))
    assert decoded.attention.shape == (*decoded.tokens.shape, 3)
    for b in range(5):
        for rank, tokens in enumerate(_listed(decoded, b)):
            _, rows = walk(toy, one(state, b), one(memory, b), tokens)
            found = decoded.attention[b, rank]
            n = len(tokens)
            torch.testing.assert_close(found[:n], torch.stack(rows)[:n])
            assert (found[n:] == 0).all()
            assert (decoded.tokens[b, rank, n:] == toy.end).all()


@pytest.mark.parametrize(("alpha", "beta"), PENALTIES)
def test_the_answer_does_not_depend_on_the_neighbours(alpha, beta):
    toy = Toy(n_symbols=8, end_bias=1.0)
    state, memory = toy.sequences(40)
    limits = torch.arange(40) % 9 + 1

    def search(rows):
        return beam_search(
            toy, *select((state, memory), rows), beam_size=4, n_best=2, length_penalty=alpha,
            coverage_penalty=beta, **toy.settings(limits[rows]),
        )  # fmt: skip

    whole = search(torch.arange(40))
    for rows in (torch.arange(39, -1, -1), torch.tensor([7]), torch.tensor([30, 2, 30])):
        part = search(rows)
        for i, b in enumerate(rows.tolist()):
            assert _listed(part, i) == _listed(whole, b)
            torch.testing.assert_close(part.scores[i], whole.scores[b])
            n = part.tokens.shape[2]
            torch.testing.assert_close(part.attention[i], whole.attention[b, :, :n])


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_the_answer_does_not_depend_on_padding_of_the_source(beta):
    toy = Toy()
    state, (values, [mask]) = toy.sequences(6)
    longer = torch.cat([values, torch.full_like(values, 9.0)], dim=1)
    padded = torch.cat([mask, torch.zeros_like(mask)], dim=1)
    settings = {"beam_size": 3, "coverage_penalty": beta, **toy.settings(5)}
    decoded = beam_search(toy, state, (values, [mask]), **settings)
    other = beam_search(toy, state, (longer, [padded]), **settings)
    torch.testing.assert_close(other.scores, decoded.scores)
    assert torch.equal(other.tokens, decoded.tokens)
    torch.testing.assert_close(other.attention[..., :3], decoded.attention)
    assert (other.attention[..., 3:] == 0).all()


class Table:
    """The next symbol depends on the last one alone; keeps the number of rows of each call."""

    def __init__(self, rows):
        self.log_probs = torch.tensor(rows, dtype=torch.float64).log()
        self.n_rows = []

    def advance(self, tokens, state, memory):
        self.n_rows.append(len(tokens))
        return Advance(self.log_probs[tokens], state)


def _rows(n=1):
    return torch.zeros(n, 1)


def test_an_output_may_end_at_once():
    toy = Toy(end_bias=50.0)
    decoded = beam_search(toy, *toy.sequences(3), beam_size=3, **toy.settings(10))
    assert decoded.tokens.shape == (3, 1, 0)
    assert decoded.attention.shape == (3, 1, 0, 3)
    assert (decoded.lengths == 0).all()
    assert len(toy.calls) == 1
    torch.testing.assert_close(decoded.scores, torch.zeros(3, 1, dtype=torch.float64))


def test_stops_when_nothing_open_can_win_and_not_before():
    # 0 -> 0 with 0.5, an end with 0.3; after three steps 0.5^3 < 0.3 and no symbol can help.
    table = Table([[0.5, 0.2, 0.3], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.5, 0.2, 0.3]])
    settings = {"beam_size": 3, "start": 3, "end": 2, "max_steps": 1000}
    decoded = beam_search(table, _rows(), None, **settings)
    assert decoded.lengths.tolist() == [[0]]
    assert len(table.n_rows) == 2  # 0.3 >= 0.5 * 0.5
    # With alpha = 1 an output of n symbols has log(0.5^n 0.3) / ((6 + n) / 6): the longest of
    # all, cut off after 40 steps, is at 6 log 0.5 * 40 / 45; the empty one at log 0.3.
    table.n_rows.clear()
    decoded = beam_search(table, _rows(), None, **{**settings, "max_steps": 40}, length_penalty=1.0)
    bound = next(t for t in range(1, 41) if t * math.log(0.5) / (45 / 6) <= math.log(0.3))
    assert len(table.n_rows) == bound
    assert decoded.scores.item() == pytest.approx(math.log(0.3))


def test_fewer_outputs_than_asked_for_leave_empty_places():
    table = Table([[0.75, 0.25], [0.0, 1.0], [0.75, 0.25]])
    decoded = beam_search(table, _rows(), None, beam_size=5, n_best=4, start=2, end=1, max_steps=2)
    assert decoded.tokens.tolist() == [[[0, 0], [1, 1], [0, 1], [1, 1]]]
    assert decoded.lengths.tolist() == [[2, 0, 1, 0]]
    expected = torch.tensor([[0.5625, 0.25, 0.1875, 0.0]], dtype=torch.float64).log()
    torch.testing.assert_close(decoded.scores, expected)
    torch.testing.assert_close(decoded.log_probabilities, expected)


def test_what_is_impossible_is_never_found():
    table = Table([[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    decoded = beam_search(table, _rows(), None, beam_size=4, n_best=4, start=3, end=2, max_steps=4)
    assert _listed(decoded, 0)[:4] == [[0], [0, 1], [0, 1, 0], [0, 1, 0, 1]]


@pytest.mark.parametrize("n_symbols", [4, 200])
def test_of_equal_ones_the_lower_symbol_and_the_higher_beam_win(n_symbols):
    table = Table(torch.full((n_symbols + 1, n_symbols), 1 / n_symbols).tolist())
    settings = {"start": n_symbols, "end": n_symbols - 1, "beam_size": 3, "n_best": 3}
    decoded = beam_search(table, _rows(2), None, max_steps=1, **settings)
    assert decoded.tokens[:, :, 0].tolist() == [[0, 1, 2]] * 2
    decoded = beam_search(table, _rows(2), None, max_steps=2, **settings)
    assert decoded.tokens.tolist() == [[[0, 0], [0, 1], [0, 2]]] * 2


def test_sequences_leave_when_they_are_done_and_memory_is_never_repeated():
    toy = Toy(end_bias=-50.0)
    limits = torch.arange(40) // 10 * 2 + 1
    beam_search(toy, *toy.sequences(40), beam_size=3, **toy.settings(limits))
    memory_rows = [40, 30, 30, 20, 20, 10, 10]
    assert toy.calls[0] == (40, 40)  # one hypothesis at the start
    assert toy.calls[1:] == [(3 * n, n) for n in memory_rows[1:]]


def test_nothing_of_the_callers_is_changed():
    toy = Toy()
    state, memory = toy.sequences(5)
    before = [state["hidden"].clone(), memory[0].clone()]
    limits = torch.tensor([3, 1, 2, 3, 3])
    beam_search(toy, state, memory, beam_size=3, coverage_penalty=0.5, **toy.settings(limits))
    assert torch.equal(state["hidden"], before[0])
    assert torch.equal(memory[0], before[1])
    assert limits.tolist() == [3, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"beam_size": 0}, r"beam_size must be an integer >= 1, got 0\."),
        ({"beam_size": 2.0}, r"beam_size must be an integer >= 1, got 2\.0\."),
        ({"n_best": 0}, r"n_best must be an integer >= 1, got 0\."),
        ({"n_best": 4}, r"n_best=4 and beam_size=3: raise beam_size to 4 or more\."),
        ({"length_penalty": -1.0}, r"length_penalty must be a number >= 0, got -1\.0\."),
        ({"coverage_penalty": math.nan}, r"coverage_penalty must be a number >= 0, got nan\."),
        ({"max_steps": 0}, r"max_steps must be an integer >= 1, or .* shape \(2,\) .*, got 0\."),
        ({"max_steps": torch.tensor([1, 0])}, r"torch\.int64 of shape \(2,\): \[1, 0\]\."),
        ({"max_steps": torch.tensor([1, 2, 3])}, r"of shape \(3,\)"),
        ({"coverage_penalty": 0.5}, r"coverage_penalty=0\.5 needs attention, but the decoder has"),
    ],
)
def test_bad_settings(wrong, message):
    table = Table([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    settings = {"beam_size": 3, "start": 2, "end": 1, "max_steps": 3} | wrong
    with pytest.raises(ValueError, match=message):
        beam_search(table, _rows(2), None, **settings)


def test_rows_of_state_and_memory_must_be_the_sequences():
    toy = Toy()
    state, memory = toy.sequences(4)
    with pytest.raises(ValueError, match="state and memory have 4 and 8 rows: give one row for"):
        beam_search(toy, {"hidden": torch.zeros(8, 5)}, memory, beam_size=2, **toy.settings(3))
    with pytest.raises(ValueError, match="neither state nor memory holds a tensor"):
        beam_search(toy, None, (), beam_size=2, **toy.settings(3))
    with pytest.raises(TypeError, match="but a str stands in one of them"):
        beam_search(toy, state, "memory", beam_size=2, **toy.settings(3))
