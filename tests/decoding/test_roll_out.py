"""Numeric outputs: each sequence reads its own last output until it stops."""

import pytest
import torch

from sksequence.decoding import roll_out


class Growing:
    """y_t = 2 y_{t-1} + s; stops at 10 or above. Attends to step t of the memory."""

    def __init__(self):
        self.n_rows = []

    def advance_values(self, values, state, memory):
        self.n_rows.append(len(values))
        values = 2 * values + state["s"]
        stop = torch.where(values[:, 0] >= 10, 0.51, 0.5)
        state = {"s": state["s"], "t": state["t"] + 1}
        attention = torch.zeros(len(values), memory.shape[1])
        attention[:, int(state["t"][0]) - 1] = 1
        return values, stop, state, attention


def _start(offsets):
    n = len(offsets)
    state = {"s": torch.tensor(offsets)[:, None], "t": torch.zeros(n, dtype=torch.long)}
    return state, torch.zeros(n, 6)


def test_reads_its_own_output_until_it_stops_or_the_limit_comes():
    state, memory = _start([0.0, 1.0, 10.0, 0.0])
    first, limits = torch.ones(4, 1), torch.tensor([5, 5, 5, 2])
    result = roll_out(Growing(), state, memory, first=first, max_steps=limits)
    # 2 4 8 16 | 3 7 15 | 12 | 2 4
    assert result.values[:, :, 0].tolist() == [
        [2, 4, 8, 16], [3, 7, 15, 0], [12, 0, 0, 0], [2, 4, 0, 0]
    ]  # fmt: skip
    assert result.lengths.tolist() == [4, 3, 1, 2]
    assert result.attention.shape == (4, 4, 6)
    assert result.attention.sum(dim=2).tolist() == [
        [1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 0, 0]
    ]  # fmt: skip
    assert torch.equal(result.attention[0], torch.eye(6)[:4])


def test_given_lengths_count_and_nothing_else():
    state, memory = _start([0.0, 10.0])
    lengths = torch.tensor([1, 3])
    result = roll_out(Growing(), state, memory, first=torch.ones(2, 1), lengths=lengths)
    assert result.values[:, :, 0].tolist() == [[2, 0, 0], [12, 34, 78]]
    assert result.lengths.tolist() == [1, 3]


def test_sequences_leave_and_do_not_see_each_other():
    offsets = [float(i % 7) for i in range(32)]
    decoder = Growing()
    whole = roll_out(decoder, *_start(offsets), first=torch.ones(32, 1), max_steps=9)
    assert decoder.n_rows[0] == 32 > decoder.n_rows[-1]
    for b in (0, 5, 31):
        alone = roll_out(
            Growing(), *_start(offsets[b : b + 1]), first=torch.ones(1, 1), max_steps=9
        )
        n = int(alone.lengths[0])
        assert n == int(whole.lengths[b])
        assert torch.equal(alone.values[0], whole.values[b, :n])
        assert (whole.values[b, n:] == 0).all()


def test_without_attention():
    class Constant:
        def advance_values(self, values, state, memory):
            return values, None, state, None

    first = torch.arange(6.0).view(2, 3)
    result = roll_out(Constant(), None, None, first=first, lengths=torch.tensor([2, 1]))
    assert result.attention is None
    assert torch.equal(result.values[0], first[[0, 0]])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "must know when to stop: give max_steps or lengths"),
        ({"max_steps": 0}, "max_steps must be an integer >= 1"),
        ({"lengths": torch.tensor([1.0, 2.0])}, "lengths must be .* got torch.float32"),
        ({"max_steps": 3, "first": torch.ones(3, 1)}, "have 2 and 3 rows: give one row for each"),
    ],
)
def test_bad_settings(wrong, message):
    state, memory = _start([0.0, 1.0])
    with pytest.raises(ValueError, match=message):
        roll_out(Growing(), state, memory, **({"first": torch.ones(2, 1)} | wrong))
