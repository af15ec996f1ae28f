"""`burnish retrain`: new words come into the world, and are learned without forgetting the old ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import burnish
from burnish.data.ledger import read_ledger
from burnish.data.rows import ROW, read_rows
from burnish.run_folder import file_digest, read_json
from tests.faces.commands import Terminal
from tests.making import autumn_rows, review_rows, write_csv


def test_new_rows_are_learned_and_old_ones_are_not_forgotten(
    finished: burnish.Run, tmp_path: Path, burnish_command: Terminal
) -> None:
    old = Path(shutil.copytree(finished.folder, tmp_path / "runs" / "reviews"))
    old_test = read_rows(old / "split" / "test.parquet")
    rows = [*autumn_rows(150), *[(text, label) for text, label in review_rows(240)[:30]]]
    said = burnish_command("retrain", old, "--data", write_csv(tmp_path / "new.csv", rows), "--json")
    run = tmp_path / "runs" / "reviews-2"
    found = said.json()
    assert (found["run"], found["name"], [gate["name"] for gate in found["gates"]]) == (
        str(run),
        "reviews",
        ["whole", "champion", "memory"],
    )
    facts = read_json(run / "retrain" / "retrain.json")
    assert facts["rows"]["known"] > 5  # rows of before are neither new nor a test
    assert facts["rows"]["kept_test"] == len(old_test) == 48

    test = read_rows(run / "split" / "test.parquet")
    ledger = read_ledger(run / "check" / "ledger.csv")
    kept = [row["text"] for row in test if ledger[row[ROW]].file == "kept.parquet"]
    assert sorted(kept) == sorted(row["text"] for row in old_test)
    learned = {row["text"] for part in ("train", "validation") for row in read_rows(run / "split" / f"{part}.parquet")}
    assert not learned & {row["text"] for row in test}
    notes = (run / "log.jsonl").read_text(encoding="utf-8")
    assert "training goes on from the specialist's weights" in notes
    assert file_digest(run / "retrain" / "start" / "manifest.json") == file_digest(
        finished.specialist_folder / "manifest.json"
    )
    gates = {gate["name"]: gate for gate in found["gates"]}
    assert gates["champion"]["comparison"]["difference"]["value"] > 0.1
    assert gates["memory"]["comparison"]["difference"]["value"] > -0.1
    assert (said.code == 0) is found["passed"] is all(gate["passed"] for gate in found["gates"])


def test_what_cannot_be_retrained_is_refused(finished: burnish.Run, tmp_path: Path, burnish_command: Terminal) -> None:
    old = Path(shutil.copytree(finished.folder, tmp_path / "runs" / "reviews"))
    known = write_csv(tmp_path / "known.csv", review_rows(240)[:90])
    for arguments, told in (
        ((old, "--data", known, "--name", "none"), "there is nothing new"),
        ((old, "--name", "nobody"), "no input with feedback"),
        ((finished.specialist_folder, "--data", known), "a specialist alone"),
    ):
        said = burnish_command("retrain", *arguments)
        assert (said.code, told in said.err) == (2, True), said
