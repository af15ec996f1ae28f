"""The page to try a specialist on, in a real browser."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest

from burnish.explaining import Word, explain_text
from burnish.faces.server.served import Served
from tests.browsing import Browser, needs_browser, open_browser
from tests.faces.server.serving import Running
from tests.making import NEGATIVE, POSITIVE

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def _answer(browser: Browser, text: str) -> None:
    browser.ask(
        f"document.getElementById('in-text').value = {text!r};"
        "document.querySelector('form button[type=submit]').click()"
    )


def _until(browser: Browser, condition: str) -> None:
    for _ in range(200):
        if browser.ask(f"return {condition}"):
            return
        time.sleep(0.05)
    pytest.fail(f"not within ten seconds: {condition}")


def _text_that_words_decide(served: Served) -> tuple[str, list[Word]]:
    """A text whose answer some of its words can turn, and what its words are worth."""
    for good, bad in itertools.product(POSITIVE, NEGATIVE):
        text = f"it is {good} and {bad}"
        worth = explain_text(served.specialist, {"text": text}, "text")[1]
        if max(abs(word.worth) for word in worth) > 0.1:
            return text, worth
    pytest.fail("no word turns any answer")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (360, "dark")])
def test_a_text_is_answered_with_scores_and_reasons(
    width: int, scheme: str, browser: Browser, server: Running, served: Served
) -> None:
    text, worth = _text_that_words_decide(served)
    browser.show(server.address, width, scheme)
    _answer(browser, text)
    _until(browser, "!document.getElementById('answer').hidden")
    expected = served.specialist.predict([text])[0].value
    assert browser.ask("return document.getElementById('value').textContent") == expected
    assert browser.ask("return document.querySelectorAll('#scores li').length") == 3
    marked = browser.ask("return [...document.querySelectorAll('#marked mark')].map(mark => mark.textContent)")
    largest = max(abs(word.worth) for word in worth)
    assert marked == [word.text for word in worth if abs(word.worth) > max(0.01, 0.15 * largest)]
    assert not browser.ask("return document.documentElement.scrollWidth > window.innerWidth")
    assert browser.call("POST", "/se/log", {"type": "browser"}) == []


def test_an_empty_form_is_told_so_and_keeps_what_was_typed(browser: Browser, server: Running) -> None:
    browser.show(server.address, 800, "light")
    _answer(browser, " ")
    _until(browser, "!document.getElementById('refused').hidden")
    assert "fill in the form" in browser.ask("return document.getElementById('refused').textContent")
    assert browser.ask("return document.getElementById('key-field').offsetParent === null")
