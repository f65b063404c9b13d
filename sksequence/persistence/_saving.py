"""Write an estimator to a file that holds no code."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from sklearn.base import BaseEstimator

from sksequence import __version__
from sksequence.persistence import _objects, _plain, _tables
from sksequence.persistence._file import write_file
from sksequence.persistence._walk import Encoder

CODECS = (_plain, _objects, _tables)


def save(estimator: BaseEstimator, path: str | os.PathLike) -> None:
    """Write a fitted estimator to one file of arrays and plain values, without pickle.

    Parameters
    ----------
    estimator : estimator
        One of sksequence, or of scikit-learn with such inside: a pipeline, a column transformer,
        a voting classifier. It need not be fitted.
    path : path
        Of the file to write, for example ``"reviews.safetensors"``. A file of that name is
        replaced at the very end: if anything goes wrong before (the disk is full, the power
        fails), it is as it was.

    Raises
    ------
    TypeError
        If something in the estimator cannot be told in plain values: a function of yours, a class
        from elsewhere, a compiled part such as scikit-learn's trees. The message says where.
    ValueError
        If parts do not fit together, so that ``load`` would refuse the file: a parameter of the
        network was changed after ``fit``, say.
    OSError
        If the file cannot be written.
    ImportError
        If safetensors is missing.

    See Also
    --------
    load : Opens such a file.

    Notes
    -----
    The file has the format of safetensors [1]_: the arrays by name, and one more, ``state``, with
    everything else as JSON. It holds a checksum, the names of classes and no code. As in a pickle,
    weights that were trained in 32 bits are kept in 32 bits, and the file opens without a GPU.

    ``Pipeline(memory=...)`` names a folder of this machine, and is left out.

    References
    ----------
    .. [1] https://huggingface.co/docs/safetensors

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import sksequence
    >>> X = [[1.0, 2.0, 3.0], [3.0, 2.0], [1.0, 4.0]] * 5
    >>> classifier = sksequence.RNNClassifier(max_epochs=2).fit(X, ["up", "down", "up"] * 5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sksequence.save(classifier, Path(folder) / "trend.safetensors")
    ...     loaded = sksequence.load(Path(folder) / "trend.safetensors")
    >>> np.array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
    True
    """
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(f"save writes an estimator, got {estimator!r}.")
    name = type(estimator).__name__
    encoder = Encoder(CODECS)
    tree = encoder.encode(estimator, name)
    others = {package: version(package) for package in ("scikit-learn", "torch", "numpy")}
    about = {"class": name, "sksequence": __version__, **others}
    write_file(_regular(Path(path)), tree, encoder.arrays, about)


def _regular(path: Path) -> Path:
    """Where a link leads; a device that is there must not be replaced."""
    path = Path(os.path.realpath(path)) if os.path.islink(path) else path
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise OSError(f"{path} is no regular file, so it is not replaced: give another path.")
    return path
