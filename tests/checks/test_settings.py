"""What a recipe may say of the checks, and the contract of every check."""

from __future__ import annotations

from typing import get_args

import pytest

from burnish.checks.check import Check, Policy
from burnish.checks.settings import RULES, allowed, policies_problem
from burnish.checks.table import CHECKS


def test_names_and_policies_are_checked_with_the_nearest_suggested() -> None:
    assert policies_problem({"near-duplicates": "drop", "repeated-rows": "fail"}) == ""
    assert "Did you mean 'near-duplicates'" in policies_problem({"near-dupliactes": "drop"})
    assert "It can be: report, fail, skip." in policies_problem({"giveaways": "drop"})
    assert "Did you mean 'report'?" in policies_problem({"giveaways": "reprot"})


def test_no_name_is_given_twice() -> None:
    names = [check.name for check in CHECKS] + [rule.name for rule in RULES]
    assert len(set(names)) == len(names) == len(allowed())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_keeps_the_contract(check: Check) -> None:
    assert check.default in check.policies
    assert set(check.policies) <= set(get_args(Policy))
    assert {"report", "fail", "skip"} <= set(check.policies)
    assert bool(check.repair) == ("repair" in check.policies)
    assert check.summary
    assert check.consequence
    if check.judged:
        assert check.default in {"report", "skip"}, "no model decides unasked"
