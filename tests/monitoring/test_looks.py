"""Looks that are kept beside the log."""

from __future__ import annotations

from pathlib import Path

from burnish.monitoring.drift import Test as DriftTest
from burnish.monitoring.look import Look
from burnish.monitoring.looks import keep_looks, latest_looks


def look(number: int) -> Look:
    test = DriftTest(name="inputs", p=1 / number, size=1.0, measure="distance")
    facts = {"median_seconds": 0.01}
    return Look(begins=0.0, ends=1.0, last=str(number), requests=9, tests=(test,), level=0.2, facts=facts)


def test_the_latest_come_back_whatever_stands_around_them(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    assert latest_looks(path, 3) == []
    keep_looks(path, "v1", [look(n) for n in range(1, 6)])
    keep_looks(path, "v2", [look(6)])
    assert latest_looks(path, 2) == [("v1", look(5)), ("v2", look(6))]
    with path.open("a") as file:
        file.write('{"version": "v2", "beg')
    assert latest_looks(path, 2) == [("v2", look(6))]


def test_looking_anew_forgets_the_looks_of_that_version_only(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    keep_looks(path, "v1", [look(1)])
    keep_looks(path, "v2", [look(2), look(3)])
    keep_looks(path, "v2", [look(4)], anew=True)
    assert latest_looks(path, 9) == [("v1", look(1)), ("v2", look(4))]
