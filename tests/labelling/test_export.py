"""Tasks for Label Studio: what is shown, what is filled in, and the labelling config."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import burnish
from burnish.catalog import get_task
from burnish.contracts import Column, Prediction, Task
from burnish.labelling.controls import CONTROLS
from burnish.labelling.export import labelling_config
from tests.making import write_csv


def of_kinds(*inputs: str, target: str) -> Task:
    """A task with inputs of some kinds and a target of another."""
    columns = [Column(role=f"{kind}", summary="what is read", kind=kind) for kind in inputs]
    return replace(
        get_task("text-classification"),
        columns=(*columns, Column(role="answer", summary="the answer", target=True, kind=target)),
    )


def test_answers_of_a_run_are_filled_in(finished: burnish.Run, tmp_path: Path) -> None:
    rows = write_csv(
        tmp_path / "new.csv", [("great solid box", "a1"), ("", "a2"), ("awful & <slow>", "a3")], ("text", "order")
    )
    exported = burnish.label_export(rows, tmp_path / "tasks.json", run=finished.folder)
    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    assert (exported.rows, exported.exported, exported.predicted, exported.empty) == (3, 2, 2, (3,))
    assert [task["data"] for task in tasks] == [
        {"text": "great solid box", "order": "a1"},
        {"text": "awful & <slow>", "order": "a3"},
    ]
    assert [task["meta"]["line"] for task in tasks] == [2, 4]
    expected = finished.specialist.predict(["great solid box"])[0]
    (prediction,) = tasks[0]["predictions"]
    assert prediction["score"] == pytest.approx(expected.confidence, abs=1e-5)
    assert prediction["model_version"] == f"reviews: {finished.specialist.manifest.method}"
    (result,) = prediction["result"]
    assert result["value"] == {"choices": [expected.value]}
    assert (result["from_name"], result["to_name"], result["type"]) == ("label", "text", "choices")
    config = ET.fromstring((tmp_path / "tasks.config.xml").read_text(encoding="utf-8"))
    assert [choice.get("value") for choice in config.iter("Choice")] == ["negative", "neutral", "positive"]


def test_without_a_run_labels_are_those_named_or_those_in_the_file(tmp_path: Path) -> None:
    rows = write_csv(tmp_path / "new.csv", [("one two three", "b"), ("four five six", ""), ("seven", "a")])
    exported = burnish.label_export(rows, tmp_path / "tasks.json")
    assert exported.labels == ("a", "b")
    (first, *_) = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    assert first == {"data": {"text": "one two three"}, "meta": {"line": 2}, "predictions": []}
    named = burnish.label_export(rows, tmp_path / "tasks.json", labels=["x", 'y "z"'])
    assert named.labels == ("x", 'y "z"')
    assert 'y "z"' in {c.get("value") for c in ET.parse(tmp_path / "tasks.config.xml").iter()}


def test_no_labels_to_choose_from_is_said(tmp_path: Path) -> None:
    rows = write_csv(tmp_path / "new.csv", [("one two",), ("three",)], ("text",))
    with pytest.raises(burnish.UserError, match="no labels to choose from"):
        burnish.label_export(rows, tmp_path / "tasks.json")
    assert not (tmp_path / "tasks.json").exists()


@pytest.mark.parametrize(
    ("inputs", "target", "shown", "control"),
    [
        (("text",), "label", "Text", "Choices"),
        (("text",), "spans", "Text", "Labels"),
        (("image",), "label", "Image", "Choices"),
        (("audio",), "text", "Audio", "TextArea"),
        (("text",), "number", "Text", "Number"),
        (("messages",), "messages", "Paragraphs", "TextArea"),
    ],
)
def test_every_kind_of_column_has_its_tags(inputs: tuple[str], target: str, shown: str, control: str) -> None:
    config = ET.fromstring(labelling_config(of_kinds(*inputs, target=target), ["a", "b"]))
    about, answer = list(config)
    assert (about.tag, answer.tag) == (shown, control)
    assert about.get("value") == f"${inputs[0]}"
    assert answer.get("toName") == about.get("name")
    assert len(list(answer)) == (2 if target in {"label", "spans"} else 0)


def test_a_kind_without_a_config_is_refused() -> None:
    with pytest.raises(burnish.UserError, match="no labelling config for answers of the kind 'image'"):
        labelling_config(of_kinds("text", target="image"), [])


def test_files_get_the_address_that_label_studio_serves_them_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = of_kinds("image", target="label")
    monkeypatch.setattr("burnish.labelling.roles.get_task", lambda _name: task)
    rows = write_csv(tmp_path / "new.csv", [("a/1.png",), ("https://example.org/2.png",)], ("image",))
    burnish.label_export(rows, tmp_path / "tasks.json", labels=["x"])
    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    shown = [task["data"]["image"] for task in tasks]
    assert shown == ["/data/local-files/?d=a/1.png", "https://example.org/2.png"]


def test_every_prediction_reads_back_as_it_was() -> None:
    given = {
        "label": "card arrival",
        "number": 2.5,
        "text": "a summary",
        "messages": "an answer",
        "answer": "what to say",
        "spans": [{"start": 0, "end": 4, "label": "date"}, {"start": 9, "end": 12, "label": "place"}],
    }
    assert set(given) == set(CONTROLS)
    for kind, value in given.items():
        control = CONTROLS[kind]
        assert control.read(control.value(Prediction(value=value, confidence=1.0))) == value


def test_spans_are_labelled_on_the_text_and_optional_inputs_only_where_rows_have_them(tmp_path: Path) -> None:
    rows = write_csv(tmp_path / "new.csv", [("one two",), ("three",)], ("text",))
    burnish.label_export(rows, tmp_path / "tasks.json", task="token-classification", labels=["date"])
    config = ET.parse(tmp_path / "tasks.config.xml").getroot()
    assert [(tag.tag, tag.get("name")) for tag in config] == [("Text", "text"), ("Labels", "spans")]
    rows = write_csv(tmp_path / "new.csv", [("one two", "as asked before")], ("text", "context"))
    burnish.label_export(rows, tmp_path / "tasks.json", task="token-classification", labels=["date"])
    config = ET.parse(tmp_path / "tasks.config.xml").getroot()
    assert "$context" in {tag.get("value") for tag in config}
