"""Words with their labels under them, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from sksequence.inspection._coloured_text import is_characters
from sksequence.inspection._letters import shown
from sksequence.inspection._tag_text import WRONG, Line
from sksequence.metrics import Entity

CELL = "display:inline-block;vertical-align:top;text-align:center;max-width:100%"
TAG = "display:block;font-size:75%;padding:0 0.4em;border-bottom:2px solid"
BLANK = "&nbsp;"


def as_html(blocks: Sequence[Sequence[Line]], colours: dict[str, str], note: str) -> str:
    """Each sequence as a row of cells: a word, under it its label, under that the right one.

    Neighbouring letters with the same labels share a cell. Wrong labels are underlined in red.
    """
    body = "".join(
        f'<div style="margin:0.7em 0">{_names(lines)}{"".join(_cells(lines, colours))}</div>'
        for lines in blocks
    )
    head = f'<div style="font-size:90%;color:#555">{escape(note)}</div>' if note else ""
    return f'<div style="line-height:1.5;text-align:left">{head}{body}</div>'


def _names(lines: Sequence[Line]) -> str:
    """What the rows of labels are, before the first word."""
    if len(lines) == 1:
        return ""
    rows = "".join(
        f'<span style="{TAG} transparent;color:#777">{escape(line.name)}</span>' for line in lines
    )
    return f'<span style="{CELL}"><span style="display:block">{BLANK}</span>{rows}</span>'


def _cells(lines: Sequence[Line], colours: dict[str, str]) -> list[str]:
    tokens, held = lines[0].tokens, [_entities_of_steps(line) for line in lines]
    letters = is_characters(tokens)
    family = "font-family:monospace;word-break:break-all" if letters else "padding:0 0.25em"
    between = "" if letters else " "
    cells = []
    for start, stop in _pieces(lines, held, letters):
        text = between.join(escape(shown(token)) for token in tokens[start:stop])
        rows = (_tag(lines[k], of[start], start, colours) for k, of in enumerate(held))
        cells.append(
            f'<span style="{CELL}"><span style="display:block;{family}">{text}</span>'
            f"{''.join(rows)}</span>"
        )
    return cells


def _entities_of_steps(line: Line) -> list[Entity | None]:
    """The stretch that each step belongs to."""
    found: list[Entity | None] = [None] * len(line.tokens)
    for entity in line.entities:
        found[entity.start : entity.stop] = [entity] * (entity.stop - entity.start)
    return found


def _pieces(lines, held, letters: bool) -> list[tuple[int, int]]:
    """Words, or neighbouring letters that are alike in every line."""
    n = len(lines[0].tokens)
    if not letters:
        return [(step, step + 1) for step in range(n)]
    alike = [
        tuple((of[step], step in line.wrong_steps) for line, of in zip(lines, held, strict=True))
        for step in range(n)
    ]
    edges = [0, *(step for step in range(1, n) if alike[step] != alike[step - 1]), n]
    return list(pairwise(edges))


def _tag(line: Line, entity: Entity | None, step: int, colours: dict[str, str]) -> str:
    """The label of one cell; those of one stretch make a band."""
    line_below = WRONG if step in line.wrong_steps else "transparent"
    style = f"{TAG} {line_below}"
    if entity is None:
        return f'<span style="{style}">{BLANK}</span>'
    outcome = line.wrong.get(entity)
    told = escape(entity.type if outcome is None else f"{entity.type}: {outcome}")
    edge = "margin-left:2px;" if step == entity.start else ""  # where the next one begins
    return (
        f'<span title="{told}" style="{style};{edge}background:{colours[entity.type]};color:#000">'
        f"{escape(entity.type)}</span>"
    )
