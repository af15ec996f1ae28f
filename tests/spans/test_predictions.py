"""From probabilities of words' tags to spans with scores."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.contracts import Targets
from burnish.spans.predictions import ELSEWHERE, span_predictions

TARGETS = Targets(labels=("date", "name"))
OUT, B_DATE, I_DATE, B_NAME, I_NAME = range(5)


def sure(*tags: int, certainty: float = 0.9) -> np.ndarray:
    """Probabilities that give most to one tag a word."""
    found = np.full((len(tags), 5), (1 - certainty) / 4)
    found[np.arange(len(tags)), tags] = certainty
    return found


def test_spans_have_characters_text_and_scores() -> None:
    rows = [{"text": "on  May 8, Ann"}]
    probabilities = sure(OUT, B_DATE, I_DATE, OUT, B_NAME)
    probabilities[4] = [0.3, 0.0, 0.0, 0.6, 0.1]
    (answer,) = span_predictions(probabilities, rows, TARGETS)
    assert answer.value == [{"start": 4, "end": 9, "label": "date"}, {"start": 11, "end": 14, "label": "name"}]
    assert answer.scores == {"4-9 date": pytest.approx(0.925), "11-14 name": pytest.approx(0.7), ELSEWHERE: 0.9}
    assert answer.confidence == pytest.approx(0.7)
    assert [(span["text"], span["score"]) for span in answer.detail] == [("May 8", 0.925), ("Ann", 0.7)]


def test_rows_share_one_array_in_order() -> None:
    rows = [{"text": "May"}, {"text": " "}, {"text": "a b"}]
    first, blank, last = span_predictions(sure(B_DATE, OUT, B_NAME), rows, TARGETS)
    assert [span["label"] for span in first.value] == ["date"]
    assert blank.value == []
    assert last.value == [{"start": 2, "end": 3, "label": "name"}]


def test_an_impossible_tag_gives_way_to_the_best_that_can_be() -> None:
    probabilities = np.array([[0.35, 0.2, 0.45, 0.0, 0.0], [0.1, 0.0, 0.9, 0.0, 0.0]])
    (answer,) = span_predictions(probabilities, [{"text": "May 8"}], TARGETS)
    assert answer.value == [{"start": 0, "end": 5, "label": "date"}]


def test_words_of_one_token_are_answered_as_one() -> None:
    probabilities = sure(B_DATE, B_DATE, OUT)
    (answer,) = span_predictions(probabilities, [{"text": "1) x"}], TARGETS)
    assert answer.value == [{"start": 0, "end": 2, "label": "date"}]
