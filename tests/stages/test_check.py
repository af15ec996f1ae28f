"""The check stage: what it drops, merges, finds and writes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from burnish.catalog import get_task
from burnish.data.ledger import read_ledger
from burnish.data.rows import read_rows
from burnish.errors import UserError
from burnish.events import Note
from burnish.faces.python import prepare
from burnish.recipe import complete_recipe
from burnish.run_folder import RunFolder
from burnish.stages import split
from burnish.stages.check import STAGE
from tests.making import review_rows, write_csv


class Checked:
    """A run folder after its check."""

    def __init__(self, source: Path, encoder: Path, folder: Path, **keys: Any) -> None:
        given = {"model": str(encoder), "label": "label", **keys}
        self.recipe, _ = complete_recipe(prepare(source, name="", out=folder, keys=given)[0])
        self.notes = [event for event in STAGE.run(self.recipe, RunFolder(root=folder)) if isinstance(event, Note)]
        self.folder = folder / "check"

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    def findings(self) -> dict[str, dict[str, Any]]:
        return {finding["name"]: finding for finding in self.json("findings.json")}


def test_clean_data_has_no_findings(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    checked = Checked(reviews, encoder, tmp_path)
    unsure = checked.findings().pop("label-errors", {"count": 0})  # the features of a random network tell little
    assert set(checked.findings()) <= {"too-little-data", "label-errors"}
    assert unsure["count"] < 24
    assert checked.json("ledger.json") == {
        "read": 240, "kept": 240, "repaired": 0, "merged": 0, "redacted": 0, "dropped": 0, "reasons": []
    }  # fmt: skip
    profile = checked.json("profile.json")
    assert profile["rows"] == 240
    assert profile["strata"] == {"negative": 80, "neutral": 80, "positive": 80}
    assert sum(profile["lengths"]["counts"]) == 240
    assert profile["lengths"]["limit"] == 64
    assert [column["name"] for column in profile["columns"]] == ["text", "label"]


def test_every_row_is_accounted_for(encoder: Path, tmp_path: Path) -> None:
    rows = [*review_rows(30), ("", "positive"), ("no label", ""), ("twice", "positive"), ("twice", "positive")]
    rows += [("both", "positive"), ("both", "negative")]
    checked = Checked(write_csv(tmp_path / "data.csv", rows), encoder, tmp_path)
    ledger = checked.json("ledger.json")
    assert (ledger["read"], ledger["kept"], ledger["merged"], ledger["dropped"]) == (36, 31, 1, 4)
    reasons = {reason["reason"]: reason["rows"] for reason in ledger["reasons"]}
    assert reasons == {
        "the text is empty": 1,
        "the label is empty": 1,
        "repeats another row": 1,
        "the same input has another label elsewhere": 2,
    }
    assert len(read_rows(checked.folder / "rows.parquet")) == 31
    findings = checked.findings()
    assert set(findings) == {"unusable-rows", "repeated-rows", "conflicting-labels", "too-little-data"}
    assert findings["unusable-rows"]["examples"][0] == "data.csv:32: the text is empty"
    assert all(finding["consequence"] and finding["repair"] for finding in findings.values())
    assert any("1 input stands in the data with different labels" in note.text for note in checked.notes)


def test_labels_are_written_in_one_way_and_rare_classes_left_out(encoder: Path, tmp_path: Path) -> None:
    """A class of one row ends a run otherwise; what is written alike comes before what is merged and counted."""
    rows = [*review_rows(60), ("the same", "POSITIVE"), ("the same", "positive"), ("alone", "odd"), ("few", "Neutral")]
    source = write_csv(tmp_path / "data.csv", rows)
    with pytest.raises(UserError, match="too few rows") as refused:
        Checked(source, encoder, tmp_path)
    assert "rare-classes: drop" in refused.value.fix
    policies = {"labels-alike": "repair", "rare-classes": "drop"}
    test = write_csv(tmp_path / "test.csv", [("unseen", "Negative"), ("another", "odd")])
    checked = Checked(source, encoder, tmp_path, checks=policies, test=str(test))
    assert set(checked.json("profile.json")["strata"]) == {"negative", "neutral", "positive"}
    findings = checked.findings()
    assert findings["rare-classes"]["policy"] == "drop"
    assert findings["labels-alike"]["repair"] == "each was written as in most rows"
    assert findings["never-trained"]["count"] == 1
    assert [row["label"] for row in read_rows(checked.folder / "test.parquet")] == ["negative", "odd"]
    ledger = checked.json("ledger.json")
    assert (ledger["read"], ledger["repaired"], ledger["merged"], ledger["dropped"]) == (66, 3, 1, 1)


def test_general_rows_are_written_as_the_own_ones(encoder: Path, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "data.csv", list(review_rows(60)))
    general = [(f"general {number}", label) for number, label in enumerate(["POSITIVE", "POSITIVE", "Negative"] * 4)]
    data = {"replay": str(write_csv(tmp_path / "general.csv", general))}
    checked = Checked(source, encoder, tmp_path, data=data, checks={"labels-alike": "repair"})
    replayed = Counter(row["label"] for row in read_rows(checked.folder / "replay.parquet"))
    assert replayed == {"positive": 8, "negative": 4}


def test_what_is_cut_short_is_counted(encoder: Path, tmp_path: Path) -> None:
    rows = [*review_rows(30), ("the great " * 40, "positive")]
    checked = Checked(write_csv(tmp_path / "data.csv", rows), encoder, tmp_path)
    assert "1 row (3.2%) of more than the 64 tokens" in checked.findings()["cut-short"]["text"]
    shorter = Checked(write_csv(tmp_path / "data.csv", rows), encoder, tmp_path / "b", data={"longest": 5})
    assert shorter.findings()["cut-short"]["count"] > 20


def test_long_rows_can_be_dropped(encoder: Path, tmp_path: Path) -> None:
    rows = [*review_rows(30), ("the great " * 40, "positive")]
    data = write_csv(tmp_path / "data.csv", rows)
    checked = Checked(data, encoder, tmp_path, checks={"cut-short": "drop"})
    assert checked.json("ledger.json")["reasons"] == [
        {"outcome": "dropped", "reason": "is longer than 64 tokens", "rows": 1}
    ]
    assert checked.findings()["cut-short"]["policy"] == "drop"
    assert len(read_rows(checked.folder / "rows.parquet")) == 30
    with pytest.raises(UserError, match="every row is longer than the 2 tokens"):
        Checked(data, encoder, tmp_path / "b", data={"longest": 2}, checks={"cut-short": "drop"})


@pytest.mark.parametrize("name", ["unusable-rows", "repeated-rows", "conflicting-labels", "leaked-rows", "cut-short"])
def test_the_recipe_may_ask_to_fail(name: str, encoder: Path, tmp_path: Path) -> None:
    rows = [*review_rows(30), ("", "positive"), ("both", "positive"), ("both", "negative"), ("the " * 90, "positive")]
    test = write_csv(tmp_path / "test.csv", [*review_rows(12, seed=9), review_rows(1)[0]])
    data = write_csv(tmp_path / "data.csv", [*rows, rows[1]])
    with pytest.raises(UserError) as refused:
        Checked(data, encoder, tmp_path, test=str(test), checks={name: "fail"})
    assert f"`{name}: fail`" in refused.value.fix
    assert "data.csv:" in refused.value.where


def test_what_the_recipe_leaves_stays_in_one_part(encoder: Path, tmp_path: Path) -> None:
    rows = [*review_rows(40), *review_rows(40), ("both", "positive"), ("both", "negative")]
    policies = {"repeated-rows": "report", "conflicting-labels": "report", "near-duplicates": "skip"}
    checked = Checked(write_csv(tmp_path / "data.csv", rows), encoder, tmp_path, checks=policies)
    assert checked.json("ledger.json")["kept"] == 82
    assert checked.findings()["repeated-rows"]["policy"] == "report"
    list(split.STAGE.run(checked.recipe, RunFolder(root=tmp_path)))
    parts = [read_rows(tmp_path / "split" / f"{name}.parquet") for name in ("train", "validation", "test")]
    assert sum(map(len, parts)) == 82
    texts = [{row["text"] for row in part} for part in parts]
    assert sum(map(len, texts)) == len(set.union(*texts)) == 41


def test_near_duplicates_are_searched_once(encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(f"{text} {text} {n} {copy}", label) for n, (text, label) in enumerate(review_rows(40)) for copy in "ab"]
    checked = Checked(write_csv(tmp_path / "data.csv", rows), encoder, tmp_path)
    task, kept = get_task("text-classification"), read_rows(checked.folder / "rows.parquet")
    folder = RunFolder(root=tmp_path)
    assert "near-duplicates" in checked.json("together.json")["compared"]
    with monkeypatch.context() as only_here:
        only_here.setattr(split, "near_duplicate_clusters", None)
        told = split.rows_together(kept, task, checked.recipe, folder)
    (checked.folder / "together.json").unlink()
    found = split.rows_together(kept, task, checked.recipe, folder)
    assert told.near_duplicates == found.near_duplicates
    assert told.near_duplicates["rows"] == 80
    assert len(np.unique(told.numbers)) == len(np.unique(found.numbers)) <= 40


def test_test_rows_of_a_kind_never_trained(encoder: Path, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "data.csv", review_rows(30))
    other = write_csv(tmp_path / "test.csv", [*review_rows(12, seed=9), ("strange", "sarcastic")])
    checked = Checked(data, encoder, tmp_path, test=str(other))
    finding = checked.findings()["never-trained"]
    assert finding["count"] == 1
    assert finding["examples"] == ["test.csv:14: sarcastic"]
    assert finding["severity"] == "warning"


def test_descriptions_are_of_labels_that_there_are(encoder: Path, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "data.csv", review_rows(30))
    other = write_csv(tmp_path / "test.csv", [*review_rows(12, seed=9), ("strange", "sarcastic")])
    fine = {"positive": "liked", "sarcastic": "only the test rows have it"}
    Checked(data, encoder, tmp_path / "fine", test=str(other), data={"descriptions": fine})
    with pytest.raises(UserError, match="labels that no row has: 'postive', 'sarcastic'") as caught:
        Checked(data, encoder, tmp_path / "wrong", data={"descriptions": {"postive": "a", "sarcastic": "b"}})
    assert caught.value.where == "data.descriptions"
    assert "Did you mean 'positive'?" in caught.value.fix
    assert not (tmp_path / "wrong" / "check").exists()


def test_rows_without_labels_that_stand_in_the_data_are_dropped(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    own = [text for text, _ in review_rows(240)]
    new = [text for text, _ in review_rows(300, seed=5) if text not in own][:50]
    test = write_csv(tmp_path / "test.csv", [("a test the great", "positive"), *review_rows(12, seed=9)])
    file = write_csv(tmp_path / "un.csv", [(t,) for t in [*own[:7], *new, new[0], "a test the great", "  "]], ("text",))
    checked = Checked(reviews, encoder, tmp_path, test=str(test), pretraining={"data": str(file)})
    kept = read_rows(checked.folder / "unlabelled.parquet")
    assert [row["text"] for row in kept] == new
    assert all(set(row) == {"row", "text"} for row in kept)
    entries = [entry for entry in read_ledger(checked.folder / "ledger.csv") if entry.file == "un.csv"]
    assert len(entries) == 60, "a blank line is a row where the file has one column"
    reasons = Counter((entry.outcome, entry.reason) for entry in entries)
    assert reasons == {
        ("kept", ""): 50,
        ("dropped", "stands in the run's own data too"): 8,
        ("merged", "repeats another row"): 1,
        ("dropped", "the text is empty"): 1,
    }
    assert [row["row"] for row in kept] == [entry.row for entry in entries if entry.outcome == "kept"]
    assert checked.json("ledger.json")["beside"] == {"unlabelled": 50}
    finding = checked.findings()["unlabelled-known"]
    assert (finding["severity"], finding["count"]) == ("note", 8)
    assert finding["text"] == "8 unlabelled rows stand in the run's own data too"
    assert "un.csv:2" in finding["examples"][0]


def test_a_file_of_rows_without_labels_may_be_wrong(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    known = write_csv(tmp_path / "known.csv", [(text,) for text, _ in review_rows(20)], ("text",))
    with pytest.raises(UserError, match="all texts to pre-train on stand in the run's own data too"):
        Checked(reviews, encoder, tmp_path / "a", pretraining={"data": str(known)})
    other = write_csv(tmp_path / "other.csv", [("the great",)], ("txt",))
    with pytest.raises(UserError, match=r"`text: text` is not a column\. Did you mean 'txt'\?"):
        Checked(reviews, encoder, tmp_path / "b", pretraining={"data": str(other)})
    with pytest.raises(UserError, match="does not exist"):
        Checked(reviews, encoder, tmp_path / "c", pretraining={"data": str(tmp_path / "none.csv")})
    assert not (Checked(reviews, encoder, tmp_path / "d", pretraining={}).folder / "unlabelled.parquet").exists()


@pytest.mark.parametrize("name", ["rows.parquet", "ledger.csv", "ledger.json", "findings.json", "model.json"])
def test_it_writes_its_files(name: str, reviews: Path, encoder: Path, tmp_path: Path) -> None:
    assert (Checked(reviews, encoder, tmp_path).folder / name).is_file()


def test_a_column_named_by_group_or_time_travels_with_the_rows(encoder: Path, tmp_path: Path) -> None:
    rows = [(text, label, f"c{n % 4}", f"2024-01-{n % 28 + 1:02}") for n, (text, label) in enumerate(review_rows(30))]
    data = write_csv(tmp_path / "data.csv", rows, header=("text", "label", "customer", "date"))
    by_group = read_rows(Checked(data, encoder, tmp_path, data={"group": "customer"}).folder / "rows.parquet")
    assert [row["group"] for row in by_group] == [group for _, _, group, _ in rows]
    by_time = read_rows(Checked(data, encoder, tmp_path / "b", data={"time": "date"}).folder / "rows.parquet")
    assert [row["time"] for row in by_time] == [time for _, _, _, time in rows]
    assert "time" not in by_group[0]


def test_groups_of_the_test_file_are_not_trained_on(encoder: Path, tmp_path: Path) -> None:
    rows = [(text, label, f"c{n % 4}") for n, (text, label) in enumerate(review_rows(40))]
    data = write_csv(tmp_path / "data.csv", rows, header=("text", "label", "customer"))
    test = [(f"{text} box", label, "c3" if n else "") for n, (text, label, _) in enumerate(rows[:6])]
    tested = write_csv(tmp_path / "test.csv", test, header=("text", "label", "customer"))
    checked = Checked(data, encoder, tmp_path, data={"group": "customer", "test": str(tested)})
    assert {row["group"] for row in read_rows(checked.folder / "rows.parquet")} == {"c0", "c1", "c2"}
    finding = checked.findings()["leaked-groups"]
    assert (finding["count"], finding["text"][:34]) == (10, "10 training rows are of 1 group th")
    assert "c3" in finding["examples"][0]
    reasons = {reason["reason"]: reason["rows"] for reason in checked.json("ledger.json")["reasons"]}
    assert reasons == {"its group stands in the test set": 10}


def test_a_carried_column_that_does_not_exist_or_plays_a_role_is_refused(reviews: Path, encoder: Path) -> None:
    with pytest.raises(UserError, match="`group: customer` is not a column"):
        Checked(reviews, encoder, reviews.parent, data={"group": "customer"})
    with pytest.raises(UserError, match="`label` and `time` are both the column 'label'"):
        Checked(reviews, encoder, reviews.parent, data={"time": "label"})
