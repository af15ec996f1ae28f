"""The log of a served run, feedback on it, and what monitoring says: through the command line."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import burnish
from burnish.faces.logs import SERVING, open_log
from burnish.faces.server.served import open_served
from burnish.faces.server.service import Service
from burnish.faces.server.settings import ServerSettings
from tests.faces.commands import Terminal
from tests.faces.server.serving import running
from tests.making import review_rows, write_csv
from tests.monitoring.making import entry

LOOKS = ("--window", 60, "--every", 20)


@pytest.fixture
def run(finished: burnish.Run, tmp_path: Path) -> Path:
    """A finished run that may be served and watched."""
    return Path(shutil.copytree(finished.folder, tmp_path / "reviews"))


def ask(run: Path, texts: list[str]) -> list[dict[str, Any]]:
    """Let a run answer texts as its server does."""
    log = open_log(run / SERVING, "", "masked")
    try:
        with running(open_served(run), ServerSettings(), log=log) as server:
            assert isinstance(server.service, Service)
            found = []
            for begin in range(0, len(texts), 100):
                rows = [{"text": text} for text in texts[begin : begin + 100]]
                found += server.ask("/predict/batch", {"rows": rows}).json()["predictions"]
        assert log.flush()
    finally:
        log.close()
    return found


def test_from_requests_to_an_alarm(run: Path, burnish_command: Terminal, tmp_path: Path) -> None:
    usual = [text for text, _ in review_rows(120, seed=5)]
    answers = ask(run, usual)
    quiet = burnish_command("monitor", run, *LOOKS, "--json").json()
    assert (quiet["requests"], quiet["alarm"], len(quiet["looks"])) == (120, False, 4)

    truths = write_csv(
        tmp_path / "right.csv",
        [(answer["id"], answer["value"]) for answer in answers] + [("nobody", "x")],
        ("id", "truth"),
    )
    assert burnish_command("feedback", run, truths, "--json").json() == {"rows": 121, "noted": 120, "unknown": 1}

    ask(run, ["the manual and the cable and the week"] * 80)
    loud = burnish_command("monitor", run, *LOOKS, "--json", "--fail")
    assert loud.code == 3
    found = loud.json()
    assert (found["requests"], found["alarm"]) == (200, True)
    assert "inputs" in found["looks"][-1]["alarms"]
    assert found["looks"][0]["facts"]["accuracy"]["rows"] == 40  # the window reaches back into what has feedback

    nothing_new = burnish_command("monitor", run, *LOOKS)
    assert "0 requests since the last look" in nothing_new.out
    again = burnish_command("monitor", run, *LOOKS, "--anew")
    assert "raise an alarm" in again.out
    assert "right, by feedback" in again.out or "estimated" in again.out


def test_personal_data_is_masked_before_it_is_kept(run: Path) -> None:
    ask(run, ["write to jo.doe@example.org it is great", "great"])
    content = (run / "serving" / "log.db").read_bytes()
    assert b"jo.doe" not in content
    assert b"<EMAIL>" in content
    assert list((run / "serving" / "spool").iterdir()) == []


def test_feedback_over_http_is_typed_and_logged(run: Path) -> None:
    log = open_log(run / SERVING, "", "hash")
    try:
        with running(open_served(run), ServerSettings(), log=log) as server:
            number = server.ask("/predict", {"text": "great"}).json()["id"]
            assert server.ask("/feedback", {"id": number, "truth": "neutral"}).json() == {"id": number}
            assert server.ask("/feedback", {"id": number, "truth": "purple"}).status == 422
            assert server.ask("/feedback", {"id": "short", "truth": "neutral"}).status == 422
        assert log.flush()
        (answered,) = log.store.answered()
    finally:
        log.close()
    assert (answered.truth, answered.inputs()) == ("neutral", {})


@pytest.fixture
def hook() -> Iterator[tuple[str, list[Any]]]:
    """A web address on loopback, and what it was sent."""
    sent: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/alarms", sent
        server.shutdown()


def test_an_alarm_goes_to_the_webhook(run: Path, burnish_command: Terminal, hook: tuple[str, list[Any]]) -> None:
    address, sent = hook
    log = open_log(run / SERVING, "", "full")
    version = open_served(run).version
    log.add([entry(n, version=version, value='"neutral"', time=time.time() + n / 1000) for n in range(80)])
    assert log.flush()
    log.close()
    assert burnish_command("monitor", run, *LOOKS, "--webhook", address).code == 0
    assert sent[0]["run"] == "reviews"
    assert "predictions" in sent[0]["alarms"][0]["alarms"]
    assert burnish_command("monitor", run, *LOOKS, "--anew", "--webhook", "ftp://x").code == 2
    said = burnish_command("monitor", run, *LOOKS, "--anew", "--mail", "me@example.org")
    assert "no mail server" in said.err


def test_a_specialist_alone_cannot_be_watched(run: Path, burnish_command: Terminal) -> None:
    said = burnish_command("monitor", run / "evaluate" / "specialist")
    assert said.code == 2
    assert "what it learned from" in said.err
