"""A section of a recipe: frozen, keys in kebab-case, unknown keys refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


def kebab(name: str) -> str:
    """A field's name as a recipe writes it: `learning_rate` is `learning-rate`."""
    return name.replace("_", "-")


class Section(BaseModel):
    """Base of every recipe section and of every method's settings."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=kebab, populate_by_name=True, allow_inf_nan=False
    )
