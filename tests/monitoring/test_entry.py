from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from burnish.contracts import Prediction
from burnish.monitoring.entry import Feedback, from_line, logged, mask_inputs, to_line
from tests.monitoring.making import entry

ANSWER = Prediction(value="positive", confidence=0.9, scores={"positive": 0.9, "negative": 0.1})
FACTS = {"id": "a" * 32, "time": 1.0, "version": "v", "seconds": 0.1, "client": "shop"}


@given(text=some.text(), truth=some.recursive(some.none() | some.text() | some.floats(allow_nan=False), some.lists))
@settings(max_examples=100)
def test_every_entry_is_one_line_and_comes_back(text: str, truth: object) -> None:
    text = text.encode("utf-8", "replace").decode()
    for written in (entry(inputs=json.dumps({"text": text})), Feedback(id="x", time=2.0, truth=json.dumps(truth))):
        line = to_line(written)
        assert line.count(b"\n") == 1
        assert from_line(line) == written


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b'{"kind": "Other"}', b'{"kind": "Logged", "id": "x"}', b"\xff"])
def test_what_is_no_entry_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        from_line(line)


def test_the_policy_says_what_is_kept_and_equal_rows_are_known_again() -> None:
    row = {"text": "mail me at a@b.example"}
    full, hashed, masked = (logged(row, ANSWER, policy, FACTS) for policy in ("full", "hash", "masked"))
    assert json.loads(full.inputs) == row
    assert hashed.inputs == ""
    assert full.digest == hashed.digest == masked.digest
    assert logged({"text": "other"}, ANSWER, "hash", FACTS).digest != hashed.digest
    assert (
        mask_inputs(masked.inputs, lambda text: text.replace("a@b.example", "<EMAIL>"))
        == '{"text":"mail me at <EMAIL>"}'
    )
    assert mask_inputs("", str.upper) == ""


def test_pictures_are_kept_as_their_digest() -> None:
    kept = logged({"image": b"\x89PNG", "text": "x"}, ANSWER, "full", FACTS)
    assert json.loads(kept.inputs)["image"].startswith("sha256:")
