"""`export`: write the specialist in forms that load anywhere, and prove that each answers as the trained one does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.contracts import Prediction, Rows
from burnish.events import Note, Progress, Work
from burnish.exporting.parity import compare_predictions, require_parity
from burnish.exporting.specialist_folder import write_network
from burnish.hardware import give_back_memory
from burnish.predictor import Engine, load_specialist
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, read_json, replacing_folder, write_json
from burnish.stages.stage import MODEL_FOLDER, PROBES_FILE, SPECIALIST, Stage, open_run


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write specialist/ and parity.json."""
    give_back_memory()  # what training held
    opened = yield from open_run(recipe, folder)
    task, targets = opened.task, opened.targets
    model = task.restore(folder.file("train", MODEL_FOLDER), targets, recipe.data.longest)
    rows, expected = read_probes(folder.file("train", PROBES_FILE))
    yield Progress(work="export", done=0, total=3, figures={"now": "weights and ONNX"})
    with replacing_folder(folder.file("export", SPECIALIST)) as written:
        manifest = write_network(task, model, rows, targets, opened.manifest(model.longest), written)
        del model  # from here on it is the written forms that answer
        give_back_memory()
        engines: list[Engine] = ["torch", "onnx"] if manifest.onnx else ["torch"]
        parities = []
        for number, engine in enumerate(engines, start=1):
            yield Progress(work="export", done=number, total=3, figures={"now": f"parity, {engine}"})
            parity = compare_predictions(engine, expected, load_specialist(written, engine).predict(list(rows)))
            require_parity(parity)
            parities.append(parity)
    yield Progress(work="export", done=3, total=3)
    write_json(folder.file("export", "parity.json"), [parity.as_dict() for parity in parities])
    shown = ", ".join(f"{parity.form} {parity.largest_difference:.1e}" for parity in parities)
    yield Note(text=f"exported; largest difference from the trained network on {len(rows)} probes: {shown}")


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
