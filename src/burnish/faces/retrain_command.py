"""The command `burnish retrain`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from burnish.faces.registering import RegistryOption, find_at_work

if TYPE_CHECKING:
    from burnish.faces.retraining import Proposal

EXIT_NOT_PROPOSED = 1


def retrain(
    run_folder: Annotated[
        Path, typer.Argument(metavar="RUN|NAME", help="The run folder that is at work, or the name in the registry.")
    ],
    data: Annotated[str, typer.Option(help="New rows with labels; default: what feedback said was right.")] = "",
    replay: Annotated[
        float, typer.Option(min=0, max=1, help="The share of the old rows that are learned from again.")
    ] = 1.0,
    name: Annotated[str, typer.Option(help="The new run's name; default: the old one's with the next number.")] = "",
    keys: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Another value of a recipe key: training.epochs=2."),
    ] = None,
    log: Annotated[str, typer.Option(help="Database of predictions, as for `burnish serve`.")] = "",
    registry: RegistryOption = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")
    ] = False,
) -> None:
    """Make a run anew with new rows, and say whether the result should take its place.

    New rows go through the same door: checked, accounted for, split. Their test part joins the old test rows, which
    stay sealed. Training starts from the present specialist's weights and sees the old rows again, against forgetting.
    Then the new version is compared with the present one on all test rows, and on the old ones alone. If it passes
    these gates it is proposed, else the exit code is 1. Nothing is promoted.

    Examples:
      burnish retrain runs/reviews --data autumn.csv

      burnish retrain reviews
    """
    from burnish.data.source import given_source
    from burnish.events import finish
    from burnish.faces.cli import _set_keys
    from burnish.faces.retraining import Wanted, retrain_and_examine
    from burnish.faces.terminal import watch

    wanted = Wanted(
        at_work=find_at_work(run_folder, registry),
        data=given_source(data) if data else None,
        log=log,
        name=name,
        replay=replay,
        registry=registry,
        keys=_set_keys(keys or []),
    )
    work = retrain_and_examine(wanted)
    proposal = finish(work) if as_json else watch(work, Console(stderr=True, highlight=False))
    if as_json:
        print(json.dumps(proposal.as_dict(), ensure_ascii=False, indent=2))
    else:
        show_proposal(proposal, Console(highlight=False))
    if not proposal.passed:
        raise typer.Exit(EXIT_NOT_PROPOSED)


def show_proposal(proposal: Proposal, console: Console) -> None:
    """What the gates say, and the command that promotes it."""
    for gate in proposal.gates:
        sign = "[green]✓[/green]" if gate.passed else "[bold red]✗[/bold red]"
        console.print(f"{sign} {gate.name}: {escape(gate.text)}", soft_wrap=True)
    if proposal.passed:
        console.print(f"[bold]proposed[/bold]: {escape(proposal.command)}", soft_wrap=True)
    else:
        console.print(f"[bold]not proposed[/bold]; the run is {escape(str(proposal.run))}", soft_wrap=True)
