import numpy as np

from sksequence import RNNRegressor
from sksequence.utils._random import continued, make_generator


def test_calls_with_one_seed_are_the_same_streams_in_a_row_and_differ_from_each_other():
    streams = [continued(make_generator(3), n).integers(2**62, size=4) for n in range(3)]
    again = [continued(make_generator(3), n).integers(2**62, size=4) for n in range(3)]
    np.testing.assert_array_equal(streams, again)
    assert len({tuple(s) for s in streams}) == 3


def test_partial_fit_is_reproducible_and_does_not_repeat_its_batches():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(64, 5)), rng.normal(size=64)

    def states(n_calls):
        regressor = RNNRegressor(hidden_size=4, random_state=0)
        generators = []
        for _ in range(n_calls):
            regressor.partial_fit(X, y)
            generators.append(regressor._n_fits)
        return regressor.predict(X), generators

    first, counts = states(3)
    np.testing.assert_array_equal(first, states(3)[0])
    assert counts == [0, 1, 2]
