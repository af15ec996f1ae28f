from __future__ import annotations

import pytest

from burnish.reporting import words


@pytest.mark.parametrize(
    ("share", "text"), [(0.7578, "75.8%"), (0.0, "0.0%"), (0.0002, "< 0.1%"), (1.0, "100.0%"), (-0.021, "−2.1%")]
)
def test_percent(share: float, text: str) -> None:
    assert words.percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.71725, "0.717"), (12.345, "12.35"), (123.45, "123.5"), (4321.0, "4,321"), (-1.5, "−1.500"), (-0.0001, "0.000")],
)
def test_decimal(value: float, text: str) -> None:
    assert words.decimal(value) == text


def test_a_value_that_is_no_number_is_said_to_be_unknown() -> None:
    assert words.decimal(float("nan")) == "unknown"


def test_gain_is_in_points_for_shares_and_plain_otherwise() -> None:
    assert words.gain(0.06766, share=True) == "+6.8 points"
    assert words.gain(-0.06766, share=True) == "−6.8 points"
    assert words.gain(-0.06766, share=True, signed=False) == "6.8 points"
    assert words.gain(0.00001, share=True) == "0.0 points"
    assert words.gain(0.1021, share=False) == "+0.102"
    assert words.gain_interval(-0.03, 0.01, share=True) == "−3.0 to +1.0 points"
    assert words.gain_interval(-0.03, 0.01, share=False) == "−0.030 to +0.010"


def test_score_interval_names_the_unit_once() -> None:
    assert words.score_interval(0.728, 0.789, share=True) == "72.8 to 78.9%"
    assert words.score_interval(0.728, 0.789, share=False) == "0.728 to 0.789"


@pytest.mark.parametrize(("p", "text"), [(4e-5, "< 0.0001"), (0.0005, "0.0005"), (0.04321, "0.043"), (1.0, "1.000")])
def test_p_value(p: float, text: str) -> None:
    assert words.p_value(p) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.028, "< 0.1 s"),
        (0.0, "0.0 s"),
        (8.21, "8.2 s"),
        (59.4, "59 s"),
        (125.2, "2 min 5 s"),
        (180.0, "3 min"),
        (3600.0, "1 h"),
        (7500.0, "2 h 5 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0.003479, "0.0035 USD"), (0.1, "0.10 USD"), (12.345, "12.35 USD"), (0.0, "0 USD")]
)
def test_money_shows_that_small_is_not_nothing(amount: float, text: str) -> None:
    assert words.money(amount, "USD") == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(6e-5, "< 0.001 Wh"), (0.0172, "0.017 Wh"), (0.5, "0.50 Wh"), (12.34, "12.3 Wh"), (2500, "2.50 kWh")],
)
def test_watt_hours(amount: float, text: str) -> None:
    assert words.watt_hours(amount) == text


def test_counts_days_lists_and_cells() -> None:
    assert words.counted(1, "row", "rows") == "1 row"
    assert words.counted(3708, "row", "rows") == "3,708 rows"
    assert words.large(22_714_371) == "22.7 million"
    assert words.day(1795233714.0) == "21 November 2026"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed([]) == ""
    assert [words.cell(value) for value in (None, True, 1234, 0.5, "text")] == ["", "yes", "1,234", "0.500", "text"]
