"""Training goes on only with a network of the same sizes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from sksequence.networks._stacks import FREE_FIELDS

# Fields of specs by the names that parameters have.
PARAMETERS = {
    "widths": "hidden_size",
    "dropped_channel": "word_dropout",
    "one_hot": "embedding_size",
}


def check_same_sizes(*pairs: tuple[Any, Any], free: Iterable[str] = FREE_FIELDS) -> None:
    """Raise ValueError if parameters now ask for another network than the fitted one.

    Parameters
    ----------
    *pairs : (spec, spec)
        Of a part of the network, as it was fitted and as it is wanted now.
    free : iterable of str, default=FREE_FIELDS
        Fields that may change.
    """
    changed = [
        PARAMETERS.get(field.name, field.name)
        for fitted, wanted in pairs
        for field in fields(fitted)
        if field.name not in free
        and repr(getattr(fitted, field.name)) != repr(getattr(wanted, field.name))
    ]
    if changed:
        names = ", ".join(dict.fromkeys(changed))
        raise ValueError(
            f"{names} changed since the first fit, but training goes on with the network that is "
            "there: set it back, or fit anew with warm_start=False."
        )
