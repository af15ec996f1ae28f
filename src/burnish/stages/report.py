"""`report`: everything about the run in one HTML file that needs nothing else."""

from __future__ import annotations

from burnish.events import Note, Work
from burnish.recipe import Recipe
from burnish.reporting.page import render_report
from burnish.run_folder import RunFolder, write_text
from burnish.stages.stage import Stage

REPORT_FILE = "report.html"


def run(_recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write report.html."""
    path = folder.file("report", REPORT_FILE)
    write_text(path, render_report(folder))
    yield Note(text=f"report: {path}")


STAGE = Stage(
    name="report",
    summary="writes the report",
    reads=("task", "model", "data", "method", "training", "augment", "split", "evaluate", "cost", "seed"),
    run=run,
)
