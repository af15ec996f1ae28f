"""A real dashboard in a thread of the test, on loopback."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from burnish.faces.dashboard.jobs import FOLDER, Jobs, Outcome
from burnish.faces.dashboard.running import make_server
from burnish.faces.dashboard.settings import DashboardSettings
from burnish.faces.server.keys import key_hash
from burnish.faces.server.running import open_socket

KEY = "burnish_a-key-of-the-tests"
KEYS = {"ada": key_hash(KEY)}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the dashboard sent back."""

    status: int
    body: str
    headers: Mapping[str, str]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(kw_only=True)
class Dashboard:
    """A dashboard that runs, and a browser's memory of it."""

    port: int
    settings: DashboardSettings
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """A request as a browser makes it; it follows nothing."""
        sent = {"Accept": "text/html", **self.headers, **(headers or {})}
        if self.cookie:
            sent["Cookie"] = self.cookie
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        with contextlib.closing(connection):
            connection.request("GET" if body is None else "POST", path, body, sent)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, body=answer.read().decode(), headers=found)

    def post(self, path: str, **fields: str) -> Answer:
        """A form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask(path, urllib.parse.urlencode(fields).encode(), kind)

    def sign_in(self) -> str:
        """Sign in; the token that every form needs."""
        answer = self.post("/sign-in", key=KEY, then="/new")
        assert (answer.status, answer.headers["location"]) == (303, "/new")
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        found = re.search(r'name="token" value="([^"]+)"', self.ask("/").body)
        assert found
        return found[1]

    def wait(self, place: str) -> Outcome:
        """What came of a job, whose page is given, once it has ended."""
        jobs = Jobs(self.settings.place.runs / FOLDER, 1)
        job = jobs.find(place.rpartition("/")[2])
        assert job is not None
        while "x-burnish-then" not in self.ask(f"{place}/progress").headers:
            time.sleep(0.1)
        return jobs.outcome(job)


@contextlib.contextmanager
def dashboard(settings: DashboardSettings) -> Iterator[Dashboard]:
    """A dashboard, for as long as the context lasts."""
    with open_socket("127.0.0.1", 0) as listening:
        server = make_server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield Dashboard(port=listening.getsockname()[1], settings=settings)
        finally:
            server.should_exit = True
            thread.join(60)
