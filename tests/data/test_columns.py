"""Finding the columns that play a task's roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from burnish.contracts import Column
from burnish.data.columns import check_named_columns, guess_columns, looks_like_labels, may_hold
from burnish.data.profile import profile_column, profile_table
from burnish.data.table import Table
from burnish.errors import UserError

TEXT = Column(role="text", summary="the text", usual_names=("text", "review"))
LABEL = Column(role="label", summary="the label", target=True, usual_names=("label", "class"))
ROLES = (TEXT, LABEL)
SENTENCES = [f"this is sentence number {n} of many" for n in range(40)]
CLASSES = ["good", "bad"] * 20
NUMBERS = [str(n) for n in range(40)]


def table(**columns: Sequence[Any]) -> Table:
    return Table(file="rows.csv", columns=columns, lines=range(2, 42), format="")


def guess(found: Table, **named: str) -> dict[str, str]:
    return guess_columns(ROLES, named, profile_table(found))


def test_usual_names_decide_whatever_they_hold() -> None:
    assert guess(table(other=SENTENCES, text=NUMBERS, label=SENTENCES)) == {"text": "text", "label": "label"}


def test_usual_names_in_any_case_and_order_of_preference() -> None:
    assert guess(table(CLASS=CLASSES, Label=CLASSES, REVIEW=SENTENCES)) == {"text": "REVIEW", "label": "Label"}
    assert guess(table(**{" Text ": SENTENCES, "label": CLASSES}))["text"] == " Text "
    assert guess(table(text=SENTENCES, Label=CLASSES, LABEL=CLASSES))["label"] == "Label"


def test_without_usual_names_the_contents_decide() -> None:
    assert guess(table(id=NUMBERS, a=SENTENCES, b=CLASSES)) == {"text": "a", "label": "b"}


def test_named_columns_are_taken_as_they_are_and_not_twice() -> None:
    assert guess(table(a=SENTENCES, text=SENTENCES, b=CLASSES), label="text") == {"text": "a", "label": "text"}
    assert guess(table(a=SENTENCES, b=CLASSES, c=CLASSES), label="c") == {"text": "a", "label": "c"}


def test_two_columns_that_could_be_labels_are_not_chosen_between() -> None:
    assert "label" not in guess(table(a=SENTENCES, b=CLASSES, c=CLASSES))


def test_empty_columns_play_no_role() -> None:
    assert guess(table(a=[""] * 40, b=CLASSES)) == {"label": "b"}


@pytest.mark.parametrize(
    ("cells", "fits"),
    [
        (CLASSES, True),
        (["1", "0"] * 20, True),
        ([True, False] * 20, True),
        (["only"] * 40, False),
        (NUMBERS, False),
        (NUMBERS[:20] * 2, True),
        (["a long label with many words", "and another one of these"] * 20, False),
        ([None] * 40, False),
    ],
)
def test_what_looks_like_labels(cells: Sequence[Any], fits: bool) -> None:
    assert looks_like_labels(profile_column("x", cells)) is fits


def test_named_columns_that_do_not_exist_are_reported_at_once() -> None:
    with pytest.raises(UserError) as caught:
        check_named_columns({"text": "txet", "label": "sentiment"}, table(text=SENTENCES, labels=CLASSES))
    assert "`text: txet` is not a column. Did you mean 'text'?" in caught.value.what
    assert "`label: sentiment` is not a column" in caught.value.what
    assert caught.value.fix == "The file's columns are: text, labels."
    assert caught.value.where == "rows.csv"


def test_one_column_cannot_play_two_roles() -> None:
    with pytest.raises(UserError, match="`text` and `label` are both the column 'a'"):
        check_named_columns({"text": "a", "label": "a"}, table(a=SENTENCES, b=CLASSES))


def test_names_that_exist_are_fine() -> None:
    check_named_columns({"text": "my text", "label": "b"}, table(**{"my text": SENTENCES, "b": CLASSES}))


FRACTIONS = [f"{number / 7:.3f}" for number in range(40)]
NUMBER = Column(role="label", summary="the number", target=True, kind="number")


@pytest.mark.parametrize(
    ("cells", "as_label", "as_number"),
    [
        (CLASSES, True, False),
        (FRACTIONS, False, True),
        (["1", "2", "3", "4", "5"] * 8, True, True),
        ([*FRACTIONS, "unknown"], False, True),  # a row without a number is dropped, and said
        (["7"] * 40, True, False),
    ],
)
def test_which_roles_a_column_may_play(cells: Sequence[Any], as_label: bool, as_number: bool) -> None:
    profile = profile_column("x", cells)
    assert may_hold(replace(LABEL, kind="label"), profile) is as_label
    assert may_hold(NUMBER, profile) is as_number


def test_a_column_of_numbers_is_no_column_of_labels() -> None:
    profiles = profile_table(table(said=SENTENCES, price=FRACTIONS))
    assert guess_columns([TEXT, NUMBER], {}, profiles) == {"text": "said", "label": "price"}
    assert "label" not in guess_columns(ROLES, {}, profiles)


def test_an_optional_column_is_taken_by_its_usual_name_only() -> None:
    roles = (
        Column(role="text", summary="the text"),
        Column(role="context", summary="what was said before", optional=True, usual_names=("context",)),
        Column(role="label", summary="the label", target=True),
    )
    cells = {"said": SENTENCES, "before": [f"turn {n}" for n in range(40)], "kind": CLASSES}
    profiles = [profile_column(name, values) for name, values in cells.items()]
    assert guess_columns(roles, {}, profiles) == {"text": "said", "label": "kind"}
    named = [*profiles, profile_column("Context", cells["before"])]
    assert guess_columns(roles, {}, named) == {"text": "said", "label": "kind", "context": "Context"}
