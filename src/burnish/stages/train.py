"""`train`: adapt the model, keep the checkpoint that is best on the validation rows, and go on after a crash."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from burnish.contracts import Prediction, Rows
from burnish.events import Note, Progress, Validated, Work
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, replacing_folder, write_json
from burnish.stages.augmentation import SAMPLES_FILE, SUBSTITUTES_FILE
from burnish.stages.session import Session, frozen_part, open_session
from burnish.stages.stage import ADAPTER_FOLDER, MODEL_FOLDER, PROBES_FILE, Stage, masking_files, open_run
from burnish.stages.warm_start import warm_start_files
from burnish.training.course import Course, drive_epoch, total_steps

_CHECKPOINT, _BEST = "checkpoint.safetensors", "best.safetensors"
_PROBES = 64


@dataclass(kw_only=True)
class Story(Course):
    """What happened so far.

    Attributes:
        validations: Epoch, step, score with its standard error, and loss on the validation rows; the start comes first.
        best: Index of the validation whose weights are kept.
        stopped: Why training ended before the last epoch, or "".
    """

    validations: list[dict[str, float]] = field(default_factory=list)
    best: int = 0
    stopped: str = ""


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write model/ (the best checkpoint, plain and calibrated), probes.json, training.json and, if any, adapter/."""
    import torch

    from burnish.training.casting import cast_once

    stage = folder.stage("train")
    opened = yield from open_run(recipe, folder)
    torch.manual_seed(recipe.seed)
    session = yield from open_session(opened)
    if session.augmentation:
        write_json(stage / SAMPLES_FILE, session.augmentation)
    frozen = yield from frozen_part(session)
    with frozen:
        with cast_once(session.training, bf16=session.lesson.bf16):
            story = yield from _train(session, stage)
        share = yield from _best_weights(session, stage)
        yield Note(text=_outcome(story, session))
        yield Note(
            text=f"{story.waiting / max(story.seconds, 1e-9):.1%} of the time in training went into making batches"
        )
        # What flows into the head is kept in full; states of blocks may be kept in half precision, so not beyond here
        calibration = _save(session, stage) if session.training.head_alone else {}
    calibration = calibration or _save(session, stage)
    facts = {
        **asdict(story),
        "metric": opened.metric().name,
        "method": session.method.name,
        "precision": "bf16" if session.lesson.bf16 else "fp32",
        "device": session.training.accelerator.device.type,
        "threads": torch.get_num_threads(),
        "parameters": sum(p.numel() for p in session.model.network.parameters()),
        "trained_parameters": session.trained_parameters,
        "tuned_share": share,
        "calibration": calibration,
    }
    write_json(stage / "training.json", facts)
    (stage / _CHECKPOINT).unlink(missing_ok=True)
    (stage / _BEST).unlink(missing_ok=True)
    (stage / SUBSTITUTES_FILE).unlink(missing_ok=True)


def _best_weights(session: Session, stage: Path) -> Work[float]:
    """Bring the network to its best checkpoint, mixed with the starting weights where the recipe asks for it."""
    from burnish.training.checkpoint import load_weights
    from burnish.training.interpolation import best_mix

    session.training.let_go()
    load_weights(stage / _BEST, session.training)
    if not session.lesson.settings.interpolate:
        return 1.0
    higher = session.opened.metric().higher_is_better
    share = best_mix(session.training, session.validate, higher_is_better=higher)
    yield Note(text=f"of the way from the starting weights to the tuned ones, {share:.0%} is kept by validation rows")
    return share


def _save(session: Session, stage: Path) -> dict[str, float]:
    """Write what the method added, and the calibrated model with its answers to probes; returns the calibration."""
    task, targets = session.opened.task, session.opened.targets
    model = session.plain()
    if session.method.keep is not None:
        with replacing_folder(stage / ADAPTER_FOLDER) as kept:
            session.method.keep(model, kept)
    model = session.method.finish(model)
    calibration = task.calibrate(model, session.validation, targets)
    probes = session.validation[:_PROBES]
    with replacing_folder(stage / MODEL_FOLDER) as saved:
        task.save(model, saved)
    _write_probes(stage / PROBES_FILE, probes, task.predict(model, probes, targets))
    return calibration


def _train(session: Session, stage: Path) -> Work[Story]:
    """Train until the last epoch or until validation stops getting better; return what happened."""
    from burnish.training.averaging import average_epoch, averaged_weights
    from burnish.training.checkpoint import load_checkpoint, save_checkpoint, save_weights

    training, settings = session.training, session.lesson.settings
    notes = load_checkpoint(stage / _CHECKPOINT, training)
    story = Story(**notes) if notes else Story()
    if notes:
        yield Note(text=f"going on from the checkpoint at step {training.step} of {total_steps(session.lesson)}")
    else:
        story.validations.append({"epoch": 0, "step": 0, **session.validate()})
        save_weights(stage / _BEST, training)
    earlier, began = story.seconds, time.perf_counter()
    while training.epoch < settings.epochs and not story.stopped:
        yield from _epoch(session, story, stage, began - earlier)
        average_epoch(training, settings)
        with averaged_weights(training):
            story.validations.append({"epoch": training.epoch, "step": training.step, **session.validate()})
            _note_best(story, session)
            if story.best == len(story.validations) - 1:
                save_weights(stage / _BEST, training)
        story.seconds = earlier + time.perf_counter() - began
        save_checkpoint(stage / _CHECKPOINT, training, asdict(story))
        latest = story.validations[-1]
        yield Validated(epoch=training.epoch, step=training.step, score=latest["score"], loss=latest["loss"])
        yield Note(text=_epoch_sentence(story, session))
    return story


def _epoch(session: Session, story: Story, stage: Path, began: float) -> Work[None]:
    """Train the rest of an epoch and show how far it is."""
    total = total_steps(session.lesson)
    for told in drive_epoch(session.training, session.lesson, story, stage / _CHECKPOINT, began):
        yield told if isinstance(told, Note) else _progress(told, story, total, session)


def _epoch_sentence(story: Story, session: Session) -> str:
    latest, name = story.validations[-1], session.opened.metric().name
    best = " (kept so far)" if story.best == len(story.validations) - 1 else ""
    scores = f"{name} {latest['score']:.4f}, loss {latest['loss']:.4f} on validation rows"
    counted = session.training.counted
    rested = f"; {counted.count(0.0)} of {len(counted)} rows rested" if 0.0 in counted else ""
    return f"epoch {latest['epoch']:.0f}: {scores}{best}{rested}"


def _note_best(story: Story, session: Session) -> None:
    """Find the validation whose weights count so far, and stop when patience is at its end."""
    from burnish.training.early_stopping import kept_validation, validations_without_gain

    higher, patience = session.opened.metric().higher_is_better, session.lesson.settings.patience
    story.best = kept_validation(story.validations, higher_is_better=higher)
    if validations_without_gain(story.validations, higher_is_better=higher) >= patience:
        story.stopped = f"{patience} epochs clearly worse than one before"


def _progress(record: Any, story: Story, total: int, session: Session) -> Progress:
    best = story.validations[story.best]["score"]
    rate = record.rows / max(record.seconds, 1e-9)
    return Progress(
        work="training",
        done=round(record.epochs * session.lesson.steps_per_epoch),
        total=total,
        figures={
            "loss": f"{record.loss:.3f}",
            f"kept {session.opened.metric().name}": f"{best:.3f}",
            "rows/s": f"{rate:.0f}",
        },
    )


def _outcome(story: Story, session: Session) -> str:
    best = story.validations[story.best]
    ended = f"stopped early ({story.stopped})" if story.stopped else f"{session.training.epoch} epochs"
    if story.best == 0:
        return f"{ended}; every epoch was clearly worse than the start on the validation rows, so the start is kept"
    name = session.opened.metric().name
    return f"{ended}; kept epoch {best['epoch']:.0f} with {name} {best['score']:.4f} on validation rows"


def _write_probes(path: Path, rows: Rows, predictions: list[Prediction]) -> None:
    probes = [
        {"row": dict(row), "value": p.value, "confidence": p.confidence, "scores": dict(p.scores)}
        for row, p in zip(rows, predictions, strict=True)
    ]
    write_json(path, probes)


STAGE = Stage(
    name="train",
    summary="adapts the model",
    reads=("task", "model", "method", "training", "augment", "data.longest", "evaluate.metric", "seed"),
    files=lambda recipe: {**warm_start_files(recipe), **masking_files(recipe)},
    run=run,
    resumes=True,
)
