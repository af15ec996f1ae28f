from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

import burnish.monitoring.request_log as logs
from burnish.errors import UserError
from burnish.monitoring.entry import Entry, Feedback
from burnish.monitoring.request_log import RequestLog
from burnish.monitoring.store import Store
from tests.monitoring.making import entry


def stored(folder: Path) -> list[Any]:
    store = Store(f"sqlite:///{folder / 'log.db'}")
    try:
        return list(store.answered())
    finally:
        store.close()


def opened(folder: Path, store: Store | None = None) -> RequestLog:
    return RequestLog(folder, store or Store(f"sqlite:///{folder / 'log.db'}"), "masked", lambda text: text.upper())


def test_what_is_taken_is_stored_and_masked(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.add([entry(1), Feedback(id=entry(1).id, time=1.0, truth='"neutral"')])
    log.add([entry(2)])
    assert log.flush()
    log.close()
    found = stored(tmp_path)
    assert [answered.inputs()["text"] for answered in found] == ["TEXT 1", "TEXT 2"]
    assert [answered.truth for answered in found] == ["neutral", None]
    assert list((tmp_path / "spool").iterdir()) == []


class Away(Store):
    """A database that is away until it is told to come back."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.back = threading.Event()
        self.tried = threading.Event()

    def add(self, entries: Any) -> None:
        if not self.back.is_set():
            self.tried.set()
            raise OperationalError("insert", {}, Exception("connection refused"))
        super().add(entries)


def test_nothing_is_lost_while_the_database_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(logs, "_LONGEST_WAIT", 0.02)
    away = Away(f"sqlite:///{tmp_path / 'log.db'}")
    log = opened(tmp_path, away)
    log.add([entry(number) for number in range(50)])
    assert away.tried.wait(20)
    log.add([entry(50)])
    until = time.monotonic() + 20
    while not log.waiting_since:  # told a moment after the try has failed
        assert time.monotonic() < until
        time.sleep(0.01)
    away.back.set()
    assert log.flush()
    assert not log.waiting_since
    log.close()
    assert len(stored(tmp_path)) == 51


def test_what_waits_on_disk_is_masked(tmp_path: Path) -> None:
    log = opened(tmp_path, Away(f"sqlite:///{tmp_path / 'log.db'}"))
    log.add([entry(1)])
    (segment,) = (tmp_path / "spool").iterdir()
    content = segment.read_text(encoding="utf-8")
    log.close(seconds=5)
    assert "TEXT 1" in content
    assert "text 1" not in content


def test_what_waits_at_shutdown_is_stored_at_the_next_start(tmp_path: Path) -> None:
    log = opened(tmp_path, Away(f"sqlite:///{tmp_path / 'log.db'}"))
    log.add([entry(1)])
    log.close(seconds=5)
    after = opened(tmp_path)
    assert after.flush()
    after.close()
    assert len(stored(tmp_path)) == 1


_WRITER = """
import sys
from pathlib import Path
from tests.monitoring.making import entry
from tests.monitoring.test_request_log import opened
log = opened(Path(sys.argv[1]))
for number in range(100_000):
    log.add([entry(number)])
    print(number, flush=True)
"""


def test_killed_at_any_moment_it_has_all_that_was_accepted(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    accepted = -1
    for run in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert process.stdout is not None
        for line in process.stdout:
            accepted = int(line)
            if accepted > 300 + 400 * run:
                break
        process.send_signal(signal.SIGKILL)
        accepted = max([accepted, *(int(line) for line in process.stdout if line.endswith("\n"))])
        process.wait()
    after = opened(tmp_path)
    assert after.flush()
    after.close()
    numbers = {answered.entry.id for answered in stored(tmp_path)}
    assert {entry(number).id for number in range(accepted + 1)} <= numbers


def test_a_full_disk_stops_no_answer_and_what_is_lost_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = opened(tmp_path)

    def full(_lines: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(log._spool, "add", full)
        entries: list[Entry] = [entry(1), entry(2)]
        log.add(entries)
        log.add([entry(3)])
    log.add([entry(4)])
    assert log.flush()
    log.close()
    assert log.lost == 3
    assert [answered.entry.id for answered in stored(tmp_path)] == [entry(4).id]
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "predictions cannot be logged: [Errno 28] No space left on device",
        "predictions are logged again; 3 were lost",
    ]


def test_two_servers_do_not_write_one_log(tmp_path: Path) -> None:
    log = opened(tmp_path)
    with pytest.raises(UserError, match="another server"):
        opened(tmp_path)
    log.close()
    opened(tmp_path).close()
