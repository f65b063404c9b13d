"""A person's view of the training loop."""

from __future__ import annotations

import sys

from skorch.callbacks import Callback

from sksequence.training._plan import TrainingPlan


class ProgressBar(Callback):
    """A bar over the epochs with the time left; without tqdm, or with verbose=2, lines."""

    def __init__(self, plan: TrainingPlan):
        self.plan = plan

    def on_train_begin(self, net, **kwargs):
        self._bar = _make_bar(self.plan) if self.plan.verbose == 1 else None

    def on_epoch_end(self, net, **kwargs):
        record = net.history[-1]
        shown = {k: f"{record[k]:.4f}" for k in ("train_loss", "valid_loss") if k in record}
        if self._bar is not None:
            self._bar.set_postfix(shown, refresh=False)
            self._bar.update()
        else:
            losses = "  ".join(f"{k} {v}" for k, v in shown.items())
            print(
                f"epoch {record['epoch']:>4}/{self.plan.max_epochs}  {losses}  "
                f"{record.get('seconds', 0):.2f} s",
                file=sys.stderr,
            )

    def on_train_end(self, net, **kwargs):
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _make_bar(plan):
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=plan.max_epochs, desc="training", unit="epoch", dynamic_ncols=True)
