"""What the labels say is what the pixels do."""

from collections import Counter

import numpy as np
import pytest

from sksequence.datasets import make_moving_shapes

STEPS = {"down": (1, 0), "left": (0, -1), "right": (0, 1), "up": (-1, 0), "still": (0, 0)}


def corners(clip: np.ndarray) -> np.ndarray:
    """The first row and column with ink of each frame of a clip without noise."""
    return np.array([[frame.any(axis=1).argmax(), frame.any(axis=0).argmax()] for frame in clip])


def test_every_frame_has_gone_where_its_label_says():
    X, clip_labels, frame_labels = make_moving_shapes(80, noise=0, random_state=0)
    for clip, direction, labels in zip(X, clip_labels, frame_labels, strict=True):
        assert len(labels) == len(clip)
        assert labels[0] == "still"
        assert set(labels[1:].tolist()) - {"still"} == {direction}
        steps = np.array([STEPS[label] for label in labels[1:]])
        np.testing.assert_array_equal(np.diff(corners(clip), axis=0), steps)


def test_shapes_keep_their_form_and_never_leave_the_frame():
    X, _, _, shapes = make_moving_shapes(60, noise=0, radius=4, return_shapes=True, random_state=1)
    n_pixels = {"circle": 49, "square": 81, "triangle": 41}  # points of the grid, by hand
    for clip, shape in zip(X, shapes, strict=True):
        assert set(np.unique(clip)) == {0, 1}
        assert set(clip.sum(axis=(1, 2)).tolist()) == {n_pixels[shape]}
    assert set(shapes.tolist()) == set(n_pixels)


def test_sizes():
    X, clip_labels, frame_labels = make_moving_shapes(
        150, min_frames=3, max_frames=5, height=12, width=15, random_state=0
    )
    assert X.values.shape[1:] == (12, 15)
    assert X.values.dtype == np.float32
    assert set(X.lengths.tolist()) == {3, 4, 5}
    assert len(X) == len(clip_labels) == len(frame_labels) == 150


def test_the_tightest_frame_is_wide_enough():
    X, _, labels = make_moving_shapes(
        60, min_frames=9, max_frames=9, height=15, width=15, pause=0, noise=0, random_state=0
    )
    assert all((label[1:] != "still").all() for label in labels)
    assert all(len(set(clip.sum(axis=(1, 2)).tolist())) == 1 for clip in X)


def test_pauses_directions_and_shapes_have_their_shares():
    X, clip_labels, frame_labels, shapes = make_moving_shapes(
        1200, pause=0.4, noise=0, height=14, width=14, radius=1, return_shapes=True, random_state=0
    )
    assert all(240 < n < 360 for n in Counter(clip_labels.tolist()).values())
    assert all(330 < n < 470 for n in Counter(shapes.tolist()).values())
    # One of the n - 1 later frames moves for sure, and each of the others with 1 - pause.
    expected = (1 + 0.6 * (X.lengths - 2)).sum() / (X.lengths - 1).sum()
    moving = np.mean([label != "still" for labels in frame_labels for label in labels[1:]])
    assert moving == pytest.approx(expected, abs=4 * np.sqrt(0.24 / (X.lengths - 1).sum()))


def test_a_shape_that_only_rests_moves_once():
    _, _, frame_labels = make_moving_shapes(30, pause=1, random_state=0)
    assert all((labels != "still").sum() == 1 for labels in frame_labels)


def test_noise_is_added_and_has_its_size():
    noisy = make_moving_shapes(50, noise=0.2, random_state=5)
    clean = make_moving_shapes(50, noise=0, random_state=5)
    difference = noisy[0].values - clean[0].values
    assert difference.std() == pytest.approx(0.2, rel=0.02)
    assert abs(difference.mean()) < 4 * 0.2 / np.sqrt(difference.size)
    assert noisy[1].tolist() == clean[1].tolist()


def test_one_frame_does_not_tell_the_direction():
    """Frames look alike whatever the direction, but for the place: chance among four is 25 %."""
    from sklearn.linear_model import LogisticRegression

    X, y, _ = make_moving_shapes(400, noise=0, random_state=0)
    middle = np.stack([clip[len(clip) // 2].ravel() for clip in X])
    centres = [
        np.argwhere(middle[y == direction].any(axis=0).reshape(20, 20)).mean(axis=0)
        for direction in np.unique(y)
    ]
    assert all(np.abs(centre - 9.5).max() < 1 for centre in centres)
    model = LogisticRegression(max_iter=200).fit(middle[:300], y[:300])
    assert model.score(middle[300:], y[300:]) < 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_frames": 1}, "min_frames must be at least 2, a movement needs two, got 1"),
        ({"max_frames": 5}, "max_frames must be at least 6, which is min_frames, got 5"),
        ({"width": 17}, r"width must be at least 18, 2 \* radius \+ max_frames, got 17"),
        ({"height": 17}, "height must be at least 18"),
        ({"radius": 0}, "radius must be at least 1"),
        ({"pause": 2}, "pause must lie in"),
        ({"noise": -1}, "noise must lie in"),
    ],
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make_moving_shapes(3, **options)


def test_seeds_are_private_and_repeat():
    before = np.random.get_state()[1].copy()
    first, again, other = (make_moving_shapes(20, random_state=seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(first.offsets, again.offsets)
    assert not np.array_equal(first.lengths, other.lengths)
    assert not np.array_equal(make_moving_shapes(20)[0].lengths, other.lengths)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
