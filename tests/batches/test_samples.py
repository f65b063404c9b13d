"""A batch is what filling up by hand gives; an epoch holds every sequence once."""

import numpy as np
import pytest
import torch

from sksequence.batches import InputScaling, SequenceSamples
from sksequence.inputs import Channel, SequenceArray

TABLE = np.random.default_rng(5).normal(size=(7, 3))


def _data(n=50, seed=0, longest=9, shortest=1):
    """Sequences with a numeric channel, ids, ids with vectors, and a context."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(shortest, longest + 1, size=n)
    n_steps = lengths.sum()
    return SequenceArray(
        {
            "numbers": Channel(rng.normal(3.0, 2.0, size=(n_steps, 2))),
            "ids": Channel(rng.integers(0, 5, size=n_steps), n_tokens=5),
            "words": Channel(rng.integers(0, 7, size=n_steps), n_tokens=7, vectors=TABLE),
            "frames": Channel(rng.normal(size=(n_steps, 2, 3))),
        },
        np.append(0, np.cumsum(lengths)),
        context=rng.normal(size=(n, 2)),
    )


def _lengths(lengths, seed=0):
    """Sequences of these lengths."""
    values = np.random.default_rng(seed).normal(size=(sum(lengths), 1))
    return SequenceArray(values, np.append(0, np.cumsum(lengths)))


def _filled_up(arrays):
    """Arrays of different lengths in one, each repeating its last step."""
    longest = max(map(len, arrays))
    return np.stack([np.concatenate([a, a[-1:].repeat(longest - len(a), 0)]) for a in arrays])


@pytest.mark.parametrize("look_up", [False, True])
@pytest.mark.parametrize("lengths", ["ragged", "equal"])
def test_batch_equals_filling_up_by_hand(look_up, lengths):
    X = _data(shortest=9 if lengths == "equal" else 1)
    y, w = np.arange(50.0), np.arange(50.0) + 1
    samples = SequenceSamples(X, y, w, look_up=look_up, dtype=torch.float64)
    for positions in (np.array([7]), np.array([3, 40, 11]), np.arange(50)):
        batch = samples.batch(positions)
        assert len(batch) == len(positions)
        chosen = [X[i] for i in positions]
        for name, values in batch.inputs.items():
            arrays = [sequence[name] for sequence in chosen]
            if look_up and name == "words":
                arrays = [TABLE[ids] for ids in arrays]
            np.testing.assert_array_equal(values.numpy(), _filled_up(arrays))
        np.testing.assert_array_equal(batch.lengths, X.lengths[positions])
        np.testing.assert_array_equal(batch.context, X.context[positions])
        np.testing.assert_array_equal(batch.targets, y[positions])
        np.testing.assert_array_equal(batch.weights, w[positions])
        np.testing.assert_array_equal(batch.positions, positions)
        assert batch.n_steps == X.lengths[positions].max()
        assert batch.device == torch.device("cpu")


def test_mask_is_true_on_steps_that_exist():
    samples = SequenceSamples(_lengths([3, 1, 4]))
    batch = samples.batch(np.array([2, 0, 1]))
    assert batch.mask.tolist() == [
        [True, True, True, True],
        [True, True, True, False],
        [True, False, False, False],
    ]
    assert not batch.uniform
    assert not batch.continues


def test_uniform_says_whether_all_have_all_steps():
    samples = SequenceSamples(_lengths([3, 1, 3]))
    for positions, uniform in [([0, 2], True), ([1], True), ([0, 1], False)]:
        batch = samples.batch(np.array(positions))
        assert batch.uniform is uniform
        assert bool(batch.mask.all()) is uniform
    assert SequenceSamples(_lengths([3, 3, 3])).batch(np.arange(3)).uniform


def test_what_is_not_given_is_none():
    batch = SequenceSamples(_lengths([2, 1])).batch(np.arange(2))
    assert batch.context is batch.targets is batch.weights is None


# -- epochs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 500])
@pytest.mark.parametrize("batch_size", [1, 4, 32])
@pytest.mark.parametrize("shortest", [1, 9])
def test_epoch_holds_every_sequence_once(n, batch_size, shortest):
    samples = SequenceSamples(_data(n, shortest=shortest), batch_size=batch_size)
    batches = list(samples.batches(0, np.random.default_rng(0)))
    assert len(batches) == samples.n_batches == -(-n // batch_size)
    assert max(map(len, batches)) <= batch_size
    assert min(map(len, batches)) >= max(map(len, batches)) - 1
    positions = np.concatenate([batch.positions for batch in batches])
    np.testing.assert_array_equal(np.sort(positions), np.arange(n))


def test_epochs_differ_and_follow_the_generator():
    samples = SequenceSamples(_data(200), batch_size=8)

    def orders(seed, n_epochs=3):
        rng = np.random.default_rng(seed)
        return [
            np.concatenate([b.positions for b in samples.batches(e, rng)]).tolist()
            for e in range(n_epochs)
        ]

    state = np.random.get_state()[1].copy()
    first = orders(0)
    assert first == orders(0)
    assert first != orders(1)
    assert len({tuple(order) for order in first}) == 3
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("lengths", [[3] * 10, list(range(1, 11))])
def test_full_batch_keeps_the_order(lengths):
    for size in ("full", 10, 99):
        samples = SequenceSamples(_lengths(lengths), batch_size=size)
        (batch,) = samples.batches(0, np.random.default_rng(0))
        np.testing.assert_array_equal(batch.positions, np.arange(10))


def _padding(batches):
    steps = sum(len(b) * b.n_steps for b in batches)
    return 1 - sum(int(b.lengths.sum()) for b in batches) / steps


@pytest.mark.parametrize("n", [2000, 20_000])
def test_bucketing_leaves_little_padding(n):
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(3.9, 0.8, size=n).astype(int), 5, 400)
    samples = SequenceSamples(_lengths(lengths), batch_size=32)
    assert _padding(list(samples.batches(0, np.random.default_rng(1)))) < 0.05
    assert _padding(list(samples.ordered_batches())) < 0.1
    unsorted = [samples.batch(part) for part in np.array_split(np.arange(n), n // 32)]
    assert _padding(unsorted) > 0.5


def test_similar_lengths_do_not_always_meet():
    lengths = np.repeat(np.arange(1, 11), 64)
    samples = SequenceSamples(_lengths(lengths), batch_size=8)
    rng = np.random.default_rng(0)
    mates = {
        tuple(sorted(next(b.positions for b in samples.batches(e, rng) if 0 in b.positions)))
        for e in range(5)
    }
    assert len(mates) == 5


def test_ordered_batches_fall_in_length_and_stay_small():
    X = _data(300, longest=40)
    samples = SequenceSamples(X, batch_size=7)
    batches = list(samples.ordered_batches(n_steps=100))
    positions = np.concatenate([b.positions for b in batches])
    np.testing.assert_array_equal(np.sort(positions), np.arange(300))
    assert (np.diff(X.lengths[positions]) <= 0).all()
    assert max(len(b) * b.n_steps for b in batches) <= 100
    longest = list(SequenceSamples(_lengths([50, 3])).ordered_batches(n_steps=10))
    assert [len(b) for b in longest] == [1, 1]


@pytest.mark.parametrize("shortest", [1, 9])
def test_ordered_batches_hold_what_gathered_ones_hold(shortest):
    X = _data(60, shortest=shortest)
    samples = SequenceSamples(X, np.arange(60.0), look_up=True)
    for batch in samples.ordered_batches(n_steps=50):
        same = samples.batch(batch.positions)
        torch.testing.assert_close(batch.inputs, same.inputs, rtol=0, atol=0)
        for one, other in (
            (batch.lengths, same.lengths),
            (batch.context, same.context),
            (batch.targets, same.targets),
        ):
            assert torch.equal(one, other)


# -- types, sources, scaling ----------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numbers_have_the_dtype_and_ids_stay_integers(dtype):
    samples = SequenceSamples(_data(), np.arange(50.0), np.ones(50), dtype=dtype, look_up=True)
    batch = samples.batch(np.arange(4))
    for name in ("numbers", "words", "frames"):
        assert batch.inputs[name].dtype == dtype
    assert not batch.inputs["ids"].is_floating_point()
    assert batch.context.dtype == batch.targets.dtype == batch.weights.dtype == dtype
    classes = SequenceSamples(_data(), np.arange(50), dtype=dtype).batch(np.arange(4)).targets
    assert classes.dtype == torch.int64


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shortest", [1, 9])
def test_frozen_table_gives_vectors_over_their_root_mean_square(dtype, shortest):
    X = _data(shortest=shortest)
    scaling = InputScaling.fit(X)
    expected = TABLE / np.sqrt(np.mean(TABLE**2))
    samples = SequenceSamples(X, scaling=scaling, look_up=True, dtype=dtype)
    tolerance = 1e-6 if dtype == torch.float32 else 1e-14
    for batch in samples.batches(0, np.random.default_rng(0)):
        ids = _filled_up([X[i]["words"] for i in batch.positions])
        np.testing.assert_allclose(batch.inputs["words"], expected[ids], rtol=tolerance)
    assert np.sqrt(np.mean(TABLE**2)) == pytest.approx(scaling.vectors["words"])


def test_numbers_and_context_are_standardised():
    X = _data(400)
    samples = SequenceSamples(X, scaling=InputScaling.fit(X), dtype=torch.float64)
    batch = samples.batch(np.arange(400))
    numbers = batch.inputs["numbers"][batch.mask]
    for values in (numbers, batch.context):
        np.testing.assert_allclose(values.mean(0), 0, atol=1e-12)
        np.testing.assert_allclose(values.std(0, correction=0), 1)


def test_the_name_of_a_lone_channel_does_not_matter():
    values = np.random.default_rng(0).normal(5.0, 3.0, size=(6, 1))
    offsets = [0, 2, 6]
    named = SequenceArray({"pulse": Channel(values)}, offsets)
    bare = SequenceArray(values, offsets)
    for fitted in (named, bare):
        scaling = InputScaling.fit(fitted)
        one, other = (
            SequenceSamples(X, scaling=scaling).batch(np.arange(2)) for X in (named, bare)
        )
        assert list(one.inputs) == list(other.inputs)
        torch.testing.assert_close(one.inputs, other.inputs)
        assert float(one.inputs["values"].abs().max()) < 3


def _read_only(X, tmp_path):
    for array in (X.offsets, X.context, *(c.values for c in X.channels.values())):
        array.flags.writeable = False
    return X


def _mapped(X, tmp_path):
    import joblib

    joblib.dump(X, tmp_path / "X")
    return joblib.load(tmp_path / "X", mmap_mode="r")


@pytest.mark.parametrize("source", [_read_only, _mapped])
@pytest.mark.parametrize("scaled", [False, True])
def test_read_only_and_mapped_data_are_read_and_left_alone(source, scaled, tmp_path):
    X, original = source(_data(), tmp_path), _data()
    scaling = InputScaling.fit(X) if scaled else None
    plain = SequenceSamples(original, scaling=scaling, look_up=True)
    samples = SequenceSamples(X, scaling=scaling, look_up=True)
    batch, same = samples.batch(np.arange(50)), plain.batch(np.arange(50))
    torch.testing.assert_close(batch.inputs, same.inputs, rtol=0, atol=0)
    for name, channel in original.channels.items():
        np.testing.assert_array_equal(channel.values, X.channels[name].values)


def test_writing_into_a_batch_leaves_the_data_alone():
    for shortest in (1, 9):
        X, original = _data(shortest=shortest), _data(shortest=shortest)
        samples = SequenceSamples(X, look_up=True, dtype=torch.float64)
        for values in samples.batch(np.arange(50)).inputs.values():
            values.zero_()
        for name, channel in original.channels.items():
            np.testing.assert_array_equal(channel.values, X.channels[name].values)
        np.testing.assert_array_equal(X.channels["words"].vectors, TABLE)


WORDS = [[[3, 1], [2]], [[0, 0, 4, 1]], [[], [1], [2, 2]], [[], []]]


def _letters(words):
    flat = [word for sentence in words for word in sentence]
    channel = Channel(
        np.array([i for word in flat for i in word], dtype=int),
        n_tokens=5,
        item_offsets=np.append(0, np.cumsum([len(word) for word in flat])),
    )
    offsets = np.append(0, np.cumsum([len(sentence) for sentence in words]))
    return SequenceArray({"letters": channel, "one": Channel(np.arange(len(flat)))}, offsets)


@pytest.mark.parametrize(
    "words", [WORDS, [w[:1] for w in WORDS], [[[1, 2], [3]]] * 3, [[[]], [[]]]]
)
def test_steps_with_several_items_are_filled_up(words):
    samples = SequenceSamples(_letters(words), ragged=True)
    for positions in (np.arange(len(words)), np.array([1]), np.array([1, 0])):
        batch = samples.batch(positions)
        _check_letters(batch, [words[i] for i in positions])
    for batch in samples.ordered_batches(n_steps=3):
        _check_letters(batch, [words[i] for i in batch.positions])
    part = samples.part(np.array([0]), 0, 1)
    _check_letters(part, [words[0][:1]])


def _check_letters(batch, words):
    letters = batch.inputs["letters"]
    chosen = [word for sentence in words for word in sentence]
    assert letters.shape == (len(words), batch.n_steps, max(map(len, chosen)))
    for row, sentence in zip(letters.tolist(), words, strict=True):
        steps = [*sentence, *[sentence[-1]] * (len(row) - len(sentence))]
        for filled, word in zip(row, steps, strict=True):
            assert filled == word + [5] * (len(filled) - len(word))


def test_steps_with_several_items_are_for_those_who_ask():
    numbers = Channel(np.zeros(3), item_offsets=[0, 1, 3])
    with pytest.raises(ValueError, match=r"channel 'values' .*only RNNTagger reads"):
        SequenceSamples(SequenceArray({"letters": numbers}, [0, 2]), ragged=True)
    with pytest.raises(ValueError, match=r"channel 'letters' .* leave that channel out"):
        SequenceSamples(_letters(WORDS))


@pytest.mark.gpu
def test_batches_lie_on_the_device():
    X = _data()
    here = SequenceSamples(X, np.arange(50.0), look_up=True, batch_size=8)
    there = SequenceSamples(X, np.arange(50.0), look_up=True, batch_size=8, device="cuda")
    pairs = (s.batches(0, np.random.default_rng(0)) for s in (here, there))
    for one, other in zip(*pairs, strict=True):
        assert other.device.type == "cuda"
        assert other.mask.is_cuda
        torch.testing.assert_close(one.inputs, {k: v.cpu() for k, v in other.inputs.items()})
        torch.testing.assert_close(one.targets, other.targets.cpu())
