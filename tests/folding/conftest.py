"""A cross-validation on a small model, made once for the tests that look at it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import burnish
from tests.finished import FAST
from tests.making import review_rows, write_csv


@pytest.fixture(scope="session")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 rows of three classes; a quarter of them tell another class than they have."""
    return write_csv(tmp_path_factory.mktemp("noisy") / "reviews.csv", list(review_rows(90, noise=0.25)))


@pytest.fixture(scope="session")
def validated(tmp_path_factory: pytest.TempPathFactory, noisy: Path, encoder: Path) -> burnish.CrossValidation:
    """Three folds."""
    folder = tmp_path_factory.mktemp("validated")
    os.environ["BURNISH_CACHE"] = str(folder / "cache")
    training = {**FAST, "epochs": 2}
    return burnish.cross_validate(
        noisy, folds=3, model=str(encoder), method="full", training=training, out=folder / "runs", label="label"
    )
