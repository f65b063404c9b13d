"""What the user gives as references and hypotheses -> lists of texts or of token lists."""

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

import numpy as np

Tokens = tuple[str | int, ...]
Written = str | Tokens


def check_pairs(references: Any, hypotheses: Any) -> tuple[list[list[Written]], list[Written]]:
    """Return the references of each sample as a list, and its hypothesis.

    The hypotheses decide how a reference is read: next to a text, a list of str holds several
    references; next to a token list it is one reference, and a list of lists holds several.

    Raises
    ------
    TypeError
        When a sample is neither text nor a token list, or the two sides differ in that.
    ValueError
        When the numbers of samples differ, there are none, or a sample has no reference.
    """
    written = _samples("hypotheses", hypotheses)
    known = _samples("references", references)
    if len(known) != len(written):
        raise ValueError(
            f"There are {len(known)} references and {len(written)} hypotheses: give one "
            "hypothesis for each sample, and its references as one entry (a list, when there "
            "are several)."
        )
    if not written:
        raise ValueError("There is nothing to score: references and hypotheses are empty.")
    texts = isinstance(written[0], str)
    read = _text if texts else _tokens
    found = [read(one, f"hypotheses[{i}]") for i, one in enumerate(written)]
    return [_references(one, i, texts) for i, one in enumerate(known)], found


def check_order(max_order: Any) -> None:
    """Raise unless `max_order` is a whole number of at least 1."""
    if isinstance(max_order, bool) or not isinstance(max_order, Integral):
        raise TypeError(f"max_order must be a whole number, got {max_order!r}.")
    if max_order < 1:
        raise ValueError(f"max_order must be at least 1, got {max_order}.")


def _samples(name: str, given: Any) -> list[Any]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(
            f"{name} must be a list with one entry for each sample, got {_short(given)}."
        )
    return [one.tolist() if isinstance(one, np.ndarray) else one for one in given]


def _references(given: Any, sample: int, texts: bool) -> list[Written]:
    """The references of one sample; None among several is left out."""
    where = f"references[{sample}]"
    several = _is_list(given) and (texts or any(_is_list(one) for one in given))
    known = [one for one in given if one is not None] if several else [given]
    if not known or (_is_list(given) and not len(given)):
        raise ValueError(f"{where} is empty: every sample needs at least one reference.")
    read = _text if texts else _tokens
    return [read(one, f"{where}[{j}]" if several else where) for j, one in enumerate(known)]


def _is_list(given: Any) -> bool:
    return isinstance(given, (Sequence, np.ndarray)) and not isinstance(given, (str, bytes))


def _text(given: Any, where: str) -> Written:
    if not isinstance(given, str):
        raise TypeError(
            f"{where} is {_short(given)}, but hypotheses[0] is a text: give texts on both "
            "sides, or token lists on both."
        )
    return str(given)


def _tokens(given: Any, where: str) -> Written:
    if not _is_list(given):
        raise TypeError(
            f"{where} is {_short(given)}, but a list of tokens is expected, as in hypotheses[0]: "
            "give texts on both sides, or token lists on both."
        )
    for token in given:
        if not isinstance(token, (str, Integral)):
            raise TypeError(
                f"{where} holds {_short(token)}: a token is a str or a whole number. For "
                "sequences of measured numbers use the metrics of regression."
            )
    return tuple(given)


def _short(value: Any) -> str:
    shown = repr(value)
    return f"{shown if len(shown) <= 60 else shown[:57] + '...'} ({type(value).__name__})"
