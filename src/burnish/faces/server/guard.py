"""What stands before every route: keys, rates, and limits on the size and the time of a request."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

from burnish.faces.server.keys import holder
from burnish.faces.server.refusals import Refused
from burnish.faces.server.service import Asking, Service

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = frozenset({"/", "/health", "/ready"})  # nothing of the specialist's data is told there
PROBE_HEADER = "x-burnish-probe"  # with the server's own secret: its check of itself, before it is ready
ASKING = "burnish_asking"  # where the scope says who asks
_MOST_CLIENTS = 10_000
_LOG = logging.getLogger("burnish.server")


class Guard:
    """An ASGI application around another one.

    Args:
        inner: What answers.
        keys: Hashes of API keys by the names of their holders; where there are none, nobody is asked for one.
        service: Says whether it is ready, and is told of every request.
    """

    def __init__(self, inner: Application, service: Service, keys: Mapping[str, str]) -> None:
        self._inner, self._service, self._keys = inner, service, keys
        self._settings, self._metrics = service.settings, service.metrics
        self._buckets: dict[str, tuple[float, float]] = {}  # client -> requests left, at what time

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._admit(scope)
            async with asyncio.timeout(self._settings.seconds):
                await self._inner(scope, self._bounded(scope, receive), noted)
        except Refused as refused:
            await _send(refused, noted)
        except TimeoutError:
            await _send(_too_slow(self._settings.seconds), noted) if not status else None
        except Exception:
            _LOG.exception("a request could not be answered: %s %s", scope["method"], scope["path"])
            if status:
                raise
            await _send(Refused(500, "the server has made a mistake", fix="Look into its log."), noted)
        finally:
            self._metrics.request(scope, status, time.perf_counter() - began)

    def _admit(self, scope: Scope) -> None:
        """Ask for the key, and count the request against its holder's rate.

        Raises:
            Refused: The key is missing or unknown, or there were too many requests.
        """
        if self._is_probe(scope):
            scope[ASKING] = Asking(is_probe=True)
            return
        if scope["path"] in OPEN_PATHS or scope["method"] == "OPTIONS":
            return
        client = (scope.get("client") or ("", 0))[0]
        if self._keys:
            client = holder(self._keys, _sent_key(scope))
            if not client:
                raise Refused(
                    401,
                    "this needs an API key",
                    fix="Send it in the header `Authorization: Bearer KEY` (or `X-API-Key`).",
                )
        if not self._service.is_ready and scope["method"] == "POST":
            raise Refused(425, "the server is still proving that it answers right", fix="Come again soon.", again=1)
        scope[ASKING] = Asking(client=client if self._keys else "")  # addresses of people are not for the log
        if self._settings.rate and (wait := self._must_wait(client)):
            raise Refused(429, "too many requests", fix=f"Wait {wait:.1f} s.", again=max(1, round(wait + 0.5)))

    def _is_probe(self, scope: Scope) -> bool:
        secret = self._service.probe_key
        return bool(secret) and hmac.compare_digest(_header(scope, PROBE_HEADER.encode()), secret.encode())

    def _must_wait(self, client: str) -> float:
        """Take one request out of the client's bucket; or the seconds until there is one."""
        now, rate, most = time.monotonic(), self._settings.rate, float(self._settings.burst)
        if len(self._buckets) > _MOST_CLIENTS:  # full buckets are as good as none
            self._buckets = {
                c: (left, at) for c, (left, at) in self._buckets.items() if left + (now - at) * rate < most
            }
        left, at = self._buckets.get(client, (most, now))
        left = min(most, left + (now - at) * rate)
        self._buckets[client] = (max(0.0, left - 1), now) if left >= 1 else (left, now)
        return 0.0 if left >= 1 else (1 - left) / rate

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """`receive`, which refuses a body that is too large: by its header, or while it comes."""
        most = self._settings.most_bytes
        said = _header(scope, b"content-length")
        if said.isdigit() and int(said) > most:
            raise _too_large(most)
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise _too_large(most)
            return message

        return counted


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _sent_key(scope: Scope) -> str:
    kind, _, key = _header(scope, b"authorization").decode("latin-1").partition(" ")
    return key.strip() if kind.lower() == "bearer" else _header(scope, b"x-api-key").decode("latin-1")


def _too_large(most: int) -> Refused:
    return Refused(413, f"the request is larger than {most:,} bytes", fix="Send fewer rows at a time.")


def _too_slow(seconds: float) -> Refused:
    return Refused(408, f"the request took longer than {seconds:g} s", fix="Send fewer rows, or come again.", again=1)


async def _send(refused: Refused, send: Send) -> None:
    told = {**refused.headers, "content-length": str(len(refused.body)), "connection": "close"}
    headers = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": refused.body})
