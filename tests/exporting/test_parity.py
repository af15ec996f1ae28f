"""The parity gate."""

from __future__ import annotations

import pytest

from burnish.contracts import Prediction
from burnish.errors import UserError
from burnish.exporting.parity import TOLERANCE, compare_predictions, require_parity


def answer(yes: float) -> Prediction:
    value = "yes" if yes >= 0.5 else "no"
    return Prediction(value=value, confidence=max(yes, 1 - yes), scores={"yes": yes, "no": 1 - yes})


def test_equal_answers_pass() -> None:
    parity = compare_predictions("onnx", [answer(0.9), answer(0.2)], [answer(0.9), answer(0.2)])
    assert parity.passed
    assert parity.largest_difference == 0
    assert parity.rows == 2
    require_parity(parity)


def test_rounding_passes_and_more_does_not() -> None:
    assert compare_predictions("onnx", [answer(0.9)], [answer(0.9 + TOLERANCE / 2)]).passed
    parity = compare_predictions("onnx", [answer(0.9)], [answer(0.9 - 2 * TOLERANCE)])
    assert not parity.passed
    assert parity.different_answers == 0
    with pytest.raises(UserError, match="onnx form does not answer as the trained network"):
        require_parity(parity)


def test_another_answer_fails_unless_it_was_a_tie() -> None:
    assert compare_predictions("onnx", [answer(0.8)], [answer(0.3)]).different_answers == 1
    tie = compare_predictions("onnx", [answer(0.5 + TOLERANCE / 4)], [answer(0.5 - TOLERANCE / 4)])
    assert tie.different_answers == 0
    assert tie.passed


def test_a_missing_score_or_not_a_number_fails() -> None:
    missing = Prediction(value="yes", confidence=0.9, scores={"yes": 0.9})
    assert not compare_predictions("onnx", [answer(0.9)], [missing]).passed
    broken = Prediction(value="yes", confidence=0.9, scores={"yes": float("nan"), "no": 0.1})
    assert not compare_predictions("onnx", [answer(0.9)], [broken]).passed


def test_large_numbers_are_compared_by_their_size() -> None:
    """float32 holds seven digits: a price of 250,000 comes back a little different."""

    def price(value: float) -> Prediction:
        return Prediction(value=value, confidence=0.9, scores={"low": value - 10.0, "high": value + 10.0})

    assert compare_predictions("onnx", [price(250_000.0)], [price(250_000.03)]).passed
    assert not compare_predictions("onnx", [price(250_000.0)], [price(251_000.0)]).passed
