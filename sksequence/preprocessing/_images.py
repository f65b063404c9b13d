"""Images -> feature vectors, by a network that was trained elsewhere."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from sksequence.preprocessing._image_reading import as_images, read_image
from sksequence.utils._random import make_generator
from sksequence.utils._sklearn import (
    Interval,
    SequenceOutputMixin,
    StrOptions,
    validate_parameter_constraints,
    wrap_table,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class ImageFeaturizer(SequenceOutputMixin, TransformerMixin, BaseEstimator):
    r"""Turn images into vectors, or grids of vectors, by a network trained elsewhere.

    An image :math:`I`, resized and scaled channel by channel, goes through the network :math:`f`
    up to one of its layers, whose feature map has a vector at each location :math:`l`:

    .. math::

        v_l = f_l\!\left(\frac{\mathrm{resize}(I) - \mu}{\sigma}\right),\qquad
        v = \frac{1}{L} \sum_{l=1}^{L} v_l

    Nothing is trained and nothing is ever downloaded: the weights are a file of yours.

    Parameters
    ----------
    model : str or torch.nn.Module, default="resnet18"
        The name of a classifier of torchvision, or a network itself: one of timm's
        (``timm.create_model("resnet18")``) or of your own, that takes images of shape
        ``(n_images, n_channels, n_rows, n_columns)``. It is copied, never changed.
    weights : path or None, default=None
        A file with the network's weights, a ``state_dict`` that torch saved (``.pth``, ``.pt``) or
        a ``.safetensors`` file. None takes a network object as it is; a name then stands for
        random weights, with a warning.
    layer : str or None, default=None
        The dotted name of the layer whose output is taken, as in ``model.named_modules()``. None:
        the last with a feature map of more than one location, or with tokens.
    output : {"vector", "grid"}, default="vector"
        ``"vector"``: the mean over all locations. ``"grid"``: the vector of each location.
    size : int, tuple (n_rows, n_columns) or None, default=224
        To which images are resized, in pixels (bilinear, antialiased). None leaves them as they
        are; all must then have the size of the first image of ``fit``.
    resize : {"stretch", "crop"}, default="stretch"
        ``"stretch"``: the whole image, its sides scaled independently, so that the grid covers it.
        ``"crop"``: scaled alike until it covers `size`, then cut out of the middle.
    mean, std : sequence of n_channels floats, default=those of ImageNet
        Subtracted from pixels between 0 and 1, and what the rest is divided by. Their number says
        how many channels an image has: 3 (red, green, blue), 1 (grey), or any other for arrays.
    batch_size : int, default=32
        Images that go through the network at a time; only these are in memory.
    device : str, default="auto"
        ``"auto"`` is CUDA where there is one, else the CPU.
    random_state : int, RandomState, Generator or None, default=None
        Draws random weights; unused where weights are given.

    Attributes
    ----------
    model_ : torch.nn.Module
        The network with its weights, ready to predict.
    layer_ : str
        The layer that is taken; ``""`` is the network as a whole.
    frame_shape_ : tuple (n_rows, n_columns, n_channels)
        Of an image as the network sees it.
    grid_shape_ : tuple (n_rows, n_columns) or None
        Of the feature map; None where the layer gives tokens or vectors. Which two of the three
        sides of a map are rows and columns is told by the proportions of the image.
    n_locations_ : int
        Vectors that the layer gives for an image; locations go row by row.
    n_features_out_ : int
        Length of a vector.

    See Also
    --------
    PerStep : Lifts transformers of rows over the steps of sequences.
    sksequence.layers.ImageEncoder : A small network that is trained with the rest.

    Notes
    -----
    - Files and Pillow images are turned upright as their EXIF data says and converted to the
      channels of `mean`. Arrays must have these channels: integers from 0 to 255 or floats from 0
      to 1, channels last.
    - After `layer` nothing is computed, and of modules that only come then the file of weights may
      lack the arrays, or have others (a classifier for other classes).
    - The network predicts: batch normalisation uses its stored statistics, so an image's features
      do not depend on its neighbours.
    - A pickle holds the weights as numpy arrays and needs neither the file of weights nor a GPU,
      but the package of the network's class. A network object that was given as `model` is held
      beside the fitted copy.

    Examples
    --------
    A small network of one's own, as it is:

    >>> import numpy as np
    >>> from torch import nn
    >>> from sksequence import ImageFeaturizer
    >>> network = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU())
    >>> images = np.zeros((5, 20, 30, 3), dtype=np.uint8)
    >>> ImageFeaturizer(network, size=16).fit_transform(images).shape
    (5, 8)
    >>> featurizer = ImageFeaturizer(network, size=16, output="grid").fit(images)
    >>> featurizer.transform(images).shape, featurizer.grid_shape_
    ((5, 64, 8), (8, 8))
    """

    _parameter_constraints: dict = {  # noqa: RUF012 (scikit-learn's own form)
        "weights": [str, os.PathLike, None],
        "layer": [str, None],
        "output": [StrOptions({"vector", "grid"})],
        "size": [Interval(Integral, 1, None, closed="left"), tuple, list, None],
        "resize": [StrOptions({"stretch", "crop"})],
        "mean": ["array-like"],
        "std": ["array-like"],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "device": [str],
    }

    def __init__(
        self,
        model: str | nn.Module = "resnet18",
        *,
        weights: str | os.PathLike | None = None,
        layer: str | None = None,
        output: str = "vector",
        size: int | tuple[int, int] | None = 224,
        resize: str = "stretch",
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        batch_size: int = 32,
        device: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.model = model
        self.weights = weights
        self.layer = layer
        self.output = output
        self.size = size
        self.resize = resize
        self.mean = mean
        self.std = std
        self.batch_size = batch_size
        self.device = device
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Load the network and try it; of the images only the first is read.

        Parameters
        ----------
        X : list, array, Series or one-column DataFrame of n_samples images
            Paths, Pillow images, or arrays of shape ``(n_rows, n_columns, n_channels)``, also one
            array of all of them.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ImportError
            If torchvision is needed and missing.
        FileNotFoundError
            If the file of weights, or the first image, is not there.
        ValueError
            If the weights do not fit the network, it has no such layer or does not take such
            images, or the first image cannot be read.
        """
        from sksequence.preprocessing._image_layers import choose_layer, walk_through
        from sksequence.preprocessing._image_weights import load_weights

        n_channels = self._check_parameters()
        images = as_images(X, n_channels, type(self).__name__)
        first = read_image(images[0], 0, n_channels)
        rows_columns = first.shape[:2] if self.size is None else _pair(self.size)
        frame_shape = (*rows_columns, n_channels)
        network = self._new_network()
        walk = walk_through(network, frame_shape)
        found = choose_layer(network, walk, self.layer, frame_shape)
        found.check_output(self.output)
        if self.weights is not None:
            load_weights(network, self.weights, walk.later_than(found.layer))
        self.model_, self._map, self.layer_ = network, found, found.layer
        self.frame_shape_, self.grid_shape_ = frame_shape, found.grid_shape
        self.n_locations_, self.n_features_out_ = found.n_locations, found.n_features
        return self

    def transform(self, X: Any) -> Any:
        """Run the images through the network.

        Parameters
        ----------
        X : list, array, Series or one-column DataFrame of n_samples images
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out_), or (n_samples, n_locations_, \
                n_features_out_), float32
            Vectors, in the container that ``set_output`` asks for; or grids.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            If an image is missing, cannot be read, or is none; it is named by its number.
        """
        check_is_fitted(self)
        n_channels = self._check_parameters()
        if n_channels != self.frame_shape_[2]:
            raise ValueError(
                f"mean and std have {n_channels} values, but fit saw images of "
                f"{self.frame_shape_[2]} channels: fit again."
            )
        self._map.check_output(self.output)
        images = as_images(X, n_channels, type(self).__name__)
        is_grid = self.output == "grid"
        shape = (self.n_locations_, self.n_features_out_) if is_grid else (self.n_features_out_,)
        features = np.empty((len(images), *shape), dtype=np.float32)
        for start in range(0, len(images), self.batch_size):
            rows = slice(start, start + self.batch_size)
            features[rows] = self._features(images[rows], start)
        return features if is_grid else wrap_table(features, X, self)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names for the features of a vector.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_features_out_,), object
            ``imagefeaturizer0``, ``imagefeaturizer1``, ...
        """
        check_is_fitted(self)
        name = type(self).__name__.lower()
        return np.asarray([f"{name}{i}" for i in range(self.n_features_out_)], dtype=object)

    def _check_parameters(self) -> int:
        """The number of channels, if all parameters are what they should be."""
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        mean, std = np.asarray(self.mean, dtype=float), np.asarray(self.std, dtype=float)
        if mean.ndim != 1 or mean.shape != std.shape or not len(mean) or not (std > 0).all():
            raise ValueError(
                "mean and std must hold one number for each channel, std above 0, got "
                f"mean={self.mean!r} and std={self.std!r}."
            )
        if isinstance(self.size, (tuple, list)) and not _is_pair(self.size):
            raise ValueError(
                "size must be a positive integer, a pair (n_rows, n_columns) of them, or None, "
                f"got {self.size!r}."
            )
        return len(mean)

    def _new_network(self) -> nn.Module:
        from torch import nn

        from sksequence.preprocessing._image_models import named_network

        if isinstance(self.model, nn.Module):
            return copy.deepcopy(self.model).cpu().float().eval()
        if not isinstance(self.model, str):
            raise TypeError(
                "model must be the name of a classifier of torchvision or a torch.nn.Module, got "
                f"{self.model!r}."
            )
        seed = int(make_generator(self.random_state).integers(2**63))
        network = named_network(self.model, seed).eval()
        if self.weights is None:
            warnings.warn(
                f"weights=None: {self.model!r} starts from random weights, so its features are "
                "those of an untrained network. Give the path of a file with weights (nothing is "
                "downloaded).",
                UserWarning,
                stacklevel=3,
            )
        return network

    def _features(self, images: Any, first: int) -> np.ndarray:
        """Features of one batch, whose first image is number `first`."""
        import torch

        from sksequence.preprocessing._image_layers import features_at
        from sksequence.preprocessing._image_models import choose_device

        device = choose_device(self.device)
        self.model_.to(device)  # a network from a pickle is on the CPU
        batch = [self._prepared(image, first + i) for i, image in enumerate(images)]
        mean, std = (torch.tensor(v, dtype=torch.float32) for v in (self.mean, self.std))
        with torch.inference_mode():
            pixels = torch.stack(batch).sub_(mean[:, None, None]).div_(std[:, None, None])
            values = features_at(self.model_, self.layer_, self._map.n_runs, pixels.to(device))
            return self._map.arranged(values, self.output).cpu().numpy()

    def _prepared(self, image: Any, i: int) -> Tensor:
        """An image in the size that the network sees, of shape (n_channels, n_rows, n_columns)."""
        from sksequence.preprocessing._image_models import resized

        n_rows, n_columns, n_channels = self.frame_shape_
        pixels = read_image(image, i, n_channels)
        if self.size is None and pixels.shape != self.frame_shape_:
            raise ValueError(
                f"image {i} has {pixels.shape[0]} x {pixels.shape[1]} pixels, but with size=None "
                f"all must have the {n_rows} x {n_columns} pixels of the first image of fit: set "
                "size."
            )
        return resized(pixels, (n_rows, n_columns), self.resize)

    def __getstate__(self) -> dict:
        state = dict(super().__getstate__())
        for name in ("model", "model_"):
            if hasattr(state.get(name), "named_modules"):
                from sksequence.preprocessing._image_weights import PortableNetwork

                state[name] = PortableNetwork(state[name])
        return state

    def __setstate__(self, state: dict) -> None:
        # a copy that went through no pickle still holds the wrapping
        super().__setstate__({k: getattr(v, "network_in_pickle", v) for k, v in state.items()})

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _pair(size: Any) -> tuple[int, int]:
    return (size, size) if isinstance(size, Integral) else tuple(size)


def _is_pair(size: Any) -> bool:
    return len(size) == 2 and all(isinstance(n, Integral) and int(n) >= 1 for n in size)
