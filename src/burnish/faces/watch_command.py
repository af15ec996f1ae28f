"""The command `burnish watch`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from burnish.errors import UserError
from burnish.faces.registering import RegistryOption, find_at_work

if TYPE_CHECKING:
    from burnish.faces.watching import Plan, Round

EXIT_ALARM = 3


def watch(
    run_folder: Annotated[
        Path, typer.Argument(metavar="RUN|NAME", help="The run folder that is served, or the name in the registry.")
    ],
    once: Annotated[bool, typer.Option("--once", help="One round, and end: for cron and systemd timers.")] = False,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds from one round to the next.")] = 3600.0,
    least: Annotated[int, typer.Option(min=1, help="Requests with feedback that a retraining needs.")] = 100,
    days: Annotated[float, typer.Option(min=0, help="Retrain at least so often; 0: only on an alarm.")] = 0.0,
    promote: Annotated[bool, typer.Option("--promote", help="Promote what passes the gates.")] = False,
    replay: Annotated[
        float, typer.Option(min=0, max=1, help="The share of the old rows that are learned from again.")
    ] = 1.0,
    keys: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Another value of a recipe key: training.epochs=2."),
    ] = None,
    window: Annotated[int, typer.Option(min=20, help="Requests in a look, as for `burnish monitor`.")] = 250,
    every: Annotated[int, typer.Option(min=1, help="Requests from one look to the next.")] = 100,
    webhook: Annotated[str, typer.Option(help="Address that gets alarms and proposals as JSON.")] = "",
    mail: Annotated[str, typer.Option(help="E-mail address that gets them (server: BURNISH_SMTP).")] = "",
    fail: Annotated[bool, typer.Option("--fail", help="With --once: exit with 3 on an alarm.")] = False,
    log: Annotated[str, typer.Option(help="Database of predictions, as for `burnish serve`.")] = "",
    registry: RegistryOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one machine-readable line for each round.")] = False,
) -> None:
    """Keep a specialist good: look at its requests, and retrain it when the world has changed.

    Each round does what `burnish monitor` does. After an alarm, or in time (--days), it waits for enough feedback, does
    what `burnish retrain` does with it, and proposes the new version if it passes the gates; --promote promotes it.
    Ends with Ctrl-C.

    Examples:
      burnish watch reviews --webhook http://127.0.0.1:9000/alarms

      burnish watch reviews --once --promote --least 200 --days 30
    """
    from burnish.faces.cli import _set_keys
    from burnish.faces.watching import Plan, require_plan
    from burnish.monitoring.look import Watching

    plan = Plan(
        watching=Watching(window=window, every=min(every, window)),
        least=least,
        days=days,
        promote=promote,
        replay=replay,
        log=log,
        registry=registry,
        webhook=webhook,
        mail=mail,
        keys=_set_keys(keys or []),
    )
    require_plan(find_at_work(run_folder, registry), plan)
    if once:
        found = _round(run_folder, plan, as_json=as_json)
        if fail and found.watched.alarms:
            raise typer.Exit(EXIT_ALARM)
        return
    while True:
        try:
            _round(run_folder, plan, as_json=as_json)
        except UserError as error:  # a database that is away, rows that are too few: the next round may find them
            Console(stderr=True, highlight=False).print(str(error), soft_wrap=True, markup=False)
        time.sleep(seconds)


def _round(given: Path, plan: Plan, *, as_json: bool) -> Round:
    """One round with what is at work now."""
    from burnish.events import finish
    from burnish.faces.terminal import watch as show
    from burnish.faces.watching import watch_once

    work = watch_once(find_at_work(given, plan.registry), plan)
    found = finish(work) if as_json else show(work, Console(stderr=True, highlight=False))
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False), flush=True)
    else:
        _show(found, Console(highlight=False))
    return found


def _show(found: Round, console: Console) -> None:
    from burnish.faces.monitor_command import show_watched
    from burnish.faces.retrain_command import show_proposal

    show_watched(found.watched, console)
    if found.proposal is not None:
        show_proposal(found.proposal, console)
    if found.promoted:
        console.print(f"[bold]version {found.promoted} is the champion[/bold]")
