"""Another version beside the one that answers: in the shadow, or for a share of the requests.

Every request is answered by both, so that what is compared later is paired. The client gets one of the two answers, the
other one is logged. It is computed after the client has its answer, in a thread of its own, and left out where the
server has too much to do.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeAlias

from burnish.contracts import Row
from burnish.errors import UserError
from burnish.faces.server.batching import Batcher, Overloaded
from burnish.faces.server.metrics import ServerMetrics
from burnish.faces.server.served import Served
from burnish.monitoring.entry import shadowed
from burnish.monitoring.request_log import RequestLog

AsFiles: TypeAlias = Callable[[Sequence[Row]], AbstractContextManager[Sequence[Row]]]
_ROWS_AT_ONCE, _ROWS_WAITING = 32, 1024


@dataclass(kw_only=True)
class Beside:
    """The challenger of a server.

    Attributes:
        metrics: The server's counters.
        log: Where answers go; without it nothing is answered in the shadow.
        challenger: The version beside; None: there is none.
        share: The share of requests that it answers; 0: none.
    """

    metrics: ServerMetrics
    log: RequestLog | None
    challenger: Served | None = None
    share: float = 0.0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._batcher = Batcher(rows_at_once=_ROWS_AT_ONCE, rows_waiting=_ROWS_WAITING)

    def is_turn(self) -> bool:
        """Whether the challenger is to answer the next request."""
        return random.random() < self.share

    def answer(self, other: Served, rows: Sequence[Row], numbers: Sequence[str], as_files: AsFiles) -> None:
        """Let a version answer what the other one was asked, some time soon.

        Args:
            other: The version in the shadow.
            rows: What was asked, by role.
            numbers: The numbers of the predictions.
            as_files: Lays pictures and sounds into files.
        """
        if self.log is None:
            return
        task = asyncio.create_task(self._answer(other, rows, numbers, as_files))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Answer all that waits, and end."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._batcher.close()

    async def _answer(self, other: Served, rows: Sequence[Row], numbers: Sequence[str], as_files: AsFiles) -> None:
        began = time.perf_counter()
        with as_files(rows) as given:
            try:
                found = await self._batcher.answer(other.specialist.predict, given)
            except (Overloaded, UserError):
                self.metrics.shadow(len(rows), done=False)
                return
        self.metrics.shadow(len(rows), done=True)
        assert self.log is not None
        facts = {"time": time.time(), "version": other.version, "seconds": time.perf_counter() - began}
        self.log.add([shadowed(each, {**facts, "id": number}) for each, number in zip(found, numbers, strict=True)])
