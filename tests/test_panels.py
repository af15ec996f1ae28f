"""What a report shows of a classifier."""

from __future__ import annotations

import json
from typing import Any

from burnish.contracts import Prediction, Targets
from burnish.panels import classification_panels, table_panel

ABC = Targets(labels=("a", "b", "c"), counts=(1, 1, 1))


def answer(value: str, confidence: float) -> Prediction:
    return Prediction(value=value, confidence=confidence)


def shown(truths: list[str], predictions: list[Prediction], targets: Targets = ABC) -> dict[str, dict[str, Any]]:
    panels = classification_panels([f"input {i}" for i in range(len(truths))], truths, predictions, targets)
    json.dumps(panels, allow_nan=False)
    return {panel["title"]: panel for panel in panels}


def test_few_labels_get_a_matrix() -> None:
    panels = shown(["a", "a", "b"], [answer("a", 0.9), answer("b", 0.6), answer("b", 0.7)])
    matrix = panels["What is taken for what"]
    assert (matrix["kind"], matrix["labels"]) == ("matrix", ["a", "b", "c"])
    assert matrix["counts"] == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_many_labels_get_their_most_frequent_confusions() -> None:
    labels = tuple(f"l{number:02}" for number in range(25))
    truths = ["l00"] * 3 + ["l01", "l02"]
    predictions = [answer("l05", 0.5)] * 3 + [answer("l06", 0.5), answer("l02", 0.5)]
    table = shown(truths, predictions, Targets(labels=labels, counts=(1,) * 25))["What is taken for what"]
    assert table["kind"] == "table"
    assert table["rows"] == [["l00", "l05", 3], ["l01", "l06", 1]]


def test_classes_come_weakest_first() -> None:
    table = shown(["a", "a", "b"], [answer("a", 0.9), answer("b", 0.6), answer("b", 0.7)])["Class by class"]
    assert table["shares"] == [1, 2, 3]
    assert [row[0] for row in table["rows"]] == ["c", "a", "b"]
    assert table["rows"][0] == ["c", None, None, 0.0, 0]
    assert table["rows"][1][1:3] == [1.0, 0.5]


def test_the_surest_errors_come_first() -> None:
    truths = ["a"] * 20 + ["b"]
    predictions = [answer("b", number / 20) for number in range(20)] + [answer("b", 1.0)]
    errors = shown(truths, predictions)["Its most confident errors"]
    assert errors["caption"].startswith("20 of 21 test rows are answered wrong")
    assert len(errors["errors"]) == 15
    assert errors["errors"][0] == {"input": "input 19", "truth": "a", "answer": "b", "confidence": 0.95}


def test_without_errors_there_is_no_such_panel() -> None:
    panels = shown(["a", "b"], [answer("a", 0.9), answer("b", 0.9)])
    assert "Its most confident errors" not in panels
    assert panels["Does its confidence mean anything?"]["bins"][0]["rows"] == 2


def test_labels_that_training_never_saw_are_errors() -> None:
    panels = shown(["new", "a"], [answer("a", 0.8), answer("a", 0.9)])
    assert panels["Its most confident errors"]["errors"][0]["truth"] == "new"
    assert sum(map(sum, panels["What is taken for what"]["counts"])) == 1


def test_a_table() -> None:
    assert table_panel("t", "c", ("x", "y"), [(1, None)], shares=(1,)) == {
        "kind": "table",
        "title": "t",
        "caption": "c",
        "columns": ["x", "y"],
        "rows": [[1, None]],
        "shares": [1],
    }
