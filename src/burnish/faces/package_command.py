"""The command `burnish package`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from burnish.faces.registering import RegistryOption, champion_of, is_named, open_registry


def package(
    run_folder: Annotated[
        Path,
        typer.Argument(metavar="RUN|NAME", help="A run folder, a specialist's folder, or a name in the registry."),
    ],
    out: Annotated[Path | None, typer.Option(help="The folder to write; default: package/NAME.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port that the server listens on.")] = 8000,
    registry: RegistryOption = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")
    ] = False,
) -> None:
    """Write what it takes to run a specialist elsewhere: Dockerfile, Kubernetes manifests, systemd units.

    Versions are pinned to those that are installed here. Nothing of the data goes along. The units serve the run, or
    follow the name in the registry, and watch it every hour (`burnish watch`).

    Examples:
      burnish package runs/reviews

      burnish package runs/reviews --out deploy --port 8080
    """
    from burnish.faces.packaging.package import Named, write_package

    named, packed = None, run_folder
    if is_named(run_folder, registry):
        opened, name = open_registry(registry), str(run_folder)
        packed = opened.files(champion_of(opened, name))
        where = str(opened.address.beside) if opened.address.files else opened.address.uri
        named = Named(name=name, registry=where, serving=opened.address.beside)
    written = write_package(packed, out or Path("package") / run_folder.resolve().name, port, named)
    if as_json:
        facts = {"folder": str(written.folder), "name": written.name, "version": written.version}
        print(json.dumps({**facts, "files": list(written.files)}, indent=2))
        return
    console = Console(highlight=False)
    console.print(f"{written.name}, version {written.version}, in {written.folder}", soft_wrap=True, markup=False)
    for name in written.files:
        console.print(f"  {name}", soft_wrap=True, markup=False)
    console.print(f"build it: docker build --tag {written.name}:{written.version} {written.folder}", soft_wrap=True)
