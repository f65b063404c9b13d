"""The small convolutional network: shapes, neighbours, starts, gradients, what it can learn."""

import numpy as np
import pytest
import torch
from torch import nn

from sksequence.layers import ImageEncoder


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _images(*shape, seed=1, dtype=torch.float32):
    return torch.rand(*shape, generator=_generator(seed), dtype=dtype)


# -- shapes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame_shape", "n_blocks", "grid_shape"),
    [
        ((64, 64, 3), None, (8, 8)),
        ((64, 64, 3), 2, (16, 16)),
        ((48, 64, 3), None, (6, 8)),
        ((28, 28, 1), None, (7, 7)),
        ((65, 33, 3), None, (5, 3)),
        ((65, 33, 3), 2, (17, 9)),
        ((224, 160, 3), None, (7, 5)),
        ((7, 5, 2), None, (4, 3)),
        ((3, 1, 1), 4, (1, 1)),
        ((1, 1, 4), None, (1, 1)),
    ],
)
def test_each_block_halves_the_sides_rounded_up(frame_shape, n_blocks, grid_shape):
    encoder = ImageEncoder(frame_shape, 16, _generator(), n_blocks)
    assert encoder.grid_shape == grid_shape
    assert encoder.n_locations == grid_shape[0] * grid_shape[1]
    assert encoder.n_outputs == 16
    grid = encoder(_images(2, *frame_shape))
    assert grid.shape == (2, encoder.n_locations, 16)
    assert torch.isfinite(grid).all()


@pytest.mark.parametrize("width", [1, 5, 8, 12, 50, 64, 130])
def test_any_width(width):
    encoder = ImageEncoder((20, 20, 3), width, _generator(), 3)
    assert encoder(_images(2, 20, 20, 3)).shape == (2, 9, width)


def test_no_images_are_no_grids():
    assert ImageEncoder((20, 20, 3), 8, _generator(), 2)(_images(0, 20, 20, 3)).shape == (0, 25, 8)


def test_steps_are_encoded_one_by_one_and_follow_one_another():
    encoder = ImageEncoder((16, 12, 3), 8, _generator(), 2)
    images = _images(4, 5, 16, 12, 3)
    grids = encoder(images)
    assert grids.shape == (4, 5 * encoder.n_locations, 8)
    for t in range(5):
        step = grids[:, t * encoder.n_locations : (t + 1) * encoder.n_locations]
        torch.testing.assert_close(step, encoder(images[:, t]))


def test_locations_go_row_by_row_over_the_image():
    # Without the normalisation, which spreads a change over the whole image, only the locations
    # whose windows of 7 x 7 pixels hold the pixel (row 13, column 3) move.
    encoder = ImageEncoder((16, 32, 1), 8, _generator(), 2).double()
    for block in encoder.blocks:
        block[1] = nn.Identity()
    image = _images(1, 16, 32, 1, dtype=torch.float64)
    other = image.clone()
    other[0, 13, 3] += 5
    moved = (encoder(image) != encoder(other)).any(2).reshape(encoder.grid_shape)
    rows, columns = moved.nonzero(as_tuple=True)
    assert moved[3, 1]  # rows 9 .. 15, columns 1 .. 7
    assert rows.min() == 3 and columns.max() == 1


def test_one_block_is_convolution_group_norm_and_relu_by_hand():
    encoder = ImageEncoder((5, 7, 2), 16, _generator(), 1).double()
    image = _images(1, 5, 7, 2, dtype=torch.float64)
    (convolution, _, _) = encoder.blocks[0]
    weight = convolution.weight.detach().numpy()  # (16, 2 channels and 2 of the place, 3, 3)
    places = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 7), indexing="ij")
    values = np.concatenate([image[0].numpy(), np.stack(places, axis=2)], axis=2)
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)))
    sums = np.empty((3, 4, 16))
    for row in range(3):
        for column in range(4):
            window = padded[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
            sums[row, column] = np.einsum("ocij,ijc->o", weight, window)
    groups = sums.reshape(12, 2, 8)  # two groups of eight channels
    centred = groups - groups.mean((0, 2), keepdims=True)
    expected = centred / np.sqrt(groups.var((0, 2), keepdims=True) + 1e-5)
    np.testing.assert_allclose(
        encoder(image)[0].detach(), np.maximum(expected.reshape(12, 16), 0), rtol=1e-6, atol=1e-7
    )


# -- the promise ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_an_image_does_not_know_its_neighbours(mode):
    encoder = getattr(ImageEncoder((30, 22, 3), 24, _generator(), 3).double(), mode)()
    images = _images(6, 30, 22, 3, dtype=torch.float64)
    together = encoder(images)
    images[:3] *= 100
    images[4:] = torch.nan
    torch.testing.assert_close(encoder(images)[3], together[3], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(encoder(images[3:4])[0], together[3], rtol=1e-12, atol=1e-12)


def test_contrast_and_brightness_do_not_blow_up():
    encoder = ImageEncoder((32, 32, 3), 32, _generator())
    image = _images(1, 32, 32, 3)
    bright, normal = encoder(255 * image), encoder(image)
    # what is normalised has unit variance, whatever came in
    assert 0.5 < float((bright.std() / normal.std()).detach()) < 2
    assert torch.isfinite(encoder(torch.zeros(1, 32, 32, 3))).all()


def test_the_start_follows_its_generator_alone():
    before = torch.random.get_rng_state()
    one, again, other = (ImageEncoder((16, 16, 3), 16, _generator(s)) for s in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    images = _images(2, 16, 16, 3)
    assert torch.equal(one(images), again(images))
    assert not torch.equal(one(images), other(images))


def test_the_start_is_as_wide_as_that_of_torch():
    ours = ImageEncoder((16, 16, 32), 64, _generator(), 1).blocks[0][0].weight
    before = torch.random.get_rng_state()
    theirs = nn.Conv2d(34, 64, 3).weight  # with the row and the column of a pixel
    torch.random.set_rng_state(before)
    assert ours.shape == theirs.shape
    assert float(ours.detach().std()) == pytest.approx(float(theirs.detach().std()), rel=0.02)


# -- learning -------------------------------------------------------------------------------


def test_gradient_equals_that_by_finite_differences():
    encoder = ImageEncoder((5, 4, 1), 8, _generator(), 2).double()
    images = _images(2, 5, 4, 1, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(encoder, images)
    names, weights = zip(*encoder.named_parameters(), strict=True)

    def of_weights(*values):
        return torch.func.functional_call(encoder, dict(zip(names, values, strict=True)), images)

    assert torch.autograd.gradcheck(of_weights, tuple(w.detach().requires_grad_() for w in weights))


def test_the_grid_says_where_a_cross_is():
    # one bright plus sign or hollow square at a random place, in noise; after a short training
    # a linear reading of each location tells where it is, and which of the two
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 0.3, (300, 16, 16, 1)).astype(np.float32)
    rows, columns, kinds = rng.integers(0, 4, 300), rng.integers(0, 4, 300), rng.integers(0, 2, 300)
    plus = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=np.float32)
    for image, row, column, kind in zip(images, 4 * rows, 4 * columns, kinds, strict=True):
        image[row : row + 3, column : column + 3, 0] += plus if kind else 1 - plus
    target = torch.tensor(2 * (4 * rows + columns) + kinds)
    X = torch.tensor(images)
    encoder = ImageEncoder((16, 16, 1), 16, _generator(), 2)
    assert encoder.grid_shape == (4, 4)
    read = torch.zeros(16, 2, requires_grad=True)
    optimizer = torch.optim.Adam([*encoder.parameters(), read], lr=0.01)
    for _ in range(60):
        scores = (encoder(X[:200]) @ read).flatten(1)  # (200, 16 places x 2 kinds)
        loss = nn.functional.cross_entropy(scores, target[:200])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = (encoder(X[200:]) @ read).flatten(1).argmax(1)
    assert float((found == target[200:]).double().mean()) > 0.95


# -- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3, 16, 12), (2, 16, 12), (16, 12, 3), (2, 12, 16, 3)])
def test_images_of_another_shape_are_an_error_that_says_both_shapes(shape):
    encoder = ImageEncoder((16, 12, 3), 8, _generator(), 1)
    with pytest.raises(ValueError, match=r"\(\.\.\., 16, 12, 3\).*got \(") as error:
        encoder(torch.zeros(shape))
    assert str(shape) in str(error.value)


@pytest.mark.parametrize(
    ("frame_shape", "width", "n_blocks", "words"),
    [
        ((16, 12), 8, 1, "frame_shape must be"),
        ((16, 0, 3), 8, None, "frame_shape must be"),
        ((16, 12, 3), 0, 1, "width must be"),
        ((16, 12, 3), 8, 0, "n_blocks must be"),
    ],
)
def test_sizes_that_make_no_network_are_named(frame_shape, width, n_blocks, words):
    with pytest.raises(ValueError, match=words):
        ImageEncoder(frame_shape, width, _generator(), n_blocks)


def test_left_can_be_told_from_right():
    rng = np.random.default_rng(0)
    images = torch.zeros(64, 16, 16, 1)
    columns = rng.integers(0, 16, size=64)
    images[torch.arange(64), rng.integers(0, 16, size=64), columns] = 1.0
    is_right = torch.from_numpy(columns >= 8).float()
    encoder = ImageEncoder((16, 16, 1), 16, _generator())
    head = nn.Linear(16, 1)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=0.02)
    for _ in range(150):
        logits = head(encoder(images).mean(dim=1))[:, 0]  # the mean knows no place of its own
        loss = nn.functional.binary_cross_entropy_with_logits(logits, is_right)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(((logits > 0) == (is_right > 0)).float().mean()) > 0.95
