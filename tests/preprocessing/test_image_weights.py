"""Networks by name and weights from files; nothing is downloaded."""

import importlib
import pickle
import socket
import sys
import types
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from sksequence import ImageFeaturizer


class Small(nn.Module):
    """Blocks whose names and sizes a file can miss, and a head that features do not need."""

    def __init__(self, n_channels=4, n_classes=3):
        super().__init__()
        self.conv = nn.Conv2d(3, n_channels, 3, stride=2)
        self.norm = nn.BatchNorm2d(n_channels)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(n_channels * 9, n_classes))

    def forward(self, x):
        return self.head(self.norm(self.conv(x)))


@pytest.fixture
def images():
    return np.random.default_rng(0).random((3, 7, 7, 3))


@pytest.fixture
def trained():
    """A network that some training has left different from any start."""
    network = Small()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for values in (*network.parameters(), network.norm.running_mean):
            values.normal_(generator=generator)
    return network


@pytest.fixture
def reference(trained, images):
    return ImageFeaturizer(trained, size=None).fit_transform(images)


@pytest.fixture
def shop(monkeypatch):
    """A torchvision with one network in it."""
    package, models = types.ModuleType("torchvision"), types.ModuleType("torchvision.models")
    models.asked = []

    def get_model(name, weights):
        models.asked.append((name, weights))
        return Small()

    models.get_model = get_model
    models.list_models = lambda module: ["small18", "small34"] if module is models else ["detector"]
    package.models = models
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    return models


# -- files of weights -----------------------------------------------------------------------


def _saved(state, path):
    if path.suffix == ".safetensors":
        pytest.importorskip("safetensors.torch").save_file(state, path)
    else:
        torch.save(state, path)
    return path


def _older(state):
    return {k: v for k, v in state.items() if "num_batches" not in k}


FORMS = {
    "plain": lambda state: state,
    "checkpoint": lambda state: {"epoch": 3, "state_dict": state},
    "parallel": lambda state: {"model": {f"module.{k}": v for k, v in state.items()}},
    "older": _older,
    "without the head": lambda state: {k: v for k, v in state.items() if "head" not in k},
    "for other classes": lambda state: {**state, "head.1.weight": torch.zeros(9, 36)},
    "in 16 bits": lambda state: {k: v.half() if v.is_floating_point() else v
                                 for k, v in state.items()},
    "with more": lambda state: {**state, "extra.weight": torch.zeros(2)},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_weights_come_from_the_file(form, trained, images, reference, tmp_path):
    path = _saved(FORMS[form](trained.state_dict()), tmp_path / "w.pth")
    rtol = 1e-2 if form == "in 16 bits" else 1e-6
    for weights in (path, str(path)):
        featurizer = ImageFeaturizer(Small(), weights=weights, size=None).fit(images)
        np.testing.assert_allclose(featurizer.transform(images), reference, rtol=rtol, atol=rtol)


def test_weights_come_from_safetensors(trained, images, reference, tmp_path):
    path = _saved(trained.state_dict(), tmp_path / "w.safetensors")
    featurizer = ImageFeaturizer(Small(), weights=path, size=None)
    np.testing.assert_array_equal(featurizer.fit_transform(images), reference)


def test_the_head_is_needed_where_it_is_taken(trained, images, tmp_path):
    path = _saved(FORMS["without the head"](trained.state_dict()), tmp_path / "w.pth")
    with pytest.raises(ValueError, match=r"head.1.weight \(3, 36\) is not there"):
        ImageFeaturizer(Small(), weights=path, size=None, layer="head").fit(images)


def test_weights_of_another_network_are_refused_with_both_shapes(images, tmp_path):
    path = _saved(Small(n_channels=5).state_dict(), tmp_path / "w.pth")
    with pytest.raises(ValueError) as error:
        ImageFeaturizer(Small(), weights=path, size=None).fit(images)
    text = str(error.value)
    assert "w.pth' does not fit the network Small" in text
    assert "conv.weight (4, 3, 3, 3) is (5, 3, 3, 3) there" in text
    assert "The file begins with conv.weight, conv.bias, norm.weight" in text


def test_a_missing_file_is_named(images, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone.pth.*Nothing is downloaded"):
        ImageFeaturizer(Small(), weights=tmp_path / "gone.pth", size=None).fit(images)


@pytest.mark.parametrize("content", ["network", "text", "list", "numbers", "cut"])
@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_a_file_that_is_not_weights_alone_is_refused_and_not_run(content, name, images, tmp_path):
    if name.endswith(".safetensors"):
        pytest.importorskip("safetensors")
    path = tmp_path / name
    if content == "text":
        path.write_text("weights")
    elif content == "cut":
        torch.save(Small().state_dict(), path)
        path.write_bytes(path.read_bytes()[:300])
    else:
        things = {"network": Small(), "list": [torch.ones(2)], "numbers": {"epoch": 3}}
        torch.save(things[content], path)
    with pytest.raises(ValueError, match=f"{name}' is no file of weights alone"):
        ImageFeaturizer(Small(), weights=path, size=None).fit(images)


def test_a_pickle_needs_no_file(trained, images, reference, tmp_path):
    path = _saved(trained.state_dict(), tmp_path / "w.pth")
    pickled = pickle.dumps(ImageFeaturizer(Small(), weights=path, size=None).fit(images))
    path.unlink()
    np.testing.assert_array_equal(pickle.loads(pickled).transform(images), reference)


# -- names ----------------------------------------------------------------------------------


def test_a_name_is_asked_of_torchvision_without_its_weights(
    shop, trained, images, reference, tmp_path
):
    path = _saved(trained.state_dict(), tmp_path / "w.pth")
    featurizer = ImageFeaturizer("small18", weights=path, size=None).fit(images)
    assert shop.asked == [("small18", None)]
    np.testing.assert_array_equal(featurizer.transform(images), reference)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(featurizer)).transform(images), reference
    )


def test_random_weights_warn_and_follow_the_random_state_alone(shop, images):
    before = torch.get_rng_state()
    made = []
    for seed in (0, 0, 1):
        featurizer = ImageFeaturizer("small18", size=None, random_state=seed)
        with pytest.warns(UserWarning, match="weights=None: 'small18' starts from random weights"):
            made.append(featurizer.fit(images).transform(images))
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.allclose(made[0], made[2])


def test_other_names_are_refused_with_those_that_are_like_them(shop, images):
    with pytest.raises(ValueError, match=r"no classifier of torchvision.*Did you mean 'small18'"):
        ImageFeaturizer("smal18").fit(images)
    with pytest.raises(ValueError, match="There are: small18, small34"):
        ImageFeaturizer("detector").fit(images)


def test_a_missing_torchvision_is_an_error_that_says_what_to_install(images, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(ImportError, match=r"not installed. Install the release") as error:
        ImageFeaturizer().fit(images)
    assert error.value.name == "torchvision"


def test_a_torchvision_that_does_not_load_is_told_from_a_missing_one(images, monkeypatch):
    def fail(name):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(ImportError, match=r"installed but does not load beside torch .*nms"):
        ImageFeaturizer().fit(images)


def test_the_real_resnet18_gives_what_torchvision_takes_from_it(tmp_path, monkeypatch):
    try:
        models = importlib.import_module("torchvision.models")
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"no torchvision that fits torch: {error}")

    def refuse(*args):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    before = torch.get_rng_state()
    network = models.resnet18(weights=None).eval()
    torch.set_rng_state(before)
    path = _saved(network.state_dict(), tmp_path / "resnet18.pth")
    images = np.random.default_rng(0).random((2, 64, 64, 3)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        featurizer = ImageFeaturizer(weights=path, size=64, output="grid").fit(images)
    grid = featurizer.transform(images)
    assert (featurizer.layer_, featurizer.grid_shape_, grid.shape) == (
        "layer4",
        (2, 2),
        (2, 4, 512),
    )
    network.fc = nn.Identity()
    pixels = (torch.tensor(images) - torch.tensor(featurizer.mean)) / torch.tensor(featurizer.std)
    with torch.inference_mode():
        pooled = network(pixels.permute(0, 3, 1, 2)).numpy()
    np.testing.assert_allclose(grid.mean(1), pooled, rtol=1e-4, atol=1e-5)
