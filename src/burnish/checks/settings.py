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
    """Something that is found while rows are read and divided among the checks; what the recipe can make of it.

    Attributes:
        name: Also its key under `checks:` in a recipe.
        summary: What it finds, in a few words.
        consequence: Why that matters.
        default: What is done where the recipe says nothing.
        policies: What a recipe may ask for.
        repair: What `repair` does, in a few words; "" where it cannot.
    """

    name: str
    summary: str
    consequence: str
    default: Policy = "report"
    policies: tuple[Policy, ...] = ("report", "fail")
    repair: str = ""


RULES: tuple[Rule, ...] = (
    Rule(
        name="unusable-rows",
        summary="rows in which a text or a value to predict is missing",
        consequence="nothing is learned from them",
        default="drop",
        policies=("drop", "fail"),
    ),
    Rule(
        name="repeated-rows",
        summary="rows that repeat another one exactly",
        consequence="a copy in the test set would be answered from memory",
        default="repair",
        policies=("report", "repair", "fail"),
        repair="each was merged into its first copy",
    ),
    Rule(
        name="conflicting-labels",
        summary="the same input with different labels",
        consequence="nothing can be learned from them, and no model can be right about both",
        default="repair",
        policies=("report", "repair", "drop", "fail"),
        repair="the label of more than half of the copies stays, if there is one; rows with another label go out",
    ),
    Rule(
        name="leaked-rows",
        summary="training rows that stand in the given test file, too",
        consequence="the model would be tested on what it has learned by heart",
        default="drop",
        policies=("report", "drop", "fail"),
    ),
    Rule(
        name="leaked-groups",
        summary="training rows of a group (`data.group`) that stands in the given test file, too",
        consequence="the model would be tested on groups that it knows",
        default="drop",
        policies=("report", "drop", "fail"),
    ),
    Rule(
        name="never-trained",
        summary="given test rows of kinds that no training row shows",
        consequence="no system can answer them right",
    ),
    Rule(
        name="cut-short",
        summary="rows that are longer than the model reads",
        consequence="what stands after that is not seen",
        policies=("report", "drop", "fail"),
    ),
    Rule(
        name="rare-classes",
        summary="classes with fewer than 10 rows",
        consequence="they will hardly be learned, and their scores will be uncertain",
        policies=("report", "drop", "fail"),
    ),
    Rule(
        name="labels-alike",
        summary="labels that differ in upper and lower case only",
        consequence="they are learned as different classes, and confused",
        policies=("report", "repair", "fail"),
        repair="each was written as in most rows",
    ),
    Rule(
        name="spans-within-words",
        summary="spans that begin or end within a word",
        consequence="words are found whole: no system can get these exactly right",
    ),
    Rule(
        name="few-values",
        summary="numbers to predict that take fewer than 6 values",
        consequence="they may be classes rather than numbers",
    ),
    Rule(
        name="far-off-numbers",
        summary="numbers to predict that lie far from all others",
        consequence="a few of them can rule what is learned",
    ),
    Rule(
        name="huge-messages",
        summary="conversations with a message of more than 50,000 characters",
        consequence="hardly anything of such a document is read",
    ),
    Rule(
        name="nothing-to-learn",
        summary="conversations of whose answers not a single token fits in",
        consequence="nothing is learned from them",
    ),
    Rule(
        name="system-message-moved",
        summary="system messages that the model's chat template leaves out",
        consequence="the model would never see them; they go before the first question instead",
    ),
    Rule(
        name="control-tokens",
        summary="texts that hold what the chat template itself is made of",
        consequence="the model takes them for the end of a turn, and not for text",
    ),
)


def allowed() -> dict[str, tuple[str, ...]]:
    """What may be asked for, by the name of every check and rule."""
    return {
        **{check.name: check.policies for check in CHECKS},
        **{rule.name: rule.policies for rule in RULES},
    }


def rule_policy(name: str, asked: Mapping[str, Policy]) -> Policy:
    """What is done about a rule's finding while rows are read; where it is to `fail`, that is told by the caller."""
    rule = next(rule for rule in RULES if rule.name == name)
    policy = asked.get(name, rule.default)
    return rule.default if policy == "fail" else policy


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
