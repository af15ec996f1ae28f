"""What a run hands to the registry: a run folder without the rows of its data, its scores, and its recipe."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.data.keys import row_keys
from burnish.data.rows import PackedRows, joined_rows
from burnish.errors import UserError
from burnish.exporting.manifest import MANIFEST, read_manifest
from burnish.run_folder import RunFolder, atomic_path, file_digest, read_json
from burnish.stages.stage import PROBES_FILE, SPECIALIST, open_rows

LEARNED_FILE = "learned.npy"
_FILES = (
    "recipe.yaml",
    f"train/{PROBES_FILE}",
    "evaluate/record.json",
    "evaluate/verdict.json",
    "evaluate/scores.json",
)
_REPORT = "report/report.html"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A finished run, as it is registered.

    Attributes:
        folder: The run folder.
        digest: The version of its specialist, as servers tell it.
    """

    folder: RunFolder
    digest: str

    @property
    def specialist(self) -> Path:
        """The specialist's folder."""
        return self.folder.file("evaluate", SPECIALIST)

    def files(self) -> Iterator[tuple[Path, str]]:
        """Files and folders with the folder in which they are kept: together they are a run folder to be served."""
        for name in (*_FILES, _REPORT):
            if (path := self.folder.root / name).is_file():
                yield path, os.path.dirname(name)  # noqa: PTH120 - of a name in the registry, "" at its top
        yield self.specialist, f"evaluate/{SPECIALIST}"

    def metrics(self) -> dict[str, float]:
        """Every score of the specialist by name."""
        found = read_json(self.folder.file("evaluate", "scores.json"))["metrics"]
        return {name: float(metric["specialist"]["value"]) for name, metric in found.items()}

    def parameters(self) -> dict[str, str]:
        """Every key of the recipe."""
        import yaml

        return dict(_flat(yaml.safe_load((self.folder.root / "recipe.yaml").read_text(encoding="utf-8")), ""))

    def verdict(self) -> Mapping[str, Any]:
        """What the run came to."""
        verdict: dict[str, Any] = read_json(self.folder.file("evaluate", "verdict.json"))
        return verdict

    def write_learned(self, folder: Path) -> Path:
        """Write digests of the inputs that were learned from, so that no later comparison rests on them."""
        import numpy as np

        path = folder / LEARNED_FILE
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, self.learned())
        return path

    def learned(self) -> Any:
        """Digests of the inputs that were learned from, uint64 (rows, 2)."""
        rows = joined_rows(open_rows(self.folder, "train"), open_rows(self.folder, "validation"))
        return input_keys(rows, self.specialist)


def input_keys(rows: PackedRows, specialist: Path) -> Any:
    """A digest of each row's inputs, uint64 (rows, 2)."""
    from burnish.catalog import get_task

    columns = get_task(read_manifest(specialist).task).columns
    return row_keys(rows, [c.role for c in columns if not c.target and c.role in rows.columns])


def submission_of(folder: Path) -> Submission:
    """A run, ready to be registered.

    Raises:
        UserError: It is no run that has come to its end.
    """
    run = RunFolder(root=folder)
    specialist = run.file("evaluate", SPECIALIST)
    if run.record("evaluate") is None or not (specialist / MANIFEST).is_file():
        raise UserError(
            "this is no run that has come to its end",
            where=str(folder),
            fix="Name a run folder (runs/NAME) whose verdict is there.",
        )
    read_manifest(specialist)  # a damaged one is refused
    return Submission(folder=run, digest=file_digest(specialist / MANIFEST)[:12])


def _flat(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    elif value not in (None, "", [], {}):
        yield key, str(value)[:500]
