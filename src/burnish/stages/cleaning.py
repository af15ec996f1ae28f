"""From the user's files to clean rows: whole, single, free of conflict, and none of the test set to learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from burnish.checks.settings import rule_policy
from burnish.contracts import Column, Row
from burnish.data.carried import drop_tested_groups
from burnish.data.cells import drained
from burnish.data.checks import drop_conflicting, drop_leaked, merge_repeated
from burnish.data.columns import check_named_columns
from burnish.data.label_rules import drop_rare, write_alike
from burnish.data.ledger import Ledger
from burnish.data.profile import cell_text
from burnish.data.read import read_table
from burnish.data.rows import ROW, PackedRows, RowPacker, packed
from burnish.data.source import Source
from burnish.data.table import Table
from burnish.errors import UserError
from burnish.finding import Finding
from burnish.recipe import Recipe

_LISTED = 5
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What the rules leave of the user's files.

    Attributes:
        rows: Rows to train, validate and, where no test file is given, test on.
        test: Rows of the test file.
        audited: The columns of the test file that the user wants to have audited, where one is given.
        findings: What was found.
    """

    rows: PackedRows
    test: PackedRows
    audited: Sequence[Table]
    findings: list[Finding]


def read_file(source: Source, recipe: Recipe) -> Table:
    """A file's table, read as the recipe says."""
    return read_table(source, encoding=recipe.data.encoding, delimiter=recipe.data.delimiter)


def clean_files(
    table: Table, recipe: Recipe, columns: Sequence[Column], read_row: Callable[[Row], Row | str], ledger: Ledger
) -> Cleaned:
    """Clean the rows of the training file and of the test file, where the recipe gives one.

    Args:
        table: That of the training file; it is drained.
        recipe: Names the columns that play a role, and says what is to be done about findings.
        columns: The roles.
        read_row: Reads a row, or says why it cannot be used.
        ledger: Says what became of every row.

    Raises:
        UserError: The test file cannot be read or lacks a column; or no row can be used.
    """
    carried = recipe.data.carried()
    rows, findings = clean_rows(table, recipe, columns, read_row, ledger, carried)
    test, audited = packed([]), []
    if recipe.data.test is not None:
        tested = read_file(recipe.data.test, recipe)
        check_named_columns({**recipe.data.columns, **carried}, tested)
        audited = [tested.with_columns([name for name in recipe.data.audit if name in tested.columns])]
        test, test_findings = clean_rows(tested, recipe, columns, read_row, ledger, carried, like=rows)
        rows, leaks = drop_leaked(rows, test, columns, ledger, policy=rule_policy("leaked-rows", recipe.checks))
        rows, grouped = drop_tested_groups(rows, test, ledger, rule_policy("leaked-groups", recipe.checks))
        findings += [*test_findings, *leaks, *grouped]
    rows, rare = drop_rare(rows, columns, ledger, rule_policy("rare-classes", recipe.checks))
    return Cleaned(rows=rows, test=test, audited=audited, findings=[*findings, *rare])


def clean_rows(
    table: Table,
    recipe: Recipe,
    columns: Sequence[Column],
    read_row: Callable[[Row], Row | str],
    ledger: Ledger,
    carried: Mapping[str, str] = _NOTHING,
    like: Sequence[Row] = (),
) -> tuple[PackedRows, list[Finding]]:
    """Rows by role that are whole, single and free of conflict, unless the recipe leaves these; drains the table.

    Where labels are to be written in one way, the spelling of the rows that they are to be `like` goes first.
    """
    rows, unusable = usable_rows(table, recipe.data.columns, columns, read_row, ledger, carried)
    rows, alike = write_alike(rows, columns, ledger, rule_policy("labels-alike", recipe.checks), like)
    rows, repeated = merge_repeated(rows, columns, ledger, rule_policy("repeated-rows", recipe.checks))
    conflicts = rule_policy("conflicting-labels", recipe.checks)
    rows, conflicting = drop_conflicting(rows, columns, ledger, conflicts)
    return rows, [*unusable, *alike, *repeated, *conflicting]


def usable_rows(
    table: Table,
    named: Mapping[str, str],
    roles: Sequence[Column],
    read_row: Callable[[Row], Row | str],
    ledger: Ledger,
    carried: Mapping[str, str] = _NOTHING,
) -> tuple[PackedRows, list[Finding]]:
    """Rows by role that are whole; `named` gives the column of each role, `carried` those that travel along as text.

    The table's columns are drained: its rows and these need not be in memory together.
    """
    columns = {role.role: drained(table.cells(role, named[role.role])) for role in roles if role.role in named}
    along = {key: drained(table.columns[name]) for key, name in carried.items()}
    rows = RowPacker()
    unusable: Counter[str] = Counter()
    places: list[str] = []
    for place, *values in zip(table.places(), *columns.values(), *along.values(), strict=True):
        number = ledger.open_row(*place)
        read = read_row(dict(zip(columns, values[: len(columns)], strict=True)))
        if isinstance(read, str):
            ledger.settle(number, "dropped", read)
            unusable[read] += 1
            if len(places) < _LISTED:
                places.append(f"{ledger.place(number)}: {read}")
        else:
            extra = zip(along, map(cell_text, values[len(columns) :]), strict=True)
            rows.append({ROW: number, **read, **dict(extra)})
    if not len(rows):
        reasons = ", ".join(f"{reason} ({count})" for reason, count in unusable.items())
        raise UserError(
            f"none of the {len(table)} rows can be used: {reasons}",
            where=table.file,
            fix="Check that the right columns are named: " + ", ".join(f"{r}: {c}" for r, c in named.items()),
        )
    return rows.done(), [_unusable_rows(unusable, len(table), places)] if unusable else []


def _unusable_rows(unusable: Counter[str], total: int, places: Sequence[str]) -> Finding:
    count = sum(unusable.values())
    return Finding(
        name="unusable-rows",
        severity="warning" if count > total / 20 else "note",
        count=count,
        text=f"{count} of {total} rows cannot be used: " + ", ".join(f"{why} ({n})" for why, n in unusable.items()),
        consequence="nothing is learned from them",
        repair="they were dropped; fill in what is missing to use them",
        examples=tuple(places),
    )
