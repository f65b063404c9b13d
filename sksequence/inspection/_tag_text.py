"""Words or characters with coloured stretches, as a drawing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sksequence.inspection._coloured_text import is_characters
from sksequence.inspection._letters import drawable, shown
from sksequence.metrics import Entity

GROUNDS = (  # light enough for black letters, none of them red
    "#b7d4f0",
    "#ffd59e",
    "#b9e3c0",
    "#dcc9ef",
    "#f4ee9f",
    "#a9e0e0",
    "#e3cdb5",
    "#d9dde2",
    "#f5c6e4",
    "#cfe08c",
)
WRONG = "#c62828"
MARGIN = 6  # letters before each line, for its name
LINE = 88  # letters of a line
MOST_LINES = 60
LETTER, HEIGHT = 0.088, 0.25  # inches


@dataclass(frozen=True)
class Line:
    """One sequence with its labels: a name, words, stretches, and what is wrong.

    A wrong stretch comes with what became of it; wrong steps are underlined.
    """

    name: str
    tokens: Sequence[str]
    entities: Sequence[Entity]
    wrong: dict[Entity, str]
    wrong_steps: frozenset[int] = frozenset()


def colours_of(types: Iterable[str]) -> dict[str, str]:
    """A ground for each type; after ten they begin anew."""
    return {kind: GROUNDS[i % len(GROUNDS)] for i, kind in enumerate(sorted(set(types)))}


def _parts(line: Line) -> list[tuple[Entity | None, int, int]]:
    """Stretches and what lies between them, from left to right."""
    parts: list[tuple[Entity | None, int, int]] = []
    at = 0
    for entity in sorted(line.entities):
        if entity.start > at:
            parts.append((None, at, entity.start))
        parts.append((entity, entity.start, entity.stop))
        at = entity.stop
    if at < len(line.tokens):
        parts.append((None, at, len(line.tokens)))
    return parts


# -- a drawing ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Piece:
    """A word, or the name of a type behind the last word of a stretch, and where it stands."""

    step: int | None

    text: str
    row: int
    place: int
    width: int
    entity: Entity | None

    @property
    def badge(self) -> bool:
        """Whether it is the name of a type."""
        return self.step is None


def text_size(blocks: Sequence[Sequence[Line]]) -> tuple[float, float]:
    """Inches of a figure."""
    n_rows = len(_lay_out(blocks)[1])
    return (MARGIN + LINE) * LETTER + 0.3, n_rows * HEIGHT + 0.3


def draw_text(ax: Any, blocks: Sequence[Sequence[Line]], colours: dict[str, str]) -> None:
    """Draw sequences into axes, one under the other."""
    from matplotlib.patches import Rectangle

    laid, rows = _lay_out(blocks)
    if len(rows) > MOST_LINES:
        raise ValueError(
            f"TagDisplay draws at most {MOST_LINES} lines of text, got {len(rows)}: give fewer "
            "sequences, or look at them as HTML in a notebook."
        )
    texts, families = drawable([piece.text for _, pieces in laid for piece in pieces])
    families = ["DejaVu Sans Mono", *families]
    for line, pieces in laid:
        for piece, after in zip(pieces, [*pieces[1:], None], strict=True):
            same_row = after is not None and after.row == piece.row
            goes_on = same_row and after.entity == piece.entity
            width = after.place - piece.place if goes_on else piece.width
            if piece.entity is not None:
                box = (piece.place, piece.row + 0.06), width, 0.76
                ax.add_patch(Rectangle(*box, color=colours[piece.entity.type], linewidth=0))
            if piece.step in line.wrong_steps:
                wide = goes_on and after.step in line.wrong_steps
                under = (piece.place, piece.row + 0.82), width if wide else piece.width, 0.1
                ax.add_patch(Rectangle(*under, color=WRONG, linewidth=0))
            ax.text(
                piece.place + piece.width / 2,
                piece.row + 0.46,
                texts[piece.text].replace("\u2423", " "),
                fontfamily=families,
                fontsize=6.5 if piece.badge else 9,
                fontweight="bold" if piece.badge else "normal",
                color="0.25" if piece.badge else "black",
                ha="center",
                va="center_baseline",
                parse_math=False,
            )
    for row, name in enumerate(rows):
        ax.text(0, row + 0.46, name, fontsize=7.5, color="0.45", va="center_baseline")
    ax.set_xlim(0, MARGIN + LINE)
    ax.set_ylim(max(len(rows), 1), 0)
    ax.set_axis_off()


def _lay_out(blocks: Sequence[Sequence[Line]]) -> tuple[list[tuple[Line, list[_Piece]]], list[str]]:
    """The pieces of each line, and the name that stands before each row.

    Lines of a block go over the same words, which stand under each other.
    """
    laid, rows = [], []
    for i, lines in enumerate(blocks):
        if i:
            rows.append("")
        places, n_rows = _places(lines)
        for k, line in enumerate(lines):
            laid.append((line, _pieces(line, places, len(rows) + k, len(lines))))
        rows += [line.name for line in lines] * n_rows
    return laid, rows


def _places(lines: Sequence[Line]) -> tuple[list[tuple[int, int, int]], int]:
    """Row, place of the word and place of a badge behind it, of each step; and the rows.

    Where one line has a badge, all of them leave room for the widest.
    """
    tokens = lines[0].tokens
    gap = 0 if is_characters(tokens) else 1
    badges = [0] * len(tokens)
    for line in lines:
        for entity in line.entities:
            last = entity.stop - 1
            badges[last] = max(badges[last], _badge_width(shown(entity.type)))
    row, place = 0, MARGIN
    places = []
    for token, badge in zip(tokens, badges, strict=True):
        word = len(shown(token))
        width = word + (gap + badge if badge else 0)
        if place > MARGIN and place + width > MARGIN + LINE:
            row, place = row + 1, MARGIN
        places.append((row, place, place + word + gap))
        place += width + gap
    return places, row + 1


def _badge_width(text: str) -> int:
    """Letters of a badge are smaller, and it keeps a little distance from what follows."""
    return round(0.72 * len(text) + 0.6)


def _pieces(line: Line, places: list, first: int, n_lines: int) -> list[_Piece]:
    """Words, and the name of a type behind each stretch, of every `n_lines`-th row."""
    pieces = []
    for entity, start, stop in _parts(line):
        for step in range(start, stop):
            row, place, behind = places[step]
            at, text = first + row * n_lines, shown(line.tokens[step])
            pieces.append(_Piece(step, text, at, place, len(text), entity))
        if entity is not None:
            badge = shown(entity.type)
            pieces.append(_Piece(None, badge, at, behind, _badge_width(badge), entity))
    return pieces
