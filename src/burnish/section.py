"""A section of a recipe: frozen, keys in kebab-case, unknown keys refused."""

from __future__ import annotations

import typing
from typing import Any

from pydantic import BaseModel, ConfigDict


def kebab(name: str) -> str:
    """A field's name as a recipe writes it: `learning_rate` is `learning-rate`."""
    return name.replace("_", "-")


class Section(BaseModel):
    """Base of every recipe section and of every method's settings."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=kebab, populate_by_name=True, allow_inf_nan=False
    )


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The section that a field of this type holds (it may be left out: `Section | None`), or None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [kind for kind in map(section_of, typing.get_args(annotation)) if kind is not None]
    return found[0] if len(found) == 1 and type(None) in typing.get_args(annotation) else None
