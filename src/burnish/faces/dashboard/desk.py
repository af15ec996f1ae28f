"""What every page works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from burnish.errors import UserError
from burnish.faces.dashboard.jobs import FOLDER, Jobs
from burnish.faces.dashboard.pages import render
from burnish.faces.dashboard.sessions import Sessions
from burnish.faces.dashboard.settings import DashboardSettings
from burnish.faces.server.refusals import Refused
from burnish.registry.registry import Registry
from burnish.run_folder import RunFolder

MOST_FORM_BYTES = 20_000


class Desk:
    """Settings, sessions and jobs, and how a page is made of them.

    Args:
        settings: What there is to see, and who may do what.
    """

    def __init__(self, settings: DashboardSettings) -> None:
        self.settings = settings
        self.place = settings.place
        self.sessions = Sessions(settings.keys)
        self.jobs = Jobs(settings.place.runs / FOLDER, settings.jobs_at_once)

    def page(self, request: Request, template: str, context: Mapping[str, Any]) -> Response:
        """A page."""
        return Response(render(template, self.sessions.of(request), context), media_type="text/html")

    def run(self, name: str) -> RunFolder:
        """A run by its name.

        Raises:
            Refused: There is none.
        """
        if (run := self.place.run(name)) is None:
            raise Refused(404, f"there is no run {name!r}", fix="See the list of runs.")
        return run

    def registry(self) -> tuple[Registry | None, str]:
        """The registry, or None and why there is none to show."""
        try:
            return self.place.open_registry(), ""
        except UserError as error:
            return None, str(error)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form.

    Raises:
        Refused: It is too large, or no form.
    """
    from urllib.parse import parse_qsl

    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, "this is no form", fix="Send application/x-www-form-urlencoded.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_FORM_BYTES:
            raise Refused(413, f"the form is larger than {MOST_FORM_BYTES:,} bytes", fix="Write less.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise Refused(400, "the form cannot be read", fix="Load the page again.") from None
