"""An ablation end to end: the same split and seeds, no test row read, continued where it stopped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import burnish
from burnish.ablating.arms import read_arms
from burnish.events import Event, Progress
from burnish.faces.ablating import start_ablation
from burnish.faces.python import prepare
from burnish.run_folder import RunFolder, read_json
from tests.finished import FAST


def start(source: Path, encoder: Path, key: str = "augment") -> Any:
    keys = {
        "model": str(encoder),
        "training": {**FAST, "epochs": 2},
        "augment": {"word-dropout": 0.6},
        "method": "full",
    }
    recipe, folder = prepare(source, name="", out=source.parent / "runs", keys=keys)
    return start_ablation(read_arms(recipe, key), folder, 2)


def bars(events: list[Event]) -> list[float]:
    return [event.done for event in events if isinstance(event, Progress) and event.work == "ablation"]


def test_with_and_without_on_the_same_rows_and_seeds(reviews: Path, encoder: Path) -> None:
    opened: list[str] = []
    listening = True

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event == "open" and str(arguments[0]).endswith("split/test.parquet"):
            opened.append(sys._getframe(1).f_code.co_name)

    sys.addaudithook(listen)
    work = start(reviews, encoder)
    for event in work:  # stopped within the second training
        if isinstance(event, Progress) and event.work == "ablation" and event.done > 1.5:
            work.close()
            break
    place = reviews.parent / "runs" / "reviews" / "ablation" / "augment"
    kept = (place / "with-0" / "answers.npz").read_bytes()
    assert not (place / "ablation.json").exists()
    rest = list(start(reviews, encoder))
    listening = False
    assert (place / "with-0" / "answers.npz").read_bytes() == kept, "what has ended is not done again"
    assert max(bars(rest)) > 3
    found = read_json(place / "ablation.json")
    assert found["rows"] == 48
    assert found["seeds"] == [0, 1]
    assert found["score"]["test"].startswith("paired bootstrap")
    assert found["loss"]["with"]["by_seed"] != found["loss"]["without"]["by_seed"]
    assert {path.name for path in (place / "with-1").iterdir()} == {"about.json", "answers.npz", "training.json"}
    curves = [read_json(place / f"{arm}-{n}" / "training.json")["curve"] for arm in ("with", "without") for n in (0, 1)]
    assert all(one != other for number, one in enumerate(curves) for other in curves[:number])
    assert RunFolder(root=reviews.parent / "runs" / "reviews").record("evaluate") is None
    assert "read_rows" not in opened


def test_the_python_face_compares_with_another_value(reviews: Path, encoder: Path) -> None:
    found = burnish.ablate(
        reviews,
        "training.loss",
        value="focal",
        seeds=1,
        out=reviews.parent / "runs",
        model=str(encoder),
        method="head",
        training={**FAST, "epochs": 1},
    )
    assert found.result["described"] == {"with": "the default", "without": "focal"}
    assert found.result["seeds"] == [0]
    assert found.folder.name == "training.loss"


def test_no_seed_is_refused(reviews: Path, encoder: Path) -> None:
    with pytest.raises(burnish.UserError, match="at least one seed"):
        burnish.ablate(reviews, "training.loss", value="focal", seeds=0, out=reviews.parent, model=str(encoder))
