"""The example of the documentation, as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faces.commands import Terminal

PAGE = Path(__file__).parents[2] / "docs" / "labelling.md"


def blocks(heading: str) -> list[str]:
    """The fenced blocks under a heading of the page."""
    text = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def plain(text: str) -> str:
    """Lines without blanks at their ends, and no blank lines around them."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def test_importing_says_and_writes_what_the_page_shows(tmp_path: Path, burnish_command: Terminal) -> None:
    answers, command, said, written = blocks("An example")
    (tmp_path / "answers.json").write_text(answers, encoding="utf-8")
    words = [str(tmp_path / word) if "." in word else word for word in command.removeprefix("$ burnish ").split()]
    done = burnish_command(*words)
    assert done.code == 0, done.err
    assert plain(done.out) == plain(said)
    assert (tmp_path / "labelled.csv").read_text(encoding="utf-8").splitlines() == written.splitlines()


def test_labelling_functions_say_and_write_what_the_page_shows(
    tmp_path: Path, burnish_command: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions, rows, command, said = blocks("Labels from functions")
    monkeypatch.chdir(tmp_path)
    Path("functions.py").write_text(functions, encoding="utf-8")
    Path("rows.csv").write_text(rows, encoding="utf-8")
    done = burnish_command(*command.removeprefix("$ burnish ").split())
    assert done.code == 0, done.err
    assert plain(done.out) == plain(said)
    labels = [line.split(",")[-3:] for line in Path("labelled.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert [label for label, _, _ in labels] == ["refund", "delivery", "refund", "delivery", "delivery"]
    assert [who for _, _, who in labels] == ["functions", "people", "functions", "functions", "functions"]
