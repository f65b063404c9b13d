"""Time several ways of doing the same thing side by side, and print what came out."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line of a table.

    Parameters
    ----------
    what : str
        The comparison.
    ours, reference : str
        The two figures as they are shown.
    ratio : str
        With its spread over the repeats, or "".
    aim : str
        Such as ``"<= 1.05"``, or "" where there is none.
    met : bool or None
    """

    what: str
    ours: str
    reference: str = ""
    ratio: str = ""
    aim: str = ""
    met: bool | None = None


def timed(
    ways: Mapping[str, Callable[[], object]], repeat: int, clock: Callable = time.process_time
) -> dict[str, list[float]]:
    """Seconds of each way in each repeat; the ways take turns, so that load hits all alike.

    The processor's seconds by default: on one thread they are those of the wall on an idle
    machine, and other programs hardly change them. A first round is not counted.
    """
    seconds = {name: [] for name in ways}
    for turn in range(repeat + 1):
        for name, way in ways.items():
            started = clock()
            way()
            if turn:
                seconds[name].append(clock() - started)
    return seconds


def compare(
    what: str, ours: list[float], reference: list[float], aim: float | None = None, *, faster=False
) -> Line:
    """A line with the median over the repeats of ``ours / reference``.

    With ``faster=True`` the ratio is ``reference / ours``, to be at least `aim` instead of at
    most.
    """
    pairs = zip(ours, reference, strict=True)
    ratios = sorted(b / a if faster else a / b for a, b in pairs)
    middle = statistics.median(ratios)
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    shown = f"{middle:.2f} ({low:.2f}-{high:.2f})"
    met = None
    if aim is not None:
        met = middle >= aim if faster else middle <= aim
    return Line(
        what,
        seconds_text(statistics.median(ours)),
        seconds_text(statistics.median(reference)),
        shown,
        "" if aim is None else f"{'>=' if faster else '<='} {aim:g}",
        met,
    )


def seconds_text(seconds: float) -> str:
    """``1.23 s``, ``4.5 ms`` or ``67 us``."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{1e3 * seconds:.1f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.0f} us"


def megabytes(n_bytes: float) -> str:
    """``12.3 MB`` (10^6 bytes)."""
    return f"{n_bytes / 1e6:.1f} MB"


def machine() -> str:
    """What the figures were taken on, and how busy it was with other things."""
    import numpy
    import torch

    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{os.cpu_count()} cores ({platform.machine()}){load}; Python "
        f"{platform.python_version()}, torch {torch.__version__}, numpy {numpy.__version__}"
    )


def print_table(title: str, lines: list[Line]) -> None:
    """Write a title and a table in Markdown to standard output."""
    head = ("", "ours", "reference", "ratio", "aim", "")
    said = {None: "", True: "met", False: "NOT met"}
    rows = [(x.what, x.ours, x.reference, x.ratio, x.aim, said[x.met]) for x in lines]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    print(f"\n{title}\n")
    for row in [head, tuple("-" * width for width in widths), *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(f"| {' | '.join(cells)} |")
    sys.stdout.flush()
