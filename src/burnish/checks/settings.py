"""What a recipe says of the checks: `checks: {near-duplicates: drop}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from burnish.checks.check import Policy
from burnish.checks.table import CHECKS
from burnish.errors import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What always happens to some rows while they are read; the recipe can only ask to `fail` instead."""

    name: str
    summary: str
    consequence: str
    default: str


RULES: tuple[Rule, ...] = (
    Rule(
        name="unusable-rows",
        summary="rows in which a text or a value to predict is missing",
        consequence="nothing is learned from them",
        default="drop",
    ),
    Rule(
        name="repeated-rows",
        summary="rows that repeat another one exactly",
        consequence="a copy in the test set would be answered from memory",
        default="repair",
    ),
    Rule(
        name="conflicting-labels",
        summary="the same input with different labels; the label of more than half of the copies stays, if any",
        consequence="nothing can be learned from them, and no model can be right about both",
        default="drop",
    ),
    Rule(
        name="leaked-rows",
        summary="training rows that stand in the given test file, too",
        consequence="the model would be tested on what it has learned by heart",
        default="drop",
    ),
    Rule(
        name="never-trained",
        summary="given test rows of kinds that no training row shows",
        consequence="no system can answer them right",
        default="report",
    ),
    Rule(
        name="cut-short",
        summary="rows that are longer than the model reads",
        consequence="what stands after that is not seen",
        default="report",
    ),
    Rule(
        name="rare-classes",
        summary="classes with fewer than 10 rows",
        consequence="they will hardly be learned, and their scores will be uncertain",
        default="report",
    ),
    Rule(
        name="labels-alike",
        summary="labels that differ in upper and lower case only",
        consequence="they are learned as different classes, and confused",
        default="report",
    ),
    Rule(
        name="spans-within-words",
        summary="spans that begin or end within a word",
        consequence="words are found whole: no system can get these exactly right",
        default="report",
    ),
)


def allowed() -> dict[str, tuple[str, ...]]:
    """What may be asked for, by the name of every check and rule."""
    return {
        **{check.name: check.policies for check in CHECKS},
        **{rule.name: (rule.default, "fail") for rule in RULES},
    }


def policies_problem(values: Mapping[str, str]) -> str:
    """What is wrong with what a recipe asks for, in a sentence with the nearest names; "" where nothing is."""
    known = allowed()
    for name, policy in values.items():
        if name not in known:
            return f"there is no check {name!r}. {did_you_mean(name, known)}"
        if policy not in known[name]:
            every = set(get_args(Policy))
            instead = f"It can be: {', '.join(known[name])}." if policy in every else did_you_mean(policy, known[name])
            return f"`{name}: {policy}` is not possible. {instead}"
    return ""
