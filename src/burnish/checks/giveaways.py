"""`giveaways`: other columns that tell the label, and texts that hold the label's own name."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from burnish.checks.check import Check, Found, Seen
from burnish.data.profile import cell_text, is_number
from burnish.data.rows import ROW

_LEAST_ROWS = 20
_MOST_ROWS = 20_000
_TELLS = 0.98  # of the rows
_BETTER = 0.5  # share of the errors of the most frequent label that it avoids
_NAMED, _NAMED_ELSEWHERE = 0.8, 0.02  # of the rows of the label, of the others
_WORDS = re.compile(r"\w+")


def _find(seen: Seen) -> list[Found]:
    role = seen.target("label")
    rows = seen.rows[:_MOST_ROWS]
    if len(rows) < _LEAST_ROWS:
        return []
    labels = [row[role] for row in rows]
    return [*_columns(seen, rows, labels), *_names(seen.texts(rows) if seen.inputs("text") else [], labels)]


def _columns(seen: Seen, rows: Sequence[Any], labels: Sequence[str]) -> list[Found]:
    told = []
    for name, cells in seen.others.items():
        share = told_by([cell_text(cells[row[ROW]]) for row in rows], labels)
        usual = Counter(labels).most_common(1)[0][1] / len(labels)
        if share >= _TELLS and 1 - share < _BETTER * (1 - usual):
            told.append(f"{name}: tells {share:.1%} of the labels")
    if not told:
        return []
    return [
        Found(
            severity="note",
            text=f"{len(told)} other {'column gives' if len(told) == 1 else 'columns give'} the label away",
            advice="do not name it as an input: it is not read now",
            count=len(told),
            examples=told,
        )
    ]


def told_by(values: Sequence[str], labels: Sequence[str]) -> float:
    """Share of labels that the other rows with the same value (of numbers: one of the next ones) tell."""
    if len(set(values)) < 2:
        return 0.0
    if all(value == "" or is_number(value) for value in values):
        order = np.argsort([float(value or "nan") for value in values], kind="stable")
        ordered = [labels[place] for place in order]
        after = [one == other for one, other in pairwise(ordered)]
        return float(np.mean(np.array([*after, False]) | np.array([False, *after])))
    by_value: dict[str, Counter[str]] = defaultdict(Counter)
    for value, label in zip(values, labels, strict=True):
        by_value[value][label] += 1
    right = 0
    for value, label in zip(values, labels, strict=True):
        counts = by_value[value]
        own = counts[label] - 1
        right += own > 0 and all(own >= count for other, count in counts.items() if other != label)
    return right / len(labels)


def _names(texts: Sequence[str], labels: Sequence[str]) -> list[Found]:
    """Labels whose own name stands in nearly all of their texts and in hardly any other."""
    counts = Counter(labels)
    plain = [" " + " ".join(_WORDS.findall(text.lower().replace("_", " "))) + " " for text in texts]
    told = []
    for label in counts:
        name = " " + " ".join(_WORDS.findall(label.lower().replace("_", " "))) + " "
        if not name.strip() or not texts:
            continue
        has = [name in text for text in plain]
        own = sum(found for found, other in zip(has, labels, strict=True) if other == label)
        elsewhere = sum(has) - own
        if own >= max(2, _NAMED * counts[label]) and elsewhere <= _NAMED_ELSEWHERE * (len(labels) - counts[label]):
            told.append(f"{label!r} stands in {own} of its {counts[label]} texts, and in {elsewhere} others")
    if not told:
        return []
    return [
        Found(
            severity="warning",
            text=f"texts of {len(told)} of {len(counts)} labels hold the label's own name",
            advice="take it out of the texts, unless it will stand there in use, too",
            count=len(told),
            examples=told,
        )
    ]


CHECK = Check(
    name="giveaways",
    summary="columns that tell the label by themselves, and texts in which the label's own name stands",
    consequence="a model that reads this learns nothing else, and fails where it is missing",
    targets=frozenset({"label"}),
    find=_find,
)
