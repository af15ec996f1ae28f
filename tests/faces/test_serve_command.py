"""`burnish serve` as a process: started, asked, told to stop."""

from __future__ import annotations

import json
import signal
import threading
import time
import urllib.request
from pathlib import Path

import pytest

import burnish
from burnish.faces.client import Client
from burnish.faces.server.keys import KEYS_VARIABLE, holder, read_keys
from tests.faces.commands import Terminal
from tests.processes import Processes


def _calls(address: str) -> str:
    """How often the specialist has been asked."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=600) as answer:
        text: str = answer.read().decode()
    return next(line for line in text.splitlines() if line.startswith("burnish_batch_rows_count"))


def test_a_server_told_to_stop_ends_what_is_in_flight(
    finished: burnish.Run, tmp_path: Path, processes: Processes
) -> None:
    words = ("serve", finished.folder, "--port", "0", "--json", "--logs", tmp_path)
    process = processes.start(*words, variables={KEYS_VARIABLE: ""})
    told = json.loads(process.stdout.readline())
    assert json.loads(process.stdout.readline())["event"].startswith("ready")
    answers: list[str] = []

    def ask() -> None:
        with Client(told["address"]) as client:
            found = client.predict_many([{"text": f"great {'box ' * number}"} for number in range(1, 257)])
            answers.extend(prediction.value for prediction in found)

    before = _calls(told["address"])
    thread = threading.Thread(target=ask)
    thread.start()
    while _calls(told["address"]) == before:
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    thread.join(120)
    assert len(answers) == 256
    said, _ = process.communicate()
    assert process.returncode == 0
    assert json.loads(said.splitlines()[-1])["event"] == "stopped"


def test_a_new_key_is_shown_once_and_its_hash_is_kept(burnish_command: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_text("# who may ask", encoding="utf-8")
    key = burnish_command("serve", "--new-key", "shop", "--keys", path).out.strip()
    other = burnish_command("serve", "--new-key", "clinic", "--keys", path, "--json").json()["key"]
    keys = read_keys(path)
    assert (holder(keys, key), holder(keys, other)) == ("shop", "clinic")
    assert key not in path.read_text(encoding="utf-8")
    again = burnish_command("serve", "--new-key", "shop", "--keys", path)
    assert (again.code, set(read_keys(path))) == (2, {"shop", "clinic"})
    assert "has a key already" in again.err
    assert "shop:" in burnish_command("serve", "--new-key", "shop").err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--host", "0.0.0.0"), "has no keys"),
        (("--port", "70000"), "no port 70000"),
        (("--engine", "magic"), "no engine"),
        (("--most-rows", "0"), "too small"),
        (("--keys", "nowhere.txt"), "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: tuple[str, ...], told: str, burnish_command: Terminal, finished: burnish.Run, tmp_path: Path
) -> None:
    said = burnish_command(
        "serve",
        finished.folder,
        "--logs",
        tmp_path,
        *(arguments if "--port" in arguments else (*arguments, "--port", 0)),
    )
    assert said.code == 2
    assert told in said.err


def test_a_run_must_be_named(burnish_command: Terminal) -> None:
    assert "no run is named" in burnish_command("serve").err
