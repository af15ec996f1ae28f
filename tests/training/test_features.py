"""Features of the untouched model: what flows into the head, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from burnish.contracts import Example
from burnish.tasks.text_classification import TASK
from burnish.training import features
from burnish.training.features import cached_features
from burnish.training.forward import forward_rows, head_inputs, head_inputs_each
from tests.making import make_encoder
from tests.training.schooling import School, open_school


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


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were computed, call by call."""
    counts: list[int] = []

    def counting(model: Any, examples: Sequence[Example], collate: Any) -> list[np.ndarray]:
        counts.append(len(examples))
        return head_inputs_each(model, examples, collate)

    monkeypatch.setattr(features, "head_inputs_each", counting)
    return counts


def of(school: School, rows: slice = slice(None), digest: str = "digest") -> np.ndarray:
    return cached_features(school.model, school.lesson.examples[rows], TASK.collate, digest)


def test_they_are_computed_once(encoder: Path, computed: list[int]) -> None:
    school = open_school(encoder)
    expected = head_inputs(school.model, school.lesson.examples, TASK.collate)
    assert np.abs(of(school, slice(0, 30)) - expected[:30]).max() < 1e-6
    everything = of(school)
    assert everything.dtype == np.float32
    assert np.abs(everything - expected).max() < 1e-6
    assert np.array_equal(of(school, slice(None, None, -1)), everything[::-1])
    assert np.array_equal(of(open_school(encoder)), everything)
    assert computed == [30, 18, 0, 0]


def test_other_weights_and_other_pooling_have_other_features(
    encoder: Path, tmp_path: Path, computed: list[int]
) -> None:
    school = open_school(encoder)
    first = of(school)
    other = open_school(make_encoder(tmp_path / "other", seed=1))
    assert np.abs(of(other, digest="another") - first).max() > 1e-3
    vars(school.model.network)["pooling"] = "cls"
    assert np.abs(of(school) - first).max() > 1e-3
    assert computed == [48, 48, 48]


def test_rows_that_are_the_same_are_one(encoder: Path, computed: list[int]) -> None:
    school = open_school(encoder)
    twice = [*school.lesson.examples[:3], *school.lesson.examples[:3]]
    found = cached_features(school.model, twice, TASK.collate, "digest")
    assert np.array_equal(found[:3], found[3:])
    assert cached_features(school.model, [], TASK.collate, "digest").shape[0] == 0


def test_a_damaged_file_is_computed_again(encoder: Path, own_cache: Path, computed: list[int]) -> None:
    school = open_school(encoder)
    first = of(school)
    (kept,) = (own_cache / "states").glob("*/*.states")
    kept.write_bytes(kept.read_bytes()[:-50])
    assert np.abs(of(school) - first).max() < 1e-6
    assert np.array_equal(of(school), of(school))
    assert computed == [48, 48, 0, 0]


def test_where_nothing_is_kept_they_are_still_right(
    encoder: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, computed: list[int]
) -> None:
    monkeypatch.setenv("BURNISH_STATES_GB", "0")
    school = open_school(encoder)
    expected = head_inputs(school.model, school.lesson.examples, TASK.collate)
    for _ in range(2):
        assert np.abs(of(school) - expected).max() < 1e-6
    assert computed == [48, 48]
    assert not (own_cache / "states").exists()
