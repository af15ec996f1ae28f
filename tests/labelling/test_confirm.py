"""Doubted labels become a corrected copy, as decided; the original stays as it is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import burnish
from burnish.events import StageDone
from burnish.faces.python import prepare, start
from burnish.labelling.confirm import read_decisions, read_doubts
from tests.faces.commands import Terminal
from tests.making import review_rows, write_csv

ROWS = [
    ("good box", "negative"),
    ("bad cable", "positive"),
    ("a week", "neutral"),
    ("poor", "negative"),
    ("oh", "positive"),
]
HEADER = ("row", "file", "line", "text", "label", "suggested", "confidence")
DOUBTS = [
    ("0", "reviews.csv", "2", "good box", "negative", "positive", "0.97"),
    ("1", "reviews.csv", "3", "bad cable", "positive", "negative", "0.80"),
    ("4", "reviews.csv", "6", "oh", "positive", "neutral", "0.60"),
    ("9", "test.csv", "2", "other", "positive", "neutral", "0.95"),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "reviews.csv", ROWS, ("text", "sentiment"))


@pytest.fixture
def errors(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "label-errors.csv", DOUBTS, HEADER)


def labels(path: str | Path) -> list[str]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [row["sentiment"] for row in csv.DictReader(file)]


def decided(tmp_path: Path, *decisions: str) -> Path:
    rows = [(*doubt, decision) for doubt, decision in zip(DOUBTS, decisions, strict=True)]
    return write_csv(tmp_path / "decided.csv", rows, (*HEADER, "decision"))


def test_what_is_suggested_with_enough_confidence_is_accepted(data: Path, errors: Path) -> None:
    before = data.read_bytes()
    confirmed = burnish.label_confirm(errors, data, accept_above=0.9)
    assert labels(confirmed.out) == ["positive", "positive", "neutral", "negative", "positive"]
    assert confirmed.out == str(data.with_name("reviews.corrected.csv"))
    counts = (confirmed.doubts, confirmed.accepted, confirmed.skipped, confirmed.elsewhere, confirmed.rows)
    assert counts == (4, 1, 2, 1, 5)
    assert data.read_bytes() == before
    json.dumps(confirmed.as_dict())


def test_decisions_of_a_person_are_followed_and_written_down(data: Path, errors: Path, tmp_path: Path) -> None:
    confirmed = burnish.label_confirm(errors, data, decisions=decided(tmp_path, "yes", "neutral", "No", ""))
    assert labels(confirmed.out) == ["positive", "neutral", "neutral", "negative", "positive"]
    assert (confirmed.accepted, confirmed.otherwise, confirmed.kept, confirmed.elsewhere) == (1, 1, 1, 1)
    with Path(confirmed.changes).open(newline="", encoding="utf-8") as file:
        changes = [(row["line"], row["before"], row["after"], row["outcome"]) for row in csv.DictReader(file)]
    assert changes == [
        ("2", "negative", "positive", "accepted"),
        ("3", "positive", "neutral", "otherwise"),
        ("6", "positive", "positive", "kept"),
    ]


def test_a_file_that_was_not_checked_is_refused(data: Path, errors: Path) -> None:
    data.write_text(data.read_text(encoding="utf-8").replace("good box,negative", "good box,neutral"), encoding="utf-8")
    with pytest.raises(burnish.UserError, match="line 2 was 'negative' when it was checked, and it is 'neutral' now"):
        burnish.label_confirm(errors, data, accept_above=0.9)
    write_csv(data, ROWS[:1], ("text", "sentiment"))
    with pytest.raises(burnish.UserError, match="no row begins there"):
        burnish.label_confirm(errors, data, accept_above=0.9)


def test_faulty_decisions_are_refused_with_advice(data: Path, errors: Path, tmp_path: Path) -> None:
    with pytest.raises(burnish.UserError, match="'positiv' is no decision") as raised:
        burnish.label_confirm(errors, data, decisions=decided(tmp_path, "positiv", "", "", ""))
    assert "'positive'" in raised.value.fix
    with pytest.raises(burnish.UserError, match="does not say what was decided"):
        burnish.label_confirm(errors, data, decisions=errors)
    with pytest.raises(burnish.UserError, match="not from both"):
        burnish.label_confirm(errors, data, decisions=errors, accept_above=0.5)
    with pytest.raises(burnish.UserError, match="nothing says"):
        burnish.label_confirm(errors, data)
    with pytest.raises(burnish.UserError, match="would replace the original"):
        burnish.label_confirm(errors, data, accept_above=0.5, out=data)
    with pytest.raises(burnish.UserError, match="no doubted labels here"):
        burnish.label_confirm(tmp_path / "none.csv", data, accept_above=0.5)
    assert not data.with_name("reviews.corrected.csv").exists()


def test_a_person_in_a_terminal_is_asked(
    data: Path, errors: Path, burnish_command: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter(["y", "neutral", "q"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_arguments, **_options: next(said))
    done = burnish_command("label", "confirm", errors, data)
    assert done.code == 0, done.err
    assert "line 2: good box" in done.err
    assert labels(data.with_name("reviews.corrected.csv")) == ["positive", "neutral", "neutral", "negative", "positive"]
    refused = burnish_command("label", "confirm", errors, data, "--json")
    assert refused.code == 2
    assert "nobody is there" in refused.json()["error"]["what"]


def test_the_doubts_of_a_run_name_its_rows_and_its_columns(encoder: Path, tmp_path: Path) -> None:
    """The run is stopped after its checks: 300 rows whose classes a word tells, of which twelve labels are wrong."""
    rows = [(text, label) for text, label in review_rows(300)]
    wrong = {
        number: {"negative": "positive", "positive": "neutral", "neutral": "negative"}[rows[number][1]]
        for number in range(0, 300, 25)
    }
    given = [(text, wrong.get(number, label)) for number, (text, label) in enumerate(rows)]
    data = write_csv(tmp_path / "odd.csv", given, ("words", "stars"))
    recipe, folder = prepare(
        data, name="odd", out=tmp_path / "runs", keys={"text": "words", "label": "stars", "model": str(encoder)}
    )
    for event in start(recipe, folder):
        if isinstance(event, StageDone) and event.stage == "check":
            break
    doubts = read_doubts(folder.root)
    assert {doubt.line for doubt in doubts} & {number + 2 for number in wrong}
    assert all(doubt.file == "odd.csv" and given[doubt.line - 2] == (doubt.text, doubt.label) for doubt in doubts)
    confirmed = burnish.label_confirm(folder.root, data, accept_above=0.0)
    with Path(confirmed.out).open(newline="", encoding="utf-8") as file:
        now = [row["stars"] for row in csv.DictReader(file)]
    changed = {doubt.line - 2: doubt.suggested for doubt in doubts}
    assert now == [changed.get(number, label) for number, (_, label) in enumerate(given)]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=',"\n\r0123abcé\0decisonrwf', max_size=60))
def test_malformed_doubts_and_decisions_are_read_or_refused(tmp_path: Path, text: str) -> None:
    for header, read in ((",".join(HEADER), read_doubts), ("row,decision", read_decisions)):
        path = tmp_path / "odd.csv"
        path.write_text(f"{header}\n{text}", encoding="utf-8")
        try:
            found = read(path)
        except burnish.UserError:
            continue
        assert len(found) <= text.count("\n") + text.count("\r") + 1
