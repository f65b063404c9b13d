"""A fitted network, step by step."""

from __future__ import annotations

from sys import float_info
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sksequence.estimators._prediction import step_work
from sksequence.estimators._stream_memory import SteppedNetwork
from sksequence.estimators._stream_steps import StepReader, all_within, as_sequences
from sksequence.inputs import SequenceArray, check_sequences
from sksequence.training import threads
from sksequence.utils._available import available_if


def _gives_probabilities(stream: SequenceStream) -> None:
    if not hasattr(stream._estimator.task_, "probabilities"):
        raise AttributeError(
            f"a stream of {type(stream._estimator).__name__} has no predict_proba: it predicts "
            "numbers."
        )


class SequenceStream:
    """Sequences that arrive step by step, and the answer after each step.

    Made by ``RNNClassifier.stream`` and ``RNNRegressor.stream``. After every step the answer is
    that of ``predict`` for all steps so far, but a step costs the same however many came
    before. The estimator is only read.

    Parameters
    ----------
    estimator : RNNClassifier or RNNRegressor
        Fitted, and not bidirectional.
    n_sequences : int or None, default=None
        Sequences that go on side by side. None: one, without an axis for it.
    context : array-like of shape (n_sequences, n_context), default=None
        The context of each sequence, where the estimator was fitted with one.
    transformer : object with ``transform``, default=None
        Makes of what comes what the estimator reads: of a fitted pipeline ``pipeline[:-1]``. It
        sees the new steps alone.

    Attributes
    ----------
    state : dict of str to ndarray
    n_steps : int or ndarray of shape (n_sequences,)

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=n) for n in rng.integers(3, 9, size=80)]
    >>> y = [x.sum() for x in X]
    >>> regressor = RNNRegressor(hidden_size=8, max_epochs=3, random_state=0).fit(X, y)
    >>> stream = regressor.stream()
    >>> answers = [stream.step(value) for value in X[0]]
    >>> np.allclose(answers[-1], regressor.predict(X[:1])[0], atol=1e-5)
    True
    >>> stream
    SequenceStream(RNNRegressor, n_steps=8)
    """

    def __init__(
        self,
        estimator: Any,
        n_sequences: int | None = None,
        *,
        context: Any = None,
        transformer: Any = None,
    ):
        self._estimator = _as_it_is(estimator)
        _refuse_bidirectional(estimator)
        self._n_sequences = _check_number(n_sequences)
        self._transformer = _check_transformer(transformer)
        self._n = 1 if n_sequences is None else self._n_sequences
        self._network = SteppedNetwork(estimator.network_)
        self._reader = _reader(estimator, self._n_sequences)
        self._work = step_work(estimator.network_.spec, "full", self._n)
        self._set_context(self._reader.context(context, self._n))
        self._steps = np.zeros(self._n, dtype=np.int64)
        self._all_begun = False
        zeros = self._reader.zeros(self._n, self._network.dtype, self._network.device)
        with torch.inference_mode():  # one step, to see the shapes of the memory
            self._memory = self._network.advance(zeros, None, self._context).map(torch.zeros_like)

    # -- use ----------------------------------------------------------------------------------

    @property
    def n_steps(self) -> int | np.ndarray:
        """Steps read so far, of each sequence."""
        return int(self._steps[0]) if self._n_sequences is None else self._steps.copy()

    def step(self, x: Any) -> Any:
        """Read the next step and answer.

        Parameters
        ----------
        x : number, array-like, dict or SequenceArray
            One step, as one row of the data of ``fit``: a number, features of shape
            ``(n_features,)``, the id of a symbol, or a dict of channels (or of columns, such as
            a row of a DataFrame). With `n_sequences`, one for each sequence:
            ``(n_sequences, n_features)``. With a `transformer` what it takes as a step: a word.
            A SequenceArray holds any number of next steps of each sequence, also none.

        Returns
        -------
        label, number or ndarray
            What ``predict`` of the estimator gives for the steps so far, with an axis for
            sequences if the stream has `n_sequences`.

        Raises
        ------
        TypeError, ValueError
            If the step is not what the estimator was fitted on; it is not read then.
        """
        before = self._memory, self._steps, self._all_begun
        try:
            self.read(x)
            return self.predict()
        except Exception:
            self._memory, self._steps, self._all_begun = before
            raise

    def read(self, x: Any) -> None:
        """Read the next step without an answer, such as a history.

        Parameters
        ----------
        x : number, array-like, dict or SequenceArray
            As of ``step``.

        Raises
        ------
        TypeError, ValueError
            If the step is not what the estimator was fitted on.
        """
        if self._transformer is not None:
            x = self._transformer.transform(as_sequences(x, self._n_sequences))
            if not isinstance(x, SequenceArray):
                x = check_sequences(x)
        network, lengths = self._network, None
        if isinstance(x, SequenceArray):
            inputs, lengths = _chunk(self._estimator, x, self._given_context)
        else:
            inputs = self._reader.read(x, network.dtype, network.device)
        network.check_times(inputs, self._memory, self._steps > 0)
        with torch.inference_mode(), threads(self._work):
            if lengths is None and self._all_begun:
                self._memory = network.advance(inputs, self._memory, self._context)
                self._steps = self._steps + 1
                return
            lengths = np.ones(self._n, dtype=int) if lengths is None else lengths
            self._memory = network.advance_apart(
                inputs, self._memory, self._context, self._steps > 0, lengths
            )
        self._steps = self._steps + lengths
        self._all_begun = bool(self._steps.all())

    def predict(self) -> Any:
        """The answer for the steps so far.

        Returns
        -------
        label, number or ndarray
            As of ``step``.

        Raises
        ------
        ValueError
            If a sequence has no step yet.
        """
        task = self._estimator.task_
        with torch.inference_mode():
            outputs = self._outputs()
            if hasattr(task, "probabilities"):
                outputs = task.probabilities(outputs)
            answer = task.decode(outputs.numpy())
        if getattr(self._estimator, "_one_target", False):
            answer = answer[:, 0]
        return _without_axis(answer, self._n_sequences)

    @available_if(_gives_probabilities)
    def predict_proba(self) -> np.ndarray:
        """The probability of each class after the steps so far.

        Returns
        -------
        ndarray of shape (n_classes,) or (n_sequences, n_classes)
            In the order of the estimator's ``classes_``.

        Raises
        ------
        ValueError
            If a sequence has no step yet.
        """
        with torch.inference_mode():
            probabilities = self._estimator.task_.probabilities(self._outputs()).numpy()
        return probabilities if self._n_sequences is not None else probabilities[0]

    def reset(self, which: Any = None, context: Any = None) -> None:
        """Begin anew.

        Parameters
        ----------
        which : int, slice, array of int or of bool, default=None
            The sequences that begin anew; None: all.
        context : array-like of shape (n_which, n_context), default=None
            Their new context; None: as before.
        """
        try:
            rows = np.atleast_1d(np.arange(self._n)[slice(None) if which is None else which])
        except IndexError as error:
            raise IndexError(
                f"which={which!r} is none of the {self._n} sequence(s) of this stream: {error}."
            ) from error
        if context is not None:
            full = self._given_context.copy()
            full[rows] = self._reader.context(context, len(rows))
            self._set_context(full)
        self._steps = np.where(np.isin(np.arange(self._n), rows), 0, self._steps)
        self._all_begun = bool(self._steps.all())

    @property
    def state(self) -> dict[str, np.ndarray]:
        """All that is kept of the steps so far, as copies; setting it goes back to them.

        Every array has one row for each sequence: ``n_steps``; for each recurrent layer the
        parts of its state, such as ``layer_0.h`` and ``layer_0.c``; what the pooling needs; the
        steps that a convolution still sees; the context. What stands in rows of sequences
        without a step has no meaning.
        """
        tensors = self._network.named(self._memory)
        state = {name: tensor.cpu().numpy().copy() for name, tensor in tensors.items()}
        if self._given_context.shape[1]:
            state["context"] = self._given_context.copy()
        return {"n_steps": self._steps.copy(), **state}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        expected = self.state
        given = _check_state(state, expected)
        self._steps = given["n_steps"].astype(np.int64)
        self._all_begun = bool(self._steps.all())
        self._set_context(given.get("context", self._given_context))
        new = iter(self._network.named(self._memory))
        self._memory = self._memory.map(
            lambda old: torch.tensor(given[next(new)], dtype=old.dtype, device=old.device)
        )

    # -- inside ---------------------------------------------------------------------------------

    def _outputs(self) -> Tensor:
        """Outputs of the network for the steps so far, in 64 bits."""
        if not self._all_begun:
            which = "" if self._n == 1 else f" of sequence(s) {np.flatnonzero(self._steps == 0)}"
            raise ValueError(f"no step{which} was read yet, so there is no answer: call step.")
        values = self._network.outputs(self._memory)
        if not all_within(values.numpy(), float_info.max):
            raise ValueError(
                f"the network gives {values.tolist()}, which is no number: steps hold values far "
                "larger than those it was fitted on."
            )
        return values

    def _set_context(self, context: np.ndarray):
        """Keep the context as it was given, and as the network reads it."""
        self._given_context, self._context = context, None
        if context.shape[1]:
            scaling = self._estimator.input_scaling_.context
            if scaling is not None:
                context = scaling.apply(context, np.float64)
            self._context = torch.tensor(
                context, dtype=self._network.dtype, device=self._network.device
            )

    def __repr__(self) -> str:
        number = "" if self._n_sequences is None else f", n_sequences={self._n_sequences}"
        return f"SequenceStream({self._reader.name}{number}, n_steps={self.n_steps})"

    def __reduce__(self):
        context = self._given_context if self._given_context.shape[1] else None
        made = self._estimator, self._n_sequences, context, self._transformer
        return _again, (*made, self.state)


def _again(estimator, n_sequences, context, transformer, state) -> SequenceStream:
    stream = SequenceStream(estimator, n_sequences, context=context, transformer=transformer)
    stream.state = state
    return stream


def _as_it_is(estimator):
    """The estimator as it is now: another fit of the original gives that another network."""
    same = object.__new__(type(estimator))
    same.__dict__.update(estimator.__dict__)
    return same


def _reader(estimator, n_sequences: int | None) -> StepReader:
    schema = estimator.sequence_schema_
    looked_up = set()
    if not estimator.network_.spec.embedding_trainable:
        looked_up = {name for name, c in schema.channels.items() if c.kind == "vectors"}
    name, scaling = type(estimator).__name__, estimator.input_scaling_
    fill = getattr(estimator.network_.encoder, "fill", None)
    return StepReader(name, schema, scaling, looked_up, n_sequences, fill and fill.names)


def _without_axis(answer: np.ndarray, n_sequences: int | None) -> Any:
    """The answers, or of a stream of one sequence its answer."""
    if n_sequences is not None:
        return answer
    only = answer[0]
    return only.item() if isinstance(only, (np.number, np.bool_, np.str_)) else only


def _refuse_bidirectional(estimator):
    if estimator.network_.spec.bidirectional:
        raise ValueError(
            "a bidirectional network reads its sequences from the end too, so a new step changes "
            "all of its states and nothing can be kept: fit with bidirectional=False to answer "
            "step by step, or call predict on all steps so far."
        )


def _check_number(n_sequences: int | None) -> int | None:
    if n_sequences is None:
        return None
    if isinstance(n_sequences, (bool, np.bool_)) or not isinstance(n_sequences, (int, np.integer)):
        raise TypeError(f"n_sequences must be a whole number or None, got {n_sequences!r}.")
    if n_sequences < 1:
        raise ValueError(f"n_sequences must be at least 1, got {n_sequences}.")
    return int(n_sequences)


def _check_transformer(transformer):
    if transformer is not None and not hasattr(transformer, "transform"):
        raise TypeError(
            "transformer must have the method transform, such as pipeline[:-1], got "
            f"{type(transformer).__name__}."
        )
    return transformer


def _chunk(
    estimator, X: SequenceArray, context: np.ndarray
) -> tuple[dict[str, Tensor], np.ndarray]:
    """Any number of steps of each sequence: inputs of the longest, and how many there are."""
    n = len(context)
    if len(X) != n:
        raise ValueError(f"the stream has {n} sequence(s), got steps of {len(X)}.")
    if context.shape[1] and X.context is None:
        X = X.with_context(context)
    lengths = X.lengths
    rows = np.flatnonzero(lengths)
    if not len(rows):
        return {}, lengths
    _, samples = estimator._prepare(X[rows])
    batch = samples.batch(np.arange(len(rows)))
    if len(rows) == n:
        return batch.inputs, lengths
    places = torch.zeros(n, dtype=torch.int64)  # what stands in rows without a step is not read
    places[torch.from_numpy(rows)] = torch.arange(len(rows))
    return {name: v[places.to(v.device)] for name, v in batch.inputs.items()}, lengths


def _check_state(state: Any, expected: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of `state`, if they are those of this stream; copies are made later."""
    if not isinstance(state, dict) or set(state) != set(expected):
        given = sorted(state) if isinstance(state, dict) else type(state).__name__
        raise ValueError(
            f"the state of this stream has the entries {sorted(expected)}, got {given}: give what "
            "the state of a stream of the same estimator was."
        )
    arrays = {name: np.asarray(values) for name, values in state.items()}
    for name, values in arrays.items():
        if values.shape != expected[name].shape:
            raise ValueError(
                f"{name!r} of the state must have shape {expected[name].shape}, one row for each "
                f"sequence, got {values.shape}: give the state of a stream of the same estimator "
                "with as many sequences."
            )
        if values.dtype.kind not in "fiu" or np.isnan(values).any():
            raise ValueError(f"{name!r} of the state must hold numbers, got {values.dtype}.")
    if (arrays["n_steps"] < 0).any():
        raise ValueError(f"n_steps of the state must not be negative, got {arrays['n_steps']}.")
    return arrays
