"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from burnish.errors import UserError

MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Where a server listens, and what it lets clients do.

    Attributes:
        host: The address that it listens on; loopback unless the user says otherwise.
        port: The port; 0 lets the system choose.
        most_bytes: The largest body of a request.
        most_rows: The most rows of one request.
        most_characters: The longest text of a row.
        rows_at_once: The most rows that the specialist answers in one call.
        rows_waiting: Rows that may wait for an answer; further requests are told to come again.
        seconds: The longest that a request may take, from its first byte to its answer.
        rate: Requests a second that one client may make on average; 0: any number.
        burst: Requests that a client may make at once, where there is a rate.
        allowed_origins: Web pages from elsewhere that may call the server (CORS); none by default.
        shutdown_seconds: How long requests in flight may take to end when the server is told to stop.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    most_bytes: int = 8 * MEGABYTE
    most_rows: int = 256
    most_characters: int = 100_000
    rows_at_once: int = 32
    rows_waiting: int = 2048
    seconds: float = 30.0
    rate: float = 0.0
    burst: int = 20
    allowed_origins: tuple[str, ...] = ()
    shutdown_seconds: int = 30

    def is_loopback(self) -> bool:
        """Whether only programs of this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def require_sound(settings: ServerSettings) -> None:
    """Check the numbers.

    Raises:
        UserError: One of them makes no sense; the message names the option.
    """
    least = {
        "--port": (settings.port, 0),
        "--most-bytes": (settings.most_bytes, 1),
        "--most-rows": (settings.most_rows, 1),
        "--seconds": (settings.seconds, 0.1),
        "--rate": (settings.rate, 0),
    }
    for option, (value, smallest) in least.items():
        if value < smallest:
            raise UserError(f"{value} is too small", where=option, fix=f"Give at least {smallest}.")
    if settings.port > 65535:
        raise UserError(f"there is no port {settings.port}", where="--port", fix="Give one from 0 to 65535.")
