"""The command `burnish serve`."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from burnish.errors import UserError
from burnish.faces.registering import RegistryOption, champion_of, is_named, open_registry, serving_folder

if TYPE_CHECKING:
    import socket

    from burnish.faces.server.following import Following
    from burnish.faces.server.service import Service


def serve(
    run_folder: Annotated[
        Path | None,
        typer.Argument(metavar="RUN|NAME", help="A run folder (runs/NAME), a specialist's, or a name in the registry."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; loopback by default.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.")] = 8000,
    engine: Annotated[str, typer.Option(help="auto (ONNX where there is one), onnx or torch.")] = "auto",
    key_file: Annotated[
        Path | None,
        typer.Option("--keys", help="File of NAME:HASH lines; also from BURNISH_API_KEYS.", rich_help_panel="Keys"),
    ] = None,
    new_key: Annotated[
        str, typer.Option(metavar="NAME", help="Make a key, show it, add its hash to --keys.", rich_help_panel="Keys")
    ] = "",
    open_to_all: Annotated[
        bool, typer.Option("--without-keys", help="Listen beyond loopback without keys.", rich_help_panel="Keys")
    ] = False,
    most_bytes: Annotated[int, typer.Option(help="Largest request.", rich_help_panel="Limits")] = 8_000_000,
    most_rows: Annotated[int, typer.Option(help="Most rows of a request.", rich_help_panel="Limits")] = 256,
    seconds: Annotated[float, typer.Option(help="Longest time of a request.", rich_help_panel="Limits")] = 30.0,
    rate: Annotated[
        float, typer.Option(help="Requests a second of one client; 0: any number.", rich_help_panel="Limits")
    ] = 0.0,
    origins: Annotated[
        list[str] | None,
        typer.Option("--allow-origin", help="A web page's origin that may call the server.", rich_help_panel="Limits"),
    ] = None,
    log: Annotated[
        str,
        typer.Option(help="Database of predictions; default: serving/log.db in the run folder.", rich_help_panel="Log"),
    ] = "",
    log_inputs: Annotated[
        str, typer.Option(help="What is kept of inputs: masked, full or hash.", rich_help_panel="Log")
    ] = "masked",
    logs: Annotated[
        Path | None, typer.Option(help="Folder of the log; default: serving in the run folder.", rich_help_panel="Log")
    ] = None,
    registry: RegistryOption = "",
    look_every: Annotated[
        float, typer.Option(min=0.05, help="Seconds from one look into the registry to the next.")
    ] = 5.0,
    no_log: Annotated[bool, typer.Option("--no-log", help="Log no predictions.", rich_help_panel="Log")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print machine-readable lines and nothing else.")] = False,
) -> None:
    """Answer over HTTP with a run's specialist, and offer a page to try it on.

    Before it says that it is ready, the server asks itself the probes that training stored, and compares the answers.
    Requests that come at the same time are answered together. Stopped (Ctrl-C, SIGTERM), it ends what it has begun.
    With a name in the registry, the champion answers, and whatever `burnish promote` makes the champion takes over
    while requests go on; so does a challenger beside it.

    Examples:
      burnish serve runs/reviews

      burnish serve reviews

      burnish serve --new-key shop --keys keys.txt

      burnish serve runs/reviews --host 0.0.0.0 --keys keys.txt --rate 50
    """
    from burnish.faces.server.keys import read_keys

    if new_key:
        _make_key(new_key, key_file, as_json=as_json)
        return
    if run_folder is None:
        raise UserError("no run is named", where="burnish serve", fix="Name one: burnish serve runs/NAME")
    require_serving("burnish serve")
    from burnish.faces.logs import SERVING, open_log
    from burnish.faces.server.running import open_socket
    from burnish.faces.server.served import open_served
    from burnish.faces.server.service import Service
    from burnish.faces.server.settings import ServerSettings, require_sound

    settings = ServerSettings(
        host=host,
        port=port,
        most_bytes=most_bytes,
        most_rows=most_rows,
        seconds=seconds,
        rate=rate,
        allowed_origins=tuple(origins or ()),
    )
    require_sound(settings)
    known = read_keys(key_file)
    if not known and not open_to_all and not settings.is_loopback():
        raise UserError(
            "other machines could ask this server, and it has no keys",
            where=f"--host {host}",
            fix="Give --keys FILE (see --new-key), or say --without-keys if that is what you want.",
        )
    following = _following(run_folder, engine, registry, look_every)
    if following is None:
        served, place = open_served(run_folder, engine), run_folder / SERVING
    else:
        served = following.open(champion_of(following.registry, following.name))
        place = serving_folder(following.registry, following.name)
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(open_socket(host, port))
        request_log = None if no_log else open_log(logs or place, log, log_inputs)
        if request_log is not None:
            stack.callback(request_log.close)
        service = Service(served=served, settings=settings, log=request_log)
        _serve(service, listening, known, following, as_json=as_json)


def _following(given: Path, engine: str, registry: str, seconds: float) -> Following | None:
    """What is followed where a name in the registry was given."""
    from burnish.faces.server.following import Following

    if not is_named(given, registry):
        return None
    return Following(registry=open_registry(registry), name=str(given), engine=engine, seconds=seconds)


def _serve(
    service: Service,
    listening: socket.socket,
    keys: dict[str, str],
    following: Following | None,
    *,
    as_json: bool,
) -> None:
    import asyncio

    import uvloop

    from burnish.faces.server.running import address_of, make_server
    from burnish.faces.server.running import serve as serve_until_stopped

    def tell(sentence: str) -> None:
        if as_json:
            print(json.dumps({"event": sentence}, ensure_ascii=False), flush=True)
        else:
            Console(stderr=True, highlight=False).print(sentence, soft_wrap=True, markup=False)

    served, address = service.served, address_of(listening)
    if as_json:
        facts = {"address": address, "run": served.name, "version": served.version, "engine": served.engine}
        print(json.dumps(facts, ensure_ascii=False), flush=True)
    else:
        tell(f"serving {served.name} (version {served.version}, {served.engine}) at {address}")
        tell(f"predictions are logged in {service.log.store.shown}" if service.log else "predictions are not logged")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_until_stopped(make_server(service, keys), service, listening, tell, following))
    tell("stopped")


def _make_key(name: str, key_file: Path | None, *, as_json: bool) -> None:
    """Show a new key, this once, and add its hash to the key file; or show the line, where there is no file."""
    from burnish.faces.server.keys import add_key, key_line
    from burnish.faces.server.keys import new_key as random_key

    key = random_key()
    line = key_line(name, key)
    if key_file is not None:
        add_key(key_file, name, line)
    if as_json:
        print(json.dumps({"name": name, "key": key, "line": line, "file": str(key_file) if key_file else None}))
        return
    print(key)
    kept = f"its hash is in {key_file}" if key_file else f"its line for a key file: {line}"
    Console(stderr=True, highlight=False).print(
        f"the key of {name} is shown this once; {kept}", soft_wrap=True, markup=False
    )


def require_serving(command: str) -> None:
    """Ask for the libraries that answer over HTTP.

    Raises:
        UserError: One is missing; the message says how to install it.
    """
    from importlib.util import find_spec

    missing = [name for name in ("fastapi", "uvicorn", "prometheus_client") if find_spec(name) is None]
    if missing:
        from burnish.faces.doctor import install_command

        raise UserError(f"serving needs {', '.join(missing)}", where=command, fix=install_command("serve"))
