"""`evaluate`: open the sealed test rows, score the exported specialist against every baseline, and decide."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.contracts import Answers, Json, Metric, Prediction, Rows, Task, Weighs
from burnish.data.rows import ROW, PackedRows, read_rows
from burnish.events import Note, Progress, Work
from burnish.exporting.card import CardFacts, write_card
from burnish.exporting.manifest import CARD, Manifest, read_manifest
from burnish.exporting.parity import compare_predictions, require_parity
from burnish.exporting.specialist_folder import write_baseline, write_network
from burnish.hardware import Meter, cores, give_back_memory, price_per_hour
from burnish.metrics.comparison import Comparison, compare
from burnish.metrics.intervals import Estimate
from burnish.metrics.verdict import Verdict, decide
from burnish.predictor import NetworkAnswers, UntouchedModel, engines_of, load_specialist
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, atomic_path, read_json, replacing_folder, write_json
from burnish.stages.stage import SEAL_FILE, SPECIALIST, TEST_FILE, OpenRun, Stage, open_run, placed, sealed_digest

if TYPE_CHECKING:
    from burnish.contracts import Features, FloatArray

STAGES_BEFORE = ("check", "split", "baseline", "pretrain", "train", "export")
_TIMED_ROWS = 256


@dataclass(frozen=True, kw_only=True)
class System:
    """Something that answered the test rows."""

    name: str
    predictions: list[Prediction]
    seconds: float
    weights: FloatArray | None = None  # how probable the right answers are to it, where it can tell


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write verdict.json, scores.json, predictions.csv, panels.json and specialist/ (what to use from now on)."""
    meter = Meter()
    opened = yield from open_run(recipe, folder)
    task = opened.task
    rows = open_sealed_rows(folder)
    systems = yield from _answer(opened, rows)
    verdict, scores = _score(opened, rows, systems)
    usage = _total_usage(folder, meter)
    cost = _cost(recipe, usage, folder)
    stage = folder.stage("evaluate")
    scored = {"rows": len(rows), "metrics": scores, **_timings(systems, len(rows))}
    write_json(stage / "scores.json", scored)
    _write_predictions(stage / "predictions.csv", task, rows, systems)
    _write_texts(stage / "answers.jsonl", task, rows, systems)
    write_json(stage / "panels.json", [*_beside(task, rows, systems, verdict), *_panels(opened, rows, systems[0])])
    document = verdict.as_dict(seconds=usage["seconds"], cost=cost)
    _write_specialist(opened, rows, systems, verdict)
    _write_card(opened, document, scores)
    write_json(stage / "verdict.json", document)
    yield Note(text=f"verdict: {verdict.decision}. " + " ".join(verdict.reasons))


def open_sealed_rows(folder: RunFolder) -> PackedRows:
    """The test rows, which must be those that were sealed when the data was split.

    Raises:
        UserError: The file has changed since.
    """
    sealed_digest(folder)
    return read_rows(folder.file("split", TEST_FILE))


def _answer(opened: OpenRun, rows: Rows) -> Work[list[System]]:
    """Let the exported specialist and then every baseline answer the same rows, with one network in memory at a time.

    Baselines share the features of the untouched model: they are computed once, and their time counts for each.
    """
    baselines = opened.baselines()
    names = ["specialist", *(baseline.name for baseline in baselines)]
    work = "answering test rows"
    yield Progress(work=work, done=0, total=len(names), figures={"now": names[0]})
    specialist = load_specialist(opened.folder.file("export", SPECIALIST)).answers
    if isinstance(specialist, NetworkAnswers):
        placed(specialist.model, opened.recipe)
    systems = [_answered(opened.task, names[0], specialist, rows)]
    del specialist
    give_back_memory()
    yield Progress(work=work, done=1, total=len(names), figures={"now": "features of the untouched model"})
    untouched = RememberedFeatures(model=opened.features(), often=rows)
    features_seconds = 0.0
    if any(baseline.uses_features for baseline in baselines):
        untouched(rows)
        features_seconds = _features_seconds(untouched.model, rows)
    for number, baseline in enumerate(baselines, start=1):
        yield Progress(work=work, done=number, total=len(names), figures={"now": baseline.name})
        answers = baseline.load(opened.folder.file("baseline", baseline.name), opened.targets, untouched)
        shared = features_seconds if baseline.uses_features else 0.0
        systems.append(_answered(opened.task, baseline.name, answers, rows, shared))
    yield Progress(work=work, done=len(names), total=len(names))
    return systems


@dataclass(frozen=True, kw_only=True)
class RememberedFeatures:
    """The untouched model, with the features of some rows computed once."""

    model: UntouchedModel
    often: Rows

    @cached_property
    def _known(self) -> Features:
        return self.model(self.often)

    def __call__(self, rows: Rows) -> Features:
        """Features of rows."""
        return self._known if rows is self.often else self.model(rows)

    def predict(self, rows: Rows) -> list[Prediction]:
        """The model's own answers."""
        return self.model.predict(rows)

    def weigh(self, rows: Rows) -> FloatArray:
        """How probable the right answers are to it."""
        return self.model.weigh(rows)


def _answered(task: Task, name: str, answers: Answers, rows: Rows, shared: float = 0.0) -> System:
    """What a system answered, with the processor seconds that it took besides the `shared` ones."""
    meter = Meter()
    predictions = answers.predict(rows)
    seconds = shared + meter.read().processor_seconds
    weights = answers.weigh(rows) if task.weigh is not None and isinstance(answers, Weighs) else None
    return System(name=name, predictions=predictions, seconds=seconds, weights=weights)


def _features_seconds(untouched: UntouchedModel, rows: Rows) -> float:
    """Processor seconds for the features of all rows, measured on some: the cache may have given those of all."""
    some = rows[:: max(1, math.ceil(len(rows) / _TIMED_ROWS))]
    uncached = replace(untouched, digest="")
    meter = Meter()
    uncached(some)
    return meter.read().processor_seconds * len(rows) / max(1, len(some))


def _score(opened: OpenRun, rows: Rows, systems: Sequence[System]) -> tuple[Verdict, dict[str, Any]]:
    """Every metric of every system with intervals, and the verdict from the deciding one."""
    task, targets, recipe = opened.task, opened.targets, opened.recipe
    truths, deciding = task.truths(rows), opened.metric()
    scores: dict[str, Any] = {}
    verdict = None
    for metric in task.metrics:
        statistics = [metric.statistics(truths, system.predictions, targets) for system in systems]
        baselines = dict(zip((system.name for system in systems[1:]), statistics[1:], strict=True))
        specialist, others, comparisons = compare(metric, statistics[0], baselines, recipe.seed)
        scores[metric.name] = _entry(metric, specialist, others, comparisons)
        if metric.name == deciding.name:
            verdict = decide(
                metric=metric.name,
                higher_is_better=metric.higher_is_better,
                specialist=specialist,
                baselines=others,
                comparisons=comparisons,
                test_rows=len(rows),
                minimum_gain=recipe.evaluate.minimum_gain,
                share=metric.share,
                relative=metric.relative,
            )
    assert verdict is not None, f"{deciding.name} is not among the task's metrics"
    return verdict, scores | _weighed_scores(opened, systems)


def _weighed_scores(opened: OpenRun, systems: Sequence[System]) -> dict[str, Any]:
    """Scores of how probable the right answers were to the systems that can tell."""
    weights = {system.name: system.weights for system in systems if system.weights is not None}
    own = weights.pop(systems[0].name, None)
    if own is None or not weights:
        return {}
    scores = {}
    for metric in opened.task.weighed:
        specialist, baselines, comparisons = compare(metric, own, weights, opened.recipe.seed)
        scores[metric.name] = _entry(metric, specialist, baselines, comparisons)
    return scores


def _entry(
    metric: Metric, specialist: Estimate, baselines: Mapping[str, Estimate], comparisons: Sequence[Comparison]
) -> dict[str, Any]:
    return {
        "summary": metric.summary,
        "higher_is_better": metric.higher_is_better,
        "share": metric.share,
        "relative": metric.relative,
        "interval": "Wilson; differences: Bonett and Price" if metric.paired_test == "mcnemar" else "bootstrap",
        "specialist": specialist.as_dict(),
        "baselines": {name: estimate.as_dict() for name, estimate in baselines.items()},
        "comparisons": [asdict(comparison) for comparison in comparisons],
    }


def _beside(task: Task, rows: Rows, systems: Sequence[System], verdict: Verdict) -> list[dict[str, Any]]:
    """What the report shows of the answers of all systems: the specialist's, the best baseline's, the others'."""
    if task.side_by_side is None:
        return []
    first = (systems[0].name, verdict.best_baseline)
    ordered = sorted(systems, key=lambda system: first.index(system.name) if system.name in first else len(first))
    return task.side_by_side(rows, {system.name: system.predictions for system in ordered})


def _panels(opened: OpenRun, rows: Rows, specialist: System) -> list[dict[str, Any]]:
    """What the report shows of the specialist's answers, with what only the network itself can tell."""
    predictions = specialist.predictions
    panels = opened.task.panels(rows, predictions, opened.targets)
    if opened.task.explain is None:
        return panels
    place = opened.folder.file("export", SPECIALIST)
    model = opened.task.restore(place, opened.targets, read_manifest(place).longest)
    return [*panels, *opened.task.explain(model, rows, predictions, opened.targets)]


def _timings(systems: Sequence[System], rows: int) -> dict[str, Any]:
    per_thousand = {system.name: round(1000 * system.seconds / max(1, rows), 4) for system in systems}
    return {"processor_seconds_per_1000_rows": per_thousand}


def _total_usage(folder: RunFolder, meter: Meter) -> dict[str, Any]:
    """What all stages so far have used, this one included."""
    records = [record for name in STAGES_BEFORE if (record := folder.record(name)) is not None]
    used = [record["usage"] for record in records] + [asdict(meter.read())]
    total: dict[str, Any] = {key: sum(u[key] for u in used) for key in ("seconds", "processor_seconds", "watt_hours")}
    return {**total, "energy_measured": all(u["energy_measured"] for u in used)}


def _cost(recipe: Recipe, usage: Mapping[str, Any], folder: RunFolder) -> dict[str, Any]:
    """Money and energy for the whole run."""
    device = read_json(folder.file("train", "training.json"))["device"]
    gpu = ""
    if device == "cuda":
        import torch

        gpu = torch.cuda.get_device_name()
    asked = recipe.cost.price_per_hour
    price = price_per_hour(gpu) if asked is None else asked
    return {
        "amount": round(price * usage["seconds"] / 3600, 6),
        "currency": recipe.cost.currency,
        "price_per_hour": price,
        "price_from": "default table" if asked is None else "recipe",
        "hardware": gpu or f"{cores()} processor cores",
        "processor_seconds": round(usage["processor_seconds"], 2),
        "watt_hours": round(usage["watt_hours"], 4),
        "energy_measured": usage["energy_measured"],
    }


def _write_predictions(path: Path, task: Task, rows: Rows, systems: Sequence[System]) -> None:
    """One line per test row: the truth, and every system's answer with the specialist's confidence."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "truth", "confidence", *(system.name for system in systems)])
        for index, (row, truth) in enumerate(zip(rows, task.truths(rows), strict=True)):
            answers = [_cell(system.predictions[index].value) for system in systems]
            writer.writerow([row[ROW], _cell(truth), f"{systems[0].predictions[index].confidence:.4f}", *answers])


def _write_texts(path: Path, task: Task, rows: Rows, systems: Sequence[System]) -> None:
    """One line per written answer, with all that the model was given; no file where no system writes texts."""
    if not any(prediction.prompt for system in systems for prediction in system.predictions):
        return
    truths = task.truths(rows)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for system in systems:
            for row, truth, p in zip(rows, truths, system.predictions, strict=True):
                told = {"row": row[ROW], "system": system.name, "prompt": p.prompt, "answer": p.value, "truth": truth}
                file.write(json.dumps({**told, "scores": dict(p.scores)}, ensure_ascii=False) + "\n")


def _cell(value: Json) -> Json:
    """A value as a CSV file holds it: what has parts as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _write_specialist(opened: OpenRun, rows: Rows, systems: Sequence[System], verdict: Verdict) -> None:
    """Put into specialist/ what the verdict says to use: the exported network, or the baseline that is kept."""
    folder = opened.folder
    place = folder.file("evaluate", SPECIALIST)
    if verdict.decision != "keep-baseline":
        _link_folder(folder.file("export", SPECIALIST), place)
        return
    kept = next(system for system in systems if system.name == verdict.best_baseline)
    with replacing_folder(place) as written:
        manifest = write_kept(opened, kept.name, rows, written)
        for engine in engines_of(manifest):
            found = load_specialist(written, engine).answers.predict(rows)
            require_parity(compare_predictions(f"kept {kept.name}, {engine}", kept.predictions, found))


def write_kept(opened: OpenRun, name: str, rows: Rows, folder: Path) -> Manifest:
    """A baseline as a specialist: as a network where it is a linear head, else as its arrays and its base model."""
    baseline = opened.described_baseline(name)
    described = {"method": f"baseline: {name}", "baseline": name}
    if (network := opened.with_head(name)) is not None:
        manifest = opened.manifest(network.longest).model_copy(update=described)
        return write_network(opened.task, network, rows, opened.targets, manifest, folder)
    manifest = opened.manifest(opened.untouched().longest).model_copy(update={**described, "kind": "baseline"})
    base = opened.base.folder if baseline.uses_features or baseline.asks_model else None
    return write_baseline(opened.baseline(name), base, manifest, folder)


def _link_folder(source: Path, place: Path) -> None:
    """The same files in another folder, without taking space twice where the file system allows it."""
    with replacing_folder(place) as linked:
        for path in source.rglob("*"):
            target = linked / path.relative_to(source)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.hardlink_to(path)
            except OSError:
                shutil.copyfile(path, target)


def _write_card(opened: OpenRun, verdict: Mapping[str, Any], scores: Mapping[str, Any]) -> None:
    place = opened.folder.file("evaluate", SPECIALIST)
    manifest = read_manifest(place)
    usage = ""
    if manifest.kind == "network":
        model = opened.task.restore(place, opened.targets, manifest.longest)
        usage = opened.task.usage(model, ".")
    facts = CardFacts(
        name=opened.folder.name,
        manifest=manifest,
        verdict=verdict,
        scores=scores,
        sizes=read_json(opened.folder.file("split", SEAL_FILE))["rows"],
        seed=opened.recipe.seed,
        usage=usage,
        calibrated=bool(read_json(opened.folder.file("train", "training.json"))["calibration"]),
    )
    write_card(place / CARD, facts)


STAGE = Stage(
    name="evaluate",
    summary="opens the sealed test rows, compares and decides",
    reads=("task", "model", "evaluate", "cost", "data", "seed"),
    run=run,
)
