"""Which task is inferred from columns, and what is said where none fits."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from burnish.catalog import get_task
from burnish.data.profile import profile_column
from burnish.errors import UserError
from burnish.fitting_task import fitting_task

CLASSIFY, REGRESS = get_task("text-classification"), get_task("text-regression")
PICTURES = get_task("image-classification")
TEXTS = [f"sentence number {n} of them" for n in range(40)]
PRICES = [f"{n / 7:.2f}" for n in range(40)]
FILES = [f"{n}.png" for n in range(40)]
CLASSES = ["good", "bad"] * 20


def inferred(named: dict[str, str] | None = None, **columns: Sequence[str]) -> tuple[str, dict[str, str], str]:
    profiles = [profile_column(name, cells) for name, cells in columns.items()]
    task, found, passed_over = fitting_task([CLASSIFY, REGRESS, PICTURES], named or {}, profiles, "rows.csv")
    return task.name, found, passed_over


def test_what_the_columns_hold_decides() -> None:
    assert inferred(said=TEXTS, kind=CLASSES) == ("text-classification", {"text": "said", "label": "kind"}, "")
    assert inferred(said=TEXTS, cost=PRICES) == ("text-regression", {"text": "said", "label": "cost"}, "")
    assert inferred(photo=FILES, kind=CLASSES) == ("image-classification", {"image": "photo", "label": "kind"}, "")


def test_a_named_column_that_does_not_suit_is_passed_over_and_told() -> None:
    name, _, passed_over = inferred({"label": "cost"}, said=TEXTS, cost=PRICES)
    assert (name, passed_over) == ("text-regression", "text-classification")
    assert inferred({"label": "kind"}, said=TEXTS, kind=CLASSES)[0] == "text-classification"


def test_where_nothing_fits_the_first_task_says_what_is_missing() -> None:
    with pytest.raises(UserError, match="no column looks like the label") as caught:
        inferred(said=TEXTS)
    assert caught.value.where == "rows.csv"
    assert "--label COLUMN" in caught.value.fix


def test_what_no_task_reads_is_told() -> None:
    with pytest.raises(UserError, match="the column 'clip' holds audio, which no task here reads"):
        inferred(clip=[f"{n}.wav" for n in range(40)], kind=CLASSES)
