"""What Label Studio exports as JSON: a row for each task, with what its annotation says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from burnish.data.rows import RowPacker
from burnish.data.table import Table
from burnish.errors import UserError

_SPANS = {"labels", "hypertextlabels", "paragraphlabels"}
_BOXES = {"rectanglelabels"}


def is_label_studio(item: Any) -> bool:
    """Whether an item of a JSON list is a task with annotations."""
    return isinstance(item, dict) and isinstance(item.get("data"), dict) and isinstance(item.get("annotations"), list)


def table_from_label_studio(tasks: Sequence[Any], where: str) -> Table:
    """Read an export (format JSON).

    Columns are those of the tasks' data, and one for every control of the labelling interface, by its name: the choice
    (or a list of choices), the number, the text, `[{start, end, label}]` for spans, `[{label, box}]` for boxes. Of a
    task's annotations the last counts that was not cancelled; a task without any keeps its row, with empty answers.

    Raises:
        UserError: A task is something else; the message names it.
    """
    rows, several = RowPacker(), 0
    kinds: dict[str, str] = {}
    for number, task in enumerate(tasks, start=1):
        if not is_label_studio(task):
            raise _fault(f"item {number} is no task with `data` and `annotations`", where)
        finished = [
            found for found in task["annotations"] if isinstance(found, dict) and not found.get("was_cancelled")
        ]
        several += len(finished) > 1
        answers = _answers(finished[-1], number, where) if finished else {}
        kinds |= {name: kind for name, (kind, _) in answers.items() if kind}
        rows.append({**task["data"], **{name: value for name, (_, value) in answers.items()}})
    columns = rows.done().columns
    if not columns:
        raise _fault("the tasks hold no data", where)
    more = f"; the last of several annotations was taken in {several} tasks" if several else ""
    return Table(
        file=where, columns=columns, lines=range(1, len(rows) + 1), format=f"Label Studio JSON{more}", kinds=kinds
    )


def _answers(annotation: Mapping[str, Any], number: int, where: str) -> dict[str, tuple[str, Any]]:
    """What an annotation says: the kind (or "") and the value by the control's name."""
    lists: dict[str, tuple[str, list[Any]]] = {}
    result = annotation.get("result")
    for region in result if isinstance(result, list) else []:
        name = region.get("from_name") if isinstance(region, dict) else None
        value = region.get("value") if isinstance(region, dict) else None
        if not isinstance(name, str) or not isinstance(value, dict):
            raise _fault(f"an answer of task {number} has no control or no value", where)
        kind, found = _value(str(region.get("type", "")), region, value)
        lists.setdefault(name, (kind, []))[1].extend(found)
    return {
        name: (kind, found if kind else found[0] if len(found) == 1 else found or None)
        for name, (kind, found) in lists.items()
    }


def _value(control: str, region: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[str, list[Any]]:
    given = value.get(control)
    labels = given if isinstance(given, list) else [] if given is None else [given]
    if control in _SPANS and "start" in value and "end" in value:
        extra = {"text": value["text"]} if isinstance(value.get("text"), str) else {}
        return "spans", [{"start": value["start"], "end": value["end"], "label": label, **extra} for label in labels]
    if control in _BOXES:
        box = _pixels(region, value)
        return "boxes", [{"label": label, "box": box} for label in labels]
    return "", labels or [value]


def _pixels(region: Mapping[str, Any], value: Mapping[str, Any]) -> list[float] | None:
    """A rectangle in percent of the image as [left, top, right, bottom] in pixels, or None where sizes are not told."""
    wanted = [value.get("x"), value.get("y"), value.get("width"), value.get("height")]
    sizes = [region.get("original_width"), region.get("original_height")]
    numbers = [n for n in (*wanted, *sizes) if isinstance(n, int | float) and not isinstance(n, bool) and abs(n) < 1e9]
    if len(numbers) != 6:
        return None
    x, y, width, height, across, down = numbers
    corners = (x * across, y * down, (x + width) * across, (y + height) * down)
    return [round(corner / 100, 2) for corner in corners]


def _fault(what: str, where: str) -> UserError:
    return UserError(what, where=where, fix="Export the project again, in the format JSON.")
