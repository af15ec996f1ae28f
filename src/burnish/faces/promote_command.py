"""The commands `burnish promote` and `burnish rollback`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from burnish.faces.registering import RegistryOption, WhoOption, WhyOption, open_registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burnish.registry.gates import Gate
    from burnish.registry.promotion import Request

EXIT_REFUSED = 1
_Json = Annotated[bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")]


def promote(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run folder (runs/NAME).")],
    name: Annotated[str, typer.Option("--as", help="The specialist's name in the registry; default: the run's.")] = "",
    why: WhyOption = "",
    force: Annotated[str, typer.Option(metavar="WHY", help="Promote it though a gate is shut, and say why.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Only say what the gates say; change nothing.")] = False,
    who: WhoOption = "",
    registry: RegistryOption = "",
    as_json: _Json = False,
) -> None:
    """Make a run's specialist the champion, which servers answer with, if it passes the gates.

    It has to answer its probes as it did in training, and to be better than the present champion on its own sealed test
    rows, by a paired test; rows that the champion has learned from do not count. After a retraining, it must not
    be worse on the test rows of before. The first champion has to show its verdict instead. Refused, the exit code is
    1. Who, when and why is recorded; `burnish registry` shows it.

    Examples:
      burnish promote runs/reviews

      burnish promote runs/reviews-2 --as reviews --why "learned the words of autumn"

      burnish promote runs/reviews-2 --as reviews --force "the old one knows too few classes"
    """
    from burnish.events import finish
    from burnish.faces.terminal import watch
    from burnish.registry.promotion import gates_of, name_of
    from burnish.registry.promotion import promote as promote_through_gates
    from burnish.registry.submission import submission_of

    submission, opened = submission_of(run_folder), open_registry(registry)
    request = _request(name or name_of(run_folder), who, why, force)
    console = Console(highlight=False)
    if check:
        asked = gates_of(opened, submission, request.name)
        gates: list[Gate] = finish(asked) if as_json else watch(asked, Console(stderr=True, highlight=False))
        passed, facts = all(gate.passed for gate in gates), {"gates": [gate.as_dict() for gate in gates]}
        told = f"the gates {'are open' if passed else 'are shut'}: nothing was changed"
        _show({"passed": passed, **facts}, gates, told, None if as_json else console)
    else:
        work = promote_through_gates(opened, submission, request)
        found = finish(work) if as_json else watch(work, Console(stderr=True, highlight=False))
        passed, number = found.promoted, found.version.number
        told = f"version {number} is the champion of {request.name}" if passed else f"version {number} is refused"
        _show(found.as_dict(), found.gates, told, None if as_json else console)
    if not passed:
        raise typer.Exit(EXIT_REFUSED)


def rollback(
    name: Annotated[str, typer.Argument(help="The specialist's name in the registry.")],
    to: Annotated[int, typer.Option(min=0, help="The version's number; default: the champion before.")] = 0,
    why: WhyOption = "",
    who: WhoOption = "",
    registry: RegistryOption = "",
    as_json: _Json = False,
) -> None:
    """Make the champion of before the champion again. Servers follow within seconds.

    Examples:
      burnish rollback reviews --why "customers complain"

      burnish rollback reviews --to 3
    """
    from burnish.registry.promotion import roll_back

    change = roll_back(open_registry(registry), _request(name, who, why, ""), to)
    if as_json:
        print(json.dumps(vars(change), ensure_ascii=False))
        return
    Console(highlight=False).print(f"version {change.version} is the champion of {name} again, no more {change.before}")


def _request(name: str, who: str, why: str, force: str) -> Request:
    from burnish.registry.promotion import Request
    from burnish.registry.version import who_is_here

    return Request(name=name, who=who or who_is_here(), why=why, force=force)


def _show(facts: dict[str, Any], gates: Sequence[Gate], told: str, console: Console | None) -> None:
    if console is None:
        print(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for gate in gates:
        sign = "[green]✓[/green]" if gate.passed else "[bold red]✗[/bold red]"
        console.print(f"{sign} {gate.name}: {escape(gate.text)}", soft_wrap=True)
    console.print(f"[bold]{told}[/bold]")
