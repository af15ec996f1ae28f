"""The Python face of labelling: `burnish.label_export(...)` and its like. They return accounts and show nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from burnish.errors import UserError, did_you_mean
from burnish.events import finish
from burnish.faces.python import load
from burnish.hardware import let_threads_sleep
from burnish.labelling.confirm import Confirmed, Doubt, accepting_above, confirm_labels, read_decisions, read_doubts
from burnish.labelling.export import LOCAL_FILES, Exported, export_tasks
from burnish.labelling.importing import RULES, Imported, import_answers
from burnish.labelling.next_rows import Next, choose_next, rows_of_run
from burnish.labelling.resolve import Rule
from burnish.labelling.weak import COMBINES, Combine, Weak, label_weakly
from burnish.metrics.agreement import Level
from burnish.pipeline import RECIPE_FILE
from burnish.predictor import Specialist, load_specialist
from burnish.recipe import parse_recipe
from burnish.recipe_problems import read_recipe_file

Choice = TypeVar("Choice")
_LEVELS: dict[str, Level] = {"nominal": "nominal", "ordinal": "ordinal", "interval": "interval"}


def label_export(
    rows: str | Path,
    out: str | Path,
    *,
    run: str | Path | None = None,
    task: str = "",
    columns: Mapping[str, str] | None = None,
    labels: Sequence[str] = (),
    prefix: str = LOCAL_FILES,
) -> Exported:
    """Write a file of rows as tasks for Label Studio, and the labelling config for them.

    Args:
        rows: The file of rows.
        out: The file of tasks to write (.json).
        run: A run, or a specialist's folder: its answers are filled in.
        task: The task, where there is no run.
        columns: Column by role, where the file calls them otherwise.
        labels: The labels to choose from; default: the run's, or those in the file.
        prefix: Put before the names of image and audio files.

    Raises:
        UserError: What is wrong, where, and what to do.
    """
    let_threads_sleep()
    work = export_tasks(
        Path(rows),
        Path(out),
        specialist=specialist_of(run),
        task=task,
        columns=columns,
        labels=labels,
        prefix=prefix,
    )
    return finish(work)


def label_import(
    export: str | Path,
    out: str | Path,
    *,
    task: str = "",
    columns: Mapping[str, str] | None = None,
    resolve: str = "majority",
    keep_ties: bool = False,
    level: str = "",
    prefix: str = LOCAL_FILES,
) -> Imported:
    """Read an export of Label Studio and write rows to train on, with the agreement of its annotators.

    Args:
        export: JSON, JSON_MIN or CSV as Label Studio exports it.
        out: The file to write: .csv, .tsv or .jsonl.
        task: The task that was labelled for.
        columns: By role the name that the labelling config has for it.
        resolve: `majority`, `weighted` or `unanimous`.
        keep_ties: Keep ties with the answer of the person who agrees most with the others.
        level: For Krippendorff's alpha: `nominal`, `ordinal` or `interval`; default: what suits the task.
        prefix: Taken off the names of files.

    Raises:
        UserError: What is wrong, where, and what to do.
    """
    work = import_answers(
        Path(export),
        Path(out),
        task=task,
        columns=columns,
        rule=chosen_rule(resolve),
        keep_ties=keep_ties,
        level=chosen_level(level),
        prefix=prefix,
    )
    return finish(work)


def label_next(
    rows: str | Path,
    out: str | Path,
    *,
    count: int = 100,
    run: str | Path | None = None,
    labelled: Sequence[str | Path] = (),
    task: str = "",
    model: str = "",
    columns: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Next:
    """Choose the rows of a file that are most worth labelling, and write them in that order.

    Args:
        rows: The file to choose from; rows that have a label are not chosen.
        out: The file to write: .csv, .tsv or .jsonl.
        count: How many rows to choose.
        run: A run, or a specialist's folder, that says what it is unsure about.
        labelled: Files of rows that are labelled already; without a run, a probe learns from them.
        task: The task, where there is no run.
        model: The model whose features say what is alike; default: the run's base, or `minilm`.
        columns: Column by role, where files call them otherwise.
        seed: Seed of what is left aside where rows are too many.

    Raises:
        UserError: What is wrong, where, and what to do.
    """
    let_threads_sleep()
    work = choose_next(
        Path(rows),
        Path(out),
        count=count,
        specialist=specialist_of(run),
        done=[Path(path) for path in labelled],
        known=rows_of_run(Path(run)) if run else (),
        task=task,
        model=model,
        columns=columns,
        seed=seed,
    )
    return finish(work)


def label_weak(
    rows: str | Path,
    functions: str | Path,
    out: str | Path,
    *,
    task: str = "",
    columns: Mapping[str, str] | None = None,
    combine: str = "label-model",
    least: float = 0.0,
    seed: int = 0,
) -> Weak:
    """Label rows by the labelling functions of a Python file, which is run for that.

    Args:
        rows: The file of rows; those that have a label say how good the functions are.
        functions: The Python file.
        out: The file to write: .csv, .tsv or .jsonl; the report lies beside it.
        task: The task.
        columns: Column by role, where the file calls them otherwise.
        combine: `label-model` or `majority`.
        least: Rows with less confidence are left out, in [0, 1].
        seed: Seed of the label model.

    Raises:
        UserError: What is wrong, where, and what to do.
    """
    work = label_weakly(
        Path(rows),
        Path(functions),
        Path(out),
        task=task,
        columns=columns,
        combine=chosen_combination(combine),
        least=least,
        seed=seed,
    )
    return finish(work)


def label_confirm(
    errors: str | Path,
    data: str | Path,
    *,
    decisions: str | Path | None = None,
    accept_above: float | None = None,
    out: str | Path | None = None,
    task: str = "",
    columns: Mapping[str, str] | None = None,
) -> Confirmed:
    """Write a corrected copy of a data file, from the labels that its check doubts and what was decided about them.

    Args:
        errors: A run, or its check/label-errors.csv.
        data: The data file; it is not changed.
        decisions: A copy of label-errors.csv with the column `decision`: yes, no, skip, or the right label.
        accept_above: In place of decisions: accept what is suggested with at least this confidence.
        out: The file to write; default: beside the original.
        task: The task that the file is for.
        columns: Column by role, where the file calls them otherwise.

    Raises:
        UserError: What is wrong, where, and what to do.
    """
    doubts = read_doubts(Path(errors))
    decided = decided_without_asking(doubts, Path(decisions) if decisions else None, accept_above)
    if decided is None:
        raise UserError(
            "nothing says what is to become of the doubted labels",
            where="burnish.label_confirm",
            fix="Give decisions=FILE or accept_above=0.9.",
        )
    own_task, own_columns = labelled_for(Path(errors))
    work = confirm_labels(
        Path(data),
        doubts,
        decided,
        out=Path(out) if out else None,
        task=task or own_task,
        columns={**own_columns, **(columns or {})},
    )
    return finish(work)


def labelled_for(run: Path) -> tuple[str, dict[str, str]]:
    """A run's task and its columns by role; nothing where it is no run's folder."""
    recipe = run / RECIPE_FILE
    if not recipe.is_file():
        return "", {}
    values, lines = read_recipe_file(recipe)
    found = parse_recipe(values, str(recipe), lines)
    return found.task, dict(found.data.columns)


def decided_without_asking(
    doubts: Sequence[Doubt], decisions: Path | None, accept_above: float | None
) -> Mapping[int, str] | None:
    """Decisions by the row's number, from a file or by confidence; None where a person is to be asked.

    Raises:
        UserError: Both are given, or the file says no decisions.
    """
    if decisions is not None and accept_above is not None:
        raise UserError(
            "decisions come from a file or from the confidence, not from both",
            where="--decisions, --accept-above",
            fix="Leave out one of the two.",
        )
    if decisions is not None:
        return read_decisions(decisions)
    return None if accept_above is None else accepting_above(doubts, accept_above)


def chosen_combination(name: str) -> Combine:
    """The way to combine functions of that name.

    Raises:
        UserError: There is none.
    """
    ways: dict[str, Combine] = {way: way for way in COMBINES}
    return _chosen(ways, name, "--combine")


def specialist_of(run: str | Path | None) -> Specialist | None:
    """The specialist of a run or of its own folder; None for none."""
    return load_specialist(load(run).specialist_folder) if run else None


def chosen_rule(name: str) -> Rule:
    """The rule of that name.

    Raises:
        UserError: There is none.
    """
    rules: dict[str, Rule] = {rule: rule for rule in RULES}
    return _chosen(rules, name, "--resolve")


def chosen_level(name: str) -> Level | None:
    """The level of measurement of that name; None for "".

    Raises:
        UserError: There is none.
    """
    return _chosen(_LEVELS, name, "--level") if name else None


def _chosen(table: Mapping[str, Choice], name: str, option: str) -> Choice:
    if name not in table:
        raise UserError(f"there is no {name!r} to choose", where=option, fix=did_you_mean(name, table))
    return table[name]
