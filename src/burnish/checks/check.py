"""What a check is, what it may look at, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from burnish.contracts import Column, FeatureFunction, Json, Row, Rows
from burnish.data.ledger import Outcome
from burnish.data.rows import ROW

if TYPE_CHECKING:
    from burnish.contracts import Features

Policy: TypeAlias = Literal["report", "repair", "replace", "drop", "fail", "skip"]
REPAIRS: frozenset[Policy] = frozenset({"repair", "replace"})
Severity: TypeAlias = Literal["note", "warning"]
_LONGEST_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a check may look at.

    Attributes:
        columns: The task's.
        rows: Rows by role that are not of a given test file; the split makes all parts of them where none is given.
        test: Rows of the given test file; nothing is learned from them.
        features: Gives rows their features by the untouched model, or None where the task uses none.
        others: Columns of the training file that play no role: their cells by name, then by row number.
        audited: Columns that the user wants to have audited, of both files: their values by name, then by row number.
        seed: Of every random choice.
        policy: What the recipe asks the check for.
    """

    columns: Sequence[Column]
    rows: Rows
    test: Rows = ()
    features: FeatureFunction | None = None
    others: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    audited: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    seed: int = 0
    policy: Policy = "report"

    def inputs(self, *kinds: str) -> list[str]:
        """Roles of the inputs of these kinds."""
        return [column.role for column in self.columns if not column.target and column.kind in kinds]

    def target(self, kind: str) -> str:
        """The role of the first target of a kind, or ""."""
        return next((column.role for column in self.columns if column.target and column.kind == kind), "")

    def texts(self, rows: Rows) -> list[str]:
        """The texts of every row, several joined."""
        roles = self.inputs("text")
        if len(roles) == 1:
            return [row.get(roles[0]) or "" for row in rows]
        return ["\n".join(row.get(role) or "" for role in roles) for row in rows]

    def features_of(self, rows: Rows) -> Features:
        """Features, float32 (rows, width)."""
        assert self.features is not None
        return self.features(rows)

    def shown(self, row: Row) -> str:
        """A row in a line, for people."""
        return " → ".join(short(row[column.role]) for column in self.columns if column.role in row)


@dataclass(frozen=True, kw_only=True)
class Doubted:
    """A label that a check does not believe, for a person to decide about (`burnish label confirm`).

    Attributes:
        row: The row's number.
        text: What it says.
        label: The label that it has.
        suggested: The label that it may have.
        confidence: The probability of that one, in [0, 1].
    """

    row: int
    text: str
    label: str
    suggested: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a check found: sentences for people, and what may be done about each row.

    Attributes:
        severity: `note` (good to know), `warning` (expect worse results).
        text: What was found, in a sentence with its numbers.
        advice: What the user can do.
        rows: Numbers of the rows concerned, those that matter most first. `drop` takes these out.
        count: What the finding counts where that is not rows (classes, columns).
        shown: What to show of a row, by its number; "" or missing: the row itself.
        examples: What to show where the finding is not about rows.
        reason: Why a row is dropped or repaired, in a few words for the ledger.
        repaired: New values by role, by the number of the row: what `repair` puts in.
        merged: For rows that `repair` merges: the number of the row that stands for each.
        together: For rows that must not be in two parts of the split: the number of the first row that each goes with.
        figures: Numbers behind the finding for the report: {"kind": "bars", "bars": [[name, value], …], …}.
        doubted: Labels that a person may want to change.
    """

    severity: Severity
    text: str
    advice: str
    rows: Sequence[int] = ()
    count: int | None = None
    shown: Mapping[int, str] = field(default_factory=dict)
    examples: Sequence[str] = ()
    reason: str = ""
    repaired: Mapping[int, Row] = field(default_factory=dict)
    merged: Mapping[int, int] = field(default_factory=dict)
    together: Mapping[int, int] = field(default_factory=dict)
    figures: Mapping[str, Json] = field(default_factory=dict)
    doubted: Sequence[Doubted] = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing to look for. A file of this room ends in one, and the table in `table.py` lists it.

    Attributes:
        name: Also its key under `checks:` in a recipe.
        summary: What it finds, in a few words.
        consequence: Why that matters.
        repair: What `repair` does, in a few words; "" where it cannot.
        default: What is done where the recipe says nothing.
        policies: What a recipe may ask for.
        inputs: Kinds of input it needs one of; empty: any.
        targets: Kinds of target it needs one of; empty: any.
        needs_features: Whether it looks at the features of the untouched model.
        needs_test: Whether it compares with given test rows.
        library: The module it needs that may not be installed, or "".
        judged: Whether a model judges the rows. Then `drop` and `repair` touch rows to learn from only, which are known
            only where a test file is given: rows chosen by a model would make the test easier than the truth.
        tests_too: Whether `repair` is for given test rows, too.
        find: Looks at the rows.
    """

    name: str
    summary: str
    consequence: str
    find: Callable[[Seen], list[Found]]
    repair: str = ""
    default: Policy = "report"
    policies: tuple[Policy, ...] = ("report", "fail", "skip")
    inputs: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    needs_features: bool = False
    needs_test: bool = False
    library: str = ""
    outcome: Outcome = "repaired"
    judged: bool = False
    tests_too: bool = False

    def fits(self, seen: Seen) -> bool:
        """Whether there is what it looks at."""
        inputs = {column.kind for column in seen.columns if not column.target}
        targets = {column.kind for column in seen.columns if column.target}
        return (
            (not self.inputs or bool(self.inputs & inputs))
            and (not self.targets or bool(self.targets & targets))
            and (not self.needs_features or seen.features is not None)
            and (not self.needs_test or bool(seen.test))
        )

    def is_installed(self) -> bool:
        """Whether the library that it needs is there."""
        return not self.library or find_spec(self.library) is not None


def numbers(rows: Rows, places: Sequence[int]) -> list[int]:
    """Numbers of the rows at these places."""
    return [rows[place][ROW] for place in places]


def each_text(seen: Seen, roles: Sequence[str]) -> Iterator[tuple[Row, str, str]]:
    """Every cell of some roles, of training rows and given test rows: row, role, text."""
    for part in (seen.rows, seen.test):
        for row in part:
            for role in roles:
                if row.get(role):
                    yield row, role, row[role]


def short(value: Any, longest: int = _LONGEST_SHOWN) -> str:
    """A value on one line, cut where it is long."""
    text = " ".join(str(value).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
