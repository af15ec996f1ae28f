"""The test part: a share, a file, or one fold."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burnish.catalog import get_task
from burnish.contracts import Rows
from burnish.data.ledger import Ledger
from burnish.data.rows import read_rows, write_rows
from burnish.errors import UserError
from burnish.events import Note, finish
from burnish.recipe import parse_recipe
from burnish.run_folder import RunFolder, read_json
from burnish.stages import split


def divided(place: Path, fold: str, seed: int = 0, test: str | None = None) -> dict[str, list[int]]:
    """Numbers of the rows in each part, of 40 rows of two classes."""
    rows = [{"row": number, "text": f"text {number}", "label": "ab"[number % 2]} for number in range(40)]
    folder = RunFolder(root=place)
    write_rows(folder.file("check", "rows.parquet"), rows)
    values = {"task": "text-classification", "data": {"train": "rows.csv", "test": test}, "method": "full"}
    recipe = parse_recipe({**values, "split": {"fold": fold}, "seed": seed}, "test")
    finish(split.run(recipe, folder))
    names = ("train", "validation", "test")
    return {name: [row["row"] for row in read_rows(folder.file("split", f"{name}.parquet"))] for name in names}


def test_every_row_is_in_the_test_part_of_one_fold(tmp_path: Path) -> None:
    folds = [divided(tmp_path / str(number), f"{number}/4") for number in range(1, 5)]
    assert sorted(row for parts in folds for row in parts["test"]) == list(range(40))
    for parts in folds:
        assert sorted(row for part in parts.values() for row in part) == list(range(40))
        assert [len(parts[name]) for name in ("train", "validation", "test")] == [22, 8, 10]
        assert sum(row % 2 for row in parts["test"]) == 5
        assert parts["train"] == sorted(parts["train"])
    assert len({tuple(parts["validation"]) for parts in folds}) == 4


def test_a_fold_depends_on_the_seed_alone(tmp_path: Path) -> None:
    first = divided(tmp_path / "first", "2/4")
    assert divided(tmp_path / "second", "2/4") == first
    assert divided(tmp_path / "third", "2/4", seed=1)["test"] != first["test"]


def test_its_rows_are_sealed(tmp_path: Path) -> None:
    divided(tmp_path, "1/4")
    assert read_json(tmp_path / "split" / "seal.json")["rows"] == {"train": 22, "validation": 8, "test": 10}


def split_rows(place: Path, rows: list[dict[str, Any]], given: list[dict[str, Any]] | None = None, **keys: Any) -> Any:
    """The parts as lists of rows, with what split.json says under `facts`."""
    folder = RunFolder(root=place)
    numbered = [{"row": number, "label": "ab"[number % 2], **row} for number, row in enumerate([*rows, *(given or [])])]
    write_rows(folder.file("check", "rows.parquet"), numbered[: len(rows)])
    if given:
        write_rows(folder.file("check", "test.parquet"), numbered[len(rows) :])
    ledger = Ledger()
    for number, _ in enumerate(numbered):
        ledger.open_row("rows.csv", number + 2)
    ledger.write(folder.file("check", "ledger.csv"))
    data = {"train": "rows.csv", "test": "test.csv" if given else None, **keys.pop("data", {})}
    recipe = parse_recipe({"task": "text-classification", "data": data, "method": "full", **keys}, "test")
    notes = [event.text for event in split.run(recipe, folder) if isinstance(event, Note)]
    parts = {name: read_rows(folder.file("split", f"{name}.parquet")) for name in ("train", "validation", "test")}
    return {**parts, "facts": read_json(folder.file("split", "split.json")), "notes": notes}


def words(number: int) -> str:
    """Texts that have nothing in common."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def test_no_group_stands_in_two_parts(tmp_path: Path) -> None:
    rows = [{"text": words(n), "group": f"customer {n % 17}" if n % 10 else ""} for n in range(200)]
    found = split_rows(tmp_path, rows, data={"group": "customer"})
    groups = [{row["group"] for row in found[name]} - {""} for name in ("train", "validation", "test")]
    assert sum(map(len, groups)) == 17
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]
    assert [len(found[name]) for name in ("train", "validation", "test")] == pytest.approx([120, 40, 40], abs=6)
    facts = found["facts"]["groups"]
    assert (sum(facts["parts"].values()), facts["without"], facts["in_several_parts"]) == (17, 20, 0)
    assert found["facts"]["by"] == "group"
    assert any("no value of 'customer' stands in two parts" in note for note in found["notes"])


def test_groups_stay_together_over_folds(tmp_path: Path) -> None:
    rows = [{"text": words(n), "group": str(n % 23)} for n in range(120)]
    tested: list[str] = []
    for number in (1, 2, 3):
        found = split_rows(tmp_path / str(number), rows, data={"group": "customer"}, split={"fold": f"{number}/3"})
        parts = [{row["group"] for row in found[name]} for name in ("train", "validation", "test")]
        assert sum(map(len, parts)) == 23
        tested += parts[2]
    assert sorted(tested) == sorted(str(n) for n in range(23))


def test_too_few_groups_are_refused(tmp_path: Path) -> None:
    rows = [{"text": words(n), "group": str(n % 2)} for n in range(40)]
    with pytest.raises(UserError, match="40 rows, in 2 groups that stay together, are too few"):
        split_rows(tmp_path, rows, data={"group": "customer"})


def test_by_time_what_is_learned_comes_before_what_chooses_and_that_before_what_is_tested(tmp_path: Path) -> None:
    rows = [{"text": words(n), "time": f"2024-{n * 7 % 12 + 1:02}-{n % 28 + 1:02}"} for n in range(100)]
    found = split_rows(tmp_path, rows, data={"time": "date"})
    times = [[row["time"] for row in found[name]] for name in ("train", "validation", "test")]
    assert max(times[0]) < min(times[1]) <= max(times[1]) < min(times[2])
    assert sum(map(len, times)) == 100
    assert found["facts"]["times"]["parts"]["test"] == [min(times[2]), max(times[2])]
    assert not found["facts"]["stratified"]


def test_by_time_a_bad_date_is_refused_with_its_place(tmp_path: Path) -> None:
    rows = [{"text": words(n), "time": "soon" if n == 7 else f"2024-01-{n % 18 + 10}"} for n in range(40)]
    with pytest.raises(UserError) as refused:
        split_rows(tmp_path, rows, data={"time": "date"})
    assert refused.value.where == "rows.csv:9 ('soon')"


def test_by_time_with_a_test_file_that_is_not_later_is_told(tmp_path: Path) -> None:
    rows = [{"text": words(n), "time": str(n)} for n in range(40)]
    given = [{"text": words(n), "time": str(n)} for n in range(35, 45)]
    found = split_rows(tmp_path, rows, given, data={"time": "date"})
    assert [len(found[name]) for name in ("train", "validation", "test")] == [30, 10, 10]
    assert found["facts"]["times"]["test_rows_not_later"] == 5
    assert any("5 test rows are not later" in note for note in found["notes"])
    with pytest.raises(UserError, match="too few different times"):
        split_rows(tmp_path / "b", [{**row, "time": "7"} for row in rows], data={"time": "date"})


def test_near_duplicates_stay_in_one_part(tmp_path: Path) -> None:
    rows = [{"text": f"{words(n // 4)} {words(n // 4)} {n}"} for n in range(160)]
    found = split_rows(tmp_path, rows)
    parts = [{row["text"][:20] for row in found[name]} for name in ("train", "validation", "test")]
    assert sum(map(len, parts)) == 40
    assert found["facts"]["near_duplicates"]["clusters"] == 40
    assert [len(found[name]) for name in ("train", "validation", "test")] == [96, 32, 32]
    ignored = split_rows(tmp_path / "ignored", rows, split={"near-duplicates": "ignore"})
    assert sum(len({row["text"][:20] for row in ignored[name]}) for name in ("train", "validation", "test")) > 40
    assert ignored["facts"]["near_duplicates"] == {}


def test_many_rows_are_compared_only_if_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(split._MOST_COMPARED, "text", 30)
    rows = [{"text": words(n)} for n in range(40)]
    assert "more than 30 rows" in split_rows(tmp_path, rows)["facts"]["near_duplicates"]["skipped"]
    asked = split_rows(tmp_path / "asked", rows, split={"near-duplicates": "together"})
    assert asked["facts"]["near_duplicates"]["clusters"] == 0


def test_rows_with_several_labels_are_balanced_by_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sets(rows: Rows) -> list[frozenset[str]]:
        return [frozenset(f"of {k}" for k in (2, 3, 5, 7, 11) if int(row["text"].split()[1]) % k == 0) for row in rows]

    task = replace(get_task("text-classification"), label_sets=sets)
    monkeypatch.setattr(split, "open_task", lambda _recipe: task)
    mix = split_rows(tmp_path, [{"text": f"{words(n)} {n}"} for n in range(200)])["facts"]["mix"]
    assert mix["labels"] == 5
    assert mix["largest_gap"] < 0.03
    assert mix["rows"]["test"]["of 11"] in {3, 4}


def test_ranges_of_numbers_are_of_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task whose strata depend on the rows it is given: parts are told by the same ones."""

    def halves(rows: Rows) -> list[str]:
        numbers = [int(row["text"].split()[1]) for row in rows]
        middle = sorted(numbers)[len(numbers) // 2]
        return [f"{'below' if number < middle else 'from'} {middle}" for number in numbers]

    monkeypatch.setattr(split, "open_task", lambda _recipe: replace(get_task("text-classification"), strata=halves))
    rows = [{"text": f"{words(n)} {n}"} for n in range(100)]
    mix = split_rows(tmp_path, rows)["facts"]["mix"]
    assert (mix["labels"], mix["largest_gap"]) == (2, 0)
    given = [{"text": f"{words(n)} {n}"} for n in range(200, 230)]
    mix = split_rows(tmp_path / "given", rows, given)["facts"]["mix"]
    assert mix["rows"]["test"] == {"below 65": 0, "from 65": 30}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"data": {"time": "date", "group": "customer"}}, "data.group"),
        ({"data": {"time": "date"}, "split": {"fold": "1/5"}}, "folds"),
        ({"data": {"time": "date"}, "evaluate": {"folds": 5}}, "folds"),
        ({"data": {"time": "date"}, "split": {"near-duplicates": "together"}}, "near-duplicates"),
    ],
)
def test_what_makes_no_sense_together_is_refused_with_a_sentence(keys: dict[str, Any], words: str) -> None:
    data = {"train": "rows.csv", **keys.pop("data")}
    with pytest.raises(UserError, match=rf"`data.time` and .*{words}.*out") as refused:
        parse_recipe({"data": data, **keys}, "test")
    assert refused.value.what.count("problem") == 0


def test_a_fold_and_a_test_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be a fold and a file"):
        divided(tmp_path, "1/4", test="test.csv")
