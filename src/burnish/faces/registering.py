"""The registry for commands: opened by its address, and specialists found by their name in it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from burnish.errors import UserError

if TYPE_CHECKING:
    from burnish.registry.registry import Registry
    from burnish.registry.version import Version

RegistryOption = Annotated[
    str,
    typer.Option(
        "--registry",
        help="Folder of the registry, or an MLflow server's address; else BURNISH_REGISTRY, else registry/.",
    ),
]
WhyOption = Annotated[str, typer.Option(help="Why, for the account of changes.")]
WhoOption = Annotated[str, typer.Option(help="Who, for the account of changes; default: this user.")]


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """A specialist that was named, by its run folder or by its name in the registry.

    Attributes:
        run: The run folder.
        serving: The folder of its request log.
        name: Its name in the registry; "" where the run folder was named.
    """

    run: Path
    serving: Path
    name: str = ""


def open_registry(given: str = "") -> Registry:
    """The registry at an address.

    Raises:
        UserError: MLflow is not installed, or it is no such address.
    """
    from burnish.registry.address import registry_address

    missing = [name for name in ("mlflow", "sqlalchemy") if find_spec(name) is None]
    if missing:
        from burnish.faces.doctor import install_command

        raise UserError(
            f"the registry needs {', '.join(missing)}", where="burnish registry", fix=install_command("registry")
        )
    from burnish.registry.registry import Registry

    return Registry(registry_address(given))


def is_named(given: Path, address: str = "") -> bool:
    """Whether a name in the registry was given, and not a run folder or a specialist's."""
    from burnish.exporting.manifest import MANIFEST
    from burnish.pipeline import RECIPE_FILE
    from burnish.registry.address import registry_address

    if len(given.parts) != 1 or (given / RECIPE_FILE).is_file() or (given / MANIFEST).is_file():
        return False
    return bool(address) or registry_address().exists


def serving_folder(registry: Registry, name: str) -> Path:
    """The folder of the request log of a specialist that is served by its name, on this machine."""
    return registry.address.beside / "serving" / name


def champion_of(registry: Registry, name: str) -> Version:
    """The champion of a name.

    Raises:
        UserError: There is no such name, or no champion.
    """
    from burnish.registry.version import CHAMPION

    at_work = registry.at_work(name)
    if CHAMPION not in at_work:
        known = ", ".join(registry.names())
        raise UserError(
            f"{name!r} is neither a run folder nor a specialist with a champion in the registry",
            where=str(registry.address.beside if registry.address.files else registry.address.uri),
            fix=f"Known there: {known}." if known else "Name a run folder (runs/NAME), or promote one first.",
        )
    return at_work[CHAMPION]


def find_at_work(named: Path, address: str = "") -> AtWork:
    """A run folder that was named, or that of the champion of a name.

    Raises:
        UserError: There is neither, or the champion's run folder is not here.
    """
    from burnish.faces.logs import SERVING
    from burnish.pipeline import RECIPE_FILE

    if not is_named(named, address):
        return AtWork(run=named, serving=named / SERVING)
    registry, name = open_registry(address), str(named)
    run = Path(champion_of(registry, name).run)
    if not (run / RECIPE_FILE).is_file():
        raise UserError(
            f"the run that the champion of {name!r} comes from is not here",
            where=str(run),
            fix="Copy it back, or do this where it is.",
        )
    return AtWork(run=run, serving=serving_folder(registry, name), name=name)
