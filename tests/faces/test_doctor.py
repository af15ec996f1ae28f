"""What doctor advises fits the installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.faces.doctor import install_command
from tests.faces.commands import Terminal

HERE = Path(__file__).parent.parent.parent


def test_in_a_clone_the_tested_versions_are_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(HERE)
    assert install_command("development") == "pip install -c constraints.txt -e '.[development]'"
    assert install_command() == "pip install -c constraints.txt -e ."
    monkeypatch.chdir(tmp_path)
    assert install_command("development") == f"cd {HERE} && pip install -c constraints.txt -e '.[development]'"


def test_elsewhere_the_package_index_is_used(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "burnish"
    assert install_command("documentation", package) == "pip install 'burnish[documentation]'"
    assert install_command("", package) == "pip install burnish"


def test_what_is_advised_is_shown_whole(
    burnish_command: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Brackets in a command are no markup of the terminal's."""
    monkeypatch.chdir(HERE)
    monkeypatch.setattr("burnish.faces.doctor._EXTRAS", {"more": (("no_such_module",), "more")})
    assert "lacks no_such_module" in burnish_command("doctor").out
    assert "pip install -c constraints.txt -e '.[more]'" in burnish_command("doctor").out
