"""Open a file that ``save`` wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from sksequence import __version__
from sksequence.networks._saving import MisfitError
from sksequence.persistence import _objects, _plain, _tables
from sksequence.persistence._file import read_file
from sksequence.persistence._walk import DamagedError, Decoder, ForeignError, shortened

DECODERS = {**_plain.DECODERS, **_objects.DECODERS, **_tables.DECODERS}


def load(path: str | os.PathLike) -> Any:
    """Open an estimator that ``save`` wrote; nothing in the file is run.

    Parameters
    ----------
    path : path
        Of the file.

    Returns
    -------
    estimator
        On the CPU, with the same parameters, attributes and answers as the one that was saved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file was not written by ``save``, has a newer format, is cut short, was changed
        after it was written, names a class that is not known, or has parts that do not fit
        together: weights, parameters, classes, scalings, vocabularies.
    ImportError
        If safetensors is missing, or an optional package that the estimator needs.

    Warns
    -----
    sklearn.exceptions.InconsistentVersionWarning
        If a step of scikit-learn was saved under another version of it.

    See Also
    --------
    save : Writes such a file.

    Notes
    -----
    A file can name the estimators, cells and parts of sksequence, scikit-learn's estimators, and
    a fixed list of functions such as ``numpy.log1p``; from each only attributes are set. Nothing
    is imported by a name outside these lists, and no pickle is opened. Sizes that do not fit are
    refused, the network of huge ones before it is allocated. A file from a stranger can still hold
    wrong numbers in the right places: whether to believe its answers is another question.

    Examples
    --------
    See ``save``.
    """
    path = Path(path)
    tree, arrays, header = read_file(path)
    try:
        estimator = _decoded(tree, arrays)
    except ForeignError as error:
        raise ValueError(f"{str(path)!r} cannot be loaded: {error}.") from error
    except DamagedError as error:
        raise ValueError(f"{str(path)!r} cannot be loaded: {error}.{_remedy(header)}") from error
    except MisfitError as error:
        raise ValueError(
            f"{str(path)!r} cannot be loaded: its parts do not fit together, as no file of save's "
            f"is: {error}.{_remedy(header)}"
        ) from error
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # what a wrong description does to constructors has many types
        raise ValueError(
            f"{str(path)!r} cannot be loaded: its parts do not fit together, as if weights and "
            f"description came from different networks ({_short(error)}).{_remedy(header)}"
        ) from error
    if not isinstance(estimator, BaseEstimator):
        raise ValueError(f"{str(path)!r} holds no estimator but a {type(estimator).__name__}.")
    return estimator


def _decoded(tree: Any, arrays: dict) -> Any:
    decoder = Decoder(DECODERS, arrays)
    estimator = decoder.decode(tree)
    more = sorted(arrays.keys() - decoder.used)
    if more:
        raise DamagedError(
            f"it holds the array {shortened(more[0])}, which its description does not name"
        )
    return estimator


def _remedy(header: dict) -> str:
    written = header.get("sksequence", "an unknown version")
    if written == __version__:
        return (
            " Its header says that this version wrote it, so it was changed since then: get it "
            "again from whoever saved it, or save anew."
        )
    return f" It was written by sksequence {written}: load it with that version, or save anew."


def _short(error: Exception, width: int = 300) -> str:
    text = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return text if len(text) <= width else text[: width - 3] + "..."
