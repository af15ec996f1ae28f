"""A server leaves the logging of its process alone."""

from __future__ import annotations

import logging

import burnish
from burnish.faces.server.running import make_server
from burnish.faces.server.served import open_served
from burnish.faces.server.service import Service
from burnish.faces.server.settings import ServerSettings


class Watched(logging.StreamHandler):  # type: ignore[type-arg]
    """A handler that knows whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True
        super().close()


def test_no_handler_is_closed(finished: burnish.Run) -> None:
    handler = Watched()
    make_server(Service(served=open_served(finished.folder), settings=ServerSettings()), {})
    assert not handler.closed
    handler.close()
