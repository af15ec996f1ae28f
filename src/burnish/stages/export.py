"""`export`: write the specialist in forms that load anywhere, and prove that each answers as the trained one does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.contracts import Prediction, Rows
from burnish.events import Note, Progress, Work
from burnish.exporting.parity import Parity, compare_predictions, require_parity
from burnish.exporting.specialist_folder import write_network
from burnish.hardware import give_back_memory
from burnish.predictor import Engine, engines_of, load_specialist
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, read_json, replacing_folder, write_json
from burnish.stages.stage import MODEL_FOLDER, PROBES_FILE, SPECIALIST, OpenRun, Stage, open_run


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write specialist/ and parity.json."""
    give_back_memory()  # what training held
    opened = yield from open_run(recipe, folder)
    probes = read_probes(folder.file("train", PROBES_FILE))
    with replacing_folder(folder.file("export", SPECIALIST)) as written:
        parities = yield from _write(opened, probes, written)
        if parities[0].passed and not all(parity.passed for parity in parities):  # a kept graph may be to blame
            parities = yield from _write(opened, probes, written, afresh=True)
        for parity in parities:
            require_parity(parity)
    yield Progress(work="export", done=3, total=3)
    write_json(folder.file("export", "parity.json"), [parity.as_dict() for parity in parities])
    shown = ", ".join(f"{parity.form} {parity.largest_difference:.1e}" for parity in parities)
    yield Note(text=f"exported; largest difference from the trained network on {len(probes[0])} probes: {shown}")


def _write(
    opened: OpenRun, probes: tuple[Rows, list[Prediction]], written: Path, *, afresh: bool = False
) -> Work[list[Parity]]:
    """Write the specialist and compare each form with the trained network."""
    rows, expected = probes
    yield Progress(work="export", done=0, total=3, figures={"now": "weights and ONNX"})
    engines = _write_forms(opened, rows, written, afresh=afresh)
    give_back_memory()
    parities = []
    for number, engine in enumerate(engines, start=1):
        yield Progress(work="export", done=number, total=3, figures={"now": f"parity, {engine}"})
        answers = load_specialist(written, engine).predict(list(rows))
        parities.append(compare_predictions(engine, expected, answers))
    return parities


def _write_forms(opened: OpenRun, rows: Rows, written: Path, *, afresh: bool) -> list[Engine]:
    """Write the specialist and return what can run it; its network is let go of: the written forms answer from here."""
    trained = opened.folder.file("train", MODEL_FOLDER)
    model = opened.task.restore(trained, opened.targets, opened.recipe.data.longest)
    manifest = opened.manifest(model.longest)
    manifest = write_network(opened.task, model, rows, opened.targets, manifest, written, afresh=afresh)
    return engines_of(manifest)


def read_probes(path: Path) -> tuple[Rows, list[Prediction]]:
    """The stored probe rows, and what the trained network answered in memory."""
    probes: list[dict[str, Any]] = read_json(path)
    predictions = [Prediction(value=p["value"], confidence=p["confidence"], scores=p["scores"]) for p in probes]
    return [probe["row"] for probe in probes], predictions


STAGE = Stage(
    name="export",
    summary="writes the specialist and proves parity",
    reads=("task", "model", "data", "method"),
    run=run,
)
