"""The command line for tests."""

from __future__ import annotations

import pytest

from tests.faces.commands import Terminal


@pytest.fixture
def burnish_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """`burnish` as a function that returns what was said."""
    return Terminal(capsys, monkeypatch)
