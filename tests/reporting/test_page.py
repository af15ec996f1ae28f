from __future__ import annotations

import itertools
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from burnish.reporting.page import SECTIONS, breakable, render_report
from tests.reporting.made_up import files, write_run

HOSTILE = "<script>alert('x')</script>\"><img src=https://evil.example/x.png onerror=alert(1)>{{ 7 * 7 }}"
_VOID = {"meta", "link", "br", "hr", "img", "input", "wbr", "path", "rect"}
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class Page(HTMLParser):
    """Reads a page, checks that its tags nest, and keeps what tests ask for."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in _HEADINGS:
            self.headings.append((tag, ""))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        opened = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}> at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if any(tag in _HEADINGS for tag in self._open):
            tag, before = self.headings[-1]
            self.headings[-1] = (tag, before + data)

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]


def render(folder: Path, content: dict[str, Any]) -> tuple[str, Page]:
    source = render_report(write_run(folder, content))
    return source, Page(source)


def poison(value: Any) -> Any:
    """The same data with hostile text in place of every text that does not steer the report."""
    if isinstance(value, str):
        return HOSTILE
    if isinstance(value, list):
        return [poison(entry) for entry in value]
    if isinstance(value, dict):
        kept = {"kind", "outcome", "severity"}
        return {key: entry if key in kept else poison(entry) for key, entry in value.items()}
    return value


@pytest.mark.parametrize("decision", ["ship", "keep-baseline", "inconclusive"])
def test_every_decision_leads_with_its_verdict_and_has_every_section(tmp_path: Path, decision: str) -> None:
    _, page = render(tmp_path / "reviews", files(decision))
    assert page.headings[0][0] == "h1"
    assert page.headings[0][1].startswith({"ship": "Ship", "keep-baseline": "Keep", "inconclusive": "Not"}[decision])
    second = [text for tag, text in page.headings if tag == "h2"]
    assert second == ["How was this tested?", *list(SECTIONS.values())[1:]]
    assert any(files(decision)["evaluate/verdict.json"]["reasons"][0] in text for text in page.text)


def test_headings_never_skip_a_level_and_there_is_one_h1(tmp_path: Path) -> None:
    _, page = render(tmp_path, files())
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_links_lead_somewhere_and_ids_are_unique(tmp_path: Path) -> None:
    _, page = render(tmp_path, files())
    ids = page.ids()
    assert len(set(ids)) == len(ids)
    targets = [str(link["href"]) for link in page.attributes("a")]
    assert "#content" in targets
    assert {target.removeprefix("#") for target in targets if target.startswith("#")} <= set(ids)
    beside = {target for target in targets if not target.startswith("#")}
    assert beside == {"../check/data.html", "../check/flagged.csv"}, "they lead there wherever the run folder is"
    labelled = {str(a["aria-labelledby"]) for _, a in page.tags if "aria-labelledby" in a}
    assert labelled <= set(ids)


def test_the_page_reaches_for_nothing(tmp_path: Path) -> None:
    source, page = render(tmp_path, files())
    for tag, attributes in page.tags:
        assert tag not in {"script", "iframe", "object", "embed", "img", "base", "form"}
        for name in ("src", "srcset", "href", "xlink:href", "action", "data", "poster", "formaction", "ping"):
            value = attributes.get(name) or ""
            beside = tag == "a" and value.startswith("../check/")  # followed by a click only
            assert beside or value in {"", "data:,"} or value.startswith("#"), f"<{tag} {name}={value}>"
        assert not any(name.startswith("on") for name in attributes)
    assert "http://" not in source
    assert "https://" not in source
    policy = next(a["content"] for a in page.attributes("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in str(policy)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    content = files()
    for name in ("evaluate/panels.json", "check/findings.json"):
        content[name] = poison(content[name])
    content["check/profile.json"] |= {"format": HOSTILE, "strata": {HOSTILE: 600, "good": 400}}
    content["check/profile.json"]["columns"] = poison(content["check/profile.json"]["columns"])
    content["check/ledger.json"]["reasons"] = poison(content["check/ledger.json"]["reasons"])
    content["check/model.json"] = poison(content["check/model.json"])
    content["evaluate/verdict.json"]["reasons"] = [HOSTILE]
    source, page = render(tmp_path / HOSTILE.replace("/", "∕"), content)
    assert not page.attributes("script")
    assert not page.attributes("img")
    assert "<script" not in source
    assert "{{ 7 * 7 }}" in source  # data is never a template
    assert "".join(page.text).count("alert('x')") >= 10


def test_figures_tables_and_boxes_have_names(tmp_path: Path) -> None:
    _, page = render(tmp_path, files())
    pictures = [attributes for _, attributes in page.tags if attributes.get("role") == "img"]
    assert len(pictures) >= 5
    assert all(attributes.get("aria-label") for attributes in pictures)
    assert all(attributes.get("aria-hidden") == "true" for attributes in page.attributes("svg"))
    assert len(page.attributes("caption")) == len(page.attributes("table")) >= 7
    boxes = [attributes for _, attributes in page.tags if attributes.get("role") == "region"]
    names = [attributes["aria-label"] for attributes in boxes]
    assert len(set(names)) == len(names)
    assert all(attributes.get("tabindex") == "0" for attributes in boxes)
    assert all(cell.get("scope") in {"row", "col"} for cell in page.attributes("th"))


def test_files_that_may_be_missing(tmp_path: Path) -> None:
    folder = write_run(tmp_path, files())
    for name in ("recipe.yaml", "log.jsonl", "export/parity.json", "baseline/scores.json", "check/model.json"):
        (tmp_path / name).unlink()
    shutil.rmtree(tmp_path / "evaluate/specialist")
    for record in tmp_path.glob("*/record.json"):
        record.unlink()
    page = Page(render_report(folder))
    assert page.headings[0][1].startswith("Ship")
    assert "This run folder holds no comparison of the exported forms." in page.text


def test_empty_data_is_no_reason_to_fail(tmp_path: Path) -> None:
    content = files("keep-baseline")
    content["evaluate/panels.json"] = []
    content["check/findings.json"] = []
    content["check/ledger.json"] |= {"reasons": [], "read": 1000, "merged": 0, "dropped": 0}
    content["train/training.json"] |= {
        "curve": [],
        "validations": [{"epoch": 0, "step": 0, "score": 0.6, "loss": 0.6}],
        "best": 0,
        "calibration": {},
    }
    _, page = render(tmp_path, content)
    assert any("The checks found nothing" in text for text in page.text)


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    folder = write_run(tmp_path, files())
    assert render_report(folder) == render_report(folder)


def test_both_themes_and_paper_are_styled(tmp_path: Path) -> None:
    source, _ = render(tmp_path, files())
    assert re.search(r"@media screen and \(prefers-color-scheme: dark\)", source)
    assert "@media print" in source
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in source


def test_long_names_may_break_and_stay_escaped() -> None:
    assert breakable("card_not_working") == "card_<wbr>not_<wbr>working"
    assert breakable("plain words") == "plain words"
    assert breakable("<b>_") == "&lt;b&gt;_"
    assert breakable("x" * 45).count("<wbr>") == 2
