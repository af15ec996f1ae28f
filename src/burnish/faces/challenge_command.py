"""The commands `burnish challenge` and `burnish compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from burnish.errors import UserError
from burnish.faces.registering import RegistryOption, WhoOption, WhyOption, open_registry, serving_folder

if TYPE_CHECKING:
    from burnish.monitoring.paired import Compared
    from burnish.registry.registry import Registry

_Json = Annotated[bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")]


def challenge(
    run_folder: Annotated[
        Path, typer.Argument(metavar="RUN|NAME", help="A finished run folder; with --stop, the specialist's name.")
    ],
    name: Annotated[str, typer.Option("--as", help="The specialist's name in the registry; default: the run's.")] = "",
    share: Annotated[
        float, typer.Option(min=0, max=1, help="The share of requests that it answers; 0: none, all in the shadow.")
    ] = 0.0,
    stop: Annotated[bool, typer.Option("--stop", help="Let the challenger answer no more.")] = False,
    why: WhyOption = "",
    who: WhoOption = "",
    registry: RegistryOption = "",
    as_json: _Json = False,
) -> None:
    """Let a run answer beside the champion: in the shadow, or for a share of the requests.

    Servers of that name let both answer every request. The client gets the champion's answer, or for the given share
    the challenger's; the other one is only logged, so that `burnish compare` has pairs.

    Examples:
      burnish challenge runs/reviews-2 --as reviews

      burnish challenge runs/reviews-2 --as reviews --share 0.05

      burnish challenge reviews --stop
    """
    from burnish.registry.promotion import Request, name_of, withdraw
    from burnish.registry.promotion import challenge as let_challenge
    from burnish.registry.submission import submission_of
    from burnish.registry.version import who_is_here

    opened, by = open_registry(registry), who or who_is_here()
    if stop:
        version = withdraw(opened, Request(name=name or str(run_folder), who=by, why=why))
        told = f"version {version.number} answers no more beside the champion"
    else:
        submission = submission_of(run_folder)
        asked = Request(name=name or name_of(run_folder), who=by, why=why)
        version = let_challenge(opened, submission, asked, share)
        told = f"version {version.number} answers " + (f"{share:.1%} of the requests" if share else "in the shadow")
    if as_json:
        print(json.dumps(version.as_dict(), ensure_ascii=False))
        return
    Console(highlight=False).print(told)


def compare(
    name: Annotated[str, typer.Argument(help="The specialist's name in the registry.")],
    challenger: Annotated[int, typer.Option(min=0, help="A version's number; default: the challenger.")] = 0,
    log: Annotated[str, typer.Option(help="Database of predictions, as for `burnish serve`.")] = "",
    registry: RegistryOption = "",
    as_json: _Json = False,
) -> None:
    """Compare the champion with the challenger on the requests that both have answered.

    Says how often they agree, and where feedback says what was right, which of them is right more often: a paired test.

    Examples:
      burnish compare reviews
    """
    found = _compared(open_registry(registry), name, challenger, log)
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
        return
    _show(found, Console(highlight=False))


def _compared(opened: Registry, name: str, challenger: int, log: str) -> Compared:
    """The two versions' answers, compared.

    Raises:
        UserError: There is no challenger, or no request that both answered.
    """
    from burnish.catalog import get_metric, get_task
    from burnish.exporting.manifest import read_manifest
    from burnish.faces.logs import open_store
    from burnish.faces.python import load
    from burnish.faces.registering import champion_of
    from burnish.monitoring.paired import compare_pairs
    from burnish.registry.version import CHALLENGER

    champion = champion_of(opened, name)
    other = opened.version(name, challenger) if challenger else opened.at_work(name).get(CHALLENGER)
    if other is None:
        raise UserError("there is no challenger", where=name, fix="Name one: burnish challenge RUN --as NAME.")
    store = open_store(serving_folder(opened, name), log)
    try:
        pairs = store.pairs(champion.digest, other.digest)
    finally:
        store.close()
    if not pairs:
        raise UserError(
            f"no request was answered by both version {champion.number} and version {other.number}",
            where=store.shown,
            fix=f"Is `burnish serve {name}` running, and asked?",
        )
    run = load(opened.files(champion))
    manifest = read_manifest(run.specialist_folder)
    return compare_pairs(pairs, get_metric(get_task(manifest.task), run.verdict["metric"]), manifest.targets.targets())


def _show(found: Compared, console: Console) -> None:
    agree = found.agree
    console.print(
        f"{found.requests} requests were answered by both, {found.by_challenger} of the clients got the challenger's "
        f"answer; they agree on {agree.value:.1%} ({agree.low:.1%} to {agree.high:.1%})"
    )
    console.print(
        f"[dim]champion, challenger:[/dim] mean confidence {found.confidence[0]:.3f}, {found.confidence[1]:.3f}; "
        f"median {1000 * found.seconds[0]:.1f} ms, {1000 * found.seconds[1]:.1f} ms"
    )
    if found.comparison is None or found.champion is None or found.challenger is None:
        console.print("which of them is right nobody knows yet: `burnish feedback` says what the right answers were")
        return
    gain = found.comparison.difference
    console.print(
        f"{found.metric} on the {found.told} with feedback: champion {found.champion.value:.3f}, challenger "
        f"{found.challenger.value:.3f}, difference {gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}), "
        f"p = {found.comparison.p:.2g} ({found.comparison.test})"
    )
