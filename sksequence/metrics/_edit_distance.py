"""Errors of transcripts: how many words, characters or labels have to be changed."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

WORDS, CHARACTERS = "words", "characters"


def word_error_rate(references: Any, hypotheses: Any) -> float:
    r"""Share of words that are wrong: substituted, deleted or inserted.

    .. math:: \mathrm{WER} = \frac{\sum_i d(r_i, h_i)}{\sum_i |r_i|}

    with the edit distance d (Levenshtein, 1966) between the words of a reference and of its
    hypothesis. It is a figure of the set, not the mean over its samples, and may be larger than 1:
    a hypothesis may have more words than its reference.

    Parameters
    ----------
    references : sequence of length n_samples
        A text for each sample, or a list of labels, each of which counts as a word.
    hypotheses : sequence of length n_samples
        The same of what was written. It may be empty.

    Returns
    -------
    score : float
        At least 0; 0 is best.

    Raises
    ------
    ValueError
        When the numbers of samples differ, or there is no word in any reference.
    TypeError
        When something else than texts or lists of labels comes, or both are mixed.

    See Also
    --------
    character_error_rate : The same of characters.

    Examples
    --------
    >>> from sksequence.metrics import word_error_rate
    >>> word_error_rate(["two dogs play", "a man sleeps"], ["two dog play", "a man"])
    0.3333333333333333
    >>> word_error_rate([[3, 1, 4]], [[3, 4]])
    0.3333333333333333
    """
    return _error_rate(references, hypotheses, WORDS)


def character_error_rate(references: Any, hypotheses: Any) -> float:
    r"""Share of characters that are wrong: substituted, deleted or inserted.

    .. math:: \mathrm{CER} = \frac{\sum_i d(r_i, h_i)}{\sum_i |r_i|}

    with the edit distance d (Levenshtein, 1966) between the characters, blanks among them. It is a
    figure of the set, not the mean over its samples, and may be larger than 1.

    Parameters
    ----------
    references : sequence of str of length n_samples
        A text for each sample.
    hypotheses : sequence of str of length n_samples
        What was written. It may be empty.

    Returns
    -------
    score : float
        At least 0; 0 is best.

    Raises
    ------
    ValueError
        When the numbers of samples differ, or there is no character in any reference.
    TypeError
        When something else than texts comes: of lists of labels, use ``word_error_rate``.

    Examples
    --------
    >>> from sksequence.metrics import character_error_rate
    >>> character_error_rate(["kitten"], ["sitting"])
    0.5
    """
    return _error_rate(references, hypotheses, CHARACTERS)


def edit_distance(reference: Sequence, hypothesis: Sequence) -> int:
    """How many items have to be substituted, deleted or inserted to get from one to the other.

    Wagner and Fischer (1974), a row at a time: what an insertion costs along a row is a running
    minimum, d[j] = min over i <= j of e[i] + (j - i).
    """
    numbers: dict[Any, int] = {}
    known = np.array([numbers.setdefault(item, len(numbers)) for item in reference], dtype=int)
    found = np.array([numbers.setdefault(item, len(numbers)) for item in hypothesis], dtype=int)
    steps = np.arange(len(found) + 1)
    row = steps.copy()
    for item in known:
        best = row + 1
        best[1:] = np.minimum(best[1:], row[:-1] + (found != item))
        row = np.minimum.accumulate(best - steps) + steps
    return int(row[-1])


def _error_rate(references, hypotheses, unit: str) -> float:
    known, written = _samples("references", references), _samples("hypotheses", hypotheses)
    _check_as_many(known, written)
    texts = {isinstance(one, str) for one in known} | {isinstance(one, str) for one in written}
    if len(texts) > 1:
        raise TypeError(
            "references and hypotheses mix texts and lists of labels: give texts on both sides, or "
            "lists on both."
        )
    if unit == CHARACTERS and not texts <= {True}:
        raise TypeError(
            "character_error_rate compares texts, got lists of labels: use word_error_rate, where "
            "each label counts as a word."
        )
    errors = total = 0
    for i, (one, other) in enumerate(zip(known, written, strict=True)):
        reference = _items(one, unit, f"references[{i}]")
        errors += edit_distance(reference, _items(other, unit, f"hypotheses[{i}]"))
        total += len(reference)
    if not total:
        raise ValueError(f"There is nothing to score: the references hold no {unit}.")
    return errors / total


def _items(one: Any, unit: str, where: str) -> Sequence:
    if isinstance(one, str):
        return one.split() if unit == WORDS else one
    return _labels(one, where)


def _labels(one: Any, where: str) -> list:
    if isinstance(one, np.ndarray) and one.ndim == 1:
        return one.tolist()
    if not isinstance(one, (list, tuple)):
        raise TypeError(
            f"{where} is {one!r} ({type(one).__name__}); expected a list or array of labels."
        )
    return list(one)


def _samples(name: str, given: Any) -> list:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(
            f"{name} must be a list with one entry for each sample, got {given!r} "
            f"({type(given).__name__})."
        )
    return list(given)


def _check_as_many(known: list, written: list) -> None:
    if len(known) != len(written):
        raise ValueError(
            f"There are {len(known)} references and {len(written)} hypotheses: give one "
            "hypothesis for each reference, in the same order."
        )
