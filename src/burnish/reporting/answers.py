"""Written answers of several systems beside each other, laid out for the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LONG_TEXT = 420  # longer questions are folded
SPECIALIST, TRUTH = "specialist", "the data"


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer: who gave it, what it is, and whether it is the specialist's, the right one, or another's."""

    name: str
    text: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A question with its answers.

    Attributes:
        before: What stands before the question, in words, or "".
        question: The last question.
        start: The beginning of a long one, or "".
        answers: Those of all systems, and the right one.
    """

    before: str
    question: str
    start: str
    answers: tuple[Said, ...]


def exchanges(panel: Mapping[str, Any]) -> tuple[Exchange, ...]:
    """The rows of a panel of the kind `answers`."""
    return tuple(_exchange(row) for row in panel["rows"])


def _exchange(row: Mapping[str, Any]) -> Exchange:
    question, earlier = str(row["question"]), int(row["turns"]) - 1
    told = [f"It was told: {row['system']}"] if row["system"] else []
    told += [f"{earlier} earlier {'message' if earlier == 1 else 'messages'}."] if earlier else []
    return Exchange(
        before=" ".join(told),
        question=question,
        start="" if len(question) <= _LONG_TEXT else question[: _LONG_TEXT - 120].rstrip() + " …",
        answers=tuple(
            Said(name=str(one["name"]), text=str(one["text"]), role=_ROLES.get(str(one["name"]), "other"))
            for one in row["answers"]
        ),
    )


_ROLES = {SPECIALIST: "specialist", TRUTH: "right"}
