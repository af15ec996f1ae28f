"""The dashboard's HTTP application: what guards it, and how it answers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from burnish.errors import UserError
from burnish.faces.dashboard.acting import add_acting
from burnish.faces.dashboard.desk import Desk
from burnish.faces.dashboard.looking import add_looking
from burnish.faces.dashboard.pages import render, script, style_sheet
from burnish.faces.dashboard.settings import DashboardSettings
from burnish.faces.server.refusals import Refused

_LOG = logging.getLogger("burnish.dashboard")
_OPEN_PATHS = frozenset({"/sign-in", "/style.css", "/script.js", "/health"})
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def create_app(settings: DashboardSettings) -> FastAPI:
    """The application.

    Args:
        settings: What there is to see, and who may do what.
    """
    desk = Desk(settings)
    application = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        exception_handlers={Refused: _refuse, UserError: _refuse, HTTPException: _refuse},
    )
    _add_guard(application, desk)
    _add_files(application)
    add_looking(application, desk)
    add_acting(application, desk)
    return application


def _add_guard(application: FastAPI, desk: Desk) -> None:
    @application.middleware("http")
    async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        settings = desk.settings
        if settings.hosts and _host(request) not in settings.hosts:
            response = Response("this dashboard has another name\n", status_code=421, media_type="text/plain")
        elif not (settings.open_to_read or request.url.path in _OPEN_PATHS or desk.sessions.reader(request)):
            response = _ask_for_key(request)
        else:
            try:
                response = await go_on(request)
            except Exception:  # noqa: BLE001 - nobody is shown a stack trace
                _LOG.exception("a request could not be answered: %s %s", request.method, request.url.path)
                response = _told(request, 500, "the dashboard has made a mistake", "Look into its log.")
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def _add_files(application: FastAPI) -> None:
    @application.get("/style.css", response_model=None)
    def style() -> Response:
        return Response(style_sheet(), media_type="text/css")

    @application.get("/script.js", response_model=None)
    def scripts() -> Response:
        return Response(script(), media_type="text/javascript")

    @application.get("/health", response_model=None)
    def health() -> dict[str, str]:
        return {"status": "alive"}


def _host(request: Request) -> str:
    """The name that the browser asked for, without a port."""
    host = request.headers.get("host", "")
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _ask_for_key(request: Request) -> Response:
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return _told(request, 401, "this needs a key", "Send it as `Authorization: Bearer KEY`.")
    return Response(status_code=303, headers={"location": f"/sign-in?then={quote(request.url.path, safe='')}"})


async def _refuse(request: Request, error: Exception) -> Response:
    match error:
        case Refused():
            if _wants_page(request):
                told = error.told
                response = _told(request, error.status, told["what"], told["fix"], told["where"])
            else:
                response = Response(error.body, status_code=error.status)
            response.headers.update(error.headers if not _wants_page(request) else {})
            return response
        case UserError():
            return _told(request, 422, error.what, error.fix, error.where)
        case HTTPException():
            return _told(request, error.status_code, "there is no such page", "Begin at the list of runs.")
    raise error


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _told(request: Request, status: int, what: str, fix: str, where: str = "") -> Response:
    """What is wrong, as a page for browsers, and as JSON for others."""
    refused = Refused(status, what, where=where, fix=fix)
    if not _wants_page(request):
        return Response(refused.body, status_code=status, headers=refused.headers)
    page = render("refused", None, {"here": "refused", "what": what, "fix": fix, "where": where})
    return Response(page, status_code=status, media_type="text/html")
