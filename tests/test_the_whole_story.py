"""Train, serve, drift, alarm, feedback, retrain, gate, promote: through the commands, while requests never stop.

docs/the-whole-story.md tells the same with real reviews.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import burnish
from burnish.data.ledger import read_ledger
from burnish.data.rows import ROW, read_rows
from burnish.faces.client import Client
from burnish.registry.address import VARIABLE
from burnish.run_folder import file_digest, read_json
from tests.faces.commands import Terminal
from tests.making import autumn_rows, review_rows
from tests.processes import Process, Processes
from tests.registry.made import new_registry

LOOKS = ("--once", "--window", 60, "--every", 20, "--json")


@pytest.fixture
def burnish_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """`burnish` as a function that returns what was said."""
    return Terminal(capsys, monkeypatch)


@pytest.fixture
def run(
    finished: burnish.Run, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A run that has been trained, in a working folder with an empty registry."""
    new_registry(tmp_path_factory, tmp_path / "registry")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "registry"))
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(finished.folder, tmp_path / "runs" / "reviews"))


class Asker(threading.Thread):
    """A client that asks without a pause, and notes which version answered."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address, self.versions, self.stopping = address, [""][:0], threading.Event()

    def run(self) -> None:
        with Client(self.address, seconds=600) as client:
            while not self.stopping.wait(0.02):
                self.versions.append(client.ask("POST", "/predict", {"text": "great and lovely"})["version"])


def ask(address: str, rows: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """What the server answers to the texts of rows."""
    with Client(address, seconds=600) as client:
        found: list[dict[str, Any]] = []
        for begin in range(0, len(rows), 50):
            asked = {"rows": [{"text": text} for text, _ in rows[begin : begin + 50]]}
            found += client.ask("POST", "/predict/batch", asked)["predictions"]
        return found


def right(answers: list[dict[str, Any]], rows: list[tuple[str, str]]) -> float:
    """The share of right answers."""
    return sum(bool(answer["value"] == label) for answer, (_, label) in zip(answers, rows, strict=True)) / len(rows)


def served(processes: Processes) -> tuple[Process, str]:
    """A server of the champion, once it has proven itself."""
    process = processes.start("serve", "reviews", "--port", 0, "--look-every", 0.1, "--json", folder=Path.cwd())
    told = json.loads(process.stdout.readline())
    assert "ready" in json.loads(process.stdout.readline())["event"]
    return process, told["address"]


def test_the_whole_story(run: Path, burnish_command: Terminal, processes: Processes) -> None:
    assert burnish_command("promote", run, "--force", "we must begin with something").code == 0
    process, address = served(processes)
    first = ask(address, review_rows(1))[0]["version"]

    ask(address, review_rows(120, seed=5))
    time.sleep(0.2)  # the log stores in batches
    assert burnish_command("watch", "reviews", *LOOKS).json()["reason"] == ""

    autumn = autumn_rows(210)
    answers = ask(address, autumn[:150])
    before = right(answers, autumn[:150])
    waiting = until(lambda: burnish_command("watch", "reviews", *LOOKS, "--least", 120).json(), "reason")
    assert (waiting["reason"].startswith("an alarm"), waiting["feedback"], waiting["proposal"]) == (True, 0, None)

    with Client(address, seconds=600) as client:
        for answer, (_, label) in zip(answers, autumn, strict=False):
            client.ask("POST", "/feedback", {"id": answer["id"], "truth": label})
    asker = Asker(address)
    asker.start()
    found = until(lambda: burnish_command("watch", "reviews", *LOOKS, "--least", 150, "--promote").json(), "proposal")
    assert [gate["passed"] for gate in found["proposal"]["gates"]] == [True, True, True], found["proposal"]["gates"]
    assert (found["feedback"], found["promoted"]) == (150, 2)
    second = file_digest(Path("runs/reviews-2/evaluate/specialist/manifest.json"))[:12]
    while asker.versions[-1] != second:  # the server follows
        assert asker.is_alive()
        time.sleep(0.05)
    asker.stopping.set()
    asker.join(600)
    change = asker.versions.index(second)  # nothing was dropped: the client would have ended with an error
    assert (set(asker.versions[:change]), set(asker.versions[change:])) == ({first}, {second})
    assert right(ask(address, autumn[150:]), autumn[150:]) > before + 0.2
    process.send_signal(15)
    assert process.wait() == 0

    require_fair_rows(run, Path("runs/reviews-2"))
    listed = burnish_command("registry", "reviews").out
    assert "version 2 promoted, in place of 1" in listed
    assert "retrained by `burnish watch` after an alarm" in listed
    assert burnish_command("rollback", "reviews", "--why", "a rehearsal").code == 0


def until(look: Any, key: str) -> dict[str, Any]:
    """What is found once the log has stored what was asked."""
    while not (found := look())[key]:
        time.sleep(0.1)
    return dict(found)


def require_fair_rows(old: Path, new: Path) -> None:
    """The old test rows are test rows of the new run, and nothing of its test rows was learned from."""
    facts = read_json(new / "retrain" / "retrain.json")
    old_test, test = (read_rows(run / "split" / "test.parquet") for run in (old, new))
    assert (facts["rows"]["kept_test"], facts["name"]) == (len(old_test), "reviews")
    ledger = read_ledger(new / "check" / "ledger.csv")
    kept = [row["text"] for row in test if ledger[row[ROW]].file == "kept.parquet"]
    assert sorted(kept) == sorted(row["text"] for row in old_test)
    learned = {row["text"] for part in ("train", "validation") for row in read_rows(new / "split" / f"{part}.parquet")}
    assert not learned & {row["text"] for row in test}
    assert "training goes on from the specialist's weights" in (new / "log.jsonl").read_text(encoding="utf-8")
    assert file_digest(new / "retrain" / "start" / "manifest.json") == file_digest(
        old / "evaluate" / "specialist" / "manifest.json"
    )
