"""A specialist as it is served: with its version, and with probes that show whether it answers as it was evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.contracts import Prediction, Row, Rows
from burnish.errors import UserError
from burnish.exporting.manifest import MANIFEST, read_manifest
from burnish.exporting.parity import Parity, compare_predictions
from burnish.faces.python import load
from burnish.predictor import Engine, Specialist, load_specialist
from burnish.run_folder import file_digest
from burnish.stages.export import read_probes
from burnish.stages.stage import PROBES_FILE

ENGINES = ("auto", "onnx", "torch")
_PROBES = 32


@dataclass(frozen=True, kw_only=True)
class Served:
    """What a server answers with.

    Attributes:
        name: The run's name.
        version: The beginning of the digest of the manifest, which holds the digests of all files.
        specialist: What answers.
        engine: What computes: `onnx` or `torch`.
        probes: Rows to which the answers are known, as clients may send them.
        expected: The answers: those of the trained network in memory, where the run has kept them.
    """

    name: str
    version: str
    specialist: Specialist
    engine: Engine
    probes: tuple[Row, ...]
    expected: tuple[Prediction, ...]

    def parity(self, found: Sequence[Prediction]) -> Parity:
        """How far answers to the probes are from what was evaluated."""
        return compare_predictions("served", self.expected, found)


def open_served(folder: Path, engine: str = "auto") -> Served:
    """Open a run, or a specialist's folder, to be served.

    Args:
        folder: The run's or the specialist's.
        engine: `onnx`, `torch`, or `auto`: ONNX Runtime where the specialist has that form.

    Raises:
        UserError: There is no specialist, it is damaged, or it has no such form.
    """
    if engine not in ENGINES:
        raise UserError(f"there is no engine {engine!r}", where="--engine", fix="Use auto, onnx or torch.")
    run = load(folder)
    place = run.specialist_folder
    used: Engine = "onnx" if engine == "onnx" or (engine == "auto" and read_manifest(place).onnx) else "torch"
    specialist = load_specialist(place, used)
    probes, expected = _probes(run.folder, specialist)
    return Served(
        name=run.folder.resolve().name,
        version=file_digest(place / MANIFEST)[:12],
        specialist=specialist,
        engine=used,
        probes=tuple(probes),
        expected=tuple(expected),
    )


def _probes(folder: Path, specialist: Specialist) -> tuple[Rows, list[Prediction]]:
    """Rows and the answers to them: those that training stored, or else what the form that was evaluated answers."""
    inputs = [column.role for column in specialist.task.columns if not column.target]
    stored = folder / "train" / PROBES_FILE
    if stored.is_file() and specialist.manifest.kind == "network" and not specialist.manifest.baseline:
        rows, expected = read_probes(stored)
        return [{role: row[role] for role in inputs} for row in rows[:_PROBES]], expected[:_PROBES]
    rows = [
        {role: row[role] for role in inputs}
        for row in specialist.task.label_rows(specialist.manifest.targets.targets())[:_PROBES]
    ]
    return rows, load_specialist(specialist.folder).predict(rows) if rows else []
