"""From the answers of several people to one: how far they agree, who agrees with whom, and what is taken."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal, TypeAlias

from burnish.contracts import Json
from burnish.labelling.answers import LabelledTask
from burnish.metrics.agreement import Level, agreement_by_label, cohens_kappa, krippendorffs_alpha

Rule: TypeAlias = Literal["majority", "weighted", "unanimous"]
LEVELS: dict[str, Level] = {"number": "interval"}  # by kind of answer; the others are nominal
_OUTSIDE = "no span"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two people who answered some of the same things.

    Attributes:
        first: One.
        second: The other.
        units: What both answered.
        same: The share of it that they answered alike.
        kappa: Cohen's kappa; None where it is not defined.
    """

    first: str
    second: str
    units: int
    same: float
    kappa: float | None


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far people agree.

    Attributes:
        unit: What is compared: `task`, or `word` where answers are spans.
        level: The level of measurement of Krippendorff's alpha.
        alpha: Krippendorff's alpha over all; None where it is not defined.
        compared: Units with two answers or more.
        pairs: Every two people with units in common, most units first.
        labels: By label: how often another person gave it too, and how many answers say so.
        annotators: By person: tasks answered, and the share of other people's answers to the same that are alike.
    """

    unit: str
    level: Level
    alpha: float | None
    compared: int
    pairs: tuple[Pair, ...]
    labels: Mapping[str, tuple[float, int]]
    annotators: Mapping[str, tuple[int, float | None]]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able values."""
        return asdict(self) | {
            "labels": {label: {"agreement": share, "answers": count} for label, (share, count) in self.labels.items()},
            "annotators": {
                name: {"tasks": count, "agreement": share} for name, (count, share) in self.annotators.items()
            },
        }


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The answer taken for a task.

    Attributes:
        task: The task.
        value: The answer; None where it is a tie that is left out.
        answers: How many people answered.
        agreement: The share of them who gave this answer, in [0, 1].
        tie: What stood against each other, where nothing had more votes than all else.
    """

    task: LabelledTask
    value: Json
    answers: int
    agreement: float
    tie: tuple[Json, ...] = ()


def measure_agreement(
    tasks: Sequence[LabelledTask], kind: str, level: Level | None = None, *, text: str = "text"
) -> Agreement:
    """How far the people agree who answered tasks of one kind.

    Args:
        tasks: With their answers.
        kind: The kind of the answers (`label`, `number`, `spans`, `text`).
        level: For Krippendorff's alpha; None takes what suits the kind.
        text: The name under which tasks hold the text that spans are in.
    """
    level = level or LEVELS.get(kind, "nominal")
    units = [unit for task in tasks for unit in _units(task, kind, text)]
    answers = [[value for _, value in unit] for unit in units]
    pairs = _pairs(units)
    labels = agreement_by_label(answers) if kind in {"label", "spans"} else {}
    return Agreement(
        unit="word" if kind == "spans" else "task",
        level=level,
        alpha=krippendorffs_alpha(answers, level),
        compared=sum(len(unit) > 1 for unit in units),
        pairs=pairs,
        labels={str(label): found for label, found in sorted(labels.items(), key=lambda item: item[1])},
        annotators=_annotators(tasks, pairs),
    )


def resolve_tasks(
    tasks: Sequence[LabelledTask], kind: str, rule: Rule, agreement: Agreement, *, keep_ties: bool
) -> list[Resolved]:
    """One answer for every task that has any.

    Args:
        tasks: With their answers.
        kind: The kind of the answers.
        rule: `majority`: most votes; `weighted`: votes count as much as the person agrees with the others;
            `unanimous`: only what all say.
        agreement: Of these tasks.
        keep_ties: Take the answer of the person who agrees most with the others, in place of leaving ties out.
    """
    shares = {name: share for name, (_, share) in agreement.annotators.items()}
    trust = {name: 1.0 if share is None else max(share, 0.01) for name, share in shares.items()}
    weights = trust if rule == "weighted" else dict.fromkeys(trust, 1.0)
    found = []
    for task in tasks:
        if not task.answers:
            continue
        resolved = _resolve(task, kind, weights)
        if rule == "unanimous" and resolved.agreement < 1 and not resolved.tie:
            resolved = _tie(task, [answer.value for answer in task.answers])
        if resolved.tie and keep_ties:
            best = max(task.answers, key=lambda answer: trust[answer.annotator])
            same = sum(_key(answer.value) == _key(best.value) for answer in task.answers) / len(task.answers)
            resolved = Resolved(
                task=task, value=best.value, answers=len(task.answers), agreement=same, tie=resolved.tie
            )
        found.append(resolved)
    return found


def _resolve(task: LabelledTask, kind: str, weights: Mapping[str, float]) -> Resolved:
    if kind == "number":
        return _middle(task, weights)
    if kind == "spans":
        return _spans(task, weights)
    votes: dict[Hashable, float] = defaultdict(float)
    values: dict[Hashable, Json] = {}
    for answer in task.answers:
        votes[_key(answer.value)] += weights[answer.annotator]
        values.setdefault(_key(answer.value), answer.value)
    most = max(votes.values())
    leading = [key for key, vote in votes.items() if vote >= most - 1e-9]
    if len(leading) > 1:
        return _tie(task, [values[key] for key in leading])
    return _settled(task, values[leading[0]])


def _settled(task: LabelledTask, value: Json) -> Resolved:
    same = sum(_key(answer.value) == _key(value) for answer in task.answers) / len(task.answers)
    return Resolved(task=task, value=value, answers=len(task.answers), agreement=same)


def _tie(task: LabelledTask, values: Sequence[Json]) -> Resolved:
    different = {_key(value): value for value in values}
    return Resolved(task=task, value=None, answers=len(task.answers), agreement=0.0, tie=tuple(different.values()))


def _middle(task: LabelledTask, weights: Mapping[str, float]) -> Resolved:
    """The median of numbers; under unequal weights, the number at which half of the weight is reached."""
    numbers = sorted((float(answer.value), weights[answer.annotator]) for answer in task.answers)
    if len({weight for _, weight in numbers}) == 1:
        return _settled(task, statistics.median(number for number, _ in numbers))
    half, reached = sum(weight for _, weight in numbers) / 2, 0.0
    middle = numbers[0][0]
    for number, weight in numbers:
        if reached < half:
            middle = number
        reached += weight
    return _settled(task, middle)


def _spans(task: LabelledTask, weights: Mapping[str, float]) -> Resolved:
    """The spans that more than half of the weight has marked in the same way; a tie where one has exactly half."""
    votes: dict[tuple[int, int, str], float] = defaultdict(float)
    for answer in task.answers:
        for span in {(span["start"], span["end"], span["label"]) for span in answer.value}:
            votes[span] += weights[answer.annotator]
    half = sum(weights[answer.annotator] for answer in task.answers) / 2
    if any(abs(vote - half) < 1e-9 for vote in votes.values()):
        return _tie(task, [answer.value for answer in task.answers])
    kept = sorted(span for span, vote in votes.items() if vote > half)
    return _settled(task, [{"start": start, "end": end, "label": label} for start, end, label in kept])


def _units(task: LabelledTask, kind: str, text: str) -> list[list[tuple[str, Hashable]]]:
    """What is compared in a task: for each unit the people and their answers."""
    if kind != "spans":
        return [[(answer.annotator, _key(answer.value)) for answer in task.answers]]
    return [
        [(answer.annotator, _label_at(place, answer.value)) for answer in task.answers]
        for place in _word_starts(str(task.data.get(text, "")))
    ]


def _label_at(place: int, spans: Sequence[Mapping[str, Any]]) -> str:
    return next((span["label"] for span in spans if span["start"] <= place < span["end"]), _OUTSIDE)


def _word_starts(text: str) -> list[int]:
    return [
        place
        for place, character in enumerate(text)
        if not character.isspace() and (place == 0 or text[place - 1].isspace())
    ]


def _pairs(units: Sequence[Sequence[tuple[str, Hashable]]]) -> tuple[Pair, ...]:
    common: dict[tuple[str, str], list[tuple[Hashable, Hashable]]] = defaultdict(list)
    for unit in units:
        for (first, one), (second, other) in combinations(sorted(unit, key=lambda given: given[0]), 2):
            common[first, second].append((one, other))
    pairs = [
        Pair(
            first=first,
            second=second,
            units=len(answers),
            same=sum(one == other for one, other in answers) / len(answers),
            kappa=cohens_kappa([one for one, _ in answers], [other for _, other in answers]),
        )
        for (first, second), answers in common.items()
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.units, pair.first, pair.second)))


def _annotators(tasks: Sequence[LabelledTask], pairs: Sequence[Pair]) -> dict[str, tuple[int, float | None]]:
    """By person: the tasks answered, and the share of comparisons with others in which the answers are alike."""
    answered: dict[str, int] = defaultdict(int)
    for task in tasks:
        for name in {answer.annotator for answer in task.answers}:
            answered[name] += 1
    found: dict[str, tuple[int, float | None]] = {}
    for name in sorted(answered):
        own = [pair for pair in pairs if name in {pair.first, pair.second}]
        units = sum(pair.units for pair in own)
        share = sum(pair.same * pair.units for pair in own) / units if units else None
        found[name] = (answered[name], share)
    return found


def _key(value: Json) -> Hashable:
    """A value that compares as the answer does: numbers as numbers, lists of spans as their text."""
    if isinstance(value, str | int | float):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
