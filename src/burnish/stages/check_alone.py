"""Check data that no task reads yet: the same account of every row, and every check that needs no model."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from burnish.checks.check import Seen
from burnish.checks.runner import run_checks
from burnish.contracts import Column, Row
from burnish.data.columns import check_named_columns, guess_columns
from burnish.data.ledger import Ledger
from burnish.data.profile import ColumnProfile, profile_table
from burnish.data.rows import packed
from burnish.events import Work
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, write_json
from burnish.stages.checking import refuse_failed, write_account
from burnish.stages.cleaning import clean_files, read_file

_LABEL = Column(
    role="label",
    summary="what each is",
    target=True,
    optional=True,
    kind="label",
    usual_names=("label", "class", "category"),
)


def check_alone(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write ledger, findings, profile and data report of data that no task reads.

    Args:
        recipe: With the data, whose columns need not be named, and what is to be done about findings.
        folder: Its stage `check` is made anew; nothing can go on from it.

    Raises:
        UserError: The data cannot be read, or something was found that the recipe forbids.
    """
    shutil.rmtree(folder.stage("check"), ignore_errors=True)
    table = read_file(recipe.data.train, recipe)
    check_named_columns({**recipe.data.columns, **recipe.data.carried()}, table)
    profiles = profile_table(table)
    columns, named = _columns(profiles, recipe)
    read_row = partial(_read_row, columns)
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"columns": named})})
    roles = {*named.values(), *recipe.data.carried().values()}  # their columns are drained
    others = {name: table.columns[name] for name in table.names if name not in roles}
    ledger = Ledger()
    cleaned = clean_files(table, recipe, columns, read_row, ledger)
    seen = Seen(columns=columns, rows=cleaned.rows, test=cleaned.test, others=others, seed=recipe.seed)
    checked = yield from run_checks(seen, recipe.checks, ledger)
    findings = [*cleaned.findings, *checked.findings]
    refuse_failed(findings, recipe.checks)
    kept = packed(checked.rows)
    labels = Counter(row["label"] for row in kept) if "label" in named else Counter()
    profile = {
        "format": table.format,
        "rows": len(kept),
        "strata": dict(labels.most_common()),
        "columns": [asdict(profile) for profile in profiles],
    }
    write_json(folder.stage("check") / "profile.json", profile)
    yield from write_account(folder, ledger, findings, checked)


def _columns(profiles: Sequence[ColumnProfile], recipe: Recipe) -> tuple[list[Column], dict[str, str]]:
    """The input that is seen in the cells, the label, and which columns they are."""
    kind = next(profile.kind for profile in profiles if profile.kind not in {"", "label"})
    columns = (Column(role=kind, summary=f"the {kind}", kind=kind), _LABEL)
    named = guess_columns(columns, recipe.data.columns, profiles)
    return [column for column in columns if column.role in named], named


def _read_row(columns: Sequence[Column], raw: Row) -> Row | str:
    """The row with its cells as texts, or what is missing in it."""
    row = {column.role: str(raw.get(column.role) or "").strip() for column in columns}
    empty = next((role for role, cell in row.items() if not cell), "")
    return f"has no {empty}" if empty else row
