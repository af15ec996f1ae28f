"""Scores of classifiers against scikit-learn and against values computed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from sklearn import metrics as sk

from burnish.contracts import Metric, Prediction, Targets
from burnish.metrics.classification import (
    ACCURACY,
    BALANCED_ACCURACY,
    CALIBRATION_ERROR,
    LOG_LOSS,
    MACRO_F1,
    WEIGHTED_F1,
    class_scores,
    confusion_counts,
    label_indices,
    reliability,
)
from burnish.metrics.intervals import score_rows
from tests.metrics.answering import prediction

ABC = Targets(labels=("a", "b", "c"), counts=(1, 1, 1))


def score(metric: Metric, truths: Sequence[str], predictions: Sequence[Prediction], targets: Targets = ABC) -> float:
    return score_rows(metric, metric.statistics(truths, predictions, targets))


def answers(labels: Sequence[str]) -> list[Prediction]:
    return [prediction(label) for label in labels]


BY_SCIKIT_LEARN: dict[str, tuple[Metric, Callable[[list[str], list[str]], float]]] = {
    "accuracy": (ACCURACY, sk.accuracy_score),
    "balanced accuracy": (BALANCED_ACCURACY, sk.balanced_accuracy_score),
    "macro F1": (MACRO_F1, lambda t, p: sk.f1_score(t, p, average="macro", zero_division=0)),
    "weighted F1": (WEIGHTED_F1, lambda t, p: sk.f1_score(t, p, average="weighted", zero_division=0)),
}


@pytest.mark.filterwarnings("ignore:y_pred contains classes")
@pytest.mark.parametrize("name", BY_SCIKIT_LEARN)
@pytest.mark.parametrize("seed", range(12))
def test_as_scikit_learn_computes_it(name: str, seed: int) -> None:
    """Also where labels stand in the truth only, in the predictions only, in neither, or were never trained."""
    metric, expected = BY_SCIKIT_LEARN[name]
    generator = np.random.default_rng(seed)
    labels = [f"label {number}" for number in range(generator.integers(2, 9))]
    rows = int(generator.integers(1, 80))
    truths = generator.choice(labels[: 1 + seed % len(labels)], size=rows).tolist()
    predicted = generator.choice(labels[seed % 2 :], size=rows).tolist()
    if seed % 3 == 0:
        truths = [
            "never trained" if draw < 0.2 else truth for truth, draw in zip(truths, generator.random(rows), strict=True)
        ]
    targets = Targets(labels=tuple(labels), counts=(1,) * len(labels))
    assert score(metric, truths, answers(predicted), targets) == pytest.approx(expected(truths, predicted))


def test_by_hand() -> None:
    truths = ["a", "a", "a", "b", "b", "c"]
    predictions = answers(["a", "a", "b", "b", "a", "b"])
    # a: 2 hits of 3 true and 3 predicted; b: 1 of 2 and 3; c: none of 1 and 0.
    assert score(ACCURACY, truths, predictions) == pytest.approx(3 / 6)
    assert score(BALANCED_ACCURACY, truths, predictions) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert score(MACRO_F1, truths, predictions) == pytest.approx((4 / 6 + 2 / 5 + 0) / 3)
    assert score(WEIGHTED_F1, truths, predictions) == pytest.approx((3 * 4 / 6 + 2 * 2 / 5 + 0) / 6)
    assert confusion_counts(truths, predictions, ABC).tolist() == [[2, 1, 0], [1, 1, 0], [0, 1, 0]]
    assert class_scores(truths, predictions, ABC) == [
        {
            "label": "a",
            "precision": pytest.approx(2 / 3),
            "recall": pytest.approx(2 / 3),
            "f1": pytest.approx(2 / 3),
            "rows": 3,
        },
        {"label": "b", "precision": pytest.approx(1 / 3), "recall": 0.5, "f1": pytest.approx(2 / 5), "rows": 2},
        {"label": "c", "precision": None, "recall": 0.0, "f1": 0.0, "rows": 1},
    ]


def test_labels_that_training_never_saw_count_as_one_class_that_nobody_finds() -> None:
    truths, predictions = ["a", "new", "newer", "b"], answers(["a", "a", "b", "b"])
    assert score(ACCURACY, truths, predictions) == 0.5
    assert score(BALANCED_ACCURACY, truths, predictions) == pytest.approx((1 + 1 + 0) / 3)
    assert score(MACRO_F1, truths, predictions) == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert label_indices(truths, ABC).tolist() == [0, -1, -1, 1]
    assert confusion_counts(truths, predictions, ABC).sum() == 2
    assert [line["label"] for line in class_scores(truths, predictions, ABC)] == ["a", "b", "c"]


def test_an_answer_outside_the_labels_is_wrong_and_no_hit() -> None:
    truths, predictions = ["a", "new"], answers(["odd", "odd"])
    for metric in (ACCURACY, BALANCED_ACCURACY, MACRO_F1, WEIGHTED_F1):
        assert score(metric, truths, predictions) == 0


def test_calibration_error_by_hand() -> None:
    """Two bins: [14/15, 1] holds 0.95 and 0.99 with one right; [7/15, 8/15) holds 0.5 twice with two right."""
    predictions = [prediction("a", 0.95), prediction("a", 0.99), prediction("a", 0.5), prediction("b", 0.5)]
    truths = ["a", "b", "a", "b"]
    expected = (2 * abs(0.97 - 0.5) + 2 * abs(0.5 - 1.0)) / 4
    assert score(CALIBRATION_ERROR, truths, predictions) == pytest.approx(expected)
    assert reliability(truths, predictions, ABC) == [
        {"confidence": pytest.approx(0.5), "accuracy": 1.0, "rows": 2},
        {"confidence": pytest.approx(0.97), "accuracy": 0.5, "rows": 2},
    ]


def test_calibration_error_at_the_ends() -> None:
    assert score(CALIBRATION_ERROR, ["a", "a"], [prediction("a", 1.0), prediction("a", 1.0)]) == 0
    assert score(CALIBRATION_ERROR, ["a"], [prediction("b", 1.0)]) == 1
    assert score(CALIBRATION_ERROR, ["a"], [prediction("b", 0.0)]) == 0


def test_calibration_error_of_honest_and_of_boastful_confidence() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.3, 1, size=20_000)
    truths = ["a" if draw < sure else "b" for draw, sure in zip(generator.random(20_000), confidence, strict=True)]
    honest = [prediction("a", float(sure)) for sure in confidence]
    boastful = [prediction("a", min(1.0, float(sure) + 0.2)) for sure in confidence]
    assert score(CALIBRATION_ERROR, truths, honest) < 0.02
    assert score(CALIBRATION_ERROR, truths, boastful) == pytest.approx(0.17, abs=0.03)


def test_log_loss() -> None:
    predictions = [prediction("a", 0.5, a=0.5, b=0.25, c=0.25), prediction("b", 0.8, a=0.1, b=0.8, c=0.1)]
    assert score(LOG_LOSS, ["a", "a"], predictions) == pytest.approx(-(math.log(0.5) + math.log(0.1)) / 2)
    probabilities = [[p.scores[label] for label in ABC.labels] for p in predictions]
    assert score(LOG_LOSS, ["a", "c"], predictions) == pytest.approx(
        sk.log_loss(["a", "c"], probabilities, labels=list(ABC.labels))
    )
    assert score(LOG_LOSS, ["new"], predictions[:1]) == pytest.approx(-math.log(1e-12))


@pytest.mark.parametrize("metric", [ACCURACY, BALANCED_ACCURACY, MACRO_F1, WEIGHTED_F1, CALIBRATION_ERROR, LOG_LOSS])
def test_a_sum_over_no_rows_is_no_crash(metric: Metric) -> None:
    statistics = metric.statistics(["a"], [prediction("a", 1.0, a=1.0)], ABC)
    assert metric.value is not None
    assert np.isfinite(metric.value(np.zeros((3, statistics.shape[1])))).all()
