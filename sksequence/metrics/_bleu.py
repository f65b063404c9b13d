"""BLEU, the share of n-grams that translations share with their references; by sacrebleu."""

from collections import defaultdict
from itertools import count, zip_longest
from typing import Any

from sksequence.metrics._pairs import Written, check_order, check_pairs
from sksequence.utils import import_optional


def bleu_score(
    references: Any,
    hypotheses: Any,
    *,
    tokenize: str = "13a",
    lowercase: bool = False,
    max_order: int = 4,
) -> float:
    r"""BLEU of a whole set of hypotheses, from 0 to 100.

    With :math:`p_n` the share of n-grams of the hypotheses that stand in a reference of the
    same sample (each counted at most as often as there), :math:`c` the tokens of all
    hypotheses and :math:`r` those of the references closest to them in length [1]_,

    .. math::

       \mathrm{BLEU} = 100 \min\bigl(1, e^{1 - r/c}\bigr)
       \Bigl(\prod_{n=1}^{N} p_n\Bigr)^{1/N}.

    It is a figure of the set, not the mean over its sentences. The counting is that of
    sacrebleu [2]_, with its default smoothing of orders without any match.

    Parameters
    ----------
    references : sequence of length n_samples
        A text for each sample, or a list of several texts, as many as there are; None among
        several is left out. Token lists, or lists of several, when the hypotheses are token
        lists.
    hypotheses : sequence of length n_samples
        A text for each sample, or a list of tokens (str or int).
    tokenize : str, default="13a"
        How sacrebleu cuts texts: ``"13a"`` for most languages, ``"intl"``, ``"char"``,
        ``"zh"``, ``"none"`` (at blanks) and others. Token lists are not cut again.
    lowercase : bool, default=False
        Ignore case. Say so wherever the figure is printed: it is higher.
    max_order : int, default=4
        The longest n-grams :math:`N`. Where no hypothesis has that many tokens the score
        is 0.

    Returns
    -------
    score : float
        Between 0 and 100.

    Raises
    ------
    ImportError
        When sacrebleu is not installed.
    ValueError
        When the numbers of samples differ, there are none, a sample has no reference, or
        `tokenize` is not known to sacrebleu.
    TypeError
        When one side holds texts and the other token lists.

    References
    ----------
    .. [1] K. Papineni, S. Roukos, T. Ward and W.-J. Zhu, "BLEU: a method for automatic
       evaluation of machine translation", ACL 2002.
    .. [2] M. Post, "A call for clarity in reporting BLEU scores", WMT 2018.

    Examples
    --------
    >>> from sksequence.metrics import bleu_score
    >>> english = ["two dogs play in the snow .", "a man sleeps ."]
    >>> bleu_score(english, english)  # doctest: +SKIP
    100.0
    >>> bleu_score(
    ...     [["two dogs play in snow .", "dogs are playing in the snow ."], ["a man sleeps ."]],
    ...     ["two dogs are playing in the snow .", "a man sleeps ."],
    ... )  # doctest: +SKIP
    92.4...
    """
    check_order(max_order)
    known, written = check_pairs(references, hypotheses)
    sacrebleu = import_optional("sacrebleu", extra="text", purpose="bleu_score")
    if tokenize not in sacrebleu.BLEU.TOKENIZERS:
        listed = ", ".join(map(repr, sacrebleu.BLEU.TOKENIZERS))
        raise ValueError(f"tokenize must be one of {listed}, got {tokenize!r}.")
    if not isinstance(written[0], str):
        known, written = _as_numbers(known, written, lowercase)
        tokenize = "none"
    bleu = sacrebleu.BLEU(
        tokenize=tokenize, lowercase=lowercase, max_ngram_order=int(max_order), force=True
    )
    streams = list(zip_longest(*known))  # (n_references, n_samples), None where there is none
    return min(100.0, bleu.corpus_score(written, streams).score)  # a product rounds above


def _as_numbers(
    known: list[list[Written]], written: list[Written], lowercase: bool
) -> tuple[list[list[Written]], list[Written]]:
    """Write each token as a number, so that a blank inside a token does not cut it."""
    numbers: dict[Any, int] = defaultdict(count().__next__)

    def spell(tokens: Written) -> str:
        folded = (t.lower() if lowercase and isinstance(t, str) else t for t in tokens)
        return " ".join(str(numbers[token]) for token in folded)

    return [[spell(one) for one in several] for several in known], [spell(one) for one in written]
