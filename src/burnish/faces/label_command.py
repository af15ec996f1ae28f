"""The commands `burnish label …`: export, import, next, weak, confirm."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from burnish.errors import UserError
from burnish.finding import counted

app = typer.Typer(
    help="Get labels: from people through Label Studio, from functions, and fewer of them by choosing rows well.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
_Run = Annotated[str, typer.Option(help="A run, or a specialist's folder, whose answers are used.")]
_Task = Annotated[str, typer.Option(help="What is labelled for, without a run (burnish tasks).")]
_Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="ROLE=NAME", help="Column of a role, where it has another name; may be repeated."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")]
_PREFIX = "/data/local-files/?d="


@app.command("export")
def export_command(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="A file of rows to be labelled.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file of tasks to write.")] = Path("tasks.json"),
    run: _Run = "",
    task: _Task = "",
    columns: _Columns = None,
    labels: Annotated[
        list[str] | None, typer.Option("--label", help="A label to choose from; may be repeated. Default: the run's.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="Put before the names of image and audio files.")] = _PREFIX,
    as_json: _Json = False,
) -> None:
    """Write tasks for Label Studio, with a model's answers filled in, and the labelling config for them.

    Examples:
      burnish label export new.csv --run runs/reviews -o tasks.json

      burnish label export new.csv --label positive --label negative
    """
    from burnish.faces.labelling import specialist_of
    from burnish.labelling.export import export_tasks

    work = export_tasks(
        rows,
        out,
        specialist=specialist_of(run),
        task=task,
        columns=_named(columns),
        labels=labels or (),
        prefix=prefix,
    )
    exported = _watch(work, quiet=as_json)
    if as_json:
        _print_json(exported.as_dict())


@app.command("import")
def import_command(
    export: Annotated[Path, typer.Argument(metavar="EXPORT", help="JSON, JSON_MIN or CSV from Label Studio.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write: .csv, .tsv or .jsonl.")],
    task: _Task = "",
    columns: _Columns = None,
    resolve: Annotated[
        str, typer.Option(help="majority, weighted (by agreement with others), or unanimous.")
    ] = "majority",
    keep_ties: Annotated[
        bool, typer.Option(help="Keep ties, with the answer of whoever agrees most with the others.")
    ] = False,
    level: Annotated[str, typer.Option(help="Of Krippendorff's alpha: nominal, ordinal or interval.")] = "",
    prefix: Annotated[str, typer.Option(help="Taken off the names of image and audio files.")] = _PREFIX,
    as_json: _Json = False,
) -> None:
    """Read an export of Label Studio: one answer for each task, and how far the annotators agree.

    Examples:
      burnish label import export.json -o labelled.csv

      burnish label import export.csv -o labelled.csv --resolve weighted
    """
    from burnish.faces.labelling import chosen_level, chosen_rule
    from burnish.labelling.importing import import_answers

    work = import_answers(
        export,
        out,
        task=task,
        columns=_named(columns),
        rule=chosen_rule(resolve),
        keep_ties=keep_ties,
        level=chosen_level(level),
        prefix=prefix,
    )
    imported = _watch(work, quiet=as_json)
    if as_json:
        _print_json(imported.as_dict())
        return
    _show_agreement(imported, Console(highlight=False))


@app.command("next")
def next_command(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="The file to choose from.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write: .csv, .tsv or .jsonl.")],
    count: Annotated[int, typer.Option(min=1, help="How many rows to choose.")] = 100,
    run: Annotated[str, typer.Option(help="A run, or a specialist's folder, that says what it is unsure about.")] = "",
    labelled: Annotated[
        list[Path] | None, typer.Option(help="Rows that are labelled already, from other files; may be repeated.")
    ] = None,
    task: _Task = "",
    model: Annotated[str, typer.Option(help="Whose features say what is alike; default: the run's, or minilm.")] = "",
    columns: _Columns = None,
    seed: Annotated[int, typer.Option(help="Seed of what is left aside where rows are too many.")] = 0,
    as_json: _Json = False,
) -> None:
    """Choose the rows most worth labelling: uncertain ones that stand for many others.

    Rows of the file that have a label already, and rows that the run or another file has, are not chosen again.

    Examples:
      burnish label next pool.csv -o first.csv --count 100

      burnish label next pool.csv -o more.csv --labelled labelled.csv

      burnish label next pool.csv -o more.csv --run runs/reviews
    """
    from burnish.faces.labelling import specialist_of
    from burnish.labelling.next_rows import choose_next, rows_of_run

    work = choose_next(
        rows,
        out,
        count=count,
        specialist=specialist_of(run),
        done=labelled or (),
        known=rows_of_run(Path(run)) if run else (),
        task=task,
        model=model,
        columns=_named(columns),
        seed=seed,
    )
    chosen = _watch(work, quiet=as_json)
    if as_json:
        _print_json(chosen.as_dict())


@app.command("weak")
def weak_command(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="A file of rows to be labelled.")],
    functions: Annotated[Path, typer.Argument(metavar="FUNCTIONS", help="A Python file of labelling functions.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write: .csv, .tsv or .jsonl.")],
    task: _Task = "",
    columns: _Columns = None,
    combine: Annotated[str, typer.Option(help="label-model (Snorkel's) or majority.")] = "label-model",
    least: Annotated[
        float, typer.Option("--least-confidence", min=0, max=1, help="Leave out rows with less confidence.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the label model.")] = 0,
    as_json: _Json = False,
) -> None:
    """Label rows by your own functions, combined by Snorkel's label model, with a report on each function.

    The file of functions is run as the Python program that it is: name only one that you trust. Rows that have a label
    already keep it, and say how often each function is right.

    Examples:
      burnish label weak rows.csv functions.py -o labelled.csv

      burnish label weak rows.csv functions.py -o labelled.csv --least-confidence 0.8
    """
    from burnish.faces.labelling import chosen_combination
    from burnish.labelling.weak import label_weakly

    work = label_weakly(
        rows,
        functions,
        out,
        task=task,
        columns=_named(columns),
        combine=chosen_combination(combine),
        least=least,
        seed=seed,
    )
    weak = _watch(work, quiet=as_json)
    if as_json:
        _print_json(weak.as_dict())
        return
    _show_weak(weak, Console(highlight=False))


def _show_weak(weak: Any, console: Console) -> None:
    """Every function in numbers, and what became of the rows."""
    rows = [
        (
            one.name,
            ", ".join(one.labels),
            f"{one.coverage:.1%}",
            f"{one.overlaps:.1%}",
            f"{one.conflicts:.1%}",
            "" if one.accuracy is None else f"{one.accuracy:.1%} of {one.judged}",
            _figure(one.weight),
        )
        for one in weak.functions
    ]
    headings = ("function", "labels", "coverage", "overlaps", "conflicts", "right", "model's estimate")
    _show(console, headings, rows, most=50)
    console.print()
    left = {"no function spoke": weak.silent, "tied": weak.tied, "unsure": weak.unsure}
    rest = "".join(f", {count} left out ({why})" for why, count in left.items() if count)
    console.print(
        f"{weak.rows} rows: {weak.written - weak.by_people} labelled by functions, {weak.by_people} by people{rest}"
    )
    if weak.judged:
        told = f"{weak.right / weak.judged:.1%} right on {counted(weak.judged, 'row', 'rows')} labelled by people"
        console.print(f"{weak.combined}: {told}; a plain majority: {weak.majority_right / weak.judged:.1%}")
    console.print(f"report   {weak.report}", soft_wrap=True, markup=False)


@app.command("confirm")
def confirm_command(
    errors: Annotated[Path, typer.Argument(metavar="RUN|ERRORS", help="A run, or its check/label-errors.csv.")],
    data: Annotated[Path, typer.Argument(metavar="DATA", help="The data file that was checked.")],
    decisions: Annotated[
        Path | None, typer.Option(help="A copy of label-errors.csv with the column decision: yes, no, skip or a label.")
    ] = None,
    accept_above: Annotated[
        float | None, typer.Option(min=0, max=1, help="Accept what is suggested with at least this confidence.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write; default: beside the data, .corrected.")
    ] = None,
    task: _Task = "",
    columns: _Columns = None,
    as_json: _Json = False,
) -> None:
    """Correct the labels that the check doubts, as you decide, in a copy of the data file.

    Asks about each in the terminal: y takes the suggestion, n keeps the label, s skips, q ends; the name of a label
    takes that one. The original is never changed.

    Examples:
      burnish label confirm runs/reviews reviews.csv

      burnish label confirm runs/reviews reviews.csv --decisions decided.csv

      burnish label confirm runs/reviews reviews.csv --accept-above 0.9
    """
    from burnish.faces.labelling import decided_without_asking, labelled_for
    from burnish.labelling.confirm import confirm_labels, read_doubts

    doubts = read_doubts(errors)
    decided = decided_without_asking(doubts, decisions, accept_above)
    if decided is None:
        decided = _ask(doubts, as_json)
    own_task, own_columns = labelled_for(errors)
    work = confirm_labels(
        data, doubts, decided, out=out, task=task or own_task, columns={**own_columns, **_named(columns)}
    )
    confirmed = _watch(work, quiet=as_json)
    if as_json:
        _print_json(confirmed.as_dict())


def _ask(doubts: Any, as_json: bool) -> dict[int, str]:
    """Ask a person about each doubted label; what is not answered is skipped."""
    if as_json or not sys.stdin.isatty():
        raise UserError(
            "nobody is there to be asked about each label",
            where="burnish label confirm",
            fix="Run it in a terminal without --json, or give --decisions FILE or --accept-above 0.9.",
        )
    console = Console(stderr=True, highlight=False)
    decided = {}
    for number, doubt in enumerate(doubts, start=1):
        console.print(f"\n{number} of {len(doubts)}, line {doubt.line}: {doubt.text}", markup=False)
        console.print(f"    is {doubt.label}; the others say {doubt.suggested} ({doubt.confidence:.0%})", markup=False)
        said = typer.prompt("    change it? y, n, s, q or a label", default="s", err=True).strip()
        if said.casefold() in {"q", "quit"}:
            break
        decided[doubt.row] = said
    return decided


def _show_agreement(imported: Any, console: Console) -> None:
    """Who agrees with whom, on which labels, and what was a tie."""
    agreement = imported.agreement
    if not agreement.compared:
        console.print("No task has answers of two people, so there is no agreement to measure.")
        return
    alpha = "not defined (all answers are the same)" if agreement.alpha is None else f"{agreement.alpha:.3f}"
    compared = f"{agreement.compared} {agreement.unit}s answered by two people or more"
    console.print(f"Krippendorff's alpha ({agreement.level}) {alpha}, {compared}")
    pairs = [
        (f"{pair.first}, {pair.second}", str(pair.units), f"{pair.same:.1%}", _figure(pair.kappa))
        for pair in agreement.pairs
    ]
    _show(console, ("annotators", f"{agreement.unit}s", "same answer", "Cohen's kappa"), pairs)
    labels = [(label, str(count), f"{share:.1%}") for label, (share, count) in agreement.labels.items()]
    _show(console, ("label", "answers", "given by the other too"), labels)
    ties = [
        (f"line {tie['line']}", " / ".join(map(str, tie["answers"])), str(tie["taken"] or "left out"))
        for tie in imported.ties
    ]
    _show(console, ("tie", "answers", "taken"), ties)


def _show(console: Console, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], most: int = 12) -> None:
    """A small table, with a blank line before it; nothing for no rows."""
    if not rows:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows[:most]:
        table.add_row(*map(Text, row))
    console.print()
    console.print(table)
    if len(rows) > most:
        console.print(f"and {len(rows) - most} more (--json lists them)", style="dim")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _named(assignments: list[str] | None) -> dict[str, str]:
    """`text=review` as {"text": "review"}."""
    found = {}
    for assignment in assignments or ():
        role, equals, name = assignment.partition("=")
        if not equals or not role or not name:
            raise UserError(f"{assignment!r} is not ROLE=NAME", where="--column", fix="Write: --column text=review")
        found[role] = name
    return found


def _watch(work: Any, *, quiet: bool) -> Any:
    from burnish.events import finish
    from burnish.faces.terminal import watch

    return finish(work) if quiet else watch(work, Console(stderr=True, highlight=False))


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
