"""Bad input gets one clear message: what, where, what to do; exit code 2, no traceback, nothing half-written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faces.commands import Terminal
from tests.making import make_encoder, review_rows, write_csv

ROWS = list(review_rows(30))


def as_bytes(content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "data.csv"
        path.write_bytes(content)
        return path

    return write


def as_rows(*rows: tuple[str, ...], header: tuple[str, ...] = ("text", "label")) -> Callable[[Path], Path]:
    return lambda folder: write_csv(folder / "data.csv", list(rows), header)


CASES: dict[str, tuple[Callable[[Path], Path], list[str], list[str]]] = {
    "missing file": (lambda folder: folder / "nothing.csv", [], ["does not exist", "nothing.csv"]),
    "nearest file": (
        lambda folder: as_rows(*ROWS)(folder).with_name("dta.csv"),
        [],
        ["does not exist", "Did you mean", "data.csv"],
    ),
    "empty file": (as_bytes(b""), [], ["empty"]),
    "only a header": (as_bytes(b"text,label\n"), [], ["header but no rows"]),
    "wrong encoding": (
        as_bytes("text,label\ncaf\u00e9,good\n".encode("latin-1") * 3),
        [],
        ["not utf-8", "line 2", "cp1252"],
    ),
    "unknown encoding": (as_rows(*ROWS), ["--encoding", "utf-9"], ["utf-9", "not a known encoding"]),
    "ragged rows": (as_bytes(b"text,label\na,x\nb\nc,y,z\nd,x\n"), [], ["2 of 4 rows", "3 (1 fields)", "4 (3 fields)"]),
    "unclosed quote": (as_bytes(b'text,label\n"a,x\nb,y\n'), [], ["quote", ":2"]),
    "misspelt column": (
        as_rows(*ROWS),
        ["--label", "lable"],
        ["'lable'" if False else "lable", "Did you mean 'label'"],
    ),
    "no label column": (as_rows(*[(t,) for t, _ in ROWS], header=("text",)), [], ["no column looks like", "--label"]),
    "a single class": (as_rows(*[(t, "good") for t, _ in ROWS]), [], ["same label", "'good'"]),
    "a class with one row": (as_rows(*ROWS, ("odd one", "rare")), [], ["'rare' (1)", "too few rows"]),
    "all texts empty": (as_rows(*[("", label) for _, label in ROWS]), [], ["none of the 30 rows", "the text is empty"]),
    "all labels empty": (
        as_rows(*[(t, "") for t, _ in ROWS]),
        ["--label", "label"],
        ["none of the 30 rows", "the label is empty"],
    ),
    "free text labels": (
        as_rows(*[(t, f"because of reason number {n} I think") for n, (t, _) in enumerate(ROWS)]),
        ["--label", "label"],
        ["look like free text"],
    ),
    "numbers as labels": (
        as_rows(*[(t, f"{n / 7:.3f}") for n, (t, _) in enumerate(ROWS)]),
        ["--label", "label", "--task", "text-classification"],
        ["look like numbers", "text-regression"],
    ),
    "unknown task": (as_rows(*ROWS), ["--task", "text-clasification"], ["Did you mean 'text-classification'"]),
    "unknown method": (as_rows(*ROWS), ["--method", "ful"], ["Did you mean 'full'"]),
    "unknown metric": (
        as_rows(*ROWS),
        ["--task", "text-classification", "--metric", "acuracy"],
        ["Did you mean 'accuracy'"],
    ),
    "unknown model": (as_rows(*ROWS), ["--model", "minilmm"], ["cannot be found", "Did you mean 'minilm'", "tried"]),
    "unknown key": (as_rows(*ROWS), ["--set", "training.epoch=3"], ["`training.epoch` is not a key", "'epochs'"]),
    "wrong value": (as_rows(*ROWS), ["--set", "training.epochs=many"], ["training.epochs", "many"]),
    "a key and keys below it": (
        as_rows(*ROWS),
        ["--set", "seed=3", "--set", "seed.x=4"],
        ["`seed` is 3", "`seed.x`", "Give either"],
    ),
    "a section and a value in its place": (
        as_rows(*ROWS),
        ["--set", "training.epochs=3", "--set", "training=5"],
        ["`training` is 5", "`training.epochs`", "Give either"],
    ),
    "an option and keys below it": (as_rows(*ROWS), ["--seed", "3", "--set", "seed.x=4"], ["`seed` is 3", "`seed.x`"]),
    "a description of no label": (
        as_rows(*ROWS),
        ["--set", "data.descriptions={postive: liked}"],
        ["'postive'", "data.descriptions", "Did you mean 'positive'"],
    ),
    "not key=value": (as_rows(*ROWS), ["--set", "training.epochs"], ["is not KEY=VALUE"]),
    "unknown ending": (lambda folder: write_csv(folder / "data.ods", ROWS), [], [".ods", "Save the data as"]),
}


@pytest.mark.parametrize("case", CASES)
def test_one_clear_message(case: str, burnish_command: Terminal, tmp_path: Path, encoder: Path) -> None:
    make, options, expected = CASES[case]
    model = [] if "--model" in options else ["--model", encoder]
    said = burnish_command("run", make(tmp_path), *model, "--out", tmp_path / "runs", *options)
    message = " ".join(said.err.split())
    assert said.code == 2, message
    for part in expected:
        assert part in message
    assert "Traceback" not in message
    assert "what to do:" in message
    assert not (tmp_path / "runs").exists(), "nothing half-written"


def test_every_problem_of_a_recipe_at_once(burnish_command: Terminal, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "taks: text-classification\n"
        "data: {train: data.csv, labl: label}\n"
        "method: {name: full, layer-decy: 0.9}\n"
        "training:\n  epochs: -1\n  learning-rat: 0.1\n"
        "seed: abc\n"
    )
    said = burnish_command("run", recipe)
    message = " ".join(said.err.split())
    assert said.code == 2
    for part in (
        "`taks`",
        "'task'",
        "`data.labl`",
        "'label'",
        "layer-decy",
        "'layer-decay'",
        "`training.epochs`",
        "'learning-rate'",
        "`seed`",
    ):
        assert part in message, message
    assert "line 1" in message
    assert "line 5" in message


@pytest.mark.parametrize("damage", ["cut short", "corrupted", "missing", "no config"])
def test_damaged_weights(damage: str, burnish_command: Terminal, tmp_path: Path) -> None:
    model = make_encoder(tmp_path / "model")
    weights = model / "model.safetensors"
    match damage:
        case "cut short":
            weights.write_bytes(weights.read_bytes()[:-1000])
        case "corrupted":
            weights.write_bytes(b"\xff" * 1000)
        case "missing":
            weights.unlink()
        case "no config":
            (model / "config.json").unlink()
    said = burnish_command("run", as_rows(*ROWS)(tmp_path), "--model", model, "--out", tmp_path / "runs")
    assert said.code == 2
    assert "Traceback" not in said.err
    assert str(model) in said.err.replace("\n", "")
    assert not (tmp_path / "runs" / "data").exists()


def test_as_json_the_error_is_one_object(burnish_command: Terminal, tmp_path: Path) -> None:
    said = burnish_command("run", tmp_path / "nothing.csv", "--json")
    assert said.code == 2
    assert said.json()["error"]["what"] == "the file does not exist"
    assert set(said.json()["error"]) == {"what", "where", "fix"}
