"""Spans in every form that people write them in, and a reason for what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.spans.reading import (
    Span,
    Unreadable,
    as_dicts,
    looks_like_spans,
    of_dicts,
    read_spans,
    read_text,
    spans_of_tags,
)

TEXT = "a table for 8 people on Friday"
PEOPLE, DATE = Span(12, 20, "people"), Span(24, 30, "date")


@pytest.mark.parametrize(
    "cell",
    [
        [{"start": 12, "end": 20, "label": "people"}, {"start": 24, "end": 30, "label": "date"}],
        [{"start": 24, "end": 30, "type": "date"}, {"start": 12, "end": 20, "entity": "people", "text": "8 people"}],
        [[12, 20, "people"], [24, 30, "date"]],
        '[[12, 20, "people"], [24, 30, "date"]]',
        [{"start": 11, "end": 21, "label": " people"}, {"start": 24, "end": 30, "label": "date"}],
        ["O", "O", "O", "B-people", "I-people", "O", "B-date"],
        "O O O B-people I-people O B-date",
        "O O O B-people L-people O U-date",
        "O O O B-people E-people O S-date",
        "O O O I-people I-people O I-date",
    ],
)
def test_all_forms_mean_the_same(cell: Any) -> None:
    assert read_spans(cell, TEXT, None) == [PEOPLE, DATE]
    assert looks_like_spans(cell)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-a I-a B-a", [(0, 2, "a"), (2, 3, "a")]),
        ("B-a I-b I-b", [(0, 1, "a"), (1, 3, "b")]),
        ("B-a O I-a", [(0, 1, "a"), (2, 3, "a")]),
        ("U-a I-a O", [(0, 1, "a"), (1, 2, "a")]),
        ("B-a L-a I-a", [(0, 2, "a"), (2, 3, "a")]),
        ("B-a-b I-a-b O", [(0, 2, "a-b")]),
    ],
)
def test_schemes_are_told_apart_by_the_tags_themselves(tags: str, expected: list[tuple[int, int, str]]) -> None:
    places = [(0, 1), (1, 2), (2, 3)]
    assert [tuple(span) for span in spans_of_tags(tags.split(), places)] == expected


def test_tokens_become_a_text_and_their_tags_spans_of_it() -> None:
    text, tokens = read_text(["Call", "Ann", "Lee", "!"])
    assert text == "Call Ann Lee !"
    assert read_spans(["O", "B-name", "I-name", "O"], text, tokens) == [Span(5, 12, "name")]
    assert read_text('["Call", "Ann"]')[0] == "Call Ann"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (None, "missing"),
        ("  ", "missing"),
        (float("nan"), "missing"),
        ([{"start": 12, "end": 99, "label": "x"}], "outside the text: 12 to 99 of 30 characters"),
        ([{"start": -1, "end": 3, "label": "x"}], "outside the text"),
        ([{"start": 5, "end": 3, "label": "x"}], "outside the text"),
        ([{"start": 1, "end": 2, "label": "x"}], "empty"),
        ([{"start": 0, "end": 9, "label": "x"}, {"start": 4, "end": 12, "label": "y"}], "overlap"),
        ([{"start": 0, "end": 7, "label": "x"}, {"start": 0, "end": 7, "label": "y"}], "overlap"),
        ([{"start": 0, "end": 7}], "not of the form"),
        ([{"start": "0", "end": 7, "label": "x"}], "not of the form"),
        ([{"start": True, "end": 7, "label": "x"}], "not of the form"),
        ([{"start": 0, "end": 7, "label": "  "}], "no label"),
        ([[0, 7]], "not of the form"),
        (["O", "B-x"], "2 tags for 7 tokens"),
        ("O O O people O O O", "'people' is of no known scheme"),
        ("O O O Q-people O O O", "'Q-people' is of no known scheme"),
        ([0, 0, 0, 1, 2, 0, 3], "numbers: their names are needed"),
        ("[broken", "1 tags for 7 tokens"),
    ],
)
def test_what_is_no_span_has_a_reason(cell: Any, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_spans(cell, TEXT, None)


def test_a_span_within_a_character_has_a_reason() -> None:
    with pytest.raises(Unreadable, match="within a character"):
        read_spans([[0, 4, "x"]], "cafe\u0301 bar", None)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [(None, "empty"), ("  ", "empty"), ([], "empty"), (["a", " "], "token is empty"), ("a\ud83d", "half a character")],
)
def test_what_is_no_text_has_a_reason(cell: Any, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_text(cell)


@pytest.mark.parametrize("cell", ["a word", "fine", "", None, 3, [1, 2], {"start": 1}, "[1, 2]", ["a", "word"]])
def test_other_cells_do_not_look_like_spans(cell: Any) -> None:
    assert not looks_like_spans(cell)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["start", "end", "label", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, st.text(max_size=30))
def test_anything_is_read_or_refused_with_a_reason(cell: Any, text: str) -> None:
    for given_as in (cell, json.dumps(cell)):
        spans, reason = read_or_reason(given_as, text)
        assert (spans is None) == bool(reason)
        if spans is not None:
            assert read_spans(as_dicts(spans), text, None) == spans
            assert of_dicts(json.loads(json.dumps(as_dicts(spans)))) == spans


def read_or_reason(cell: Any, text: str) -> tuple[list[Span] | None, str]:
    try:
        return read_spans(cell, text, None), ""
    except Unreadable as reason:
        return None, str(reason)
