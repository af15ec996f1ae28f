"""What Label Studio shows and stores for each kind of column: tags of a labelling config, results, flat cells."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from burnish.contracts import Column, Json, Prediction
from burnish.data.profile import is_number
from burnish.errors import UserError

_OBJECT_TAGS = {
    "text": "Text",
    "number": "Text",
    "label": "Text",
    "image": "Image",
    "audio": "Audio",
}
_DIALOGUE = 'layout="dialogue" nameKey="role" textKey="content"'


class NoAnswer(ValueError):  # noqa: N818  # it says what is wrong with a cell, and a face never sees it
    """A stored result is no answer of the kind that is wanted; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """How people give one kind of answer.

    Attributes:
        tag: The tag of the labelling config.
        attributes: Further attributes of the tag, as written.
        child: The tag that names one label inside, or "".
        results: Types of results that hold such an answer; the first is the one that is written.
        value: What a result's `value` is for an answer; a list where an answer makes several results.
        read: The answer that the `value`s of all results of one annotation are; raises NoAnswer.
        read_flat: The answer in a cell of the short forms (JSON_MIN, CSV); raises NoAnswer.
    """

    tag: str
    attributes: str
    child: str
    results: tuple[str, ...]
    value: Callable[[Prediction], list[dict[str, Json]]]
    read: Callable[[Sequence[Mapping[str, Any]]], Json]
    read_flat: Callable[[Any], Json]


def object_tag(column: Column) -> str:
    """The tag that shows an input.

    Raises:
        UserError: Label Studio cannot show it.
    """
    name = quoteattr(column.role)
    variable = quoteattr(f"${column.role}")
    if column.kind == "messages":
        return f"<Paragraphs name={name} value={variable} {_DIALOGUE}/>"
    if column.kind not in _OBJECT_TAGS:
        raise UserError(
            f"an input of the kind {column.kind!r} ({column.role}) cannot be shown in Label Studio",
            where="task",
            fix="Choose a task whose inputs are texts, images or audio.",
        )
    return f"<{_OBJECT_TAGS[column.kind]} name={name} value={variable}/>"


def control_of(target: Column) -> Control:
    """How people give the answers of a target.

    Raises:
        UserError: There is no way yet for its kind.
    """
    if target.kind not in CONTROLS:
        raise UserError(
            f"there is no labelling config for answers of the kind {target.kind!r} ({target.role}) yet",
            where="task",
            fix=f"Kinds that can be labelled: {', '.join(CONTROLS)}.",
        )
    return CONTROLS[target.kind]


def control_tag(target: Column, shown: str, labels: Sequence[str]) -> str:
    """The tag through which people answer, with one tag inside for every label.

    Args:
        target: What is to be filled in.
        shown: The name of the input that it is about.
        labels: The labels to choose from; not used by kinds without labels.
    """
    control = control_of(target)
    begin = f"<{control.tag} name={quoteattr(target.role)} toName={quoteattr(shown)}{control.attributes}"
    if not control.child:
        return f"{begin}/>"
    inside = "\n".join(f"    <{control.child} value={quoteattr(label)}/>" for label in labels)
    return f"{begin}>\n{inside}\n  </{control.tag}>"


def _choice_values(prediction: Prediction) -> list[dict[str, Json]]:
    return [{"choices": [str(prediction.value)]}]


def _read_choice(values: Sequence[Mapping[str, Any]]) -> str:
    chosen = [choice for value in values for choice in _as_list(value.get("choices"))]
    return str(_one([choice for choice in chosen if isinstance(choice, str | int | float)], "label"))


def _read_flat_choice(cell: Any) -> str:
    found = _decoded(cell)
    if isinstance(found, Mapping):
        return _read_choice([found])
    return str(_one([choice for choice in _as_list(found) if isinstance(choice, str | int | float)], "label"))


def _span_values(prediction: Prediction) -> list[dict[str, Json]]:
    spans = [span for span in _as_list(prediction.value) if isinstance(span, Mapping)]
    return [
        {"start": span["start"], "end": span["end"], "labels": [span["label"]]}
        | ({"text": span["text"]} if "text" in span else {})
        for span in spans
    ]


def _read_spans(values: Sequence[Mapping[str, Any]]) -> list[dict[str, Json]]:
    """Spans in the order of the text; one that has several labels stands once for each."""
    spans = []
    for value in values:
        start, end = _position(value.get("start")), _position(value.get("end"))
        if end <= start:
            raise NoAnswer(f"a span ends at {end}, before it begins at {start}")
        labels = [label for label in _as_list(value.get("labels")) if isinstance(label, str)]
        if not labels:
            raise NoAnswer("a span has no label")
        spans += [{"start": start, "end": end, "label": label} for label in labels]
    return sorted(spans, key=lambda span: (span["start"], span["end"], span["label"]))


def _read_flat_spans(cell: Any) -> list[dict[str, Json]]:
    found = _as_list(_decoded(cell))
    if not all(isinstance(span, Mapping) for span in found):
        raise NoAnswer("the cell is no list of spans")
    return _read_spans(found)


def _number_values(prediction: Prediction) -> list[dict[str, Json]]:
    return [{"number": float(prediction.value)}]


def _read_number(values: Sequence[Mapping[str, Any]]) -> float:
    found = [value[key] for value in values for key in ("number", "rating") if key in value]
    return _number(_one(found, "number"))


def _read_flat_number(cell: Any) -> float:
    found = _decoded(cell)
    return _read_number([found]) if isinstance(found, Mapping) else _number(_one(_as_list(found), "number"))


def _text_values(prediction: Prediction) -> list[dict[str, Json]]:
    return [{"text": [str(prediction.value)]}]


def _read_text(values: Sequence[Mapping[str, Any]]) -> str:
    return _lines([line for value in values for line in _as_list(value.get("text"))])


def _read_flat_text(cell: Any) -> str:
    """A text as it stands; a list of texts only where it is one in full, for a text may begin with a bracket."""
    found = _decoded(cell)
    if isinstance(found, Mapping) and "text" in found:
        return _read_text([found])
    whole = isinstance(found, list) and all(isinstance(line, str) for line in found)
    return _lines(found if whole else [str(cell)])


def _lines(lines: Sequence[Any]) -> str:
    text = "\n".join(str(line) for line in lines if line is not None).strip()
    if not text:
        raise NoAnswer("the text is empty")
    return text


def _decoded(cell: Any) -> Any:
    """A cell, read as JSON where it is a text that holds a list or an object."""
    if isinstance(cell, str) and cell.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell


def _as_list(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _one(found: Sequence[Any], what: str) -> Any:
    if len(found) != 1:
        raise NoAnswer(f"{len(found)} {what}s where one is wanted" if found else f"there is no {what}")
    if isinstance(found[0], str) and not found[0].strip():
        raise NoAnswer(f"the {what} is blank")
    return found[0].strip() if isinstance(found[0], str) else found[0]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not (isinstance(value, int | float) or (isinstance(value, str) and is_number(value))):
        raise NoAnswer(f"{str(value)[:40]!r} is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise NoAnswer("the number is not finite")
    return number


def _position(value: Any) -> int:
    number = _number(value)
    if number < 0 or not number.is_integer():
        raise NoAnswer(f"{number:g} is no position in a text")
    return int(number)


_TEXT_AREA = Control(
    tag="TextArea",
    attributes=' rows="4" editable="true" maxSubmissions="1"',
    child="",
    results=("textarea",),
    value=_text_values,
    read=_read_text,
    read_flat=_read_flat_text,
)
CONTROLS = {
    "label": Control(
        tag="Choices",
        attributes=' choice="single" showInline="true"',
        child="Choice",
        results=("choices",),
        value=_choice_values,
        read=_read_choice,
        read_flat=_read_flat_choice,
    ),
    "spans": Control(
        tag="Labels",
        attributes="",
        child="Label",
        results=("labels", "hypertextlabels"),
        value=_span_values,
        read=_read_spans,
        read_flat=_read_flat_spans,
    ),
    "number": Control(
        tag="Number",
        attributes="",
        child="",
        results=("number", "rating"),
        value=_number_values,
        read=_read_number,
        read_flat=_read_flat_number,
    ),
    "text": _TEXT_AREA,
    "messages": _TEXT_AREA,
    "answer": _TEXT_AREA,
}
