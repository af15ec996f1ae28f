"""Start a server, prove that it answers as the evaluated model does, and stop it without losing a request."""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping

import uvicorn

from burnish.errors import UserError
from burnish.exporting.parity import Parity
from burnish.faces.server.app import create_app
from burnish.faces.server.connections import TimedConnection
from burnish.faces.server.following import Following, follow, live_parity
from burnish.faces.server.service import Service

_KEEP_ALIVE_SECONDS = 20


def open_socket(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        UserError: The address is not this machine's, or the port is taken.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        raise UserError(
            f"the server cannot listen there: {error.strerror or error}",
            where=f"{host}:{port}",
            fix="Choose another port with --port, or another address of this machine with --host.",
        ) from None
    return listening


def address_of(listening: socket.socket) -> str:
    """The address at which a client of this machine reaches a socket."""
    host, port = listening.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is compared, not listened on
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


class EndingServer(uvicorn.Server):
    """uvicorn's server, which ends by itself when it is told to stop: its own lets the signal end the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT for as long as the context lasts."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


def make_server(service: Service, keys: Mapping[str, str]) -> uvicorn.Server:
    """A server that is not started yet.

    Args:
        service: What answers.
        keys: Hashes of API keys by the names of their holders.
    """
    return EndingServer(
        uvicorn.Config(
            create_app(service, keys),
            log_config=None,  # uvicorn's own would shut down every handler that the process has
            log_level="warning",
            access_log=False,
            lifespan="on",
            server_header=False,
            http=TimedConnection,
            timeout_keep_alive=math.ceil(min(_KEEP_ALIVE_SECONDS, service.settings.seconds)),
            timeout_graceful_shutdown=service.settings.shutdown_seconds,
        )
    )


async def serve(
    server: uvicorn.Server,
    service: Service,
    listening: socket.socket,
    tell: Callable[[str], None],
    following: Following | None = None,
) -> None:
    """Serve until the process is told to stop (SIGTERM, SIGINT); what is in flight then is answered first.

    Args:
        server: From `make_server`.
        service: The same that it was made of.
        listening: The socket.
        tell: Shows a sentence to whoever started the server.
        following: Where it is said which version is to answer; None: always this one.

    Raises:
        UserError: The answers are not those of the evaluated model. The server has then answered nobody.
    """
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    fault: UserError | None = None
    follower: asyncio.Task[None] | None = None
    address = address_of(listening)
    try:
        parity = await live_parity(address, service, service.served)
        if parity.passed:
            service.ready(is_ready=True)
            if following is not None:
                follower = asyncio.create_task(follow(service, following, address, tell))
            tell(f"ready: {parity.rows} probes were answered as evaluated (difference {parity.largest_difference:.1e})")
        else:
            fault = _not_as_evaluated(parity)
    except UserError as error:
        fault = error
    if fault is not None:
        server.should_exit = True
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    if follower is not None:
        follower.cancel()
    if fault is not None:
        raise fault


def _not_as_evaluated(parity: Parity) -> UserError:
    return UserError(
        f"what is served does not answer as what was evaluated: {parity.different_answers} of {parity.rows} probes "
        f"differ, scores by up to {parity.largest_difference:.2g}",
        where="burnish serve",
        fix="Try --engine torch, and report it with the model's name.",
    )
