"""`burnish check`: what it shows, what it prints for programs, and that a run goes on from there."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import burnish
from tests.faces.commands import Terminal
from tests.making import review_rows, write_csv


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Reviews of which one has remains of HTML and one holds personal data."""
    rows = [*review_rows(60), ("the <b>great</b> box", "positive"), ("a noisy one, mail@example.com", "negative")]
    return write_csv(tmp_path / "reviews.csv", rows)


def test_findings_are_shown_with_what_to_do(
    burnish_command: Terminal, faulty: Path, encoder: Path, tmp_path: Path
) -> None:
    command = ["check", faulty, "--model", encoder, "--out", tmp_path / "runs"]
    said = burnish_command(*command)
    assert said.code == 0, said.err
    assert "62 rows read: 62 kept" in said.out
    assert "1 text has remains of HTML" in said.out
    assert "remains of HTML" not in said.err, "it is told once"
    assert "1 row holds personal data: 1 e-mail address" in said.out
    assert "mail@example.com" not in said.out
    report = tmp_path / "runs" / "reviews" / "check" / "data.html"
    assert f"report   {report}" in said.out
    assert "<!doctype html>" in report.read_text(encoding="utf-8")

    again = burnish_command(*command, "--set", "checks.personal-data=repair", "--json")
    assert again.err == ""
    found = again.json()
    assert (found["ledger"]["read"], found["ledger"]["kept"], found["ledger"]["redacted"]) == (62, 61, 1)
    personal = next(finding for finding in found["findings"] if finding["name"] == "personal-data")
    assert personal["places"] == [{"row": 61, "file": "reviews.csv", "line": 63, "shown": "a noisy one, <EMAIL>"}]
    with (tmp_path / "runs" / "reviews" / "check" / "flagged.csv").open(encoding="utf-8", newline="") as file:
        flagged = {(row["finding"], row["line"]) for row in csv.DictReader(file)}
    assert {("personal-data", "63"), ("html-remains", "62")} <= flagged
    assert not (tmp_path / "runs" / "reviews" / "split").exists()


def test_what_a_recipe_may_ask_for_is_checked(burnish_command: Terminal, faulty: Path, tmp_path: Path) -> None:
    said = burnish_command("check", faulty, "--out", tmp_path, "--set", "checks.near-duplicate=drop")
    assert said.code == 2
    assert "there is no check 'near-duplicate'. Did you mean 'near-duplicates'" in said.err
    said = burnish_command("check", faulty, "--out", tmp_path, "--set", "checks.giveaways=drop")
    assert "`giveaways: drop` is not possible. It can be: report, fail, skip." in said.err


def test_it_ends_where_the_recipe_says_so(
    burnish_command: Terminal, faulty: Path, encoder: Path, tmp_path: Path
) -> None:
    command = ["check", faulty, "--model", encoder, "--out", tmp_path / "runs"]
    said = burnish_command(*command, "--set", "checks.personal-data=fail")
    assert said.code == 2
    assert "1 row holds personal data" in said.err
    assert "reviews.csv:63" in said.err
    assert not (tmp_path / "runs").exists()
    twice = write_csv(tmp_path / "twice.csv", [*review_rows(60), review_rows(60)[0]])
    said = burnish_command("check", twice, "--model", encoder, "--set", "checks.repeated-rows=fail", "--out", tmp_path)
    assert said.code == 2
    assert "1 row repeats another row exactly" in said.err


def test_a_column_to_audit_must_exist(burnish_command: Terminal, faulty: Path, encoder: Path, tmp_path: Path) -> None:
    said = burnish_command("check", faulty, "--model", encoder, "--out", tmp_path, "--set", "data.audit=[txt]")
    assert said.code == 2
    assert "is not a column. Did you mean 'text'?" in said.err


def test_from_python_it_is_the_same(burnish_command: Terminal, faulty: Path, encoder: Path, tmp_path: Path) -> None:
    checked = burnish.check(faulty, out=tmp_path / "runs", model=str(encoder), checks={"personal_data": "repair"})
    options = ("--model", encoder, "--out", tmp_path / "there", "--set", "checks.personal-data=repair", "--json")
    told = burnish_command("check", faulty, *options).json()
    assert checked.ledger == told["ledger"]
    assert [finding.name for finding in checked.findings] == [finding["name"] for finding in told["findings"]]
    severities = [finding.severity for finding in checked.findings]
    assert severities == sorted(severities, reverse=True), "warnings come first"
    (personal,) = (finding for finding in checked.findings if finding.name == "personal-data")
    (place,) = personal.places
    assert (place.line, place.shown) == (63, "a noisy one, <EMAIL>")
    for file in (checked.rows, checked.flagged, checked.report):
        assert file.is_file()
    with pytest.raises(burnish.UserError, match="there is no check"):
        burnish.check(faulty, out=tmp_path / "other", checks={"near-duplicate": "drop"})


def test_sounds_are_checked_from_python_though_nothing_is_trained_on_them(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    for number, name in enumerate(("low", "high")):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        tone = np.sin(np.arange(4000) * (number + 1) / 9)
        soundfile.write(tmp_path / "sounds" / name / "one.wav", tone, 8000)
    checked = burnish.check(tmp_path / "sounds", out=tmp_path / "runs")
    assert checked.ledger["kept"] == 2
    assert "too-little-data" in {finding.name for finding in checked.findings}
