from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import UserError
from burnish.reporting.facts import is_share, read_facts
from burnish.run_folder import RunFolder
from tests.reporting.made_up import files, write_run


def test_the_day_comes_from_the_log_whose_last_line_may_be_half(tmp_path: Path) -> None:
    folder = write_run(tmp_path, files())
    assert read_facts(folder).ended == pytest.approx(1795233714.3)
    (tmp_path / "log.jsonl").unlink()
    assert read_facts(folder).ended == 0.0


def test_a_missing_needed_file_is_the_users_to_mend(tmp_path: Path) -> None:
    folder = write_run(tmp_path, files())
    (tmp_path / "evaluate/scores.json").unlink()
    with pytest.raises(UserError, match=r"scores\.json is missing"):
        read_facts(folder)


def test_only_metrics_of_right_and_wrong_rows_are_shares() -> None:
    metrics = files()["evaluate/scores.json"]["metrics"]
    assert is_share(metrics["accuracy"])
    assert not is_share(metrics["log-loss"])


def test_settings_that_the_recipe_does_not_name_are_none(tmp_path: Path) -> None:
    facts = read_facts(write_run(tmp_path, files()))
    assert facts.setting("evaluate", "minimum-gain") == 0.02
    assert facts.setting("evaluate", "novel") is None
    assert facts.setting("task", "name") is None


def test_the_folders_name_is_the_runs(tmp_path: Path) -> None:
    write_run(tmp_path / "reviews", files())
    assert read_facts(RunFolder(root=tmp_path / "reviews" / "check" / "..")).name == "reviews"
