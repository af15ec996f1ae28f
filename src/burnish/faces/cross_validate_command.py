"""The command `burnish cross-validate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from burnish.recipe import Recipe
    from burnish.run_folder import RunFolder


def cross_validate(
    source: Annotated[str, typer.Argument(metavar="DATA|RECIPE", help="A data file or folder, or a recipe.")],
    folds: Annotated[int | None, typer.Option(help="How many folds; default: the recipe's, or 5.")] = None,
    repeats: Annotated[int | None, typer.Option(help="How often the folds are drawn anew; default: 1.")] = None,
    label: Annotated[str, typer.Option(help="Column with what is to be predicted.", rich_help_panel="Data")] = "",
    text: Annotated[str, typer.Option(help="Column with the text to read.", rich_help_panel="Data")] = "",
    encoding: Annotated[str, typer.Option(help="The file's encoding, if not UTF-8.", rich_help_panel="Data")] = "",
    task: Annotated[str, typer.Option(help="What the specialist does (burnish tasks).", rich_help_panel="Recipe")] = "",
    model: Annotated[str, typer.Option(help="Name (burnish models), Hub id or folder.", rich_help_panel="Recipe")] = "",
    method: Annotated[str, typer.Option(help="How weights change (burnish methods).", rich_help_panel="Recipe")] = "",
    metric: Annotated[str, typer.Option(help="The metric that decides.", rich_help_panel="Recipe")] = "",
    minimum_gain: Annotated[
        float | None, typer.Option(help="Least gain that is worth it; 0.02 is 2 points.", rich_help_panel="Recipe")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice.", rich_help_panel="Recipe")] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any recipe key: training.epochs=3.", rich_help_panel="Recipe"),
    ] = None,
    name: Annotated[str, typer.Option(help="The run's name; default: the file's name.")] = "",
    out: Annotated[Path, typer.Option(help="Folder that holds runs.")] = Path("runs"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")
    ] = False,
) -> None:
    """Test every row of small data in turn, and give a verdict that rests on all of them.

    Divides the rows into folds. Each fold is once the test part of a run that learns from the others, baselines and
    all; the verdict is about the mean over folds. Stopped or killed, the same command goes on where it stopped.

    Examples:
      burnish cross-validate reviews.csv --label sentiment

      burnish cross-validate recipe.yaml --folds 10 --repeats 2
    """
    from burnish.faces.cli import _set_keys
    from burnish.faces.cross_validating import with_fold_keys
    from burnish.faces.python import merged, prepare

    given: dict[str, Any] = {"label": label, "text": text, "encoding": encoding, "task": task}
    given |= {"model": model, "method": method, "seed": seed}
    chosen: dict[str, Any] = {key: value for key, value in given.items() if value not in ("", None)}
    wanted = {"metric": metric or None, "minimum-gain": minimum_gain}
    if decides := {key: value for key, value in wanted.items() if value is not None}:
        chosen["evaluate"] = decides
    chosen = with_fold_keys(merged(chosen, _set_keys(keys or [])), folds, repeats)
    answer_every_row(*prepare(source, name=name, out=out, keys=chosen), as_json=as_json)


def answer_every_row(recipe: Recipe, folder: RunFolder, *, as_json: bool) -> None:
    """Cross-validate by a recipe, and show the verdict; `burnish run` comes here, too, where a recipe names folds."""
    from burnish.events import finish
    from burnish.faces.cross_validating import CrossValidation, start_cross_validation
    from burnish.faces.terminal import show_panel, watch
    from burnish.folding.plan import CROSS_VALIDATION

    work = start_cross_validation(recipe, folder)
    finish(work) if as_json else watch(work, Console(stderr=True, highlight=False))
    found = CrossValidation(folder.root / CROSS_VALIDATION)
    if as_json:
        paths = {"run": folder.root, "report": found.report, "predictions": found.predictions, "wrong": found.wrong}
        shown = {**{key: str(path) for key, path in paths.items()}, "verdict": found.verdict, "scores": found.scores}
        print(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    show_panel(found.verdict, console, tested="the folds")
    console.print(f"report   {found.report}", soft_wrap=True, markup=False)
    console.print(f"train    {found.command}", soft_wrap=True, markup=False)
