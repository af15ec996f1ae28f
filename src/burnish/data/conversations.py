"""What a column of conversations is like: findings that need no model, and how long its answers are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from burnish.contracts import Rows
from burnish.errors import UserError
from burnish.finding import Finding, counted

_NEARLY_ALL = 0.99
_HUGE = 50_000  # characters of one message
_LISTED = 5


def answer_statistics(rows: Rows) -> Mapping[str, float]:
    """How many tokens nearly all answers are sure to stay below, and how many words they have on average."""
    if not len(rows):
        return {}
    answers = [row["answer"] for row in rows]
    return {
        "answer_tokens": float(np.quantile(list(map(_most_tokens, answers)), _NEARLY_ALL, method="higher")),
        "answer_words": float(np.mean([len(answer.split()) for answer in answers])),
    }


def _most_tokens(text: str) -> float:
    """More tokens than a usual tokenizer makes of a text: three bytes of ASCII a token, one of all else; one to end."""
    ascii_bytes = sum(character.isascii() for character in text)
    return 1 + ascii_bytes / 3 + len(text.encode()) - ascii_bytes


def examine_conversations(rows: Rows) -> list[Finding]:
    """Findings about conversations.

    Raises:
        UserError: There are none.
    """
    if not len(rows):
        raise UserError(
            "no rows are left to learn from",
            where="the data",
            fix="Look at the reasons in the ledger: conversations without an answer, of unknown roles, repeated, or in "
            "the test file too.",
        )
    huge = [
        (row, longest)
        for row in rows
        if (longest := max(len(message["content"]) for message in row["messages"])) > _HUGE
    ]
    if not huge:
        return []
    return [
        Finding(
            name="huge-messages",
            severity="warning",
            count=len(huge),
            text=f"{counted(len(huge), 'conversation has a message', 'conversations have messages')} of more than "
            f"{_HUGE:,} characters",
            consequence="hardly anything of such a document is read, so the answer may rest on what was left out",
            repair="divide the documents, or take out what matters before asking",
            examples=tuple(f"row {row.get('row', '?')}: {longest:,} characters" for row, longest in huge[:_LISTED]),
        )
    ]
