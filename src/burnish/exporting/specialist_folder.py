"""Write a specialist's folder: a trained network with its ONNX form, or a kept baseline with its base model."""

from __future__ import annotations

import shutil
from pathlib import Path

from burnish.contracts import FittedBaseline, LoadedModel, Rows, Targets, Task
from burnish.exporting.manifest import Manifest, write_manifest

BASE_FOLDER = "base"
BASELINE_FOLDER = "baseline"
_TRACED_ROWS = 4


def write_network(
    task: Task,
    model: LoadedModel,
    rows: Rows,
    targets: Targets,
    manifest: Manifest,
    folder: Path,
    *,
    afresh: bool = False,
) -> Manifest:
    """Write a network in its library's format, its ONNX form where the task has one, and the manifest.

    Args:
        task: The task.
        model: The network, on the processor.
        rows: A few rows for the ONNX exporter to trace.
        targets: The targets.
        manifest: Without files and versions.
        folder: An empty folder, or one to write over.
        afresh: Export even where a graph of this architecture is kept.
    """
    model.network.eval()
    task.save(model, folder)
    onnx = ""
    if task.onnx is not None:
        from burnish.exporting.onnx import ONNX_FILE, write_onnx

        batch = task.collate(model, task.encode(model, rows[:_TRACED_ROWS], targets))
        write_onnx(model, task.onnx, batch, folder, afresh=afresh)
        onnx = ONNX_FILE
    return write_manifest(folder, manifest.model_copy(update={"onnx": onnx}))


def write_baseline(fitted: FittedBaseline, base: Path | None, manifest: Manifest, folder: Path) -> Manifest:
    """Write a baseline, with the untouched model where it uses its features.

    Args:
        fitted: The baseline.
        base: The untouched model's folder, or None where it is not used.
        manifest: Without files and versions.
        folder: An empty folder.
    """
    (folder / BASELINE_FOLDER).mkdir()
    fitted.save(folder / BASELINE_FOLDER)
    if base is not None:
        shutil.copytree(base, folder / BASE_FOLDER, ignore=shutil.ignore_patterns(".*"))
    return write_manifest(folder, manifest)
