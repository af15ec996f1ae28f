"""Routes that change something. Each asks for a key, and all but signing in begin a job."""

from __future__ import annotations

import re
import shutil

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from burnish.errors import UserError
from burnish.faces.dashboard.desk import Desk, read_form
from burnish.faces.dashboard.jobs import Asked, Job, asked_words
from burnish.faces.dashboard.sessions import COOKIE, is_own
from burnish.faces.dashboard.uploading import keep_file, read_wanted
from burnish.faces.server.refusals import Refused
from burnish.registry.promotion import name_of, require_name

_LONGEST_WHY = 500


def add_acting(application: FastAPI, desk: Desk) -> None:
    """Add them to the application."""
    _add_signing_in(application, desk)
    _add_runs(application, desk)
    _add_registry(application, desk)


def _add_signing_in(application: FastAPI, desk: Desk) -> None:
    @application.get("/sign-in", response_model=None)
    def ask(request: Request, then: str = "/") -> Response:
        return desk.page(request, "sign_in", {"here": "sign-in", "then": _own_path(then), "wrong": False})

    @application.post("/sign-in", response_model=None)
    async def sign_in(request: Request) -> Response:
        form = await read_form(request)
        then = _own_path(form.get("then", "/"))
        number = desk.sessions.sign_in(form.get("key", "").strip()) if is_own(request) else None
        if number is None:
            page = desk.page(request, "sign_in", {"here": "sign-in", "then": then, "wrong": True})
            page.status_code = 401
            return page
        response = _go_to(then)
        response.set_cookie(COOKIE, number, httponly=True, samesite="strict", path="/")
        return response

    @application.post("/sign-out", response_model=None)
    async def sign_out(request: Request) -> Response:
        form = await read_form(request)
        desk.sessions.actor(request, form.get("token", ""))
        desk.sessions.sign_out(request)
        response = _go_to("/")
        response.delete_cookie(COOKIE, path="/")
        return response


def _add_runs(application: FastAPI, desk: Desk) -> None:
    @application.post("/runs", response_model=None)
    async def start(request: Request) -> dict[str, str]:
        """Start a run from the body, a file; what is wanted stands in the query."""
        who = desk.sessions.actor(request)
        wanted = read_wanted(request.query_params, desk.settings)
        if (desk.place.runs / wanted.name).exists():
            raise Refused(409, f"there is a run {wanted.name!r} already", where="name", fix="Give it another name.")
        number, place = desk.jobs.new()
        try:
            data = place / f"{wanted.name}{wanted.ending}"
            await keep_file(request, data, desk.settings.most_bytes)
            options = {**wanted.options, "name": wanted.name, "out": str(desk.place.runs)}
            asked = Asked(
                kind="run",
                name=wanted.name,
                words=asked_words("run", options, [str(data)]),
                who=who,
                then=f"/runs/{wanted.name}",
            )
            job = await run_in_threadpool(desk.jobs.start, asked, number)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return {"then": f"/jobs/{job.number}"}

    @application.post("/jobs/{number}/again", response_model=None)
    async def again(request: Request, number: str) -> Response:
        form = await read_form(request)
        who = desk.sessions.actor(request, form.get("token", ""))
        job = _job(desk, number)
        asked = Asked(**{**vars(job.asked), "who": who})
        return _go_to(f"/jobs/{(await run_in_threadpool(desk.jobs.start, asked)).number}")

    @application.post("/jobs/{number}/stop", response_model=None)
    async def stop(request: Request, number: str) -> Response:
        form = await read_form(request)
        desk.sessions.actor(request, form.get("token", ""))
        desk.jobs.stop(_job(desk, number))
        return _go_to(f"/jobs/{number}")


def _add_registry(application: FastAPI, desk: Desk) -> None:
    @application.post("/runs/{name}/promote", response_model=None)
    async def promote(request: Request, name: str) -> Response:
        form = await read_form(request)
        who = desk.sessions.actor(request, form.get("token", ""))
        run = desk.run(name)
        known = form.get("as", "").strip() or name_of(run.root)
        try:
            require_name(known)
        except UserError as error:
            raise Refused(422, error.what, where="name", fix=error.fix) from None
        options = {"as": known, "who": who, "why": _why(form.get("why", "")), "registry": desk.place.registry}
        words = asked_words("promote", options, [str(run.root)])
        asked = Asked(kind="promote", name=known, words=words, who=who, then=f"/live/{known}")
        return await _begin(desk, asked)

    @application.post("/live/{name}/rollback", response_model=None)
    async def roll_back(request: Request, name: str) -> Response:
        form = await read_form(request)
        who = desk.sessions.actor(request, form.get("token", ""))
        _require_served(desk, name)
        to = form.get("to", "")
        if not re.fullmatch(r"\d{0,9}", to, re.ASCII):
            raise Refused(422, f"{to!r} is no version", where="to", fix="Write its number.")
        options = {"to": to, "who": who, "why": _why(form.get("why", "")), "registry": desk.place.registry}
        words = asked_words("rollback", options, [name])
        return await _begin(desk, Asked(kind="rollback", name=name, words=words, who=who, then=f"/live/{name}"))

    @application.post("/live/{name:path}/look", response_model=None)
    async def look(request: Request, name: str) -> Response:
        form = await read_form(request)
        who = desk.sessions.actor(request, form.get("token", ""))
        _require_served(desk, name)
        served = desk.run(name.removeprefix("runs/")).root if name.startswith("runs/") else name
        options = {"log": desk.place.log, "registry": "" if name.startswith("runs/") else desk.place.registry}
        words = asked_words("monitor", options, [str(served)])
        return await _begin(desk, Asked(kind="look", name=name, words=words, who=who, then=f"/live/{name}"))


async def _begin(desk: Desk, asked: Asked) -> Response:
    return _go_to(f"/jobs/{(await run_in_threadpool(desk.jobs.start, asked)).number}")


def _require_served(desk: Desk, name: str) -> None:
    if name not in desk.place.served():
        raise Refused(404, f"nothing of the name {name!r} is served", fix="See the list.")


def _job(desk: Desk, number: str) -> Job:
    if (job := desk.jobs.find(number)) is None:
        raise Refused(404, "there is no such job", fix="See the list of runs.")
    return job


def _why(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_WHY]


def _own_path(then: str) -> str:
    """A path of this dashboard, whatever was asked for."""
    return then if re.fullmatch(r"/[\w./-]*", then, re.ASCII) and not then.startswith("//") else "/"


def _go_to(path: str) -> Response:
    return Response(status_code=303, headers={"location": path})
