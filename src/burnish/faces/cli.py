"""The command line: `burnish run`, `cross-validate`, `sweep`, `predict`, `report`, and others that show things."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from burnish.errors import UserError
from burnish.faces.ablate_command import ablate
from burnish.faces.challenge_command import challenge, compare
from burnish.faces.check_command import check
from burnish.faces.cross_validate_command import answer_every_row, cross_validate
from burnish.faces.dashboard_command import dashboard
from burnish.faces.feedback_command import feedback
from burnish.faces.label_command import app as label
from burnish.faces.monitor_command import monitor
from burnish.faces.package_command import package
from burnish.faces.promote_command import promote, rollback
from burnish.faces.registry_command import registry
from burnish.faces.retrain_command import retrain
from burnish.faces.serve_command import serve
from burnish.faces.sweep_command import sweep
from burnish.faces.watch_command import watch
from burnish.hardware import let_threads_sleep

app = typer.Typer(
    help="Polish a pre-trained model into a specialist, and prove that it is better.\n\n"
    "Start with:  burnish sample reviews --domain products  and then  burnish run reviews.csv --label sentiment",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
_RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run folder (runs/NAME), or a specialist's folder.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")]

EXIT_USER_ERROR, EXIT_INTERRUPTED = 2, 130
_GAP = 2  # blanks between the columns of a table


def main() -> None:
    """Run the command line; errors of the user's become one message and exit code 2."""
    let_threads_sleep()
    warnings.filterwarnings("ignore", module=r"(torch|transformers|accelerate|sklearn|onnxscript).*")
    try:
        app()
    except UserError as error:
        _fail(error)
    except SystemExit as stop:
        if stop.code == EXIT_INTERRUPTED:  # typer's answer to Ctrl-C
            _console(error=True).print("stopped; the same command goes on where it stopped")
        raise


def _fail(error: UserError) -> None:
    from burnish.faces.terminal import show_error

    if "--json" in sys.argv:
        print(json.dumps({"error": error.as_dict()}, ensure_ascii=False))
    else:
        show_error(error, _console(error=True))
    sys.exit(EXIT_USER_ERROR)


def _console(*, error: bool = False) -> Console:
    return Console(stderr=error, highlight=False)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


@app.command()
def run(
    source: Annotated[str, typer.Argument(metavar="DATA|RECIPE", help="A data file or folder, or a recipe.")],
    label: Annotated[str, typer.Option(help="Column with what is to be predicted.", rich_help_panel="Data")] = "",
    text: Annotated[str, typer.Option(help="Column with the text to read.", rich_help_panel="Data")] = "",
    test: Annotated[str, typer.Option(help="A file of test rows; else 20% are sealed.", rich_help_panel="Data")] = "",
    encoding: Annotated[str, typer.Option(help="The files' encoding, if not UTF-8.", rich_help_panel="Data")] = "",
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
    as_json: _Json = False,
) -> None:
    """Take a data file (or a recipe) all the way to a verdict.

    Checks the data, seals a test set, scores cheap baselines, adapts the model, exports it, compares it with every
    baseline on the sealed rows, and writes a report. Stopped or killed, the same command goes on where it stopped.
    With `evaluate.folds` above 1 it does what `burnish cross-validate` does.

    Examples:
      burnish run reviews.csv --label sentiment

      burnish run recipe.yaml --set training.epochs=3 --name trial
    """
    from burnish.faces.python import Run, merged, prepare, start

    given: dict[str, Any] = {"label": label, "text": text, "test": test, "encoding": encoding, "task": task}
    given |= {"model": model, "method": method, "seed": seed}
    chosen: dict[str, Any] = {key: value for key, value in given.items() if value not in ("", None)}
    if metric or minimum_gain is not None:
        wanted = {"metric": metric or None, "minimum-gain": minimum_gain}
        chosen["evaluate"] = {key: value for key, value in wanted.items() if value is not None}
    recipe, folder = prepare(source, name=name, out=out, keys=merged(chosen, _set_keys(keys or [])))
    if recipe.evaluate.folds > 1:
        answer_every_row(recipe, folder, as_json=as_json)
        return
    _watch(start(recipe, folder), quiet=as_json)
    finished = Run(folder.root)
    _show_run(finished, as_json)


app.command()(ablate)
app.command()(check)
app.command("cross-validate")(cross_validate)
app.command()(sweep)
app.command()(serve)
app.command()(dashboard)
app.command()(feedback)
app.command()(monitor)
app.command()(package)
app.command()(watch)
app.command()(retrain)
app.command()(promote)
app.command()(rollback)
app.command()(challenge)
app.command()(compare)
app.command()(registry)
app.add_typer(label, name="label")


@app.command()
def predict(
    run_folder: _RunArgument,
    rows: Annotated[str | None, typer.Argument(metavar="ROWS", help="A file of rows, or another source.")] = None,
    text: Annotated[list[str] | None, typer.Option(help="A text to answer; may be repeated.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write here (.csv, .jsonl); default: the terminal, as CSV.")
    ] = None,
    engine: Annotated[str, typer.Option(help="torch or onnx.")] = "torch",
    as_json: _Json = False,
) -> None:
    """Answer texts or the rows of a file with a run's specialist.

    Examples:
      burnish predict runs/reviews --text "Works as it should."

      burnish predict runs/reviews new.csv -o answered.csv
    """
    from burnish.data.source import given_source
    from burnish.faces.predicting import answer_file, answer_line, answer_texts, open_specialist

    if (rows is None) == (not text):
        raise UserError("nothing to answer", where="burnish predict", fix="Give either --text TEXT or a file of rows.")
    specialist = open_specialist(run_folder, engine)
    if rows is None:
        predictions = answer_texts(specialist, text or [])
        if as_json:
            _print_json({"predictions": predictions})
            return
        for prediction in predictions:
            _console().print(answer_line(prediction), soft_wrap=True, markup=False)
        return
    summary = _watch(answer_file(specialist, given_source(rows), out, as_json=as_json), quiet=as_json or out is None)
    if as_json:
        _print_json(summary)


@app.command()
def report(
    run_folder: _RunArgument,
    open_it: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    as_json: _Json = False,
) -> None:
    """Show a finished run's verdict and where its report is."""
    from burnish.faces.python import load

    finished = load(run_folder)
    _show_run(finished, as_json)
    if open_it:
        import webbrowser

        webbrowser.open(finished.report.resolve().as_uri())


@app.command()
def models(
    fetch: Annotated[str, typer.Option(metavar="NAME", help="Fetch this model into the cache now.")] = "",
    as_json: _Json = False,
) -> None:
    """List the models that are known by name. Any other works by its Hugging Face Hub id or folder."""
    from burnish.models.catalogue import catalogue

    if fetch:
        from burnish.models.sources import resolve_model

        found = _watch(resolve_model(fetch), quiet=as_json)
        _print_json({"model": fetch, "folder": str(found.folder)}) if as_json else _console().print(str(found.folder))
        return
    entries = [
        {"name": name, **entry.model_dump(mode="json", exclude={"files"})} for name, entry in catalogue().items()
    ]
    columns = ("name", "summary", "tasks", "megabytes", "licence", "parameters", "languages")
    _show_table("models", columns, entries, as_json)


@app.command()
def tasks(as_json: _Json = False) -> None:
    """List the tasks: what a specialist can do."""
    from burnish.catalog import tasks as all_tasks

    rows = [
        {
            "name": task.name,
            "summary": task.summary,
            "columns": [column.role for column in task.columns],
            "metrics": [metric.name for metric in task.metrics],
            "baselines": [baseline.name for baseline in task.baselines],
        }
        for task in all_tasks().values()
    ]
    _show_table("tasks", ("name", "summary", "columns", "metrics", "baselines"), rows, as_json)


@app.command()
def methods(as_json: _Json = False) -> None:
    """List the methods: the ways to change weights, with their settings."""
    from burnish.catalog import methods as all_methods
    from burnish.section import kebab

    rows = [
        {
            "name": method.name,
            "summary": method.summary,
            "settings": [f"{kebab(name)} ({field.default})" for name, field in method.settings.model_fields.items()],
        }
        for method in all_methods().values()
    ]
    _show_table("methods", ("name", "summary", "settings"), rows, as_json)


@app.command()
def sample(
    name: Annotated[str, typer.Argument(help="Name of the sample: reviews, digits.")],
    domain: Annotated[str, typer.Option(help="Only one domain: movies, products, editorials, tweets.")] = "",
    out: Annotated[Path | None, typer.Option(help="The file or folder to write; default: its name.")] = None,
    as_json: _Json = False,
) -> None:
    """Write real data to try burnish on: a CSV file, or a folder of pictures."""
    from burnish.data.samples import usual_place, write_sample
    from burnish.run_folder import disk_faults_explained

    path = out or usual_place(name)
    with disk_faults_explained(path):
        rows = _watch(write_sample(name, path, domain), quiet=as_json)
    if as_json:
        _print_json({"file": str(path), "rows": rows})


@app.command()
def doctor(as_json: _Json = False) -> None:
    """Examine this machine and installation, and say how to add what is missing."""
    from burnish.faces.doctor import examine

    found = examine()
    if as_json:
        _print_json({"examined": [vars(entry) for entry in found]})
        return
    signs = {"good": "[green]✓[/green]", "missing": "[dim]–[/dim]", "problem": "[red]✗[/red]"}
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for entry in found:
        told = Text.assemble(entry.found, *([("\n" + entry.fix, "cyan")] if entry.fix else []))
        table.add_row(signs[entry.state], entry.name, told)
    _console().print(table)


def _watch(work: Any, *, quiet: bool) -> Any:
    from burnish.events import finish
    from burnish.faces.terminal import watch

    return finish(work) if quiet else watch(work, _console(error=True))


def _show_run(finished: Any, as_json: bool) -> None:
    from burnish.catalog import asked_with, get_task
    from burnish.exporting.manifest import read_manifest
    from burnish.faces.terminal import show_verdict

    paths = {"run": str(finished.folder), "report": str(finished.report), "specialist": str(finished.specialist_folder)}
    if as_json:
        _print_json({**paths, "verdict": finished.verdict})
        return
    asked = asked_with(get_task(read_manifest(finished.specialist_folder).task))
    show_verdict(finished.verdict, str(finished.folder), str(finished.report), asked, _console())


def _set_keys(assignments: list[str]) -> dict[str, Any]:
    """`training.epochs=3` as {"training": {"epochs": 3}}, in whatever order; values are read as YAML."""
    from burnish.faces.python import merged
    from burnish.recipe_problems import read_value

    whole: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or not key:
            raise UserError(f"{assignment!r} is not KEY=VALUE", where="--set", fix="Write: --set training.epochs=3")
        section, _, inner = key.partition(".")
        if inner:
            parts.setdefault(section, {})[inner] = read_value(value)
        else:
            whole[section] = read_value(value)
    return merged(whole, parts)


def _show_table(what: str, columns: tuple[str, ...], rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        _print_json({what: rows})
        return
    console = _console()
    cells = {column: [_cell(row[column]) for row in rows] for column in columns}
    widths = _widths({column: [column, *texts] for column, texts in cells.items()}, console.width)
    table = Table(header_style="bold", box=None, padding=(0, _GAP, 0, 0))
    for column, width in widths.items():
        table.add_column(column, overflow="fold", width=width)
    for row in zip(*(cells[column] for column in widths), strict=True):
        table.add_row(*map(Text, row))
    console.print(table)
    if hidden := columns[len(widths) :]:
        console.print(Text(f"Not shown for want of room: {', '.join(hidden)}. --json has all.", style="dim"))


def _widths(columns: dict[str, list[str]], room: int) -> dict[str, int]:
    """The widths of the first columns, as many as find room without breaking a word; at least two."""
    least = {name: max(len(word) for text in texts for word in text.split()) for name, texts in columns.items()}
    names = list(columns)
    while len(names) > 2 and sum(least[name] + _GAP for name in names) > room:
        names.pop()
    spare = max(0, room - sum(least[name] + _GAP for name in names))
    wanted = {name: max(map(len, columns[name])) - least[name] for name in names}
    widths = {name: least[name] for name in names}
    for left, name in enumerate(sorted(names, key=wanted.__getitem__)):
        more = min(wanted[name], spare // (len(names) - left))
        widths[name] += more
        spare -= more
    return widths


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
