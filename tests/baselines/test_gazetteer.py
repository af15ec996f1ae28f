"""Phrases of the training rows, found again."""

from __future__ import annotations

import json
from typing import Any

from burnish.baselines.gazetteer import GAZETTEER
from burnish.contracts import BaselineInputs, Targets
from tests.baselines.no_model import NoModel


def row(text: str, *pieces: tuple[str, str]) -> dict[str, Any]:
    spans = [{"start": text.index(p), "end": text.index(p) + len(p), "label": label} for p, label in pieces]
    return {"text": text, "context": "", "spans": json.dumps(spans)}


def fitted(*rows: dict[str, Any]) -> Any:
    targets = Targets(labels=("city", "food"))
    inputs = BaselineInputs(train=rows, validation=rows, targets=targets, features=NoModel(), seed=0)
    return GAZETTEER.fit(inputs)


def found(baseline: Any, text: str) -> list[tuple[str, str, float]]:
    (answer,) = baseline.predict([{"text": text}])
    return [(span["text"], span["label"], span["score"]) for span in answer.detail]


def test_the_longest_phrase_is_found_whatever_its_case() -> None:
    baseline = fitted(row("from New York", ("New York", "city")), row("in York", ("York", "city")))
    assert found(baseline, "NEW YORK or york, New") == [("NEW YORK", "city", 0.5), ("york", "city", 0.3333)]


def test_a_phrase_that_mostly_is_no_span_is_not_found() -> None:
    rows = [row("I may go"), row("you may eat"), row("see May", ("May", "city")), row("an orange", ("orange", "food"))]
    assert found(fitted(*rows), "may I have an orange") == [("orange", "food", 0.5)]


def test_the_more_frequent_label_is_given() -> None:
    rows = [row(f"{n} turkey", ("turkey", label)) for n, label in enumerate(["food", "city", "food"])]
    assert [(label, score) for _, label, score in found(fitted(*rows), "turkey")] == [("food", 0.5)]
