"""The recipe: the one file a user writes. Parsed, checked, and completed with everything it leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from burnish.augmenting.rows import require_fitting
from burnish.augmenting.settings import AugmentSettings
from burnish.catalog import get_method, get_metric, get_task, methods, tasks
from burnish.checks.check import Policy
from burnish.checks.settings import policies_problem
from burnish.contracts import Task
from burnish.data.columns import check_named_columns, looks_like_labels, told_columns
from burnish.data.profile import ColumnProfile, cell_text, profile_table
from burnish.data.read import read_table
from burnish.data.source import SourceKey, source_name, to_folder
from burnish.data.split import SplitSettings
from burnish.errors import UserError, did_you_mean
from burnish.fitting_task import fitting_task, role_option
from burnish.method_choice import Choice, choose_method
from burnish.method_contract import Method
from burnish.models.catalogue import catalogue
from burnish.models.weights import weights_in
from burnish.pretraining_settings import PretrainingSettings
from burnish.recipe_problems import FILE_KEYS, Problem, not_a_key, problems_as_error, problems_of
from burnish.run_folder import write_text
from burnish.section import Section, kebab
from burnish.sweep_settings import SweepSettings
from burnish.training.settings import TrainingSettings

AUTO = "auto"


class DataSettings(Section):
    """Where the rows are, and which columns play which role; roles (`text`, `label`) are keys of their own."""

    train: SourceKey = Field(description="The source of the rows; split into three parts unless `test` is given.")
    test: SourceKey | None = Field(None, description="A source of rows that only the final score sees.")
    replay: SourceKey | None = Field(
        None, description="A source of general rows to mix into training, against forgetting."
    )
    encoding: str = Field("", description="The files' encoding; empty: the byte order mark's, or UTF-8.")
    delimiter: str = Field("", description="The character between fields; empty: found out.")
    longest: int = Field(0, ge=0, description="Most tokens of an input; 0: the model's own limit, at most 512.")
    label_names: Literal["auto", "never"] = Field(
        "auto", description="`auto`: names of labels are rows to learn from, where that helps on validation rows."
    )
    prompt: str = Field("", description="What a chat model is told before every conversation (its system message).")
    descriptions: dict[str, str] = Field(default_factory=dict, description="Words that describe a label.")
    group: str = Field("", description="A column (`customer`) whose values never stand in two parts of the split.")
    time: str = Field("", description="A column of dates: train on earlier rows than those that choose and test.")
    audit: tuple[str, ...] = Field((), description="Columns whose groups (`gender`) are checked for few rows.")
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

    def carried(self) -> dict[str, str]:
        """Columns that play no role in the task and travel with every row: the column's name by the key in rows."""
        return {key: name for key, name in (("group", self.group), ("time", self.time)) if name}


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
    minimum_gain: float = Field(
        0.02,
        ge=0,
        description="Least gain over the best baseline that is worth it; for errors (RMSE), a share of the baseline's.",
    )
    folds: int = Field(
        1, ge=1, le=1000, description="Above 1: test every row in turn, in so many folds; 1: one sealed test set."
    )
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
    checks: dict[str, Policy] = Field(
        default_factory=dict, description="What is done about a finding, by the check's name (docs/checks.md)."
    )
    method: MethodChoice = Field(default_factory=MethodChoice, description="How weights change.")
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    augment: AugmentSettings | None = None
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

    @field_validator("checks", mode="before")
    @classmethod
    def _known_checks(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and (problem := policies_problem(values)):
            raise ValueError(problem)
        return values

    @model_validator(mode="after")
    def _metric_of_task(self) -> Recipe:
        if AUTO not in (self.task, self.evaluate.metric):
            _as_value_error(get_metric, get_task(self.task), self.evaluate.metric)
        return self

    @model_validator(mode="after")
    def _split_can_be_made(self) -> Recipe:
        if self.data.time and (reason := self._why_not_by_time()):
            raise ValueError(f"`data.time` {reason}")
        return self

    def _why_not_by_time(self) -> str:
        """What else the recipe asks of the split that cannot be had together with the order of time, or ""."""
        if self.data.group:
            return (
                "and `data.group` ask for two things at once: a group has rows before and after any date. Leave one "
                "out; with `data.time` alone, rows of a group may be in several parts"
            )
        if self.split.fold or self.evaluate.folds > 1:
            return (
                "and folds exclude each other: most folds would be answered by what was learned from later rows. "
                "Leave the column out, or test the last rows once with `evaluate.folds: 1`"
            )
        if self.split.near_duplicates == "together":
            return (
                "and `split.near-duplicates: together` exclude each other: what is almost the same may stand before "
                "and after any date. Leave one out"
            )
        return ""

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
    named = {**recipe.data.columns, **recipe.data.carried()}
    check_named_columns(named, table)
    candidates = [get_task(recipe.task)] if recipe.task != AUTO else list(tasks().values())
    profiles = profile_table(table)
    read = f"read {len(table)} rows from {source_name(recipe.data.train)} ({table.format})"
    said = [f"{read}, columns: {told_columns(profiles)}"]
    task, columns, passed_over = fitting_task(candidates, named, profiles, str(recipe.data.train))
    require_fitting(task.columns, recipe.augment)
    _require_talk(task, recipe.data)
    if recipe.evaluate.metric != AUTO:
        get_metric(task, recipe.evaluate.metric)
    if recipe.task == AUTO:
        since = f", since the values do not suit {passed_over}" if passed_over else ""
        said.append(f"task: {task.name} (inferred{since}; `task:` or --task overrides)")
    for role, name in columns.items():
        if role not in named:
            said.append(f"{role}: column {name!r} (inferred; `{role}:` under `data:` or {role_option(role)} overrides)")
    model = recipe.model
    if model == AUTO:
        model = default_model(task)
        said.append(f"model: {model} (the default for {task.name}; `model:` or --model overrides)")
    method = recipe.method
    if method.name == AUTO:
        choice = _chosen_method(task, columns, profiles, len(table), model)
        method = method.model_copy(update={"name": choice.name})
        said.append(f"method: {choice.name} ({choice.reason}; `method:` or --method overrides)")
    data = recipe.data.model_copy(
        update={"columns": {c.role: columns[c.role] for c in task.columns if c.role in columns}}
    )
    completed = {"task": task.name, "model": model, "data": data, "method": method}
    return recipe.model_copy(update={**completed, "training": _with_defaults(recipe.training, method)}), said


def _require_talk(task: Task, data: DataSettings) -> None:
    """Refuse a prompt for a task that holds no conversations.

    Raises:
        UserError: It says so.
    """
    if data.prompt and not any(column.kind == "messages" for column in task.columns):
        raise UserError(
            f"{task.name} talks to no model, so there is nobody to be told a prompt",
            where="data.prompt",
            fix="Leave it out.",
        )


def _chosen_method(
    task: Task, columns: Mapping[str, str], profiles: Sequence[ColumnProfile], rows: int, model: str
) -> Choice:
    """The method that suits the rows and the model, where its size is known before it is fetched."""
    targets = {columns[column.role] for column in task.columns if column.target}
    classes = [profile.distinct for profile in profiles if profile.name in targets and looks_like_labels(profile)]
    if task.usual_method:
        return Choice(name=task.usual_method, reason=f"the usual for {task.name}")
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


def _as_value_error(function: Any, *arguments: Any) -> None:
    """Call a look-up, turning its UserError into the ValueError that pydantic gathers."""
    try:
        function(*arguments)
    except UserError as error:
        raise ValueError(f"{error.what}. {error.fix}") from None
