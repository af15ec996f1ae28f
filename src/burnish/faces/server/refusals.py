"""What a client is told when a request is refused: always the same JSON, never a stack trace."""

from __future__ import annotations

import json
from typing import Any

from burnish.errors import UserError


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """A request that gets no answer.

    Attributes:
        status: The HTTP status.
        told: What is wrong, where, and what to do.
        body: The same as the JSON that is sent.
        headers: Further headers.
    """

    def __init__(self, status: int, what: str, *, where: str = "", fix: str = "", again: int = 0) -> None:
        super().__init__(what)
        self.status = status
        self.told = {"what": what, "where": where, "fix": fix}
        self.body = error_body(what, where=where, fix=fix)
        self.headers = {"content-type": "application/json"}
        if again:
            self.headers["retry-after"] = str(again)
        if status == 413:
            self.headers["connection"] = "close"  # or else the rest of the body would be read, however long it is
        if status == 401:
            self.headers["www-authenticate"] = "Bearer"


def error_body(what: str, *, where: str = "", fix: str = "") -> bytes:
    """`{"error": {"what": …, "where": …, "fix": …}}`."""
    error: dict[str, Any] = {"what": what, "where": where, "fix": fix}
    return json.dumps({"error": error}, ensure_ascii=False).encode()


def refusal_of(error: UserError) -> Refused:
    """What a client is told of an error in its rows."""
    return Refused(422, error.what, where=error.where, fix=error.fix)
