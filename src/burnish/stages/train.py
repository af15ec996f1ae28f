"""`train`: adapt the model, keep the checkpoint that is best on the validation rows, and go on after a crash."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from burnish.contracts import Example, LoadedModel, Prediction, Rows
from burnish.errors import UserError
from burnish.events import Note, Progress, Work
from burnish.hardware import cores
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, replacing_folder, write_json
from burnish.stages.stage import MODEL_FOLDER, PROBES_FILE, OpenRun, Stage, open_rows, open_run

_CHECKPOINT, _BEST = "checkpoint.safetensors", "best.safetensors"
_PROBES = 64
_CURVE_POINTS = 200


@dataclass(kw_only=True)
class Story:
    """What happened so far; travels with the checkpoint.

    Attributes:
        curve: (step, mean training loss since the last point).
        validations: Epoch, step, score and loss on the validation rows; the first is the start.
        best: Index of the best validation.
        seconds: Wall seconds spent training.
        stopped: Why training ended before the last epoch, or "".
    """

    curve: list[tuple[int, float]] = field(default_factory=list)
    validations: list[dict[str, float]] = field(default_factory=list)
    best: int = 0
    seconds: float = 0.0
    stopped: str = ""


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write model/ (the best checkpoint, plain and calibrated), probes.json and training.json."""
    import torch

    from burnish.training.checkpoint import load_weights

    stage = folder.stage("train")
    opened = yield from open_run(recipe, folder)
    task, targets = opened.task, opened.targets
    validation = open_rows(folder, "validation")
    threads = recipe.training.threads or cores()
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    session = yield from _begin(opened)
    story = yield from _train(session, validation, stage)
    session.training.let_go()
    load_weights(stage / _BEST, session.training)
    model = session.plain()
    yield Note(text=_outcome(story, session))
    calibration = task.calibrate(model, validation, targets)
    probes = validation[:_PROBES]
    with replacing_folder(stage / MODEL_FOLDER) as saved:
        task.save(model, saved)
    _write_probes(stage / PROBES_FILE, probes, task.predict(model, probes, targets))
    trained = session.trained_parameters
    facts = {
        **asdict(story),
        "metric": opened.metric().name,
        "precision": "bf16" if session.lesson.bf16 else "fp32",
        "device": session.training.accelerator.device.type,
        "threads": threads,
        "parameters": sum(p.numel() for p in model.network.parameters()),
        "trained_parameters": trained,
        "calibration": calibration,
    }
    write_json(stage / "training.json", facts)
    (stage / _CHECKPOINT).unlink(missing_ok=True)
    (stage / _BEST).unlink(missing_ok=True)


@dataclass(kw_only=True)
class _Session:
    """Training as it is set up for this recipe."""

    opened: OpenRun
    model: LoadedModel
    training: Any  # training.loop.Training; its module is loaded when a stage runs
    lesson: Any
    trained_parameters: int

    def validate(self, rows: Rows) -> dict[str, float]:
        """Score and loss of the network as it is, on rows of the validation part."""
        import torch

        task, targets = self.opened.task, self.opened.targets
        with torch.autocast(self.training.accelerator.device.type, torch.bfloat16, enabled=self.lesson.bf16):
            predictions = task.predict(self.model, rows, targets)
        truths = task.truths(rows)
        return {
            name: float(metric.value(metric.statistics(truths, predictions, targets).sum(axis=0)))
            for name, metric in (("score", self.opened.metric()), ("loss", task.validation_loss))
        }

    def plain(self) -> LoadedModel:
        """The network as a plain one on the processor: full vocabulary, adapters merged."""
        from burnish.training.vocabulary import restore_vocabulary

        self.model.network.to("cpu")
        restore_vocabulary(self.model)
        model = self.opened.recipe.method.method().finish(self.model)
        model.network.eval()
        return model


def _begin(opened: OpenRun) -> Work[_Session]:
    from burnish.training.loop import Lesson, begin_training
    from burnish.training.vocabulary import cut_vocabulary

    recipe, task, settings = opened.recipe, opened.task, opened.recipe.training
    rows = open_rows(opened.folder, "train")
    model = yield from _starting_model(opened)
    method, method_settings = recipe.method.method(), recipe.method.parsed()
    if refusal := method.refuse(model, method_settings):
        raise UserError(refusal, where=f"method: {method.name}")
    groups = method.prepare(model, method_settings)
    examples = task.encode(model, rows, opened.targets)
    names = {name for group in groups for name in group.names}
    trained = sum(p.numel() for name, p in model.network.named_parameters() if name in names)
    used = _tokens_in_use(opened, model, examples)
    if cut_vocabulary(model, groups, used):
        yield Note(text=f"{len(used)} tokens occur in the data; the embeddings of the others rest while training")
    training = begin_training(model, groups, settings)
    lesson = Lesson(
        examples=examples,
        weights=_row_weights(task.strata(rows), settings.class_weights == "balanced"),
        collate=task.collate,
        loss=task.loss,
        settings=settings,
        bf16=False,
        seed=recipe.seed,
    )
    measured_for = f"{opened.base.digest} {method.name} {settings.batch_size} {settings.threads or cores()}"
    bf16, reason = _precision(lesson, training, measured_for)
    yield Note(text=reason)
    lesson = replace(lesson, bf16=bf16)
    return _Session(opened=opened, model=model, training=training, lesson=lesson, trained_parameters=trained)


def _starting_model(opened: OpenRun) -> Work[LoadedModel]:
    """The untouched model, with the head that the recipe asks to start from."""
    start = opened.task.start
    if opened.recipe.training.start == "probe" and start and (model := opened.with_head(start)) is not None:
        yield Note(text=f"the head starts from the baseline {start}")
        return model
    return opened.untouched()


def _tokens_in_use(opened: OpenRun, model: LoadedModel, examples: list[Example]) -> set[int]:
    """Every token id that training and validation will look up, padding included."""
    validation = opened.task.encode(model, open_rows(opened.folder, "validation"), opened.targets)
    used = {token for example in (*examples, *validation) for token in example.get("input_ids", ())}
    padding = getattr(model.processor, "pad_token_id", None)
    return used if padding is None else used | {padding}


def _row_weights(strata: list[str], balanced: bool) -> list[float]:
    """1 for every row; or, balanced, such that every stratum weighs the same and the mean stays 1."""
    if not balanced:
        return [1.0] * len(strata)
    counts = Counter(strata)
    return [len(strata) / (len(counts) * counts[stratum]) for stratum in strata]


def _precision(lesson: Any, training: Any, what: str) -> tuple[bool, str]:
    """Whether to train in bf16, as asked or as measured."""
    from burnish.training.loop import rehearse
    from burnish.training.precision import bf16_pays

    if lesson.settings.precision != "auto":
        return lesson.settings.precision == "bf16", f"precision: {lesson.settings.precision}, as the recipe says"
    return bf16_pays(lambda bf16: rehearse(training, lesson, bf16), what, training.accelerator.device)


def _train(session: _Session, validation: Rows, stage: Path) -> Work[Story]:
    """Train until the last epoch or until validation stops getting better; return what happened."""
    from burnish.training.checkpoint import load_checkpoint, save_checkpoint, save_weights
    from burnish.training.loop import train_epoch

    training, lesson, settings = session.training, session.lesson, session.opened.recipe.training
    total = lesson.steps_per_epoch * settings.epochs
    notes = load_checkpoint(stage / _CHECKPOINT, training)
    story = Story(**notes) if notes else Story()
    if notes:
        yield Note(text=f"going on from the checkpoint at step {training.step} of {total}")
    else:
        story.validations.append({"epoch": 0, "step": 0, **session.validate(validation)})
        save_weights(stage / _BEST, training)
    pending: list[float] = []
    earlier, began, saved = story.seconds, time.perf_counter(), time.perf_counter()
    warned = False
    while training.epoch < settings.epochs and not story.stopped:
        for record in train_epoch(training, lesson):
            pending.append(record.loss)
            if record.step % max(1, total // _CURVE_POINTS) == 0:
                story.curve.append((record.step, sum(pending) / len(pending)))
                pending.clear()
                if time.perf_counter() - saved > settings.checkpoint_seconds and training.position:
                    story.seconds = earlier + time.perf_counter() - began
                    save_checkpoint(stage / _CHECKPOINT, training, asdict(story))
                    saved = time.perf_counter()
            if record.parts > settings.accumulate and not warned:
                warned = True
                yield Note(
                    text=f"memory is too small for {record.rows} rows at once; going on with "
                    f"{training.largest_part} at a time",
                    level="warning",
                )
            yield _progress(record, story, total, session)
        story.validations.append({"epoch": training.epoch, "step": training.step, **session.validate(validation)})
        _note_best(story, session)
        if story.best == len(story.validations) - 1:
            save_weights(stage / _BEST, training)
        story.seconds = earlier + time.perf_counter() - began
        save_checkpoint(stage / _CHECKPOINT, training, asdict(story))
        saved = time.perf_counter()
        yield Note(text=_epoch_sentence(story, session))
    return story


def _epoch_sentence(story: Story, session: _Session) -> str:
    latest, name = story.validations[-1], session.opened.metric().name
    best = " (best so far)" if story.best == len(story.validations) - 1 else ""
    scores = f"{name} {latest['score']:.4f}, loss {latest['loss']:.4f} on validation rows"
    return f"epoch {latest['epoch']:.0f}: {scores}{best}"


def _note_best(story: Story, session: _Session) -> None:
    """Compare the last validation with the best one, and stop when patience is at its end."""
    metric = session.opened.metric()
    sign = 1 if metric.higher_is_better else -1

    def rank(index: int) -> tuple[float, float]:
        entry = story.validations[index]
        return (sign * entry["score"], -entry["loss"])

    last = len(story.validations) - 1
    if rank(last) > rank(story.best):
        story.best = last
    elif last - story.best >= session.opened.recipe.training.patience:
        story.stopped = f"no better score in {session.opened.recipe.training.patience} validations"


def _progress(record: Any, story: Story, total: int, session: _Session) -> Progress:
    best = story.validations[story.best]["score"]
    rate = record.rows / max(record.seconds, 1e-9)
    return Progress(
        work="training",
        done=record.step,
        total=total,
        figures={
            "loss": f"{record.loss:.3f}",
            f"best {session.opened.metric().name}": f"{best:.3f}",
            "rows/s": f"{rate:.0f}",
        },
    )


def _outcome(story: Story, session: _Session) -> str:
    best = story.validations[story.best]
    ended = f"stopped early ({story.stopped})" if story.stopped else f"{session.training.epoch} epochs"
    if story.best == 0:
        return f"{ended}; nothing beat the start on the validation rows, so the start is kept"
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
    reads=("task", "model", "method", "training", "data.longest", "evaluate.metric", "seed"),
    run=run,
    resumes=True,
)
