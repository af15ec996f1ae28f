"""`split`: divide the rows before anything learns, and seal the test part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from burnish.checks.runner import MOST_ROWS
from burnish.contracts import Rows, Task
from burnish.data.carried import GROUP, TIME
from burnish.data.dividing import Labels, divide, divide_by_time, join
from burnish.data.division import describe_groups, describe_mix, describe_times
from burnish.data.keys import first_places, row_keys
from burnish.data.ledger import read_ledger
from burnish.data.near_duplicates import THRESHOLD, near_duplicate_clusters
from burnish.data.rows import ROW, PackedRows, joined_rows, packed, places_of, read_rows, write_rows
from burnish.data.split import stratified_folds, stratified_split
from burnish.data.times import Times, read_times
from burnish.errors import UserError
from burnish.events import Note, Progress, Work
from burnish.exporting.manifest import TargetsForm
from burnish.finding import counted
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, file_digest, read_json, write_json
from burnish.stages.stage import SEAL_FILE, TEST_FILE, TOGETHER_FILE, Stage, open_task

Places: TypeAlias = "dict[str, NDArray[np.int64]]"  # of the rows of each part
SPLIT_FILE = "split.json"
# Rows by the kind of column; where the checks have not looked for near-duplicates, and the recipe does not ask for it,
# they are looked for among so many rows only.
_MOST_COMPARED = {"text": 50_000, "image": 20_000}
_COMPARED_BY = {"text": "near-duplicates", "image": "image-duplicates"}  # checks
_PARTS = ("train", "validation", "test")
_LISTED = 5


@dataclass(frozen=True, kw_only=True)
class Together:
    """Which rows stay together.

    Attributes:
        numbers: The same for rows that stay together, int64 (rows,).
        near_duplicates: What was found of them, for split.json; empty where they were not looked for.
    """

    numbers: NDArray[np.int64]
    near_duplicates: Mapping[str, Any] = field(default_factory=dict)


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write train.parquet, validation.parquet, test.parquet, targets.json, split.json and seal.json."""
    task = open_task(recipe)
    rows = read_rows(folder.file("check", "rows.parquet"))
    given_test: Path = folder.file("check", "test.parquet")
    given = read_rows(given_test) if given_test.is_file() else packed([])
    dated = joined_rows(rows, given) if recipe.data.time else rows
    times = _times(dated, recipe, folder)
    yield Progress(work="dividing the rows", done=0)
    together = rows_together(rows, task, recipe, folder)
    labels = label_sets(task, joined_rows(rows, given) if given else rows)  # ranges of numbers go by all rows
    if times is not None:
        chosen = _by_time(times.values[: len(rows)], recipe, given=bool(given))
    else:
        chosen = _by_share(labels[: len(rows)], recipe, together, given=bool(given))
    parts: dict[str, Rows] = {name: rows.take(chosen[name]) for name in _PARTS}
    if given:
        parts["test"] = given
    _require_rows(parts, rows, recipe)

    stage = folder.stage("split")
    for name, part in parts.items():
        write_rows(stage / f"{name}.parquet", part)
    found = task.targets(parts["train"], recipe.data.descriptions)
    targets = TargetsForm.of(replace(found, prompt=recipe.data.prompt))
    write_json(stage / "targets.json", targets.model_dump(mode="json"))
    sizes = {name: len(part) for name, part in parts.items()}
    if given:
        chosen["test"] = np.arange(len(rows), len(rows) + len(given))
    of_parts = {name: [labels[place] for place in chosen[name]] for name in _PARTS}
    facts = _facts(recipe, parts, of_parts, together)
    if times is not None:
        of_times = {name: times.values[chosen[name]] for name in _PARTS}
        facts["times"] = {"column": recipe.data.time, "form": times.form, **_time_facts(parts, of_times)}
    write_json(stage / SPLIT_FILE, facts)
    write_json(stage / SEAL_FILE, {"sha256": file_digest(stage / TEST_FILE), "rows": sizes})
    yield from _notes(facts)
    yield Note(text=", ".join(f"{count} {name}" for name, count in sizes.items()) + " rows; the test rows are sealed")


def label_sets(task: Task, rows: Rows) -> Labels:
    """What each row is to be balanced by: the task's labels of it, or its one stratum."""
    if task.label_sets is not None:
        return task.label_sets(rows)
    known: dict[str, frozenset[str]] = {}
    return [known.setdefault(stratum, frozenset((stratum,))) for stratum in task.strata(rows)]


def rows_together(rows: PackedRows, task: Task, recipe: Recipe, folder: RunFolder) -> Together:
    """Which rows must not be in different parts: those of a group, and copies and near-duplicates unless ignored.

    Near-duplicates that the checks have found are not searched again.

    Raises:
        UserError: The recipe asks for near-duplicates, and the task has no texts to compare.
    """
    numberings: list[Sequence[Hashable | None]] = []
    if recipe.data.group:
        numberings.append([group or None for group in rows.columns[GROUP]])
    wanted = recipe.split.near_duplicates
    found: dict[str, Any] = {}
    if wanted == "together" or (wanted == "auto" and not recipe.data.time):
        copies, found = _alike(rows, task, recipe, folder)
        numberings += copies
    numbers = np.array(join(*numberings), dtype=np.int64) if numberings else np.arange(len(rows))
    return Together(numbers=numbers, near_duplicates=found)


def _alike(
    rows: PackedRows, task: Task, recipe: Recipe, folder: RunFolder
) -> tuple[list[Sequence[int]], dict[str, Any]]:
    """Numberings of rows that are the same or nearly the same, if there are such, and what split.json says of them."""
    kinds = {column.kind for column in task.columns if not column.target}
    kind = next((kind for kind in _MOST_COMPARED if kind in kinds), "")
    if recipe.split.near_duplicates == "together" and not kind:
        raise UserError(
            f"near-duplicates are found among texts and images, and {task.name} has none",
            where="split.near-duplicates",
            fix="Leave the key out; a column that says what belongs together can be named with `data.group`.",
        )
    told = folder.file("check", TOGETHER_FILE)
    known = read_json(told) if told.is_file() else {"compared": [], "sets": []}
    searched = _COMPARED_BY.get(kind) in known["compared"]
    most = _MOST_COMPARED.get(kind, MOST_ROWS)
    if recipe.split.near_duplicates == "auto" and not searched and len(rows) > most:
        return [], {"skipped": f"more than {most:,} rows; `split.near-duplicates: together` looks for them"}
    inputs = [column.role for column in task.columns if not column.target and column.role in rows.columns]
    first = first_places(row_keys(rows, inputs))
    numberings: list[Sequence[int]] = [*_linked(rows, known["sets"]), *([first.tolist()] if _repeats(first) else [])]
    if not kind:
        return numberings, {}
    if not searched:
        roles = [column.role for column in task.columns if column.kind == kind and not column.target]
        numberings.append(_text_clusters(rows, roles) if kind == "text" else _image_clusters(rows, roles[0]))
    sizes = [size for size in Counter(join(*numberings)).values() if size > 1] if numberings else []
    found = {"clusters": len(sizes), "rows": sum(sizes), "largest": max(sizes, default=0)}
    return numberings, found | ({"similarity": THRESHOLD} if kind == "text" else {})


def _repeats(first: NDArray[np.int64]) -> bool:
    return bool((first != np.arange(len(first))).any())


def _linked(rows: PackedRows, sets: Sequence[Sequence[int]]) -> list[list[int]]:
    """A numbering of rows by the sets that the checks have put them into, where there are any."""
    if not sets:
        return []
    numbers = np.arange(len(rows))
    of_row = {row: number for number, linked in enumerate(sets, start=len(rows)) for row in linked}
    places = places_of(rows, of_row)
    numbers[list(places.values())] = [of_row[row] for row in places]
    return [numbers.tolist()]


def _text_clusters(rows: Rows, roles: Sequence[str]) -> list[int]:
    return near_duplicate_clusters(["\n".join(str(row.get(role, "")) for role in roles) for row in rows])


def _image_clusters(rows: Rows, role: str) -> list[int]:
    """For each row the first one whose picture looks the same; its own where there is none."""
    from burnish.data.images import image_duplicates, thumbnail

    first = image_duplicates(np.stack([thumbnail(Path(row[role])) for row in rows]))
    return [first.get(number, number) for number in range(len(rows))]


def _times(rows: PackedRows, recipe: Recipe, folder: RunFolder) -> Times | None:
    """The rows' times, where the recipe names a column of them."""
    if not recipe.data.time:
        return None

    def places(positions: Sequence[int]) -> list[str]:
        ledger = read_ledger(folder.file("check", "ledger.csv"))
        entries = [ledger[rows[position][ROW]] for position in positions]
        return [f"{entry.file}:{entry.line}" for entry in entries]

    return read_times(rows.columns[TIME], places, recipe.data.time)


def _by_time(moments: NDArray[np.float64], recipe: Recipe, *, given: bool) -> Places:
    """The rows of each part: the earliest to learn from, the latest to be tested."""
    split = recipe.split
    shares = split.shares_without_test() if given else (split.train, split.validation, split.test)
    try:
        return _by_part(divide_by_time(moments, shares))
    except ValueError:
        raise UserError(
            f"the rows have too few different times in the column {recipe.data.time!r} for {len(shares)} parts",
            where="data.time",
            fix="Name a column with finer times, or leave it out.",
        ) from None


def _by_share(labels: Labels, recipe: Recipe, together: Together, *, given: bool) -> Places:
    """The rows of each part, by shares or with a fold as the test part."""
    if (fold := recipe.split.fold_number()) is not None:
        return _by_fold(labels, together, recipe, fold)
    if given:
        return _by_part(_cut(labels, together, recipe.split.shares_without_test(), recipe.seed, (1, 0)))
    shares = (recipe.split.train, recipe.split.validation, recipe.split.test)
    # Validation rows choose between checkpoints: that needs no row of every class, and few rows have none to spare.
    return _by_part(_cut(labels, together, shares, recipe.seed, (1, 0, 1)))


def _by_fold(labels: Labels, together: Together, recipe: Recipe, fold: tuple[int, int]) -> Places:
    """One fold as the test part; the rest is divided into training and validation rows by their shares."""
    if recipe.data.test is not None:
        raise UserError(
            "the test rows cannot be a fold and a file of their own",
            where="split.fold, data.test",
            fix="Leave one of them out.",
        )
    number, count = fold
    if _are_plain(labels, together):
        tested = stratified_folds([next(iter(label)) for label in labels], count, recipe.seed)[number - 1]
    else:
        folds = divide(labels, together.numbers.tolist(), [1 / count] * count, recipe.seed, [1] * count)
        tested = np.flatnonzero(np.array(folds) == number - 1)
    rest = np.delete(np.arange(len(labels)), tested)
    kept = Together(numbers=together.numbers[rest])
    shares = recipe.split.shares_without_test()
    parts = _by_part(_cut([labels[place] for place in rest.tolist()], kept, shares, f"{recipe.seed}/{number}", (1, 1)))
    return {name: rest[places] for name, places in parts.items()} | {"test": tested}


def _are_plain(labels: Labels, together: Together) -> bool:
    """Whether every row stands alone and has one label."""
    return len(np.unique(together.numbers)) == len(labels) and all(len(label) == 1 for label in labels)


def _cut(
    labels: Labels, together: Together, shares: Sequence[float], seed: int | str, least: Sequence[int]
) -> NDArray[np.int8]:
    """The part of every row."""
    if not _are_plain(labels, together):
        urgency = [value * (len(least) - number) for number, value in enumerate(least)]
        return np.array(divide(labels, together.numbers.tolist(), shares, seed, urgency), dtype=np.int8)
    part_of = np.zeros(len(labels), dtype=np.int8)
    for part, places in enumerate(stratified_split([next(iter(label)) for label in labels], shares, seed, least)):
        part_of[places] = part
    return part_of


def _by_part(part_of: NDArray[np.int8]) -> Places:
    return {name: np.flatnonzero(part_of == number) for number, name in enumerate(_PARTS)}


def _require_rows(parts: Mapping[str, Rows], rows: Rows, recipe: Recipe) -> None:
    for name, part in parts.items():
        if not part:
            groups = len({row[GROUP] for row in rows}) if recipe.data.group else 0
            of = f", in {counted(groups, 'group', 'groups')} that stay together," if groups else ""
            raise UserError(
                f"{len(rows)} rows{of} are too few: none is left for the {name} part",
                where="split",
                fix="Add rows, or give that part a larger share under `split:`.",
            )


def _facts(
    recipe: Recipe, parts: Mapping[str, Rows], labels: Mapping[str, Labels], together: Together
) -> dict[str, Any]:
    """What split.json says."""
    test = f"fold {recipe.split.fold}" if recipe.split.fold else "a file" if recipe.data.test else "a share"
    facts: dict[str, Any] = {
        "by": "time" if recipe.data.time else "group" if recipe.data.group else "row",
        "stratified": not recipe.data.time,
        "test": test,
        "seed": recipe.seed,
        "rows": {name: len(part) for name, part in parts.items()},
        "mix": asdict(describe_mix(labels)),
        "near_duplicates": dict(together.near_duplicates),
        "groups": None,
        "times": None,
    }
    if recipe.data.group:
        facts["groups"] = {"column": recipe.data.group, **describe_groups(parts)}
    return facts


def _time_facts(parts: Mapping[str, Rows], times: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    """Borders of the parts, and how many test rows are not later than all that is learned from."""
    last = max(times["train"].max(), times["validation"].max())
    return {"parts": describe_times(parts, times), "test_rows_not_later": int((times["test"] <= last).sum())}


def _notes(facts: Mapping[str, Any]) -> Work[None]:
    """What the person who watches should know of the division."""
    if found := facts["near_duplicates"].get("rows"):
        clusters = counted(facts["near_duplicates"]["clusters"], "cluster", "clusters")
        yield Note(text=f"{found} rows are near-duplicates of others, in {clusters}; each cluster stays in one part")
    if skipped := facts["near_duplicates"].get("skipped"):
        yield Note(text=f"near-duplicates were not looked for: {skipped}")
    if groups := facts["groups"]:
        told = ", ".join(f"{count} {name}" for name, count in groups["parts"].items())
        alone = f"; {groups['without']} rows without one each stand alone" if groups["without"] else ""
        yield Note(text=f"no value of {groups['column']!r} stands in two parts ({told}){alone}")
    if times := facts["times"]:
        told = "; ".join(f"{name} {first} to {last}" for name, (first, last) in times["parts"].items())
        yield Note(text=f"by {times['column']!r}: {told}")
        if late := times["test_rows_not_later"]:
            text = f"{counted(late, 'test row is', 'test rows are')} not later than all rows that are learned from"
            yield Note(text=text, level="warning")
    for name in ("train", "test"):
        if missing := facts["mix"]["missing"][name]:
            shown = ", ".join(missing[:_LISTED]) + (" …" if len(missing) > _LISTED else "")
            of = counted(len(missing), "class has", "classes have")
            yield Note(text=f"{of} no row in the {name} part: {shown}", level="warning")


STAGE = Stage(
    name="split",
    summary="divides the rows and seals the test set",
    reads=("task", "split", "data.descriptions", "data.group", "data.time", "seed"),
    run=run,
)
