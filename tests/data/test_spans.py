"""Columns of spans that can be learned, and what is said of those that cannot."""

from __future__ import annotations

import pytest

from burnish.data.profile import profile_column
from burnish.data.spans import examine_spans
from burnish.errors import UserError
from burnish.spans.reading import Span

TEXTS = ["a box here", "a pen there"] * 12
SPANS = [[Span(2, 5, "thing")], [Span(2, 5, "thing"), Span(6, 11, "place")]] * 12


def test_fine_spans_have_no_findings() -> None:
    assert examine_spans(TEXTS, SPANS) == []


def test_rare_kinds_kinds_alike_and_spans_within_words_are_found() -> None:
    spans = [*SPANS[:22], [Span(2, 4, "Thing")], [Span(2, 5, "Thing")]]
    rare, alike, within = examine_spans(TEXTS, spans)
    assert (rare.name, rare.examples) == ("rare-classes", ("Thing: 2 rows",))
    assert (alike.name, alike.examples) == ("labels-alike", ("Thing / thing",))
    assert (within.name, within.count, within.severity) == ("spans-within-words", 1, "note")
    assert within.examples == ("a [bo]x here",)


@pytest.mark.parametrize(
    ("spans", "what"),
    [
        ([[], []], "none of the 2 rows has a span"),
        ([[Span(2, 5, "thing")], []], r"too few rows to be trained and tested: 'thing' \(1\)"),
    ],
)
def test_what_cannot_be_learned_is_refused(spans: list[list[Span]], what: str) -> None:
    with pytest.raises(UserError, match=what):
        examine_spans(TEXTS[:2], spans)


def test_no_rows_are_refused() -> None:
    with pytest.raises(UserError, match="no rows are left"):
        examine_spans([], [])


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (['[{"start": 0, "end": 3, "label": "x"}]', "[]"], "spans"),
        ([[], [[0, 3, "x"]]], "spans"),
        (["O B-x I-x", "O"], "spans"),
        ([["O", "B-x"], ["O"]], "spans"),
        (["O B-x I-x", "some words"], ""),
        (["[]", "[]"], ""),
        ([["a", "word"], ["b"]], ""),
    ],
)
def test_a_column_of_spans_is_seen_in_its_cells(cells: list[object], kind: str) -> None:
    assert profile_column("x", cells).kind == kind
