"""Conversations in cells: what is read, and why the rest is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from burnish.conversations.messages import Unreadable, divided, last_question, read_messages

USER, SYSTEM, ASSISTANT = ({"role": role, "content": f"{role} speaks"} for role in ("user", "system", "assistant"))


def test_messages_a_text_and_json_are_read_alike() -> None:
    assert read_messages("  How long? ") == [{"role": "user", "content": "How long?"}]
    assert read_messages("[sic] is no JSON") == [{"role": "user", "content": "[sic] is no JSON"}]
    assert read_messages(json.dumps([SYSTEM, USER])) == read_messages([SYSTEM, USER]) == [SYSTEM, USER]
    assert read_messages([{**USER, "name": "Ann", "content": " so \n"}]) == [{"role": "user", "content": "so"}]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (None, "the conversation is empty"),
        ("  ", "the conversation is empty"),
        ([], "the conversation is empty"),
        (["hello"], "a message has no role or no content"),
        ([{"role": "user"}], "a message has no role or no content"),
        ([{"role": "tool", "content": "x"}], "unknown role 'tool'"),
        ([SYSTEM, SYSTEM, USER], "there are two system messages"),
        ([USER, SYSTEM, USER], "the system message does not come first"),
        ([SYSTEM], "no message is the user's"),
        ([ASSISTANT, USER], "the assistant speaks first"),
        ([SYSTEM, ASSISTANT, USER], "the assistant speaks first"),
        ([USER, USER], "two messages of the same role follow each other"),
        ([{"role": "user", "content": " "}], "a message of the user is empty"),
        ([USER, {"role": "assistant", "content": ""}], "the answer is empty"),
        ([{"role": "user", "content": 7}], "a message of the user is empty"),
    ],
)
def test_what_cannot_be_answered_says_why(cell: Any, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_messages(cell)
    assert str(caught.value) == reason


def test_the_last_answer_is_divided_from_what_it_answers() -> None:
    assert divided([USER, ASSISTANT]) == ([USER], "assistant speaks")
    assert divided([USER, ASSISTANT, USER]) == ([USER, ASSISTANT, USER], "")
    assert last_question([SYSTEM, USER, ASSISTANT]) == "user speaks"
