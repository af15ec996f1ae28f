"""Data sets of Hugging Face `datasets`."""

from __future__ import annotations

from pathlib import Path

import datasets
import pytest

from burnish.data.read import read_table
from burnish.errors import UserError


@pytest.fixture
def rows() -> datasets.Dataset:
    classes = datasets.ClassLabel(names=["bad", "good"])
    features = {"text": datasets.Value("string"), "label": classes, "ids": datasets.List(datasets.Value("int32"))}
    content = {"text": ["a", "b", "c"], "label": [1, 0, -1], "ids": [[1], [], None]}
    return datasets.Dataset.from_dict(content, features=datasets.Features(features))


def test_a_saved_data_set(rows: datasets.Dataset, tmp_path: Path) -> None:
    """A class is told by its name, and rows that were chosen are those that are read."""
    rows.select([2, 0, 1]).save_to_disk(tmp_path / "saved")
    table = read_table(tmp_path / "saved")
    assert table.columns == {"text": ["c", "a", "b"], "label": [None, "good", "bad"], "ids": [None, [1], []]}
    assert table.format == "Hugging Face data set"


def test_splits_are_named(rows: datasets.Dataset, tmp_path: Path) -> None:
    datasets.DatasetDict({"train": rows, "test": rows}).save_to_disk(tmp_path / "saved")
    with pytest.raises(UserError, match="several splits: test, train") as caught:
        read_table(tmp_path / "saved")
    assert str(tmp_path / "saved" / "train") in caught.value.fix
    assert len(read_table(tmp_path / "saved" / "train")) == 3


def test_a_damaged_folder(rows: datasets.Dataset, tmp_path: Path) -> None:
    rows.save_to_disk(tmp_path / "saved")
    for path in (tmp_path / "saved").glob("*.arrow"):
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="the data set cannot be read"):
        read_table(tmp_path / "saved")


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="cannot be fetched from the Hugging Face Hub") as caught:
        read_table("hub://somebody/nothing?split=train")
    assert "save_to_disk" in caught.value.fix
    with pytest.raises(UserError, match="`spilt` is no part of such an address") as caught:
        read_table("hub://somebody/nothing?spilt=train")
    assert "Did you mean 'split'?" in caught.value.fix
