"""What doctor advises fits the installation."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.faces.doctor import Examined, examine, install_command
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


def by_name() -> dict[str, Examined]:
    return {examined.name: examined for examined in examine()}


def test_this_installation_is_complete() -> None:
    found = by_name()
    for name in ("burnish", "torch", "transformers", "accelerate", "onnxruntime", "other libraries", "pip"):
        assert found[name].state == "good", found[name]
    assert "bf16" in found["processor"].found


def test_it_works_where_torch_does_not_load() -> None:
    """In a process of its own, which never loads torch: nothing on the way to what doctor says may need it."""
    code = "import sys; sys.modules['torch'] = None; sys.argv = ['burnish', 'doctor', '--json']\n"
    code += "from burnish.faces.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {entry["name"]: entry for entry in json.loads(done.stdout)["examined"]}
    version = importlib.metadata.version("torch")
    assert found["torch"]["state"] == "problem"
    assert found["torch"]["found"].startswith(f"{version} does not load: ")
    assert found["torch"]["fix"] == f"pip install --force-reinstall --no-deps torch=={version}"
    assert found["GPU"]["found"] == "not examined: torch does not load"
    assert "cores" in found["processor"]["found"]


def test_libraries_that_are_not_installed_are_named_with_what_adds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.metadata.version

    def version(name: str) -> str:
        if name in {"torch", "polars", "safetensors"}:
            raise importlib.metadata.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = by_name()
    assert (found["torch"].state, found["torch"].found) == ("problem", "not installed")
    assert found["other libraries"].found == "lacks polars, safetensors"
    for name in ("torch", "other libraries"):
        assert found[name].fix == install_command()
    assert found["transformers"].state == "good"
