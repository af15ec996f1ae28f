"""`check`: read the data, account for every row, and find what would spoil the result before any training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from burnish.checks.runner import run_checks
from burnish.checks.settings import rule_policy
from burnish.contracts import LoadedModel, Row, Task
from burnish.data.checks import drop_leaked, merge_repeated
from burnish.data.columns import check_named_columns
from burnish.data.ledger import Ledger
from burnish.data.profile import ColumnProfile, profile_table
from burnish.data.rows import ROW, PackedRows, joined_rows, packed, row_numbers, write_rows
from burnish.data.table import Table
from burnish.errors import UserError, did_you_mean
from burnish.events import Work
from burnish.finding import Finding, counted
from burnish.models.sources import resolve_model
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, write_json
from burnish.stages.augmentation import open_substituting
from burnish.stages.checking import (
    refuse_failed,
    rows_beside,
    seen_by_checks,
    write_account,
    write_together,
)
from burnish.stages.cleaning import clean_files, clean_rows, read_file, usable_rows
from burnish.stages.stage import (
    REPLAY_FILE,
    TOGETHER_FILE,
    UNLABELLED_FILE,
    Stage,
    base_note,
    open_language,
    open_task,
    outside_files,
)

if TYPE_CHECKING:
    import numpy as np

_HISTOGRAM_BINS = 24
_TOKENISED = 4096
_LISTED = 5


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write the rows that stay, the given test rows, ledger, findings, profile, and which model it is."""
    task = open_task(recipe)
    base = yield from resolve_model(recipe.model)
    known = replace(task.targets([], {}), prompt=recipe.data.prompt)
    model = task.load(base.folder, known, recipe.data.longest)
    if recipe.pretraining is not None:
        open_language(task, base.folder, recipe.data.longest)  # if that is refused, then now
    yield from open_substituting(recipe, task, base.folder)
    ledger = Ledger()
    table = read_file(recipe.data.train, recipe)
    profiles = profile_table(table)
    beside = table.with_columns(_seen_columns(table, recipe))
    cleaned = clean_files(table, recipe, task.columns, task.read_row, ledger)
    findings = cleaned.findings
    refuse_failed(findings, recipe.checks)
    task.examine(cleaned.rows)  # what cannot be learned at all is told first
    parts = list(zip([beside, *cleaned.audited], [cleaned.rows, cleaned.test], strict=False))
    checked = yield from run_checks(seen_by_checks(recipe, task, (base, model), parts), recipe.checks, ledger)
    rows, test = packed(checked.rows), packed(checked.test)
    findings += [*checked.findings, *(_never_trained(task, rows, test, ledger) if len(test) else [])]
    everything = joined_rows(rows, test)
    general, general_findings = _general_rows(recipe, task, ledger, everything)
    unlabelled, unlabelled_findings = _unlabelled_rows(recipe, task, ledger, everything)
    findings += [*general_findings, *unlabelled_findings]
    _check_described(recipe, task.targets(everything, {}).labels)
    lengths = _lengths(task, model, rows)
    too_long = rule_policy("cut-short", recipe.checks)
    findings += _cut_short(lengths, model, rows, ledger, too_long)
    if too_long == "drop":
        rows, lengths = _without_long(lengths, model, rows, ledger)
    findings += [*task.examine(rows), *(task.inspect(model, rows) if task.inspect is not None else [])]
    refuse_failed(findings, recipe.checks)

    stage = folder.stage("check")
    write_rows(stage / "rows.parquet", rows)
    for name, kept in (("test.parquet", test), (REPLAY_FILE, general), (UNLABELLED_FILE, unlabelled)):
        if len(kept):
            write_rows(stage / name, kept)
    write_together(stage / TOGETHER_FILE, checked)
    write_json(stage / "profile.json", _profile(table.format, profiles, rows, task, lengths, model))
    write_json(stage / "model.json", base_note(base).model_dump())
    in_no_part = rows_beside(replay=len(general), unlabelled=len(unlabelled))
    yield from write_account(folder, ledger, findings, checked, in_no_part)


def _seen_columns(table: Table, recipe: Recipe) -> list[str]:
    """The columns of a table that checks look at beside the rows: those of no role, and those to audit.

    Raises:
        UserError: A column to audit does not exist.
    """
    check_named_columns({f"audit {number}": name for number, name in enumerate(recipe.data.audit)}, table)
    roles = {*recipe.data.columns.values(), *recipe.data.carried().values()}
    return [name for name in table.names if name not in roles or name in recipe.data.audit]


def _general_rows(recipe: Recipe, task: Task, ledger: Ledger, own: Sequence[Row]) -> tuple[PackedRows, list[Finding]]:
    """Rows to replay: those of the recipe's general file that are of known kinds and stand nowhere in the own data."""
    if recipe.data.replay is None:
        return packed([]), []
    table = read_file(recipe.data.replay, recipe)
    check_named_columns(recipe.data.columns, table)
    rows, findings = clean_rows(table, recipe, task.columns, task.read_row, ledger, like=own)
    rows, leaks = drop_leaked(rows, own, task.columns, ledger, place="the run's own data")
    known = set(task.targets(own, {}).labels)
    fits = [known.issuperset(task.targets([row], {}).labels) for row in rows]
    for number in (number for number, fit in zip(rows.columns[ROW], fits, strict=True) if not fit):
        ledger.settle(number, "dropped", "is of a kind that the own data does not have")
    kept = rows.take([place for place, fit in enumerate(fits) if fit])
    if not len(kept):
        raise UserError(
            "none of the general rows can be replayed: they are of other kinds than the data, or stand in it",
            where=str(recipe.data.replay),
            fix=f"They need the same values to predict: {', '.join(sorted(known)[:_LISTED])}. Or leave `replay` out.",
        )
    return kept, [*findings, *leaks]


def _unlabelled_rows(
    recipe: Recipe, task: Task, ledger: Ledger, own: Sequence[Row]
) -> tuple[PackedRows, list[Finding]]:
    """Rows to pre-train on: those of the recipe's file that stand nowhere in the own data, without targets."""
    if recipe.pretraining is None or recipe.pretraining.data is None:
        return packed([]), []
    inputs = [column for column in task.columns if not column.target]
    table = read_file(recipe.pretraining.data, recipe)
    columns = recipe.data.columns
    named = {c.role: columns[c.role] for c in inputs if not c.optional or columns.get(c.role) in table.columns}
    check_named_columns(named, table)
    rows, unusable = usable_rows(table, named, inputs, task.read_row, ledger)
    rows, repeated = merge_repeated(rows, inputs, ledger)
    rows, known = drop_leaked(rows, own, inputs, ledger, place="the run's own data")
    if not len(rows):
        raise UserError(
            "all texts to pre-train on stand in the run's own data too",
            where=str(recipe.pretraining.data),
            fix="Give other ones; or leave out `data` under `pretraining`: the training rows' texts are used anyway.",
        )
    return rows, [*unusable, *repeated, *map(_as_expected, known)]


def _as_expected(leaked: Finding) -> Finding:
    """What is said of unlabelled rows that stand in the own data: a file of all texts there are often has these."""
    return replace(
        leaked,
        name="unlabelled-known",
        severity="note",
        text=f"{counted(leaked.count, 'unlabelled row stands', 'unlabelled rows stand')} in the run's own data too",
        consequence="the model would have read texts of the test set before the test",
        repair="they were dropped; the training rows are read in their own right",
    )


def _check_described(recipe: Recipe, labels: Sequence[str]) -> None:
    """Refuse descriptions of labels that no row has: they would do nothing."""
    unknown = [label for label in recipe.data.descriptions if label not in labels]
    if unknown:
        raise UserError(
            "the recipe describes labels that no row has: " + ", ".join(map(repr, unknown)),
            where="data.descriptions",
            fix=" ".join(dict.fromkeys(did_you_mean(label, labels) for label in unknown))
            + " Correct them, or take their descriptions out.",
        )


def _never_trained(task: Task, rows: Sequence[Row], test: Sequence[Row], ledger: Ledger) -> list[Finding]:
    """What the given test rows ask for and no training row shows."""
    kinds = sorted(set(task.targets(test, {}).labels) - set(task.targets(rows, {}).labels))
    if not kinds:
        return []
    asked = [(row, sorted(set(task.targets([row], {}).labels) & set(kinds))) for row in test]
    unknown = [(row, labels) for row, labels in asked if labels]
    return [
        Finding(
            name="never-trained",
            severity="warning",
            count=len(unknown),
            text=f"{counted(len(unknown), 'test row', 'test rows')} of kinds that no training row shows: "
            + ", ".join(kinds[:_LISTED]),
            consequence="no system can answer them right, and every score is lower for it",
            repair="they stay in the test set; add training rows of these kinds, or take them out of the test file",
            examples=tuple(f"{ledger.place(row[ROW])}: {', '.join(labels)}" for row, labels in unknown[:_LISTED]),
        )
    ]


def _lengths(task: Task, model: LoadedModel, rows: PackedRows) -> np.ndarray[Any, Any]:
    """Units of every row before cutting, int32 (rows,); some rows at a time: tokens take far more than texts."""
    import numpy as np

    return np.concatenate([np.array(task.lengths(model, part), dtype=np.int32) for part in rows.parts(_TOKENISED)])


def _cut_short(
    lengths: np.ndarray[Any, Any], model: LoadedModel, rows: PackedRows, ledger: Ledger, policy: str
) -> list[Finding]:
    cut = [] if model.by_unit else (lengths > model.longest).nonzero()[0].tolist()
    if not cut:
        return []
    share = len(cut) / len(rows)
    return [
        Finding(
            name="cut-short",
            severity="warning" if share > 0.02 else "note",
            count=len(cut),
            text=f"{counted(len(cut), 'row', 'rows')} ({share:.1%}) of more than the {model.longest} {model.unit} that "
            "the model reads",
            consequence="what stands after that is not seen",
            repair="they were dropped; shorten them to use them"
            if policy == "drop"
            else "their beginning is used; put what matters first, or use a model that reads longer texts",
            examples=tuple(ledger.place(rows.columns[ROW][place]) for place in cut[:_LISTED]),
            policy=policy,
        )
    ]


def _without_long(
    lengths: np.ndarray[Any, Any], model: LoadedModel, rows: PackedRows, ledger: Ledger
) -> tuple[PackedRows, np.ndarray[Any, Any]]:
    """The rows that the model reads whole, and their lengths."""
    whole = (lengths <= model.longest) | model.by_unit
    if not whole.any():
        raise UserError(
            f"every row is longer than the {model.longest} {model.unit} that the model reads, and would be dropped",
            where="checks.cut-short",
            fix="Let it `report`: then their beginnings are used.",
        )
    for number in row_numbers(rows)[~whole].tolist():
        ledger.settle(number, "dropped", f"is longer than {model.longest} {model.unit}")
    return rows.take(whole.nonzero()[0]), lengths[whole]


def _profile(
    read_as: str,
    profiles: Sequence[ColumnProfile],
    rows: PackedRows,
    task: Task,
    lengths: np.ndarray[Any, Any],
    model: LoadedModel,
) -> dict[str, Any]:
    import numpy as np

    counts, edges = np.histogram(lengths, bins=min(_HISTOGRAM_BINS, int(lengths.max())))
    return {
        "format": read_as,
        "rows": len(rows),
        "strata": dict(Counter(task.strata(rows)).most_common()),
        "columns": [asdict(profile) for profile in profiles],
        "lengths": {
            "counts": counts.tolist(),
            "edges": edges.tolist(),
            "median": float(np.median(lengths)),
            "longest": int(lengths.max()),
            "limit": model.longest,
            "unit": model.unit,
        },
    }


STAGE = Stage(
    name="check",
    summary="reads the data and accounts for every row",
    reads=("task", "model", "data", "checks"),
    files=outside_files,
    run=run,
)
