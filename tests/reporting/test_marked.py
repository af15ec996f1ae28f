"""Texts with spans in colour."""

from __future__ import annotations

from typing import Any

from burnish.reporting.marked import HUES, marked_texts
from burnish.reporting.panels import view_panels


def spans(*found: tuple[int, int, str]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end, "label": label} for start, end, label in found]


def panel(*rows: dict[str, Any], labels: tuple[str, ...] = ("a", "b")) -> dict[str, Any]:
    return {"kind": "spans", "title": "t", "caption": "c", "labels": list(labels), "rows": list(rows)}


def row(text: str, truth: Any, answer: Any) -> dict[str, Any]:
    return {"text": text, "context": "before", "truth": truth, "answer": answer, "confidence": 0.5}


def test_pieces_put_together_are_the_text_and_say_what_differs() -> None:
    found = row("one two three", spans((0, 3, "a"), (8, 13, "b")), spans((0, 3, "a"), (4, 13, "b")))
    (marked,) = marked_texts(panel(found))
    assert not marked.right
    assert (marked.context, marked.confidence) == ("before", "50.0%")
    for pieces in (marked.truth, marked.answer):
        assert "".join(piece.text for piece in pieces) == "one two three"
    shown = [(piece.text, piece.label, piece.agrees) for piece in marked.answer if piece.label]
    assert shown == [("one", "a", True), ("two three", "b", False)]


def test_what_stands_far_from_spans_is_shortened() -> None:
    text = "x" * 1000 + "END"
    (marked,) = marked_texts(panel(row(text, spans((1000, 1003, "a")), [])))
    assert len(marked.truth[0].text) < 200
    assert "…" in marked.truth[0].text
    assert marked.truth[1].text == "END"


def test_many_rows_are_folded_and_many_kinds_share_colours() -> None:
    labels = tuple(f"kind {n}" for n in range(HUES + 2))
    (view,) = view_panels([panel(*[row("x", spans((0, 1, labels[-1])), [])] * 9, labels=labels)])
    assert (len(view.marked), len(view.more_marked)) == (6, 3)
    assert view.marked[0].truth[0].hue == 1
