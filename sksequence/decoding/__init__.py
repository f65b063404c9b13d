"""From a decoder that goes step by step to whole outputs: greedy, beam, sampling, rolling out.

No network is known here: a decoder is any object with a method

    ``advance(tokens, state, memory) -> Advance(log_probs, state, attention)``

(or, for numbers, ``advance_values``, see :func:`roll_out`), where

- `tokens`, of shape ``(B * K,)``, is the last symbol of each hypothesis: K of them for each of
  B sequences side by side, row ``b * K + k``; K is one at the first step, and in greedy search
  and sampling always;
- `state` is a tree (nested tuples, lists, dicts) of tensors or None with B * K rows;
- `memory` is such a tree with B rows, which is never repeated for the hypotheses;
- `log_probs` has the shape ``(B * K, V)``, `attention` ``(B * K, S)`` or is None.

Sequences that ended leave the computation, so B shrinks from step to step. What comes out for a
sequence does not depend on the others.
"""

from sksequence.decoding._beam import beam_search
from sksequence.decoding._ctc import (
    PathScorer,
    Transcript,
    forced_alignment,
    greedy_collapse,
    prefix_beam_search,
)
from sksequence.decoding._greedy import greedy_search
from sksequence.decoding._roll_out import RolledOut, roll_out
from sksequence.decoding._sampling import sample_search
from sksequence.decoding._tree import Advance, Decoded, select
from sksequence.decoding._viterbi import viterbi

__all__ = [
    "Advance",
    "Decoded",
    "PathScorer",
    "RolledOut",
    "Transcript",
    "beam_search",
    "forced_alignment",
    "greedy_collapse",
    "greedy_search",
    "prefix_beam_search",
    "roll_out",
    "sample_search",
    "select",
    "viterbi",
]
