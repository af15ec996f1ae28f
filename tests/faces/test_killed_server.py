"""`burnish serve` is killed under load: every prediction that a client has is in the log of the next server."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import burnish
from burnish.errors import UserError
from burnish.faces.client import Client
from burnish.monitoring.store import Store
from tests.processes import Process, Processes


def served(processes: Processes, run: Path, logs: Path) -> tuple[Process, str]:
    """A server that is ready, and its address."""
    process = processes.start("serve", run, "--port", 0, "--json", "--logs", logs)
    address: str = json.loads(process.stdout.readline())["address"]
    assert json.loads(process.stdout.readline())["event"].startswith("ready")
    return process, address


def ask_until_it_ends(address: str, given: list[str]) -> None:
    """Note the number of every answer, until there are no more."""
    with Client(address, seconds=600) as client:
        try:
            while True:
                given.append(client.ask("POST", "/predict", {"text": f"great box {len(given)}"})["id"])
        except UserError:
            return


def test_killed_under_load_it_has_all_that_it_answered(
    finished: burnish.Run, processes: Processes, tmp_path: Path
) -> None:
    process, address = served(processes, finished.folder, tmp_path)
    given: list[list[str]] = [[], [], [], []]
    threads = [threading.Thread(target=ask_until_it_ends, args=(address, numbers)) for numbers in given]
    for thread in threads:
        thread.start()
    while min(map(len, given)) < 30:
        threads[0].join(0.01)
    process.send_signal(signal.SIGKILL)
    for thread in threads:
        thread.join(120)
    assert process.wait() == -signal.SIGKILL

    again, _ = served(processes, finished.folder, tmp_path)
    again.send_signal(signal.SIGTERM)
    assert again.wait() == 0
    store = Store(f"sqlite:///{tmp_path / 'log.db'}")
    answered = {number for numbers in given for number in numbers}
    assert answered <= store.known(sorted(answered))
    store.close()
