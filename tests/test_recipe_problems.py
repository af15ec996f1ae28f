"""Reading a recipe file: YAML that is none, keys that are none, and every problem at once with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs.generate import ROOT, commands

from burnish.errors import UserError
from burnish.recipe import Recipe, parse_recipe
from burnish.recipe_problems import read_recipe_file
from tests.data.privileges import unprivileged


def written(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def parsed(path: Path) -> Recipe:
    values, lines = read_recipe_file(path)
    return parse_recipe(values, str(path), lines)


def refusal(folder: Path, text: str) -> UserError:
    """What is said about a recipe file."""
    path = written(folder, text)
    with pytest.raises(UserError) as caught:
        parsed(path)
    assert caught.value.fix
    return caught.value


def test_values_and_the_lines_of_their_keys(tmp_path: Path) -> None:
    values, lines = read_recipe_file(
        written(
            tmp_path,
            "# a comment\ntask: text-classification\n\ndata:\n  train: x.csv\n  text: t\nmethod: {name: full}\n",
        )
    )
    assert values == {
        "task": "text-classification",
        "data": {"train": str(tmp_path / "x.csv"), "text": "t"},
        "method": {"name": "full"},
    }
    assert lines == {"task": 2, "data": 4, "data.train": 5, "data.text": 6, "method": 7, "method.name": 7}


def test_labels_may_be_called_yes_and_no(tmp_path: Path) -> None:
    values, _ = read_recipe_file(
        written(tmp_path, "data: {descriptions: {yes: it is, no: it is not, on: x, 1: y, 2.5: z}}")
    )
    assert values["data"]["descriptions"] == {"yes": "it is", "no": "it is not", "on": "x", 1: "y", 2.5: "z"}


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert read_recipe_file(written(tmp_path, "\ufeffseed: 1\n"))[0] == {"seed": 1}


def test_paths_are_taken_from_the_recipes_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", "/home/me")
    text = "data: {train: x.csv, test: ~/t.csv, replay: ../r.csv}\nmodel: ../models/mine\npretraining: {data: u.csv}\n"
    text += "augment: {masked-model: ../models/mine}\n"
    values, _ = read_recipe_file(written(tmp_path / "work", text))
    replay = str(tmp_path / "r.csv")
    assert values["data"] == {"train": str(tmp_path / "work" / "x.csv"), "test": "/home/me/t.csv", "replay": replay}
    assert values["pretraining"] == {"data": str(tmp_path / "work" / "u.csv")}
    assert values["model"] == values["augment"]["masked-model"] == str(tmp_path / "models" / "mine")
    monkeypatch.chdir(tmp_path)
    values, _ = read_recipe_file(Path("work/recipe.yaml"))
    assert values["data"]["train"] == "work/x.csv"
    assert values["model"] == "models/mine"


def test_names_and_hub_ids_are_no_paths(tmp_path: Path) -> None:
    (tmp_path / "minilm").mkdir()
    for name in ("minilm", "someone/model", "auto"):
        assert read_recipe_file(written(tmp_path, f"model: {name}\n"))[0]["model"] == name
    assert read_recipe_file(written(tmp_path, "augment: {masked-model: ''}\n"))[0]["augment"]["masked-model"] == ""


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("data: {train: x.csv\nseed: 1\n", 2, "not YAML"),
        ("data:\n\ttrain: x.csv\n", 2, "\\t"),
        ("seed: 1\ntask: a: b\n", 2, "not allowed"),
        ("seed: 'open\n", 2, "not YAML"),
        ("seed: &one 1\nother: *one\n", 2, "aliases"),
        ("seed: &loop [*loop]\n", 1, "aliases"),
        ("seed: !!python/object/apply:os.system ['true']\n", 1, "tag"),
        ("training:\n  epochs: 1\n  epochs: 2\n", 3, "`training.epochs` is given twice, on lines 2 and 3"),
        ("? [a, b]\n: 1\n", 1, "unhashable"),
    ],
)
def test_files_that_are_not_yaml(text: str, line: int, problem: str, tmp_path: Path) -> None:
    error = refusal(tmp_path, text)
    assert problem in error.what
    assert error.where == f"{tmp_path / 'recipe.yaml'}:{line}"


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- list\n", "text", "5", "a: \x07\n", "d: 2026-13-45\n"])
def test_files_without_keys_or_beyond_yaml(text: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, text).where == str(tmp_path / "recipe.yaml")


def test_nesting_without_end(tmp_path: Path) -> None:
    assert "not YAML" in refusal(tmp_path, "a: " + "[" * 5000).what


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        read_recipe_file(tmp_path / "nothing.yaml")
    with pytest.raises(UserError, match="does not exist"):
        read_recipe_file(tmp_path)
    path = tmp_path / "recipe.yaml"
    path.write_bytes(b"task: caf\xe9\n")
    with pytest.raises(UserError, match="not UTF-8"):
        read_recipe_file(path)
    path.chmod(0)
    with unprivileged(), pytest.raises(UserError, match="cannot be read: Permission denied"):
        read_recipe_file(path)
    with pytest.raises(UserError, match="cannot be read: Not a directory"):
        read_recipe_file(path / "below.yaml")


EVERYTHING_WRONG = """\
taks: text-classification
task: text-clasification
epochs: 3
data:
  train: data.csv
  labl: sentiment
  txet: review
  text: [a, b]
  longest: -1
method: {name: full, layer-decy: 0.9, layer-decay: 2}
training:
  epochs: many
  learning-rat: 0.1
  learning-rate: .inf
  schedule: cosin
split: {train: 0.5, validation: 0.1, test: 0.1}
evaluate: {metric: acuracy, minimum-gain: -1}
cost: 5
seed: -1
5: five
"""


def test_every_problem_at_once_with_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    error = refusal(tmp_path, EVERYTHING_WRONG)
    problems = error.what.split("\n    - ")
    assert problems[0] == f"{len(problems) - 1} problems:"
    for wanted in (
        "line 1: `taks` is not a key. Did you mean 'task'?",
        "line 2: `task`: there is no task 'text-clasification'. Did you mean 'text-classification'",
        "line 3: `epochs` is not a key. It belongs under `training:`.",
        "line 6: `data.labl` is not a key. Did you mean 'label'?",
        "line 7: `data.txet` is not a key. Did you mean 'text'",
        "line 8: `data.text`: Input should be a valid string (it is ['a', 'b'])",
        "line 9: `data.longest`: Input should be greater than or equal to 0 (it is -1)",
        "line 10: `method.layer-decy` is not a key. Did you mean 'layer-decay'?",
        "line 10: `method.layer-decay`: Input should be less than or equal to 1 (it is 2)",
        "line 12: `training.epochs`: Input should be a valid integer",
        "line 13: `training.learning-rat` is not a key. Did you mean 'learning-rate'?",
        "line 14: `training.learning-rate`: Input should be a finite number (it is inf)",
        "line 15: `training.schedule`: Input should be 'linear', 'cosine' or 'constant' (it is 'cosin')",
        "line 16: `split`: train, validation and test must add up to 1",
        "line 17: `evaluate.metric`: there is no metric 'acuracy'. Did you mean 'accuracy' or",
        "line 17: `evaluate.minimum-gain`: Input should be greater than or equal to 0 (it is -1)",
        "line 18: `cost`: it must hold keys of its own: price-per-hour, currency (it is 5)",
        "line 19: `seed`: Input should be greater than or equal to 0 (it is -1)",
        "line 20: `5`: Keys should be strings (it is 5)",
    ):
        assert any(problem.startswith(wanted) for problem in problems), f"{wanted}\n{error.what}"
    assert len(problems) == 20
    lines = [int(problem.split(":")[0].removeprefix("line ")) for problem in problems[1:]]
    assert lines == sorted(lines)


def test_one_problem_stands_alone(tmp_path: Path) -> None:
    error = refusal(tmp_path, "data: {train: x.csv}\nmethod: ful\n")
    assert error.what == "`method.name`: there is no method 'ful'. Did you mean 'full'?"
    assert error.where == str(tmp_path / "recipe.yaml")


def test_where_it_is_said_that_keys_are_listed_they_are(tmp_path: Path) -> None:
    fix = refusal(tmp_path, "data: {train: x.csv}\nmethod: ful\n").fix
    assert (ROOT / re.findall(r"\((docs/.*?)\)", fix)[0]).is_file()
    told = [command.split()[1] for command in re.findall("`(burnish .*?)`", fix)]
    assert told == ["methods", "run"]
    assert set(told) <= set(commands())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("seed: 1", "`data` is missing"),
        ("data: {text: t}", "`data.train` is missing"),
        ("data: reviews.csv", "`data`: it must hold keys of its own: train, test"),
        ("data: {train: x, columns: 5, text: t}", "`data`: Input should be a valid dictionary"),
        ("data: {train: x, label: 5}", "`data.label`: Input should be a valid string (it is 5)"),
        ("data: {train: x, training: {}}", "`data.training` is not a key"),
        ("data: {train: x}\npretraining: true", "`pretraining`: it must hold keys of its own: data, epochs"),
        ("data: {train: x}\npretraining: {masks: 0.2}", "`pretraining.masks` is not a key. Did you mean 'mask'?"),
        ("data: {train: x}\nhead-epochs: 2", "`head-epochs` is not a key. It belongs under `pretraining:`."),
        ("data: {train: x}\npretraining: {mask: 1}", "`pretraining.mask`: Input should be less than 1"),
        ("data: {train: x}\nmethod: [full]", "`method`: it must hold keys of its own"),
        ("data: {train: x}\nmethod: {layer-decy: 1}", "`method.layer-decy` is not a key"),
        ("data: {train: x}\nseed: 4294967296", "`seed`: Input should be less than 4294967296"),
        ("data: {train: x}\nseed: [" + "1, " * 100 + "1]", "…)"),
        ("data: {train: x}\nevaluate: {minimum-gain: .nan}", "`evaluate.minimum-gain`: Input should be"),
    ],
)
def test_problems(text: str, problem: str, tmp_path: Path) -> None:
    assert problem in refusal(tmp_path, text).what
