"""The dashboard in a real browser: from a file to an alarm, and what every page owes to every reader."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish.faces.dashboard.place import Place
from burnish.faces.dashboard.settings import DashboardSettings
from burnish.faces.logs import open_log
from burnish.faces.registering import serving_folder
from burnish.faces.server.served import open_served
from burnish.faces.server.settings import ServerSettings
from burnish.registry.registry import Registry
from tests.browsing import Browser, needs_browser, open_browser
from tests.faces.dashboard.made import make_place
from tests.faces.dashboard.serving import KEY, KEYS, dashboard
from tests.faces.server.serving import running
from tests.making import review_rows, write_csv
from tests.registry.made import new_registry

pytestmark = needs_browser
PAGES = ("/", "/new", "/live", "/live/runs/good", "/runs/good", "/runs/half", "/compare?run=good&run=bad", "/runs/none")
# Texts whose contrast with what lies behind them is below WCAG's AA; backgrounds that let others through are mixed.
PALE = """
const parts = (colour) => {
  const found = colour.match(/[\\d.]+/g).map(Number);
  return [...found.slice(0, 3), found[3] ?? 1];
};
const light = (rgb) => {
  const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (node) => {
  const over = [];
  for (let at = node; at; at = at.parentElement) {
    over.unshift(parts(getComputedStyle(at).backgroundColor));
    if (over[0][3] === 1) break;
  }
  return over.reduce((under, c) => under.map((v, n) => c[3] * c[n] + (1 - c[3]) * v), [255, 255, 255]);
};
const pale = [];
for (const node of document.querySelectorAll('body *')) {
  const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  if (!own || !node.getClientRects().length || node.closest('svg, noscript, .unseen, .skip, select')) continue;
  const style = getComputedStyle(node), size = parseFloat(style.fontSize);
  const both = [light(parts(style.color).slice(0, 3)), light(behind(node))].sort((x, y) => y - x);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if ((both[0] + 0.05) / (both[1] + 0.05) < (large ? 3 : 4.5)) pale.push(node.outerHTML.slice(0, 120));
}
return pale;
"""
# Fields without a name that is read aloud, and things to press that a thumb or a key does not reach.
OUT_OF_REACH = """
const all = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.getClientRects().length);
const named = (field) => (field.labels && field.labels.length) || field.getAttribute('aria-label');
const fields = all('main input:not([type=hidden]), main select').filter((field) => !named(field));
const small = all('button, a.button, .tick').filter((each) => each.getBoundingClientRect().height < 43.5);
const boxes = all('.box').filter((box) => box.tabIndex < 0);
return [...fields, ...small, ...boxes].map((node) => node.outerHTML.slice(0, 120));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def until(browser: Browser, condition: str) -> None:
    """Wait for it; only a machine that stands still lets that fail."""
    for _ in range(2000):
        if browser.ask(f"return {condition}"):
            return
        time.sleep(0.3)  # each question is work for three processes
    pytest.fail(f"{condition} at {browser.ask('return location.href + document.body.innerText')}")


def sign_in(browser: Browser) -> None:
    browser.ask(f"document.getElementById('key').value = {KEY!r}; document.querySelector('form.narrow button').click()")
    until(browser, "location.pathname != '/sign-in' && document.readyState == 'complete'")


def test_every_page_can_be_read_and_reached(browser: Browser, tmp_path: Path) -> None:
    with dashboard(DashboardSettings(place=make_place(tmp_path), keys=KEYS, open_to_read=True)) as shown:
        browser.show(f"{shown.address}/sign-in", 1200, "light")
        sign_in(browser)
        for width, scheme in ((360, "dark"), (1200, "light")):
            for path in PAGES:
                browser.show(shown.address + path, width, scheme)
                assert not browser.ask("return document.documentElement.scrollWidth > innerWidth"), (path, width)
                assert browser.ask(PALE) == [], (path, scheme)
                assert browser.ask(OUT_OF_REACH) == [], path
        said = browser.call("POST", "/se/log", {"type": "browser"})
        assert [entry["message"] for entry in said if "404" not in entry["message"] and entry["level"] != "DEBUG"] == []
        browser.show(shown.address, 1200, "light")
        browser.tell(
            "Input.dispatchKeyEvent", {"type": "keyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        )
        assert browser.ask("return document.activeElement.className") == "skip"


@pytest.fixture
def registry(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Registry:
    return new_registry(tmp_path_factory, tmp_path / "registry")


def test_from_a_file_to_an_alarm(browser: Browser, encoder: Path, registry: Registry, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "my reviews.csv", list(review_rows(240)))
    place = Place(runs=tmp_path / "runs", registry=str(tmp_path / "registry"))
    settings = DashboardSettings(place=place, keys=KEYS, open_to_read=False, models=(str(encoder),))
    with dashboard(settings) as shown:
        browser.show(f"{shown.address}/new", 1200, "light")
        sign_in(browser)
        upload(browser, data, encoder)
        until(browser, "location.pathname.startsWith('/jobs/')")
        until(browser, "location.pathname == '/runs/my-reviews'")
        assert browser.ask("return document.querySelector('h1').textContent").startswith("Keep ")  # words tell all

        browser.ask(
            "document.querySelector('#promote input[name=as]').value = 'shop';"
            "document.querySelector('#promote button').click()"
        )
        until(browser, "document.body.innerText.includes('Version 1 of shop is the champion.')")

        ask_and_drift(browser, place.runs / "my-reviews", registry)
        browser.show(f"{shown.address}/live/shop", 390, "dark")
        assert "nobody has looked" not in browser.ask("return document.body.innerText")
        browser.ask("document.querySelector('form.act button').click()")
        until(browser, "location.pathname.startsWith('/jobs/')")
        until(browser, "location.pathname == '/live/shop'")
        assert "Alarm:" in browser.ask("return document.querySelector('.headline.alarm').textContent")
        assert browser.ask(PALE) == []


def upload(browser: Browser, data: Path, encoder: Path) -> None:
    """Choose a file and what is wanted, and press the button."""
    found = browser.call("POST", "/element", {"using": "css selector", "value": "#file"})
    browser.call("POST", f"/element/{next(iter(found.values()))}/value", {"text": str(data)})
    until(browser, "document.querySelectorAll('#columns option').length == 2")
    browser.ask(
        "document.getElementById('label').value = 'label'; document.getElementById('text').value = 'text';"
        f"document.getElementById('model').value = {str(encoder)!r};"
        "document.querySelector('#upload button').click()"
    )


def ask_and_drift(browser: Browser, run: Path, registry: Registry) -> None:
    """Ask the served specialist on its own page; then let the world change."""
    log = open_log(serving_folder(registry, "shop"), "", "masked")
    try:
        with running(open_served(run), ServerSettings(most_rows=300), log=log) as server:
            browser.show(server.address, 390, "light")
            browser.ask(
                "document.getElementById('in-text').value = 'it is great';"
                "document.querySelector('form button[type=submit]').click()"
            )
            until(browser, "!document.getElementById('answer').hidden")
            rows = [{"text": "the manual and the cable and the week"}] * 260
            assert server.ask("/predict/batch", {"rows": rows}).status == 200
        assert log.flush()
    finally:
        log.close()
