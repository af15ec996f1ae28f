from __future__ import annotations

import pytest

from burnish.contracts import Prediction, Rows
from burnish.explaining import MOST_WORDS, explain_text


class Counting:
    """Answers `good` by the share of the words `great` among three."""

    def predict(self, rows: Rows) -> list[Prediction]:
        shares = [min(1.0, row["text"].split().count("great") / 3) for row in rows]
        return [Prediction(value="good", confidence=share, scores={"good": share}) for share in shares]


class Speechless:
    """Answers without scores."""

    def predict(self, rows: Rows) -> list[Prediction]:
        return [Prediction(value="good", confidence=1.0) for _ in rows]


def test_words_are_worth_what_the_score_falls_without_them() -> None:
    prediction, words = explain_text(Counting(), {"text": "a great,  great  box is great"}, "text")
    assert prediction.confidence == pytest.approx(2 / 3)
    assert {word.text: round(word.worth, 3) for word in words} == {
        "a": 0,
        "great,": 0,
        "great": 0.333,
        "box": 0,
        "is": 0,
    }
    assert [word.text for word in words] == ["a", "great,", "great", "box", "is", "great"]
    assert all("a great,  great  box is great"[word.start : word.end] == word.text for word in words)


def test_a_long_text_is_explained_in_few_parts() -> None:
    text = " ".join(f"w{number}" for number in range(1000))
    _, words = explain_text(Counting(), {"text": text}, "text")
    assert len(words) <= MOST_WORDS
    assert " ".join(word.text for word in words) == text


def test_one_word_and_answers_without_scores_are_not_explained() -> None:
    assert explain_text(Counting(), {"text": "great"}, "text")[1] == []
    assert explain_text(Speechless(), {"text": "great box"}, "text")[1] == []
