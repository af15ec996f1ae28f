"""The data report: one page about the data, from the files of the stage `check` alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from burnish.reporting.data_report import render_data_report
from burnish.run_folder import RunFolder
from tests.reporting.made_up import files

HOSTILE = "<script>alert(1)</script>"


def report(folder: Path, findings: list[dict[str, Any]] | None = None) -> str:
    """The report on the made-up files of `check`, with other findings."""
    content = {name: value for name, value in files().items() if name.startswith("check/")}
    if findings is not None:
        content["check/findings.json"] = findings
    for name, value in content.items():
        path = folder / "toy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value))
    return render_data_report(RunFolder(root=folder / "toy"))


def test_it_is_one_page_that_needs_nothing_else(tmp_path: Path) -> None:
    page = report(tmp_path)
    assert page.startswith("<!doctype html>")
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
    for heading in ("What the checks found", "What became of every row", "What the data is like"):
        assert f">{heading}</h2>" in page


def test_what_comes_from_the_data_is_escaped(tmp_path: Path) -> None:
    place = {"row": 1, "file": f"{HOSTILE}.csv", "line": 3, "shown": HOSTILE}
    found = {"name": "outliers", "severity": "note", "count": 30, "text": HOSTILE, "consequence": "c", "repair": "r"}
    figures = {"kind": "bars", "title": HOSTILE, "bars": [[HOSTILE, 3]]}
    page = report(tmp_path, [{**found, "examples": [], "policy": "report", "places": [place], "figures": figures}])
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3
    assert "1 example of 30" in page


def test_nothing_found_is_said(tmp_path: Path) -> None:
    assert "The checks found nothing that would spoil the result." in report(tmp_path, [])
