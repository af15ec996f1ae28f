"""Rows of concurrent requests, answered together.

The specialist answers in one thread. While it is at work, what arrives is gathered; when it is free, all of that goes
in at once. Nothing waits for a batch to fill: a lone request is answered at once, and the busier the server the larger
its batches.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

Answerer = Callable[[Sequence[Any]], list[Any]]  # rows -> as many answers


class Overloaded(Exception):  # noqa: N818 - a state of the server, not a fault
    """More rows wait than the server accepts."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    rows: Sequence[Any]
    predict: Answerer
    answer: asyncio.Future[list[Any]]


class Batcher:
    """Answers rows in the order in which they came, many requests in one call.

    Args:
        rows_at_once: The most rows of one call; a larger request goes alone.
        rows_waiting: The most rows that may wait.
        seen: Told the number of rows of each call.
    """

    def __init__(
        self, *, rows_at_once: int, rows_waiting: int, seen: Callable[[int], None] = lambda _rows: None
    ) -> None:
        self._rows_at_once, self._rows_waiting, self._seen = rows_at_once, rows_waiting, seen
        self._waiting: deque[_Asked] = deque()
        self._rows = 0
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="specialist")
        self._runner: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Rows that wait for an answer."""
        return self._rows

    async def answer(self, predict: Answerer, rows: Sequence[Any]) -> list[Any]:
        """Answers to rows; the caller may stop waiting for them.

        Args:
            predict: Gives the answers. Only requests for the same one are put together.
            rows: What it is to answer.

        Raises:
            Overloaded: Too many rows wait already.
            UserError: What `predict` says of these rows.
        """
        if self._rows and self._rows + len(rows) > self._rows_waiting:
            raise Overloaded
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        asked = _Asked(rows=rows, predict=predict, answer=asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        self._rows += len(rows)
        self._idle.clear()
        self._arrived.set()
        return await asked.answer

    async def close(self) -> None:
        """Answer all that waits, and end."""
        await self._idle.wait()
        if self._runner is not None:
            self._runner.cancel()
        self._thread.shutdown()

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            while batch := self._next():
                await self._answer_together(batch)
                self._rows -= sum(len(asked.rows) for asked in batch)
            self._arrived.clear()
            self._idle.set()

    def _next(self) -> list[_Asked]:
        """The requests of the next call: those that came first, as many as fit."""
        batch: list[_Asked] = []
        rows = 0
        while self._waiting:
            asked = self._waiting[0]
            fits = not batch or (rows + len(asked.rows) <= self._rows_at_once and asked.predict == batch[0].predict)
            if not fits:
                break
            batch.append(self._waiting.popleft())
            rows += len(asked.rows)
        return batch

    async def _answer_together(self, batch: Sequence[_Asked]) -> None:
        """Answer requests in one call; where that fails, each by itself, so that one cannot spoil the others."""
        wanted = [asked for asked in batch if not asked.answer.cancelled()]
        rows = [row for asked in wanted for row in asked.rows]
        if not rows:
            for asked in wanted:
                asked.answer.set_result([])
            return
        self._seen(len(rows))
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._thread, wanted[0].predict, rows)
        except Exception as error:  # noqa: BLE001 - it is handed to whoever asked
            if len(wanted) > 1:
                for asked in wanted:
                    await self._answer_together([asked])
            elif not wanted[0].answer.done():
                wanted[0].answer.set_exception(error)
            return
        begin = 0
        for asked in wanted:
            if not asked.answer.done():
                asked.answer.set_result(found[begin : begin + len(asked.rows)])
            begin += len(asked.rows)
