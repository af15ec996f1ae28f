"""The command `burnish ablate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text


def ablate(
    source: Annotated[str, typer.Argument(metavar="DATA|RECIPE", help="A data file or folder, or a recipe.")],
    key: Annotated[str, typer.Option(help="What to leave out: augment, training.oversample, method.layer-decay …")],
    value: Annotated[str, typer.Option(help="Compare with this value instead of leaving the key out.")] = "",
    seeds: Annotated[int, typer.Option(help="With how many seeds each is trained.")] = 3,
    label: Annotated[str, typer.Option(help="Column with what is to be predicted.", rich_help_panel="Data")] = "",
    text: Annotated[str, typer.Option(help="Column with the text to read.", rich_help_panel="Data")] = "",
    task: Annotated[str, typer.Option(help="What the specialist does (burnish tasks).", rich_help_panel="Recipe")] = "",
    model: Annotated[str, typer.Option(help="Name (burnish models), Hub id or folder.", rich_help_panel="Recipe")] = "",
    method: Annotated[str, typer.Option(help="How weights change (burnish methods).", rich_help_panel="Recipe")] = "",
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
    """Measure what a key of the recipe is worth: train with and without it, and compare.

    Both are trained on the same rows with the same seeds, and answer the same validation rows; a paired test compares
    them. The test rows stay sealed. Stopped or killed, the same command goes on where it stopped.

    Examples:
      burnish ablate reviews.csv --label sentiment --set augment.word-dropout=0.1 --key augment

      burnish ablate recipe.yaml --key training.oversample --value sqrt
    """
    from burnish.ablating.ablation import ablation_folder
    from burnish.ablating.arms import read_arms
    from burnish.events import finish
    from burnish.faces.ablating import Ablation, start_ablation
    from burnish.faces.cli import _set_keys
    from burnish.faces.python import merged, prepare
    from burnish.faces.terminal import watch
    from burnish.recipe_problems import read_value

    given: dict[str, Any] = {"label": label, "text": text, "task": task, "model": model, "method": method}
    chosen = {name: value for name, value in given.items() if value}
    recipe, folder = prepare(source, name=name, out=out, keys=merged(chosen, _set_keys(keys or [])))
    arms = read_arms(recipe, key, read_value(value) if value else None, replaced=bool(value))
    work = start_ablation(arms, folder, seeds)
    finish(work) if as_json else watch(work, Console(stderr=True, highlight=False))
    found = Ablation(ablation_folder(folder, key))
    if as_json:
        print(json.dumps({"folder": str(found.folder), "ablation": found.result}, ensure_ascii=False, indent=2))
        return
    show_ablation(found.result, Console(highlight=False))


def show_ablation(result: dict[str, Any], console: Console) -> None:
    """Scores with and without, the difference with its interval, and what that means."""
    from burnish.reporting import words

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("", result["key"], result["metric"], "by seed", "loss"):
        table.add_column(heading)
    for arm in ("with", "without"):
        of = result["score"][arm]
        by_seed = ", ".join(words.score(score, result["share"]) for score in of["by_seed"])
        loss = words.decimal(result["loss"][arm]["mean"])
        cells = [arm, result["described"][arm], words.score(of["mean"], result["share"]), by_seed, loss]
        table.add_row(*map(Text, cells))
    console.print()
    console.print(table)
    console.print()
    of, share = result["score"], result["share"]
    gain, reach = words.gain(of["difference"]["value"], share), (of["difference"]["low"], of["difference"]["high"])
    tested = f"{result['rows']} validation rows, {words.counted(len(result['seeds']), 'seed', 'seeds')}"
    found = f"difference {gain}, 95% interval {words.gain_interval(*reach, share)}, p {words.p_value(of['p'])}"
    console.print(f"{found} ({of['test']}, {tested}):", soft_wrap=True, markup=False)
    console.print(f"{result['sentence']}", style="bold", markup=False)
