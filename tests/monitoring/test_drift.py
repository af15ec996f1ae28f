from __future__ import annotations

import numpy as np
import pytest

from burnish.monitoring.drift import (
    embedding_of,
    estimated_accuracy,
    input_drift,
    level_of_a_look,
    numbers_drift,
    prediction_drift,
)


def features(rows: int, seed: int, moved: float = 0.0) -> np.ndarray:
    """Features whose directions differ widely in spread, and lean on each other."""
    generator = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(24, 24)) * np.geomspace(10, 0.01, 24)
    return np.asarray(generator.normal(size=(rows, 24)) @ mixing + moved * mixing[5], dtype=np.float32)


def test_p_values_are_even_where_nothing_has_changed() -> None:
    found = []
    for seed in range(300):
        reference = embedding_of(features(600, 2 * seed))
        found.append(input_drift(features(150, 2 * seed + 1), reference).p)
    shares = [np.mean(np.array(found) < level) for level in (0.05, 0.25, 0.5)]
    assert shares[0] < 0.10
    assert shares[1] == pytest.approx(0.25, abs=0.1)
    assert shares[2] == pytest.approx(0.5, abs=0.1)


def test_a_move_is_seen_and_measured() -> None:
    reference = embedding_of(features(2000, 1))
    test = input_drift(features(250, 2, moved=0.8), reference)
    assert test.p < 1e-6
    assert 0.3 < test.size < 1.3
    assert input_drift(features(250, 3), reference).size < 0.3


def test_one_feature_that_never_changes_is_no_division_by_zero() -> None:
    still = np.zeros((50, 4), dtype=np.float32)
    still[:, 0] = np.arange(50)
    assert input_drift(still[::5], embedding_of(still)).p > 0.01


def test_other_shares_of_answers_are_seen() -> None:
    before = ["yes"] * 300 + ["no"] * 100
    assert prediction_drift(["yes"] * 150 + ["no"] * 50, before).p > 0.5
    changed = prediction_drift(["yes"] * 80 + ["no"] * 120, before)
    assert changed.p < 1e-6
    assert changed.size == pytest.approx(0.35)
    assert changed.text == "no: 25.0% before, 60.0% now" or changed.text == "yes: 75.0% before, 40.0% now"
    assert prediction_drift(["new"] * 200, before).p < 1e-6
    assert prediction_drift(["yes"] * 20, ["yes"] * 50).p == 1.0


def test_many_rare_answers_are_counted_together() -> None:
    generator = np.random.default_rng(0)
    names = [f"label {number}" for number in range(77)]
    found = [
        prediction_drift(list(generator.choice(names, 250)), list(generator.choice(names, 700))).p for _ in range(200)
    ]
    assert np.mean(np.array(found) < 0.05) < 0.11


def test_numbers_that_have_moved_are_seen() -> None:
    generator = np.random.default_rng(0)
    before = generator.beta(8, 2, 700).tolist()
    assert numbers_drift("confidence", generator.beta(8, 2, 250).tolist(), before).p > 0.01
    assert numbers_drift("confidence", generator.beta(5, 3, 250).tolist(), before).p < 1e-6


def test_the_level_spends_one_false_alarm_on_all_looks() -> None:
    assert level_of_a_look(between=100, tests=4, requests_per_false_alarm=100_000) == pytest.approx(0.00025)
    assert level_of_a_look(between=100, tests=1, requests_per_false_alarm=1000) == 0.05


def test_accuracy_moves_with_the_confidence_and_stays_a_share() -> None:
    assert estimated_accuracy([0.7, 0.7], [0.9, 0.8], 0.82) == pytest.approx(0.67)
    assert estimated_accuracy([1.0], [0.1], 0.9) == 1.0
