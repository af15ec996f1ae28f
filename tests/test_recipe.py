"""Recipes: parsed, written, read again, and completed from the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from burnish.catalog import get_method
from burnish.errors import UserError
from burnish.method_choice import choose_method
from burnish.recipe import AUTO, MethodChoice, Recipe, complete_recipe, default_model, parse_recipe
from burnish.recipe_problems import read_recipe_file
from tests.making import review_rows, write_csv

FULL = {"name": "full", **get_method("full").settings().model_dump(by_alias=True)}


def parsed(**values: Any) -> Recipe:
    return parse_recipe({"data": {"train": "x.csv"}, **values}, "here")


def test_everything_but_the_data_has_a_default() -> None:
    recipe = parsed()
    assert (recipe.task, recipe.model, recipe.seed) == (AUTO, AUTO, 0)
    assert recipe.method.name == AUTO
    assert recipe.data.train == Path("x.csv")
    assert recipe.data.columns == {}


def test_roles_are_keys_of_data() -> None:
    recipe = parse_recipe({"data": {"train": "x.csv", "text": "review", "label": "my label"}}, "here")
    assert recipe.data.columns == {"text": "review", "label": "my label"}
    assert recipe.as_dict()["data"]["text"] == "review"
    assert "columns" not in recipe.as_dict()["data"]
    both = parse_recipe({"data": {"train": "x.csv", "columns": {"text": "a"}, "label": "b"}}, "here")
    assert both.data.columns == {"text": "a", "label": "b"}


@pytest.mark.parametrize("method", ["full", {"name": "full"}, {"name": "full", "settings": {}}])
def test_ways_to_name_a_method(method: Any) -> None:
    assert parsed(method=method).as_dict()["method"] == FULL


@pytest.mark.parametrize("method", ["auto", {}, {"layer-decay": 0.9}])
def test_a_method_that_is_left_open_keeps_its_settings(method: Any) -> None:
    given = method if isinstance(method, dict) else {}
    assert parsed(method=method).as_dict()["method"] == {"name": AUTO, **given}


def test_settings_of_a_method() -> None:
    recipe = parsed(method={"name": "full", "layer-decay": 0.9})
    assert recipe.as_dict()["method"] == {**FULL, "layer-decay": 0.9}
    with pytest.raises(UserError, match=r"`method\.layer-decy` is not a key\. Did you mean 'layer-decay'\?"):
        MethodChoice(name="full", settings={"layer-decy": 1}).parsed()


def test_descriptions_of_labels_that_are_numbers_or_truth_values() -> None:
    data = {"train": "x.csv", "descriptions": {True: "it is", 2.5: "x", 5: "z", "plain": "y"}}
    recipe = parse_recipe({"data": data}, "here")
    assert recipe.data.descriptions == {"true": "it is", "2.5": "x", "5": "z", "plain": "y"}


def test_a_metric_of_the_task() -> None:
    assert parsed(evaluate={"metric": "macro-f1"}).evaluate.metric == "macro-f1"
    assert parsed(task="text-classification", evaluate={"metric": "macro-f1"}).task == "text-classification"
    with pytest.raises(UserError, match="no metric 'macro-f2'"):
        parsed(evaluate={"metric": "macro-f2"})


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        parsed().seed = 5  # type: ignore[misc]


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=10)
LABELS = NAMES.map(str.strip).filter(bool)  # as they are read from the data
FRACTION = st.floats(0, 1, exclude_min=True, exclude_max=True)
RECIPES = st.fixed_dictionaries(
    {
        "data": st.fixed_dictionaries(
            {"train": NAMES.map(lambda name: name.replace("/", "-") + ".csv")},
            optional={
                "text": NAMES,
                "label": NAMES,
                "longest": st.integers(0, 512),
                "encoding": st.sampled_from(["", "cp1252"]),
                "delimiter": st.sampled_from(["", ";", "\t"]),
                "descriptions": st.dictionaries(
                    st.one_of(LABELS, st.sampled_from(["yes", "no", "1", "1e3", "~"])), NAMES
                ),
            },
        )
    },
    optional={
        "task": st.sampled_from(["auto", "text-classification"]),
        "model": st.sampled_from(["auto", "minilm", "someone/model"]),
        "method": st.one_of(st.just("full"), st.builds(lambda x: {"name": "full", "layer-decay": x}, FRACTION)),
        "training": st.fixed_dictionaries(
            {}, optional={"epochs": st.integers(1, 50), "learning-rate": FRACTION, "schedule": st.just("cosine")}
        ),
        "pretraining": st.one_of(st.none(), st.builds(lambda share: {"mask": share, "data": None}, FRACTION)),
        "evaluate": st.builds(lambda gain: {"minimum-gain": gain, "metric": "macro-f1"}, FRACTION),
        "cost": st.builds(lambda price: {"price-per-hour": price}, st.one_of(st.none(), FRACTION)),
        "seed": st.integers(0, 2**32 - 1),
    },
)


@given(values=RECIPES)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_recipe_comes_back_from_its_dict_and_from_its_file(values: dict[str, Any], tmp_path: Path) -> None:
    recipe = parse_recipe(values, "here")
    written = recipe.as_dict()
    assert parse_recipe(written, "here").as_dict() == written
    for section, given_values in values.items():
        if isinstance(given_values, dict):
            assert {key: written[section][key] for key in given_values} == given_values
        else:
            assert written[section] == (given_values if section != "method" else FULL)
    recipe.write(tmp_path / "recipe.yaml")
    again, lines = read_recipe_file(tmp_path / "recipe.yaml")
    assert "training.learning-rate" in lines
    again["data"]["train"] = written["data"]["train"]
    assert parse_recipe(again, "there").as_dict() == written


@pytest.mark.parametrize("runs", ["runs/x", "x", "/"])
def test_a_recipe_in_its_run_folder_finds_its_data_and_model(
    runs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recipe that a run writes can be run itself: from here, and from the folder where it is."""
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()
    Path("rows.csv").write_text("x")
    folder = Path("runs/x") if runs == "/" else Path(runs)
    train = tmp_path / "rows.csv" if runs == "/" else Path("rows.csv")
    data = {"train": str(train), "test": str(train)}
    recipe = parse_recipe({"data": data, "model": "mine", "pretraining": {"data": str(train)}}, "here")
    recipe.write(folder / "recipe.yaml")
    values, lines = read_recipe_file(folder / "recipe.yaml")
    assert parse_recipe(values, "there", lines).as_dict() == recipe.as_dict()
    monkeypatch.chdir(folder)
    values, _ = read_recipe_file(Path("recipe.yaml"))
    assert Path(values["data"]["train"]).read_text() == "x"
    assert Path(values["data"]["test"]).read_text() == "x"
    assert Path(values["pretraining"]["data"]).read_text() == "x"
    assert Path(values["model"]).is_dir()


def complete(path: Path, **data: str) -> tuple[Recipe, list[str]]:
    return complete_recipe(parse_recipe({"data": {"train": str(path), **data}}, "here"))


def refusal(path: Path, **data: str) -> UserError:
    with pytest.raises(UserError) as caught:
        complete(path, **data)
    assert caught.value.fix
    return caught.value


def table(folder: Path, header: Sequence[str], *columns: Sequence[str]) -> Path:
    return write_csv(folder / "rows.csv", list(zip(*columns, strict=True)), tuple(header))


TEXTS = [text for text, _ in review_rows(30)]
CLASSES = [label for _, label in review_rows(30)]
NUMBERS = [str(number) for number in range(30)]


def test_what_is_left_open_is_filled_in_and_said(tmp_path: Path) -> None:
    path = table(tmp_path, ("id", "wrote", "mood"), NUMBERS, TEXTS, CLASSES)
    recipe, said = complete(path)
    assert recipe.task == "text-classification"
    assert recipe.model == "minilm"
    assert recipe.data.columns == {"text": "wrote", "label": "mood"}
    choice = choose_method(rows=30, classes=3, parameters=0)
    assert said == [
        "read 30 rows from rows.csv (CSV, comma, utf-8), columns: id (whole numbers), wrote (text), mood (3 classes)",
        "task: text-classification (inferred; `task:` or --task overrides)",
        "label: column 'mood' (inferred; `label:` under `data:` or --label COLUMN overrides)",
        "text: column 'wrote' (inferred; `text:` under `data:` or --text COLUMN overrides)",
        "model: minilm (the default for text-classification; `model:` or --model overrides)",
        f"method: full ({choice.reason}; `method:` or --method overrides)",
    ]


def test_what_is_given_is_neither_changed_nor_said(tmp_path: Path) -> None:
    path = table(tmp_path, ("text", "label", "other"), TEXTS, CLASSES, CLASSES)
    values = {"task": "text-classification", "model": "me/mine", "seed": 5, "method": "full"}
    values["training"] = {"epochs": 2, "learning-rate": 0.1}
    given = parse_recipe({**values, "data": {"train": str(path), "text": "text", "label": "other"}}, "here")
    recipe, said = complete_recipe(given)
    assert recipe == given
    assert said == [
        "read 30 rows from rows.csv (CSV, comma, utf-8), columns: text (text), label (3 classes), other (3 classes)"
    ]


def test_completing_twice_changes_nothing(tmp_path: Path) -> None:
    recipe, _ = complete(table(tmp_path, ("text", "label"), TEXTS, CLASSES))
    again, said = complete_recipe(recipe)
    assert again == recipe
    assert len(said) == 1


def test_a_column_that_does_not_exist(tmp_path: Path) -> None:
    error = refusal(table(tmp_path, ("text", "label"), TEXTS, CLASSES), label="lable", text="txt")
    assert "`label: lable` is not a column. Did you mean 'label'?" in error.what
    assert "`text: txt` is not a column. Did you mean 'text'?" in error.what


def test_more_than_one_column_could_be_the_label(tmp_path: Path) -> None:
    error = refusal(table(tmp_path, ("words", "mood", "shop"), TEXTS, CLASSES, CLASSES))
    assert error.what == "more than one column looks like the label to predict (`label`): mood, shop"
    assert "--label COLUMN" in error.fix
    assert complete(tmp_path / "rows.csv", label="shop")[0].data.columns == {"text": "words", "label": "shop"}


def test_no_column_could_be_the_label(tmp_path: Path) -> None:
    error = refusal(table(tmp_path, ("words", "notes"), TEXTS, TEXTS[::-1]))
    assert error.what == "no column looks like the label to predict (`label`)"
    assert error.fix.endswith("The columns are: words, notes.")


def test_no_column_is_left_for_the_text(tmp_path: Path) -> None:
    error = refusal(table(tmp_path, ("label",), CLASSES))
    assert error.what == "no column looks like the text to read (`text`)"


def test_a_metric_is_checked_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the task is found out only now, its metrics are not those of all tasks."""
    path = table(tmp_path, ("text", "label"), TEXTS, CLASSES)
    recipe = parse_recipe({"data": {"train": str(path)}}, "here")
    elsewhere = recipe.model_copy(update={"evaluate": recipe.evaluate.model_copy(update={"metric": "word-error-rate"})})
    with pytest.raises(UserError, match="no metric 'word-error-rate'"):
        complete_recipe(elsewhere)


def test_the_default_model_is_one_for_the_task() -> None:
    from dataclasses import replace

    from burnish.catalog import get_task

    task = get_task("text-classification")
    assert default_model(task) == "minilm"
    with pytest.raises(UserError, match="no model is known for juggling"):
        default_model(replace(task, name="juggling"))
