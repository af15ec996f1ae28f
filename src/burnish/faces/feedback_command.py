"""The command `burnish feedback`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from burnish.faces.registering import RegistryOption, find_at_work


def feedback(
    run_folder: Annotated[
        Path, typer.Argument(metavar="RUN|NAME", help="The run folder that is served, or the name in the registry.")
    ],
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="A file with the columns id and truth.")],
    log: Annotated[str, typer.Option(help="Database of predictions, as for `burnish serve`.")] = "",
    source: Annotated[str, typer.Option(help="Who says so, for the log.")] = "",
    registry: RegistryOption = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one machine-readable object and nothing else.")
    ] = False,
) -> None:
    """Say what the right answers to logged predictions were.

    `id` is the number that came with each prediction, `truth` the right answer. Said again, the later one counts.

    Examples:
      burnish feedback runs/reviews right.csv
    """
    from burnish.faces.logs import add_feedback, open_store
    from burnish.faces.python import load

    at_work = find_at_work(run_folder, registry)
    load(at_work.run)
    store = open_store(at_work.serving, log)
    try:
        noted = add_feedback(store, rows, source)
    finally:
        store.close()
    if as_json:
        print(json.dumps(noted))
        return
    Console(highlight=False).print(f"{noted['noted']} of {noted['rows']} right answers noted in {store.shown}")
    if noted["unknown"]:
        Console(stderr=True, highlight=False).print(f"{noted['unknown']} name no prediction of this log")
