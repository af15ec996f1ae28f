"""The data report: what became of every row, what the checks found, and what the rows are like, before any training."""

from __future__ import annotations

from burnish.reporting.data import view_data
from burnish.reporting.facts import Facts
from burnish.reporting.findings import view_findings
from burnish.reporting.page import templates
from burnish.run_folder import RunFolder, read_json

SECTIONS = {
    "findings": "What the checks found",
    "data": "What became of every row",
    "profile": "What the data is like",
}
_SAMPLES = 20


def render_data_report(folder: RunFolder) -> str:
    """The report on what the stage `check` found, as HTML that needs nothing else.

    Raises:
        UserError: A file that the stage writes is missing or damaged.
    """
    ledger = read_json(folder.file("check", "ledger.json"))
    facts = Facts(
        name=folder.name,
        verdict={},
        scores={},
        panels=(),
        training={},
        ledger=ledger,
        findings=read_json(folder.file("check", "findings.json")),
        profile=read_json(folder.file("check", "profile.json")),
        sizes={},
        seal="",
    )
    return (
        templates()
        .get_template("data_report.html.jinja")
        .render(
            name=facts.name,
            headings=SECTIONS,
            data=view_data(facts),
            findings=view_findings(facts.findings, _SAMPLES),
        )
    )
