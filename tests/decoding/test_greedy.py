"""Greedy search follows the most probable symbol, each sequence as if it were alone."""

import pytest
import torch

from sksequence.decoding import Advance, greedy_search, select
from tests.decoding.toys import Toy, one, output, walk


def _followed(toy, state, memory, limit):
    """The output of one sequence, symbol by symbol."""
    tokens = []
    while len(tokens) < limit:
        symbol = int(walk(toy, state, memory, tokens)[0][-1].argmax())
        if symbol == toy.end:
            return output(toy, state, memory, tokens, ended=True)
        tokens.append(symbol)
    return output(toy, state, memory, tokens, ended=False)


def test_follows_the_most_probable_symbol_to_the_end_or_the_limit():
    toy = Toy(n_symbols=6, seed=2, end_bias=1.0)
    state, memory = toy.sequences(50)
    limits = torch.arange(50) % 12 + 1
    decoded = greedy_search(toy, state, memory, **toy.settings(limits))
    kinds = set()
    for b, limit in enumerate(limits.tolist()):
        expected = _followed(toy, one(state, b), one(memory, b), limit)
        n = len(expected.tokens)
        kinds.add(("empty" if n == 0 else "some", "cut" if n == limit else "ended"))
        assert decoded.lengths[b].tolist() == [n]
        assert decoded.tokens[b, 0, :n].tolist() == expected.tokens
        assert (decoded.tokens[b, 0, n:] == toy.end).all()
        assert decoded.log_probabilities[b, 0].item() == pytest.approx(expected.log_p)
        torch.testing.assert_close(decoded.attention[b, 0, :n], expected.attention[:n])
        assert (decoded.attention[b, 0, n:] == 0).all()
    assert kinds == {("empty", "ended"), ("some", "ended"), ("some", "cut")}
    assert torch.equal(decoded.scores, decoded.log_probabilities)
    assert decoded.tokens.shape == (50, 1, int(decoded.lengths.max()))


def test_the_answer_does_not_depend_on_the_neighbours():
    toy = Toy(n_symbols=6, end_bias=1.0)
    sequences = toy.sequences(40)
    whole = greedy_search(toy, *sequences, **toy.settings(9))
    for rows in (torch.arange(39, -1, -1), torch.tensor([7]), torch.tensor([30, 2, 30])):
        part = greedy_search(toy, *select(sequences, rows), **toy.settings(9))
        n = part.tokens.shape[2]
        assert torch.equal(part.tokens, whole.tokens[rows, :, :n])
        torch.testing.assert_close(part.scores, whole.scores[rows])


def test_of_equally_probable_symbols_the_lowest_wins():
    class Flat:
        def advance(self, tokens, state, memory):
            return Advance(torch.full((len(tokens), 500), -1.0), state)

    decoded = greedy_search(Flat(), torch.zeros(3, 1), None, start=500, end=499, max_steps=2)
    assert (decoded.tokens == 0).all()
    assert decoded.attention is None


def test_sequences_leave_when_they_are_done():
    toy = Toy(end_bias=-50.0)
    limits = torch.arange(40) // 10 * 2 + 1
    greedy_search(toy, *toy.sequences(40), **toy.settings(limits))
    assert toy.calls == [(n, n) for n in (40, 30, 30, 20, 20, 10, 10)]


def test_hardly_any_leaving_is_put_off():
    toy = Toy(end_bias=-50.0)
    limits = torch.full((40,), 4)
    limits[:5] = torch.tensor([1, 1, 1, 2, 3])  # three of 40 leave; then one of 37 waits
    greedy_search(toy, *toy.sequences(40), **toy.settings(limits))
    assert [n for n, _ in toy.calls] == [40, 37, 37, 37]


def test_no_gradient_is_kept():
    toy = Toy()
    toy.write.requires_grad_()
    decoded = greedy_search(toy, *toy.sequences(2), **toy.settings(3))
    assert not decoded.log_probabilities.requires_grad
    assert torch.is_grad_enabled()
