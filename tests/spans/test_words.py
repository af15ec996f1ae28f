"""Words: cut where people would cut them, and never within a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.spans.words import within_a_character, word_bounds

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A table for 8, please.", ["A", "table", "for", "8", ",", "please", "."]),
        ("7:45pm", ["7", ":", "45pm"]),
        ("snake_case  x", ["snake_case", "x"]),
        ("cafe\u0301 bar", ["cafe\u0301", "bar"]),
        ("\u4e1c\u4eac tower", ["\u4e1c", "\u4eac", "tower"]),
        ("\U0001f44d\U0001f3fd ok", ["\U0001f44d\U0001f3fd", "ok"]),
        ("\U0001f469\u200d\U0001f52c!", ["\U0001f469\u200d\U0001f52c", "!"]),
        ("", []),
        (" \t\n", []),
    ],
)
def test_words_are_what_people_see(text: str, words: list[str]) -> None:
    assert [text[begin:end] for begin, end in word_bounds(text)] == words


@given(TEXTS)
def test_words_cover_all_that_is_not_blank_and_do_not_overlap(text: str) -> None:
    covered = [place for begin, end in word_bounds(text) for place in range(begin, end)]
    assert covered == sorted(set(covered))
    assert {place for place, character in enumerate(text) if not character.isspace()} == set(covered)


@given(TEXTS)
def test_no_word_begins_or_ends_within_a_character(text: str) -> None:
    for begin, end in word_bounds(text):
        assert not within_a_character(text, begin)
        assert not within_a_character(text, end)


def test_boundaries_within_a_character_are_seen() -> None:
    assert [within_a_character("e\u0301x", place) for place in range(4)] == [False, True, False, False]
    assert within_a_character("\U0001f469\u200d\U0001f52c", 1)
    assert within_a_character("\U0001f469\u200d\U0001f52c", 2)
