"""Spans in texts: rows in every form, long texts, contexts, and the way from a file to answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import burnish
from burnish.contracts import Targets
from burnish.data.ledger import read_ledger
from burnish.data.read import read_table
from burnish.data.rows import read_rows
from burnish.events import finish
from burnish.faces.predicting import answer_file, answer_texts, open_specialist
from burnish.faces.python import prepare
from burnish.recipe import complete_recipe, parse_recipe
from burnish.run_folder import RunFolder
from burnish.stages.check import STAGE
from burnish.tasks.token_classification import TASK
from burnish.training.forward import head_inputs
from tests.finished import FAST
from tests.making import make_encoder, order_rows, write_csv


def read(text: Any, spans: Any, **more: Any) -> Any:
    return TASK.read_row({"text": text, "spans": spans, **more})


def test_a_clean_row_is_the_same_whatever_it_was_written_as() -> None:
    clean = {
        "text": "see Ann Lee",
        "context": "",
        "spans": '[{"start": 4, "end": 11, "label": "name"}]',
    }
    assert read("see Ann Lee", [[4, 11, "name"]]) == clean
    assert read(["see", "Ann", "Lee"], ["O", "B-name", "I-name"]) == clean
    assert read("see Ann Lee", "O B-name L-name", context=None) == clean
    assert read(" x", "[]", context=" who? ") == {"text": " x", "context": " who? ", "spans": "[]"}
    assert TASK.read_row({"text": "see Ann Lee"}) == {"text": "see Ann Lee", "context": ""}


@pytest.mark.parametrize(
    ("text", "spans", "reason"),
    [
        ("", "[]", "the text is empty"),
        ("a box", "", "the spans are missing"),
        ("a box", [[2, 9, "x"]], "outside the text"),
        (["a", "box"], ["O"], "1 tags for 2 tokens"),
    ],
)
def test_a_bad_row_has_a_reason(text: Any, spans: Any, reason: str) -> None:
    assert reason in read(text, spans)


def test_strata_are_the_rarest_kinds() -> None:
    rows = [read("a b", [[0, 1, "x"]]), read("a c", [[0, 1, "x"], [2, 3, "y"]]), read("d", [])]
    assert TASK.strata(rows) == ["x", "y", "no span"]
    assert TASK.targets(rows, {}) == Targets(labels=("x", "y"), counts=(2, 1))


def test_a_long_text_is_read_in_windows_and_nothing_is_lost(tmp_path: Path) -> None:
    rows: list[Any] = [TASK.read_row(row) for row in order_rows(40)]
    targets = TASK.targets(rows, {})
    model = TASK.load(make_encoder(tmp_path / "base"), targets, 16)
    text, spans = " ".join(row["text"] for row in rows), []
    begin = 0
    for row in rows:
        spans += [{**s, "start": s["start"] + begin, "end": s["end"] + begin} for s in json.loads(row["spans"])]
        begin += len(row["text"]) + 1
    long = {"row": 7, **read(text, spans)}
    examples = TASK.encode(model, [long, {"row": 8, **rows[0]}], targets)
    assert {example["row"] for example in examples} == {7, 8}
    assert [example["row"] for example in examples] == sorted(example["row"] for example in examples)
    assert all(example["length"] <= 16 for example in examples)
    words = text.split()
    of_long = [example for example in examples if example["row"] == 7]
    assert sum(len(example["units"]) for example in of_long) == len(words)
    assert sum(tag > 0 for example in of_long for tag in example["targets"]) == sum(
        len(text[s["start"] : s["end"]].split()) for s in spans
    )
    assert len(head_inputs(model, of_long, TASK.collate)) == len(words)
    assert TASK.lengths(model, [long])[0] > 16
    assert len(TASK.predict(model, [long], targets)) == 1


def test_task_and_columns_are_inferred(tmp_path: Path) -> None:
    rows = [{"utterance": row["text"], "found": json.loads(row["spans"])} for row in order_rows(30)]
    path = tmp_path / "orders.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert len(read_table(path)) == 30
    recipe, said = complete_recipe(parse_recipe({"data": {"train": str(path)}}, "test"))
    assert recipe.task == TASK.name
    assert recipe.data.columns == {"text": "utterance", "spans": "found"}
    assert any("token-classification (inferred" in sentence for sentence in said)


def test_conll_columns_become_texts_with_spans(tmp_path: Path) -> None:
    sentences = []
    for row in order_rows(30):
        spans = [(s["start"], s["end"], s["label"]) for s in json.loads(row["spans"])]
        lines, begin = [], 0
        for token in row["text"].split():
            own = next((s for s in spans if s[0] <= begin < s[1]), None)
            lines.append(f"{token} _ {('B-' if own[0] == begin else 'I-') + own[2] if own else 'O'}")
            begin += len(token) + 1
        sentences.append("\n".join(lines))
    path = tmp_path / "orders.conll"
    path.write_text("-DOCSTART- _ O\n\n" + "\n\n".join(sentences) + "\n", encoding="utf-8")
    recipe, _ = complete_recipe(parse_recipe({"data": {"train": str(path)}}, "test"))
    assert (recipe.task, recipe.data.columns) == (TASK.name, {"text": "tokens", "spans": "tags"})
    columns = read_table(path).columns
    cells = zip(columns["tokens"], columns["tags"], strict=True)
    assert [read(tokens, tags) for tokens, tags in cells] == [TASK.read_row(row) for row in order_rows(30)]


def test_from_a_file_with_contexts_to_answers(tmp_path: Path) -> None:
    rows = order_rows(90)
    data = write_csv(
        tmp_path / "orders.csv",
        [(row["text"], "the shop" if n % 2 else "", row["spans"]) for n, row in enumerate(rows)],
        ("text", "context", "spans"),
    )
    model = make_encoder(tmp_path / "model")
    run = burnish.run(data, model=str(model), training={**FAST, "epochs": 3}, out=tmp_path / "runs")
    assert run.verdict["metric"] == "span-f1"
    (bare,) = run.specialist.predict(["the great box"])
    (with_context,) = run.specialist.predict([{"text": "the great box", "context": "the shop"}])
    for answer in (bare, with_context):
        assert [span["text"] for span in answer.detail] == [
            "the great box"[span["start"] : span["end"]] for span in answer.value
        ]
    report = run.report.read_text(encoding="utf-8")
    assert "Kind by kind" in report
    assert "<mark class=" in report
    parity = json.loads((run.folder / "export" / "parity.json").read_text(encoding="utf-8"))
    assert [form["form"] for form in parity] == ["torch", "onnx"]
    first = (run.folder / "evaluate" / "predictions.csv").read_text(encoding="utf-8").splitlines()[1]
    assert '[{""start""' in first or "[]" in first
    asked, out = write_csv(tmp_path / "asked.csv", [("the great box",), (" ",)], ("text",)), tmp_path / "answered.csv"
    summary = finish(answer_file(open_specialist(run.folder, "torch"), asked, out))
    assert (summary["rows"], summary["answered"]) == (2, 1)
    columns = read_table(out).columns
    assert [span["text"] for span in json.loads(columns["prediction"][0])] == [span["text"] for span in bare.detail]
    assert (columns["prediction"][1], columns["confidence"][1]) == ("", "")
    (told,) = answer_texts(open_specialist(run.folder, "torch"), ["the great box"])
    assert told["prediction"] == bare.detail


def test_texts_to_pre_train_on_need_no_optional_column(tmp_path: Path) -> None:
    rows = [json.dumps({**row, "context": "the shop"}) for row in order_rows(40)]
    data, texts = tmp_path / "orders.jsonl", tmp_path / "texts.jsonl"
    data.write_text("\n".join(rows), encoding="utf-8")
    texts.write_text("\n".join(json.dumps({"text": f"we have {n} boxes"}) for n in range(20)), encoding="utf-8")
    keys = {"model": str(make_encoder(tmp_path / "model")), "pretraining": {"data": str(texts)}}
    recipe, _ = complete_recipe(prepare(data, name="", out=tmp_path, keys=keys)[0])
    assert recipe.data.columns == {"text": "text", "context": "context", "spans": "spans"}
    for _ in STAGE.run(recipe, RunFolder(root=tmp_path / "run")):
        pass
    kept = read_rows(tmp_path / "run" / "check" / "unlabelled.parquet")
    assert [row["text"] for row in kept] == [f"we have {n} boxes" for n in range(20)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "a box", "spans": [[0, 99, "x"]]}, "a span lies outside the text: 0 to 99 of 5 characters"),
        ({"text": "a box", "spans": [[0, 5, "x"], [2, 5, "y"]]}, "spans overlap"),
        ({"text": "a box", "spans": "O B-x O"}, "there are 3 tags for 2 tokens"),
    ],
)
def test_bad_spans_stand_in_the_ledger_with_their_line(row: dict[str, Any], reason: str, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{**r, "spans": json.loads(r["spans"])} for r in order_rows(30)]
    data = tmp_path / "orders.jsonl"
    data.write_text("\n".join(json.dumps(r) for r in [*rows[:4], row, *rows[4:]]), encoding="utf-8")
    keys = {"model": str(make_encoder(tmp_path / "model")), "task": TASK.name, "spans": "spans"}
    recipe, _ = complete_recipe(prepare(data, name="", out=tmp_path, keys=keys)[0])
    for _ in STAGE.run(recipe, RunFolder(root=tmp_path / "run")):
        pass
    (entry,) = [entry for entry in read_ledger(tmp_path / "run" / "check" / "ledger.csv") if entry.reason]
    assert (entry.line, entry.outcome, entry.reason) == (5, "dropped", reason)
