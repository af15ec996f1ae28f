"""The page to try a specialist on: one HTML document with everything in it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from burnish.faces.server.schema import FILE_KINDS
from burnish.faces.server.served import Served

if TYPE_CHECKING:
    import jinja2


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PackageLoader("burnish.faces.server", "templates"),
                jinja2.PackageLoader("burnish.reporting", "templates"),
            ]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def try_page(served: Served) -> str:
    """The page as HTML. What clients type stays in their browser until they ask for an answer."""
    columns = [
        {
            "role": column.role,
            "summary": column.summary,
            "kind": column.kind,
            "is_file": column.kind in FILE_KINDS,
        }
        for column in served.specialist.task.columns
        if not column.target
    ]
    return (
        _environment()
        .get_template("try.html.jinja")
        .render(
            name=served.name,
            summary=served.specialist.task.summary,
            version=served.version,
            columns=columns,
            explains=any(column["kind"] == "text" for column in columns),
        )
    )
