"""What a dashboard looks at: the folder of runs, the registry, and the request logs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.faces.logs import LOG_FILE, SERVING
from burnish.faces.registering import open_registry, serving_folder
from burnish.pipeline import RECIPE_FILE
from burnish.run_folder import RunFolder

if TYPE_CHECKING:
    from burnish.registry.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where everything is.

    Attributes:
        runs: The folder that holds runs.
        registry: The registry's address as it was given; "" for the default.
        log: The database of predictions as it was given; "" for the default beside each specialist.
    """

    runs: Path
    registry: str = ""
    log: str = ""

    def run_folders(self) -> list[RunFolder]:
        """Every run, the latest first."""
        if not self.runs.is_dir():
            return []
        found = [path for path in self.runs.iterdir() if (path / RECIPE_FILE).is_file()]
        return [RunFolder(root=path) for path in sorted(found, key=_touched, reverse=True)]

    def run(self, name: str) -> RunFolder | None:
        """The run of a name. What was asked for is only compared with what is there, never used as a path."""
        return next((run for run in self.run_folders() if run.root.name == name), None)

    def open_registry(self) -> Registry | None:
        """The registry, or None where there is none yet.

        Raises:
            UserError: It is no such address.
        """
        from burnish.registry.address import registry_address

        return open_registry(self.registry) if registry_address(self.registry).exists else None

    def served(self) -> dict[str, Path]:
        """Everything that is or was served, by name: the folders of the request logs.

        Names of the registry come first; a run that was served by its folder is named `runs/NAME`.
        """
        found: dict[str, Path] = {}
        if (registry := self.open_registry()) is not None:
            found = {name: serving_folder(registry, name) for name in registry.names()}
        for run in self.run_folders():
            if (run.root / SERVING / LOG_FILE).is_file():
                found[f"runs/{run.root.name}"] = run.root / SERVING
        return found


def _touched(path: Path) -> float:
    """When a run last did something."""
    log = path / "log.jsonl"
    return (log if log.is_file() else path / RECIPE_FILE).stat().st_mtime
