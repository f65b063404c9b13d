"""CIDEr-D, how far a caption agrees with several written by people; rare words count more."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from sksequence.metrics._pairs import Tokens, Written, check_order, check_pairs

WORD = re.compile(r"\w+(?:-\w+)*|'\w+")  # t-shirt; man + 's; punctuation is no word


def cider_score(
    references: Any,
    hypotheses: Any,
    *,
    lowercase: bool = True,
    max_order: int = 4,
    sigma: float = 6.0,
) -> float:
    r"""CIDEr-D of a set of captions, from 0 to 10.

    A caption becomes, for each :math:`n`, a vector :math:`g_n` of the counts of its n-grams,
    each weighted by the logarithm of the number of samples over the number of samples whose
    references hold it. For a hypothesis :math:`c` with the references
    :math:`s_1, \dots, s_m` and lengths :math:`\ell` in words,

    .. math::

       \mathrm{CIDEr\text{-}D}(c) = \frac{10}{N m} \sum_{n=1}^{N} \sum_{j=1}^{m}
       e^{-(\ell_c - \ell_{s_j})^2 / 2\sigma^2} \,
       \frac{\min(g_n(c), g_n(s_j)) \cdot g_n(s_j)}{\|g_n(c)\| \, \|g_n(s_j)\|},

    and the score is the mean over the samples [1]_. Because the weights come from the
    references that are given, figures can be compared on the same set of samples only.
    Published figures are often multiplied by 100 instead of 10.

    Parameters
    ----------
    references : sequence of length n_samples
        A list of several texts for each sample, as many as there are, or one text; None among
        several is left out. Token lists, or lists of several, when the hypotheses are token
        lists.
    hypotheses : sequence of length n_samples
        A text for each sample, or a list of tokens (str or int). Texts are cut into words;
        punctuation is dropped. Token lists are taken as they are.
    lowercase : bool, default=True
        Ignore case, as is usual for captions.
    max_order : int, default=4
        The longest n-grams :math:`N`.
    sigma : float, default=6.0
        Width of the penalty for a difference in length, in words.

    Returns
    -------
    score : float
        Between 0 and 10.

    Raises
    ------
    ValueError
        When the numbers of samples differ, there are fewer than two, or a sample has no
        reference.
    TypeError
        When one side holds texts and the other token lists.

    References
    ----------
    .. [1] R. Vedantam, C. L. Zitnick and D. Parikh, "CIDEr: consensus-based image description
       evaluation", CVPR 2015. Counts are not divided by the length of the caption, as in the
       authors' program.

    Examples
    --------
    >>> from sksequence.metrics import cider_score
    >>> references = [
    ...     ["A dog runs on the beach.", "A brown dog is running by the sea."],
    ...     ["A girl climbs the stairs.", "A child in pink goes up the stairs."],
    ... ]
    >>> round(cider_score(references, ["A dog runs by the sea.", "A child climbs the stairs."]), 2)
    2.81
    """
    check_order(max_order)
    if not sigma > 0:
        raise ValueError(f"sigma must be above 0, got {sigma!r}.")
    known, written = check_pairs(references, hypotheses)
    if len(written) < 2:
        raise ValueError(
            "cider_score needs at least 2 samples, got 1: it weighs words by how few of the "
            "samples they describe."
        )
    captions = [[_words(one, lowercase) for one in several] for several in known]
    rarity = _rarity(captions, max_order)
    scores = [
        _caption_score(_words(one, lowercase), several, rarity, max_order, sigma)
        for one, several in zip(written, captions, strict=True)
    ]
    return 10 * float(np.mean(scores))


def _words(caption: Written, lowercase: bool) -> Tokens:
    if isinstance(caption, str):
        return tuple(WORD.findall(caption.lower() if lowercase else caption))
    if lowercase:
        return tuple(word.lower() if isinstance(word, str) else word for word in caption)
    return caption


def _ngrams(words: Tokens, order: int) -> Counter[Tokens]:
    return Counter(words[i : i + order] for i in range(len(words) - order + 1))


def _rarity(captions: list[list[Tokens]], max_order: int) -> Mapping[Tokens, float]:
    """Logarithm of samples over samples that hold an n-gram; an unseen one counts as one."""
    n_samples = len(captions)
    holds: Counter[Tokens] = Counter()
    for several in captions:
        orders = range(1, max_order + 1)
        holds.update({ngram for words in several for n in orders for ngram in _ngrams(words, n)})
    known = {ngram: math.log(n_samples / n) for ngram, n in holds.items()}
    return defaultdict(lambda: math.log(n_samples), known)


def _caption_score(
    words: Tokens,
    several: list[Tokens],
    rarity: Mapping[Tokens, float],
    max_order: int,
    sigma: float,
) -> float:
    """Mean similarity to the references, over the orders, between 0 and 1."""
    total = 0.0
    for known in several:
        penalty = math.exp(-((len(words) - len(known)) ** 2) / (2 * sigma**2))
        for order in range(1, max_order + 1):
            total += penalty * _similarity(_ngrams(words, order), _ngrams(known, order), rarity)
    return total / (max_order * len(several))


def _similarity(
    written: Mapping[Tokens, int], known: Mapping[Tokens, int], rarity: Mapping[Tokens, float]
) -> float:
    """Cosine of the weighted counts, those of the hypothesis cut at those of the reference."""
    product = sum(
        min(n, known[ngram]) * known[ngram] * rarity[ngram] ** 2
        for ngram, n in written.items()
        if ngram in known
    )
    return product / (_norm(written, rarity) * _norm(known, rarity)) if product else 0.0


def _norm(counts: Mapping[Tokens, int], rarity: Mapping[Tokens, float]) -> float:
    return math.sqrt(sum((n * rarity[ngram]) ** 2 for ngram, n in counts.items()))
