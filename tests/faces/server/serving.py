"""A real server in a thread of the test, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from burnish.faces.server.following import Following
from burnish.faces.server.running import address_of, make_server, open_socket, serve
from burnish.faces.server.served import Served
from burnish.faces.server.service import Service
from burnish.faces.server.settings import ServerSettings
from burnish.monitoring.request_log import RequestLog


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server sent back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that runs."""

    address: str
    service: Service
    said: list[str]

    def ask(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """A request of a body (JSON, or bytes as they are), or a GET without one."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data=data, headers=dict(headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:
                return Answer(status=answer.status, body=answer.read(), headers=dict(answer.headers))
        except urllib.error.HTTPError as error:
            return Answer(status=error.code, body=error.read(), headers=dict(error.headers))


@contextlib.contextmanager
def running(
    served: Served,
    settings: ServerSettings,
    keys: Mapping[str, str] | None = None,
    log: RequestLog | None = None,
    following: Following | None = None,
) -> Iterator[Running]:
    """A server that is ready, for as long as the context lasts."""
    service = Service(served=served, settings=settings, log=log)
    said: list[str] = []
    with open_socket("127.0.0.1", 0) as listening:
        server = make_server(service, keys or {})
        thread = threading.Thread(target=lambda: asyncio.run(serve(server, service, listening, said.append, following)))
        thread.start()
        try:
            while not service.is_ready and thread.is_alive():
                time.sleep(0.01)
            assert service.is_ready, said
            yield Running(address=address_of(listening), service=service, said=said)
        finally:
            server.should_exit = True
            thread.join(60)
