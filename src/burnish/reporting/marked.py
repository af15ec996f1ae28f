"""Texts with spans in colour, as the data has them and as they were answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.reporting import words

HUES = 8  # colours in the style sheet; with more kinds they are used again, and the names tell them apart
_LONGEST_GAP = 240  # what stands between spans is shortened beyond that
_KEPT = 90


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of a text; `label` is "" for what is no span, `agrees` whether data and answer say the same of it."""

    text: str
    label: str = ""
    hue: int = 0
    agrees: bool = True


@dataclass(frozen=True, kw_only=True)
class MarkedText:
    """A text with the true spans and with those answered; `context` is what stood before it, or ""."""

    context: str
    truth: tuple[Piece, ...]
    answer: tuple[Piece, ...]
    confidence: str
    right: bool


def marked_texts(panel: Mapping[str, Any]) -> tuple[MarkedText, ...]:
    """The rows of a panel of the kind `spans`."""
    hues = {label: place % HUES for place, label in enumerate(panel["labels"])}
    found = []
    for row in panel["rows"]:
        truth, answer = row["truth"], row["answer"]
        found.append(
            MarkedText(
                context=str(row.get("context", "")),
                truth=_pieces(row["text"], truth, answer, hues),
                answer=_pieces(row["text"], answer, truth, hues),
                confidence=words.percent(row["confidence"]),
                right=_keys(truth) == _keys(answer),
            )
        )
    return tuple(found)


def _keys(spans: Sequence[Mapping[str, Any]]) -> set[tuple[int, int, str]]:
    return {(span["start"], span["end"], span["label"]) for span in spans}


def _pieces(
    text: str, spans: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]], hues: Mapping[str, int]
) -> tuple[Piece, ...]:
    """The text cut at the ends of spans; `others` are those of the other side."""
    agreed, pieces, place = _keys(others), [], 0
    for span in sorted(spans, key=lambda span: int(span["start"])):
        start, end, label = span["start"], span["end"], span["label"]
        pieces.append(Piece(text=_shortened(text[place:start])))
        pieces.append(
            Piece(text=text[start:end], label=label, hue=hues.get(label, 0), agrees=(start, end, label) in agreed)
        )
        place = end
    return tuple(piece for piece in [*pieces, Piece(text=_shortened(text[place:]))] if piece.text)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_GAP else f"{text[:_KEPT]} … {text[-_KEPT:]}"
