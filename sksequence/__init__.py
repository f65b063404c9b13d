"""Deep sequence learning with the scikit-learn API.

Everything named here is loaded when it is first used, so that ``import sksequence`` is cheap.
"""

from importlib import import_module

__version__ = "0.1.0.dev0"

_HOME = {
    "SequenceArray": "inputs",
    "make_windows": "inputs",
    "TokenEncoder": "preprocessing",
    "SequenceScaler": "preprocessing",
    "PerStep": "preprocessing",
    "SequenceColumns": "preprocessing",
    "Word2VecEmbedder": "preprocessing",
    "RNNClassifier": "estimators",
    "RNNRegressor": "estimators",
    "summary": "inspection",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'sksequence' has no attribute {name!r}")
    return getattr(import_module(f"sksequence.{_HOME[name]}"), name)


def __dir__():
    return sorted(__all__)
