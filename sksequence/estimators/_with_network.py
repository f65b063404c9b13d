"""What every estimator around a network has."""

from __future__ import annotations

from inspect import signature

from sksequence.networks import pack_network, unpack_network
from sksequence.utils._sklearn import CallbackSupportMixin

# What an estimator has while it is fitted.
OF_A_FIT = ("_fit_data", "_callback_fit_ctx", "_skl_callbacks_to_teardown")


class NetworkMixin(CallbackSupportMixin):
    """An estimator whose ``network_`` is kept as numpy arrays, and whose fit may be watched."""

    _trains_network = True  # asked by callbacks

    def __getstate__(self):
        state = {k: v for k, v in super().__getstate__().items() if k not in OF_A_FIT}
        if "network_" in state:
            state["network_"] = pack_network(state["network_"])
        return state

    def __setstate__(self, state):
        # parameters that the version that wrote it did not have are as they are by default
        state = {**{p.name: p.default for p in signature(type(self)).parameters.values()}, **state}
        if "network_" in state:
            state = {**state, "network_": unpack_network(state["network_"])}
        super().__setstate__(state)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "network_")
