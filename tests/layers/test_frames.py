"""Frames before the recurrence."""

import pickle

import numpy as np
import pytest
import torch

from sksequence import ImageFeaturizer, PerStep, RNNClassifier, RNNRegressor, SequenceArray
from sksequence.datasets import make_moving_shapes
from sksequence.inputs import Channel, SequenceSchema
from sksequence.layers import FrameNetwork, FrameStepEncoder
from sksequence.layers._frames import FEATURES
from sksequence.testing import check_sequence_estimator

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 7, size=24)
CLIPS = SequenceArray.from_list([RNG.normal(size=(n, 6, 5)) for n in LENGTHS])
LABELS = np.array(["no", "yes"])[np.arange(24) % 2]


def generator():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("shape", [(20, 20), (9, 7, 3), (1, 1), (33, 4)])
def test_each_frame_becomes_a_vector(shape):
    network = FrameNetwork(shape, generator())
    assert max(network.convolutions.grid_shape) <= 4
    frames = torch.randn(3, 5, *shape, generator=generator())
    values = network(frames)
    assert values.shape == (3, 5, FEATURES)
    alone = network(frames[1:2, 2:3])
    torch.testing.assert_close(alone[0, 0], values[1, 2])


def test_a_grey_frame_needs_no_axis_for_its_channel():
    network = FrameNetwork((8, 8), generator())
    frames = torch.randn(2, 3, 8, 8, generator=generator())
    torch.testing.assert_close(network(frames[..., None]), network(frames))


def test_other_channels_stand_beside():
    X = CLIPS.with_channel("speed", np.zeros((len(CLIPS.values), 2)))
    encoder = FrameStepEncoder(
        SequenceSchema.of(X).channels,
        generator(),
        embedding_size=4,
        embedding_trainable=True,
        n_gate_rows=8,
    )
    assert encoder.n_outputs == FEATURES + 2
    inputs = {"values": torch.randn(2, 3, 6, 5), "speed": torch.full((2, 3, 2), 7.0)}
    assert (encoder(inputs)[..., -2:] == 7.0).all()


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (SequenceArray.from_list([np.zeros((3, 2))] * 4), r"X has steps of shape \(2,\)"),
        (SequenceArray.from_list([[0, 1]] * 4, n_tokens=2), r"has symbols \(a vocabulary of 2\)"),
        (
            SequenceArray.from_list([[0, 1]] * 4, n_tokens=2, vectors=np.eye(2)),
            "X has symbols with vectors of 2 numbers",
        ),
        (
            SequenceArray.from_list([np.zeros((3, 2))] * 4).with_channel(
                "word", Channel([0] * 12, n_tokens=2)
            ),
            r"has steps of shape \(2,\) in channel 'values' and symbols .* in channel 'word'",
        ),
    ],
)
def test_steps_that_are_no_frames_are_refused(X, words):
    with pytest.raises(ValueError, match=words):
        RNNClassifier(frame_encoder="cnn").fit(X, [0, 1, 0, 1])


@pytest.mark.parametrize(
    "estimator",
    [
        RNNClassifier(frame_encoder="cnn", hidden_size=4, max_epochs=2, batch_size=9),
        RNNRegressor(frame_encoder="cnn", hidden_size=4, max_epochs=2, bidirectional=True),
    ],
)
def test_promise_is_kept(estimator):
    y = LABELS if isinstance(estimator, RNNClassifier) else RNG.normal(size=24)
    records = check_sequence_estimator(estimator, CLIPS, y, on_skip=None, on_fail=None)
    failed = {r["check_name"]: r["exception"] for r in records if r["status"] == "failed"}
    # of which the steps are numbers, not frames
    flat = {f"check_array[{c}]" for c in ("2-D array", "list of 1-D arrays", "wide DataFrame")}
    assert failed.keys() == flat
    assert all("reads steps of shape" in str(error) for error in failed.values())


def test_a_stream_of_frames_says_the_same():
    model = RNNClassifier(frame_encoder="cnn", hidden_size=4, max_epochs=1, random_state=0)
    model.fit(CLIPS, LABELS)
    stream = model.stream()
    for frame in CLIPS[3]:
        stream.step(frame)
    expected = model.predict_proba(CLIPS[3:4])[0]
    np.testing.assert_allclose(np.ravel(stream.predict_proba()), expected, atol=1e-6)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(CLIPS), model.predict_proba(CLIPS))


def test_it_tells_what_is_seen():
    """The shape in a clip, wherever it is."""
    clips, _, _, shapes = make_moving_shapes(240, return_shapes=True, random_state=0)
    model = RNNClassifier(
        frame_encoder="cnn", hidden_size=16, max_epochs=12, early_stopping=False, random_state=0
    )
    assert model.fit(clips[:180], shapes[:180]).score(clips[180:], shapes[180:]) > 0.8


def test_frames_through_a_featurizer():
    """Pretrained or not, a network for images is run once for each frame."""
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3, stride=2), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1)
    )
    clips = SequenceArray(RNG.random((len(CLIPS.values), 6, 5, 1)), CLIPS.offsets)
    featurizer = ImageFeaturizer(network, size=None, mean=(0.0,), std=(1.0,))
    X = PerStep(featurizer).fit_transform(clips)
    assert X.lengths.tolist() == LENGTHS.tolist()
    expected = network(torch.tensor(clips[2]).float().permute(0, 3, 1, 2)).flatten(1)
    np.testing.assert_allclose(X[2], expected.detach().numpy(), atol=1e-5)
