"""`burnish retrain` and `burnish watch`: what they refuse. tests/test_the_whole_story.py has what they do."""

from __future__ import annotations

import shutil
from pathlib import Path

import burnish
from tests.faces.commands import Terminal
from tests.making import review_rows, write_csv


def test_what_cannot_be_retrained_is_refused(finished: burnish.Run, tmp_path: Path, burnish_command: Terminal) -> None:
    old = Path(shutil.copytree(finished.folder, tmp_path / "runs" / "reviews"))
    known = write_csv(tmp_path / "known.csv", review_rows(240)[:90])
    for arguments, told in (
        (("retrain", old, "--data", known, "--name", "none"), "there is nothing new"),
        (("retrain", old, "--name", "nobody"), "no input with feedback"),
        (("retrain", finished.specialist_folder, "--data", known), "a specialist alone"),
        (("watch", old, "--once", "--promote"), "only what is served by its name"),
    ):
        said = burnish_command(*arguments)
        assert (said.code, told in said.err) == (2, True), said
