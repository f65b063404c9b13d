import numpy as np
import pytest
import torch

from sksequence import RNNRegressor
from sksequence.networks import pack_network, unpack_network

X, Y = [[1.0, 2.0], [3.0], [0.0, 1.0, 1.0]], [0.3, 0.1, 0.7]


@pytest.mark.parametrize(("dtype", "kept"), [("float32", np.float32), ("float64", np.float64)])
def test_weights_are_kept_as_they_were_trained_and_predict_in_64_bits(dtype, kept):
    network = RNNRegressor(hidden_size=3, max_epochs=2, dtype=dtype).fit(X, Y).network_
    _, weights, name = packed = pack_network(network)
    assert name == "float64" and {w.dtype.type for w in weights.values()} == {kept}
    for before, after in zip(
        network.parameters(), unpack_network(packed).parameters(), strict=True
    ):
        assert after.dtype == torch.float64
        torch.testing.assert_close(after, before, rtol=0, atol=0)
