"""Contrast of the colours, by the formulas of WCAG 2."""

from __future__ import annotations

import re
from importlib import resources

import pytest

_STYLE = resources.files("burnish.reporting").joinpath("templates/style.css").read_text(encoding="utf-8")
_LIGHT, _DARK = (
    dict(re.findall(r"--([\w-]+):\s*([^;]+);", block)) for block in re.findall(r":root\s*{([^}]*)}", _STYLE)[:2]
)
Colour = tuple[float, float, float]


def parse(value: str) -> Colour:
    if value.startswith("#"):
        red, green, blue = (int(value[place : place + 2], 16) for place in (1, 3, 5))
        return red, green, blue
    red, green, blue = (int(part) for part in value.split())
    return red, green, blue


def over(front: Colour, back: Colour, opacity: float) -> Colour:
    red, green, blue = (opacity * f + (1 - opacity) * b for f, b in zip(front, back, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: Colour, second: Colour) -> float:
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [_LIGHT, _DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "surface", "sunken"])
@pytest.mark.parametrize("text", ["ink", "soft", "accent", "warm"])
def test_text_can_be_read(theme: dict[str, str], ground: str, text: str) -> None:
    assert contrast(parse(theme[text]), parse(theme[ground])) >= 4.5


@pytest.mark.parametrize("theme", [_LIGHT, _DARK], ids=["light", "dark"])
@pytest.mark.parametrize("mark", ["quiet", "accent", "warm", "ink"])
def test_marks_of_charts_can_be_seen(theme: dict[str, str], mark: str) -> None:
    for ground in ("page", "surface"):
        assert contrast(parse(theme[mark]), parse(theme[ground])) >= 3


@pytest.mark.parametrize("theme", [_LIGHT, _DARK], ids=["light", "dark"])
@pytest.mark.parametrize("heat", ["accent-parts", "warm-parts"])
def test_numbers_can_be_read_on_the_hottest_cell(theme: dict[str, str], heat: str) -> None:
    ground = over(parse(theme[heat]), parse(theme["surface"]), float(theme["heat"]))
    assert contrast(parse(theme["ink"]), ground) >= 4.5


def test_the_style_loads_nothing() -> None:
    assert "url(" not in _STYLE
    assert "@import" not in _STYLE
    assert "@font-face" not in _STYLE
