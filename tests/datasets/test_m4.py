"""The panel of the competition, from a small file and as it is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sksequence.datasets import fetch_m4
from sksequence.datasets._m4 import _ending_at_zero, _read_panel
from sksequence.metrics import (
    mean_absolute_scaled_error,
    symmetric_mean_absolute_percentage_error,
)


def test_lines_of_different_length_become_a_panel_that_ends_at_zero(tmp_path: Path):
    path = tmp_path / "train.csv"
    path.write_text('"V1","V2","V3","V4"\n"H2","1","2",,\n"H10","5","6","7"\n', encoding="utf-8")
    panel = _read_panel(path)
    assert panel.index.names == ["series", "step"]
    assert panel.loc["H2"].to_dict() == {1: 1, 2: 2}
    panel = panel.set_axis(_ending_at_zero(panel.index))
    assert panel.loc["H2"].to_dict() == {-1: 1, 0: 2}
    assert panel.loc["H10"].to_dict() == {-2: 5, -1: 6, 0: 7}
    assert panel.index.unique("series").tolist() == ["H2", "H10"]  # the order of the file


@pytest.mark.parametrize(
    ("subset", "n_series", "longest", "shortest", "horizon", "seasonality"),
    [("Hourly", 414, 960, 700, 48, 24), ("Weekly", 359, 2597, 80, 13, 1)],
)
def test_m4(data_dir, subset, n_series, longest, shortest, horizon, seasonality):
    m4 = fetch_m4(subset=subset, download_if_missing=False)
    assert (m4.horizon, m4.seasonality, m4.subset) == (horizon, seasonality, subset)
    lengths = m4.train.groupby("series", sort=False).size()
    assert (len(lengths), lengths.max(), lengths.min()) == (n_series, longest, shortest)
    assert lengths.index.equals(m4.test.index.unique("series"))
    steps = m4.train.reset_index().groupby("series")["step"]
    assert (steps.max() == 0).all()
    assert (steps.diff().dropna() == 1).all()
    assert m4.test.index.get_level_values("step").to_numpy().reshape(n_series, -1).tolist() == (
        [list(range(1, horizon + 1))] * n_series
    )
    assert m4.train.name == m4.test.name == "value"
    assert "M4" in m4.DESCR
    assert [Path(name).name for name in m4.filenames] == [
        f"{subset}-train.csv",
        f"{subset}-test.csv",
    ]


@pytest.mark.parametrize(
    ("subset", "smape", "mase"), [("Hourly", 13.912, 1.193), ("Weekly", 9.161, 2.777)]
)
def test_naive_forecast_has_the_published_figures(data_dir, subset, smape, mase):
    """Makridakis, Spiliotis and Assimakopoulos (2020), to the last digit printed."""
    m4 = fetch_m4(subset=subset, download_if_missing=False)
    season = m4.train.groupby("series", sort=False).tail(m4.seasonality).to_numpy()
    blocks = season.reshape(-1, m4.seasonality)  # (n_series, seasonality)
    ahead = np.arange(m4.horizon) % m4.seasonality
    forecast = pd.Series(blocks[:, ahead].ravel(), index=m4.test.index)
    assert round(symmetric_mean_absolute_percentage_error(m4.test, forecast), 3) == smape
    error = mean_absolute_scaled_error(
        m4.test, forecast, y_train=m4.train, seasonality=m4.seasonality
    )
    assert round(error, 3) == mase


def test_other_subsets_are_refused():
    with pytest.raises(ValueError, match="subset must be one of 'Hourly', 'Weekly', got 'Daily'"):
        fetch_m4(subset="Daily")
