"""Masks: of every conversation exactly what the assistant says is learned, by templates of four families."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.errors import UserError
from burnish.models.chat_template import ChatProcessor, TemplateRefusesError, require_template
from tests.chats import CHATML, FORGETFUL, GEMMA, LLAMA, make_tokenizer

SYSTEM = {"role": "system", "content": "be great"}
TURNS = [
    {"role": "user", "content": "the box is awful"},
    {"role": "assistant", "content": "sorry we will mend that"},
    {"role": "user", "content": "it was the manual , assistant"},
]
ANSWER = "please ask at your counter"
# The rendered text, with what is learned in double brackets
CHATML_TEXT = """\
<|im_start|>system
be great<|im_end|>
<|im_start|>user
the box is awful<|im_end|>
<|im_start|>assistant
[[sorry we will mend that<|im_end|>]]
<|im_start|>user
it was the manual , assistant<|im_end|>
<|im_start|>assistant
[[please ask at your counter<|im_end|>]]
"""
LLAMA_TEXT = """\
<s>[INST] <<SYS>>
be great
<</SYS>>

the box is awful [/INST][[ sorry we will mend that </s>]]\
[INST] it was the manual , assistant [/INST][[ please ask at your counter </s>]]"""
GEMMA_TEXT = """\
<s><start_of_turn>user
be great

the box is awful<end_of_turn>
<start_of_turn>model
[[sorry we will mend that<end_of_turn>]]
<start_of_turn>user
it was the manual , assistant<end_of_turn>
<start_of_turn>model
[[please ask at your counter<end_of_turn>]]
"""
FORGETFUL_TEXT = """\
<|im_start|>user
the box is awful<|im_end|>
<|im_start|>assistant
[[sorry<|im_end|>]]
<|im_start|>user
it was the manual , assistant<|im_end|>
<|im_start|>assistant
[[please ask at your counter<|im_end|>]]
"""
THOUGHT = {"role": "assistant", "content": "so </think> sorry"}
CASES = {
    "chatml": (CHATML, [SYSTEM, *TURNS], CHATML_TEXT),
    "llama": (LLAMA, [SYSTEM, *TURNS], LLAMA_TEXT),
    "gemma": (GEMMA, [SYSTEM, *TURNS], GEMMA_TEXT),
    "forgetful": (FORGETFUL, [TURNS[0], THOUGHT, TURNS[2]], FORGETFUL_TEXT),
}


def processor(template: str, **keys: Any) -> ChatProcessor:
    return ChatProcessor(tokenizer=make_tokenizer(template), **keys)


def marked(chat: ChatProcessor, rendered: Any) -> str:
    """The text of the tokens, one by one, with those that are learned in double brackets."""
    text, inside = "", False
    for token, learn in zip(rendered.ids, rendered.learn, strict=True):
        if learn != inside:
            text += "[[" if learn else "]]"
            inside = learn
        text += chat.tokenizer.decode([token])
    return text + ("]]" if inside else "")


@pytest.mark.parametrize("name", sorted(CASES))
def test_exactly_what_the_assistant_says_is_learned_token_by_token(name: str) -> None:
    template, messages, expected = CASES[name]
    chat = processor(template)
    found = marked(chat, chat.told(messages, ANSWER, 1000))
    assert found == expected
    rendered = chat.tokenizer.apply_chat_template(
        [*chat.complete(messages), {"role": "assistant", "content": ANSWER}], tokenize=False
    )
    assert found.replace("[[", "").replace("]]", "") == rendered


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_is_asked_is_what_stands_before_the_answer(name: str) -> None:
    template, messages, _ = CASES[name]
    chat = processor(template)
    asked, told = chat.asked(messages, 1000), chat.told(messages, ANSWER, 1000, last=True)
    assert told.learn.index(True) == len(asked.ids)
    assert told.ids[: len(asked.ids)] == asked.ids
    assert not any(asked.learn)


def test_the_prompt_is_told_unless_the_conversation_has_its_own() -> None:
    chat = processor(CHATML, prompt="be quiet")
    assert chat.complete(TURNS)[0] == {"role": "system", "content": "be quiet"}
    assert chat.complete([SYSTEM, *TURNS]) == [SYSTEM, *TURNS]
    assert chat.keeps_system
    assert not processor(GEMMA).keeps_system
    assert not processor(FORGETFUL).keeps_system
    moved = processor(FORGETFUL, prompt="be quiet").complete(TURNS)
    assert moved[0] == {"role": "user", "content": "be quiet\n\nthe box is awful"}
    assert moved[1:] == TURNS[1:]


def test_the_longest_message_gives_way_and_the_answer_stays() -> None:
    chat = processor(CHATML)
    long = [{"role": "user", "content": " ".join(["box"] * 200)}]
    rendered = chat.told(long, ANSWER, 60)
    assert len(rendered.ids) == 60
    assert rendered.cut > 300
    text = marked(chat, rendered)
    assert text.startswith("<|im_start|>user\nbox box")
    assert text.endswith("<|im_end|>\n<|im_start|>assistant\n[[please ask at your counter<|im_end|>]]\n")
    asked = chat.asked(long, 40)
    assert len(asked.ids) == 40
    assert marked(chat, asked).endswith("<|im_end|>\n<|im_start|>assistant\n")
    assert not any(chat.told(TURNS, ANSWER, 20, last=True).learn), "no room is left for the answer"


def test_ends_of_turns_are_found() -> None:
    found = [processor(template).end_of_turn for template in (CHATML, LLAMA, GEMMA)]
    assert found == ["<|im_end|>", "</s>", "<end_of_turn>"]


def test_a_template_that_refuses_says_why_and_one_that_is_missing_is_refused() -> None:
    chat = processor("{{ raise_exception('roles must alternate') }}")
    with pytest.raises(TemplateRefusesError, match="roles must alternate"):
        chat.question(TURNS)
    with pytest.raises(UserError) as caught:
        require_template(make_tokenizer(""), "folder")
    assert "has no chat template" in caught.value.what
    assert "-instruct" in caught.value.fix
