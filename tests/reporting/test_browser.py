"""The page in a real browser: it fits every width, in both themes, and nothing in it fails to load or parse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish.reporting.page import render_report
from tests.browsing import Browser, needs_browser, open_browser
from tests.reporting.made_up import files, write_run

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with long words everywhere and a large matrix."""
    content = files("inconclusive")
    labels = [f"a_label_with_a_very_long_name_number_{number}" for number in range(20)]
    matrix, table, _, errors = content["evaluate/panels.json"]
    matrix |= {"labels": labels, "counts": [[5] * 20] * 20}
    table["rows"] = [[label, 0.5, 100] for label in labels * 4]
    errors["errors"] = [{"input": "x" * 900, "truth": labels[0] * 3, "answer": "good", "confidence": 0.9}] * 8
    content["check/profile.json"]["strata"] = dict.fromkeys(labels, 30)
    folder = tmp_path_factory.mktemp("run") / ("long-name-" * 8)
    path = folder / "report.html"
    path.parent.mkdir()
    path.write_text(render_report(write_run(folder, content)), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_page(browser: Browser, page: Path, width: int, scheme: str) -> None:
    browser.show(page, width, scheme)
    browser.ask("document.querySelectorAll('details').forEach(element => { element.open = true })")
    assert browser.ask("return innerWidth") == width
    wide, seen = browser.ask("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen


def test_themes_differ(browser: Browser, page: Path) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        browser.show(page, 1280, scheme)
        grounds.append(browser.ask("return getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(250, 248, 244)", "rgb(21, 20, 18)"]


def test_the_browser_has_nothing_to_complain_about(browser: Browser, page: Path) -> None:
    browser.show(page, 1280, "light")
    assert browser.call("POST", "/se/log", {"type": "browser"}) == []
    assert browser.ask("return performance.getEntriesByType('resource').length") == 0
    assert browser.ask("return document.compatMode") == "CSS1Compat"


def test_on_paper_everything_is_unfolded_and_no_box_scrolls(browser: Browser, page: Path) -> None:
    browser.show(page, 900, "dark")
    browser.tell("Emulation.setEmulatedMedia", {"media": "print"})
    boxes = "[...document.querySelectorAll('.box')]"
    assert set(browser.ask(f"return {boxes}.map(box => getComputedStyle(box).overflowX)")) == {"visible"}
    assert browser.ask(f"return {boxes}.every(box => box.getBoundingClientRect().height > 20)")
    assert browser.ask("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    browser.tell("Emulation.setEmulatedMedia", {"media": ""})


def test_the_first_tab_stop_skips_to_the_verdict(browser: Browser, page: Path) -> None:
    browser.show(page, 1280, "light")
    key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
    browser.tell("Input.dispatchKeyEvent", {"type": "keyDown", **key})
    assert browser.ask("return document.activeElement.getAttribute('href')") == "#content"
    assert browser.ask("return document.activeElement.getBoundingClientRect().left >= 0")
