from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from burnish.contracts import Row
from burnish.monitoring.drift import embedding_of
from burnish.monitoring.entry import as_json
from burnish.monitoring.look import Watching, look_at
from burnish.monitoring.reference import Reference, read_reference
from burnish.monitoring.store import Answered
from tests.monitoring.making import entry

if TYPE_CHECKING:
    from burnish.contracts import Features


def embed(rows: Sequence[Row]) -> Features:
    """Two numbers of each text: its length, and its share of `e`."""
    return np.array([[len(row["text"]), row["text"].count("e")] for row in rows], dtype=np.float32)


def texts(rows: int, seed: int, letters: str = "abcde ") -> list[str]:
    generator = np.random.default_rng(seed)
    return ["".join(generator.choice(list(letters), generator.integers(10, 40))) for _ in range(rows)]


def window(found: Sequence[str], value: str = "good", truth: str | None = None) -> list[Answered]:
    return [
        Answered(
            entry=entry(
                number,
                inputs=as_json({"text": text}),
                value=as_json(value if number % 2 else "bad"),
                confidence=0.8 + 0.001 * (number % 7),
                digest=f"{number:016x}",
            ),
            truth=truth,
        )
        for number, text in enumerate(found)
    ]


@pytest.fixture
def reference() -> Reference:
    known = texts(600, 0)
    return Reference(
        version="v1",
        embedding=embedding_of(embed([{"text": text} for text in known])),
        values=[as_json("good"), as_json("bad")] * 200,
        confidences=[0.8 + 0.001 * (number % 7) for number in range(400)],
        right=0.9,
        characters=[float(len(text)) for text in known],
    )


def test_nothing_has_changed(reference: Reference) -> None:
    look = look_at(window(texts(200, 1)), reference, Watching(), embed)
    assert [test.name for test in look.tests] == ["inputs", "predictions", "confidence", "length"]
    assert not look.alarms
    assert look.facts["estimated_accuracy"] == pytest.approx(0.9, abs=0.01)
    assert look.facts["repeated_inputs"] == 0
    assert "accuracy" not in look.facts


def test_other_inputs_and_other_answers_raise_an_alarm(reference: Reference) -> None:
    look = look_at(window(texts(200, 1, "eeeee "), value="bad"), reference, Watching(), embed)
    assert {"inputs", "predictions"} <= {test.name for test in look.alarms}
    assert look.as_dict()["alarms"][0] == "inputs"


def test_feedback_gives_the_real_accuracy_with_its_interval(reference: Reference) -> None:
    accuracy = look_at(window(texts(200, 1), truth="good"), reference, Watching(), embed).facts["accuracy"]
    assert (accuracy["value"], accuracy["rows"]) == (0.5, 200)
    assert accuracy["low"] < 0.5 < accuracy["high"]


def test_without_inputs_the_answers_are_still_compared(reference: Reference) -> None:
    hashed = [Answered(entry=entry(n, inputs="", value=as_json("good" if n % 2 else "bad"))) for n in range(100)]
    assert [test.name for test in look_at(hashed, reference, Watching(), embed).tests] == ["predictions", "confidence"]


def test_numbers_are_compared_as_numbers(reference: Reference) -> None:
    numbers = Reference(
        version="v1", embedding=None, values=["1.5", "2.5", "3"] * 50, confidences=[], right=None, characters=[]
    )
    found = [Answered(entry=entry(n, value=str(4 + n / 100))) for n in range(100)]
    look = look_at(found, numbers, Watching(), None)
    assert [(test.name, test.p < 1e-6) for test in look.tests] == [("predictions", True)]
    assert "estimated_accuracy" not in look.facts


def test_a_reference_comes_back_from_its_file(reference: Reference, tmp_path: Path) -> None:
    reference.write(tmp_path / "reference.npz")
    found = read_reference(tmp_path / "reference.npz")
    assert found is not None
    assert found.embedding is not None
    assert reference.embedding is not None
    assert np.array_equal(found.embedding.whitening, reference.embedding.whitening)
    assert (found.values, found.right, found.version) == (reference.values, 0.9, "v1")
    (tmp_path / "reference.npz").write_bytes(b"damaged")
    assert read_reference(tmp_path / "reference.npz") is None
    assert read_reference(tmp_path / "none.npz") is None
