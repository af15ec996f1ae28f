"""Read spans as people write them: as JSON, or as one tag a word in any of the usual schemes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from burnish.spans.words import within_a_character

_LABEL_KEYS = ("label", "type", "entity", "entity_group", "slot", "tag")
_BEGINS, _ENDS = frozenset("BUS"), frozenset("LEUS")  # BIO and IOB, BILOU, BIOES: one reading serves all
_GOES_ON = frozenset("IMLE")
_OUTSIDE = "O"


class Span(NamedTuple):
    """A labelled piece of a text, in characters, the end not included."""

    start: int
    end: int
    label: str


class Unreadable(ValueError):  # noqa: N818 - why a row is dropped, no error of the program
    """Why text and spans cannot be read."""


def read_text(cell: Any) -> tuple[str, list[Span] | None]:
    """The text of a cell and, where it comes as a list of tokens, their places in it (without labels); else None.

    Raises:
        Unreadable: It is empty, or holds half a character.
    """
    tokens = _as_list(cell)
    if tokens is None or not all(isinstance(token, str) for token in tokens):
        text, places = ("" if cell is None or isinstance(cell, float) else str(cell)), None
    else:
        if not all(token.strip() for token in tokens):
            raise Unreadable("a token is empty" if tokens else "the text is empty")
        text, places = " ".join(tokens), _places(tokens)
    if not text.strip():
        raise Unreadable("the text is empty")
    if any(0xD800 <= ord(character) < 0xE000 for character in text):
        raise Unreadable("the text holds half a character (a lone surrogate)")
    return text, places


def read_spans(cell: Any, text: str, tokens: Sequence[Span] | None) -> list[Span]:
    """The spans of a text, in order.

    Args:
        cell: A list, or JSON, of `{"start": 3, "end": 8, "label": "date"}` or `[3, 8, "date"]`; or a list, JSON or
            words apart by blanks, of one tag a token.
        text: The text.
        tokens: Where its tokens are, if it came as such; else a tag stands for each piece between blanks.

    Raises:
        Unreadable: They are missing, of no known form, out of the text, overlapping, or too many or too few.
    """
    given = _as_list(cell)
    if given is None:
        if cell is None or not str(cell).strip() or isinstance(cell, float):
            raise Unreadable("the spans are missing; [] says that there are none")
        given = str(cell).split()
    if given and all(isinstance(tag, str) for tag in given):
        return spans_of_tags(given, tokens if tokens is not None else _pieces(text))
    if given and all(isinstance(tag, int) for tag in given):
        raise Unreadable("the tags are numbers: their names are needed (O, B-date, I-date)")
    return _checked([_span(item) for item in given], text)


def spans_of_tags(tags: Sequence[str], tokens: Sequence[tuple[int, int] | Span]) -> list[Span]:
    """Spans of one tag a token, in any of the schemes BIO, IOB, BILOU and BIOES; broken ones are read as seqeval does.

    Raises:
        Unreadable: There is not one tag for each token, or a tag is of no known scheme.
    """
    if len(tags) != len(tokens):
        raise Unreadable(f"there are {len(tags)} tags for {len(tokens)} tokens")
    found: list[Span] = []
    going_on = False
    for tag, (start, end, *_) in zip(tags, tokens, strict=True):
        if tag == _OUTSIDE:
            going_on = False
            continue
        prefix, _, label = tag.partition("-")
        if not label or prefix not in _BEGINS | _GOES_ON:
            raise Unreadable(f"the tag {tag!r} is of no known scheme (BIO, IOB, BILOU, BIOES)")
        if going_on and prefix in _GOES_ON and found[-1].label == label:
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(Span(start, end, label))
        going_on = prefix not in _ENDS
    return found


def as_dicts(spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Spans as JSON-able values, as `Prediction.value` and the truth have them."""
    return [{"start": span.start, "end": span.end, "label": span.label} for span in spans]


def of_dicts(values: Sequence[Mapping[str, Any]]) -> list[Span]:
    """What `as_dicts` was given."""
    return [Span(value["start"], value["end"], value["label"]) for value in values]


def looks_like_spans(cell: Any) -> bool:
    """Whether a cell is a list of spans or of tags, or JSON for one; an empty list counts."""
    given = _as_list(cell)
    if given is None and isinstance(cell, str):
        given = cell.split()
    if given is None or cell == "":
        return False
    try:
        if given and all(isinstance(tag, str) for tag in given):
            spans_of_tags(given, [(0, 1)] * len(given))
        else:
            for item in given:
                _span(item)
    except Unreadable:
        return False
    return True


def _as_list(cell: Any) -> list[Any] | None:
    if isinstance(cell, list | tuple):
        return list(cell)
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            found = json.loads(cell)
        except ValueError:
            return None
        return found if isinstance(found, list) else None
    return None


def _places(tokens: Sequence[str]) -> list[Span]:
    places, begin = [], 0
    for token in tokens:
        places.append(Span(begin, begin + len(token), ""))
        begin += len(token) + 1
    return places


def _pieces(text: str) -> list[Span]:
    """Places of the pieces between blanks."""
    places, begin = [], 0
    for piece in text.split():
        begin = text.index(piece, begin)
        places.append(Span(begin, begin + len(piece), ""))
        begin += len(piece)
    return places


def _span(item: Any) -> Span:
    if isinstance(item, Mapping):
        label = next((item[key] for key in _LABEL_KEYS if item.get(key) is not None), None)
        parts: Sequence[Any] = (item.get("start"), item.get("end"), label)
    else:
        parts = item if isinstance(item, list | tuple) else ()
    whole = len(parts) == 3 and all(isinstance(place, int) and not isinstance(place, bool) for place in parts[:2])
    if not whole or not isinstance(parts[2], str):
        raise Unreadable('a span is not of the form {"start": 3, "end": 8, "label": "date"}')
    if not parts[2].strip():
        raise Unreadable("a span has no label")
    return Span(parts[0], parts[1], parts[2].strip())


def _checked(spans: Sequence[Span], text: str) -> list[Span]:
    for span in spans:
        if not 0 <= span.start <= span.end <= len(text):
            raise Unreadable(f"a span lies outside the text: {span.start} to {span.end} of {len(text)} characters")
        if not text[span.start : span.end].strip():
            raise Unreadable("a span is empty")
        if within_a_character(text, span.start) or within_a_character(text, span.end):
            raise Unreadable("a span begins or ends within a character")
    trimmed = sorted({_trimmed(span, text) for span in spans})
    if any(later.start < earlier.end for earlier, later in itertools.pairwise(trimmed)):
        raise Unreadable("spans overlap")
    return trimmed


def _trimmed(span: Span, text: str) -> Span:
    """The span without blanks at its ends: no system could be held to those."""
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return span._replace(start=start, end=span.start + len(piece.rstrip()))
