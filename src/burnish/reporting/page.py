"""The report as one HTML page that needs nothing else: no scripts, no fonts, no addresses."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from burnish.reporting import words
from burnish.reporting.augmentation import view_augmentation
from burnish.reporting.data import view_data
from burnish.reporting.facts import Facts, read_facts
from burnish.reporting.learning import view_learning
from burnish.reporting.panels import view_panels
from burnish.reporting.pretraining import view_pretraining
from burnish.reporting.running import view_running
from burnish.reporting.scores import view_scores
from burnish.reporting.split import view_split
from burnish.reporting.verdict import view_verdict
from burnish.run_folder import RunFolder

if TYPE_CHECKING:
    import jinja2

# Headings of the page in order, by the name that links use.
SECTIONS = {
    "verdict": "Verdict",
    "scores": "Scores against baselines",
    "answers": "Where it is right and wrong",
    "learning": "How it learned",
    "data": "What became of every row",
    "profile": "What the data is like",
    "cost": "Time, cost and energy",
    "parity": "Is the exported model the trained one?",
    "recipe": "Recipe and versions",
    "use": "How to use it",
}


def render_report(folder: RunFolder) -> str:
    """The report of a run whose stages from `check` to `evaluate` have ended, as HTML.

    Raises:
        UserError: A file that these stages write is missing or damaged.
    """
    return render_facts(read_facts(folder))


_MAY_BREAK_AFTER = re.compile(r"[_/.](?=\S)|[^\s_/.]{20}(?=\S)")


def breakable(text: str) -> Markup:
    """Text, escaped, that may break after `_`, `/`, `.` and inside very long words: long names then fit a table."""
    return Markup("<wbr>").join(_MAY_BREAK_AFTER.sub("\\g<0>\0", str(text)).split("\0"))


def coded(text: str) -> Markup:
    """Text, escaped, in which what stands between backticks is shown as code."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup().join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


@cache
def templates() -> jinja2.Environment:
    """The templates of this room's pages. All that comes from data is escaped."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("burnish.reporting", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": words.count, "breakable": breakable, "coded": coded}
    return environment


def render_facts(facts: Facts) -> str:
    """The report on these facts, as HTML."""
    return (
        templates()
        .get_template("page.html.jinja")
        .render(
            name=facts.name,
            day=words.day(facts.ended) if facts.ended else "",
            headings=SECTIONS,
            verdict=view_verdict(facts),
            scores=view_scores(facts),
            panels=view_panels(facts.panels),
            learning=view_learning(facts),
            augmentation=view_augmentation(facts),
            pretraining=view_pretraining(facts),
            data=view_data(facts),
            split=view_split(facts),
            running=view_running(facts),
        )
    )
