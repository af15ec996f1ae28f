"""Messages of a conversation as cells hold them, read into one form: `[{"role": …, "content": …}, …]`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

Message: TypeAlias = dict[str, str]

SYSTEM, USER, ASSISTANT = "system", "user", "assistant"
ROLES = (SYSTEM, USER, ASSISTANT)


class Unreadable(ValueError):  # noqa: N818  # an answer, not an error: why a row cannot be used
    """Why a cell is no conversation; the text is the reason that the ledger gives."""


def read_messages(cell: Any) -> list[Message]:
    """The conversation that a cell holds: a list of messages, the same as JSON, or the text of a single question.

    Raises:
        Unreadable: It is empty, a message is empty or has no known role, or the order cannot be answered.
    """
    given = _parsed(cell)
    if isinstance(given, str):
        given = [{"role": USER, "content": given}]
    if not isinstance(given, list) or not given:
        raise Unreadable("the conversation is empty")
    messages = [_read_message(message) for message in given]
    roles = [message["role"] for message in messages]
    if roles.count(SYSTEM) > 1:
        raise Unreadable("there are two system messages")
    if SYSTEM in roles[1:]:
        raise Unreadable("the system message does not come first")
    if USER not in roles:
        raise Unreadable("no message is the user's")
    if any(one == other for one, other in pairwise(roles)):
        raise Unreadable("two messages of the same role follow each other")
    if roles[roles[0] == SYSTEM] != USER:
        raise Unreadable("the assistant speaks first")
    return messages


def divided(messages: Sequence[Message]) -> tuple[list[Message], str]:
    """A conversation up to its last question, and the answer to it; "" where none is given."""
    if messages and messages[-1]["role"] == ASSISTANT:
        return list(messages[:-1]), messages[-1]["content"]
    return list(messages), ""


def last_question(messages: Sequence[Mapping[str, str]]) -> str:
    """What the user said last."""
    return next((m["content"] for m in reversed(messages) if m["role"] == USER), "")


def conversation_text(messages: Sequence[Mapping[str, str]]) -> str:
    """All that is said, for people and for comparing conversations."""
    return "\n".join(message["content"] for message in messages)


def _parsed(cell: Any) -> Any:
    """The cell's list, where it is written as JSON; else its text without surrounding blanks."""
    if not isinstance(cell, str):
        return [] if cell is None or isinstance(cell, float) else cell if isinstance(cell, list) else str(cell)
    text = cell.strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return found if isinstance(found, list) and all(isinstance(item, dict) for item in found) else text
    return text or []


def _read_message(message: Any) -> Message:
    if not isinstance(message, Mapping) or not {"role", "content"} <= message.keys():
        raise Unreadable("a message has no role or no content")
    role, content = message["role"], message["content"]
    if role not in ROLES:
        raise Unreadable(f"unknown role {role!r}")
    if not isinstance(content, str) or not content.strip():
        raise Unreadable(f"a message of the {role} is empty" if role != ASSISTANT else "the answer is empty")
    return {"role": role, "content": content.strip()}
