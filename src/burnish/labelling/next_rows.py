"""Which rows to label next: read the pool, look at what is labelled, choose, and write the rows in that order."""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.baselines.logistic import fit_logistic
from burnish.contracts import Prediction, Row, Rows, Targets, Task
from burnish.data.profile import cell_text
from burnish.data.read import read_table
from burnish.data.rows import read_rows
from burnish.data.table import Table
from burnish.events import Note, Progress, Work
from burnish.labelling.choosing import Choice, choose_rows, find_neighbours, margin_uncertainty
from burnish.labelling.roles import column_of, find_inputs, input_cells, open_task, task_inputs, task_target
from burnish.labelling.tables import check_ending, write_table
from burnish.memory_faults import memory_faults_explained
from burnish.models.sources import resolve_model
from burnish.predictions import softmax
from burnish.predictor import Specialist, UntouchedModel

if TYPE_CHECKING:
    from burnish.contracts import Features, FloatArray

DEFAULT_MODEL = "minilm"
MOST_ROWS = 50_000  # compared with each other; more would take time and memory that grow with their square
PROBE_STRENGTH = 1.0
_ADDED = ("uncertainty", "stands_for")
_ROWS_AT_ONCE = 512


@dataclass(frozen=True, kw_only=True)
class Next:
    """What was chosen to be labelled.

    Attributes:
        out: The file that was written.
        rows: Rows in the file.
        empty: Rows with nothing to read.
        labelled: Rows that are labelled already, in this file or in the others.
        repeated: Rows whose input stands in the file before.
        aside: Rows left aside at random because there are too many to compare.
        pool: Rows to choose from.
        chosen: Rows written.
        lines: Their lines in the file, the most worth labelling first.
        uncertainty: What uncertainty came from: the run, a probe on the labelled rows, or nothing yet.
        mean_uncertainty: Its mean over the pool, in [0, 1]; None without a model.
    """

    out: str
    rows: int
    empty: int
    labelled: int
    repeated: int
    aside: int
    pool: int
    chosen: int
    lines: tuple[int, ...]
    uncertainty: str
    mean_uncertainty: float | None

    def as_dict(self) -> dict[str, Any]:
        """The account as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class _Pool:
    """Clean rows to choose from, with their places in the table, and what became of the others."""

    places: list[int]
    rows: list[Row]
    labelled: list[Row]
    counts: Mapping[str, int]


def choose_next(
    source: Path,
    out: Path,
    *,
    count: int,
    specialist: Specialist | None = None,
    done: Sequence[Path] = (),
    known: Rows = (),
    task: str = "",
    model: str = "",
    columns: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Work[Next]:
    """Choose the rows most worth labelling and write them, most worth first.

    Args:
        source: The file of rows to choose from.
        out: The file to write: .csv, .tsv or .jsonl.
        count: How many to choose.
        specialist: Says what it is unsure about.
        done: Files of rows that are labelled already; without a specialist, a probe learns from them.
        known: Rows by role that the specialist has learned from, or was tested on.
        task: The task, where there is no specialist.
        model: The model whose features say what is alike; default: the specialist's base, or `minilm`.
        columns: Column by role, where files call them otherwise.
        seed: Seed of what is left aside where rows are too many.

    Raises:
        UserError: A file lacks a column, or the model cannot be found.
    """
    check_ending(out)
    named = dict(columns or {})
    chosen = specialist.task if specialist is not None else open_task(task, named)
    with memory_faults_explained(str(source)):
        table = read_table(source)
        pool = _read_pool(chosen, table, named, [read_table(path) for path in done], known, seed)
    base_name = model or (specialist.manifest.base.name if specialist is not None else DEFAULT_MODEL)
    base = yield from resolve_model(base_name)
    features = UntouchedModel(task=chosen, load=lambda: chosen.load(base.folder, Targets(), 0), digest=base.digest)
    found = yield from _row_features(features, [*pool.labelled, *pool.rows])
    first = len(pool.labelled)
    uncertainty, origin = _uncertainty(chosen, specialist, pool, found)
    weights = np.concatenate([np.zeros(first), np.ones(len(pool.rows)) if uncertainty is None else uncertainty])
    yield Note(text=f"{len(pool.rows)} rows to choose from, {len(known)} labelled; uncertainty: {origin}")
    choice = choose_rows(find_neighbours(found), count, known=np.arange(first), weights=weights)
    result = _written(table, pool, choice, uncertainty, out, origin)
    yield Note(text=f"{result.chosen} rows to label: {out}")
    return result


def rows_of_run(run: Path) -> list[Row]:
    """The rows that a run checked, by role: what it learned from and what it was tested on. None without a run."""
    files = [run / "check" / name for name in ("rows.parquet", "test.parquet")]
    return [row for file in files if file.is_file() for row in read_rows(file)]


def _read_pool(
    task: Task, table: Table, named: Mapping[str, str], done: Sequence[Table], known: Rows, seed: int
) -> _Pool:
    """What can be chosen: rows with an input that is in no other row, without a label, here or in the other files."""
    target = task_target(task)
    labelled: dict[Hashable, Row] = {_key(task, row): row for row in known}
    for other in done:
        for _, row in _rows(task, other, find_inputs(task, other, named)):
            answer = cell_text(_cell(other, column_of(task, target.role, named, other.names), row["place"]))
            if answer:
                labelled[_key(task, row)] = {**row, target.role: answer}
    counts = dict.fromkeys(("empty", "labelled", "repeated", "aside"), 0)
    given = column_of(task, target.role, named, table.names)
    found = list(_rows(task, table, find_inputs(task, table, named)))
    counts["empty"] = len(table) - len(found)
    free: dict[Hashable, tuple[int, Row]] = {}
    for place, row in found:
        key = _key(task, row)
        if answer := cell_text(_cell(table, given, place)):
            labelled.setdefault(key, {**row, target.role: answer})
            counts["labelled"] += 1
        elif key in free:
            counts["repeated"] += 1
        else:
            free[key] = (place, row)
    counts["labelled"] += sum(key in labelled for key in free)
    kept = [free[key] for key in free if key not in labelled]
    counts["aside"] = max(0, len(kept) - MOST_ROWS)
    if counts["aside"]:
        kept = sorted(random.Random(seed).sample(kept, MOST_ROWS), key=lambda item: item[0])
    return _Pool(
        places=[place for place, _ in kept],
        rows=[row for _, row in kept],
        labelled=list(labelled.values()),
        counts=counts,
    )


def _rows(task: Task, table: Table, inputs: Mapping[str, str]) -> list[tuple[int, Row]]:
    """Rows that the task can read without their targets, each with its place in the table (also under `place`)."""
    found: list[tuple[int, Row]] = []
    cells = input_cells(task, table, inputs)
    for place in range(len(table)):
        read = task.read_row({role: column[place] for role, column in cells.items()})
        if not isinstance(read, str):
            found.append((place, {**read, "place": place}))
    return found


def _cell(table: Table, name: str, place: int) -> Any:
    return table.columns[name][place] if name in table.columns else None


def _key(task: Task, row: Row) -> Hashable:
    return tuple(repr(row.get(column.role)) for column in task_inputs(task))


def _row_features(features: UntouchedModel, rows: Rows) -> Work[Features]:
    """Features, float32 (rows, width); where a model answers units, the mean over each row's."""
    parts = []
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        some = [{**row, "row": number} for number, row in enumerate(rows[begin : begin + _ROWS_AT_ONCE])]
        found = features(some)
        if features.model.by_unit:
            units = np.zeros(len(some), dtype=np.int64)
            for example in features.task.encode(features.model, some, Targets()):
                units[example["row"]] += len(example["units"])
            owner = np.repeat(np.arange(len(some)), units)
            sums = np.zeros((len(some), found.shape[1]), dtype=np.float32)
            np.add.at(sums, owner, found)
            found = (sums / np.maximum(units, 1)[:, None]).astype(np.float32)
        parts.append(found)
        yield Progress(work="features", done=begin + len(some), total=len(rows))
    return np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)


def _uncertainty(
    task: Task, specialist: Specialist | None, pool: _Pool, features: Features
) -> tuple[FloatArray | None, str]:
    """How unsure a model is of each row of the pool, float64 (rows,) in [0, 1], and which model that is."""
    target = task_target(task)
    if specialist is not None and pool.rows:
        return answer_uncertainty(specialist.answers.predict(pool.rows)), "the run's model"
    answers = [row[target.role] for row in pool.labelled]
    if target.kind == "label" and len(set(answers)) > 1:
        names, labels = np.unique(answers, return_inverse=True)
        known = len(pool.labelled)
        return margin_uncertainty(probe(features[:known], labels, len(names), features[known:])), (
            f"a probe on {known} labelled rows"
        )
    return None, "no model yet, so rows that stand for many others"


def answer_uncertainty(predictions: Sequence[Prediction]) -> FloatArray:
    """How unsure answers are, float64 (rows,) in [0, 1]: by margin where they have probabilities of all labels."""
    found = np.empty(len(predictions))
    for number, prediction in enumerate(predictions):
        scores = sorted(prediction.scores.values(), reverse=True)
        shares = len(scores) > 1 and abs(sum(scores) - 1) < 0.01 and scores[-1] >= 0
        found[number] = 1 - (scores[0] - scores[1] if shares else prediction.confidence)
    return np.clip(found, 0, 1)


def probe(features: Features, labels: np.ndarray, classes: int, others: Features) -> FloatArray:
    """Probabilities of other rows by logistic regression on features, float64 (rows, classes).

    Args:
        features: float32 (rows, width) of labelled rows.
        labels: int (rows,), every class at least once.
        classes: Their number.
        others: float32 (rows, width).
    """
    mean = features.mean(axis=0)
    scale = float(np.sqrt(((features - mean) ** 2).mean())) or 1.0
    nothing = np.zeros((0, features.shape[1])), np.zeros(0, dtype=np.int64)
    weight, bias, _ = fit_logistic((features - mean) / scale, labels, *nothing, (PROBE_STRENGTH,))
    assert len(weight) == classes
    return softmax((others - mean) / scale @ weight.T + bias)


def _written(table: Table, pool: _Pool, choice: Choice, uncertainty: FloatArray | None, out: Path, origin: str) -> Next:
    first = len(pool.labelled)
    places = [pool.places[row - first] for row in choice.rows]
    rows = [
        {
            **{name: cells[place] for name, cells in table.columns.items()},
            "uncertainty": "" if uncertainty is None else round(float(uncertainty[row - first]), 4),
            "stands_for": round(gain, 3),
        }
        for place, row, gain in zip(places, choice.rows, choice.gains, strict=True)
    ]
    write_table(out, [*(name for name in table.names if name not in _ADDED), *_ADDED], rows)
    return Next(
        out=str(out),
        rows=len(table),
        **pool.counts,
        pool=len(pool.rows),
        chosen=len(rows),
        lines=tuple(table.lines[place] for place in places),
        uncertainty=origin,
        mean_uncertainty=None if uncertainty is None or not len(uncertainty) else round(float(uncertainty.mean()), 4),
    )
