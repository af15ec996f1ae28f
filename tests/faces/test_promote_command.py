"""`burnish promote`, `burnish rollback`, `burnish registry`: through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import burnish
from burnish.registry.address import VARIABLE
from tests.faces.commands import Terminal
from tests.registry.made import copied_run, new_registry, worse_run


@pytest.fixture
def registry(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty registry, which the environment names."""
    new_registry(tmp_path_factory, tmp_path / "registry")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "registry"))


@pytest.mark.usefixtures("registry")
def test_promote_refuse_roll_back_and_list(finished: burnish.Run, tmp_path: Path, burnish_command: Terminal) -> None:
    assert "the registry is empty" in burnish_command("registry").out
    first, second = worse_run(finished, tmp_path / "reviews"), copied_run(finished, tmp_path / "second")
    told = burnish_command("promote", first)
    assert (told.code, "version 1 is the champion of reviews" in told.out) == (0, True)
    checked = burnish_command("promote", second, "--as", "reviews", "--check", "--json")
    assert (checked.code, checked.json()["passed"]) == (0, True)
    assert burnish_command("registry", "--json").json()["specialists"]["reviews"]["versions"][0]["number"] == 1
    found = burnish_command("promote", second, "--as", "reviews", "--why", "autumn", "--who", "ada", "--json").json()
    assert (found["promoted"], found["version"]["number"], found["change"]["who"]) == (True, 2, "ada")

    refused = burnish_command("promote", first)
    assert (refused.code, "✗ champion:" in refused.out, "version 1 is refused" in refused.out) == (1, True, True)
    assert "no more 2" in burnish_command("rollback", "reviews", "--why", "complaints").out
    listed = burnish_command("registry", "reviews").out
    assert [word in listed for word in ("champion", "ada", "autumn", "refused", "rolled-back", "complaints")] == [
        True
    ] * 6


@pytest.mark.usefixtures("registry")
def test_what_makes_no_sense_is_refused(finished: burnish.Run, burnish_command: Terminal) -> None:
    for arguments, told in (
        (("registry", "nobody"), "knows no 'nobody'"),
        (("rollback", "nobody"), "no champion to roll back from"),
        (("promote", finished.folder / "split"), "no run that has come to its end"),
        (("promote", finished.folder, "--registry", "mysql://here"), "not 'mysql'"),
    ):
        said = burnish_command(*arguments)
        assert (said.code, told in said.err) == (2, True), said
