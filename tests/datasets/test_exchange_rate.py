"""Exchange rates are read as they are, and no date is made up."""

import numpy as np
import pandas as pd

from sksequence.datasets import fetch_exchange_rate


def test_exchange_rate(data_dir):
    rates = fetch_exchange_rate(download_if_missing=False)
    assert rates.target is rates.frame
    assert rates.target.shape == (7588, 8)
    assert rates.target.columns.tolist() == rates.target_names
    assert rates.target.iloc[0].to_dict()["Japan"] == 0.006838
    assert rates.target.notna().all(axis=None)
    assert isinstance(rates.target.index, pd.RangeIndex)
    assert rates.target.index.name == "day"
    # a pound was worth more than the other dollars, a yen about a cent
    middle = rates.target.median()
    assert middle.idxmax() == "Britain"
    assert middle.idxmin() == "Japan"
    assert ".0171" in rates.DESCR


def test_array_holds_what_the_frame_holds(data_dir):
    frame = fetch_exchange_rate(download_if_missing=False).frame
    plain = fetch_exchange_rate(as_frame=False, download_if_missing=False)
    assert plain.frame is None
    np.testing.assert_array_equal(plain.target, frame.to_numpy())
    plain.target[0, 0] = 1.0
