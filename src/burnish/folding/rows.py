"""Rows as the folds answered them: every answer, and which rows are wrong in every repeat."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from burnish.data.ledger import read_ledger
from burnish.data.rows import ROW, read_rows
from burnish.folding.fold import fold_folder
from burnish.folding.plan import Fold
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder
from burnish.stages.stage import open_task

_BEFORE_ANSWERS = ("row", "truth", "confidence")  # the columns of predictions.csv that are no system's answers


@dataclass(frozen=True, kw_only=True)
class WrongRows:
    """Rows that the specialist answered wrong in every repeat, the most confident errors first.

    Attributes:
        rows: Each with `file`, `line`, `row`, `truth`, `answer` (more where repeats differ), `confidence` (mean),
            `baselines_wrong` (how many of them are wrong as well, in every repeat), and what was read, by role.
        baselines: How many baselines there are.
        tested: Rows in all.
    """

    rows: list[dict[str, Any]]
    baselines: int
    tested: int


def tested_rows(folder: RunFolder, folds: Sequence[Fold]) -> list[dict[str, str]]:
    """Every answer of every fold by repeat and row: the folds' predictions.csv as one table."""
    found = []
    for fold in folds:
        path = fold_folder(folder, fold).file("evaluate", "predictions.csv")
        with path.open(newline="", encoding="utf-8") as file:
            places = {"repeat": str(fold.repeat), "fold": str(fold.number)}
            found += [{**places, **line} for line in csv.DictReader(file)]
    return sorted(found, key=lambda line: (int(line["repeat"]), int(line["row"])))


def wrong_rows(recipe: Recipe, folder: RunFolder, tested: Sequence[dict[str, str]]) -> WrongRows:
    """The rows that the specialist never answered right; none where answers are not simply right or wrong."""
    task = open_task(recipe)
    systems = [name for name in tested[0] if name not in {*_BEFORE_ANSWERS, "repeat", "fold"}]
    own, baselines = systems[0], systems[1:]
    answers: dict[int, list[dict[str, str]]] = defaultdict(list)
    for line in tested:
        answers[int(line["row"])].append(line)
    found = WrongRows(rows=[], baselines=len(baselines), tested=len(answers))
    if not any(metric.paired_test == "mcnemar" for metric in task.metrics):
        return found
    roles = [column.role for column in task.columns if not column.target]
    inputs = {row[ROW]: row for row in read_rows(folder.file("check", "rows.parquet"))}
    ledger = read_ledger(folder.file("check", "ledger.csv"))
    for number, lines in answers.items():
        if _is_wrong(lines, own):
            entry = ledger[number]
            found.rows.append(
                {
                    "file": entry.file,
                    "line": entry.line,
                    "row": number,
                    "truth": lines[0]["truth"],
                    "answer": " / ".join(dict.fromkeys(line[own] for line in lines)),
                    "confidence": round(fmean(float(line["confidence"]) for line in lines), 4),
                    "baselines_wrong": sum(_is_wrong(lines, name) for name in baselines),
                    **{role: inputs[number][role] for role in roles},
                }
            )
    found.rows.sort(key=lambda row: (-row["confidence"], row["row"]))
    return found


def _is_wrong(lines: Sequence[dict[str, str]], system: str) -> bool:
    return all(line[system] != line["truth"] for line in lines)
