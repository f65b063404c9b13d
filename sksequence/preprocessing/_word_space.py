"""Near words, and questions of the form "a is to b as c is to ?"."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sksequence.inputs import Vocabulary

_BLOCK = 256  # questions that are asked at a time


@dataclass(frozen=True, eq=False)
class WordSpace:
    """Words as directions: which are near, and what follows from a difference of two.

    Parameters
    ----------
    vectors : ndarray of shape (n_tokens, vector_size)
        A vector for each token of the vocabulary.
    vocabulary : Vocabulary
        Its symbol for unknown words is never an answer.
    spell : callable
        ``tokens = spell(word)``: how the analyzer writes a word that the vocabulary lacks as
        it is.
    """

    vectors: np.ndarray
    vocabulary: Vocabulary
    spell: Callable[[str], list[str]]

    @cached_property
    def units(self) -> np.ndarray:
        """Each vector divided by its length; a row of zeros stays as it is."""
        return unit_rows(self.vectors)

    def find(self, word: str) -> int | None:
        """The row of a word, None for an unknown one."""
        index = self.vocabulary.index
        tokens = [word] if word in index else self.spell(word)
        row = index.get(tokens[0]) if len(tokens) == 1 else None
        return None if row == self.vocabulary.unknown_id else row

    def row(self, word: str) -> int:
        """The row of a word; a ValueError for an unknown one."""
        row = self.find(word)
        if row is None:
            near = difflib.get_close_matches(str(word), self.vocabulary.tokens, n=3)
            hint = f" (near: {', '.join(map(repr, near))})" if near else ""
            raise ValueError(
                f"{word!r} is not in the vocabulary of {len(self.vocabulary)} tokens{hint}: it is "
                "no token of the training texts, or a rare one (min_count, max_tokens)."
            )
        return row

    def nearest(self, vector: np.ndarray, rows: Sequence[int], topn: int) -> list:
        """The words with the highest cosine to a vector, those of `rows` left out."""
        cosines = self.units @ unit_rows(vector.astype(np.float32))  # (n_tokens,)
        left_out = {*rows, *self._never()}
        cosines[list(left_out)] = -np.inf
        best = np.argsort(-cosines, kind="stable")[: min(topn, len(cosines) - len(left_out))]
        return [(self.vocabulary.tokens[i], float(cosines[i])) for i in best]

    def answers(self, questions: np.ndarray) -> np.ndarray:
        """For each (a, b, c) the word with the highest cosine to b - a + c (3CosAdd).

        Parameters
        ----------
        questions : ndarray of shape (n_questions, 3)
            Rows of the words a, b and c, of unit length here, which are no answers.
        """
        answers = np.empty(len(questions), dtype=np.int64)
        for start in range(0, len(questions), _BLOCK):
            asked = questions[start : start + _BLOCK]
            a, b, c = (self.units[asked[:, i]] for i in range(3))
            cosines = (b - a + c) @ self.units.T  # (n_asked, n_tokens), up to a factor a row
            np.put_along_axis(cosines, asked, -np.inf, axis=1)
            cosines[:, self._never()] = -np.inf
            answers[start : start + _BLOCK] = cosines.argmax(axis=1)
        return answers

    def ask(self, sections: list) -> list[dict]:
        """How many questions of each section are answered rightly.

        Parameters
        ----------
        sections : list of (name, questions)
            As `read_analogies` gives them.
        """
        return [self._ask(name, questions) for name, questions in sections]

    def _ask(self, name, questions) -> dict:
        rows = [[self.find(word) for word in question] for question in questions]
        known = np.array([row for row in rows if None not in row], dtype=np.int64).reshape(-1, 4)
        right = self.answers(known[:, :3]) == known[:, 3]
        return {
            "section": name,
            "n_asked": len(known),
            "n_skipped": len(rows) - len(known),
            "n_correct": int(right.sum()),
            "accuracy": float(right.mean()) if len(known) else float("nan"),
        }

    def _never(self) -> list[int]:
        unknown = self.vocabulary.unknown_id
        return [] if unknown is None else [unknown]


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Each row divided by its length; a row of zeros stays as it is."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0, length, 1)


def read_analogies(source: Any) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Sections of questions, each of four words.

    Parameters
    ----------
    source : path or list of 4-tuples of str
        A file has four words a line, and lines ``: name`` that start a section.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line or an item has not four words.
    """
    if isinstance(source, (str, os.PathLike)):
        return _read_file(source)
    questions: list[tuple[str, ...]] = []
    for i, item in enumerate(source):
        words = tuple(item) if isinstance(item, (list, tuple, np.ndarray)) else (item,)
        if len(words) != 4 or not all(isinstance(word, str) for word in words):
            raise ValueError(
                f"analogy {i} must be four words (a is to b as c is to d), got {item!r}."
            )
        questions.append(words)
    return [("questions", questions)]


def _read_file(path):
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"there is no analogy file {os.fspath(path)!r}: give the path of a file with four "
            "words a line, or a list of 4-tuples of words."
        )
    sections: list[tuple[str, list]] = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            words = line.split()
            if line.startswith(":"):
                sections.append((line[1:].strip(), []))
            elif words:
                if len(words) != 4:
                    raise ValueError(
                        f"{os.fspath(path)!r}, line {number}: expected four words (a is to b as c "
                        f"is to d) or ': section', got {line.strip()[:60]!r}."
                    )
                sections = sections or [("questions", [])]
                sections[-1][1].append(tuple(words))
    return sections
