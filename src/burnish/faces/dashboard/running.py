"""Serve the dashboard until the process is told to stop."""

from __future__ import annotations

import socket

import uvicorn

from burnish.faces.dashboard.app import create_app
from burnish.faces.dashboard.settings import DashboardSettings
from burnish.faces.server.running import EndingServer


def make_server(settings: DashboardSettings) -> uvicorn.Server:
    """A server that is not started yet."""
    return EndingServer(
        uvicorn.Config(
            create_app(settings),
            log_config=None,  # uvicorn's own would shut down every handler that the process has
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=20,
            timeout_graceful_shutdown=5,
        )
    )


def serve_dashboard(settings: DashboardSettings, listening: socket.socket) -> None:
    """Serve on a socket until SIGTERM or SIGINT."""
    make_server(settings).run(sockets=[listening])
