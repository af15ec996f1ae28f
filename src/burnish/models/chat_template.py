"""Conversations as the tokens of a base model's own chat template, with the answers marked exactly.

What is learned of a conversation is what the assistant says, with the token that ends its turn, and nothing else: no
question, no header, no blank between turns. Where an answer lies in the rendered text is found by rendering the
conversation up to it, ready to be answered, which is also what the model is given when it predicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from burnish.conversations.messages import ASSISTANT, SYSTEM, USER, Message
from burnish.errors import UserError

_MARK = "burnish-marks-this"
_LEAST_KEPT = 8  # tokens of a message that is cut


class TemplateRefusesError(ValueError):
    """The template cannot render a conversation; the text is its reason."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A conversation as tokens.

    Attributes:
        ids: Token ids.
        learn: For every token whether it is learned: it belongs to what the assistant says.
        cut: Tokens that were left out to make it fit.
    """

    ids: tuple[int, ...]
    learn: tuple[bool, ...]
    cut: int = 0


@dataclass(frozen=True, kw_only=True)
class ChatProcessor:
    """A tokenizer with its chat template, and what goes into every conversation.

    Attributes:
        tokenizer: A fast tokenizer of transformers, with a template.
        prompt: What the model is told before every conversation that has no system message of its own; "" for nothing.
        longest_answer: Most tokens to write.
    """

    tokenizer: Any
    prompt: str = ""
    longest_answer: int = 256

    @property
    def pad_token_id(self) -> int:
        """What fills rows up; it is always masked."""
        padding = self.tokenizer.pad_token_id
        return int(padding) if padding is not None else 0

    @cached_property
    def keeps_system(self) -> bool:
        """Whether the template shows the model a system message."""
        try:
            text = self._rendered([{"role": SYSTEM, "content": _MARK}, {"role": USER, "content": "?"}])
        except TemplateRefusesError:
            return False
        return _MARK in text

    @cached_property
    def end_of_turn(self) -> str:
        """The special token that ends what the assistant says, or "" where the template has none."""
        text = self._rendered([{"role": USER, "content": "?"}, {"role": ASSISTANT, "content": _MARK}])
        after = text.rpartition(_MARK)[2]
        found = [(after.index(token), -len(token), token) for token in self.special_tokens if token in after]
        return min(found)[2] if found else ""

    @cached_property
    def special_tokens(self) -> frozenset[str]:
        """The tokens that templates are made of."""
        added = self.tokenizer.added_tokens_decoder.values()
        return frozenset(self.tokenizer.all_special_tokens) | {str(token) for token in added if token.special}

    def complete(self, messages: Sequence[Message]) -> list[Message]:
        """A conversation with the prompt, and with its system message where the template shows it to the model."""
        told = list(messages)
        if self.prompt and told[0]["role"] != SYSTEM:
            told = [{"role": SYSTEM, "content": self.prompt}, *told]
        if told[0]["role"] == SYSTEM and not self.keeps_system:
            first = {"role": USER, "content": f"{told[0]['content']}\n\n{told[1]['content']}"}
            return [first, *told[2:]]
        return told

    def question(self, messages: Sequence[Message]) -> str:
        """The text that is to be gone on from to answer a conversation.

        Raises:
            TemplateRefusesError: The template cannot render it.
        """
        return self._rendered(self.complete(messages), answering=True)

    def asked(self, messages: Sequence[Message], longest: int) -> Rendered:
        """The tokens of `question`, at most `longest`: the end of the longest message is left out, or the beginning.

        Raises:
            TemplateRefusesError: The template cannot render it.
        """
        told = self.complete(messages)
        rendered = self._tokens(self._rendered(told, answering=True), [], told, longest)
        over = max(0, len(rendered.ids) - longest)
        return replace(rendered, ids=rendered.ids[over:], learn=rendered.learn[over:], cut=rendered.cut + over)

    def told(self, messages: Sequence[Message], answer: str, longest: int, *, last: bool = False) -> Rendered:
        """The tokens of a conversation with its answer, at most `longest`.

        Where it is longer, the end of the longest message is left out that is not the assistant's; if that is not
        enough, the end of the whole.

        Args:
            messages: The conversation up to the answer.
            answer: What the assistant says at last; "" for nothing.
            longest: Most tokens.
            last: Mark the last answer alone.

        Raises:
            TemplateRefusesError: The template cannot render it.
        """
        told = self.complete(messages)
        whole = [*told, {"role": ASSISTANT, "content": answer}] if answer else told
        text = self._rendered(whole)
        places = self._answers(whole, text)
        rendered = self._tokens(text, places[-1:] if last else places, whole, longest)
        over = max(0, len(rendered.ids) - longest)
        return replace(rendered, ids=rendered.ids[:longest], learn=rendered.learn[:longest], cut=rendered.cut + over)

    def _answers(self, messages: Sequence[Message], text: str) -> list[tuple[int, int]]:
        """Where what the assistant says stands in the rendered text, each with the token that ends it."""
        places, after = [], 0
        for number, message in enumerate(messages):
            if message["role"] != ASSISTANT:
                continue
            before = self._rendered(messages[:number], answering=True)
            # Some templates write earlier turns otherwise than the last: then what is said is looked for
            start = len(before) if text.startswith(before) else text.find(message["content"], after)
            if start >= 0 and (end := self._end(text, start, message["content"])) > start:
                places.append((start, end))
                after = end
        return places

    def _end(self, text: str, start: int, content: str) -> int:
        """Where something that is said ends, with the token that ends the turn; -1 where it cannot be told."""
        said = text.find(content, start)
        whole = said >= 0 and not text[start:said].strip()  # else the template left something of it out
        end = said + len(content) if whole else start
        stop = text.find(self.end_of_turn, end) if self.end_of_turn else -1
        if stop >= 0 and not (whole and text[end:stop].strip()):
            return stop + len(self.end_of_turn)
        return end if whole else -1

    def _tokens(
        self, text: str, answers: Sequence[tuple[int, int]], messages: Sequence[Message], longest: int
    ) -> Rendered:
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
        learn = [any(start <= begin < end for start, end in answers) for begin, _ in offsets]
        if (over := len(ids) - longest) <= 0:
            return Rendered(ids=tuple(ids), learn=tuple(learn))
        inside = _of_longest_message(text, offsets, messages)
        gone = set(inside[max(_LEAST_KEPT, len(inside) - over) :])
        kept = [place for place in range(len(ids)) if place not in gone]
        return Rendered(ids=tuple(ids[p] for p in kept), learn=tuple(learn[p] for p in kept), cut=len(gone))

    def _rendered(self, messages: Sequence[Message], *, answering: bool = False) -> str:
        try:
            text = self.tokenizer.apply_chat_template(
                list(messages), tokenize=False, add_generation_prompt=answering, enable_thinking=False
            )
        except Exception as error:  # whatever a template may do wrong: jinja's own, KeyError, TypeError
            raise TemplateRefusesError((str(error).strip().splitlines() or [type(error).__name__])[0]) from error
        return str(text)


def _of_longest_message(text: str, offsets: Sequence[tuple[int, int]], messages: Sequence[Message]) -> list[int]:
    """Places of the tokens of the longest message that is not the assistant's."""
    longest = max((m["content"] for m in messages if m["role"] != ASSISTANT), key=len)
    begin = text.find(longest)
    if begin < 0:
        return []
    end = begin + len(longest)
    return [place for place, (first, last) in enumerate(offsets) if begin <= first and last <= end and first < last]


def require_template(tokenizer: Any, where: str) -> None:
    """Refuse a tokenizer that cannot render conversations.

    Raises:
        UserError: It has no chat template, or cannot say where tokens stand in a text.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise UserError(
            "the model has no chat template, so it is not known how it is talked to",
            where=where,
            fix="Use a model that was made to be talked to (their names often end in -instruct or -chat), or put its "
            "template beside it as chat_template.jinja.",
        )
    if not tokenizer.is_fast:
        raise UserError(
            "the model's tokenizer cannot say where its tokens stand in a text",
            where=where,
            fix="Add its tokenizer.json: transformers makes it when it saves a fast tokenizer.",
        )
