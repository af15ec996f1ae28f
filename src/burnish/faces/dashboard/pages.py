"""Pages as HTML, in the style of the report."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from burnish.faces.dashboard.sessions import Session
from burnish.reporting.page import templates

if TYPE_CHECKING:
    import jinja2


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    reports = templates()
    own = jinja2.PackageLoader("burnish.faces.dashboard", "templates")
    return reports.overlay(loader=jinja2.ChoiceLoader([own, reports.loader] if reports.loader else [own]))


def render(template: str, session: Session | None, context: Mapping[str, Any]) -> str:
    """A page, or a part of one.

    Args:
        template: Its file, without the ending.
        session: Who is signed in.
        context: What it shows.
    """
    found = _environment().get_template(f"{template}.html.jinja")
    return found.render({**context, "session": session, "token": session.token if session else ""})


@cache
def style_sheet() -> str:
    """The report's style, and what only the dashboard shows."""
    return "\n".join(
        files(package).joinpath("templates", name).read_text(encoding="utf-8")
        for package, name in (("burnish.reporting", "style.css"), ("burnish.faces.dashboard", "dashboard.css"))
    )


@cache
def script() -> str:
    """The few lines that pages need: a part that renews itself, and a file that is sent."""
    return files("burnish.faces.dashboard").joinpath("templates", "dashboard.js").read_text(encoding="utf-8")
