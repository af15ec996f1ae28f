"""Write the parts of the documentation that only repeat what the code says: `python -m docs.generate`.

Such a part stands between the comments `<!-- generated: NAME -->` and `<!-- end -->`. A test fails where a page says
something else than the code does, so pages stay true and can still be read as they are, without being built.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

ROOT = Path(__file__).parent.parent
PART = re.compile(r"(<!-- generated: (?P<name>[^>]+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_WORDS = {"int": "whole number", "float": "number", "str": "text", "Path": "path", "bool": "true or false"}
_SIGNS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def pages() -> list[Path]:
    """The README and every page of the documentation."""
    built = ROOT / "docs" / "_build"
    return [ROOT / "README.md", *(path for path in sorted(ROOT.glob("docs/**/*.md")) if built not in path.parents)]


def renewed(text: str) -> str:
    """A page with its generated parts as the code has them now."""
    return PART.sub(lambda part: f"{part[1]}\n{generate(part['name']).strip()}\n\n{part[3]}", text)


def generate(name: str) -> str:
    """One part as Markdown.

    Args:
        name: A key of `PARTS`, or `file PATH` for a source file.
    """
    kind, _, argument = name.partition(" ")
    if kind == "file":
        return f"```python\n{(ROOT / argument).read_text(encoding='utf-8').strip()}\n```"
    return PARTS[name]()


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = list(headings)
    lines = [heads, ["---"] * len(heads), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in lines)


def code(text: object) -> str:
    """A piece of code in a line; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


# Recipe


def recipe() -> str:
    """Every key of a recipe, from the pydantic models that read it."""
    from burnish.recipe import Recipe

    fields = Recipe.model_fields
    plain = {name: field for name, field in fields.items() if not _section(field)}
    parts = ["## At the top\n", _keys(plain, "")]
    for name, field in fields.items():
        if (section := _section(field)) and name != "method":
            parts += [f"\n## `{_kebab(name)}`\n", f"{_first_line(section)}\n", _section_table(name, section)]
    return "\n".join(parts)


def method_keys() -> str:
    """The settings of every method."""
    from burnish.catalog import methods

    parts = []
    for method in methods().values():
        parts.append(f"### `{method.name}`\n\n{method.summary[0].upper()}{method.summary[1:]}.\n")
        parts.append(_keys(method.settings.model_fields, "method."))
    return "\n".join(parts)


@cache
def key_names() -> set[str]:
    """Every dotted key that a recipe may have, roles and method settings included."""
    from burnish.catalog import methods, tasks
    from burnish.recipe import Recipe

    names = {"method.name"}
    for name, field in Recipe.model_fields.items():
        names.add(_kebab(name))
        if (section := _section(field)) and name != "method":
            names |= {f"{_kebab(name)}.{_kebab(inner)}" for inner in section.model_fields}
    names |= {f"method.{_kebab(name)}" for method in methods().values() for name in method.settings.model_fields}
    names |= {f"data.{column.role}" for task in tasks().values() for column in task.columns}
    return names - {"data.columns"}  # roles stand directly under `data`


def _section_table(name: str, section: type[BaseModel]) -> str:
    from burnish.catalog import tasks

    fields = {key: field for key, field in section.model_fields.items() if key != "columns"}
    roles = [
        (code(f"{name}.{column.role}"), "column name", "found out", f"`{task.name}`: {column.summary}.")
        for task in tasks().values()
        for column in task.columns
    ]
    return _keys(fields, f"{_kebab(name)}.", roles if name == "data" else ())


def _keys(fields: dict[str, FieldInfo], prefix: str, more: Iterable[Iterable[str]] = ()) -> str:
    rows = [
        (code(f"{prefix}{_kebab(name)}"), _type(field), _default(field), field.description or "")
        for name, field in fields.items()
    ]
    return table(("key", "type", "default", "meaning"), [*rows, *more])


def _section(field: FieldInfo) -> type[BaseModel] | None:
    from burnish.section import section_of

    return section_of(field.annotation)


def _type(field: FieldInfo) -> str:
    limits = [f"{words} {getattr(limit, sign)}" for limit in field.metadata for sign, words in _limits(limit)]
    return ", ".join([_words(field.annotation), *limits])


def _limits(limit: Any) -> list[tuple[str, str]]:
    return [(sign, words) for sign, words in _SIGNS.items() if getattr(limit, sign, None) is not None]


def _words(annotation: Any) -> str:
    """A type as people say it."""
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return ", ".join(code(choice) for choice in typing.get_args(annotation))
    if origin in {typing.Union, types.UnionType}:
        if {Path, str} <= set(typing.get_args(annotation)):
            return "path or address"
        return " or ".join(_words(inner) for inner in typing.get_args(annotation) if inner is not type(None))
    if origin is dict:
        return "text by name"
    if origin in {list, tuple}:
        return f"{_words(typing.get_args(annotation)[0])}, repeatable"
    name = str(annotation.__name__)
    return _WORDS.get(name, name)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "none: must be given"
    value = field.get_default(call_default_factory=True)
    return "empty" if value in ("", None, {}, ()) else code(value)


def _first_line(documented: Any) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def _kebab(name: str) -> str:
    from burnish.section import kebab

    return kebab(name)


# Command line


def command_line() -> str:
    """Every command with its arguments and options."""
    parts = []
    for name, command in commands().items():
        words, _, examples = (command.help or "").partition("Examples:")
        parts.append(f"## `burnish {name}`\n\n{words.strip()}\n")
        shown = [line.strip() for line in examples.splitlines() if line.strip()]
        if shown:
            parts.append("```console\n" + "\n".join(f"$ {line}" for line in shown) + "\n```\n")
        parts.append(_options(command) + "\n")
    return "\n".join(parts)


@cache
def commands() -> dict[str, Any]:
    """The commands by name, as the command line has them; those of a group by both words (`label export`)."""
    import typer.main

    from burnish.faces.cli import app

    group: Any = typer.main.get_command(app)
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {word}": one for word, one in inner.items()} if inner else {name: command}
    return found


def _options(command: Any) -> str:
    hints = typing.get_type_hints(inspect.unwrap(command.callback))
    rows = []
    for parameter in command.params:
        is_option = parameter.opts[0].startswith("-")
        name = ", ".join(map(code, parameter.opts)) if is_option else code(parameter.metavar or parameter.name)
        kind = "switch" if hints[parameter.name] is bool else _words(hints[parameter.name])
        default = "" if parameter.default in ("", None, False) else code(parameter.default)
        rows.append((name, kind, "must be given" if parameter.required else default, parameter.help or ""))
    return table(("argument or option", "type", "default", "meaning"), rows)


# Catalogue, tasks, methods


def models() -> str:
    """The models that are known by name."""
    from burnish.models.catalogue import catalogue

    rows = [
        (
            code(name),
            entry.summary,
            f"`{entry.base}`",
            f"{entry.parameters / 1e6:.1f} million",
            f"{entry.megabytes} MB",
            ", ".join(entry.languages),
            entry.licence,
            ", then ".join(_source(source) for source in entry.sources),
        )
        for name, entry in catalogue().items()
    ]
    return table(("name", "summary", "base", "parameters", "size", "languages", "licence", "sources"), rows)


def _source(source: Any) -> str:
    if hasattr(source, "package"):
        return f"package `{source.package}` {source.version}"
    return f"Hub `{source.hub}`" if hasattr(source, "hub") else f"folder `{source.path}`"


def tasks() -> str:
    """The tasks, with the columns that they read."""
    from burnish.catalog import tasks as all_tasks

    rows = [
        (code(task.name), task.summary, ", ".join(f"`{column.role}` ({column.summary})" for column in task.columns))
        for task in all_tasks().values()
    ]
    return table(("task", "summary", "columns by role"), rows)


def usual_names() -> str:
    """Column names that are taken for a role without asking."""
    from burnish.catalog import tasks as all_tasks

    rows = [
        (code(task.name), code(column.role), ", ".join(map(code, column.usual_names)))
        for task in all_tasks().values()
        for column in task.columns
    ]
    return table(("task", "role", "usual names"), rows)


def methods() -> str:
    """The methods."""
    from burnish.catalog import methods as all_methods

    return table(("method", "summary"), [(code(m.name), m.summary) for m in all_methods().values()])


def baselines() -> str:
    """The baselines of every task."""
    from burnish.catalog import tasks as all_tasks

    rows = [
        (code(task.name), code(baseline.name), baseline.summary, "yes" if baseline.uses_features else "no")
        for task in all_tasks().values()
        for baseline in task.baselines
    ]
    return table(("task", "baseline", "what it answers", "needs the pre-trained model"), rows)


def metrics() -> str:
    """The metrics of every task."""
    from burnish.catalog import tasks as all_tasks

    tests = {"mcnemar": "McNemar, exact", "bootstrap": "paired bootstrap"}
    rows = [
        (code(metric.name), metric.summary, "more" if metric.higher_is_better else "less", tests[metric.paired_test])
        for task in all_tasks().values()
        for metric in task.metrics
    ]
    return table(("metric", "meaning", "better is", "paired test"), list(dict.fromkeys(rows)))


def checks() -> str:
    """The checks, in the order in which they run."""
    from burnish.checks.table import CHECKS

    rows = [
        (
            code(check.name),
            check.summary,
            check.consequence,
            code(check.default),
            ", ".join(code(policy) for policy in check.policies if policy != check.default),
        )
        for check in CHECKS
    ]
    return table(("check", "finds", "why it matters", "default", "or"), rows)


def check_repairs() -> str:
    """What `repair` does, by check."""
    from burnish.checks.settings import RULES
    from burnish.checks.table import CHECKS

    told = [(check.name, check.repair) for check in CHECKS] + [(rule.name, rule.repair) for rule in RULES]
    return table(("check", "`repair`"), [(code(name), repair) for name, repair in told if repair])


def rules() -> str:
    """What is found while rows are read."""
    from burnish.checks.settings import RULES

    rows = [
        (
            code(rule.name),
            rule.summary,
            rule.consequence,
            code(rule.default),
            ", ".join(code(policy) for policy in rule.policies if policy != rule.default),
        )
        for rule in RULES
    ]
    return table(("check", "finds", "why it matters", "default", "or"), rows)


# Pieces of source


def verdict_rule() -> str:
    """The lines that decide."""
    from burnish.metrics.verdict import decide

    source = inspect.getsource(decide)
    first, last = source.index("    sign = 1 if"), source.index("    rows = _rows_to_settle")
    return f"```python\n{inspect.cleandoc(source[first:last])}\n```"


def usage() -> str:
    """The lines that use a fine-tuned text classifier without burnish."""
    from types import SimpleNamespace

    from torch import nn

    from burnish.tasks.text_classification import TASK

    network: Any = nn.ModuleDict({"encoder": nn.Module()})
    network.pooling = "mean"
    model: Any = SimpleNamespace(network=network, body="encoder", longest=512)
    return f"```python\n{TASK.usage(model, '.').strip()}\n```"


def contract(name: str) -> Callable[[], str]:
    """The definition of a type in `contracts.py` or `method_contract.py`."""

    def part() -> str:
        from burnish import contracts, method_contract

        kind = getattr(contracts, name, None) or getattr(method_contract, name)
        return f"```python\n{inspect.getsource(kind).strip()}\n```"

    return part


PARTS: dict[str, Callable[[], str]] = {
    "recipe": recipe,
    "method-keys": method_keys,
    "command-line": command_line,
    "models": models,
    "tasks": tasks,
    "usual-names": usual_names,
    "methods": methods,
    "baselines": baselines,
    "metrics": metrics,
    "checks": checks,
    "check-repairs": check_repairs,
    "rules": rules,
    "verdict-rule": verdict_rule,
    "usage": usage,
    "contract-Task": contract("Task"),
    "contract-Method": contract("Method"),
    "contract-Baseline": contract("Baseline"),
    "contract-Metric": contract("Metric"),
}


def main() -> None:
    """Renew every page."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
