"""What every command says, to people and as JSON."""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from docs.generate import commands

import burnish
from burnish.catalog import methods, tasks
from burnish.fitting_task import ROLE_OPTIONS
from burnish.models.catalogue import catalogue
from tests.faces.commands import Terminal
from tests.making import write_csv


def test_run_says_what_it_does_and_ends_with_verdict_and_report(
    burnish_command: Terminal, encoder: Path, reviews: Path, tmp_path: Path
) -> None:
    fast = ("--set", "training.epochs=2", "--set", "training.precision=fp32", "--seed", "3", "--minimum-gain", "0.1")
    method = ("--method", "full", "--set", "method.layer-decay=0.9")
    place = ("--out", tmp_path / "runs", "--name", "trial")
    said = burnish_command("run", reviews, "--model", encoder, *place, *fast, *method)
    assert said.code == 0, said.err
    for part in (
        "task: text-classification (inferred",
        "240 rows read",
        "test rows are sealed",
        "epoch 2:",
        "verdict:",
    ):
        assert part in said.err, part
    verdict = burnish.load(tmp_path / "runs" / "trial").verdict
    assert f"verdict: {verdict['decision']}" in said.out
    assert "report.html" in said.out
    assert "burnish predict" in said.out
    assert "\x1b" not in said.out + said.err, "no colours where nobody watches"
    recipe = (tmp_path / "runs" / "trial" / "recipe.yaml").read_text()
    assert "seed: 3" in recipe
    assert "minimum-gain: 0.1" in recipe
    assert "layer-decay: 0.9" in recipe
    again = burnish_command("run", tmp_path / "runs" / "trial" / "recipe.yaml", "--out", tmp_path / "runs", "--json")
    assert again.code == 0
    assert again.json()["verdict"] == verdict
    assert again.json()["run"] == str(tmp_path / "runs" / "trial")


def test_predict_text(burnish_command: Terminal, finished: burnish.Run) -> None:
    said = burnish_command("predict", finished.folder, "--text", "great lovely", "--text", "awful", "--json")
    answers = said.json()["predictions"]
    assert [answer["prediction"] for answer in answers] == ["positive", "negative"]
    assert answers[0]["confidence"] == max(answers[0]["scores"].values())
    plain = burnish_command("predict", finished.folder, "--text", "great lovely", "--engine", "onnx")
    assert plain.out.startswith("positive  ")


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_predict_a_file_keeps_every_row_and_column(
    ending: str, burnish_command: Terminal, finished: burnish.Run, tmp_path: Path
) -> None:
    rows = [("1", "great lovely"), ("2", ""), ("3", "awful, broken\nthing")]
    source = write_csv(tmp_path / "rows.csv", list(rows), ("id", "text"))
    out = tmp_path / f"out{ending}"
    said = burnish_command("predict", finished.folder, source, "-o", out, "--json")
    assert said.json() == {"rows": 3, "answered": 2, "out": str(out)}
    with out.open(newline="") as file:
        written = list(csv.DictReader(file)) if ending == ".csv" else [json.loads(line) for line in file]
    assert [(row["id"], row["text"]) for row in written] == rows
    assert [row["prediction"] for row in written] == ["positive", "", "negative"]
    assert float(written[0]["confidence"]) > 0.5


def test_predict_to_the_terminal(burnish_command: Terminal, finished: burnish.Run, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "rows.csv", [("great lovely",)], ("text",))
    said = burnish_command("predict", finished.folder, source)
    assert said.out.splitlines()[0] == "text,prediction,confidence"
    assert said.out.splitlines()[1].startswith("great lovely,positive,")


def test_predict_a_file_as_one_object(burnish_command: Terminal, finished: burnish.Run, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "rows.csv", [("1", "great lovely"), ("2", "")], ("id", "text"))
    answered = burnish_command("predict", finished.folder, source, "--json").json()
    assert (answered["rows"], answered["answered"], answered["out"]) == (2, 1, None)
    first, second = answered["predictions"]
    assert (first["id"], first["text"], first["prediction"]) == ("1", "great lovely", "positive")
    assert first["confidence"] > 0.5
    assert second == {"id": "2", "text": "", "prediction": "", "confidence": ""}


def test_predict_says_what_is_missing(burnish_command: Terminal, finished: burnish.Run, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "rows.csv", [("great",)], ("txt",))
    said = burnish_command("predict", finished.folder, source)
    assert said.code == 2
    assert "Did you mean 'txt'" in said.err
    assert burnish_command("predict", finished.folder).code == 2
    assert "either --text" in burnish_command("predict", finished.folder, source, "--text", "a").err
    assert "there is no engine" in burnish_command("predict", finished.folder, "--text", "a", "--engine", "tensor").err
    assert "not a run folder" in burnish_command("predict", tmp_path, "--text", "a").err
    assert "text is empty" in burnish_command("predict", finished.folder, "--text", " ").err


def test_report_shows_the_verdict(burnish_command: Terminal, finished: burnish.Run) -> None:
    said = burnish_command("report", finished.folder)
    assert "verdict: inconclusive" in said.out
    assert str(finished.report) in said.out
    assert burnish_command("report", finished.folder, "--json").json()["verdict"] == finished.verdict


def test_tables_of_what_there_is(burnish_command: Terminal) -> None:
    for command, names in (("models", catalogue()), ("tasks", tasks()), ("methods", methods())):
        rows = burnish_command(command, "--json").json()[command]
        assert [row["name"] for row in rows] == list(names)
        shown = burnish_command(command).out
        assert all(name in shown for name in names)


def test_tables_in_a_narrow_terminal_break_no_word(burnish_command: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command, names in (("models", catalogue()), ("tasks", tasks()), ("methods", methods())):
        shown = burnish_command(command).out
        assert all(len(line) <= 80 for line in shown.splitlines())
        rows = burnish_command(command, "--json").json()[command]
        words = {word for row in rows for word in f"{row['name']} {row['summary']}".split()}
        assert words <= set(shown.split())
        assert all(name in shown for name in names)
    assert "Not shown for want of room: " in burnish_command("tasks").out
    monkeypatch.setenv("COLUMNS", "300")
    assert "Not shown" not in burnish_command("tasks").out


def test_doctor_examines_and_advises(burnish_command: Terminal) -> None:
    found = {entry["name"]: entry for entry in burnish_command("doctor", "--json").json()["examined"]}
    assert {"torch", "processor", "GPU", "memory", "disk for runs", "pip", "model minilm"} <= found.keys()
    assert found["torch"]["state"] == "good"
    assert found["model minilm"]["state"] == "missing", "the test's cache is empty"
    assert found["model minilm"]["fix"] == "burnish models --fetch minilm"
    assert "burnish models --fetch minilm" in burnish_command("doctor").out


def test_a_role_is_said_to_have_an_option_only_where_it_has_one() -> None:
    options = {option for parameter in commands()["run"].params for option in parameter.opts}
    roles = {column.role for task in tasks().values() for column in task.columns}
    assert {role for role in roles if f"--{role}" in options} == ROLE_OPTIONS


def test_help_names_arguments_once(burnish_command: Terminal) -> None:
    usage = burnish_command("predict", "--help").out.split("Answer texts")[0]
    assert " [ROWS]" in usage
    assert "[[" not in usage


def test_help_teaches(burnish_command: Terminal) -> None:
    shown = burnish_command("--help").out
    for command in ("run", "predict", "report", "models", "tasks", "methods", "sample", "doctor"):
        assert command in shown
        said = burnish_command(command, "--help")
        assert said.code == 0
        assert "--json" in said.out
    assert "burnish run reviews.csv --label sentiment" in burnish_command("run", "--help").out


def test_sample_refuses_what_there_is_not(burnish_command: Terminal) -> None:
    assert "Did you mean 'reviews'" in burnish_command("sample", "review").err
    assert "Did you mean 'products'" in burnish_command("sample", "reviews", "--domain", "product").err


def processor_seconds(*command: str) -> float:
    """Of a Python process, the best of five: other work on the machine only ever adds."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def once() -> float:
        began = spent()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        return spent() - began

    return min(once() for _ in range(5))


def test_it_starts_quickly() -> None:
    assert processor_seconds("-c", "import burnish") < 0.3
    assert processor_seconds("-m", "burnish", "--help") < 0.5


def test_importing_burnish_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'transformers', 'polars', 'sklearn'}"
    for use in ("pass", "burnish.Prediction", "burnish.Specialist", "burnish.UserError"):
        code = f"import sys, burnish; {use}; print(*sorted({heavy} & set(sys.modules)))"
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert done.stdout.strip() == "", use
