"""The name of a run that was given none."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.faces.python import prepare


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("data/reviews.csv", "reviews"),
        ("reviews.csv.gz", "reviews"),
        ("https://host/data/reviews.jsonl.zst?version=2", "reviews"),
        ("sqlite:///shop.db?query=select a/b from c", "shop"),
        ("postgresql://me@host/shop?table=reviews", "shop"),
        ("hub://owner/name?split=train", "name"),
        ("memory://", "data"),
    ],
)
def test_it_is_called_as_its_data(source: str, name: str) -> None:
    recipe, folder = prepare(source, name="", out=Path("runs"), keys={})
    assert folder.root == Path("runs") / name
    assert str(recipe.data.train) == source
