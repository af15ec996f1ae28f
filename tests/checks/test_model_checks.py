"""Checks that look at features: label errors, outliers, equal features, drift, learning curves."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.checks import drift, feature_duplicates, label_errors, outliers, too_little_data
from burnish.checks.out_of_fold import fitted, out_of_fold
from tests.checks.seeing import Clouds, cloud_rows, row, see


def test_wrong_labels_are_found_with_the_right_one() -> None:
    wrong = (3, 10, 29, 50, 77, 90)
    found = label_errors.CHECK.find(see(cloud_rows(3, 40, wrong), features=Clouds(3)))[0]
    hit = set(wrong) & set(found.rows)
    assert len(hit) >= 5
    assert len(found.rows) <= len(wrong) + 1
    assert all(found.repaired[number] == {"label": f"class-{number % 3}"} for number in hit)
    assert "the others say" in found.shown[found.rows[0]]


def test_good_labels_are_left_alone() -> None:
    assert label_errors.CHECK.find(see(cloud_rows(3, 40), features=Clouds(3))) == []
    assert label_errors.CHECK.find(see(cloud_rows(3, 5), features=Clouds(3))) == [], "too few to tell"


def test_of_many_rows_of_many_classes_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_errors, "_MOST_ANSWERS", 200)
    wrong = tuple(range(0, 120, 14))
    found = label_errors.CHECK.find(see(cloud_rows(3, 40, wrong), features=Clouds(3)))[0]
    assert "of the 60 labels looked at" in found.text
    assert all(number % 2 == 0 for number in found.rows)


def test_a_weak_probe_accuses_few() -> None:
    generator = np.random.default_rng(0)
    rows = [row(number, f"{number % 3} {number}", f"class-{generator.integers(3)}") for number in range(150)]
    found = label_errors.CHECK.find(see(rows, features=Clouds(3, spread=3)))
    assert sum(len(one.rows) for one in found) < 15


def test_rows_are_asked_of_folds_that_have_not_learned_them() -> None:
    features = np.random.default_rng(0).normal(size=(90, 40)).astype(np.float32)
    labels = np.arange(90) % 3
    probabilities = out_of_fold(features, labels, 3, 0)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (probabilities.argmax(axis=1) == labels).mean() < 0.6, "noise tells nothing of rows that were not learned"
    assert np.array_equal(probabilities, out_of_fold(features, labels, 3, 0))


def test_of_many_rows_a_fold_learns_from_some(monkeypatch: pytest.MonkeyPatch) -> None:
    learned: list[int] = []

    def counted(features: np.ndarray, labels: np.ndarray, strength: float) -> object:
        learned.append(len(labels))
        return fitted(features, labels, strength)

    monkeypatch.setattr("burnish.checks.out_of_fold.fitted", counted)
    monkeypatch.setattr("burnish.checks.out_of_fold._MOST_LEARNED", 60)
    labels = np.arange(300) % 3
    features = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    features[np.arange(300), labels] += 3
    probabilities = out_of_fold(features, labels, 3, 0)
    assert set(learned) == {60}
    assert probabilities.shape == (300, 3)
    assert np.mean(probabilities.argmax(axis=1) == labels) > 0.9


def test_a_class_with_one_row_is_no_obstacle() -> None:
    rows = [*cloud_rows(3, 40, (3, 10, 29, 50, 77, 90)), row(120, "0 alone", "rare")]
    found = label_errors.CHECK.find(see(rows, features=Clouds(3)))[0]
    assert found.rows
    assert 120 not in found.rows


def test_rows_far_from_all_others() -> None:
    rows = [*cloud_rows(3, 40), row(120, "elsewhere")]
    assert outliers.CHECK.find(see(rows, features=Clouds(3)))[0].rows == [120]
    assert outliers.CHECK.find(see(cloud_rows(3, 40), features=Clouds(3))) == []
    test = [*cloud_rows(3, 5, first=200), row(300, "far away")]
    found = outliers.CHECK.find(see(cloud_rows(3, 40), test, features=Clouds(3)))
    assert [one.rows for one in found] == [[300]]
    assert "test row" in found[0].text


def test_inputs_that_the_model_cannot_tell_apart() -> None:
    rows = [*cloud_rows(3, 10), row(30, "0 0"), row(31, "0 0")]
    assert feature_duplicates.CHECK.default == "skip"
    assert feature_duplicates.CHECK.find(see(rows, features=Clouds(3)))[0].rows == [30, 31]


def test_test_rows_from_elsewhere() -> None:
    same = drift.CHECK.find(see(cloud_rows(3, 40), cloud_rows(3, 20, first=200), features=Clouds(3)))
    assert same == []
    test = [row(200 + number, f"0 {200 + number}", "class-0") for number in range(60)]
    found = drift.CHECK.find(see(cloud_rows(3, 40), test, features=Clouds(3, spread=0.1)))
    assert len(found) == 2
    assert "labels are much more or less frequent" in found[0].text
    assert "a classifier tells test rows from training rows" in found[1].text
    assert len(drift.CHECK.find(see(cloud_rows(3, 40), test))) == 1, "without features the labels alone are compared"


def test_few_rows_and_what_more_would_bring() -> None:
    found = too_little_data.CHECK.find(see(cloud_rows(3, 20), features=Clouds(3, spread=1.5)))[0]
    assert found.severity == "warning"
    assert found.count == 60
    counts, accuracies = zip(*found.figures["points"], strict=True)
    assert counts == (12, 24, 36, 48)
    assert all(0 <= accuracy <= 1 for accuracy in accuracies)
    assert "twice as many" in found.text
    assert too_little_data.CHECK.find(see(cloud_rows(3, 40)))[0].severity == "note"
    assert too_little_data.CHECK.find(see(cloud_rows(2, 250))) == []
