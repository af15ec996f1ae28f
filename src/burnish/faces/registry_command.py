"""The command `burnish registry`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from burnish.errors import UserError
from burnish.faces.registering import RegistryOption, open_registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burnish.registry.version import Change, Version

_TIME = "%Y-%m-%d %H:%M"
_REPLACING = frozenset({"promoted", "forced", "rolled-back"})


def registry(
    name: Annotated[str, typer.Argument(help="A specialist's name; without it, all of them.")] = "",
    address: RegistryOption = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")
    ] = False,
) -> None:
    """Show which versions of which specialists are at work, and every change: who, when, why.

    Examples:
      burnish registry

      burnish registry reviews
    """
    opened = open_registry(address)
    names = opened.names()
    if name and name not in names:
        raise UserError(
            f"the registry knows no {name!r}",
            where=opened.address.uri,
            fix=f"It knows: {', '.join(names) or 'nothing'}.",
        )
    found = {each: (opened.versions(each), opened.history(each)) for each in ([name] if name else names)}
    if as_json:
        facts = {
            each: {"versions": [v.as_dict() for v in versions], "changes": [vars(change) for change in changes]}
            for each, (versions, changes) in found.items()
        }
        print(json.dumps({"registry": opened.address.uri, "specialists": facts}, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    if not found:
        console.print("the registry is empty; `burnish promote RUN` makes a run's specialist the champion")
    for each, (versions, changes) in found.items():
        console.print(f"[bold]{each}[/bold]")
        console.print(_versions(versions))
        if name:
            _show_changes(changes, console)


def _versions(versions: Sequence[Version]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("version", "is", "digest", "registered", "from"):
        table.add_column(heading)
    for version in versions:
        aliases = [f"{alias} ({version.share:.1%})" if version.share else alias for alias in version.aliases]
        registered = time.strftime(_TIME, time.localtime(version.created))
        row = (str(version.number), ", ".join(aliases), version.digest, registered, version.run)
        table.add_row(*map(Text, row))
    return table


def _show_changes(changes: Sequence[Change], console: Console) -> None:
    for change in changes:
        when = time.strftime(_TIME, time.localtime(change.when))
        before = f", in place of {change.before}" if change.before and change.action in _REPLACING else ""
        console.print(Text(f"{when}  version {change.version} {change.action}{before}, by {change.who}"))
        console.print(Padding(Text(change.why, style="dim"), (0, 0, 0, len(when) + 2)))
