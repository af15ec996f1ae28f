"""Who is signed in: a key is shown once, and a cookie that scripts cannot read stands for it from then on."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from burnish.faces.server.keys import holder, key_hash
from burnish.faces.server.refusals import Refused

COOKIE, TOKEN_FIELD, TOKEN_HEADER = "burnish_dashboard", "token", "x-burnish-token"
_HOURS = 12
_MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Session:
    """Someone who is signed in.

    Attributes:
        holder: The name of the key.
        token: Stands in every form, so that a page from elsewhere cannot send one.
        ends: When it ends, in seconds of this process.
    """

    holder: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    ends: float = field(default_factory=lambda: time.monotonic() + 3600 * _HOURS)


class Sessions:
    """Sessions of this process; when it ends, everyone signs in again.

    Args:
        keys: Hashes of keys by the names of their holders.
    """

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self._open: dict[str, Session] = {}

    def sign_in(self, key: str) -> str | None:
        """The cookie of a new session; None where nobody holds the key."""
        if not (name := holder(self._keys, key)):
            return None
        now = time.monotonic()
        self._open = {number: session for number, session in self._open.items() if session.ends > now}
        while len(self._open) >= _MOST:
            self._open.pop(next(iter(self._open)))
        number = secrets.token_urlsafe(32)
        self._open[key_hash(number)] = Session(holder=name)
        return number

    def sign_out(self, request: Request) -> None:
        """End the session of a request."""
        self._open.pop(key_hash(request.cookies.get(COOKIE, "")), None)

    def of(self, request: Request) -> Session | None:
        """The session of a request, or None."""
        session = self._open.get(key_hash(request.cookies.get(COOKIE, "")))
        return session if session is not None and session.ends > time.monotonic() else None

    def reader(self, request: Request) -> str:
        """The name of who asks to read; "" where that is not known."""
        session = self.of(request)
        return session.holder if session is not None else self._by_header(request)

    def actor(self, request: Request, token: str = "") -> str:
        """The name of who asks to change something: by a key in a header, or a session with its token.

        Args:
            request: The request.
            token: The token that its form sent; else that of its header.

        Raises:
            Refused: It is not known who asks, or the form is none of ours.
        """
        if name := self._by_header(request):
            return name
        session = self.of(request)
        if session is None:
            raise Refused(401, "this needs a key", fix="Sign in, or send it as `Authorization: Bearer KEY`.")
        sent = token or request.headers.get(TOKEN_HEADER, "")
        if not is_own(request) or not hmac.compare_digest(sent.encode(), session.token.encode()):
            raise Refused(403, "this form is not from this dashboard", fix="Load the page again.")
        return session.holder

    def _by_header(self, request: Request) -> str:
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        return holder(self._keys, key.strip()) if kind.lower() == "bearer" else ""


def is_own(request: Request) -> bool:
    """Whether a request comes from a page of this dashboard, as far as the browser says so."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        return False
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
