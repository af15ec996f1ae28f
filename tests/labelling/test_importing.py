"""Exports of Label Studio come back as rows, and every task is accounted for."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import burnish
from burnish.catalog import get_task
from burnish.labelling.importing import Imported
from tests.labelling.exports import THREE, annotation, flat, labelled, write


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def adds_up(imported: Imported) -> bool:
    left = imported.tied + imported.skipped + imported.unusable + imported.unanswered + imported.empty
    return imported.tasks == imported.written + left


def test_a_full_export_becomes_rows_and_an_account(tmp_path: Path) -> None:
    imported = burnish.label_import(write(tmp_path / "export.json", labelled(THREE)), tmp_path / "out.csv")
    assert rows_of(tmp_path / "out.csv") == [
        {"text": "good box", "source": "shop", "label": "positive", "annotators": "3", "agreement": "1.0"},
        {"text": "bad cable", "source": "shop", "label": "negative", "annotators": "3", "agreement": "0.6667"},
        {"text": "fine", "source": "shop", "label": "positive", "annotators": "1", "agreement": "1.0"},
    ]
    counts = (imported.tasks, imported.written, imported.tied, imported.skipped, imported.unanswered)
    assert counts == (6, 3, 1, 1, 1)
    assert adds_up(imported)
    assert imported.ties == ({"task": "102", "line": 1, "answers": ["neutral", "negative"], "taken": None},)
    assert imported.agreement.compared == 3
    pairs = {(pair.first, pair.second): (pair.units, pair.same) for pair in imported.agreement.pairs}
    assert pairs == {("ann", "bob"): (3, pytest.approx(2 / 3)), ("ann", "eve"): (2, 0.5), ("bob", "eve"): (2, 0.5)}
    json.dumps(imported.as_dict())


@pytest.mark.parametrize("ending", [".json", ".csv"])
def test_the_short_forms_say_the_same(tmp_path: Path, ending: str) -> None:
    source = tmp_path / f"export{ending}"
    if ending == ".json":
        write(source, flat(THREE))
    else:
        with source.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(flat(THREE)[0]))
            writer.writeheader()
            writer.writerows(flat(THREE))
    imported = burnish.label_import(source, tmp_path / "out.csv")
    full = burnish.label_import(write(tmp_path / "full.json", labelled(THREE)), tmp_path / "full.csv")
    assert rows_of(tmp_path / "out.csv") == rows_of(tmp_path / "full.csv")
    assert imported.agreement == full.agreement


def test_ties_are_kept_with_the_answer_of_whoever_agrees_most(tmp_path: Path) -> None:
    said = {f"text {number}": {"ann": "a", "bob": "a"} for number in range(4)}
    said |= {"more": {"eve": "b", "ann": "a", "bob": "a"}, "tied": {"eve": "b", "ann": "a"}}
    imported = burnish.label_import(write(tmp_path / "e.json", labelled(said)), tmp_path / "o.csv", keep_ties=True)
    assert imported.tied == 0
    assert imported.ties[0]["taken"] == "a"
    assert rows_of(tmp_path / "o.csv")[-1]["label"] == "a"


def test_weights_and_unanimity_decide_otherwise_than_the_majority(tmp_path: Path) -> None:
    """Two who never agree with anyone against one who always does."""
    said: dict[str, dict[str, str | None]] = {f"text {n}": {"ann": "a", "bob": "a", "dan": "a"} for n in range(9)}
    said |= {f"odd {n}": {"ann": "a", "bob": "a", "eve": "c", "fay": "d"} for n in range(9)}
    said |= {"last": {"ann": "a", "eve": "b", "fay": "b"}}
    source = write(tmp_path / "e.json", labelled(said))
    found = {}
    for rule in ("majority", "weighted", "unanimous"):
        burnish.label_import(source, tmp_path / "o.csv", resolve=rule)
        found[rule] = {row["text"]: row["label"] for row in rows_of(tmp_path / "o.csv")}
    assert found["majority"]["last"] == "b"
    assert found["weighted"]["last"] == "a"
    assert set(found["unanimous"]) == {f"text {n}" for n in range(9)}


def test_a_later_answer_of_the_same_person_counts_alone(tmp_path: Path) -> None:
    (task,) = labelled({"one": {"ann": "a"}})
    task["annotations"].append(annotation({"choices": ["b"]}, "choices", "ann"))
    imported = burnish.label_import(write(tmp_path / "e.json", [task]), tmp_path / "o.csv")
    assert rows_of(tmp_path / "o.csv")[0]["label"] == "b"
    assert (imported.answers, imported.replaced) == (1, 1)


def test_other_names_in_the_config_are_found_or_named(tmp_path: Path) -> None:
    tasks = [
        {
            "id": n,
            "data": {"review": f"text {n}"},
            "annotations": [annotation({"choices": ["a"]}, "choices", 1, "mood")],
        }
        for n in range(3)
    ]
    source = write(tmp_path / "e.json", tasks)
    with pytest.raises(burnish.UserError, match="no task has 'text'") as raised:
        burnish.label_import(source, tmp_path / "o.csv")
    assert "--column text=NAME" in raised.value.fix
    burnish.label_import(source, tmp_path / "o.csv", columns={"text": "review"})
    assert rows_of(tmp_path / "o.csv")[0] == {"text": "text 0", "label": "a", "annotators": "1", "agreement": "1.0"}


def test_several_choices_are_no_answer_and_are_counted(tmp_path: Path) -> None:
    tasks = labelled({"one": {"ann": "a"}, "two": {"ann": "a"}})
    tasks[1]["annotations"][0]["result"][0]["value"]["choices"] = ["a", "b"]
    imported = burnish.label_import(write(tmp_path / "e.json", tasks), tmp_path / "o.csv")
    assert (imported.written, imported.unusable, dict(imported.reasons)) == (1, 1, {"2 labels where one is wanted": 1})


def spans_of(*spans: tuple[int, int, str]) -> list[dict[str, Any]]:
    """Results of one annotation of spans."""
    values = [{"start": start, "end": end, "labels": [label]} for start, end, label in spans]
    return [{"from_name": "spans", "to_name": "text", "type": "labels", "value": value} for value in values]


def test_spans_are_compared_by_word_and_those_that_most_marked_alike_are_taken(tmp_path: Path) -> None:
    text = "see you on Monday at noon in Bern"
    said = {
        "ann": spans_of((11, 17, "day"), (29, 33, "place")),
        "bob": spans_of((11, 17, "day"), (21, 25, "day")),
        "eve": spans_of((11, 17, "day"), (29, 33, "day")),
    }
    tasks = [
        {"id": 1, "data": {"text": text}, "annotations": [{"completed_by": n, "result": r} for n, r in said.items()]},
        {"id": 2, "data": {"text": "nothing here"}, "annotations": [{"completed_by": "ann", "result": []}]},
        {"id": 3, "data": {"text": "on Monday"}, "annotations": [
            {"completed_by": "ann", "result": spans_of((3, 9, "day"))}, {"completed_by": "bob", "result": []}]},
    ]  # fmt: skip
    source = write(tmp_path / "e.json", tasks)
    imported = burnish.label_import(source, tmp_path / "o.csv", task="token-classification")
    assert (imported.written, imported.tied, imported.agreement.unit) == (2, 1, "word")
    assert [json.loads(row["spans"]) for row in rows_of(tmp_path / "o.csv")] == [
        [{"start": 11, "end": 17, "label": "day"}],
        [],
    ]
    assert imported.agreement.compared == 8 + 2
    pairs: Any = {(pair.first, pair.second): (pair.units, pair.same) for pair in imported.agreement.pairs}
    assert pairs[("ann", "eve")] == (8, pytest.approx(7 / 8))
    assert pairs[("ann", "bob")] == (10, pytest.approx(7 / 10))


def test_numbers_become_their_median_and_are_compared_by_distance(tmp_path: Path) -> None:
    tasks = [
        {
            "id": number,
            "data": {"text": f"text {number}"},
            "annotations": [
                annotation({"number": value}, "number", by, "number")
                for by, value in {"a": base, "b": base + 1, "c": 9}.items()
            ],
        }
        for number, base in enumerate((1, 4, 7))
    ]
    source = write(tmp_path / "e.json", tasks)
    target = next(column.role for column in get_task("text-regression").columns if column.target)
    imported = burnish.label_import(source, tmp_path / "o.jsonl", task="text-regression", columns={target: "number"})
    lines = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line[target] for line in lines] == [2, 5, 8]
    assert imported.agreement.level == "interval"


NO_EXPORTS: dict[str, Any] = {
    "an object": {"a": 1},
    "no rows": [],
    "no data": [{"annotations": []}],
    "numbers": [1, 2],
    "another table": [{"text": "a"}],
    "nothing labelled": labelled({"one": {}}),
}


@pytest.mark.parametrize("content", NO_EXPORTS.values(), ids=NO_EXPORTS)
def test_what_is_no_export_is_refused_with_advice(tmp_path: Path, content: Any) -> None:
    with pytest.raises(burnish.UserError) as raised:
        burnish.label_import(write(tmp_path / "e.json", content), tmp_path / "o.csv")
    assert raised.value.fix
    assert not (tmp_path / "o.csv").exists()


WORDS = st.sampled_from(
    ["text", "label", "id", "data", "annotations", "result", "value", "choices", "from_name", "a", ""]
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)
RESULT = st.fixed_dictionaries(
    {},
    optional={
        "from_name": st.just("label") | ODD,
        "type": st.just("choices") | ODD,
        "value": st.fixed_dictionaries({}, optional={"choices": st.just(["a"]) | ODD}) | ODD,
    },
)
ANNOTATION = st.fixed_dictionaries(
    {},
    optional={
        "result": st.lists(RESULT, max_size=2) | ODD,
        "completed_by": st.sampled_from([1, "ann", {"email": "x@example.org"}]) | ODD,
        "was_cancelled": st.booleans() | ODD,
    },
)
TASK = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(0, 3) | ODD,
        "data": st.fixed_dictionaries({"text": st.just("some text") | ODD}) | ODD,
        "annotations": st.lists(ANNOTATION, max_size=3) | ODD,
        "label": st.just("a") | ODD,
        "text": st.just("some text") | ODD,
        "annotator": st.just("ann") | ODD,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tasks=st.lists(TASK | ODD, max_size=4),
    task=st.sampled_from(["text-classification", "text-regression", "token-classification"]),
)
def test_a_malformed_export_gives_rows_or_a_user_error(tmp_path: Path, tasks: list[Any], task: str) -> None:
    source = write(tmp_path / "odd.json", tasks)
    try:
        imported = burnish.label_import(source, tmp_path / "odd.csv", task=task)
    except burnish.UserError:
        return
    assert adds_up(imported)
    assert len(rows_of(tmp_path / "odd.csv")) == imported.written
    json.dumps(imported.as_dict())


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_a_malformed_csv_gives_rows_or_a_user_error(tmp_path: Path, text: str) -> None:
    source = tmp_path / "odd.csv"
    source.write_text("text,label,annotator\nsome,a,ann\n" + text, encoding="utf-8", errors="surrogatepass")
    try:
        imported = burnish.label_import(source, tmp_path / "out.csv")
    except burnish.UserError:
        return
    assert adds_up(imported)
