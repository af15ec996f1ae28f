"""Ridge regression, and the number baselines that rest on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from burnish.baselines.mean_number import MEAN_NUMBER
from burnish.baselines.ridge import fit_ridge
from burnish.baselines.tfidf_ridge import tfidf_ridge
from burnish.contracts import BaselineInputs, Targets
from burnish.data.numbers import number_statistics
from burnish.metrics.conformal import COVERAGE
from tests.baselines.no_model import NoModel


def drawn(rows: int, noise: float, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    features = generator.normal(size=(rows, 8))
    return features, features @ np.arange(8) / 10 + generator.normal(0, noise, rows)


@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_it_finds_the_line_and_how_far_off_it_is(form: type) -> None:
    generator = np.random.default_rng(0)
    train, validation, test = (drawn(rows, 0.3, generator) for rows in (200, 200, 2000))
    found = fit_ridge(form(train[0]), train[1], form(validation[0]), validation[1], (0.1, 1.0, 1000.0))
    assert np.allclose(found.weight, np.arange(8) / 10, atol=0.1)
    errors = np.abs(test[0] @ found.weight + found.bias - test[1])
    assert (errors <= found.half_width).mean() == pytest.approx(COVERAGE, abs=0.04)


def test_validation_rows_choose_the_strength() -> None:
    """Pure noise: the strongest penalty is best."""
    generator = np.random.default_rng(1)
    train, validation = generator.normal(size=(30, 20)), generator.normal(size=(200, 20))
    strengths = (0.01, 1e6)
    found = fit_ridge(train, generator.normal(size=30), validation, generator.normal(size=200), strengths)
    assert np.abs(found.weight).max() < 1e-3


def test_words_tell_a_number(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": f"{word} thing {n}", "label": value} for n in range(30) for word, value in (("bad", 1), ("good", 5))
    ]
    targets = Targets(statistics=number_statistics([row["label"] for row in rows]))
    inputs = BaselineInputs(train=rows, validation=rows[:20], targets=targets, features=NoModel(), seed=0)
    told = tfidf_ridge("text").fit(inputs).predict([{"text": "a good one"}, {"text": "a bad one"}])
    assert told[0].value > 4 > 2 > told[1].value
    for prediction in told:
        assert prediction.interval is not None
        assert prediction.interval[0] <= prediction.value <= prediction.interval[1]
    mean = MEAN_NUMBER.fit(inputs).predict(rows[:1])[0]
    assert mean.value == 3.0
    assert mean.interval == pytest.approx((1.0, 5.0))
