"""The command `burnish dashboard`."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from burnish.errors import UserError
from burnish.faces.registering import RegistryOption

if TYPE_CHECKING:
    from burnish.faces.dashboard.settings import DashboardSettings

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


def dashboard(
    runs: Annotated[Path, typer.Argument(metavar="RUNS", help="Folder that holds runs.")] = Path("runs"),
    host: Annotated[str, typer.Option(help="Address to listen on; loopback by default.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8100,
    key_file: Annotated[
        Path | None,
        typer.Option("--keys", help="File of NAME:HASH lines, as for `burnish serve`; also from BURNISH_API_KEYS."),
    ] = None,
    registry: RegistryOption = "",
    log: Annotated[str, typer.Option(help="Database of predictions, as for `burnish serve`.")] = "",
    models: Annotated[
        list[str] | None,
        typer.Option("--model", help="A model that runs may be started with, beside those known by name."),
    ] = None,
    most_bytes: Annotated[int, typer.Option(min=1, help="Largest file that may be uploaded.")] = 100_000_000,
    jobs: Annotated[int, typer.Option(min=1, help="Runs and promotions that may be at work at once.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one machine-readable line and nothing else.")] = False,
) -> None:
    """Show runs, what is served, and whether the world has changed, as pages; and start, promote and roll back there.

    Whatever changes something asks for a key. Without --keys one is made, shown in the terminal, and forgotten when the
    dashboard stops; pages are then shown to whoever asks from this machine. With --keys they are only shown to those
    who sign in. Each change is a command of burnish in a process of its own, which goes on if the dashboard is stopped.

    Examples:
      burnish dashboard

      burnish dashboard --keys keys.txt --host 0.0.0.0
    """
    from burnish.faces.serve_command import require_serving

    require_serving("burnish dashboard")
    from burnish.faces.dashboard.running import serve_dashboard
    from burnish.faces.server.running import address_of, open_socket

    settings, key = _settings(runs, host, key_file, (registry, log), tuple(models or ()))
    settings = _with_limits(settings, most_bytes, jobs)
    with open_socket(host, port) as listening:
        listening.listen()  # who reads the address may ask at once
        address = address_of(listening)
        if as_json:
            print(json.dumps({"address": address, "key": key}), flush=True)
        else:
            console = Console(stderr=True, highlight=False)
            console.print(f"dashboard of {runs} at {address}", soft_wrap=True, markup=False)
            if key:
                console.print(f"to change things, sign in with this key: {key}", soft_wrap=True, markup=False)
        serve_dashboard(settings, listening)


def _settings(
    runs: Path, host: str, key_file: Path | None, addresses: tuple[str, str], models: tuple[str, ...]
) -> tuple[DashboardSettings, str]:
    """Settings, and the key that was made where none was given.

    Raises:
        UserError: Others could reach it and there are no keys, or the registry is at no such address.
    """
    from burnish.faces.dashboard.place import Place
    from burnish.faces.dashboard.settings import DashboardSettings
    from burnish.faces.server.keys import key_hash, new_key, read_keys
    from burnish.models.catalogue import catalogue
    from burnish.registry.address import registry_address
    from burnish.registry.version import who_is_here

    registry_address(addresses[0])
    keys, key = read_keys(key_file), ""
    if not keys:
        if not _is_loopback(host):
            raise UserError(
                "other machines could reach this dashboard, and it has no keys",
                where=f"--host {host}",
                fix="Give --keys FILE; `burnish serve --new-key NAME --keys FILE` makes one.",
            )
        key = new_key()
    return DashboardSettings(
        place=Place(runs=runs, registry=addresses[0], log=addresses[1]),
        keys=keys or {who_is_here(): key_hash(key)},
        open_to_read=not keys,
        hosts=_LOOPBACK_NAMES | {host} if _is_loopback(host) else frozenset(),
        models=(*catalogue(), *models),
    ), key


def _with_limits(settings: DashboardSettings, most_bytes: int, jobs: int) -> DashboardSettings:
    from dataclasses import replace

    return replace(settings, most_bytes=most_bytes, jobs_at_once=jobs)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
