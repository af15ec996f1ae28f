"""`burnish dashboard`: started, asked, told to stop; and what makes no sense."""

from __future__ import annotations

import json
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.faces.commands import Terminal
from tests.processes import Processes


def test_it_makes_a_key_and_stops_when_it_is_told_to(processes: Processes, tmp_path: Path) -> None:
    process = processes.start("dashboard", tmp_path / "runs", "--port", 0, "--json")
    told = json.loads(process.stdout.readline())
    assert told["address"].startswith("http://127.0.0.1:")
    asked = urllib.request.Request(f"{told['address']}/new", headers={"Authorization": f"Bearer {told['key']}"})
    with urllib.request.urlopen(asked, timeout=600) as answer:
        assert b"Start a run from a file" in answer.read()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert not (tmp_path / "runs").exists()  # looking makes nothing


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--host", "0.0.0.0"), "has no keys"),
        (("--keys", "nowhere.txt"), "cannot be read"),
        (("--registry", "mysql://here"), "not 'mysql'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], told: str, burnish_command: Terminal) -> None:
    said = burnish_command("dashboard", "--port", "0", *arguments)
    assert (said.code, told in said.err) == (2, True), said
