"""The share of samples that are right from the first token to the last."""

from typing import Any

from sksequence.metrics._pairs import check_pairs


def exact_match_score(references: Any, hypotheses: Any) -> float:
    """Share of the hypotheses that equal one of their references.

    Parameters
    ----------
    references : sequence of length n_samples
        A text or a token list for each sample, or a list of several.
    hypotheses : sequence of length n_samples
        A text or a token list for each sample.

    Returns
    -------
    score : float
        Between 0 and 1; a difference in one character or token, in case or in blanks makes a
        sample wrong.

    Raises
    ------
    ValueError
        When the numbers of samples differ, there are none, or a sample has no reference.
    TypeError
        When one side holds texts and the other token lists.

    Examples
    --------
    >>> from sksequence.metrics import exact_match_score
    >>> exact_match_score(["1998-05-03", "2007-03-12"], ["1998-05-03", "2007-12-03"])
    0.5
    """
    known, written = check_pairs(references, hypotheses)
    right = sum(one in several for several, one in zip(known, written, strict=True))
    return right / len(written)
