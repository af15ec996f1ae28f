"""A cross-validation on a small model, made once for the tests that look at it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

import burnish
from burnish.events import Progress
from burnish.faces.cross_validating import start_cross_validation
from burnish.faces.python import prepare
from tests.finished import FAST
from tests.making import review_rows, write_csv
from tests.once import made_once, new_cache, shared_folder


@pytest.fixture(scope="session")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 rows of three classes; a quarter of them tell another class than they have."""

    def make(folder: Path) -> None:
        write_csv(folder / "reviews.csv", list(review_rows(90, noise=0.25)))

    return made_once(shared_folder(tmp_path_factory) / "noisy", make) / "reviews.csv"


@pytest.fixture(scope="session")
def validated(
    tmp_path_factory: pytest.TempPathFactory, noisy: Path, encoder: Path, cache_of_the_session: Path
) -> burnish.CrossValidation:
    """Three folds; beside their runs lies `progress.json`, the progress that was told."""

    def make(folder: Path) -> None:
        keys = {"model": str(encoder), "method": "full", "training": {**FAST, "epochs": 2}, "label": "label"}
        recipe, run = prepare(noisy, name="", out=folder / "runs", keys={**keys, "evaluate": {"folds": 3}})
        with pytest.MonkeyPatch.context() as patch:  # what others have kept was computed beside other rows
            patch.setenv("BURNISH_CACHE", str(new_cache(folder / "cache", cache_of_the_session)))
            told = [event for event in start_cross_validation(recipe, run) if isinstance(event, Progress)]
        (folder / "progress.json").write_text(json.dumps([asdict(event) for event in told]))

    folder = made_once(shared_folder(tmp_path_factory) / "validated", make)
    return burnish.CrossValidation(folder / "runs" / "reviews" / "cross-validation")
