"""The Python face: `burnish.run(...)` and `burnish.load(...)`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from burnish.data.files import PACKED
from burnish.data.source import Source, given_source, source_name
from burnish.errors import UserError
from burnish.events import Note, Work, finish
from burnish.exporting.manifest import MANIFEST
from burnish.hardware import let_threads_sleep
from burnish.memory_faults import memory_faults_explained
from burnish.pipeline import RECIPE_FILE, run_pipeline
from burnish.predictor import Specialist, load_specialist
from burnish.recipe import Recipe, complete_recipe, parse_recipe, spelled_out
from burnish.recipe_problems import read_recipe_file
from burnish.run_folder import RunFolder, read_json
from burnish.section import kebab
from burnish.stages.report import REPORT_FILE
from burnish.stages.stage import SPECIALIST

RUNS_FOLDER = Path("runs")
_RECIPE_ENDINGS = {".yaml", ".yml"}


@dataclass(frozen=True)
class Run:
    """A run that has ended (or a specialist's folder alone), read from disk when asked.

    Attributes:
        folder: `runs/NAME`.
    """

    folder: Path

    @cached_property
    def verdict(self) -> dict[str, Any]:
        """The content of evaluate/verdict.json: decision, metric, scores, difference, reasons, seconds, cost."""
        verdict: dict[str, Any] = read_json(self._evaluated() / "verdict.json")
        return verdict

    @cached_property
    def scores(self) -> dict[str, Any]:
        """The content of evaluate/scores.json: every metric of every system, with intervals and tests."""
        scores: dict[str, Any] = read_json(self._evaluated() / "scores.json")
        return scores

    @cached_property
    def specialist(self) -> Specialist:
        """What the verdict says to use, ready to answer: the fine-tuned model, or the baseline that was kept."""
        return load_specialist(self.specialist_folder)

    @property
    def specialist_folder(self) -> Path:
        """The folder of the specialist: weights, ONNX, tokenizer, manifest and card."""
        return self.folder if (self.folder / MANIFEST).is_file() else self._evaluated() / SPECIALIST

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.folder / "report" / REPORT_FILE

    def _evaluated(self) -> Path:
        place = self.folder / "evaluate"
        if (place / "record.json").is_file():
            return place
        if (self.folder / MANIFEST).is_file():
            raise UserError(
                "a specialist alone has no verdict and no scores",
                where=str(self.folder),
                fix=f"Open the run that it was made in{_run_around(self.folder)}.",
            )
        raise UserError(
            "this run has not come to its end",
            where=str(self.folder),
            fix=f"Run `{_continuing(self.folder)}`: it goes on where it stopped.",
        )


def _run_around(specialist: Path) -> str:
    """The run folder that a specialist still lies in, for a message; "" where it was taken out."""
    place = specialist.resolve().parent.parent
    return f": {_told(place, specialist)}" if (place / RECIPE_FILE).is_file() else ""


def _continuing(folder: Path) -> str:
    """The command that continues the run of a folder; its recipe gives the run the folder's own name."""
    place = folder.resolve()
    command = ["burnish", "run", str(_told(place / RECIPE_FILE, folder))]
    if place.parent != RUNS_FOLDER.resolve():
        command += ["--out", str(_told(place.parent, folder))]
    return shlex.join(command)


def _told(place: Path, given: Path) -> Path:
    """A place as seen from here, unless the user gave a full path."""
    return place if given.is_absolute() else Path(os.path.relpath(place))


def run(data: str | Path | Mapping[str, Any], *, name: str = "", out: str | Path = RUNS_FOLDER, **keys: Any) -> Run:
    """Run the whole pipeline and return the finished run; a finished or interrupted run of that name is continued.

    Args:
        data: A data file, a recipe file (.yaml), or a recipe as nested mappings.
        name: The run's name; default: the file's name.
        out: The folder that holds runs.
        **keys: Recipe keys: roles (`text="review"`, `label="sentiment"`) and any other key, sections as mappings
            (`training={"epochs": 3}`); `_` stands for `-`.

    Raises:
        UserError: What is wrong, where, and what to do.
    """
    let_threads_sleep()
    recipe, folder = prepare(data, name=name, out=Path(out), keys=keys)
    finish(start(recipe, folder))
    return Run(folder.root)


def load(folder: str | Path) -> Run:
    """Open a run folder, or the folder of a specialist.

    Raises:
        UserError: It is neither.
    """
    path = Path(folder)
    if not (path / RECIPE_FILE).is_file() and not (path / MANIFEST).is_file():
        beside = sorted(str(p.parent) for p in Path(RUNS_FOLDER).glob(f"*/{RECIPE_FILE}"))
        raise UserError(
            "this is not a run folder",
            where=str(path),
            fix=f"Runs here: {', '.join(beside)}." if beside else "Make one with `burnish run DATA`.",
        )
    return Run(path)


def prepare(
    source: str | Path | Mapping[str, Any], *, name: str, out: Path, keys: Mapping[str, Any]
) -> tuple[Recipe, RunFolder]:
    """The recipe of a data file, recipe file or mapping with further keys, and the folder that it runs in."""
    lines: dict[str, int] = {}
    origin = "recipe"
    if isinstance(source, Mapping):
        values: dict[str, Any] = dict(source)
    elif Path(source).suffix in _RECIPE_ENDINGS:
        values, lines = read_recipe_file(Path(source))
        origin = str(source)
    else:
        values = {"data": {"train": str(given_source(source))}}
        origin = "options"
    recipe = parse_recipe(merged(values, keys), origin, lines)
    return recipe, RunFolder(
        root=out / (name or _name_of(recipe.data.train if isinstance(source, Mapping) else source))
    )


def _name_of(source: Source) -> str:
    """The name of a run where it is given none: the run whose recipe it is, or what its data or recipe is called."""
    name = source_name(source)
    if name == RECIPE_FILE:
        return Path(source).resolve().parent.name
    plain = Path(name).stem if Path(name).suffix.lower() in PACKED else name
    return Path(plain).stem or "data"


def start(recipe: Recipe, folder: RunFolder) -> Work[None]:
    """Complete the recipe, say what was inferred, and run the pipeline."""
    with memory_faults_explained(str(recipe.data.train)):
        completed, said = complete_recipe(recipe)
    for sentence in said:
        yield Note(text=sentence)
    yield from run_pipeline(completed, folder)


def merged(values: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    """Recipe values with further keys: roles and data keys go under `data`, mappings into their sections.

    Raises:
        UserError: A key is given keys of its own, and is something else already.
    """
    result = {key: dict(value) if isinstance(value, Mapping) else value for key, value in values.items()}
    sections = {kebab(name) for name in Recipe.model_fields}
    for raw_key, value in keys.items():
        key = kebab(raw_key)
        if key in sections:
            result[key] = _joined(key, result.get(key), value)
        else:
            result["data"] = _joined("data", result.get("data"), {key: value})
    return result


def _joined(key: str, existing: Any, value: Any) -> Any:
    """What a recipe says of a key, with more: a mapping adds to it, anything else takes its place."""
    if not isinstance(value, Mapping):
        return value
    section = {} if existing is None else spelled_out(key, existing)
    if not isinstance(section, Mapping):
        inner = next(iter(value), "KEY")
        raise UserError(
            f"`{key}` is {existing!r} and cannot have `{key}.{inner}`",
            where=key,
            fix=f"Give either `{key}` or `{key}.{inner}`.",
        )
    return {**section, **{kebab(inner): inner_value for inner, inner_value in value.items()}}
