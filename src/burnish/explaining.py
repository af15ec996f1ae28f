"""Which words of a text an answer rests on: each is left out in turn, and what that changes is what it is worth.

This is leave-one-out occlusion (Li, Monroe and Jurafsky 2016, https://arxiv.org/abs/1612.08220). It asks nothing of the
specialist but answers, so that it holds for networks and baselines of every task that reads texts and gives scores.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from burnish.contracts import Answers, Prediction, Row

MOST_WORDS = 64
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, kw_only=True)
class Word:
    """A part of a text and what it is worth.

    Attributes:
        start: Position of its first character.
        end: Position after its last character.
        text: The part.
        worth: How much the answer's score falls without it; negative where it speaks against the answer.
    """

    start: int
    end: int
    text: str
    worth: float


def explain_text(answers: Answers, row: Row, role: str) -> tuple[Prediction, list[Word]]:
    """The answer to a row, and the worth of the words of one of its texts.

    Args:
        answers: What answers rows.
        row: The row by role.
        role: The role that holds the text. Of a long text, neighbouring words count together: at most 64 parts.

    Returns:
        The prediction, and the parts in order; none where the answer has no score of its own, or the text one word.
    """
    text = str(row[role])
    places = _parts([found.span() for found in _WORD.finditer(text)])
    without = [{**row, role: (text[:start] + text[end:]).strip()} for start, end in places] if len(places) > 1 else []
    prediction, *others = answers.predict([row, *without])
    name = str(prediction.value)
    if name not in prediction.scores:
        return prediction, []
    whole = prediction.scores[name]
    return prediction, [
        Word(start=start, end=end, text=text[start:end], worth=whole - other.scores.get(name, 0.0))
        for (start, end), other in zip(places, others, strict=False)
    ]


def _parts(words: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places of words, neighbours joined so that there are not too many."""
    together = max(1, -(-len(words) // MOST_WORDS))
    groups = [words[begin : begin + together] for begin in range(0, len(words), together)]
    return [(group[0][0], group[-1][1]) for group in groups]
