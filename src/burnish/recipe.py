"""The recipe: the one file a user writes. Parsed, checked, and completed with everything it leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from burnish.catalog import get_method, get_metric, get_task, methods, tasks
from burnish.contracts import Method, Task
from burnish.data.columns import check_named_columns, guess_columns, looks_like_labels
from burnish.data.profile import ColumnProfile, cell_text, profile_table
from burnish.data.read import read_table
from burnish.data.split import SplitSettings
from burnish.errors import UserError, did_you_mean
from burnish.method_choice import Choice, choose_method
from burnish.models.catalogue import catalogue
from burnish.models.weights import weights_in
from burnish.pretraining_settings import PretrainingSettings
from burnish.recipe_problems import FILE_KEYS, Problem, not_a_key, problems_as_error, problems_of, to_folder
from burnish.run_folder import write_text
from burnish.section import Section, kebab
from burnish.sweep_settings import SweepSettings
from burnish.training.settings import TrainingSettings

AUTO = "auto"
ROLE_OPTIONS = frozenset({"text", "label"})  # roles that the command line has an option for; a test compares


class DataSettings(Section):
    """Where the rows are, and which columns play which role; roles (`text`, `label`) are keys of their own."""

    train: Path = Field(description="The file with the rows; split into three parts unless `test` is given.")
    test: Path | None = Field(None, description="A file of rows that only the final score sees.")
    replay: Path | None = Field(None, description="A file of general rows to mix into training, against forgetting.")
    encoding: str = Field("", description="The files' encoding; empty: the byte order mark's, or UTF-8.")
    delimiter: str = Field("", description="The character between fields; empty: found out.")
    longest: int = Field(0, ge=0, description="Most tokens of an input; 0: the model's own limit, at most 512.")
    label_names: Literal["auto", "never"] = Field(
        "auto", description="`auto`: names of labels are rows to learn from, where that helps on validation rows."
    )
    descriptions: dict[str, str] = Field(default_factory=dict, description="Words that describe a label.")
    columns: dict[str, str] = Field(default_factory=dict, description="Column by role.")

    @model_validator(mode="before")
    @classmethod
    def _roles_are_keys(cls, values: Any) -> Any:
        """Gather roles of any task (`text: review`) under `columns`."""
        if not isinstance(values, Mapping):
            return values
        roles = {column.role for task in tasks().values() for column in task.columns}
        named = {key: value for key, value in values.items() if key in roles}
        rest = {key: value for key, value in values.items() if key not in roles}
        columns = rest.get("columns", {})
        return {**rest, "columns": {**columns, **named}} if named and isinstance(columns, Mapping) else values

    @field_validator("descriptions", mode="before")
    @classmethod
    def _labels_as_read(cls, values: Any) -> Any:
        """Labels that YAML takes for numbers or truth values, as they are read from the data."""
        return {cell_text(label): text for label, text in values.items()} if isinstance(values, Mapping) else values


def spelled_out(section: str, value: Any) -> Any:
    """What a recipe says of a section, as keys: `method: full` stands for `method: {name: full}`."""
    return {"name": value} if section == "method" and isinstance(value, str) else value


class MethodChoice(Section):
    """A method by name, with its own settings."""

    name: str = AUTO
    settings: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _word_or_mapping(cls, value: Any) -> Any:
        """`full`, or `{name: full, layer-decay: 0.9}`."""
        value = spelled_out("method", value)
        if isinstance(value, Mapping) and "settings" not in value:
            settings = {key: setting for key, setting in value.items() if key != "name"}
            return {**({"name": value["name"]} if "name" in value else {}), "settings": settings}
        return value

    @field_validator("name")
    @classmethod
    def _known_method(cls, name: str) -> str:
        if name != AUTO:
            _as_value_error(get_method, name)
        return name

    def method(self) -> Method:
        """The method itself."""
        return get_method(self.name)

    def parsed(self) -> BaseModel:
        """The method's settings, checked and with defaults.

        Raises:
            UserError: They are not this method's; `parse_recipe` has seen to it already.
        """
        settings = self.method().settings
        try:
            return settings.model_validate(self.settings)
        except ValidationError as error:
            raise problems_as_error(problems_of(error, settings, {}, section="method"), "method") from None


class EvaluateSettings(Section):
    """What decides the verdict."""

    metric: str = Field(AUTO, description="The metric that decides; `auto`: the task's choice for these labels.")
    minimum_gain: float = Field(0.02, ge=0, description="Least gain over the best baseline that is worth it.")
    folds: int = Field(1, ge=1, le=1000, description="Folds of `burnish cross-validate`; 1: one sealed test set.")
    repeats: int = Field(1, ge=1, le=1000, description="How often the folds are drawn anew and tested.")

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, name: str) -> str:
        known = {metric.name for task in tasks().values() for metric in task.metrics}
        if name not in {AUTO, *known}:
            raise ValueError(f"there is no metric {name!r}. {did_you_mean(name, sorted(known))}")
        return name


class CostSettings(Section):
    """What computing costs."""

    price_per_hour: float | None = Field(None, ge=0, description="Price of this machine; default: a price table.")
    currency: str = Field("USD", description="Currency of the price.")


class Recipe(Section):
    """Everything a run is told. Every key but `data` has a default."""

    task: str = Field(AUTO, description="What the specialist does; `auto`: inferred from the columns.")
    model: str = Field(AUTO, description="A catalogue name, a Hub id or a folder; `auto`: the task's default.")
    data: DataSettings
    method: MethodChoice = Field(default_factory=MethodChoice, description="How weights change.")
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    pretraining: PretrainingSettings | None = None
    split: SplitSettings = Field(default_factory=SplitSettings)
    evaluate: EvaluateSettings = Field(default_factory=EvaluateSettings)
    cost: CostSettings = Field(default_factory=CostSettings)
    sweep: SweepSettings = Field(default_factory=SweepSettings)
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of every random choice.")

    @field_validator("task")
    @classmethod
    def _known_task(cls, name: str) -> str:
        if name != AUTO:
            _as_value_error(get_task, name)
        return name

    @model_validator(mode="after")
    def _metric_of_task(self) -> Recipe:
        if AUTO not in (self.task, self.evaluate.metric):
            _as_value_error(get_metric, get_task(self.task), self.evaluate.metric)
        return self

    def as_dict(self) -> dict[str, Any]:
        """The recipe as a user would write it, with every key."""
        values: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        values["data"] |= values["data"].pop("columns")
        choice, left_open = self.method, self.method.name == AUTO
        settings = choice.settings if left_open else choice.parsed().model_dump(mode="json", by_alias=True)
        values["method"] = {"name": choice.name, **settings}
        return values

    def write(self, path: Path) -> None:
        """Write the recipe as YAML, atomically, with paths as seen from its folder."""
        import yaml

        values = self.as_dict()
        for name, key in FILE_KEYS:
            if (section := values[name]) is not None and section[key] is not None:
                section[key] = to_folder(section[key], path.parent)
        if self.model not in catalogue() and Path(self.model).is_dir():
            values["model"] = to_folder(self.model, path.parent)
        write_text(path, yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


def parse_recipe(values: Mapping[str, Any], origin: str, lines: Mapping[str, int] | None = None) -> Recipe:
    """Check a recipe's values.

    Args:
        values: The recipe as nested mappings.
        origin: The file or command it comes from, for messages.
        lines: The line of every dotted key, where it comes from a file.

    Raises:
        UserError: Names every problem at once, each with its key and the nearest valid one.
    """
    known_lines = lines or {}
    problems: list[Problem] = []
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        problems = problems_of(error, Recipe, known_lines)
    problems += _method_problems(values.get("method", {}), known_lines)
    if problems:
        raise problems_as_error(problems, origin)
    return recipe


def _method_problems(value: Any, lines: Mapping[str, int]) -> list[Problem]:
    """What is wrong with the settings of a method that exists; all else about it is found with the recipe."""
    try:
        choice = MethodChoice.model_validate(value)
    except ValidationError:
        return []
    if choice.name == AUTO:
        known = sorted({kebab(name) for method in methods().values() for name in method.settings.model_fields})
        unknown = {f"method.{key}": key for key in choice.settings if kebab(key) not in known}
        return [
            Problem(lines.get(place, 0), not_a_key(place, did_you_mean(key, known))) for place, key in unknown.items()
        ]
    settings = choice.method().settings
    try:
        settings.model_validate(choice.settings)
    except ValidationError as error:
        return problems_of(error, settings, lines, section="method")
    return []


def complete_recipe(recipe: Recipe) -> tuple[Recipe, list[str]]:
    """Fill in what a recipe leaves open by looking at the data: task, columns, model.

    Returns:
        The completed recipe, and sentences that say what was inferred and how to override it.

    Raises:
        UserError: The data cannot be read, a named column does not exist, or the columns fit no task.
    """
    table = read_table(recipe.data.train, encoding=recipe.data.encoding, delimiter=recipe.data.delimiter)
    check_named_columns(recipe.data.columns, table)
    said = [f"read {len(table)} rows from {recipe.data.train.name} ({table.format})"]
    candidates = [get_task(recipe.task)] if recipe.task != AUTO else list(tasks().values())
    profiles = profile_table(table)
    for task in candidates:
        columns = guess_columns(task.columns, recipe.data.columns, profiles)
        if all(column.role in columns for column in task.columns):
            break
    else:
        raise _no_column(candidates[0], columns, recipe, profiles)
    if recipe.evaluate.metric != AUTO:
        get_metric(task, recipe.evaluate.metric)
    if recipe.task == AUTO:
        said.append(f"task: {task.name} (inferred; `task:` or --task overrides)")
    for role, name in columns.items():
        if role not in recipe.data.columns:
            said.append(f"{role}: column {name!r} (inferred; `{role}:` under `data:` or {_option(role)} overrides)")
    model = recipe.model
    if model == AUTO:
        model = default_model(task)
        said.append(f"model: {model} (the default for {task.name}; `model:` or --model overrides)")
    method = recipe.method
    if method.name == AUTO:
        choice = _chosen_method(task, columns, profiles, len(table), model)
        method = method.model_copy(update={"name": choice.name})
        said.append(f"method: {choice.name} ({choice.reason}; `method:` or --method overrides)")
    data = recipe.data.model_copy(update={"columns": {column.role: columns[column.role] for column in task.columns}})
    completed = {"task": task.name, "model": model, "data": data, "method": method}
    return recipe.model_copy(update={**completed, "training": _with_defaults(recipe.training, method)}), said


def _chosen_method(
    task: Task, columns: Mapping[str, str], profiles: Sequence[ColumnProfile], rows: int, model: str
) -> Choice:
    """The method that suits the rows and the model, where its size is known before it is fetched."""
    targets = {columns[column.role] for column in task.columns if column.target}
    classes = [profile.distinct for profile in profiles if profile.name in targets and looks_like_labels(profile)]
    entry = catalogue().get(model)
    parameters = entry.parameters if entry else weights_in(Path(model))
    return choose_method(rows=rows, classes=max(classes, default=0), parameters=parameters)


def _with_defaults(training: TrainingSettings, method: MethodChoice) -> TrainingSettings:
    """Training settings with the method's own defaults for what the user left open."""
    open_keys = {key: v for key, v in method.method().defaults.items() if key not in training.model_fields_set}
    return training.model_copy(update=open_keys)


def default_model(task: Task) -> str:
    """The first model of the catalogue that the task may start from.

    Raises:
        UserError: The catalogue has none; the recipe must name one.
    """
    fitting = (name for name, entry in catalogue().items() if task.name in entry.tasks)
    if name := next(fitting, ""):
        return name
    raise UserError(f"no model is known for {task.name}", where="model", fix="Name a Hub id or a folder with `model:`.")


def _no_column(task: Task, found: Mapping[str, str], recipe: Recipe, profiles: Sequence[ColumnProfile]) -> UserError:
    missing = next(column for column in task.columns if column.role not in found)
    free = [profile for profile in profiles if profile.name not in recipe.data.columns.values()]
    fitting = [profile.name for profile in free if missing.target and looks_like_labels(profile)]
    if len(fitting) > 1:
        what = f"more than one column looks like {missing.summary} (`{missing.role}`): {', '.join(fitting)}"
    else:
        what = f"no column looks like {missing.summary} (`{missing.role}`)"
    return UserError(
        what,
        where=str(recipe.data.train),
        fix=f"Name it with {_option(missing.role)}, or `{missing.role}:` under `data:`. "
        f"The columns are: {', '.join(profile.name for profile in profiles)}.",
    )


def _option(role: str) -> str:
    """How the command line names the column of a role."""
    return f"--{role} COLUMN" if role in ROLE_OPTIONS else f"--set data.{role}=COLUMN"


def _as_value_error(function: Any, *arguments: Any) -> None:
    """Call a look-up, turning its UserError into the ValueError that pydantic gathers."""
    try:
        function(*arguments)
    except UserError as error:
        raise ValueError(f"{error.what}. {error.fix}") from None
