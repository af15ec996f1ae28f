"""The command `burnish monitor`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from burnish.faces.registering import RegistryOption, find_at_work

if TYPE_CHECKING:
    from burnish.faces.monitoring import Watched
    from burnish.monitoring.look import Look

EXIT_ALARM = 3


def monitor(
    run_folder: Annotated[
        Path, typer.Argument(metavar="RUN|NAME", help="The run folder that is served, or the name in the registry.")
    ],
    log: Annotated[str, typer.Option(help="Database of predictions, as for `burnish serve`.")] = "",
    window: Annotated[int, typer.Option(min=20, help="Requests in a look.")] = 250,
    every: Annotated[int, typer.Option(min=1, help="Requests from one look to the next.")] = 100,
    per_false_alarm: Annotated[
        int, typer.Option(min=1000, help="Requests in which one false alarm is accepted, on average.")
    ] = 100_000,
    webhook: Annotated[str, typer.Option(help="Address that gets alarms as JSON.", rich_help_panel="Alarms")] = "",
    mail: Annotated[
        str, typer.Option(help="E-mail address that gets alarms (server: BURNISH_SMTP).", rich_help_panel="Alarms")
    ] = "",
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 3 on an alarm.", rich_help_panel="Alarms")] = False,
    registry: RegistryOption = "",
    anew: Annotated[bool, typer.Option("--anew", help="Look at all requests again.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")
    ] = False,
) -> None:
    """Look at the requests since the last time: has the world changed?

    Compares windows of logged requests with what the specialist learned from: where inputs lie in the model's space,
    which answers come, how sure they are, how long inputs are. Alarms are rare unless something has changed. With
    feedback it also says how many answers were right; without, it estimates that.

    Examples:
      burnish monitor runs/reviews

      burnish monitor runs/reviews --webhook http://127.0.0.1:9000/alarms --fail
    """
    from burnish.events import finish
    from burnish.faces.alarms import send_alarms
    from burnish.faces.monitoring import monitor as look
    from burnish.faces.terminal import watch
    from burnish.monitoring.look import Watching

    how = Watching(window=window, every=min(every, window), requests_per_false_alarm=per_false_alarm)
    at_work = find_at_work(run_folder, registry)
    work = look(at_work.run, address=log, watching=how, anew=anew, serving=at_work.serving)
    found = finish(work) if as_json else watch(work, Console(stderr=True, highlight=False))
    if found.alarms and (webhook or mail):
        send_alarms(at_work.name or run_folder.resolve().name, found.alarms, webhook=webhook, mail=mail)
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    else:
        show_watched(found, Console(highlight=False))
    if fail and found.alarms:
        raise typer.Exit(EXIT_ALARM)


def show_watched(found: Watched, console: Console) -> None:
    """What was found, in a few lines: the alarms, or else the latest look."""
    if not found.looks:
        console.print(f"{found.waiting} requests since the last look: too few for the next one.")
        return
    alarms = found.alarms
    title = f"{len(alarms)} of {len(found.looks)} looks raise an alarm" if alarms else "nothing has changed"
    console.print(f"[bold]{title}[/bold]  [dim]{found.requests} requests looked at, version {found.version}[/dim]")
    _show_look(alarms[0] if alarms else found.looks[-1], console)


def _show_look(look: Look, console: Console) -> None:
    times = [time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment)) for moment in (look.begins, look.ends)]
    console.print(f"{look.requests} requests from {times[0]} to {times[1]}")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("", "compared", "p", "size", "what it is"):
        table.add_column(heading)
    for test in look.tests:
        sign = Text("!", style="bold red") if test.p < look.level else Text("✓", style="green")
        table.add_row(sign, test.name, f"{test.p:.2g}", f"{test.size:.3f}", test.text or test.measure)
    console.print(table)
    console.print(f"[dim]an alarm is a p below {look.level:.1g}[/dim]")
    facts = look.facts
    median, slow = (1000 * facts[name] for name in ("median_seconds", "p99_seconds"))
    console.print(f"half of the answers took at most {median:.0f} ms, 99% {slow:.0f} ms")
    if accuracy := facts.get("accuracy"):
        interval = f"{accuracy['low']:.1%} to {accuracy['high']:.1%}"
        console.print(f"right, by feedback on {accuracy['rows']}: {accuracy['value']:.1%} ({interval})")
    elif (estimate := facts.get("estimated_accuracy")) is not None:
        console.print(f"right, estimated without labels: {estimate:.1%}")
