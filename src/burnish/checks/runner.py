"""Run the checks one after the other, do what the recipe asks for, and account for every row that changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from burnish.checks.check import REPAIRS, Check, Doubted, Found, Policy, Seen
from burnish.checks.table import CHECKS
from burnish.contracts import Rows
from burnish.data.dividing import join
from burnish.data.ledger import Ledger
from burnish.data.rows import ROW, changed_rows, places_of, rows_without
from burnish.errors import UserError
from burnish.events import Note, Progress, Work
from burnish.finding import Finding, Place
from burnish.hardware import give_back_memory

MOST_ROWS = 150_000  # of more, so many are looked at, spread over all: what is compared must fit into memory
MOST_ROWS_OF_FEATURES = 50_000
_EXAMPLES = 5
_SAMPLES = 50


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What is left after the checks.

    Attributes:
        rows: Rows to train, validate and test on.
        test: Given test rows.
        findings: What was found, in the order of the checks.
        flagged: Every row of every finding: the finding's name, the row's number, what is shown of it.
        doubted: Labels that a person may want to change.
        together: Sets of rows that must not be in two parts of the split, as numbers of rows.
        compared: The checks that have looked at all rows.
    """

    rows: Rows
    test: Rows
    findings: Sequence[Finding]
    flagged: Sequence[tuple[str, int, str]]
    doubted: Sequence[Doubted] = ()
    together: Sequence[Sequence[int]] = ()
    compared: Sequence[str] = ()


def run_checks(seen: Seen, policies: Mapping[str, Policy], ledger: Ledger) -> Work[Checked]:
    """Run every check that fits.

    Args:
        seen: The rows and what belongs to them.
        policies: What the recipe asks for, by the check's name; defaults hold for the others.
        ledger: Says what became of every row.

    Raises:
        UserError: A check found something, and its policy is `fail`; or a model would choose the rows that test it.
    """
    findings: list[Finding] = []
    flagged: list[tuple[str, int, str]] = []
    doubted: list[Doubted] = []
    together: list[Mapping[int, int]] = []
    compared: list[str] = []
    _refuse_judged(seen, policies)
    _refuse_moved(seen, policies)
    chosen = [check for check in CHECKS if policies.get(check.name, check.default) != "skip" and check.fits(seen)]
    for number, check in enumerate(chosen):
        yield Progress(work="checks", done=number, total=len(chosen), figures={"now": check.name})
        policy = policies.get(check.name, check.default)
        if not check.is_installed():
            yield _missing(check, asked=check.name in policies)
            continue
        looked_at = _spread(seen, check)
        compared += [check.name] if len(looked_at.rows) == len(seen.rows) else []
        for found in check.find(replace(looked_at, policy=policy)):
            findings.append(_finding(seen, check, found, policy, ledger))
            seen = _settled(seen, check, found, policy, ledger)
            doubted += found.doubted
            together.append(found.together)
            flagged += [(check.name, row, found.shown.get(row, "")) for row in found.rows]
        if len(seen.rows) > MOST_ROWS_OF_FEATURES:
            give_back_memory()
    yield Progress(work="checks", done=len(chosen), total=len(chosen))
    if len(seen.rows) > MOST_ROWS_OF_FEATURES:
        yield Note(
            text=f"the checks looked at {MOST_ROWS:,} rows at most, and at {MOST_ROWS_OF_FEATURES:,} by their features"
        )
    return Checked(
        rows=seen.rows,
        test=seen.test,
        findings=findings,
        flagged=flagged,
        doubted=doubted,
        together=_sets(together),
        compared=compared,
    )


def _sets(links: Sequence[Mapping[int, int]]) -> list[list[int]]:
    """Sets of the rows that any of the links puts together, each in order."""
    rows = sorted({row for linked in links for pair in linked.items() for row in pair})
    joined: dict[int, list[int]] = {}
    if rows:
        for row, first in zip(rows, join(*([linked.get(row, row) for row in rows] for linked in links)), strict=True):
            joined.setdefault(first, []).append(row)
    return list(joined.values())


def _spread(seen: Seen, check: Check) -> Seen:
    """As many rows as the check can look at, each the same number of rows after the last."""
    most = MOST_ROWS_OF_FEATURES if check.needs_features else MOST_ROWS
    rows, test = (part[:: -(-len(part) // most)] if len(part) > most else part for part in (seen.rows, seen.test))
    return replace(seen, rows=rows, test=test)


def _refuse_judged(seen: Seen, policies: Mapping[str, Policy]) -> None:
    """A model must not choose the rows that will test it."""
    judged = [check.name for check in CHECKS if check.judged and policies.get(check.name) in {*REPAIRS, "drop"}]
    if judged and not seen.test:
        raise UserError(
            f"{judged[0]} is told by a model, and without a test file the rows that it changes would be test rows, too",
            where=f"checks.{judged[0]}",
            fix="Give a test file (`test:` under `data:`), or let it `report`, and correct the file by hand.",
        )


def _refuse_moved(seen: Seen, policies: Mapping[str, Policy]) -> None:
    """Where targets are told by places in the text, its characters must not move."""
    mending = [check.name for check in CHECKS if check.tests_too and policies.get(check.name) in REPAIRS]
    if mending and seen.target("spans"):
        raise UserError(
            f"{mending[0]} would move what stands in the texts, and the spans are told by their places",
            where=f"checks.{mending[0]}",
            fix="Let it `report` or `drop`, and mend the texts together with their spans.",
        )


def _missing(check: Check, *, asked: bool) -> Note:
    return Note(
        text=f"{check.name} was not looked for: it needs `{check.library}` (pip install 'burnish[data]')",
        level="warning" if asked else "info",
    )


def _settled(seen: Seen, check: Check, found: Found, policy: Policy, ledger: Ledger) -> Seen:
    """The rows after what the policy asks for; every change is in the ledger."""
    if policy == "fail":
        places = ", ".join(ledger.place(row) for row in found.rows[:_EXAMPLES])
        raise UserError(
            found.text,
            where=places or f"checks.{check.name}",
            fix=f"{_sentence(found.advice)} Or let `{check.name}` under `checks:` do something else: "
            f"{', '.join(policy for policy in check.policies if policy != 'fail')}.",
        )
    if policy == "drop":
        gone = places_of(seen.rows, found.rows)
        for number in gone:
            ledger.settle(number, "dropped", found.reason)
        return _kept(seen, gone.values())
    return _repaired(seen, check, found, ledger) if policy in REPAIRS else seen


def _kept(seen: Seen, gone: Collection[int]) -> Seen:
    """The rows but for those at some places."""
    if gone and len(gone) == len(seen.rows):
        raise UserError("the checks would drop every row", where="checks", fix="Let them `report` first.")
    return replace(seen, rows=rows_without(seen.rows, gone)) if gone else seen


def _repaired(seen: Seen, check: Check, found: Found, ledger: Ledger) -> Seen:
    merged = places_of(seen.rows, found.merged)
    for number in merged:
        ledger.settle(number, "merged", found.reason, into=found.merged[number])
    seen = _kept(seen, merged.values())
    parts: list[Rows] = []
    for part, touched in ((seen.rows, True), (seen.test, check.tests_too)):
        places = places_of(part, found.repaired) if touched else {}
        for number in places:
            ledger.settle(number, check.outcome, found.reason)
        changes = {place: found.repaired[number] for number, place in places.items()}
        parts.append(changed_rows(part, changes) if changes else part)
    return replace(seen, rows=parts[0], test=parts[1])


def _finding(seen: Seen, check: Check, found: Found, policy: Policy, ledger: Ledger) -> Finding:
    by_number: dict[int, Any] = {}
    wanted = {row for row in found.rows[:_SAMPLES] if not found.shown.get(row)}
    if wanted:
        by_number = {row[ROW]: row for part in (seen.rows, seen.test) for row in part if row[ROW] in wanted}
    shown = [
        Place(
            row=row,
            file=ledger.entry(row).file,
            line=ledger.entry(row).line,
            shown=found.shown.get(row) or (seen.shown(by_number[row]) if row in by_number else ""),
        )
        for row in found.rows[:_SAMPLES]
    ]
    did = "they were dropped" if policy == "drop" else check.repair if policy in REPAIRS else ""
    return Finding(
        name=check.name,
        severity=found.severity,
        count=len(found.rows) if found.count is None else found.count,
        text=found.text,
        consequence=check.consequence,
        repair=f"{did}; {found.advice}" if did else found.advice,
        examples=tuple(found.examples) or tuple(f"{ledger.place(p.row)}: {p.shown}" for p in shown[:_EXAMPLES]),
        policy=policy,
        places=tuple(shown),
        figures=dict(found.figures),
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
