"""A real browser behind chromedriver, on loopback."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_DRIVER, _BROWSER = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(not (_DRIVER and _BROWSER), reason="needs Chromium with chromedriver")
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True, kw_only=True)
class Browser:
    """A browser's session behind chromedriver, on this machine's loopback."""

    address: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.address}{path}", data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)["value"]

    def tell(self, command: str, settings: dict[str, Any]) -> Any:
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": settings})

    def ask(self, script: str) -> Any:
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def show(self, page: Path | str, width: int, scheme: str) -> None:
        """Open a page (a file, or an address) in a window of a width, in the theme `light` or `dark`."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 700}
        self.tell("Emulation.setDeviceMetricsOverride", size)
        still = {"name": "prefers-reduced-motion", "value": "reduce"}  # each moving frame is work for three processes
        features = [{"name": "prefers-color-scheme", "value": scheme}, still]
        self.tell("Emulation.setEmulatedMedia", {"features": features})
        self.call("POST", "/url", {"url": page.as_uri() if isinstance(page, Path) else page})


@contextlib.contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    """A browser with a new profile in an empty folder; it ends with the context."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert _DRIVER
    driver = subprocess.Popen([_DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        lobby = Browser(address=f"http://127.0.0.1:{port}")
        _wait_until_ready(lobby)
        options = {"binary": _BROWSER, "args": [*_ARGUMENTS, f"--user-data-dir={profile}"]}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
        session = lobby.call("POST", "/session", {"capabilities": wanted})["sessionId"]
        opened = Browser(address=f"{lobby.address}/session/{session}")
        yield opened
        opened.call("DELETE", "")
    finally:
        driver.terminate()
        driver.wait(timeout=600)


def _wait_until_ready(lobby: Browser) -> None:
    for _ in range(100):
        try:
            lobby.call("GET", "/status")
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.skip("chromedriver does not start here")
