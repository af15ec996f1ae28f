"""The request log of a run: opened by the server, read and added to by other commands."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.data.read import read_table
from burnish.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from burnish.monitoring.request_log import RequestLog
    from burnish.monitoring.store import Store

SERVING = "serving"
LOG_FILE = "log.db"
_AT_ONCE = 500


def open_log(folder: Path, address: str, policy: str) -> RequestLog:
    """The log that a server writes.

    Args:
        folder: Where entries wait for the database, and where the default one is.
        address: The database; "" for the default.
        policy: What is kept of inputs.

    Raises:
        UserError: There is no such policy or database, what masks is missing, or another server writes this log.
    """
    from burnish.monitoring.entry import POLICIES
    from burnish.monitoring.request_log import RequestLog

    known = next((known for known in POLICIES if known == policy), None)
    if known is None:
        raise UserError(f"inputs cannot be kept {policy!r}", where="--log-inputs", fix=did_you_mean(policy, POLICIES))
    return RequestLog(folder, open_store(folder, address), known, _mask() if known == "masked" else str)


def open_store(folder: Path, address: str) -> Store:
    """The database of predictions.

    Args:
        folder: Where the default one is.
        address: The database; "" for the default.

    Raises:
        UserError: It is no database that can be used.
    """
    from burnish.monitoring.store import Store, database_address

    folder.mkdir(parents=True, exist_ok=True)
    return Store(database_address(address, folder / LOG_FILE))


def add_feedback(store: Store, source: Path, who: str) -> dict[str, int]:
    """Add right answers from a file with the columns `id` and `truth`.

    Returns:
        How many rows were read, how many were noted, and how many name no prediction of this log.

    Raises:
        UserError: The file cannot be read, or lacks a column; nothing is noted then.
    """
    from burnish.monitoring.entry import Feedback, as_json

    table = read_table(source)
    for column in ("id", "truth"):
        if column not in table.names:
            raise UserError(
                f"there is no column {column!r}", where=str(source), fix="The file needs the columns id and truth."
            )
    rows: list[Mapping[str, Any]] = [
        {"id": str(number), "truth": truth}
        for number, truth in zip(table.columns["id"], table.columns["truth"], strict=True)
    ]
    known = store.known([row["id"] for row in rows])
    noted = [
        Feedback(id=row["id"], time=time.time(), truth=as_json(row["truth"]), source=who)
        for row in rows
        if row["id"] in known
    ]
    for begin in range(0, len(noted), _AT_ONCE):
        store.add(noted[begin : begin + _AT_ONCE])
    return {"rows": len(rows), "noted": len(noted), "unknown": len(rows) - len(noted)}


def _mask() -> Callable[[str], str]:
    """Hides personal data in a text.

    Raises:
        UserError: The library that finds it is not installed.
    """
    from burnish.data.personal import find_personal, masked, prepare

    try:
        prepare()
    except ModuleNotFoundError as error:
        raise UserError(
            f"masking personal data in the log needs {error.name}",
            where="--log-inputs masked",
            fix="Install it, or say --log-inputs hash (or full, or --no-log).",
        ) from None
    return lambda text: masked(text, find_personal(text))
