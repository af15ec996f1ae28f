"""The request log in a real PostgreSQL, which goes away and comes back."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import quote

import pytest

import burnish.monitoring.request_log as logs
from burnish.monitoring.entry import Feedback, Shadow
from burnish.monitoring.request_log import RequestLog
from burnish.monitoring.store import Store
from tests.data.readers.postgresql import PASSWORD, programs, running_server
from tests.monitoring.making import entry

SERVER = programs()


@pytest.mark.skipif(SERVER is None, reason="no PostgreSQL server is installed (apt-get install postgresql)")
def test_stopped_and_started_it_has_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_LONGEST_WAIT", 0.5)
    assert SERVER is not None
    with running_server(SERVER) as server:
        store = Store(f"postgresql://reader:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/postgres")
        log = RequestLog(tmp_path, store, "full", str)
        log.add([entry(number) for number in range(100)])
        assert log.flush()
        server.stop()
        began = time.perf_counter()
        log.add([entry(number) for number in range(100, 150)])
        assert time.perf_counter() - began < 1  # no answer waits for a database
        while not log.waiting_since:
            time.sleep(0.01)
        log.add([Feedback(id=entry(1).id, time=5.0, truth='"neutral"'), shadow(1), shadow(120), shadow(1)])
        server.start()
        assert log.flush(300)
        log.add([Feedback(id=entry(1).id, time=6.0, truth='"negative"')])
        assert log.flush()
        assert [answered.entry.id for answered in store.answered()] == [entry(number).id for number in range(150)]
        pairs = [(pair.first.id, pair.second.version, pair.truth, pair.by_second) for pair in store.pairs("v1", "v2")]
        assert pairs == [(entry(1).id, "v2", "negative", False), (entry(120).id, "v2", None, False)]
        assert [pair.by_second for pair in store.pairs("v2", "v1")] == [True, True]
        assert PASSWORD not in store.shown
        log.close()


def shadow(number: int) -> Shadow:
    """What another version would have answered."""
    return Shadow(
        id=entry(number).id, version="v2", time=1.0, value='"neutral"', confidence=0.5, scores="{}", seconds=0.01
    )
