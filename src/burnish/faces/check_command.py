"""The command `burnish check`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from burnish.events import Work
    from burnish.faces.checking import Checked
    from burnish.run_folder import RunFolder

_COLOURS = {"warning": "yellow", "note": "cyan"}


def check(
    source: Annotated[str, typer.Argument(metavar="DATA|RECIPE", help="A data file or folder, or a recipe.")],
    label: Annotated[str, typer.Option(help="Column with what is to be predicted.", rich_help_panel="Data")] = "",
    text: Annotated[str, typer.Option(help="Column with the text to read.", rich_help_panel="Data")] = "",
    test: Annotated[str, typer.Option(help="A file of test rows.", rich_help_panel="Data")] = "",
    encoding: Annotated[str, typer.Option(help="The files' encoding, if not UTF-8.", rich_help_panel="Data")] = "",
    task: Annotated[str, typer.Option(help="What the specialist does (burnish tasks).", rich_help_panel="Recipe")] = "",
    model: Annotated[str, typer.Option(help="Name (burnish models), Hub id or folder.", rich_help_panel="Recipe")] = "",
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice.", rich_help_panel="Recipe")] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Any recipe key: checks.near-duplicates=drop.", rich_help_panel="Recipe"
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="The run's name; default: the file's name.")] = "",
    out: Annotated[Path, typer.Option(help="Folder that holds runs.")] = Path("runs"),
    open_it: Annotated[bool, typer.Option("--open", help="Open the data report in the browser.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")
    ] = False,
) -> None:
    """Look for what would spoil the result, before any training.

    Reads the data, accounts for every row, and looks for wrong labels, copies, personal data, drift and more. Writes a
    data report. `burnish run` with the same data and name goes on from there.

    Examples:
      burnish check reviews.csv --label sentiment

      burnish check reviews.csv --label sentiment --set checks.near-duplicates=drop
    """
    from burnish.events import finish
    from burnish.faces.checking import Checked, start_check
    from burnish.faces.cli import _set_keys
    from burnish.faces.python import merged, prepare
    from burnish.faces.terminal import watch

    given: dict[str, Any] = {"label": label, "text": text, "test": test, "encoding": encoding, "task": task}
    given |= {"model": model, "seed": seed}
    chosen: dict[str, Any] = {key: value for key, value in given.items() if value not in ("", None)}
    recipe, folder = prepare(source, name=name, out=out, keys=merged(chosen, _set_keys(keys or [])))
    work = start_check(recipe, folder)
    finish(work) if as_json else watch(_told_once(work, folder), Console(stderr=True, highlight=False))
    checked = Checked(folder.root / "check")
    if as_json:
        shown: dict[str, Any] = {"run": str(folder.root), "report": str(checked.report), "ledger": checked.ledger}
        shown["findings"] = [asdict(finding) for finding in checked.findings]
        print(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        _show(checked, Console(highlight=False))
        Console(highlight=False).print(f"report   {checked.report}", soft_wrap=True, markup=False)
    if open_it:
        import webbrowser

        webbrowser.open(checked.report.resolve().as_uri())


def _told_once(work: Work[None], folder: RunFolder) -> Work[None]:
    """The same events without the findings, which are shown as a table in the end."""
    from burnish.events import Note
    from burnish.faces.checking import Checked

    there = folder.file("check", "findings.json")
    for event in work:
        findings = Checked(there.parent).findings if isinstance(event, Note) and there.is_file() else []
        if not (isinstance(event, Note) and event.text in {finding.sentence for finding in findings}):
            yield event


def _show(checked: Checked, console: Console) -> None:
    """The account of the rows, and the findings with the weightiest first."""
    outcomes = ("kept", "repaired", "merged", "redacted", "dropped")
    ledger = checked.ledger
    account = ", ".join(f"{ledger[outcome]:,} {outcome}" for outcome in outcomes if ledger[outcome])
    console.print(f"{ledger['read']:,} rows read: {account}", markup=False)
    if not checked.findings:
        console.print("The checks found nothing that would spoil the result.")
        return
    table = Table(header_style="bold", box=None, padding=(0, 2, 1, 0))
    for column in ("finding", "rows", "what was found", "what was done, or can be"):
        in_one = column in {"finding", "rows"}
        table.add_column(column, overflow="fold", no_wrap=in_one, justify="right" if column == "rows" else "left")
    for finding in checked.findings:
        name = Text(finding.name, style=_COLOURS[finding.severity])
        table.add_row(name, f"{finding.count:,}", Text(finding.text), Text(finding.repair))
    console.print(table)
