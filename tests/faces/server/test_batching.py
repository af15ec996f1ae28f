from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from burnish.errors import UserError
from burnish.faces.server.batching import Batcher, Overloaded


class Slow:
    """Doubles numbers, and is held up until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.go = threading.Event()

    def __call__(self, rows: Sequence[Any]) -> list[Any]:
        self.go.wait(20)
        if -1 in rows:
            raise UserError("minus one")
        self.calls.append(list(rows))
        return [2 * row for row in rows]


def test_what_arrives_meanwhile_is_answered_together_and_in_order() -> None:
    async def story() -> tuple[list[Any], list[list[int]]]:
        slow, batcher = Slow(), Batcher(rows_at_once=4, rows_waiting=100)
        asked = [asyncio.create_task(batcher.answer(slow, [number])) for number in range(7)]
        await asyncio.sleep(0.05)
        slow.go.set()
        found = [await task for task in asked]
        await batcher.close()
        return found, slow.calls

    found, calls = asyncio.run(story())
    assert found == [[0], [2], [4], [6], [8], [10], [12]]
    assert [row for call in calls for row in call] == list(range(7))
    assert max(map(len, calls)) == 4


def test_one_bad_request_spoils_no_other() -> None:
    async def story() -> list[Any]:
        slow, batcher = Slow(), Batcher(rows_at_once=8, rows_waiting=100)
        asked = [asyncio.create_task(batcher.answer(slow, [number])) for number in (5, -1, 6)]
        await asyncio.sleep(0.05)
        slow.go.set()
        found = await asyncio.gather(*asked, return_exceptions=True)
        await batcher.close()
        return list(found)

    first, bad, last = asyncio.run(story())
    assert (first, last) == ([10], [12])
    assert isinstance(bad, UserError)


def test_requests_for_different_models_are_not_mixed() -> None:
    async def story() -> tuple[Any, Any]:
        one, other, batcher = Slow(), Slow(), Batcher(rows_at_once=8, rows_waiting=100)
        one.go.set()
        other.go.set()
        found = await asyncio.gather(*(batcher.answer(asked, [1]) for asked in (one, other, one)))
        await batcher.close()
        assert found == [[2], [2], [2]]
        return one.calls, other.calls

    one, other = asyncio.run(story())
    assert sum(map(len, one)) == 2
    assert other == [[1]]


def test_too_many_rows_are_refused_and_those_accepted_are_answered() -> None:
    async def story() -> None:
        slow, batcher = Slow(), Batcher(rows_at_once=2, rows_waiting=3)
        asked = [asyncio.create_task(batcher.answer(slow, [number])) for number in range(3)]
        await asyncio.sleep(0.05)
        with pytest.raises(Overloaded):
            await batcher.answer(slow, [9])
        slow.go.set()
        assert [await task for task in asked] == [[0], [2], [4]]
        assert batcher.waiting == 0
        await batcher.close()

    asyncio.run(story())


def test_who_stops_waiting_holds_up_nobody() -> None:
    async def story() -> None:
        slow, batcher = Slow(), Batcher(rows_at_once=1, rows_waiting=10)
        first, left, last = (asyncio.create_task(batcher.answer(slow, [number])) for number in range(3))
        await asyncio.sleep(0.05)
        left.cancel()
        slow.go.set()
        assert (await first, await last) == ([0], [4])
        await batcher.close()
        assert [1] not in slow.calls

    asyncio.run(story())
