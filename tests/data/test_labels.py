"""Labels that no classifier can learn are refused with the reason; others are remarked on."""

from __future__ import annotations

import pytest

from burnish.data.labels import examine_labels
from burnish.errors import UserError


def refusal(labels: list[str]) -> UserError:
    with pytest.raises(UserError) as caught:
        examine_labels(labels)
    assert caught.value.fix
    assert caught.value.where
    return caught.value


def test_good_labels_give_no_findings() -> None:
    assert examine_labels(["good", "bad"] * 10) == []
    assert examine_labels(["true", "false", "0"] * 10) == []


def test_no_rows() -> None:
    assert "no rows are left" in refusal([]).what


def test_one_class() -> None:
    assert refusal(["good"] * 30).what == "all 30 rows have the same label, 'good'"


@pytest.mark.parametrize(
    "labels",
    [
        [f"{n / 7:.3f}" for n in range(60)],
        [str(n) for n in range(60)],
        [f"{n}e-3" for n in range(1, 31)] * 3,
        [f"-{n}.5" for n in range(25)] * 4,
    ],
)
def test_numbers_on_a_scale(labels: list[str]) -> None:
    assert refusal(labels).what.startswith("the labels look like numbers on a scale")


def test_numbers_that_are_classes() -> None:
    assert examine_labels(["0", "1"] * 10) == []
    assert examine_labels([str(n) for n in range(77)] * 10) == []
    assert examine_labels(["1.0", "2.5", "3.0"] * 10) == []


def test_free_text() -> None:
    error = refusal([f"because of reason number {n} and something that goes on and on" for n in range(60)])
    assert error.what.startswith("the labels look like free text: 60 different values in 60 rows")
    assert "…" in error.what


def test_classes_that_cannot_be_split() -> None:
    error = refusal(["good"] * 20 + ["bad"] * 20 + ["odd", "rare"])
    assert "'odd' (1), 'rare' (1)" in error.what
    assert "at least 2" in error.what
    many = refusal(["good"] * 40 + [f"class {n:02}" for n in range(12)])
    assert many.what.count("(1)") == 8
    assert "and 4 more" in many.what


def test_two_rows_are_enough_but_remarked_on() -> None:
    findings = examine_labels(["good"] * 30 + ["rare"] * 2 + ["seldom"] * 9)
    assert [finding.name for finding in findings] == ["rare-classes"]
    assert findings[0].count == 2
    assert findings[0].examples == ("rare: 2 rows", "seldom: 9 rows")
    assert findings[0].severity == "warning"


def test_labels_that_differ_in_case_only() -> None:
    findings = examine_labels(["Good", "good", "GOOD", "bad"] * 10)
    assert [finding.name for finding in findings] == ["labels-alike"]
    assert findings[0].count == 1
    assert findings[0].examples == ("GOOD / Good / good",)
