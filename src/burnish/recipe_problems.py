"""Read a recipe file, and turn what is wrong with it into one readable message."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from burnish.errors import UserError, did_you_mean
from burnish.section import kebab


def read_recipe_file(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """Read YAML without running anything.

    Returns:
        The values with paths under `data` made relative to the recipe's folder, and the line of every dotted key.

    Raises:
        UserError: The file is missing, is not YAML, or is not a mapping.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise UserError("the recipe does not exist", where=str(path), fix="Check the path.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"the recipe is not UTF-8: {error}", where=str(path), fix="Save it as UTF-8.") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or str(error)
        raise UserError(f"the recipe is not YAML: {problem}", where=place, fix="Check quotes and indents.") from None
    if not isinstance(values, dict):
        raise UserError(
            "the recipe holds no keys", where=str(path), fix="Write at least `data: {train: FILE, label: COLUMN}`."
        )
    if isinstance(data := values.get("data"), dict):
        for key in ("train", "test"):
            if isinstance(data.get(key), str):
                data[key] = str(path.parent / Path(data[key]).expanduser())
    return values, _lines(node, "")


def _lines(node: Any, prefix: str) -> dict[str, int]:
    import yaml

    lines: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = f"{prefix}{key.value}"
            lines[name] = key.start_mark.line + 1
            lines |= _lines(value, f"{name}.")
    return lines


def problems_as_error(
    error: ValidationError, model: type[BaseModel], origin: str, lines: Mapping[str, int] | None = None
) -> UserError:
    """Every problem of a validation as one UserError, a line each.

    Args:
        error: What pydantic found.
        model: The model that was validated; its fields are what misspelt keys are compared with.
        origin: The file or command.
        lines: The line of every dotted key.
    """
    problems = [_problem(entry, model, lines or {}) for entry in error.errors()]
    count = len(problems)
    what = problems[0] if count == 1 else f"{count} problems:\n    - " + "\n    - ".join(problems)
    return UserError(what, where=origin, fix="`burnish run --help` and the docs' recipe page list every key.")


def _problem(entry: Any, model: type[BaseModel], lines: Mapping[str, int]) -> str:
    location = [str(part) for part in entry["loc"] if not str(part).startswith("function-")]
    key = ".".join(location)
    line = f"line {lines[key]}: " if key in lines else ""
    if entry["type"] == "extra_forbidden":
        return f"{line}`{key}` is not a key. {did_you_mean(location[-1], _keys(model, location[:-1]))}"
    if entry["type"] == "missing":
        return f"`{key}` is missing"
    message = entry["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(entry["input"], Mapping | BaseModel) else f" (it is {entry['input']!r})"
    return f"{line}`{key or 'recipe'}`: {message}{shown}"


def _keys(model: type[BaseModel], path: list[str]) -> list[str]:
    """The keys that the section at `path` may have."""
    for part in path:
        field = next((f for name, f in model.model_fields.items() if kebab(name) == part), None)
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            return []
        model = field.annotation
    keys = [kebab(name) for name in model.model_fields]
    if "columns" in keys:
        from burnish.catalog import tasks

        keys.remove("columns")
        keys += sorted({column.role for task in tasks().values() for column in task.columns})
    return keys
