"""The two recipes that an ablation compares: with a key of the recipe as it stands, and without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from burnish.errors import UserError, did_you_mean
from burnish.recipe import Recipe, parse_recipe
from burnish.section import kebab, section_of

WITH, WITHOUT = "with", "without"
_SECTIONS = ("augment", "method", "pretraining", "training")  # they change training, and not the rows
_ORIGIN = "the recipe without the key"


@dataclass(frozen=True, kw_only=True)
class Arms:
    """What is compared.

    Attributes:
        key: What is left out: a section (`augment`) or a key in one (`training.oversample`).
        with_key: The recipe as it stands.
        without: The recipe without the key, or with another value.
        described: What each of the two has in place of the key, in words, by arm.
    """

    key: str
    with_key: Recipe
    without: Recipe
    described: Mapping[str, str]


def read_arms(recipe: Recipe, key: str, value: Any = None, *, replaced: bool = False) -> Arms:
    """The two recipes, not completed yet.

    Args:
        recipe: As the user gave it.
        key: A section or a dotted key.
        value: What to compare with instead, if `replaced`.
        replaced: Whether the key gets another value and is not left out.

    Raises:
        UserError: The key does not exist, concerns more than training, or the recipe does not give it.
    """
    section, _, inner = key.partition(".")
    _require_key(section, inner)
    values = _given(recipe)
    has = section in values and (not inner or inner in values[section])
    if not has and not replaced:
        raise UserError(
            f"the recipe says nothing of `{key}`, so there is nothing to leave out",
            where=f"--key {key}",
            fix=f"Give it in the recipe or with --set; or compare with another value: --key {key} --value VALUE.",
        )
    own = (values[section][inner] if inner else values[section]) if has else "the default"
    other: dict[str, Any] = {name: dict(v) if isinstance(v, Mapping) else v for name, v in values.items()}
    if inner:
        other.setdefault(section, {}).pop(inner, None)
        if replaced:
            other[section][inner] = value
    else:
        other.pop(section, None)
        if replaced:
            other[section] = value
    without = parse_recipe(other, _ORIGIN)
    described = {WITH: str(own), WITHOUT: str(value) if replaced else "left out"}
    return Arms(key=key, with_key=recipe, without=without, described=described)


def _given(recipe: Recipe) -> dict[str, Any]:
    """What the user said, as nested keys; a method's settings stand beside its name."""
    values: dict[str, Any] = recipe.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(method := values.get("method"), dict):
        settings = method.pop("settings", {})
        values["method"] = {**method, **{kebab(name): setting for name, setting in settings.items()}}
    return values


def _require_key(section: str, inner: str) -> None:
    if section not in _SECTIONS:
        known = ", ".join(_SECTIONS)
        raise UserError(
            f"`{section}` changes more than training, and then other rows or other scores would be compared",
            where="--key",
            fix=f"Keys of these sections can be compared: {known}.",
        )
    fields = section_of(Recipe.model_fields[section].annotation)
    names = [kebab(name) for name in fields.model_fields] if fields is not None else []
    if section == "pretraining" and inner:
        raise UserError(
            "pre-training is done once for both, so it can only be left out as a whole",
            where=f"--key pretraining.{inner}",
            fix="Give --key pretraining; or run twice, under two names.",
        )
    if section != "method" and inner and inner not in names:
        raise UserError(
            f"`{section}.{inner}` is not a key. {did_you_mean(inner, names)}",
            where="--key",
            fix="Every key is in the documentation (docs/recipe.md).",
        )
