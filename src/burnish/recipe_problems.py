"""Read a recipe file, and turn what is wrong with it into one readable message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError

from burnish.data.source import from_folder
from burnish.errors import UserError, did_you_mean
from burnish.models.catalogue import catalogue
from burnish.section import kebab, section_of

FILE_KEYS = (  # they name sources, and a folder
    ("data", "train"),
    ("data", "test"),
    ("data", "replay"),
    ("pretraining", "data"),
    ("training", "warm-start"),
)
_LONGEST_SHOWN = 60
_WHERE_KEYS_ARE = (
    "Every key is in the documentation (docs/recipe.md). "
    "`burnish methods` lists the settings of every method, `burnish run --help` the keys that are options."
)


class _Loader(yaml.SafeLoader):
    """YAML that reads only true and false as such (labels may be called yes, no, on, off) and has no aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: a few lines of them can stand for more keys than any memory holds."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not allowed here", mark)
        return super().compose_node(parent, index)


_BOOLEAN = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile("^(true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def read_recipe_file(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """Read YAML without running anything.

    Returns:
        The values, with data files and folders of models found from the recipe's folder, and the line of every dotted
        key.

    Raises:
        UserError: The file is missing, is not YAML, or is not a mapping.
    """
    values, lines = _parse(_read(path), path)
    if not isinstance(values, dict):
        raise UserError(
            "the recipe holds no keys", where=str(path), fix="Write at least `data: {train: FILE, label: COLUMN}`."
        )
    for name, key in FILE_KEYS:
        section = values.get(name)
        if isinstance(section, dict) and isinstance(section.get(key), str):
            section[key] = from_folder(section[key], path.parent)
    augment = values.get("augment")
    for within, key in ((values, "model"), (augment if isinstance(augment, dict) else {}, "masked-model")):
        if isinstance(model := within.get(key), str) and (folder := _model_folder(model, path.parent)):
            within[key] = folder
    return values, lines


def _model_folder(model: str, folder: Path) -> str:
    """The folder of a model that a recipe in a folder names; "" where it is a name of the catalogue or the Hub."""
    place = from_folder(model, folder) if model and model not in catalogue() else ""
    return place if place and Path(place).is_dir() else ""


def read_value(text: str) -> Any:
    """One value as a recipe would read it: 3, 0.1, true, a word, [a, list].

    Raises:
        UserError: It is not YAML.
    """
    return _parse(text, Path("--set"))[0]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise UserError("the recipe does not exist", where=str(path), fix="Check the path.") from None
    except OSError as error:
        raise UserError(
            f"the recipe cannot be read: {error.strerror}", where=str(path), fix="Check the path and its permissions."
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(f"the recipe is not UTF-8: {error}", where=str(path), fix="Save it as UTF-8.") from None


def _parse(text: str, path: Path) -> tuple[Any, dict[str, int]]:
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines = _lines(node, "", path)
        return None if node is None else loader.construct_document(node), lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise UserError(
            f"the recipe is not YAML: {problem}", where=place, fix="Check quotes and indents (blanks, no tabs)."
        ) from None
    except (RecursionError, ValueError) as error:  # nested without end; a date that is none
        raise UserError(f"the recipe is not YAML: {error}", where=str(path), fix="Check it.") from None


def _lines(node: Any, prefix: str, path: Path) -> dict[str, int]:
    """The line of every dotted key. A key that is given twice is refused: YAML would silently take the last."""
    lines: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name, line = f"{prefix}{key.value}", key.start_mark.line + 1
            if name in lines:
                raise UserError(
                    f"`{name}` is given twice, on lines {lines[name]} and {line}",
                    where=f"{path}:{line}",
                    fix="Keep one of them.",
                )
            lines[name] = line
            lines |= _lines(value, f"{name}.", path)
    return lines


class Problem(NamedTuple):
    """Something wrong with a recipe, and the line where it stands; 0 where that is not known."""

    line: int
    text: str


def problems_as_error(problems: Sequence[Problem], origin: str) -> UserError:
    """Every problem of a recipe as one UserError, in the order of their lines."""
    told = [f"line {line}: {text}" if line else text for line, text in sorted(problems)]
    what = told[0] if len(told) == 1 else f"{len(told)} problems:\n    - " + "\n    - ".join(told)
    return UserError(what, where=origin, fix=_WHERE_KEYS_ARE)


def problems_of(
    error: ValidationError, model: type[BaseModel], lines: Mapping[str, int], *, section: str = ""
) -> list[Problem]:
    """Every problem of a validation.

    Args:
        error: What pydantic found.
        model: The model that was validated; its fields are what misspelt keys are compared with.
        lines: The line of every dotted key, where it is known.
        section: The recipe's section that the model describes, "" for the whole recipe.
    """
    return [_problem(entry, model, lines, f"{section}." if section else "") for entry in error.errors()]


def not_a_key(key: str, suggestion: str) -> str:
    """What is said of a key that does not exist."""
    return f"`{key}` is not a key. {suggestion}"


def _problem(entry: Any, model: type[BaseModel], lines: Mapping[str, int], prefix: str) -> Problem:
    hidden = {"columns", "[key]"}  # roles stand directly under `data`
    location = [str(part) for part in entry["loc"] if str(part) not in hidden]
    key = prefix + ".".join(location)
    return Problem(lines.get(key, 0), _sentence(entry, key or "recipe", location, model))


def _sentence(entry: Any, key: str, location: list[str], model: type[BaseModel]) -> str:
    if entry["type"] == "extra_forbidden":
        return not_a_key(key, _suggestion(location, model))
    if entry["type"] == "missing":
        return f"`{key}` is missing"
    message, value = entry["msg"].removeprefix("Value error, "), entry["input"]
    if entry["type"] == "model_type":
        message = "it must hold keys of its own: " + ", ".join(_keys(_section(model, location)))
    shown = repr(value)
    if isinstance(value, Mapping | BaseModel) or shown in message:
        return f"`{key}`: {message}"
    return f"`{key}`: {message} (it is {shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + '…'})"


def _suggestion(location: list[str], model: type[BaseModel]) -> str:
    """The key that was probably meant, or the section in which the key would be right."""
    word = location[-1]
    for name, field in model.model_fields.items():
        if word in _keys(section_of(field.annotation)):
            return f"It belongs under `{kebab(name)}:`."
    return did_you_mean(word, _keys(_section(model, location[:-1])))


def _section(model: type[BaseModel] | None, path: Sequence[str]) -> type[BaseModel] | None:
    """The model of the section at `path`, or None where there is none."""
    for part in path:
        field = next((f for name, f in model.model_fields.items() if kebab(name) == part), None) if model else None
        model = section_of(field.annotation) if field else None
    return model


def _keys(section: type[BaseModel] | None) -> list[str]:
    """The keys that a section may have."""
    keys = [kebab(name) for name in section.model_fields] if section else []
    if "columns" in keys:
        from burnish.catalog import tasks

        keys.remove("columns")
        keys += sorted({column.role for task in tasks().values() for column in task.columns})
    return keys
