"""ImageFeaturizer: what it reads, what it gives, how it behaves in scikit-learn's tools."""

import copy
import doctest
import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from torch import nn

from sksequence import ImageFeaturizer

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "user_guide" / "images.rst"
PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


def _network(n_channels=3, seed=0):
    """Two blocks that halve the sides, batch norm with statistics of its own, a classifier."""
    before = torch.get_rng_state()
    torch.manual_seed(seed)
    network = nn.Sequential()
    network.add_module("conv", nn.Conv2d(n_channels, 6, 3, stride=2, padding=1))
    network.add_module("norm", nn.BatchNorm2d(6))
    network.add_module("relu", nn.ReLU(inplace=True))
    network.add_module("deep", nn.Conv2d(6, 8, 3, stride=2, padding=1))
    network.add_module("pool", nn.AdaptiveAvgPool2d(1))
    network.add_module("flat", nn.Flatten())
    network.add_module("head", nn.Linear(8, 4))
    network.norm.running_mean.normal_()
    network.norm.running_var.uniform_(0.5, 2.0)
    torch.set_rng_state(before)
    return network


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (7, 16, 24, 3), dtype=np.uint8)


@pytest.fixture
def files(images, tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image).save(path)
    return paths


# -- what comes out -------------------------------------------------------------------------


def test_features_are_those_of_the_network_run_by_hand(images):
    network = _network().eval()
    mean, std = np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.6, 0.7])
    pixels = torch.tensor((images / 255 - mean) / std, dtype=torch.float32).permute(0, 3, 1, 2)
    with torch.inference_mode():
        maps = network[:4](pixels).numpy()  # (7, 8, 4, 6)
        logits = network(pixels).numpy()
    settings = {"size": None, "mean": mean, "std": std}
    grid = ImageFeaturizer(network, output="grid", **settings).fit(images)
    assert (grid.layer_, grid.grid_shape_, grid.n_locations_) == ("deep", (4, 6), 24)
    assert (grid.n_features_out_, grid.frame_shape_) == (8, (16, 24, 3))
    found = grid.transform(images)
    assert (found.shape, found.dtype) == ((7, 24, 8), np.float32)
    for row in range(4):
        for column in range(6):
            np.testing.assert_allclose(
                found[:, 6 * row + column], maps[:, :, row, column], rtol=1e-5, atol=1e-5
            )
    vectors = ImageFeaturizer(network, **settings).fit_transform(images)
    np.testing.assert_allclose(vectors, maps.mean((2, 3)), rtol=1e-5, atol=1e-5)
    heads = ImageFeaturizer(network, layer="head", **settings).fit_transform(images)
    np.testing.assert_allclose(heads, logits, rtol=1e-5, atol=1e-5)


def test_an_image_does_not_know_its_neighbours_its_batch_or_its_container(images, files):
    featurizer = ImageFeaturizer(_network().double(), size=16, output="grid").fit(images)
    reference = featurizer.transform(images)
    floats = images.astype(np.float64) / 255
    pillows = [Image.fromarray(image) for image in images]
    mixed = [files[0], str(files[1]), pillows[2], *images[3:]]
    boxed = np.empty(7, dtype=object)
    boxed[:] = files
    series = pd.Series(list(map(str, files)), index=range(10, 17))
    every = [floats, images.astype(np.int64), list(images), files, pillows, mixed, boxed]
    every += [np.array(list(map(str, files))), series, series.to_frame("image"), tuple(files)]
    every += [np.array(list(map(str, files)))[:, np.newaxis]]
    for X in every:
        np.testing.assert_allclose(featurizer.transform(X), reference, rtol=1e-4, atol=1e-5)
    for batch_size in (1, 3, 100):
        again = featurizer.set_params(batch_size=batch_size).transform(images)
        np.testing.assert_allclose(again, reference, rtol=1e-4, atol=1e-5)
    back = featurizer.transform(images[::-1])[::-1]
    np.testing.assert_allclose(back, reference, rtol=1e-4, atol=1e-5)


def test_size_and_resize_say_which_part_of_the_image_is_seen():
    seen = nn.Sequential(nn.Identity())  # the pixels themselves
    columns = np.linspace(0, 1, 32)[np.newaxis, :, np.newaxis]
    image = np.broadcast_to(columns, (16, 32, 3)).astype(np.float32)  # brighter to the right

    def grid(**settings):
        featurizer = ImageFeaturizer(seen, output="grid", **PLAIN, **settings).fit([image])
        return featurizer.transform([image])[0].reshape(*featurizer.grid_shape_, 3)

    np.testing.assert_allclose(grid(size=None), image)
    np.testing.assert_allclose(grid(size=(16, 32)), image)
    stretched, cropped = grid(size=8), grid(size=8, resize="crop")
    assert stretched.shape == cropped.shape == (8, 8, 3)
    assert stretched[0, 0, 0] < 0.1 and stretched[0, -1, 0] > 0.9
    # 16 x 32 becomes 8 x 16, of which columns 4 .. 11 stay: the middle half
    assert 0.2 < cropped[0, 0, 0] < 0.3 and 0.7 < cropped[0, -1, 0] < 0.8
    np.testing.assert_allclose(stretched.mean(), 0.5, atol=1e-5)
    np.testing.assert_allclose(cropped.mean(), 0.5, atol=1e-5)
    large = grid(size=(32, 64), resize="crop")
    assert large.shape == (32, 64, 3)
    odd = grid(size=(7, 5), resize="crop")
    assert odd.shape == (7, 5, 3)


def test_resizing_is_that_of_pillow_but_for_its_rounding(images):
    featurizer = ImageFeaturizer(
        nn.Sequential(nn.Identity()), size=(9, 11), output="grid", **PLAIN
    ).fit(images)
    for image, grid in zip(images, featurizer.transform(images), strict=True):
        pillow = np.asarray(Image.fromarray(image).resize((11, 9), Image.Resampling.BILINEAR))
        np.testing.assert_allclose(grid.reshape(9, 11, 3), pillow / 255, atol=1.01 / 255)


def test_the_layer_is_the_last_feature_map_unless_named(images):
    def fitted(network, **settings):
        return ImageFeaturizer(network, size=16, **settings).fit(images)

    assert fitted(_network()).layer_ == "deep"
    shallow = fitted(_network(), layer="relu")
    assert (shallow.grid_shape_, shallow.n_features_out_) == ((8, 8), 6)
    assert fitted(_network()[:4]).layer_ == ""  # the network as a whole
    assert fitted(_network(), layer="flat").n_locations_ == 1


def test_tokens_and_channels_that_stand_last_are_understood():
    class Tokens(nn.Module):
        def forward(self, x):
            return x.flatten(2).transpose(1, 2)

    class ChannelsLast(nn.Module):
        def forward(self, x):
            return x.permute(0, 2, 3, 1)

    images = np.random.default_rng(0).random((3, 4, 6, 5))
    settings = {"size": None, "mean": [0] * 5, "std": [1] * 5, "output": "grid"}
    for module, grid_shape in ((Tokens(), None), (ChannelsLast(), (4, 6))):
        featurizer = ImageFeaturizer(nn.Sequential(module), layer="0", **settings).fit(images)
        assert featurizer.grid_shape_ == grid_shape
        np.testing.assert_allclose(
            featurizer.transform(images), images.reshape(3, 24, 5), rtol=1e-6
        )


def test_a_layer_that_runs_twice_counts_when_it_runs_last(images):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.same = nn.Hardtanh(-100, 100)

        def forward(self, x):
            return self.same(3 * self.same(x)).mean((2, 3))

    settings = {"size": None, "output": "grid", "layer": "same", **PLAIN}
    grid = ImageFeaturizer(Twice(), **settings).fit_transform(images)
    np.testing.assert_allclose(grid, 3 * (images.reshape(7, -1, 3) / 255), rtol=1e-5)


def test_nothing_after_the_layer_is_computed(images):
    class Loud(nn.Module):
        runs = 0

        def forward(self, x):
            Loud.runs += 1
            return x.mean((2, 3))

    featurizer = ImageFeaturizer(nn.Sequential(nn.Identity(), Loud()), size=8).fit(images)
    assert (featurizer.layer_, Loud.runs) == ("0", 1)
    featurizer.transform(images)
    assert Loud.runs == 1
    assert not any(module._forward_hooks for module in featurizer.model_.modules())


# -- files ----------------------------------------------------------------------------------


def _pixels(X, n_channels=3):
    seen = nn.Sequential(nn.Identity())
    featurizer = ImageFeaturizer(
        seen, size=None, output="grid", mean=[0] * n_channels, std=[1] * n_channels
    ).fit(X)
    return featurizer.transform(X)[0].reshape(featurizer.frame_shape_)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1"])
def test_files_of_any_kind_become_red_green_blue(mode, images, tmp_path):
    image = Image.fromarray(images[0]).convert(mode)
    path = tmp_path / ("x.tif" if mode == "CMYK" else "x.png")
    image.save(path)
    expected = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    np.testing.assert_allclose(_pixels([path]), expected, rtol=1e-6)


def test_grey_images_by_one_mean(images, tmp_path):
    path = tmp_path / "x.png"
    Image.fromarray(images[0]).save(path)
    grey = np.asarray(Image.fromarray(images[0]).convert("L"))
    for X in ([path], [grey], [grey[:, :, np.newaxis]], grey[np.newaxis]):
        np.testing.assert_allclose(_pixels(X, 1)[:, :, 0], grey / 255, rtol=1e-6)


def test_a_photograph_is_turned_upright(images, tmp_path):
    path = tmp_path / "x.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn clockwise by a quarter
    Image.fromarray(images[0]).save(path, exif=exif)
    expected = np.rot90(images[0], -1).astype(np.float32) / 255
    np.testing.assert_allclose(_pixels([path]), expected, rtol=1e-6)


# -- manners --------------------------------------------------------------------------------


def test_the_network_that_was_given_is_not_touched(images):
    network = _network().train()
    network.conv.weight.requires_grad_(False)
    before = pickle.dumps(network.state_dict())
    featurizer = ImageFeaturizer(network, size=8).fit(images)
    featurizer.transform(images)
    assert network.training and featurizer.model is network
    assert not featurizer.model_.training
    assert pickle.dumps(network.state_dict()) == before
    assert not any(module._forward_hooks for module in network.modules())
    with torch.no_grad():
        network.conv.weight.add_(1)
    assert not torch.equal(network.conv.weight, featurizer.model_.conv.weight)


@pytest.mark.parametrize("output", ["vector", "grid"])
def test_pickles_and_copies_answer_the_same(output, images):
    featurizer = ImageFeaturizer(_network(), size=8, output=output).fit(images)
    reference = featurizer.transform(images)
    for other in (
        pickle.loads(pickle.dumps(featurizer)),
        copy.deepcopy(featurizer),
        copy.copy(featurizer),
    ):
        np.testing.assert_array_equal(other.transform(images), reference)
        assert isinstance(other.model, nn.Module) and isinstance(other.model_, nn.Module)
        assert isinstance(other.model_.conv.weight, nn.Parameter)
    np.testing.assert_array_equal(featurizer.transform(images), reference)


def test_a_pickle_keeps_every_tensor_as_an_array(images, monkeypatch):
    network = _network()
    network.register_buffer("hidden", torch.arange(3.0), persistent=False)
    network.head.weight = network.flat.weight = nn.Parameter(torch.ones(4, 8), False)  # one, twice
    pickled = pickle.dumps(ImageFeaturizer(network, size=8).fit(images))
    monkeypatch.setattr(torch.storage, "_load_from_bytes", None)  # how torch opens its tensors
    opened = pickle.loads(pickled).model_
    assert opened.hidden.tolist() == [0, 1, 2] and "hidden" not in opened.state_dict()
    assert opened.head.weight is opened.flat.weight and not opened.head.weight.requires_grad
    assert opened.conv.weight.requires_grad
    for name, weights in network.state_dict().items():
        assert torch.equal(opened.state_dict()[name], weights)


def test_clones_and_settings(images):
    network = _network()
    featurizer = ImageFeaturizer(network, size=8, layer="relu").fit(images)
    fresh = clone(featurizer)
    assert not hasattr(fresh, "model_")
    np.testing.assert_array_equal(fresh.fit(images).transform(images), featurizer.transform(images))
    vectors = featurizer.transform(images)
    grid = featurizer.set_params(output="grid").transform(images)  # read at prediction
    np.testing.assert_allclose(grid.mean(1), vectors, rtol=1e-5, atol=1e-6)
    tags = get_tags(featurizer)
    assert not tags.input_tags.two_d_array


def test_in_a_pipeline_and_under_cross_validation(files):
    model = make_pipeline(ImageFeaturizer(_network(), size=8), LogisticRegression())
    y = np.array([0, 1, 0, 1, 0, 1, 0])
    assert model.fit(files, y).predict(files).shape == (7,)
    assert np.isfinite(cross_val_score(model, np.array(files), y, cv=3)).all()


def test_set_output_gives_data_frames_of_vectors_and_leaves_grids_alone(files):
    frame = pd.DataFrame({"image": files}, index=list("abcdefg"))
    featurizer = ImageFeaturizer(_network(), size=8).set_output(transform="pandas")
    table = featurizer.fit_transform(frame)
    assert list(table.index) == list("abcdefg")
    assert list(table.columns) == [f"imagefeaturizer{i}" for i in range(8)]
    assert list(featurizer.get_feature_names_out()) == list(table.columns)
    grid = featurizer.set_params(output="grid").transform(frame)
    assert isinstance(grid, np.ndarray) and grid.shape == (7, 4, 8)


def test_random_states_and_warnings_are_left_alone(images):
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), torch.is_grad_enabled()
    copied = images.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ImageFeaturizer(_network(), size=8).fit(images).transform(images)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()
    assert torch.is_grad_enabled() == before[2]
    assert (images == copied).all()


# -- what is refused ------------------------------------------------------------------------


def _error(X, kind=ValueError, fit_on=None, **settings):
    settings = {"model": _network(), "size": 8, **settings}
    featurizer = ImageFeaturizer(**settings)
    if fit_on is not None:
        featurizer.fit(fit_on)
    with pytest.raises(kind) as error:
        (featurizer.fit if fit_on is None else featurizer.transform)(X)
    return str(error.value)


def test_a_missing_file_is_named(images, files, tmp_path):
    text = _error([*files, tmp_path / "gone.png"], FileNotFoundError, fit_on=images)
    assert text.startswith("image 7 (") and "gone.png" in text and "not there" in text


def test_a_file_that_is_no_image_is_named_with_its_number_in_all_of_x(images, files, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    cut = tmp_path / "cut.png"
    cut.write_bytes(files[0].read_bytes()[:200])
    for path in (tmp_path / "text.png", cut, tmp_path):
        text = _error([*files, path], fit_on=images, batch_size=3)
        assert text.startswith("image 7 (") and path.name in text and "drop it" in text


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((4, 5)), r"must have the shape .*, 3\), got \(4, 5\). Repeat a grey"),
        (np.zeros((4, 5, 1)), r"got \(4, 5, 1\). Repeat a grey"),
        (np.zeros((4, 5, 4)), r"got \(4, 5, 4\). Drop the transparency"),
        (np.zeros((3, 4, 5)), r"got \(3, 4, 5\). Channels stand last"),
        (np.zeros((0, 5, 3)), r"got \(0, 5, 3\)"),
        (np.full((4, 5, 3), 200.0), "floats from 200 to 200, 0 to 1 were expected: divide by 255"),
        (np.full((4, 5, 3), -1.0), "0 to 1 were expected: scale them"),
        (np.full((4, 5, 3), np.nan), "NaN or infinity"),
        (np.full((4, 5, 3), 4000), "integers from 4000 to 4000, 0 to 255 were expected"),
    ],
)
def test_an_array_that_is_no_such_image_is_named(image, words, images):
    X = [images[0], images[1], image]
    featurizer = ImageFeaturizer(_network(), size=8).fit(X)
    with pytest.raises(ValueError, match=f"^image 2 .*{words}"):
        featurizer.transform(X)


def test_a_deep_image_would_be_cut_off(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000).save(path)
    assert "more than 8 bits" in _error([path])


def test_other_things_than_images(images, files):
    assert "give a list" in _error(str(files[0]), TypeError)
    assert "give a list" in _error(Image.fromarray(images[0]), TypeError)
    assert "dict" in _error({"a": 1}, TypeError)
    assert "X is empty" in _error([])
    assert "X[np.newaxis]" in _error(images[0])
    assert "np.repeat" in _error(images[..., 0])
    assert "(7, 3)" in _error(np.zeros((7, 3)))
    assert "one column" in _error(pd.DataFrame({"a": files, "b": files}))
    assert "one column" in _error(np.array([["a", "b"]], dtype=object))
    assert "image 0 must be a path" in _error([None], TypeError)
    assert "image 0 must be a path" in _error([b"raw"], TypeError)
    assert "dtype" in _error([np.array([["a"]])], TypeError)


def test_sizes_that_differ_without_a_size_are_named(images):
    text = _error([images[0], images[1][:, :20]], fit_on=images, size=None)
    assert "image 1 has 16 x 20 pixels" in text and "16 x 24" in text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"layer": "depp"}, "'depp' is no layer of the network. Did you mean 'deep'"),
        ({"layer": "head", "output": "grid"}, "'head' gives one vector for an image, no grid"),
        ({"mean": [0.5], "std": [0.5]}, "16, 24, 3). Images of 3 channels want mean and std of 3"),
        ({"mean": [0.5]}, "one number for each channel"),
        ({"std": [1, 0, 1]}, "one number for each channel"),
        ({"size": (8, 0)}, "size must be a positive integer, a pair"),
        ({"size": 0}, "'size' parameter"),
        ({"output": "map"}, "'output' parameter"),
        ({"device": "warp"}, "device='warp' is not to be had here"),
        ({"size": 1}, "more than one location: name one"),
    ],
)
def test_settings_that_do_not_fit_are_explained(settings, words, images):
    featurizer = ImageFeaturizer(**{"model": _network(), "size": 8, **settings})
    with pytest.raises(ValueError) as error:
        featurizer.fit(images).transform(images)
    assert words in str(error.value)


def test_images_that_the_network_does_not_take_are_an_error(files):
    text = _error(files, mean=[0.5], std=[0.5])
    assert "network Sequential does not take images of 1 channels and 8 x 8 pixels: " in text
    assert "expected input[2, 1, 8, 8] to have 3 channels" in text  # torch's own words


def test_a_layer_that_gives_no_feature_map_is_an_error(images):
    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.pair, self.flat, self.idle = Pair(), nn.Flatten(0), nn.Identity()

        def forward(self, x):
            return self.flat(self.pair(x)[0])

    assert "gives no array for 2 images" in _error(images, model=Odd(), layer="pair")
    assert "an array of shape (384,)" in _error(images, model=Odd(), layer="flat")
    assert "does not run in the network" in _error(images, model=Odd(), layer="idle")
    assert "model must be the name" in _error(images, TypeError, model=3)


def test_channels_changed_after_fit_are_an_error(images):
    featurizer = ImageFeaturizer(_network(), size=8).fit(images)
    with pytest.raises(ValueError, match="fit saw images of 3 channels: fit again"):
        featurizer.set_params(mean=[0], std=[1]).transform(images)


@pytest.mark.gpu
def test_on_a_gpu_and_back(images):
    reference = ImageFeaturizer(_network(), size=8, device="cpu").fit_transform(images)
    featurizer = ImageFeaturizer(_network(), size=8, device="cuda").fit(images)
    np.testing.assert_allclose(featurizer.transform(images), reference, rtol=1e-3, atol=1e-4)
    opened = pickle.loads(pickle.dumps(featurizer))
    assert opened.model_.conv.weight.device.type == "cpu"
    assert opened.set_params(device="cpu").transform(images).shape == reference.shape


def test_examples_of_the_guide_give_what_it_shows():
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    done = doctest.testfile(str(GUIDE), module_relative=False, optionflags=flags, encoding="utf-8")
    assert done.attempted > 10
    assert done.failed == 0
