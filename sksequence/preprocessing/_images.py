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
        Of the feature map; None where the layer gives tokens or vectors.
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
        "random_state": ["no_validation"],  # by make_generator
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
        from sksequence.preprocessing._image_models import choose_layer, load_weights, walk_through

        n_channels = self._check_parameters()
        images = as_images(X, n_channels, type(self).__name__)
        first = read_image(images[0], 0, n_channels)
        rows_columns = first.shape[:2] if self.size is None else _pair(self.size)
        frame_shape = (*rows_columns, n_channels)
        network = self._new_network()
        walk = walk_through(network, frame_shape)
        layer, shape = choose_layer(network, walk, self.layer)
        if len(shape) == 2 and self.output == "grid":
            raise ValueError(
                f"layer={layer!r} gives one vector of {shape[1]} features for an image, no grid: "
                "choose output='vector', or a layer with a feature map."
            )
        if self.weights is not None:
            load_weights(network, self.weights, walk.later_than(layer))
        self.model_, self.layer_, self.frame_shape_ = network, layer, frame_shape
        self._n_runs = walk.n_runs(layer)
        self.grid_shape_ = shape[2:] if len(shape) == 4 else None
        self.n_features_out_ = shape[2] if len(shape) == 3 else shape[1]
        self.n_locations_ = int(np.prod(shape[1:])) // self.n_features_out_
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
        self._check_parameters()
        images = as_images(X, self.frame_shape_[2], type(self).__name__)
        shape = (self.n_locations_, self.n_features_out_) if self.output == "grid" else (-1,)
        features = self._features(images)
        if self.output == "grid":
            return features.reshape(len(images), *shape)
        return wrap_table(features, X, self)

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
