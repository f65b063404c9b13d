"""A person's view of the training loop."""

from __future__ import annotations

import sys

from sksequence.training._plan import TrainingPlan


class ProgressBar:
    """A bar over the epochs with the time left; without tqdm, or with verbose=2, lines."""

    def __init__(self, plan: TrainingPlan):
        self.plan = plan
        self._bar = _make_bar(plan) if plan.verbose == 1 else None

    def show(self, record: dict):
        """One epoch more, with its record of the history."""
        shown = {k: f"{record[k]:.4f}" for k in ("train_loss", "valid_loss") if k in record}
        if self._bar is not None:
            self._bar.set_postfix(shown, refresh=False)
            self._bar.update()
        elif self.plan.verbose:
            losses = "  ".join(f"{k} {v}" for k, v in shown.items())
            print(
                f"epoch {record['epoch']:>4}/{self.plan.max_epochs}  {losses}  "
                f"{record.get('seconds', 0):.2f} s",
                file=sys.stderr,
            )

    def go_on(self, records: list[dict]):
        """Begin after the epochs of an earlier training."""
        if self._bar is not None:
            self._bar.update(len(records))
        elif self.plan.verbose and records:
            print(f"going on after epoch {records[-1]['epoch']}", file=sys.stderr)

    def close(self):
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()


def _make_bar(plan):
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=plan.max_epochs, desc="training", unit="epoch", dynamic_ncols=True)
