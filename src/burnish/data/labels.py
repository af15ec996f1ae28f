"""Whether a column of labels is one that a classifier can learn, and what to say where it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from burnish.contracts import Targets
from burnish.data.profile import is_number, is_whole_number, on_a_scale
from burnish.errors import UserError
from burnish.finding import Finding

LEAST_ROWS_PER_CLASS = 2  # one to learn from, one to be tested on
FEW_ROWS_PER_CLASS = 10
_LISTED = 8


def label_targets(labels: Sequence[str], descriptions: Mapping[str, str]) -> Targets:
    """The labels of the training rows in alphabetical order, with how many rows have each."""
    counts = Counter(labels)
    names = tuple(sorted(counts))
    return Targets(labels=names, counts=tuple(counts[name] for name in names), descriptions=dict(descriptions))


def examine_labels(labels: Sequence[str]) -> list[Finding]:
    """Findings about a column of class labels.

    Raises:
        UserError: No classifier can be trained on it: one class, a class that cannot be split, free text or numbers.
    """
    counts = Counter(labels)
    _refuse_unlearnable(counts, len(labels))
    findings = []
    if few := rare_labels(counts):
        findings.append(
            Finding(
                name="rare-classes",
                severity="warning",
                count=len(few),
                text=f"{len(few)} of {len(counts)} classes have fewer than {FEW_ROWS_PER_CLASS} rows",
                consequence="they will hardly be learned, and their scores will be uncertain",
                repair="collect more rows of these classes, or merge them into others; `rare-classes: drop` leaves "
                "them out",
                examples=with_counts(few, counts),
            )
        )
    return [*findings, *labels_alike(counts)]


def rare_labels(counts: Counter[str]) -> list[str]:
    """Labels that fewer than `FEW_ROWS_PER_CLASS` rows have, the rarest first."""
    few = [label for label, count in counts.items() if count < FEW_ROWS_PER_CLASS]
    return sorted(few, key=counts.__getitem__)


def with_counts(labels: Sequence[str], counts: Counter[str]) -> tuple[str, ...]:
    """The first few labels with the number of rows that have each, for people."""
    return tuple(f"{label}: {counts[label]} rows" for label in labels[:_LISTED])


def labels_alike(counts: Counter[str]) -> list[Finding]:
    """A finding about labels that differ in upper and lower case only, where there are such."""
    if not (alike := _differ_in_case_only(counts)):
        return []
    return [
        Finding(
            name="labels-alike",
            severity="warning",
            count=len(alike),
            text=f"{len(alike)} groups of labels differ in upper and lower case only",
            consequence="they are learned as different classes, and confused",
            repair="`labels-alike: repair` under `checks:` writes each as most rows do",
            examples=tuple(" / ".join(group) for group in alike[:_LISTED]),
        )
    ]


def _refuse_unlearnable(counts: Counter[str], rows: int) -> None:
    if not counts:
        raise UserError(
            "no rows are left to learn from",
            where="the data",
            fix="Look at the reasons in the ledger: rows without text or label, repeated, contradicting, or in the "
            "test file too.",
        )
    if len(counts) == 1:
        raise UserError(
            f"all {rows} rows have the same label, {next(iter(counts))!r}",
            where="the label column",
            fix="Give rows of at least two classes, or name another column with `label:` (--label).",
        )
    repeats = rows / len(counts)
    numbers, whole = all(map(is_number, counts)), all(map(is_whole_number, counts))
    if on_a_scale(rows, len(counts), float(numbers), float(whole)):
        raise UserError(
            f"the labels look like numbers on a scale ({_some(counts)}): {len(counts)} different values in {rows} rows",
            where="the label column",
            fix="To predict the number itself, write `task: text-regression` (--task). A classifier needs names: put "
            "the numbers into a few classes (low, middle, high), or name another column with `label:` (--label).",
        )
    if repeats < 2 and len(counts) > 20:
        raise UserError(
            f"the labels look like free text: {len(counts)} different values in {rows} rows ({_some(counts)})",
            where="the label column",
            fix="Name the column that holds the class with `label:` (--label).",
        )
    if tiny := sorted(label for label, count in counts.items() if count < LEAST_ROWS_PER_CLASS):
        shown = ", ".join(f"{label!r} ({counts[label]})" for label in tiny[:_LISTED])
        more = f" and {len(tiny) - _LISTED} more" if len(tiny) > _LISTED else ""
        raise UserError(
            f"these classes have too few rows to be trained and tested: {shown}{more}; "
            f"each needs at least {LEAST_ROWS_PER_CLASS}",
            where="the label column",
            fix="Add rows of these classes, or merge them into others; or write `rare-classes: drop` under `checks:`, "
            "which leaves all classes out that have few rows.",
        )


def _differ_in_case_only(counts: Counter[str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for label in sorted(counts):
        groups.setdefault(label.casefold(), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _some(counts: Counter[str]) -> str:
    shown = [label if len(label) <= 30 else label[:29] + "…" for label in list(counts)[:3]]
    return ", ".join(map(repr, shown)) + ", …"
