"""The command `burnish sweep`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

_SHOWN_TRIALS = 5


def sweep(
    source: Annotated[str, typer.Argument(metavar="DATA|RECIPE", help="A data file or folder, or a recipe.")],
    label: Annotated[str, typer.Option(help="Column with what is to be predicted.", rich_help_panel="Data")] = "",
    text: Annotated[str, typer.Option(help="Column with the text to read.", rich_help_panel="Data")] = "",
    test: Annotated[str, typer.Option(help="A file of test rows; else 20% are sealed.", rich_help_panel="Data")] = "",
    encoding: Annotated[str, typer.Option(help="The files' encoding, if not UTF-8.", rich_help_panel="Data")] = "",
    task: Annotated[str, typer.Option(help="What the specialist does (burnish tasks).", rich_help_panel="Recipe")] = "",
    model: Annotated[str, typer.Option(help="Name (burnish models), Hub id or folder.", rich_help_panel="Recipe")] = "",
    method: Annotated[str, typer.Option(help="How weights change (burnish methods).", rich_help_panel="Recipe")] = "",
    metric: Annotated[str, typer.Option(help="The metric that decides.", rich_help_panel="Recipe")] = "",
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice.", rich_help_panel="Recipe")] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any recipe key: training.epochs=3.", rich_help_panel="Recipe"),
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Most trainings.", rich_help_panel="Search")] = None,
    minutes: Annotated[float | None, typer.Option(help="Most minutes of training.", rich_help_panel="Search")] = None,
    workers: Annotated[int | None, typer.Option(help="Trainings at a time.", rich_help_panel="Search")] = None,
    ranges: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="KEY=RANGE",
            help="What a key may be: method.rank=[4,8], or training.epochs={low: 2, high: 9}.",
            rich_help_panel="Search",
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="The run's name; default: the file's name.")] = "",
    out: Annotated[Path, typer.Option(help="Folder that holds runs.")] = Path("runs"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")
    ] = False,
) -> None:
    """Search for better hyperparameters, and write the best recipe.

    Checks and splits the data and scores the baselines once, then trains with other values again and again: first the
    recipe as it stands, then what its ranges allow. The validation rows decide; the test rows stay sealed. Stopped or
    killed, the same command goes on where it stopped.

    Examples:
      burnish sweep reviews.csv --label sentiment --trials 20

      burnish sweep recipe.yaml --minutes 30 --workers 2
    """
    from burnish.events import finish
    from burnish.faces.cli import _set_keys
    from burnish.faces.python import merged, prepare
    from burnish.faces.sweeping import Sweep, start_sweep, sweep_keys
    from burnish.faces.terminal import watch
    from burnish.searching.trial import SWEEP_FOLDER

    given: dict[str, Any] = {"label": label, "text": text, "test": test, "encoding": encoding, "task": task}
    given |= {"model": model, "method": method, "seed": seed, "evaluate": {"metric": metric} if metric else None}
    given["sweep"] = sweep_keys(trials=trials, minutes=minutes, workers=workers, ranges=_ranges(ranges or []))
    chosen = {key: value for key, value in given.items() if value not in ("", None, {})}
    recipe, folder = prepare(source, name=name, out=out, keys=merged(chosen, _set_keys(keys or [])))
    work = start_sweep(recipe, folder)
    finish(work) if as_json else watch(work, Console(stderr=True, highlight=False))
    finished = Sweep(folder.root / SWEEP_FOLDER)
    if as_json:
        paths = {"run": folder.root, "best": finished.recipe, "trials": finished.trials, "report": finished.report}
        found = {**{key: str(path) for key, path in paths.items()}, "sweep": finished.result}
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    show_sweep(finished.result, finished.report, Console(highlight=False))


def _ranges(assignments: list[str]) -> dict[str, Any] | None:
    """`method.rank=[4,8]` as {"method.rank": [4, 8]}; None for none."""
    from burnish.errors import UserError
    from burnish.recipe_problems import read_value

    found = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or not key:
            fix = "Write: --range 'training.epochs={low: 2, high: 9}'"
            raise UserError(f"{assignment!r} is not KEY=RANGE", where="--range", fix=fix)
        found[key] = read_value(value)
    return found or None


def show_sweep(result: dict[str, Any], report: Path, console: Console) -> None:
    """The best trials as a table, and what to do next."""
    from burnish.reporting.sweep import short_keys

    keys = [dimension["key"] for dimension in result["space"]]
    sign = 1 if result["metric"]["higher_is_better"] else -1
    ended = [trial for trial in result["trials"] if trial["state"] == "complete"]
    ended.sort(key=lambda trial: (-sign * trial["score"], trial["loss"], not trial["own"], trial["number"]))
    own = result["recipe"]
    shown = ended[:_SHOWN_TRIALS] + ([own] if own not in ended[:_SHOWN_TRIALS] else [])
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("trial", result["metric"]["name"], *short_keys(result["space"]), ""):
        table.add_column(heading)
    for trial in shown:
        values = [str(trial["values"][key]) for key in keys]
        remark = "the recipe as it stands" if trial["own"] else ""
        cells = [str(trial["number"]), f"{trial['score']:.4f}", *values, remark]
        table.add_row(*map(Text, cells), style="bold" if trial == result["best"] else "")
    console.print()
    console.print(table)
    console.print()
    if result["best"]["own"]:
        console.print("No trial was better than the recipe as it stands.")
    console.print(f"report   {report}", soft_wrap=True, markup=False)
    console.print(f"verdict  {result['command']}", soft_wrap=True, markup=False)
