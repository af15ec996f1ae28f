"""Recipe section `sweep`: which keys to search, where, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from burnish.errors import did_you_mean
from burnish.section import Section, kebab

_FORMS = "write a list of values, or `{low: …, high: …}` with `log: true` or `step: …`"


class Range(Section):
    """What a key may be: one of some values, or a number between two ends. A recipe writes the first as a list."""

    values: list[Any] = Field(default_factory=list, description="The values to choose from.")
    low: float | None = Field(None, description="The least number.")
    high: float | None = Field(None, description="The largest number.")
    log: bool = Field(False, description="Search by orders of magnitude.")
    step: float | None = Field(None, gt=0, description="Distance of neighbours, counted from `low`.")

    @model_validator(mode="before")
    @classmethod
    def _list_or_ends(cls, value: Any) -> Any:
        """Take a list for the values, and name keys that a range does not have."""
        if isinstance(value, list | tuple):
            return {"values": list(value)}
        if isinstance(value, Range):
            return value
        if not isinstance(value, Mapping):
            raise ValueError(f"this is no range; {_FORMS}")  # noqa: TRY004 # pydantic gathers ValueErrors
        known = [*cls.model_fields]
        for key in value:
            if key not in known:
                raise ValueError(f"a range has no key {key!r}. {did_you_mean(str(key), known)}")
        return value

    @model_validator(mode="after")
    def _makes_sense(self) -> Range:
        ends = (self.low, self.high)
        if self.values:
            if ends != (None, None) or self.log or self.step is not None:
                raise ValueError(f"this is a list and has ends too; {_FORMS}")
            return self
        if self.low is None or self.high is None:
            raise ValueError(f"it is empty, or an end is missing; {_FORMS}")
        if self.low >= self.high:
            raise ValueError(f"`low` ({self.low:g}) must be below `high` ({self.high:g})")
        if self.log and self.step is not None:
            raise ValueError("`log` and `step` cannot go together; leave one out")
        if self.log and self.low <= 0:
            raise ValueError(f"`low` must be above 0 where `log` is true (it is {self.low:g})")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> Any:
        """As a recipe writes it: a list, or the ends without what is left open."""
        if self.values:
            return self.values
        found = handler(self)
        numbers = {key: found[key] for key in ("low", "high", "step") if found[key] is not None}
        written = {key: int(number) if float(number).is_integer() else number for key, number in numbers.items()}
        return {**written, "log": True} if self.log else written


class SweepSettings(Section):
    """What `burnish sweep` searches, and for how long; `burnish run` does not read it."""

    trials: int = Field(20, ge=1, le=100_000, description="Most trainings, the recipe as it stands included.")
    minutes: float = Field(0.0, ge=0, description="Most minutes of training, over all starts; 0: no limit.")
    workers: int = Field(1, ge=1, le=256, description="Trainings at the same time, each in a process of its own.")
    prune: bool = Field(True, description="Stop a training that does worse than most did at the same epoch.")
    ranges: dict[str, Range] = Field(
        default_factory=dict,
        description="What each key may be: a list, or `{low: …, high: …}` with `log` or `step`; empty: the method's.",
    )

    @field_validator("ranges", mode="before")
    @classmethod
    def _keys_as_written(cls, ranges: Any) -> Any:
        """Keys of Python's (`training.learning_rate`) as a recipe writes them."""
        if not isinstance(ranges, Mapping):
            return ranges
        return {kebab(str(key)): value for key, value in ranges.items()}
