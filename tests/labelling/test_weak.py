"""Labels from functions: how they are found, what they may return, how they are combined, and what is said of them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

import burnish
from burnish.labelling.functions import load_functions
from burnish.labelling.votes import figures, majority
from tests.making import NEGATIVE, POSITIVE, review_rows, write_csv

FUNCTIONS = f"""
from burnish import labelling_function

POSITIVE, NEGATIVE = {POSITIVE!r}, {NEGATIVE!r}


@labelling_function
def praises(row):
    return "positive" if any(word in row["text"].split() for word in POSITIVE[:6]) else None


@labelling_function
def praises_otherwise(row):
    return "positive" if any(word in row["text"].split() for word in POSITIVE[3:]) else None


@labelling_function
def complains(row):
    return "negative" if any(word in row["text"].split() for word in NEGATIVE[:6]) else None


@labelling_function
def complains_otherwise(row):
    return "negative" if any(word in row["text"].split() for word in NEGATIVE[3:]) else ""


@labelling_function
def takes_every_the_for_praise(row):
    return "positive" if "the" in row["text"].split() else None
"""


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def reviews(path: Path, labelled: int) -> tuple[Path, dict[str, str]]:
    """300 rows of two labels, of which the first have their label in the file; and the truth of all."""
    rows = review_rows(300, labels=3)
    rows = [(text, label) for text, label in rows if label != "neutral"]
    return write_csv(path, [(text, label if n < labelled else "") for n, (text, label) in enumerate(rows)]), dict(rows)


def write_functions(path: Path, source: str = FUNCTIONS) -> Path:
    path.write_text(source, encoding="utf-8")
    return path


def test_the_label_model_labels_rows_and_every_row_is_accounted_for(tmp_path: Path) -> None:
    source, truth = reviews(tmp_path / "rows.csv", 40)
    weak = burnish.label_weak(source, write_functions(tmp_path / "functions.py"), tmp_path / "out.csv")
    assert weak.rows == 200 == weak.written + weak.silent + weak.tied + weak.unsure
    assert (weak.by_people, weak.combined) == (40, "label-model")
    written = rows_of(tmp_path / "out.csv")
    assert len(written) == weak.written
    assert all(row["label"] == truth[row["text"]] for row in written if row["labelled_by"] == "people")
    by_functions = [row for row in written if row["labelled_by"] == "functions"]
    assert sum(row["label"] == truth[row["text"]] for row in by_functions) > 0.9 * len(by_functions)
    assert all(0.5 < float(row["confidence"]) <= 1 for row in by_functions)
    assert weak.right >= weak.majority_right
    names = {one.name: one for one in weak.functions}
    assert names["praises"].accuracy == 1.0
    odd = names["takes_every_the_for_praise"]
    assert odd.accuracy is not None
    assert 0 < odd.accuracy < 1
    assert odd.weight is not None
    assert all(odd.weight < one.weight for one in weak.functions if one is not odd and one.weight is not None)
    json.dumps(weak.as_dict())


def test_the_report_shows_functions_and_conflicts_and_loads_nothing(tmp_path: Path) -> None:
    source, _ = reviews(tmp_path / "rows.csv", 40)
    weak = burnish.label_weak(source, write_functions(tmp_path / "functions.py"), tmp_path / "out.csv")
    page = Path(weak.report).read_text(encoding="utf-8")
    text = page.replace("<wbr>", "")
    assert all(one.name in text for one in weak.functions)
    assert weak.conflicts
    assert weak.conflicts[0]["text"] in text
    assert not re.search(r"(src|href)=.?https?:", page)


def test_two_functions_are_combined_by_majority_and_ties_are_left_out(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "rows.csv", [("a b",), ("a",), ("b",), ("c",)], ("text",))
    code = (
        "def a(row):\n    return 'A' if 'a' in row['text'] else None\n"
        "def b(row):\n    return 'B' if 'b' in row['text'] else None\nFUNCTIONS = [a, b]\n"
    )
    weak = burnish.label_weak(source, write_functions(tmp_path / "f.py", code), tmp_path / "out.csv")
    assert (weak.combined, weak.written, weak.tied, weak.silent) == ("majority", 2, 1, 1)
    assert {row["text"]: row["label"] for row in rows_of(tmp_path / "out.csv")} == {"a": "A", "b": "B"}


def test_unsure_rows_are_left_out_on_request(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "rows.csv", [("ab",), ("b",)], ("text",))
    code = "\n".join(
        f"def f{n}(row):\n    return {label!r} if {label.lower()!r} in row['text'] else None"
        for n, label in enumerate("AAB")
    )
    functions = write_functions(tmp_path / "f.py", f"{code}\nFUNCTIONS = [f0, f1, f2]\n")
    weak = burnish.label_weak(source, functions, tmp_path / "out.csv", combine="majority", least=0.8)
    assert (weak.written, weak.unsure) == (1, 1)


FAULTS = {
    "fails": (
        "def f(row):\n    x = 1\n    return row['no such column']\nFUNCTIONS = [f]",
        "'f' failed on a row",
        "f.py:3, on the row rows.csv:2",
    ),
    "exits": ("import sys\ndef f(row):\n    sys.exit(3)\nFUNCTIONS = [f]", "'f' failed on a row", "f.py:3"),
    "changes the row": ("def f(row):\n    row['text'] = ''\nFUNCTIONS = [f]", "'f' failed on a row", "f.py:2"),
    "returns a list": ("def f(row):\n    return ['a']\nFUNCTIONS = [f]", "returned list, not a label", "rows.csv:2"),
    "returns true": ("def f(row):\n    return True\nFUNCTIONS = [f]", "returned bool, not a label", "rows.csv:2"),
    "cannot be parsed": ("def f(row)\n    return 1", "cannot be run: SyntaxError", "f.py:1"),
    "fails when run": ("import no_such_module_anywhere", "cannot be run: ModuleNotFoundError", "f.py:1"),
    "has none": ("x = 1", "has no labelling functions", "f.py"),
    "lists what is none": ("FUNCTIONS = [1]", "not a list of functions", "f.py"),
    "has two of a name": ("def f(row):\n    return 'a'\nFUNCTIONS = [f, f]", "more than one", "f.py"),
    "gives one label": ("def f(row):\n    return 'a'\nFUNCTIONS = [f]", "only the label 'a'", "f.py"),
    "gives none": ("def f(row):\n    return None\nFUNCTIONS = [f]", "no label to any row", "f.py"),
}


@pytest.mark.parametrize(("code", "what", "where"), FAULTS.values(), ids=FAULTS)
def test_faulty_functions_are_told_with_their_place(tmp_path: Path, code: str, what: str, where: str) -> None:
    source = write_csv(tmp_path / "rows.csv", [("one text",), ("another",)], ("text",))
    with pytest.raises(burnish.UserError) as raised:
        burnish.label_weak(source, write_functions(tmp_path / "f.py", code), tmp_path / "out.csv")
    assert what in raised.value.what
    assert where in raised.value.where
    assert raised.value.fix
    assert not (tmp_path / "out.csv").exists()


def test_a_missing_file_of_functions_is_said(tmp_path: Path) -> None:
    with pytest.raises(burnish.UserError, match="no such file"):
        load_functions(tmp_path / "none.py")
    with pytest.raises(burnish.UserError, match="no Python file"):
        load_functions(write_functions(tmp_path / "functions.txt"))


def test_figures_of_functions_are_counted_by_hand() -> None:
    votes = np.array([[0, 0, -1], [0, 1, -1], [-1, 1, -1], [0, -1, -1]])
    gold = np.array([0, 1, -1, -1])
    first, second, third = figures(["a", "b", "c"], ["x", "y"], votes, gold, None)
    assert (first.coverage, first.overlaps, first.conflicts) == (0.75, 0.5, 0.25)
    assert (first.right, first.judged, first.accuracy) == (1, 2, 0.5)
    assert (second.labels, second.right, second.judged) == (("x", "y"), 2, 2)
    assert (third.coverage, third.labels, third.accuracy) == (0.0, (), None)
    assert majority(votes, 2).tolist() == [[1, 0], [0.5, 0.5], [0, 1], [1, 0]]
