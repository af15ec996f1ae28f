"""Run the command line within the test."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from burnish.faces.cli import main


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one object that --json prints."""
        return json.loads(self.out)


class Terminal:
    """A terminal that is not watched by anyone: plain text, wide lines."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch
        monkeypatch.setenv("COLUMNS", "300")
        monkeypatch.setenv("NO_COLOR", "1")

    def __call__(self, *arguments: object) -> Said:
        """Run `burnish ARGUMENTS`."""
        self._capsys.readouterr()
        self._monkeypatch.setattr(sys, "argv", ["burnish", *map(str, arguments)])
        code: Any = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        printed = self._capsys.readouterr()
        return Said(code=code, out=printed.out, err=printed.err)
