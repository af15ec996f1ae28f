"""Every example works: recipes go through the whole pipeline, and the plug-in is found, tried and run."""

from __future__ import annotations

import importlib
import inspect
import json
import random
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

import burnish
from burnish.catalog import TASKS
from burnish.contracts import Task
from burnish.data.split import stratified_split
from burnish.recipe import parse_recipe
from burnish.recipe_problems import read_recipe_file
from tests.contracts import test_every_baseline, test_every_metric, test_every_task
from tests.contracts.samples import SAMPLES, Toy
from tests.finished import FAST
from tests.making import WORDS, review_rows, sentence, write_csv
from tests.processes import Processes

EXAMPLES = Path(__file__).parent.parent / "examples"
RECIPES = sorted(EXAMPLES.glob("*.yaml"))
PLUG_IN = EXAMPLES / "plug-in"


def test_every_task_has_a_recipe() -> None:
    assert {path.stem for path in RECIPES} == set(TASKS)
    for path in RECIPES:
        assert read_recipe_file(path)[0]["task"] == path.stem


def keys(values: Mapping[str, Any], prefix: str = "") -> set[str]:
    """Every dotted key, but not the labels under `descriptions`."""
    found = set()
    for key, value in values.items():
        found.add(f"{prefix}{key}")
        if isinstance(value, Mapping) and key != "descriptions":
            found |= keys(value, f"{prefix}{key}.")
    return found


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_has_every_key_with_its_default(path: Path) -> None:
    values, lines = read_recipe_file(path)
    recipe = parse_recipe(values, str(path), lines).as_dict()
    assert keys(values) == keys(recipe)
    default = parse_recipe({"data": {"train": "rows.csv"}}, "defaults").as_dict()
    own = {"task", "model", "data"}
    assert {key: recipe[key] for key in recipe.keys() - own} == {key: default[key] for key in default.keys() - own}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_goes_through_the_whole_pipeline(path: Path, tmp_path: Path) -> None:
    recipe = Path(shutil.copy(path, tmp_path))
    values = read_recipe_file(path)[0]
    sample = SAMPLES[path.stem]
    rows = sample.make_rows()
    roles = list(rows[0])
    data = tmp_path / Path(values["data"]["train"]).name
    write_csv(data, [tuple(row[role] for role in roles) for row in rows], tuple(values["data"][role] for role in roles))
    model = sample.make_model(tmp_path / "model")
    run = burnish.run(recipe, model=str(model), training=FAST, out=tmp_path / "runs")
    assert run.folder == tmp_path / "runs" / path.stem
    assert run.verdict["decision"] in {"ship", "keep-baseline", "inconclusive"}
    assert run.report.is_file()
    used = read_recipe_file(run.folder / "recipe.yaml")[0]
    assert used["data"]["descriptions"] == values["data"]["descriptions"]
    assert used["training"]["epochs"] == FAST["epochs"]


def test_the_onnx_form_answers_without_burnish_and_torch(finished: burnish.Run) -> None:
    texts = ["great lovely", "it is awful and broken"]
    script = EXAMPLES / "onnx_without_burnish.py"
    code = (
        f"import runpy, sys; sys.argv = {[str(script), str(finished.specialist_folder), *texts]!r}; "
        f"runpy.run_path({str(script)!r}); sys.exit(bool({{'burnish', 'torch'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = finished.specialist.predict(texts)
    told = [line.split("  ") for line in done.stdout.splitlines()]
    assert [(label, text) for label, _, text in told] == [(p.value, t) for p, t in zip(expected, texts, strict=True)]
    for (_, confidence, _), prediction in zip(told, expected, strict=True):
        assert float(confidence) == pytest.approx(prediction.confidence, abs=2e-3)


def pairs(rows: int) -> list[dict[str, str]]:
    """Pairs of sentences whose label is what the second tells."""
    generator = random.Random(0)
    labels = [sorted(WORDS)[number % 3] for number in range(rows)]
    firsts = [text for text, _ in review_rows(rows)]
    return [
        {"text": first, "second": sentence(label, generator), "label": label}
        for first, label in zip(firsts, labels, strict=True)
    ]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder to import from that has the plug-in, as an installer would leave it."""
    project = tomllib.loads((PLUG_IN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    place = tmp_path / "site"
    shutil.copytree(PLUG_IN / "src", place, ignore=shutil.ignore_patterns("__pycache__"))
    facts = place / f"burnish_pairs-{project['version']}.dist-info"
    facts.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (facts / "METADATA").write_text(metadata, encoding="utf-8")
    groups = project["entry-points"].items()
    lines = [f"[{group}]\n" + "".join(f"{name} = {at}\n" for name, at in named.items()) for group, named in groups]
    (facts / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return place


def test_the_plug_in_is_found_and_runs(installed: Path, encoder: Path, tmp_path: Path, processes: Processes) -> None:
    rows = [(row["text"], row["second"], row["label"]) for row in pairs(120)]
    data = write_csv(tmp_path / "pairs.csv", rows, ("question", "answer", "fits"))

    def said(*words: str) -> tuple[str, str]:
        return processes.start(*words, folder=tmp_path, path=[installed]).communicate()

    def command(*words: str) -> Any:
        output, errors = said(*words, "--json")
        found = json.loads(output)
        assert "error" not in found, output + errors
        return found

    shown = ("--task", "text-pair-classification", "--text", "question", "--label", "fits", "--set")
    fast = [option for key, value in FAST.items() for option in ("--set", f"training.{key}={value}")]
    keys = ("data.second=answer", "--method", "biases", "--metric", "kappa", "--model", str(encoder), *fast)
    finished = command("run", str(data), *shown, *keys)
    assert finished["verdict"]["metric"] == "kappa"
    assert "class-means" in {baseline["name"] for baseline in finished["verdict"]["baselines"]}
    out = tmp_path / "answered.jsonl"
    assert command("predict", finished["run"], str(data), "--out", str(out))["answered"] == 120
    used = json.loads((tmp_path / finished["run"] / "train" / "training.json").read_text(encoding="utf-8"))
    assert used["trained_parameters"] == 3 * (32 + 1) + biases_of_blocks(encoder)

    lone_text = json.loads(said("predict", finished["run"], "--text", "a question", "--json")[0])["error"]
    assert lone_text["what"] == "text-pair-classification reads more than a text: text, second"
    assert "with the columns question, answer" in lone_text["fix"]
    nowhere = " ".join(said("run", str(data), *shown[:-1], "--model", "nowhere")[1].split())
    assert (
        "second: column 'answer' (inferred; `second:` under `data:` or --set data.second=COLUMN overrides)" in nowhere
    )


def biases_of_blocks(encoder: Path) -> int:
    """How many numbers the biases in the blocks of a model are."""
    weights = load_file(encoder / "model.safetensors")
    return sum(tensor.size for name, tensor in weights.items() if ".layer." in name and name.endswith(".bias"))


def shared_checks() -> list[Callable[..., None]]:
    """The checks that hold for every task, metric and baseline, and need a toy only."""
    modules = (test_every_task, test_every_metric, test_every_baseline)
    checks = [check for module in modules for name, check in vars(module).items() if name.startswith("test_")]
    return [check for check in checks if "toy" in inspect.signature(check).parameters]


@pytest.fixture(scope="module")
def paired_toy(encoder: Path) -> Toy:
    """Toy rows and a toy model for the plug-in's task."""
    sys.path.insert(0, str(PLUG_IN / "src"))
    try:
        task: Task = importlib.import_module("burnish_pairs.task").TASK
    finally:
        sys.path.remove(str(PLUG_IN / "src"))
    rows = [{"row": number, **row} for number, row in enumerate(pairs(90))]
    parts = stratified_split(task.strata(rows), (0.6, 0.2, 0.2), 0)
    train, validation, test = ([rows[place] for place in part] for part in parts)
    targets = task.targets(train, {})
    model = task.load(encoder, targets, 0)
    return Toy(
        task=task,
        base=encoder,
        model=model,
        targets=targets,
        train=train,
        validation=validation,
        test=test,
        learning_rate=0.01,
    )


@pytest.mark.parametrize("check", shared_checks(), ids=lambda check: check.__name__)
def test_the_plug_in_passes_the_shared_suites(check: Callable[..., None], paired_toy: Toy, tmp_path: Path) -> None:
    wants = inspect.signature(check).parameters
    check(**{name: value for name, value in (("toy", paired_toy), ("tmp_path", tmp_path)) if name in wants})
