"""Values of libraries as the plain values that tables hold: text, numbers, truth values, lists and objects."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import uuid
from collections.abc import Mapping
from typing import Any

from burnish.data.decoding import NO_TEXT
from burnish.errors import UserError


def plain(value: Any) -> Any:
    """A value as JSON could hold it: dates and times as ISO text, decimal numbers as text, bytes as base64."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, decimal.Decimal | uuid.UUID | dt.timedelta):
        return str(value)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)


def refuse_no_text(value: Any, row: int, where: str) -> None:
    """Refuse text that cannot be written again.

    Raises:
        UserError: It holds NUL or half of a surrogate pair; the message names the row, from 1.
    """
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            if not inner.isalnum() and NO_TEXT.search(inner):
                raise UserError(
                    f"row {row} holds a character that is no text: NUL, or half of a surrogate pair",
                    where=where,
                    fix="Correct or remove this row.",
                )
        elif isinstance(inner, dict):
            waiting += [part for pair in inner.items() for part in pair]
        elif isinstance(inner, list):
            waiting += inner


def distinct_names(names: list[str], where: str) -> list[str]:
    """The columns' names, of which no two may be the same.

    Raises:
        UserError: Two are.
    """
    repeated = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        raise UserError(
            "two columns have the same name: " + ", ".join(map(repr, repeated)),
            where=where,
            fix="Give every column a name of its own.",
        )
    return names
