"""`pretrain`: go on pre-training the model on texts of the domain (Gururangan et al. 2020), before any method."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.contracts import Batch, Example, LoadedModel
from burnish.errors import UserError
from burnish.events import Note, Progress, Work
from burnish.hardware import cores
from burnish.language_model import LanguageModel
from burnish.method_contract import ParameterGroup
from burnish.pretraining_settings import PretrainingSettings
from burnish.recipe import Recipe
from burnish.run_folder import RunFolder, replacing_folder, write_json
from burnish.stages.session import decide_precision
from burnish.stages.stage import (
    BASE_FOLDER,
    PRETRAIN,
    OpenRun,
    Stage,
    open_language,
    open_rows,
    open_run,
    open_unlabelled,
)
from burnish.training.course import Course, drive_epoch, total_steps
from burnish.training.settings import TrainingSettings

if TYPE_CHECKING:
    from burnish.training.lesson import Lesson
    from burnish.training.loop import Training

_CHECKPOINT, _HEAD_CHECKPOINT = "checkpoint.safetensors", "head-checkpoint.safetensors"


@dataclass(kw_only=True)
class Story(Course):
    """What happened so far.

    Attributes:
        held_out: (step, mean loss on the held-out texts); the first is the start.
    """

    held_out: list[tuple[int, float]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Texts:
    """What is read.

    Attributes:
        learned: Examples to learn from.
        held_out: Examples to measure on, with their tokens hidden once and for all.
        rows: How many rows came from where, and what became of them.
    """

    learned: Sequence[Example]
    held_out: Sequence[Example]
    rows: dict[str, int]


def run(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Write base/ (the adapted model, in the form of a base folder) and pretraining.json."""
    import torch

    stage = folder.stage(PRETRAIN)
    opened = yield from open_run(recipe, folder)
    torch.manual_seed(recipe.seed)
    settings = _settings(recipe)
    language = open_language(opened.task, opened.base.folder, recipe.data.longest)
    texts = _texts(opened, language, settings)
    yield Note(text=_rows_sentence(texts.rows))
    head = None
    if language.new_head:
        yield Note(text="the model comes without a head that predicts hidden words: a new one is fitted first, alone")
        head, _ = yield from _learn(opened, language, texts, stage / _HEAD_CHECKPOINT, head_alone=True)
    story, training = yield from _learn(opened, language, texts, stage / _CHECKPOINT, head_alone=False)
    training.let_go()
    language.model.network.to("cpu").eval()
    with replacing_folder(stage / BASE_FOLDER) as saved:
        language.save(saved)
    facts = _facts(story, head, texts, settings, training)
    write_json(stage / "pretraining.json", {**facts, "threads": torch.get_num_threads()})
    (stage / _CHECKPOINT).unlink(missing_ok=True)
    (stage / _HEAD_CHECKPOINT).unlink(missing_ok=True)
    yield _outcome(facts["perplexity"])


def _settings(recipe: Recipe) -> PretrainingSettings:
    assert recipe.pretraining is not None, "the stage does not apply"
    return recipe.pretraining


def _texts(opened: OpenRun, language: LanguageModel, settings: PretrainingSettings) -> Texts:
    """The training rows and those without targets, encoded, some of them held out.

    Raises:
        UserError: There are too few.
    """
    import torch

    train, unlabelled = open_rows(opened.folder, "train"), open_unlabelled(opened.folder)
    rows = [*train, *unlabelled]
    examples = language.encode(rows)
    count = max(1, round(settings.held_out * len(examples)))
    if count >= len(examples):
        raise UserError(
            f"{len(examples)} texts are too few to pre-train on and to measure on others",
            where="pretraining",
            fix="Give more texts with `data` under `pretraining`, or leave the section out.",
        )
    apart = set(random.Random(f"{opened.recipe.seed}/held-out").sample(range(len(examples)), count))
    generator = torch.Generator().manual_seed(opened.recipe.seed)
    return Texts(
        learned=[example for number, example in enumerate(examples) if number not in apart],
        held_out=[language.hide(examples[number], settings.mask, generator) for number in sorted(apart)],
        rows={
            "training": len(train),
            "unlabelled": len(unlabelled),
            "without_words": len(rows) - len(examples),
            "cut": sum(length > language.model.longest for length in opened.task.lengths(language.model, rows)),
            "learned": len(examples) - count,
            "held_out": count,
        },
    )


def _learn(
    opened: OpenRun, language: LanguageModel, texts: Texts, checkpoint: Path, *, head_alone: bool
) -> Work[tuple[Story, Training]]:
    """Train the head alone or everything to the last epoch, from the checkpoint where there is one."""
    from burnish.training.checkpoint import load_checkpoint, save_checkpoint
    from burnish.training.held_out import mean_loss

    training, lesson = yield from _begin(opened, language, texts, head_alone=head_alone)
    asked = replace(lesson, examples=texts.held_out, collate=language.collate)
    notes = load_checkpoint(checkpoint, training)
    story = Story(**notes) if notes else Story()
    if notes:
        yield Note(text=f"going on from the checkpoint at step {training.step} of {total_steps(lesson)}")
    else:
        story.held_out.append((0, mean_loss(training, asked)))
    began = time.perf_counter() - story.seconds
    while training.epoch < lesson.settings.epochs:
        for told in drive_epoch(training, lesson, story, checkpoint, began):
            yield told if isinstance(told, Note) else _progress(told, total_steps(lesson), head_alone=head_alone)
        story.held_out.append((training.step, mean_loss(training, asked)))
        story.seconds = time.perf_counter() - began
        save_checkpoint(checkpoint, training, asdict(story))
        what = "head alone, epoch" if head_alone else "epoch"
        perplexity = _perplexity(story.held_out[-1][1])
        yield Note(text=f"{what} {training.epoch}: perplexity {perplexity:.2f} on held-out texts")
    return story, training


def _begin(
    opened: OpenRun, language: LanguageModel, texts: Texts, *, head_alone: bool
) -> Work[tuple[Training, Lesson]]:
    from burnish.training.lesson import Lesson
    from burnish.training.loop import begin_training
    from burnish.training.network_settings import apply_network_settings

    recipe, share = opened.recipe, _settings(opened.recipe).mask

    def collate(model: LoadedModel, examples: Sequence[Example]) -> Batch:
        return language.collate(model, [language.hide(example, share, None) for example in examples])

    settings = _training_settings(recipe, head_alone=head_alone)
    apply_network_settings(language.model, settings)
    lesson = Lesson(
        examples=texts.learned,
        weights=[1.0] * len(texts.learned),
        collate=collate,
        loss=language.loss,
        settings=settings,
        bf16=False,
        seed=recipe.seed,
    )
    training = begin_training(language.model, tuple(_groups(language, head_alone=head_alone)), settings)
    part = "head" if head_alone else "all"
    measured_for = f"{opened.base.digest} {PRETRAIN} {part} {settings.batch_size} {settings.threads or cores()}"
    bf16, reason = decide_precision(lesson, training, measured_for)
    yield Note(text=reason)
    return training, replace(lesson, bf16=bf16)


def _groups(language: LanguageModel, *, head_alone: bool) -> Iterator[ParameterGroup]:
    """Everything, or the head alone: weight matrices decay, vectors and embeddings do not."""
    from burnish.adapting.groups import decays

    network = language.model.network
    names = language.head if head_alone else tuple(name for name, _ in network.named_parameters())
    for decay in (True, False):
        if chosen := tuple(name for name in names if decays(network, name) == decay):
            yield ParameterGroup(names=chosen, decay=float(decay))


def _training_settings(recipe: Recipe, *, head_alone: bool) -> TrainingSettings:
    """The settings of this section, with what the recipe says about the machine; all else is as it is by default."""
    own, machine = _settings(recipe), recipe.training
    return TrainingSettings(
        learning_rate=own.head_learning_rate if head_alone else own.learning_rate,
        epochs=own.head_epochs if head_alone else own.epochs,
        batch_size=own.batch_size,
        skip_easy=0.0,  # other words are hidden in every epoch, so that a loss says nothing of the next one
        accumulate=machine.accumulate,
        gradient_checkpointing=machine.gradient_checkpointing,
        precision=machine.precision,
        device=machine.device,
        threads=machine.threads,
        checkpoint_seconds=machine.checkpoint_seconds,
    )


def _facts(
    story: Story, head: Story | None, texts: Texts, settings: PretrainingSettings, training: Training
) -> dict[str, Any]:
    """What pretraining.json says."""
    return {
        "perplexity": {"before": _perplexity(story.held_out[0][1]), "after": _perplexity(story.held_out[-1][1])},
        "rows": texts.rows,
        "held_out_tokens": sum(len(example["targets"]) for example in texts.held_out),
        "mask": settings.mask,
        "epochs": training.epoch,
        "steps": training.step,
        "curve": story.curve,
        "held_out": story.held_out,
        "seconds": story.seconds + (head.seconds if head else 0.0),
        "head": "the model's own" if head is None else "new, tied to the embeddings, first fitted alone",
        "head_alone": None if head is None else asdict(head),
        "device": training.accelerator.device.type,
    }


def _perplexity(loss: float) -> float:
    """Among how many equally likely tokens a mean loss leaves a choice: e to its power."""
    return math.exp(min(loss, 700.0))  # what is more has no floating-point number


def _rows_sentence(rows: dict[str, int]) -> str:
    told = [f"{rows['training']} training rows"]
    told += [f"{rows['unlabelled']} rows without labels"] if rows["unlabelled"] else []
    sentence = f"pre-training goes on with {' and '.join(told)}, {rows['held_out']} of them held out to measure on"
    less = [f"{rows['without_words']} have no word to hide"] if rows["without_words"] else []
    less += [f"{rows['cut']} are longer than the model reads and are cut"] if rows["cut"] else []
    return "; ".join([sentence, *less])


def _progress(record: Any, total: int, *, head_alone: bool) -> Progress:
    rate = record.rows / max(record.seconds, 1e-9)
    return Progress(
        work="fitting the head" if head_alone else "pre-training",
        done=record.step,
        total=total,
        figures={"loss": f"{record.loss:.3f}", "rows/s": f"{rate:.0f}"},
    )


def _outcome(perplexity: dict[str, float]) -> Note:
    before, after = perplexity["before"], perplexity["after"]
    text = f"perplexity on held-out texts went from {before:.2f} to {after:.2f}"
    if after < before:
        return Note(text=text)
    return Note(text=f"{text}: pre-training did not help; use more texts or a lower learning rate", level="warning")


STAGE = Stage(
    name=PRETRAIN,
    summary="reads texts of the domain",
    reads=(
        "task",
        "model",
        "pretraining",
        "training.accumulate",
        "training.gradient-checkpointing",
        "training.precision",
        "training.device",
        "data.longest",
        "seed",
    ),
    run=run,
    resumes=True,
    applies=lambda recipe: recipe.pretraining is not None,
)
