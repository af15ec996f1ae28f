"""The space to search: what each key may be, from the recipe's ranges or a method's usual ones, checked at once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from burnish.errors import UserError, did_you_mean
from burnish.recipe import Recipe, parse_recipe
from burnish.recipe_problems import Problem, not_a_key, problems_as_error
from burnish.section import kebab
from burnish.sweep_settings import Range

_SECTIONS = ("training", "method")  # what a trial may change: all else is done once and shared
_FIGURES = 3  # digits that matter of a number that is drawn between two ends
_KEYS_OF_ALL = "sweep.ranges"

# What is searched where a recipe names no ranges. Each holds the method's own defaults; the rates reach from a tenth to
# five or ten times theirs. Values that cost much (epochs, batch size) stay near what a person would try.
_USUAL: dict[str, dict[str, Any]] = {
    "full": {
        "training.learning-rate": {"low": 2e-5, "high": 1e-3, "log": True},
        "method.layer-decay": {"low": 0.6, "high": 1.0, "step": 0.05},
        "training.batch-size": [8, 16, 32],
        "training.epochs": {"low": 3, "high": 10},
    },
    "freeze": {
        "training.learning-rate": {"low": 3e-5, "high": 2e-3, "log": True},
        "method.share": [0.5, 0.66, 0.8],
        "method.layer-decay": {"low": 0.6, "high": 1.0, "step": 0.05},
        "training.epochs": {"low": 4, "high": 16},
    },
    "head": {
        "training.learning-rate": {"low": 3e-4, "high": 3e-2, "log": True},
        "training.weight-decay": [0.0, 0.01, 0.1],
        "training.batch-size": [8, 16, 32],
        "training.epochs": {"low": 5, "high": 30},
    },
    "lora": {
        "training.learning-rate": {"low": 1e-4, "high": 5e-3, "log": True},
        "method.rank": [4, 8, 16, 32],
        "method.dropout": [0.0, 0.05, 0.1],
        "training.epochs": {"low": 3, "high": 10},
    },
    "adapter": {
        "training.learning-rate": {"low": 1e-4, "high": 5e-3, "log": True},
        "method.size": [16, 32, 64, 128],
        "training.batch-size": [8, 16, 32],
        "training.epochs": {"low": 3, "high": 10},
    },
    "ia3": {
        "training.learning-rate": {"low": 1e-3, "high": 1e-1, "log": True},
        "training.batch-size": [8, 16, 32],
        "training.epochs": {"low": 3, "high": 15},
    },
    "prompt": {
        "training.learning-rate": {"low": 1e-3, "high": 1e-1, "log": True},
        "method.tokens": [5, 10, 20, 40],
        "training.epochs": {"low": 5, "high": 20},
    },
    "few-shot": {
        "training.learning-rate": {"low": 2e-5, "high": 1e-3, "log": True},
        "method.temperature": {"low": 0.02, "high": 0.2, "log": True},
        "method.layer-decay": {"low": 0.6, "high": 1.0, "step": 0.05},
        "training.epochs": {"low": 2, "high": 8},
    },
}


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One key to search.

    Attributes:
        key: As `--set` takes it: `training.learning-rate`.
        kind: Whether it is chosen from `values`, or is a number between two ends.
        values: What to choose from.
        low: The least number.
        high: The largest number.
        log: Searched by orders of magnitude.
        step: Distance of neighbours; 0 where every number between is possible.
        own: What the recipe says.
    """

    key: str
    kind: Literal["choice", "whole", "number"]
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float = 0.0
    own: Any = None

    def holds_own(self) -> bool:
        """Whether what the recipe says lies within the range."""
        if self.kind == "choice":
            return any(_same(self.own, value) for value in self.values)
        if not isinstance(self.own, int | float) or not self.low <= self.own <= self.high:
            return False
        steps = (self.own - self.low) / self.step if self.step else 0.0
        return math.isclose(steps, round(steps), abs_tol=1e-9)

    def size(self) -> float:
        """How many different values there are."""
        if self.kind == "choice":
            return len(self.values)
        return math.floor((self.high - self.low) / self.step + 1e-9) + 1 if self.step else math.inf

    def members(self) -> list[Any]:
        """Every value, where they can be counted."""
        if self.kind == "choice":
            return list(self.values)
        numbers = [self.low + number * self.step for number in range(int(self.size()))]
        return [self.tidy(number) for number in numbers]

    def tidy(self, number: float) -> float:
        """A number that was drawn, as it is trained with and written: a few digits, within the ends."""
        if self.kind == "whole":
            return round(number)
        digits = float(f"{number:.{_FIGURES}g}") if not self.step else round(number, 10)
        return min(max(digits, self.low), self.high)

    def shown(self) -> str:
        """The range in words."""
        if self.kind == "choice":
            return ", ".join(map(str, self.values))
        how = (
            ", by orders of magnitude" if self.log else f" in steps of {self.step:g}" if self.step not in (0, 1) else ""
        )
        return f"{self.low:g} to {self.high:g}{how}"

    def as_dict(self) -> dict[str, Any]:
        """The dimension as JSON."""
        return {**asdict(self), "values": list(self.values), "shown": self.shown()}


def label_of(value: Any) -> str | int | float | bool:
    """A value as Optuna can keep it: lists as text."""
    return value if isinstance(value, str | int | float) else json.dumps(value)


def _same(first: Any, second: Any) -> bool:
    return type(first) is type(second) and bool(first == second)


def read_space(recipe: Recipe) -> tuple[Dimension, ...]:
    """The space that a completed recipe asks to search, or the usual one of its method.

    Raises:
        UserError: A range is for no key, for a key that trials share, or holds what the recipe itself would refuse. All
            problems are told at once.
    """
    ranges = dict(recipe.sweep.ranges) or usual_ranges(recipe)
    dimensions: list[Dimension] = []
    problems: list[Problem] = []
    for key, wanted in ranges.items():
        if told := _why_not(key, recipe):
            problems.append(Problem(0, told))
            continue
        try:
            dimensions.append(_dimension(key, wanted, recipe))
        except UserError as error:
            problems.append(Problem(0, f"`{_KEYS_OF_ALL}.{key}`: {error.what}"))
    if problems:
        raise problems_as_error(problems, _KEYS_OF_ALL)
    return tuple(dimensions)


def usual_ranges(recipe: Recipe) -> dict[str, Range]:
    """Ranges for a recipe that names none: those of its method, or the rate, batch size and epochs of a plug-in's."""
    usual = _USUAL.get(recipe.method.name)
    if usual is None:
        rate, epochs = recipe.training.learning_rate, recipe.training.epochs
        usual = {
            "training.learning-rate": {"low": rate / 10, "high": min(1.0, rate * 10), "log": True},
            "training.batch-size": sorted({8, 16, 32, recipe.training.batch_size}),
            "training.epochs": {"low": max(1, epochs // 2), "high": max(2, 2 * epochs)},
        }
    if recipe.method.name == "freeze" and current_value(recipe, "method.blocks"):
        usual = {key: value for key, value in usual.items() if key != "method.share"}  # `blocks` decides, not the share
    return {key: Range.model_validate(value) for key, value in usual.items()}


def current_value(recipe: Recipe, key: str) -> Any:
    """What a completed recipe says of a key of `training` or `method`."""
    section, _, name = key.partition(".")
    return recipe.as_dict()[section][name]


def with_values(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """A completed recipe with other values for some keys.

    Raises:
        UserError: The recipe refuses a value.
    """
    written = recipe.as_dict()
    for key, value in values.items():
        section, _, name = key.partition(".")
        written[section][name] = value
    return parse_recipe(written, _KEYS_OF_ALL)


def searchable_keys(recipe: Recipe) -> list[str]:
    """The keys that a sweep of this recipe may search."""
    written = recipe.as_dict()
    keys = [f"{section}.{name}" for section in _SECTIONS for name in written[section]]
    return [key for key in keys if key != "method.name"]


def _why_not(key: str, recipe: Recipe) -> str:
    """Why a key cannot be searched, or ""."""
    keys = searchable_keys(recipe)
    if key in keys:
        return ""
    place = f"{_KEYS_OF_ALL}.{key}"
    if key in {"method", "method.name"}:
        return f"`{place}`: each method has keys of its own; sweep one method after the other"
    if key == "seed":
        return f"`{place}`: a seed that scores better is luck; it cannot be searched"
    section, _, name = key.partition(".")
    written = recipe.as_dict()
    if section not in _SECTIONS and (key in written or (isinstance(written.get(section), dict) and name)):
        return f"`{place}`: trials share the checked data, the split and the baselines; search `training` or `method`"
    return not_a_key(place, did_you_mean(key, keys))


def _dimension(key: str, wanted: Range, recipe: Recipe) -> Dimension:
    """The dimension of a key, its ends or values as the recipe itself reads them."""
    own = current_value(recipe, key)
    if wanted.values:
        values = [_as_read(recipe, key, value) for value in wanted.values]
        different = [value for n, value in enumerate(values) if not any(_same(value, other) for other in values[:n])]
        return Dimension(key=key, kind="choice", values=tuple(different), own=own)
    kind = _number_kind(key, recipe)
    if kind is None:
        raise UserError("its values are no numbers: write a list of them")
    ends = [float(end) for end in (wanted.low, wanted.high) if end is not None]
    steps = [] if wanted.step is None else [wanted.step]
    if kind == "whole" and not all(float(number).is_integer() for number in (*ends, *steps)):
        raise UserError("its values are whole numbers: `low`, `high` and `step` must be, too")
    for end in ends:
        _as_read(recipe, key, int(end) if kind == "whole" else end)
    low, high = ends
    step = float(wanted.step or (1.0 if kind == "whole" else 0.0))
    if step:
        high = round(low + math.floor((high - low) / step + 1e-9) * step, 10)  # the last one that steps reach
    return Dimension(key=key, kind=kind, low=low, high=high, log=wanted.log, step=step, own=own)


def _as_read(recipe: Recipe, key: str, value: Any) -> Any:
    """A value as the recipe reads it (`1e-3` is text in YAML, and a number here).

    Raises:
        UserError: The recipe refuses it, with its reason.
    """
    try:
        return current_value(with_values(recipe, {key: value}), key)
    except UserError as error:
        reason = error.what.removeprefix(f"`{key}`: ")
        shown = "" if repr(value) in reason else f" (it is {value!r})"
        raise UserError(f"the recipe refuses a value: {reason}{shown}") from None


def _number_kind(key: str, recipe: Recipe) -> Literal["whole", "number"] | None:
    """Which numbers a key takes, or None where it takes none."""
    section, _, name = key.partition(".")
    model = recipe.method.method().settings if section == "method" else type(recipe.training)
    field = next(field for own, field in model.model_fields.items() if kebab(own) == name)
    kinds: Sequence[Any] = get_args(field.annotation) or (field.annotation,)
    return "number" if float in kinds else "whole" if int in kinds else None
