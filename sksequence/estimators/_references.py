"""What is written, compared with what it should be."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from sksequence.estimators._decoding import roll_out_all
from sksequence.estimators._encoder_decoder import Pairs
from sksequence.estimators._sides import TextSide

LONGEST_ORDER = 4  # of the n-grams of BLEU


def bleu_of(side: Any, references: list[list], rows: list) -> float:
    """BLEU of written rows, of n-grams no longer than the longest reference.

    Parameters
    ----------
    side : TextSide or SymbolSide
        That of the targets.
    references : list of list
        For each row its references: texts where the side writes texts, else lists of tokens.
    rows : list of list of str
        What a search found, ``side.rows(...)``.
    """
    from sksequence.metrics import bleu_score

    if isinstance(side, TextSide) and side.as_text and side.encoder.analyzer != "char":
        written: list = [side._join(row) for row in rows]
        order = _order(_cut(text) for several in references for text in several)
        return bleu_score(references, written, lowercase=True, max_order=order)
    if isinstance(side, TextSide):
        references = [side.rows_of(several, None) for several in references]
    order = _order(tokens for several in references for tokens in several)
    return bleu_score(references, side.labels(rows), max_order=order)


def _order(references: Any) -> int:
    """Without an n-gram of some order the score would be 0, however good the outputs."""
    return max(1, min(LONGEST_ORDER, max(map(len, references), default=1)))


def _cut(text: str) -> list[str]:
    from sksequence.utils import import_optional

    sacrebleu = import_optional("sacrebleu", extra="text", purpose="bleu_score")
    return sacrebleu.BLEU(tokenize="13a", lowercase=True).tokenizer(text).split()


def r2_of(estimator: Any, pairs: Pairs, sample_weight: Any) -> float:
    """R2 of the numbers that are written for as many steps as each target has."""
    source, target, *_ = pairs
    side, lengths = estimator.target_side_, target.lengths
    found = roll_out_all(estimator.network_, estimator._sources(source), lengths, lengths)
    truth = side.scaled(target).only.values
    weights = None if sample_weight is None else np.repeat(sample_weight, lengths)
    written = np.concatenate([row["values"] for row in found])
    return float(r2_score(truth, written, sample_weight=weights))
