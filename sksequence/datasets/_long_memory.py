"""Tasks that need a long memory: adding, copying, and the embedded Reber grammar."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sksequence.datasets._checks import check_between, check_choice, check_count
from sksequence.inputs import SequenceArray
from sksequence.utils._random import make_generator

BLANK, FIRST = 0, 1  # of the copy task: ids of the blank and of the first symbol

# Reber's graph: from each node the symbols that may come next, and where they lead.
REBER: dict[Any, dict[str, Any]] = {
    "start": {"B": 1},
    1: {"T": 2, "P": 3},
    2: {"S": 2, "X": 4},
    3: {"T": 3, "V": 5},
    4: {"S": 6, "X": 3},
    5: {"P": 4, "V": 6},
    6: {"E": "end"},
    "end": {},
}
REBER_SYMBOLS = "BTPSXVE"


def make_adding_problem(
    n_samples: int = 1000, *, n_steps: int = 100, random_state: Any = None
) -> tuple[SequenceArray, np.ndarray]:
    r"""Make sequences of numbers of which two are marked; the target is their sum.

    A step has two features: a number drawn uniformly from [0, 1), and a mark, which is 1 at two
    steps drawn from all, and 0 elsewhere. Whoever ignores the marks does best with the mean of
    the sums, 1, and has a mean squared error of :math:`2 / 12 = .167`.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    n_steps : int, default=100
        Their length, at least 2: what has to be kept in mind gets older with it.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same sequences at every call.

    Returns
    -------
    X : SequenceArray of shape (n_samples,)
        Each of `n_steps` steps with two features, the number and the mark.
    y : ndarray of shape (n_samples,)
        The sum of the two marked numbers of each.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    See Also
    --------
    make_copy : Ten symbols to keep in mind.
    make_reber : One symbol to keep in mind, among many that distract.

    Notes
    -----
    The form is that of Bai and others (2018). Hochreiter and Schmidhuber (1997), who posed the
    problem, drew the numbers from [-1, 1], the first mark among the first ten steps and the
    second among the first half.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9 (1997).
    S. Bai, J. Z. Kolter and V. Koltun, An empirical evaluation of generic convolutional and
    recurrent networks for sequence modeling, arXiv:1803.01271 (2018).

    Examples
    --------
    >>> from sksequence.datasets import make_adding_problem
    >>> X, y = make_adding_problem(2, n_steps=4, random_state=0)
    >>> X
    SequenceArray(n_sequences=2, lengths=4, n_features=2)
    >>> X[0].round(2)
    array([[0.64, 1.  ],
           [0.27, 0.  ],
           [0.04, 1.  ],
           [0.02, 0.  ]])
    >>> y.round(2)
    array([0.68, 1.52])
    """
    check_count("n_samples", n_samples)
    check_count("n_steps", n_steps, minimum=2, why=", for two are marked")
    rng = make_generator(random_state)
    numbers = rng.random((n_samples, n_steps))
    first = rng.integers(n_steps, size=n_samples)
    second = (first + rng.integers(1, n_steps, size=n_samples)) % n_steps  # another step
    marks = np.zeros((n_samples, n_steps))
    rows = np.arange(n_samples)
    marks[rows, first] = marks[rows, second] = 1.0
    X = SequenceArray.from_padded(np.stack([numbers, marks], axis=2))
    return X, (numbers * marks).sum(axis=1)


def make_copy(
    n_samples: int = 1000,
    *,
    n_steps: int = 100,
    n_copied: int = 10,
    n_symbols: int = 8,
    target: str = "steps",
    random_state: Any = None,
) -> tuple[SequenceArray, SequenceArray]:
    r"""Make symbols, a long blank, and the same symbols to be written after it.

    A sequence has `n_copied` symbols, `n_steps` - 1 blanks, and `n_copied` + 1 signals; from
    the first signal on the symbols have to be written down again. Without a memory the best
    guess is one of `n_symbols`, a mean cross-entropy of
    :math:`m \log k / (T + 2 m)` a step for `n_copied` = m, `n_symbols` = k, `n_steps` = T.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    n_steps : int, default=100
        Steps from the last of the symbols to the first signal.
    n_copied : int, default=10
        Symbols to keep in mind.
    n_symbols : int, default=8
        Different symbols, all equally likely.
    target : {"steps", "copied"}, default="steps"
        What y is: ``"steps"``, as published, an id for each step, blank but for the last
        `n_copied`; ``"copied"``, those alone, as a sequence-to-sequence model writes them.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same sequences at every call.

    Returns
    -------
    X : SequenceArray of shape (n_samples,)
        Each of ``n_steps + 2 * n_copied`` ids: 0 is the blank, 1 to `n_symbols` are the symbols
        and ``n_symbols + 1`` is the signal.
    y : SequenceArray of shape (n_samples,)
        Ids as those of X; as many as X has with ``target="steps"``, else `n_copied`.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    See Also
    --------
    make_adding_problem : Two numbers to keep in mind.
    make_reversal : Sequences backwards, without a blank.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9 (1997).
    M. Arjovsky, A. Shah and Y. Bengio, Unitary evolution recurrent neural networks, ICML (2016).
    S. Bai, J. Z. Kolter and V. Koltun, An empirical evaluation of generic convolutional and
    recurrent networks for sequence modeling, arXiv:1803.01271 (2018).

    Examples
    --------
    >>> from sksequence.datasets import make_copy
    >>> X, y = make_copy(1, n_steps=4, n_copied=3, random_state=0)
    >>> print(X[0], y[0], sep="\n")
    [7 6 5 0 0 0 9 9 9 9]
    [0 0 0 0 0 0 0 7 6 5]
    """
    for name, count in (("n_samples", n_samples), ("n_steps", n_steps), ("n_copied", n_copied)):
        check_count(name, count)
    check_count("n_symbols", n_symbols, minimum=2, why=", or there is nothing to know")
    check_choice("target", target, ("steps", "copied"))
    rng = make_generator(random_state)
    symbols = rng.integers(FIRST, FIRST + n_symbols, size=(n_samples, n_copied))
    X = np.full((n_samples, n_steps + 2 * n_copied), BLANK)
    X[:, :n_copied] = symbols
    X[:, -(n_copied + 1) :] = FIRST + n_symbols
    y = symbols
    if target == "steps":
        y = np.full_like(X, BLANK)
        y[:, -n_copied:] = symbols
    n_tokens = n_symbols + 2
    both = (SequenceArray.from_padded(side, n_tokens=n_tokens) for side in (X, y))
    return next(both), next(both)


def make_reber(
    n_samples: int = 1000,
    *,
    embedded: bool = True,
    target: str = "next",
    valid_fraction: float = 0.5,
    corrupted: str = "any",
    random_state: Any = None,
) -> tuple[list[str], Any]:
    """Make strings of the Reber grammar, plain or embedded in itself.

    Strings are walks through a small graph whose edges bear the symbols B, T, P, S, X, V and E;
    where a node has two edges, each is taken with probability one half. An embedded string is
    B, then T or P, then a plain string, then *the same* T or P, then E: to predict its last but
    one symbol, the second has to be kept in mind over all of the plain string, in which T and P
    occur too. It is the classic test that simple recurrent networks fail.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of strings.
    embedded : bool, default=True
        Whether strings are embedded; False gives plain ones, which need no long memory.
    target : {"next", "valid"}, default="next"
        What y is. ``"next"``: for every symbol of a string, which ones may follow it.
        ``"valid"``: whether a string is one of the grammar.
    valid_fraction : float, default=0.5
        With ``target="valid"``: the share of strings of the grammar; in the others one symbol
        was replaced so that they are none.
    corrupted : {"any", "recalled"}, default="any"
        Which symbol is replaced: any one, or of embedded strings the last but one, so that
        only who remembers the second can tell.
    random_state : int, RandomState, Generator or None, default=None
        Source of randomness. Pass an int for the same strings at every call.

    Returns
    -------
    X : list of str of length n_samples
        The strings, such as ``"BTBPVVETE"``.
    y : list of list of str, or ndarray of bool of shape (n_samples,)
        With ``target="next"``, ``y[i][t]`` has the symbols that may follow ``X[i][:t + 1]``,
        one or two of them, as a string; it is empty after the last. With ``target="valid"``
        True for strings of the grammar.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    See Also
    --------
    make_adding_problem : Two numbers to keep in mind.

    Notes
    -----
    In the literature a string counts as predicted if after each of its symbols the outputs of
    those that may follow are the most active ones, and a network as successful if that holds
    for all strings of a training set and a test set of 256 each.

    References
    ----------
    A. S. Reber, Implicit learning of artificial grammars, Journal of Verbal Learning and Verbal
    Behavior 6 (1967).
    A. Cleeremans, D. Servan-Schreiber and J. L. McClelland, Finite state automata and simple
    recurrent networks, Neural Computation 1 (1989).
    S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9 (1997).

    Examples
    --------
    >>> from sksequence.datasets import make_reber
    >>> X, y = make_reber(1, random_state=1)
    >>> X
    ['BTBPVVETE']
    >>> y
    [['TP', 'B', 'TP', 'TV', 'PV', 'E', 'T', 'E', '']]
    >>> make_reber(3, target="valid", corrupted="recalled", random_state=0)
    (['BPBPVPSETE', 'BTBTSSXXVVEPE', 'BPBPVVEPE'], array([False, False,  True]))
    """
    check_count("n_samples", n_samples)
    check_choice("target", target, ("next", "valid"))
    check_between("valid_fraction", valid_fraction, 0, 1)
    check_choice("corrupted", corrupted, ("any", "recalled"))
    if corrupted == "recalled" and not embedded:
        raise ValueError("corrupted='recalled' needs embedded=True: in plain strings nothing is.")
    graph = _embedded() if embedded else REBER
    rng = make_generator(random_state)
    coins = _coins(rng)
    walks = [_walk(graph, coins) for _ in range(n_samples)]
    if target == "next":
        return [string for string, _ in walks], [following for _, following in walks]
    valid = rng.random(n_samples) < valid_fraction
    strings = [
        string if is_valid else _corrupt(string, graph, corrupted, rng)
        for (string, _), is_valid in zip(walks, valid, strict=True)
    ]
    return strings, valid


def _embedded() -> dict[Any, dict[str, Any]]:
    """The graph of B, T or P, a plain string, the same T or P, E."""
    graph: dict[Any, dict[str, Any]] = {"start": {"B": "fork"}, "fork": {}, "end": {}}
    for kept in "TP":
        graph["fork"][kept] = (kept, "start")
        for node, edges in REBER.items():
            graph[kept, node] = {symbol: (kept, to) for symbol, to in edges.items()}
        graph[kept, "end"] = {kept: (kept, "kept")}
        graph[kept, "kept"] = {"E": "end"}
    return graph


def _coins(rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.integers(2, size=1024).tolist()


def _walk(graph: dict[Any, dict[str, Any]], coins: Iterator[int]) -> tuple[str, list[str]]:
    """A random string, and after each of its symbols those that may follow."""
    node, string, following = "start", "", []
    while node != "end":
        edges = list(graph[node].items())
        symbol, node = edges[next(coins)] if len(edges) == 2 else edges[0]
        string += symbol
        following.append("".join(graph[node]))
    return string, following


def _is_valid(string: str, graph: dict[Any, dict[str, Any]]) -> bool:
    node: Any = "start"
    for symbol in string:
        if symbol not in graph[node]:
            return False
        node = graph[node][symbol]
    return node == "end"


def _corrupt(
    string: str, graph: dict[Any, dict[str, Any]], corrupted: str, rng: np.random.Generator
) -> str:
    """The string with one symbol replaced, and no longer of the grammar."""
    if corrupted == "recalled":
        return string[:-2] + ("T" if string[-2] == "P" else "P") + string[-1]
    while True:
        at, other = rng.integers(len(string)), rng.integers(len(REBER_SYMBOLS))
        changed = string[:at] + REBER_SYMBOLS[other] + string[at + 1 :]
        if not _is_valid(changed, graph):
            return changed
