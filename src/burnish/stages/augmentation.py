"""Changing training rows while training, as a recipe asks for it: what `check` refuses and `train` does."""

from __future__ import annotations

import base64
import io
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.augmenting.rows import Augmenter
from burnish.augmenting.settings import AugmentSettings
from burnish.augmenting.text import Substitutes
from burnish.contracts import Batch, Example, LoadedModel, Row, Rows, Task
from burnish.data.rows import ROW
from burnish.errors import UserError
from burnish.events import Note, Work
from burnish.language_model import LanguageModel
from burnish.models.sources import resolve_model
from burnish.recipe import Recipe
from burnish.run_folder import read_json, write_json
from burnish.stages.stage import OpenRun, open_language

if TYPE_CHECKING:
    from burnish.augmenting.mixing import Mixed

SAMPLES_FILE = "augmentation.json"
SUBSTITUTES_FILE = ".substitutes.json"  # hidden: it is no result, and spares a resumed run the work
_SAMPLES, _TRIED = 6, 200  # rows
_THUMBNAIL = 96  # pixels


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """What changes rows while training.

    Attributes:
        augment: Examples and epoch -> the examples as they are in it; None where rows stay as they are.
        mix: Batch and name of the step -> the rows mixed with each other; None where they are not.
        facts: What augmentation.json says.
    """

    augment: Callable[[Sequence[Example], int], list[Example]] | None = None
    mix: Callable[[Batch, str], Mixed] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def open_substituting(recipe: Recipe, task: Task, base: Path) -> Work[LanguageModel | None]:
    """The model that is to replace words, where the recipe asks for it.

    Args:
        recipe: The completed recipe.
        task: Its task.
        base: The folder of the base model.

    Raises:
        UserError: It cannot say which words are likely.
    """
    if recipe.augment is None or not recipe.augment.substitute:
        return None
    if recipe.augment.masked_model:
        base = (yield from resolve_model(recipe.augment.masked_model)).folder
    language = open_language(task, base, recipe.data.longest)
    if language.new_head:
        raise UserError(
            "this model comes without a head that says which word was hidden, so it cannot replace words",
            where=f"augment.substitute ({base})",
            fix="Name a model that has one with `masked-model` under `augment:` (a BERT, RoBERTa, DistilBERT or "
            "ModernBERT as it was pre-trained), or use `word-dropout` instead.",
        )
    return language


def open_augmentation(
    opened: OpenRun, model: LoadedModel, rows: Rows, examples: Sequence[Example]
) -> Work[Augmentation]:
    """Set up what changes the training rows.

    Args:
        opened: The run.
        model: Encodes changed rows.
        rows: The training rows, without general ones and names of labels.
        examples: Encoded rows, these among them.
    """
    settings = opened.recipe.augment
    if settings is None:
        return Augmentation()
    if (settings.mixup or settings.cutmix) and opened.recipe.method.method().objective is not None:
        raise UserError(
            f"{opened.recipe.method.name} compares whole rows with each other, so they cannot be mixed",
            where="augment",
            fix="Leave mixup and cutmix out, or use `method: full`.",
        )
    language = yield from open_substituting(opened.recipe, opened.task, opened.base.folder)
    known: Mapping[str, Sequence[Substitutes]] = {}
    if language is not None:
        known = yield from _substitutes(opened, language, rows, settings)
    augmenter = Augmenter(columns=opened.task.columns, settings=settings, seed=opened.recipe.seed, substitutes=known)
    yield Note(text="training rows are changed anew in every epoch: " + ", ".join(settings.asked()))
    mixes = settings.mixup or settings.cutmix
    return Augmentation(
        augment=_changer(opened, model, augmenter, rows, examples),
        mix=_mixer(settings, opened.recipe.seed) if mixes else None,
        facts={
            "changes": list(settings.asked()),
            "share": settings.share,
            "texts_with_substitutes": sum(bool(found) for found in known.values()),
            "samples": list(_samples(augmenter, rows)),
        },
    )


def _substitutes(
    opened: OpenRun, language: LanguageModel, rows: Rows, settings: AugmentSettings
) -> Work[Mapping[str, Sequence[Substitutes]]]:
    """Likely words for every text, computed once; a resumed run reads them."""
    from burnish.augmenting.substitution import find_substitutes

    path = opened.folder.stage("train") / SUBSTITUTES_FILE
    if not path.is_file():
        roles = [column.role for column in opened.task.columns if column.kind == "text" and not column.target]
        texts = list(dict.fromkeys(str(row[role]) for row in rows for role in roles if role in row))
        found = yield from find_substitutes(language, texts, settings.substitute, opened.recipe.seed)
        write_json(path, dict(zip(texts, found, strict=True)))
    return {
        text: [{int(position): likely for position, likely in variant.items()} for variant in variants]
        for text, variants in read_json(path).items()
    }


def _changer(
    opened: OpenRun, model: LoadedModel, augmenter: Augmenter, rows: Rows, examples: Sequence[Example]
) -> Callable[[Sequence[Example], int], list[Example]]:
    """What gives examples as they are in an epoch; those of rows that are encoded in several parts stay."""
    parts = Counter(example["row"] for example in examples)
    by_number = {row[ROW]: row for row in rows if parts[row[ROW]] == 1}

    def augment(chosen: Sequence[Example], epoch: int) -> list[Example]:
        changed: list[Row] = []
        for place, example in enumerate(chosen):
            row = by_number.get(example["row"])
            name = f"{example['row']}/{example.get('copy', 0)}"
            if row is not None and (new := augmenter.change(row, name, epoch)) is not None:
                changed.append({**new, ROW: place})
        encoded: dict[int, list[Example]] = defaultdict(list)
        for fresh in opened.task.encode(model, changed, opened.targets) if changed else []:
            encoded[fresh["row"]].append(fresh)
        return [
            {**example, **encoded[place][0], "row": example["row"]} if len(encoded[place]) == 1 else example
            for place, example in enumerate(chosen)
        ]

    return augment


def _mixer(settings: AugmentSettings, seed: int) -> Callable[[Batch, str], Mixed]:
    def mix(batch: Batch, name: str) -> Mixed:
        from burnish.augmenting.mixing import cutmix, mixup

        generator = random.Random(f"{seed}/{name}/mix")
        return mixup(batch, settings.mixup, generator) if settings.mixup else cutmix(batch, settings.cutmix, generator)

    return mix


def _samples(augmenter: Augmenter, rows: Rows) -> Iterator[dict[str, Any]]:
    """A few rows as they are and as they are in the first epoch, by the roles that differ."""
    told = 0
    for row in rows[:_TRIED]:
        changed = augmenter.change(row, f"{row[ROW]}/0", 0)
        if changed is None:
            continue
        for column in augmenter.columns:
            before, after = row.get(column.role), changed.get(column.role)
            if before is not after:
                shown = {"before": _shown(column.kind, before), "after": _shown(column.kind, after)}
                yield {"row": row[ROW], "kind": column.kind, **shown}
        told += 1
        if told == _SAMPLES:
            return


def _shown(kind: str, value: Any) -> str:
    """A text as it is; a picture as a small one in a data address."""
    if kind != "image":
        return str(value)
    from burnish.picture_files import read_picture

    picture = read_picture(value, draft=_THUMBNAIL)
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
    written = io.BytesIO()
    picture.save(written, format="PNG")
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()
