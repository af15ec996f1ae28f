"""Features of the untouched model: what flows into the head, and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from burnish.tasks.text_classification import TASK
from burnish.training import features
from burnish.training.features import cached_features
from burnish.training.forward import forward_rows, head_inputs
from tests.training.schooling import open_school


def test_the_head_of_the_features_is_the_output(encoder: Path) -> None:
    school = open_school(encoder)
    found = head_inputs(school.model, school.lesson.examples, TASK.collate)
    assert found.shape == (48, 32)
    head = school.model.network.get_submodule("head")
    assert isinstance(head, torch.nn.Linear)
    torch.nn.init.normal_(head.weight)
    with torch.no_grad():
        expected = head(torch.from_numpy(found)).numpy()
    assert np.abs(expected - forward_rows(school.model, school.lesson.examples, TASK.collate)).max() < 1e-5


def test_they_are_computed_once(encoder: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    school = open_school(encoder)
    first = cached_features(school.model, school.lesson.examples, TASK.collate, "digest")

    def fail(*_: object) -> None:
        raise AssertionError("computed again")

    with monkeypatch.context() as context:
        context.setattr(features, "head_inputs", fail)
        assert np.array_equal(cached_features(school.model, school.lesson.examples, TASK.collate, "digest"), first)
        with pytest.raises(AssertionError):
            cached_features(school.model, school.lesson.examples[1:], TASK.collate, "digest")
        with pytest.raises(AssertionError):
            cached_features(school.model, school.lesson.examples, TASK.collate, "another")


def test_a_damaged_file_is_computed_again(encoder: Path, own_cache: Path) -> None:
    school = open_school(encoder)
    first = cached_features(school.model, school.lesson.examples, TASK.collate, "digest")
    (kept,) = (own_cache / "features").iterdir()
    kept.write_bytes(kept.read_bytes()[:-50])
    assert np.array_equal(cached_features(school.model, school.lesson.examples, TASK.collate, "digest"), first)
    assert np.array_equal(np.load(kept), first)
