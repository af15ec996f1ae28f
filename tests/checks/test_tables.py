"""Checks of labels and columns: what gives the label away, imbalance, groups."""

from __future__ import annotations

import random

from burnish.checks import giveaways, imbalance, under_represented
from tests.checks.seeing import row, see

LABELS = [random.Random(number).choice(("good", "bad", "odd")) for number in range(90)]
ROWS = [row(number, f"some text {number}", label) for number, label in enumerate(LABELS)]


def test_columns_that_tell_the_label() -> None:
    places = {"good": 1, "bad": 2, "odd": 3}
    others = {
        "code": [f"c{places[label]}" for label in LABELS],
        "score": [str(places[label] + random.Random(number).random() / 2) for number, label in enumerate(LABELS)],
        "id": [str(number) for number in range(90)],
        "shop": [random.Random(-number).choice("ab") for number in range(90)],
        "empty": [""] * 90,
    }
    found = giveaways.CHECK.find(see(ROWS, others=others))[0]
    assert [example.partition(":")[0] for example in found.examples] == ["code", "score"]


def test_texts_that_hold_the_name_of_their_label() -> None:
    rows = [row(n, f"text {n}" + (" - Good one" if label == "good" else ""), label) for n, label in enumerate(LABELS)]
    found = giveaways.CHECK.find(see(rows))[0]
    assert found.severity == "warning"
    assert found.examples[0].startswith("'good' stands in")
    assert giveaways.CHECK.find(see(ROWS)) == []


def test_a_class_that_is_much_more_frequent() -> None:
    rows = [row(number, "text", "rare" if number < 3 else "usual") for number in range(60)]
    found = imbalance.CHECK.find(see(rows))[0]
    assert "'usual' (95%) has 19 times the rows of 'rare'" in found.text
    assert found.severity == "warning"
    assert imbalance.CHECK.find(see(ROWS)) == []


def test_groups_with_few_rows() -> None:
    groups = {number: "old" if number < 5 else "young" for number in range(90)}
    found = under_represented.CHECK.find(see(ROWS, audited={"age": groups}))
    assert found[0].examples == ["old: 5 rows"]
    assert under_represented.CHECK.find(see(ROWS)) == []


def test_groups_with_other_labels() -> None:
    groups = {number: "a" if label == "good" else "b" for number, label in enumerate(LABELS)}
    found = under_represented.CHECK.find(see(ROWS * 2, audited={"shop": groups}))
    assert any("a: 100% are 'good'" in example for one in found for example in one.examples)
