"""The conditional random field answers from its plain arrays as CRFsuite does."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from burnish.baselines import crf
from burnish.baselines.crf import CRF
from burnish.baselines.word_features import shape, word_features
from burnish.contracts import BaselineInputs
from burnish.errors import UserError
from burnish.tasks.token_classification import TASK
from tests.baselines.no_model import NoModel
from tests.making import order_rows


def inputs(rows: int = 40) -> BaselineInputs:
    read: list[Any] = [TASK.read_row(row) for row in order_rows(rows)]
    targets = TASK.targets(read, {})
    return BaselineInputs(train=read, validation=read[:10], targets=targets, features=NoModel(), seed=0)


def test_marginals_are_those_of_crfsuite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import pycrfsuite

    class Kept:
        """Stands in for a temporary folder, and stays."""

        def __enter__(self) -> str:
            return str(tmp_path)

        def __exit__(self, *_: object) -> None:
            return

    monkeypatch.setattr(crf, "TemporaryDirectory", Kept)
    monkeypatch.setattr(crf, "STRENGTHS", ((0.1, 0.01),))
    given = inputs()
    fitted: Any = CRF.fit(given)
    tagger = pycrfsuite.Tagger()
    with tagger.open(str(tmp_path / "model")):
        for row in given.train[:5]:
            tagger.set(word_features(row))
            own = fitted._probabilities(row)
            for place in range(len(own)):
                theirs = [tagger.marginal(str(tag), place) if str(tag) in tagger.labels() else 0.0 for tag in range(5)]
                assert own[place] == pytest.approx(theirs, abs=1e-6)


def test_a_kind_whose_spans_are_single_words_never_goes_on() -> None:
    rows: list[Any] = [
        TASK.read_row({"text": f"{word} x", "spans": json.dumps([[0, len(word), "thing"]])}) for word in ("box", "pen")
    ]
    given = BaselineInputs(train=rows, validation=rows, targets=TASK.targets(rows, {}), features=NoModel(), seed=0)
    (answer,) = CRF.fit(given).predict([{"text": "box pen x"}])
    assert [(span["start"], span["end"]) for span in answer.value] in ([(0, 3)], [(0, 3), (4, 7)])


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycrfsuite", None)
    with pytest.raises(UserError, match="python-crfsuite") as caught:
        CRF.fit(inputs())
    assert "pip install" in caught.value.fix


@pytest.mark.parametrize(
    ("word", "expected"), [("Hello", "Aa"), ("HTTP2", "A9"), ("7", "9"), ("o'Brien", "a'Aa"), ("--", "-")]
)
def test_shapes(word: str, expected: str) -> None:
    assert shape(word) == expected


def test_what_stands_before_the_text_is_a_feature() -> None:
    (word,) = word_features({"text": "two", "context": "how many people"})
    assert {"said=people", "said=many", "word+0=two", "word-1=\u2205"} <= set(word)
