"""A server follows the registry: real requests go on while versions change, and none of them is dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

import burnish
from burnish.events import finish
from burnish.faces.client import Client
from burnish.faces.logs import open_log
from burnish.faces.registering import serving_folder
from burnish.faces.server.following import Following
from burnish.faces.server.settings import ServerSettings
from burnish.registry.address import VARIABLE
from burnish.registry.promotion import Request, challenge, promote, roll_back, withdraw
from burnish.registry.registry import Registry
from burnish.registry.submission import submission_of
from burnish.registry.version import CHAMPION
from tests.faces.commands import Terminal
from tests.faces.server.serving import Running, running
from tests.making import review_rows, write_csv
from tests.registry.made import copied_run, new_registry, worse_run

ASKED = Request(name="reviews", who="me")
TEXTS = review_rows(60, seed=9)


@pytest.fixture
def registry(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, finished: burnish.Run) -> Registry:
    """A registry whose champion gives wrong answers."""
    registry = new_registry(tmp_path_factory, tmp_path / "registry")
    finish(promote(registry, submission_of(worse_run(finished, tmp_path / "first")), ASKED))
    return registry


@pytest.fixture
def server(registry: Registry) -> Iterator[Running]:
    """A server that follows it."""
    log = open_log(serving_folder(registry, "reviews"), "", "full")
    try:
        following = Following(registry=registry, name="reviews", seconds=0.05)
        served = following.open(registry.at_work("reviews")[CHAMPION])
        with running(served, ServerSettings(), log=log, following=following) as server:
            yield server
            server.service.log = None
    finally:
        log.close()


@dataclass(kw_only=True)
class Askers:
    """Clients that ask without a pause."""

    address: str
    versions: list[list[str]] = field(default_factory=lambda: [[], [], []])
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.threads = [threading.Thread(target=self._ask, args=(told,)) for told in self.versions]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(600)

    def _ask(self, told: list[str]) -> None:
        with Client(self.address, seconds=600) as client:
            while not self.stopping.is_set():
                told.append(client.ask("POST", "/predict", {"text": TEXTS[len(told) % 60][0]})["version"])


def wait_for(condition: Callable[[], bool], server: Running) -> None:
    ends = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < ends, server.said
        time.sleep(0.01)


def test_a_promotion_drops_no_request_and_what_is_damaged_is_not_taken(
    registry: Registry, server: Running, finished: burnish.Run, tmp_path: Path
) -> None:
    first = server.service.served.version
    with Askers(address=server.address) as askers:
        wait_for(lambda: all(askers.versions), server)
        second = finish(promote(registry, submission_of(copied_run(finished, tmp_path / "second")), ASKED)).version
        wait_for(lambda: all(told[-1] == second.digest for told in askers.versions), server)
        broken = submission_of(worse_run(finished, tmp_path / "third", turned=2))
        version = registry.register("reviews", broken)
        weights = registry.files(version) / "evaluate" / "specialist" / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
        registry.set_alias(version, CHAMPION)
        wait_for(lambda: "is not taken" in server.said[-1], server)
        answered = [len(told) for told in askers.versions]
        wait_for(lambda: all(len(t) > n for t, n in zip(askers.versions, answered, strict=True)), server)
    assert "missing or have changed: model.safetensors" in server.said[-1]
    for told in askers.versions:  # every request has its answer, and each client sees one change
        change = told.index(second.digest)
        assert (set(told[:change]), set(told[change:])) == ({first}, {second.digest})
    assert server.ask("/model").json()["version"] == second.digest
    registry.set_alias(second, CHAMPION)
    roll_back(registry, ASKED)
    wait_for(lambda: server.service.served.version == first, server)
    assert server.ask("/predict", {"text": "great"}).json()["version"] == first


def test_a_challenger_answers_beside_and_is_compared_in_pairs(
    registry: Registry,
    server: Running,
    finished: burnish.Run,
    tmp_path: Path,
    burnish_command: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "registry"))
    copied_run(finished, tmp_path / "second")
    said = burnish_command("challenge", tmp_path / "second", "--as", "reviews")
    assert "version 2 answers in the shadow" in said.out
    wait_for(lambda: server.service.beside.challenger is not None, server)
    assert "answered by both" in burnish_command("compare", "reviews").err

    def ask() -> list[dict[str, str]]:
        rows = [{"text": text} for text, _ in TEXTS]
        found: list[dict[str, str]] = server.ask("/predict/batch", {"rows": rows}).json()["predictions"]
        return found

    answers = ask()
    assert {answer["version"] for answer in answers} == {server.service.served.version}
    truths = [(answer["id"], label) for answer, (_, label) in zip(answers, TEXTS, strict=True)]
    log = server.service.log
    assert log is not None
    wait_for(lambda: log.flush() and len(log.store.pairs(*versions(server))) == 60, server)
    noted = burnish_command("feedback", "reviews", write_csv(tmp_path / "t.csv", truths, ("id", "truth")), "--json")
    assert noted.json()["noted"] == 60
    found = burnish_command("compare", "reviews", "--json").json()
    assert (found["requests"], found["told"], found["by_challenger"]) == (60, 60, 0)
    assert found["challenger"]["value"] == 1.0
    assert found["comparison"]["p"] < 1e-6
    assert "p = " in burnish_command("compare", "reviews").out

    challenge(registry, submission_of(tmp_path / "second"), ASKED, 1.0)
    wait_for(lambda: server.service.beside.share == 1.0, server)
    assert server.ask("/model").json()["challenger"]["share"] == 1.0
    assert {answer["version"] for answer in ask()} == {versions(server)[1]}
    wait_for(lambda: log.flush() and sum(p.by_second for p in log.store.pairs(*versions(server))) == 60, server)
    pair = versions(server)
    withdraw(registry, ASKED)
    wait_for(lambda: server.service.beside.challenger is None, server)
    assert {answer["version"] for answer in ask()} == {pair[0]}


def versions(server: Running) -> tuple[str, str]:
    challenger = server.service.beside.challenger
    assert challenger is not None
    return server.service.served.version, challenger.version
