"""Scores of spans: computed by hand, and as seqeval computes them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from burnish.contracts import Json, Metric, Prediction, Targets
from burnish.metrics.intervals import score_rows
from burnish.metrics.spans import (
    ROWS_RIGHT,
    SPAN_F1,
    SPAN_LOG_LOSS,
    SPAN_MACRO_F1,
    SPAN_PRECISION,
    SPAN_RECALL,
    kind_scores,
    one_kind,
)
from burnish.spans.reading import as_dicts, spans_of_tags

TARGETS = Targets(labels=("a", "b", "c"))


def spans(*found: tuple[int, int, str]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end, "label": label} for start, end, label in found]


def answered(*values: Json, confidence: float = 0.9) -> list[Prediction]:
    return [
        Prediction(
            value=value,
            confidence=confidence,
            scores={f"{s['start']}-{s['end']} {s['label']}": confidence for s in value},
        )
        for value in values
    ]


TRUTHS = [spans((0, 2, "a"), (3, 5, "b")), spans((0, 1, "a")), spans(), spans((4, 6, "x"))]
ANSWERS = answered(spans((0, 2, "a"), (3, 6, "b")), spans((0, 1, "b")), spans(), spans())


def score(metric: Metric) -> float:
    return score_rows(metric, metric.statistics(TRUTHS, ANSWERS, TARGETS))


def test_by_hand() -> None:
    # One of three answers is right, and one of four true spans (one of a kind that training never saw) is found.
    assert score(SPAN_PRECISION) == pytest.approx(1 / 3)
    assert score(SPAN_RECALL) == pytest.approx(1 / 4)
    assert score(SPAN_F1) == pytest.approx(2 / 7)
    # a: 1 of 2 true and 1 found; b: none of 1 and 2; c: not there; unknown: none of 1.
    assert score(SPAN_MACRO_F1) == pytest.approx((2 / 3 + 0 + 0) / 3)
    assert score(ROWS_RIGHT) == pytest.approx(1 / 4)
    # Found with 0.9; three true ones not found, and two that are not there with 0.9.
    expected = -(np.log(0.9) + 3 * np.log(1e-4) + 2 * np.log(0.1)) / 6
    assert score(SPAN_LOG_LOSS) == pytest.approx(expected)


def test_by_kind() -> None:
    a, b, c = kind_scores(TRUTHS, ANSWERS, TARGETS)
    assert a == {"label": "a", "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "spans": 2}
    assert b == {"label": "b", "precision": 0.0, "recall": 0.0, "f1": 0.0, "spans": 1}
    assert c == {"label": "c", "precision": None, "recall": None, "f1": None, "spans": 0}
    metric = one_kind("a")
    assert score_rows(metric, metric.statistics(TRUTHS, ANSWERS, TARGETS)) == pytest.approx(2 / 3)


def test_where_there_is_nothing_to_find_finding_nothing_is_right() -> None:
    nothing, something = answered(spans()), answered(spans((0, 1, "a")))
    for metric, wrong in ((SPAN_F1, 0.0), (SPAN_MACRO_F1, 0.0), (SPAN_PRECISION, 0.0), (SPAN_RECALL, 1.0)):
        assert score_rows(metric, metric.statistics([[]], nothing, TARGETS)) == 1.0
        assert score_rows(metric, metric.statistics([[]], something, TARGETS)) == wrong


def test_as_seqeval_does() -> None:
    from seqeval.metrics import classification_report

    generator = random.Random(0)
    tags = ["O", "O", *(f"{part}-{label}" for label in TARGETS.labels for part in "BI")]
    rows = [[generator.choice(tags) for _ in range(generator.randint(1, 12))] for _ in range(200)]
    noisy = [[tag if generator.random() < 0.8 else generator.choice(tags) for tag in row] for row in rows]
    report = classification_report(rows, noisy, output_dict=True)

    def read(found: list[list[str]]) -> list[Json]:
        return [as_dicts(spans_of_tags(row, [(place, place + 1) for place in range(len(row))])) for row in found]

    truths, predictions = read(rows), answered(*read(noisy))
    for metric, name in ((SPAN_F1, "f1-score"), (SPAN_PRECISION, "precision"), (SPAN_RECALL, "recall")):
        own = score_rows(metric, metric.statistics(truths, predictions, TARGETS))
        assert own == pytest.approx(report["micro avg"][name]), name
    macro = score_rows(SPAN_MACRO_F1, SPAN_MACRO_F1.statistics(truths, predictions, TARGETS))
    assert macro == pytest.approx(report["macro avg"]["f1-score"])
    for own_scores in kind_scores(truths, predictions, TARGETS):
        theirs = report[own_scores["label"]]
        assert own_scores["f1"] == pytest.approx(theirs["f1-score"])
        assert own_scores["spans"] == theirs["support"]
