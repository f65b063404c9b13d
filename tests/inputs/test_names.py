import numpy as np
import pandas as pd
import pytest

from sksequence.inputs import SequenceArray, make_windows
from sksequence.inputs._names import misplaced

IDS = pd.Index([f"s{i}" for i in range(12)])
ORDER = np.random.default_rng(0).permutation(12)


def test_another_order_is_found_at_its_first_place():
    assert misplaced(IDS, IDS) is None
    swapped = IDS[[0, 1, 3, 2, *range(4, 12)]]
    assert misplaced(IDS, swapped) == 2
    assert misplaced(IDS, IDS[::-1]) == 0
    assert misplaced(pd.Index(ORDER), pd.RangeIndex(12)) == 0  # it numbers the very names


def test_one_renamed_label_does_not_hide_the_others():
    assert misplaced(IDS, IDS[::-1].where(IDS[::-1] != "s3", "new")) == 0
    assert misplaced(IDS, IDS.where(IDS != "s3", "new")) is None  # at its own place


@pytest.mark.parametrize("ids", [IDS, pd.Index(range(1, 13)), pd.Index(ORDER + 100)])
def test_positions_may_pass_also_when_split(ids):
    assert misplaced(ids, pd.RangeIndex(12)) is None
    assert misplaced(ids, pd.Index(ids.tolist())) is None
    if ids.is_monotonic_increasing:
        assert misplaced(ids[ORDER][:8], pd.RangeIndex(12)[ORDER][:8]) is None


@pytest.mark.parametrize(
    "times",
    [
        pd.date_range("2020-01-01", periods=40),
        pd.date_range("2020-01-01", periods=40, tz="Asia/Tokyo"),
        pd.period_range("2020-01", periods=40, freq="M"),
        pd.Index([str(day) for day in pd.date_range("2020-01-01", periods=40)]),
        pd.RangeIndex(5, 45),
    ],
)
def test_targets_of_windows_have_later_times(times):
    X, y = make_windows(pd.Series(np.arange(40.0), index=times), lookback=5)
    names, order = pd.Index(X.names), np.random.default_rng(0).permutation(len(y))
    assert misplaced(names, y.index) is None
    assert misplaced(names[order], y.index[order]) is None


def test_labels_that_cannot_be_compared():
    assert misplaced(pd.Index(["a", 1]), pd.Index([1, "a"])) == 0
    assert misplaced(pd.Index(["a", 1]), pd.Index(["a", "a", 1])) is None  # an error elsewhere


def test_context_in_another_order_is_refused():
    X = SequenceArray(np.zeros((12, 1)), np.arange(13), names=IDS)
    table = pd.DataFrame({"age": range(12)}, index=IDS)
    np.testing.assert_array_equal(X.with_context(table).context[:, 0], np.arange(12))
    message = r"position 0 is 's11' in context and 's0' in names.*context\.loc\[names\]"
    for disordered in (table[::-1], table["age"][::-1]):
        with pytest.raises(ValueError, match=message):
            X.with_context(disordered)
        with pytest.raises(ValueError, match=message):
            SequenceArray(X.values, X.offsets, names=IDS, context=disordered)
        X.with_context(disordered.to_numpy())
        X.with_context(disordered.reset_index(drop=True))
        X.with_context(disordered.loc[X.names])
