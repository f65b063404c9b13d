"""What kind of sequences an estimator was fitted on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sksequence.inputs._channel import Channel
from sksequence.inputs._sequence_array import SequenceArray


@dataclass(frozen=True)
class ChannelSchema:
    """Kind and sizes of one channel."""

    kind: str
    shape: tuple[int, ...]
    n_tokens: int | None
    feature_names: tuple[str, ...] | None
    vocabulary_id: str | None = None
    vectors_id: str | None = None
    unknown_id: int | None = None

    @property
    def n_features(self) -> int:
        """Features of a numeric step, length of a vector, or 1."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class SequenceSchema:
    """The channels, their sizes and the length of the context that a network was built for."""

    channels: dict[str, ChannelSchema]
    n_context: int

    @classmethod
    def of(cls, X: SequenceArray) -> SequenceSchema:
        """The schema of a container."""
        channels = {name: _channel_schema(c) for name, c in cls.named_channels(X).items()}
        return cls(channels, 0 if X.context is None else X.context.shape[1])

    def with_any_vectors(self) -> SequenceSchema:
        """The same for a network with tables of its own, which reads the ids alone."""
        channels = {k: replace(c, vectors_id=None) for k, c in self.channels.items()}
        return replace(self, channels=channels)

    @staticmethod
    def named_channels(X: SequenceArray) -> dict[str, Channel]:
        """The channels by the names of the schema: the name of a lone one does not matter."""
        return {"values": X.only} if len(X.channels) == 1 else dict(X.channels)

    @property
    def n_features(self) -> int:
        """Features of all channels together."""
        return sum(c.n_features for c in self.channels.values())

    def check(self, X: SequenceArray, estimator_name: str, what: str = "X") -> None:
        """Raise ValueError unless `X` has the channels and sizes of this schema."""
        other = SequenceSchema.of(X)
        if list(other.channels) != list(self.channels):
            raise ValueError(
                f"{what} has the channels {list(other.channels)}, but {estimator_name} was fitted "
                f"on {list(self.channels)}: give the same channels in the same order."
            )
        for name, channel in self.channels.items():
            _compare(name, channel, other.channels[name], estimator_name, what)
        if other.n_context != self.n_context:
            raise ValueError(
                f"{what} has {_context(other.n_context)}, but {estimator_name} was fitted with "
                f"{_context(self.n_context)}: use {what}.with_context({_wanted(self.n_context)})."
            )


_SINGLE = (
    " A 2-D array is read as one univariate series a row: if it is one sequence, of shape "
    "(n_steps, n_features), put it in a list."
)


def _context(n: int) -> str:
    return f"a context of {n} value{'s' * (n != 1)}" if n else "no context"


def _wanted(n: int) -> str:
    return f"C) with C of shape (n_sequences, {n}" if n else "None"


def _channel_schema(channel) -> ChannelSchema:
    shape = channel.rows.shape[1:] if channel.kind == "numeric" else (channel.n_features,)
    return ChannelSchema(
        channel.kind,
        shape,
        channel.n_tokens,
        channel.feature_names,
        channel.vocabulary_id,
        channel.vectors_id,
        channel.unknown_id,
    )


def _compare(name, fitted: ChannelSchema, given: ChannelSchema, estimator_name, what):
    if given.kind != fitted.kind:
        raise ValueError(
            f"channel {name!r} holds {given.kind}, but {estimator_name} was fitted on "
            f"{fitted.kind}: use the same preprocessing in fit and predict."
        )
    if given.shape != fitted.shape and max(len(given.shape), len(fitted.shape)) > 1:
        raise ValueError(_other_frames(name, fitted.shape, given.shape, estimator_name, what))
    if given.shape != fitted.shape:
        univariate = given.kind == "numeric" and given.shape == (1,)
        raise ValueError(
            f"{what} has {given.n_features} features, but {estimator_name} is expecting "
            f"{fitted.n_features} features as input (channel {name!r}, each step)."
            + (_SINGLE if univariate and fitted.n_features > 1 else "")
        )
    names = fitted.feature_names, given.feature_names
    other = None not in names and names[0] != names[1]
    if other and fitted.n_tokens is not None:
        raise ValueError(
            f"the categories of {name!r} are {_some(names[1])}, but {estimator_name} was fitted "
            f"on {_some(names[0])}: make the column a pandas.Categorical with those categories."
        )
    if given.n_tokens != fitted.n_tokens:
        raise ValueError(
            f"{what} has a vocabulary of {given.n_tokens} symbols, but {estimator_name} was "
            f"fitted on {fitted.n_tokens}: encode it with the encoder that was fitted on the "
            "training data."
        )
    _compare_ids(name, fitted, given, estimator_name, what)
    if other:
        raise ValueError(
            f"the columns are {list(names[1])}, but {estimator_name} was fitted on "
            f"{list(names[0])}: give the same columns in the same order."
        )


def _other_frames(name, fitted: tuple, given: tuple, estimator_name, what) -> str:
    """The message about steps of another shape, where one of both is an image."""
    sizes = [math.prod(shape) for shape in (given, fitted)]
    shapes = [
        f"{shape}{f', {n} features' if sizes[0] != sizes[1] else ''}"
        for shape, n in zip((given, fitted), sizes, strict=True)
    ]
    told = (
        f"{what} has steps of shape {shapes[0]}, but {estimator_name} was fitted on steps of shape "
        f"{shapes[1]} (channel {name!r})"
    )
    wanted = ", ".join(map(str, ("n_steps", *fitted)))
    if len(fitted) > 1 and given == fitted[1:]:
        call = f"predict([{what}])" if what == "X" else f"[{what}]"
        return (
            f"{told}: if it is one sequence, of shape ({wanted}), put it in a list: {call}. An "
            "array alone is read as one sequence a row."
        )
    return f"{told}: give each sequence as an array of shape ({wanted})."


def _compare_ids(name, fitted: ChannelSchema, given: ChannelSchema, estimator_name, what):
    ids = fitted.vocabulary_id, given.vocabulary_id
    if None not in ids and ids[0] != ids[1]:
        raise ValueError(
            f"{what} was encoded with another vocabulary than {estimator_name} was fitted on "
            f"(channel {name!r}: both have {fitted.n_tokens} symbols, but expected the fingerprint "
            f"{ids[0][:8]}, got {ids[1][:8]}), so the same id stands for another token: encode it "
            "with the encoder that was fitted on the training data."
        )
    ids = fitted.vectors_id, given.vectors_id
    if None not in ids and ids[0] != ids[1]:
        raise ValueError(
            f"{what} has another table of vectors than {estimator_name} was fitted on (channel "
            f"{name!r}: expected the fingerprint {ids[0][:8]}, got {ids[1][:8]}), and with "
            "embedding_trainable=False they are looked up there: use the Word2VecEmbedder that was "
            "fitted on the training data, or fit again."
        )


def _some(names: tuple[str, ...], n: int = 8) -> str:
    return f"[{', '.join(names[:n])}{', ...' if len(names) > n else ''}]"
