"""Connections on which no request comes are closed."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_BYTES_OF_HEAD = 64 * 1024


class TimedConnection(HttpToolsProtocol):
    """uvicorn's connection, closed where the head of a request does not come in time, or does not end.

    uvicorn waits for it for ever, and keeps all that came. From a request's head to its answer the time is kept by
    `guard`.
    """

    _due: asyncio.TimerHandle | None = None
    _head = 0  # bytes of a head that is not whole yet

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that is not whole yet has no more time than it had."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._head = 0
            self._wait_no_longer()
            return
        self._wait_for_head()
        self._head += len(data)
        if self._head > _MOST_BYTES_OF_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _wait_no_longer(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
