"""Pages that only show, and who may see them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from burnish.faces.dashboard.place import Place
from burnish.faces.dashboard.settings import DashboardSettings
from tests.faces.dashboard.made import ATTACK, make_place
from tests.faces.dashboard.serving import KEY, KEYS, Dashboard, dashboard


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return make_place(tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def shown(place: Place) -> Iterator[Dashboard]:
    """A dashboard whose pages are open."""
    hosts = frozenset({"127.0.0.1", "localhost"})
    with dashboard(DashboardSettings(place=place, keys=KEYS, open_to_read=True, hosts=hosts)) as found:
        yield found


def words_of(html: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_runs_are_listed_with_their_verdicts(shown: Dashboard) -> None:
    page = words_of(shown.ask("/").body)
    for told in (
        "Ship",
        "Keep the baseline",
        "Damaged",
        "Not finished",
        "Cross-validated",
        "+10.0 points",
        "against probe",
    ):
        assert told in page


def test_a_run_is_shown_with_verdict_curves_and_findings_and_data_cannot_act(shown: Dashboard) -> None:
    page = shown.ask("/runs/good").body
    for told in ("Ship the specialist", "How it learned", "What the checks found", "Sign in"):
        assert told in words_of(page)
    assert ATTACK not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'class="line main"' in page
    assert "This run cannot be shown" in shown.ask("/runs/odd").body


def test_a_stopped_run_says_how_far_it_came(shown: Dashboard) -> None:
    page = words_of(shown.ask("/runs/half").body)
    assert "has not come to its end" in page
    assert "check 2.0 s" in page
    assert "so far" in page


def test_runs_stand_side_by_side(shown: Dashboard) -> None:
    page = shown.ask("/compare?run=good&run=bad")
    assert (page.status, page.body.count('class="whisker specialist"'), page.body.count("<figcaption>")) == (200, 2, 2)
    assert shown.ask("/compare?run=good").status == 422
    assert "no verdict yet" in shown.ask("/compare?run=good&run=half").body


def test_what_is_served_is_shown_with_drift_and_feedback(shown: Dashboard) -> None:
    assert "Alarm" in shown.ask("/live").body
    page = shown.ask("/live/runs/good")
    words = words_of(page.body)
    for told in ("Requests 200", "Alarm: inputs have changed.", "known for 50 of these", "answered right", "p = 0.001"):
        assert told in words
    assert ATTACK not in page.body
    assert page.body.count('class="column"') == 40
    assert shown.ask("/live/runs/good/figures").status == 200
    assert shown.ask("/live/nobody").status == 404


@pytest.mark.parametrize(
    "path", ["/runs/..", "/runs/%2e%2e%2fsecret.json", "/runs/good%2f..%2fbad/report", "/jobs/..", "/runs/.dashboard"]
)
def test_no_name_leads_out_of_the_runs(shown: Dashboard, path: str) -> None:
    assert shown.ask(path).status in {404, 307}


def test_pages_of_runs_may_do_nothing_and_ours_load_nothing_from_elsewhere(shown: Dashboard) -> None:
    report = shown.ask("/runs/good/report")
    assert report.body == "<p>the report</p>"
    assert report.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    for path in ("/", "/new", "/live", "/sign-in", "/runs/good", "/live/runs/good"):
        page = shown.ask(path)
        policy = page.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", page.body), path
        assert not re.search(r"<script(?! src=)|\son\w+=", page.body), path
    assert shown.ask("/runs/bad/report").status == 404
    assert shown.ask("/runs/folds/cross-validation").body == "<p>the folds</p>"


def test_nothing_of_an_address_becomes_content(shown: Dashboard) -> None:
    for path in ("/style.css", "/script.js", "/runs/folds/cross-validation", "/", "/live"):
        asked = shown.ask(f"{path}?content=owned&kind=text/html&other=..&name=good")
        assert (asked.status, asked.body, asked.headers["content-type"]) == (
            200,
            shown.ask(path).body,
            shown.ask(path).headers["content-type"],
        )
    assert shown.ask("/runs/folds/..").status == 404


def test_a_page_from_elsewhere_whose_name_leads_here_reads_nothing(shown: Dashboard) -> None:
    assert shown.ask("/", headers={"Host": "evil.example"}).status == 421


def test_with_keys_nothing_is_shown_without_one(place: Place) -> None:
    with dashboard(DashboardSettings(place=place, keys=KEYS, open_to_read=False)) as closed:
        sent = closed.ask("/runs/good")
        assert (sent.status, sent.headers["location"]) == (303, "/sign-in?then=%2Fruns%2Fgood")
        assert closed.ask("/runs/good", headers={"Accept": "*/*"}).status == 401
        assert closed.ask("/runs/good/progress", b"").status == 401
        assert closed.post("/sign-in", key="burnish_wrong", then="/").status == 401
        assert closed.ask("/", headers={"Authorization": f"Bearer {KEY}"}).status == 200
        closed.sign_in()
        assert closed.ask("/runs/good").status == 200
