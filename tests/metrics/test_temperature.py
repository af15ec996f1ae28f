"""The fitted temperature against a grid."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from burnish.metrics.temperature import HIGHEST, LOWEST, fit_temperature, negative_log_likelihood


def drawn(scale: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `scale` times the honest ones, and labels drawn from the honest ones."""
    generator = np.random.default_rng(seed)
    honest = generator.normal(size=(4000, 5)) * 2
    probabilities = np.exp(log_softmax(honest, axis=1))
    labels = np.array([generator.choice(5, p=row) for row in probabilities])
    return honest * scale, labels


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_it_finds_the_best_of_a_grid(scale: float) -> None:
    logits, labels = drawn(scale, seed=1)
    found = fit_temperature(logits, labels)
    grid = np.geomspace(LOWEST, HIGHEST, 400)
    losses = [negative_log_likelihood(logits / temperature, labels) for temperature in grid]
    assert negative_log_likelihood(logits / found, labels) <= min(losses) + 1e-6
    assert found == pytest.approx(grid[int(np.argmin(losses))], rel=0.03)
    assert found == pytest.approx(scale, rel=0.08)


def test_the_loss_is_the_cross_entropy() -> None:
    logits, labels = drawn(1000.0, seed=2)
    expected = -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean()
    assert negative_log_likelihood(logits, labels) == pytest.approx(expected)


def test_answers_that_are_all_right_do_not_run_away() -> None:
    logits = np.eye(3)[[0, 1, 2]] * 5.0
    assert LOWEST <= fit_temperature(logits, np.array([0, 1, 2])) <= 1
    assert 1 <= fit_temperature(logits, np.array([1, 2, 0])) <= HIGHEST


def test_nothing_to_fit_changes_nothing() -> None:
    assert fit_temperature(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)) == 1.0
    assert negative_log_likelihood(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)) == 0.0
