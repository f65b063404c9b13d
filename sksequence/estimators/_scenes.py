"""What a captioner is given: vectors, grids or images, and captions, one or several each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from sksequence.estimators._containers import holds_text, is_missing
from sksequence.estimators._kinds import check_sequences_not_values
from sksequence.estimators._pixels import check_channels_last, same_range
from sksequence.estimators._sides import documents
from sksequence.inputs import SequenceArray, check_sequences

LENGTHS = "give vectors of one length, or a grid of vectors (n_locations, n_features) a sample"
FEATURIZE = "put ImageFeaturizer(output='grid') before it (output='vector' for one vector each)"


def read_scenes(X: Any, estimator: Any, what: str, reset: bool) -> SequenceArray:
    """Vectors, grids or images: a location is a step, of an image the whole is one.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), (n_samples, n_locations, n_features) or \
            (n_samples, n_rows, n_columns, n_channels), list of arrays, SequenceArray, DataFrame
    estimator : estimator with ``image_encoder``
        Named in messages; with `reset`, it gets ``n_features_in_``.
    what : str
        "X" or "X_val", for messages.
    reset : bool
        True in ``fit``.
    """
    name = type(estimator).__name__
    if isinstance(X, (str, bytes)):
        raise TypeError(f"{what} is one bare string ({X[:40]!r}), but {name} expected a list.")
    if holds_text(X):
        raise TypeError(
            f"{what} holds text, but {name} looks at numbers: vectors, grids of vectors or images. "
            f"For paths of image files, {FEATURIZE}; texts have to be encoded as vectors, or are "
            "read word by word with Seq2SeqTransformer."
        )
    check_sequences_not_values(X, what, name)
    n_dimensions = _dimensions(X)
    if estimator.image_encoder is not None:
        return _read_images(X, n_dimensions, estimator, what, reset)
    if n_dimensions == 4:
        raise ValueError(
            f"{what} holds images (each of {_first_shape(X)}), which {name} reads with "
            f"image_encoder='cnn'; or {FEATURIZE}."
        )
    if n_dimensions == 2:
        return _read_vectors(X, estimator, what, reset)
    scenes = check_sequences(X, estimator=estimator, reset=reset)
    _check_plain(scenes, name, what)
    return scenes


def _dimensions(X: Any) -> int:
    """Of an array of all samples, if they had as many locations."""
    if isinstance(X, SequenceArray):
        values = next(iter(X.channels.values())).values
        return 4 if values.ndim == 4 else 3
    if hasattr(X, "iloc") and X.ndim == 2:
        if X.index.nlevels == 2:
            return 3
        return 2 if X.shape[1] != 1 or X.dtypes.iloc[0].kind in "biuf" else 1 + _first_ndim(X)
    if isinstance(X, np.ndarray) and X.dtype != object:
        return X.ndim
    return 1 + _first_ndim(X) if isinstance(X, Iterable) else 0


def _first_ndim(X: Any) -> int:
    first = next(iter(documents(X)), None)
    return 2 if first is None else len(_shape(first))


def _first_shape(X: Any) -> str:
    values = X.values if isinstance(X, SequenceArray) else documents(X)
    return " x ".join(map(str, _shape(next(iter(values)))))


def _shape(sample: Any) -> tuple[int, ...]:
    try:
        return np.shape(sample)
    except ValueError:  # ragged; check_sequences says where
        return (len(sample), 1)


def _read_vectors(X, estimator, what, reset):
    """A table, a row a sample: one location each."""
    if (not hasattr(X, "iloc") and not isinstance(X, np.ndarray)) or _is_column(X):
        rows = list(documents(X))
        _check_alike([np.shape(row) for row in rows], what, "vector", LENGTHS)
        X = np.stack([np.asarray(row) for row in rows])
    table = validate_data(
        estimator, X, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite=False
    )
    scenes = SequenceArray(table, np.arange(len(table) + 1))
    return check_sequences(scenes, estimator=estimator, reset=False)


def _is_column(X) -> bool:
    """Whether each element is a whole sample."""
    return X.ndim == 1 or (X.shape[1] == 1 and np.ndim(next(iter(documents(X)))) > 0)


def _read_images(X, n_dimensions, estimator, what, reset):
    """Images of one size, each a sequence of one step."""
    name = type(estimator).__name__
    if n_dimensions != 4:
        raise ValueError(
            f"{name}(image_encoder='cnn') expected images, {what} of shape (n_images, n_rows, "
            f"n_columns, n_channels), but a sample has {max(0, n_dimensions - 1)} dimension(s): "
            "give grey images one channel, images[..., np.newaxis]; for vectors and grids, set "
            "image_encoder=None."
        )
    if isinstance(X, SequenceArray):
        frames, offsets = X.values, X.offsets
    else:
        if not isinstance(X, np.ndarray) or X.dtype == object:
            images = [np.asarray(image) for image in documents(X)]
            _check_alike([image.shape for image in images], what, "image", "resize them")
            X = np.stack(images)
        frames, offsets = X, np.arange(len(X) + 1)
    check_channels_last(frames, what)
    frames = same_range(frames, estimator, what, reset)
    fitted = None if reset else estimator.source_schema_.channels["values"].shape
    if fitted is not None and frames.shape[1:] != fitted:
        given, wanted = (" x ".join(map(str, shape)) for shape in (frames.shape[1:], fitted))
        raise ValueError(
            f"{what} holds images of {given}, but {name} was fitted on images of {wanted} (rows x "
            "columns x channels): resize them."
        )
    scenes = check_sequences(SequenceArray(frames, offsets), estimator=estimator, reset=reset)
    if scenes.lengths.max() > 1:
        raise ValueError(f"{what} holds several images a sample, but {name} looks at one.")
    return scenes


def _check_alike(shapes: list[tuple], what: str, thing: str, remedy: str) -> None:
    """Raise ValueError where one shape is not that of the first."""
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ValueError(
                f"{thing} {i} of {what} has the shape {shape}, but the first has {shapes[0]}: "
                f"{remedy}."
            )


def _check_plain(scenes, name, what):
    """Raise unless there is one channel of numbers and nothing beside it."""
    if len(scenes.channels) > 1 or scenes.only.kind != "numeric":
        held = [f"{key} ({c.kind})" for key, c in scenes.channels.items()]
        raise TypeError(
            f"{what} has the channels {', '.join(held)}, but {name} looks at one channel of "
            "numbers: for sequences of symbols use Seq2SeqTransformer."
        )
    if scenes.context is not None:
        raise ValueError(
            f"{what} carries a context vector, which {name} does not read: put it beside the "
            f"features, or remove it with {what}.with_context(None)."
        )


def list_captions(
    y: Any, what: str, as_text: bool | None = None, thing: str = "caption"
) -> tuple[list[list], bool]:
    """The captions of each sample as a list, and whether they are texts or token lists.

    Parameters
    ----------
    y : list, array, Series or DataFrame
        For each sample a text or a list of tokens, or a list of several of them. A DataFrame has
        a column for each; what is missing in a row that has others is left out.
    what : str
        "y" or "y_val", for messages.
    as_text : bool, default=None
        Whether the captions are texts, where that is known. None: a list of texts is a list of
        captions if one of them has a blank or another sample has a bare text, or in a DataFrame
        of several columns; else it is a list of tokens.
    thing : str, default="caption"
        What it is called in messages.

    Raises
    ------
    TypeError
        If a caption is neither.
    ValueError
        If a sample has no caption, or an empty or missing one (it is named).
    """
    if isinstance(y, (str, bytes)) or not isinstance(y, Iterable):
        raise TypeError(
            f"{what} must hold a {thing}, or a list of {thing}s, for each sample, got "
            f"{type(y).__name__}."
        )
    entries, columns = _entries(y)
    if as_text is None:
        as_text = (columns and any(map(_holds_text, entries))) or _are_texts(entries)
    captions = [_captions_of(entry, i, what, as_text, thing) for i, entry in enumerate(entries)]
    return captions, as_text


def _entries(y: Any) -> tuple[list, bool]:
    """What is there for each sample, and whether it came in several columns of a DataFrame."""
    if getattr(y, "ndim", 1) != 2 or y.shape[1] == 1:
        return [e.tolist() if isinstance(e, np.ndarray) else e for e in documents(y)], False
    if not hasattr(y, "iloc"):
        return y.tolist(), False
    return [[e for e in row if not is_missing(e)] for row in y.to_numpy(dtype=object)], True


def _holds_text(entry: list) -> bool:
    return any(isinstance(inner, str) for inner in entry)


def _are_texts(entries: list) -> bool:
    lists = [e for e in entries if isinstance(e, (list, tuple))]
    if any(isinstance(e, str) for e in entries):
        return True
    if any(isinstance(inner, (list, tuple, np.ndarray)) for e in lists for inner in e):
        return False
    return any(isinstance(inner, str) and len(inner.split()) > 1 for e in lists for inner in e)


def _captions_of(entry: Any, i: int, what: str, as_text: bool, thing: str) -> list:
    one = isinstance(entry, str) or is_missing(entry)
    if not as_text and isinstance(entry, (list, tuple)) and len(entry):
        one = all(isinstance(token, str) for token in entry)
    several = [entry] if one else entry
    if not isinstance(several, (list, tuple)):
        raise TypeError(f"{what}[{i}] is {entry!r}: expected a {thing} or a list of {thing}s.")
    if not len(several):
        raise ValueError(f"sample {i} of {what} has no {thing}: drop it (and the row of X).")
    for j, caption in enumerate(several):
        _check_caption(caption, f"{thing} {j} of sample {i} of {what}", as_text)
    return list(several)


def _check_caption(caption: Any, where: str, as_text: bool) -> None:
    if is_missing(caption):
        raise ValueError(f"{where} is missing ({caption!r}): drop it.")
    if as_text != isinstance(caption, str):
        kind = "a text" if as_text else "a list of tokens"
        raise TypeError(f"{where} is {caption!r}, but {kind} is expected, as in the others.")
    if not len(caption.strip() if as_text else caption):
        raise ValueError(f"{where} is empty: drop it.")
    if not as_text and not all(isinstance(token, str) for token in caption):
        raise TypeError(f"{where} is {caption!r}: a token is a text.")
