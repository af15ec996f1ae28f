"""What changes something: who may, what is refused, and that it is a command of burnish."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import burnish
from burnish.faces.dashboard.jobs import FOLDER, Asked, Jobs, asked_words
from burnish.faces.dashboard.place import Place
from burnish.faces.dashboard.settings import DashboardSettings
from burnish.registry.submission import submission_of
from burnish.registry.version import CHAMPION, Change
from tests.faces.dashboard.serving import KEY, KEYS, Answer, Dashboard, dashboard
from tests.registry.made import copied_run, new_registry
from tests.reporting.made_up import files, write_run

BEARER = {"Authorization": f"Bearer {KEY}", "Accept": "*/*"}


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard over a run, with a registry that may be made."""
    write_run(tmp_path / "runs" / "reviews", files("ship"))
    place = Place(runs=tmp_path / "runs", registry=str(tmp_path / "registry"))
    with dashboard(DashboardSettings(place=place, keys=KEYS, open_to_read=True, most_bytes=500)) as found:
        yield found


def upload(shown: Dashboard, query: str, body: bytes = b"text,label\n") -> Answer:
    return shown.ask(f"/runs?{query}", body, BEARER)


def test_nothing_is_changed_without_a_key_or_by_a_form_from_elsewhere(shown: Dashboard) -> None:
    acts = ("/runs/reviews/promote", "/live/reviews/rollback", "/live/reviews/look", "/jobs/0123456789abcdef/stop")
    assert [shown.post(path, token="x").status for path in acts] == [401] * 4
    assert shown.ask("/runs?file=a.csv", b"x").status == 401
    token = shown.sign_in()
    assert [shown.post(path, token="x").status for path in acts] == [403] * 4
    assert shown.ask("/runs?file=a.csv", b"x").status == 403
    shown.headers["Origin"] = "http://evil.example"
    assert [shown.post(path, token=token).status for path in acts] == [403] * 4
    shown.headers["Origin"] = shown.address
    assert shown.post("/jobs/0123456789abcdef/stop", token=token).status == 404
    assert shown.post("/sign-out", token=token).status == 303
    assert shown.post("/jobs/0123456789abcdef/stop", token=token).status == 401
    assert not (shown.settings.place.runs / FOLDER).exists()


def test_the_cookie_is_out_of_reach_and_signing_in_leads_nowhere_else(shown: Dashboard) -> None:
    for then in ("//evil.example", "https://evil.example", "/\\evil.example", "x"):
        answer = shown.post("/sign-in", key=KEY, then=then)
        assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert [word in cookie for word in ("httponly", "samesite=strict", "path=/")] == [True] * 3
    shown.headers["Origin"] = "http://evil.example"
    assert shown.post("/sign-in", key=KEY, then="/").status == 401


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("file=a.sh", 415, "'.sh' cannot be read here"),
        ("file=a.db", 415, "cannot be read"),
        ("file=a.csv&name=../x", 422, "cannot be a run's name"),
        ("file=a.csv&name=.dashboard", 422, "cannot be a run's name"),
        ("file=a.csv&model=/etc", 422, "cannot be chosen"),
        ("file=a.csv&method=fulll", 422, "Did you mean 'full'"),
        ("file=a.csv&task=image-classification", 422, "cannot be chosen"),
        ("file=a.csv&label=a%0Ab", 422, "no column's name"),
        ("file=a.csv&name=reviews", 409, "there is a run 'reviews' already"),
    ],
)
def test_uploads_that_make_no_sense_are_refused(shown: Dashboard, query: str, status: int, told: str) -> None:
    answer = upload(shown, query)
    assert (answer.status, told in answer.body) == (status, True), answer.body
    assert not (shown.settings.place.runs / FOLDER).exists()


def test_a_file_that_is_too_large_or_empty_leaves_nothing_behind(shown: Dashboard) -> None:
    assert upload(shown, "file=a.csv", b"x" * 501).status == 413
    assert upload(shown, "file=a.csv", b"").status == 422
    assert list((shown.settings.place.runs / FOLDER).iterdir()) == []


def test_a_run_that_cannot_be_says_why(shown: Dashboard) -> None:
    answer = upload(shown, "file=..%2F..%2Fa%20b.csv&label=--set", b"text,label\nthe text,a\n")
    place = answer.json()["then"]
    assert shown.wait(place).state == "failed"
    page = shown.ask(place).body
    assert "It has not worked" in page
    assert "--label=--set" in page  # a word of the form is never an option
    (folder,) = (shown.settings.place.runs / FOLDER).iterdir()
    assert (folder / "a-b.csv").read_bytes() == b"text,label\nthe text,a\n"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_roll_back_through_the_page_and_see_who_and_why(
    shown: Dashboard, finished: burnish.Run, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    registry = new_registry(tmp_path_factory, tmp_path / "registry")
    for number, name in ((1, "first"), (2, "second")):
        folder = copied_run(finished, tmp_path / name)
        submission = replace(submission_of(folder), digest=name)
        version = registry.register("shop", submission)
        registry.set_alias(version, CHAMPION)
        change = Change(action="promoted", version=number, before=number - 1, who="eve", why="better")
        registry.record("shop", change)
    token = shown.sign_in()
    assert "Roll back" in shown.ask("/live/shop").body
    assert shown.post("/live/shop/rollback", token=token, to="-1").status == 422
    place = shown.post("/live/shop/rollback", token=token, why="the  first\none").headers["location"]
    assert shown.post("/live/shop/look", token=token).status == 409  # one job at a time
    assert shown.wait(place).result["version"] == 1
    assert registry.at_work("shop")[CHAMPION].number == 1
    page = shown.ask("/live/shop").body
    assert [told in page for told in ("Version 1 rolled-back in place of 2, by ada", "the first one")] == [True] * 2
    assert "version 1, from first" in shown.ask("/live").body


def test_jobs_are_found_again_and_can_be_ended(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, 1)
    asked = Asked(kind="run", name="x", words=asked_words("predict", {}, [str(tmp_path)]), who="ada", then="/")
    job = jobs.start(asked)
    jobs.stop(job)
    while jobs.outcome(job).state == "working":
        time.sleep(0.05)
    again = Jobs(tmp_path, 1)
    assert again.find(job.number) == job == again.of("run", "x")
    assert again.outcome(job).state == "failed"
    assert again.find("../" + job.number) is None
