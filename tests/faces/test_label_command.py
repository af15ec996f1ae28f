"""`burnish label …`: one object with --json, help with examples, and errors that say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.commands import Terminal
from tests.labelling.exports import THREE, labelled, write
from tests.making import review_rows, write_csv


@pytest.mark.parametrize("command", ["export", "import", "next", "weak", "confirm"])
def test_help_shows_examples(burnish_command: Terminal, command: str) -> None:
    said = burnish_command("label", command, "--help")
    assert said.code == 0
    assert f"burnish label {command}" in said.out.partition("Examples")[2]


def test_json_is_one_object(encoder: Path, tmp_path: Path, burnish_command: Terminal) -> None:
    pool = write_csv(tmp_path / "pool.csv", [(text,) for text, _ in review_rows(30)], ("words",))
    role = "text=words"
    next_rows = burnish_command(
        "label", "next", pool, "-o", tmp_path / "n.csv", "--count", 4, "--model", encoder, "--column", role, "--json"
    )
    assert next_rows.json()["chosen"] == 4
    exported = burnish_command(
        "label", "export", tmp_path / "n.csv", "-o", tmp_path / "t.json", "--label", "a", "--column", role, "--json"
    )
    assert (exported.json()["exported"], exported.json()["labels"]) == (4, ["a"])
    source = write(tmp_path / "export.json", labelled(THREE))
    imported = burnish_command("label", "import", source, "-o", tmp_path / "done.csv", "--json")
    assert imported.json()["agreement"]["annotators"]["ann"] == {"tasks": 4, "agreement": 0.6}


@pytest.mark.parametrize(
    ("option", "value", "what"),
    [
        ("--column", "text", "is not ROLE=NAME"),
        ("--column", "txt=a", "has no role 'txt'"),
        ("--resolve", "vote", "there is no 'vote'"),
        ("--level", "ratio", "there is no 'ratio'"),
        ("--task", "text-clasification", "there is no task"),
    ],
)
def test_faulty_options_are_told(tmp_path: Path, burnish_command: Terminal, option: str, value: str, what: str) -> None:
    source = write(tmp_path / "export.json", labelled(THREE))
    said = burnish_command("label", "import", source, "-o", tmp_path / "done.csv", option, value, "--json")
    assert said.code == 2
    assert what in said.json()["error"]["what"]
    assert said.json()["error"]["fix"]


def test_a_file_that_cannot_be_written_to_is_told_before_any_work(tmp_path: Path, burnish_command: Terminal) -> None:
    said = burnish_command("label", "import", tmp_path / "none.json", "-o", tmp_path / "done.xlsx", "--json")
    assert "'.xlsx' cannot be written" in said.json()["error"]["what"]
