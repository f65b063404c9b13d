"""The record of a training in the tools with which teams follow theirs."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import Any

from sksequence.callbacks._places import is_epoch, is_fit, place
from sksequence.utils._optional import import_optional


def numbers_of(record: dict[str, Any]) -> dict[str, float]:
    """What a record of ``history_`` says, without the number of the epoch."""
    return {name: float(value) for name, value in record.items() if name != "epoch"}


def parameters_of(estimator: Any) -> dict[str, str]:
    """The parameters that differ from their defaults."""
    defaults = inspect.signature(type(estimator)).parameters
    given = estimator.get_params(deep=False)
    return {name: repr(v) for name, v in given.items() if repr(v) != repr(defaults[name].default)}


class TensorBoardLogger:
    """Write losses, step size and seconds of each epoch for TensorBoard.

    ``tensorboard --logdir FOLDER`` shows them while training goes on. Each fit of a search has a
    folder of its own. Needs tensorboard (``pip install tensorboard``).

    Parameters
    ----------
    folder : str or Path

    Raises
    ------
    ImportError
        If tensorboard is not installed.

    Examples
    --------
    >>> from sksequence import RNNClassifier
    >>> from sksequence.callbacks import TensorBoardLogger
    >>> classifier = RNNClassifier().set_callbacks(TensorBoardLogger("runs"))  # doctest: +SKIP
    """

    def __init__(self, folder: str | os.PathLike):
        import_optional("tensorboard", extra="tracking", purpose="TensorBoardLogger")
        self.folder = Path(folder)
        self._writers: dict[Any, Any] = {}

    def setup(self, estimator, context):
        """Nothing: where the fit stands is known when it begins."""

    def on_fit_task_begin(self, estimator, context):
        """Where a fit begins: open the files, write the parameters down."""
        if not is_fit(context):
            return
        from torch.utils.tensorboard import SummaryWriter

        where = "-".join(map(str, place(context))) or "fit"
        writer = SummaryWriter(str(self.folder / where))
        lines = [f"| {name} | {value} |" for name, value in parameters_of(estimator).items()]
        table = "\n".join(["| parameter | value |", "| --- | --- |", *lines])
        writer.add_text(type(estimator).__name__, table)
        self._writers[context.root_uuid, id(estimator)] = writer

    def on_fit_task_end(self, estimator, context):
        """Write what an epoch brought."""
        if not is_epoch(context):
            return
        record = context.training.history[-1]
        writer = self._writers[context.root_uuid, id(estimator)]
        for name, number in numbers_of(record).items():
            writer.add_scalar(name, number, record["epoch"])
        writer.flush()

    def teardown(self, estimator, context):
        """Close the files."""
        writer = self._writers.pop((context.root_uuid, id(estimator)), None)
        if writer is not None:
            writer.close()

    def __getstate__(self):
        return {**vars(self), "_writers": {}}


class MLflowLogger:
    """Write parameters, losses, step size and seconds of each epoch to MLflow.

    Each fit is a run; within a run that is active (``with mlflow.start_run():``) a child of it.
    Needs MLflow: mlflow-skinny, which the extra ``tracking`` brings, writes to a server
    (``tracking_uri="http://..."``); a local database needs ``pip install mlflow``.

    Parameters
    ----------
    experiment : str, default="Default"
        Made if it is not there.
    run_name : str or None, default=None
        None: the name of the estimator.
    tracking_uri : str or None, default=None
        Where MLflow keeps its records; None: as MLflow is set.

    Raises
    ------
    ImportError
        If MLflow is not installed.
    RuntimeError
        When fit begins, if MLflow cannot open what `tracking_uri` names.

    Examples
    --------
    >>> from sksequence import RNNClassifier
    >>> from sksequence.callbacks import MLflowLogger
    >>> classifier = RNNClassifier().set_callbacks(MLflowLogger("reviews"))  # doctest: +SKIP
    """

    def __init__(
        self,
        experiment: str = "Default",
        *,
        run_name: str | None = None,
        tracking_uri: str | None = None,
    ):
        import_optional("mlflow", extra="tracking", purpose="MLflowLogger")
        self.experiment, self.run_name, self.tracking_uri = experiment, run_name, tracking_uri
        self._runs: dict[Any, str] = {}

    def setup(self, estimator, context):
        """Nothing: the run begins with the training."""

    def on_fit_task_begin(self, estimator, context):
        """Where a fit begins: begin a run, write the parameters down."""
        if not is_fit(context):
            return
        import mlflow

        client = self._client()
        known = client.get_experiment_by_name(self.experiment)
        number = known.experiment_id if known else client.create_experiment(self.experiment)
        around = mlflow.active_run()
        tags = {} if around is None else {"mlflow.parentRunId": around.info.run_id}
        where = "-".join(map(str, place(context)))
        name = self.run_name or type(estimator).__name__
        run = client.create_run(number, tags=tags, run_name=f"{name} {where}".strip())
        self._runs[context.root_uuid, id(estimator)] = run.info.run_id
        for parameter, value in parameters_of(estimator).items():
            client.log_param(run.info.run_id, parameter, value)

    def on_fit_task_end(self, estimator, context):
        """Write what an epoch brought."""
        if not is_epoch(context):
            return
        record = context.training.history[-1]
        client, run = self._client(), self._runs[context.root_uuid, id(estimator)]
        for name, number in numbers_of(record).items():
            client.log_metric(run, name, number, step=record["epoch"])

    def teardown(self, estimator, context):
        """End the run: finished, or failed where training was not."""
        run = self._runs.pop((context.root_uuid, id(estimator)), None)
        if run is not None:
            status = "FINISHED" if sys.exc_info()[0] is None else "FAILED"
            self._client().set_terminated(run, status)

    def _client(self):
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        try:
            return MlflowClient(self.tracking_uri)
        except MlflowException as error:
            where = "its default place" if self.tracking_uri is None else repr(self.tracking_uri)
            raise RuntimeError(
                f"MLflow cannot write to {where}, so nothing was trained: name a server with "
                "MLflowLogger(tracking_uri='http://...'), or install the whole of MLflow for a "
                f"database on this machine (pip install mlflow). MLflow says: {error}"
            ) from error

    def __getstate__(self):
        return {**vars(self), "_runs": {}}
