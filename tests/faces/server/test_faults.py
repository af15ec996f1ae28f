"""`burnish serve` as a process whose disk is soon full, asked by clients that are slow, greedy, or talk nonsense."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import burnish
from tests.processes import Process, Processes

SECONDS, MOST_BYTES = 2, 40_000
FULL_AT = 300_000  # bytes of a file


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server."""

    process: Process
    address: str

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """The status and body of an answer."""
        try:
            with urllib.request.urlopen(self.address + path, data=body, timeout=600) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def predict(self, text: str) -> int:
        """The status of the answer to a text."""
        return self.ask("/predict", json.dumps({"text": text}).encode())[0]

    def connect(self) -> socket.socket:
        """A connection on which nothing was sent."""
        parts = urlsplit(self.address)
        return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=600)

    def megabytes(self) -> float:
        """The most memory that it has held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1e3

    def count(self, name: str) -> float:
        """A counter without labels."""
        lines = self.ask("/metrics")[1].decode().splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


@pytest.fixture(scope="module")
def server(finished: burnish.Run, processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that these tests share."""
    words = ("serve", finished.folder, "--port", 0, "--json", "--logs", tmp_path_factory.mktemp("logs"))
    limits = ("--seconds", SECONDS, "--most-bytes", MOST_BYTES)
    process = processes.start(*words, *limits, largest_file=FULL_AT)
    address = json.loads(process.stdout.readline())["address"]
    assert json.loads(process.stdout.readline())["event"].startswith("ready")
    yield Server(process=process, address=address)
    process.send_signal(9)
    process.wait()


def _send_slowly(connection: socket.socket, content: bytes, stop: threading.Event) -> None:
    with contextlib.suppress(OSError):
        for place in range(len(content)):
            if stop.wait(0.1):
                return
            connection.sendall(content[place : place + 1])


def _closed(connection: socket.socket) -> bytes:
    """What was answered before the connection was closed."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1000):
            found += part
    return found


def test_slow_clients_hold_up_nobody_and_are_let_go(server: Server) -> None:
    body = b'{"text": "' + b"great " * 100 + b'"}'
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        silent, slow_head, slow_body = (stack.enter_context(server.connect()) for _ in range(3))
        slow_body.sendall(head)
        sending = [
            threading.Thread(target=_send_slowly, args=(slow_head, head + body, stop)),
            threading.Thread(target=_send_slowly, args=(slow_body, body, stop)),
        ]
        for thread in sending:
            thread.start()
        began = time.monotonic()
        statuses = [server.predict("great") for _ in range(5)]
        assert (_closed(silent), _closed(slow_head)) == (b"", b"")
        assert _closed(slow_body).startswith(b"HTTP/1.1 408")
        passed = time.monotonic() - began
        stop.set()
        for thread in sending:
            thread.join()
    assert statuses == [200] * 5
    assert passed > SECONDS / 2  # they had their time


def test_a_head_without_an_end_is_refused(server: Server) -> None:
    before = server.megabytes()
    with server.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(OSError):  # it hangs up
            for number in range(10_000):
                connection.sendall(b"X-More-%d: %s\r\n" % (number, b"x" * 4000))
            pytest.fail("it has read 40 MB of headers")
        assert _closed(connection)[:12] in (b"HTTP/1.1 400", b"")  # what came last may be lost when it hangs up
    assert server.megabytes() < before + 30
    assert server.predict("great") == 200


@pytest.mark.parametrize("said", ["Content-Length: 400000000", "Transfer-Encoding: chunked"])
def test_a_huge_upload_is_refused_and_not_held_in_memory(said: str, server: Server) -> None:
    before = server.megabytes()
    chunk = b"x" * 1_000_000
    with server.connect() as connection:
        connection.sendall(f"POST /predict HTTP/1.1\r\nHost: x\r\n{said}\r\n\r\n".encode())
        with contextlib.suppress(OSError):  # it hangs up
            for _ in range(400):
                connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk) if "chunked" in said else chunk)
            pytest.fail("it has read 400 MB")
        if "chunked" not in said:
            assert _closed(connection)[:12] in (b"HTTP/1.1 413", b"")  # what came last may be lost when it hangs up
    assert server.ask("/predict", b"x" * (MOST_BYTES + 1))[0] == 413
    assert server.megabytes() - before < 50


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(["/predict", "/predict/batch", "/explain", "/feedback"]),
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["text", "rows", "id", "truth", "x"]), inner)
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_nonsense_is_refused_in_words(path: str, body: bytes, server: Server) -> None:
    status, answer = server.ask(path, body)
    assert status in {200, 400, 422}, answer
    found = json.loads(answer)
    assert status == 200 or found["error"]["what"]


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_it_keeps_to_its_own_description(mode: str, server: Server) -> None:
    schemathesis: Any = pytest.importorskip("schemathesis")
    checks: Any = pytest.importorskip("schemathesis.specs.openapi.checks")
    otherwise = [checks.positive_data_acceptance, checks.negative_data_rejection]  # blanks are refused; 413 refuses
    schema = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=5, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        def ask(case: Any) -> None:
            answer = case.call_and_validate(timeout=600, excluded_checks=otherwise)
            assert mode == "positive" or 400 <= answer.status_code < 500

        if mode == "positive" or operation.method == "post":
            ask()


def test_a_full_disk_stops_no_answer_and_the_loss_is_told(server: Server) -> None:
    for number in range(60):
        assert server.predict(f"great {number} " + "box " * 9000) == 200
        if lost := server.count("burnish_log_lost_total"):
            break
    assert lost >= 1
    assert server.predict("great") == 200
    told = server.process.stderr.readline()
    while "predictions cannot be logged" not in told:
        assert told
        told = server.process.stderr.readline()
