"""Routes that only show: runs, one run, runs side by side, what is served, jobs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Query, Request, Response

from burnish.errors import UserError
from burnish.faces.dashboard.comparing import view_comparison
from burnish.faces.dashboard.desk import Desk
from burnish.faces.dashboard.job_pages import view_job
from burnish.faces.dashboard.live import view_live
from burnish.faces.dashboard.overview import DAMAGED, OTHER_REPORTS, other_report, view_run, view_runs
from burnish.faces.dashboard.progress import is_at_work, view_progress
from burnish.faces.dashboard.specialists import view_specialist, view_specialists
from burnish.faces.dashboard.uploading import view_form
from burnish.faces.server.refusals import Refused
from burnish.registry.promotion import name_of
from burnish.reporting.augmentation import view_augmentation
from burnish.reporting.data import view_data
from burnish.reporting.facts import read_facts
from burnish.reporting.learning import view_learning
from burnish.reporting.page import SECTIONS
from burnish.reporting.pretraining import view_pretraining
from burnish.reporting.verdict import view_verdict
from burnish.run_folder import RunFolder
from burnish.stages.report import REPORT_FILE

MOST_COMPARED = 6
_DATA_REPORT = "data.html"
_ALONE = {"content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"}


def add_looking(application: FastAPI, desk: Desk) -> None:
    """Add them to the application."""
    _add_runs(application, desk)
    _add_live(application, desk)
    _add_jobs(application, desk)


def _add_runs(application: FastAPI, desk: Desk) -> None:
    @application.get("/", response_model=None)
    def runs(request: Request) -> Response:
        return desk.page(request, "runs", {"here": "runs", "runs": view_runs(desk.place.run_folders())})

    @application.get("/new", response_model=None)
    def new(request: Request) -> Response:
        return desk.page(request, "new", {"here": "new", "form": view_form(desk.settings)})

    @application.get("/compare", response_model=None)
    def compare(request: Request, run: list[str] = Query(default=[])) -> Response:  # noqa: B008 - FastAPI's way
        folders = [desk.run(name) for name in dict.fromkeys(run)]
        if not 2 <= len(folders) <= MOST_COMPARED:
            raise Refused(422, f"choose two to {MOST_COMPARED} runs", fix="Go back and tick them.")
        if unfinished := [folder.root.name for folder in folders if folder.record("evaluate") is None]:
            raise Refused(422, f"{', '.join(unfinished)}: there is no verdict yet", fix="Choose others.")
        return desk.page(request, "compare", {"here": "runs", "compared": view_comparison(folders)})

    @application.get("/runs/{name}", response_model=None)
    def run(request: Request, name: str) -> Response:
        return desk.page(request, "run", _run_context(desk, desk.run(name)))

    @application.get("/runs/{name}/progress", response_model=None)
    def progress(request: Request, name: str) -> Response:
        folder = desk.run(name)
        at_work = is_at_work(folder)
        response = desk.page(request, "progress", {"progress": view_progress(folder, at_work=at_work)})
        if not at_work:
            response.headers["x-burnish-then"] = f"/runs/{name}"
        return response

    @application.get("/runs/{name}/report", response_model=None)
    def report(name: str) -> Response:
        return _file(desk.run(name).file("report", REPORT_FILE))

    @application.get("/runs/{name}/data", response_model=None)
    def data(name: str) -> Response:
        return _file(desk.run(name).file("check", _DATA_REPORT))

    @application.get("/runs/{name}/{other}", response_model=None)
    def other_page(name: str, other: str) -> Response:
        if other not in OTHER_REPORTS:
            raise Refused(404, "there is no such page", fix="See the list of runs.")
        return _file(other_report(desk.run(name), other))


def _file(path: Path) -> Response:
    """A page that a run wrote. It may do nothing here: no scripts, no forms, not this page's origin."""
    if not path.is_file():
        raise Refused(404, "this page is not written yet", fix="Wait for the run.")
    return Response(path.read_bytes(), media_type="text/html", headers=_ALONE)


def _run_context(desk: Desk, folder: RunFolder) -> Mapping[str, Any]:
    line, at_work = view_run(folder), is_at_work(folder)
    job = desk.jobs.of("run", line.name)
    context: dict[str, Any] = {
        "here": "runs",
        "line": line,
        "registered_as": name_of(folder.root),
        "has_data_report": folder.file("check", _DATA_REPORT).is_file(),
        "can_go_on": job is not None and not line.finished and not at_work,
        "job": job,
        "progress": None,
        "headings": SECTIONS,
        "fault": "",
    }
    if not line.finished and line.state != DAMAGED:
        return {**context, "progress": view_progress(folder, at_work=at_work), "at_work": at_work}
    try:
        facts = read_facts(folder)
        views = {
            "verdict": view_verdict(facts),
            "learning": view_learning(facts),
            "data": view_data(facts),
            "augmentation": view_augmentation(facts),
            "pretraining": view_pretraining(facts),
        }
    except (UserError, KeyError, TypeError) as error:
        return {**context, "fault": str(error)}
    return {**context, **views, "findings": views["data"].findings}  # type: ignore[attr-defined]


def _add_live(application: FastAPI, desk: Desk) -> None:
    @application.get("/live", response_model=None)
    def specialists(request: Request) -> Response:
        registry, fault = desk.registry()
        context = {"here": "live", "specialists": view_specialists(desk.place, registry), "fault": fault}
        return desk.page(request, "specialists", context)

    def live_context(name: str) -> dict[str, Any]:
        served = desk.place.served()
        if name not in served:
            raise Refused(404, f"nothing of the name {name!r} is served", fix="See the list.")
        registry, _ = desk.registry()
        return {
            "here": "live",
            "name": name,
            "specialist": view_specialist(registry, name),
            "live": view_live(served[name], desk.settings.place.log),
        }

    @application.get("/live/{name:path}/figures", response_model=None)
    def figures(request: Request, name: str) -> Response:
        return desk.page(request, "figures", live_context(name))

    @application.get("/live/{name:path}", response_model=None)
    def live(request: Request, name: str) -> Response:
        return desk.page(request, "live", live_context(name))


def _add_jobs(application: FastAPI, desk: Desk) -> None:
    @application.get("/jobs/{number}", response_model=None)
    def job(request: Request, number: str) -> Response:
        return desk.page(request, "job", {"here": "", "job": view_job(desk, number)})

    @application.get("/jobs/{number}/progress", response_model=None)
    def progress(request: Request, number: str) -> Response:
        view = view_job(desk, number)
        response = desk.page(request, "job_progress", {"job": view})
        if not view.working:
            response.headers["x-burnish-then"] = view.then if view.go_there else f"/jobs/{number}"
        return response
