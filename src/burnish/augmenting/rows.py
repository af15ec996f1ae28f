"""Change a training row by what its columns hold; the same row, epoch and seed always give the same change."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from burnish.augmenting.settings import AugmentSettings
from burnish.augmenting.text import Substitutes, drop_words, replace_words
from burnish.contracts import Column, Row
from burnish.errors import UserError

# What the values to predict must be where a text is changed: those that go by its letters would point elsewhere.
_FREE_OF_PLACES = {"label", "number"}
_LARGE_ENOUGH = 512  # pixels a side: networks take less


@dataclass(frozen=True, kw_only=True)
class Augmenter:
    """What changes rows.

    Attributes:
        columns: The task's.
        settings: The recipe's.
        seed: The run's.
        substitutes: Likely words for the words of a text, by the text.
    """

    columns: Sequence[Column]
    settings: AugmentSettings
    seed: int
    substitutes: Mapping[str, Sequence[Substitutes]] = field(default_factory=dict)

    def change(self, row: Row, name: object, epoch: int) -> Row | None:
        """A row as it is in an epoch, or None where it stays as it is.

        Args:
            row: By role.
            name: What the row is called: other names, other changes.
            epoch: From 0.
        """
        generator = random.Random(f"{self.seed}/{epoch}/{name}/augment")
        if generator.random() >= self.settings.share:
            return None
        changed = {
            column.role: self._cell(column.kind, row[column.role], generator)
            for column in self.columns
            if not column.target and column.role in row
        }
        return None if all(row[role] is value for role, value in changed.items()) else {**row, **changed}

    def _cell(self, kind: str, value: Any, generator: random.Random) -> Any:
        if kind == "text" and isinstance(value, str):
            return self._text(value, generator)
        if kind == "image" and {"flip", "crop", "colour", "rand-augment"} & set(self.settings.asked()):
            return self._image(value, generator)
        return value

    def _text(self, text: str, generator: random.Random) -> str:
        found = text
        if self.settings.substitute and (known := self.substitutes.get(text)):
            found = replace_words(found, generator.choice(known), generator)
        if self.settings.word_dropout:
            found = drop_words(found, self.settings.word_dropout, generator)
        return text if found == text else found

    def _image(self, value: Any, generator: random.Random) -> Any:
        """The picture itself where a file was named: a task's `encode` takes both."""
        from burnish.augmenting.images import change_image
        from burnish.picture_files import read_picture

        return change_image(read_picture(value, draft=_LARGE_ENOUGH), self.settings, generator)


def require_fitting(columns: Sequence[Column], settings: AugmentSettings | None) -> None:
    """Refuse settings by which rows of a task cannot be changed.

    Raises:
        UserError: It says why.
    """
    if settings is not None and (reason := _why_not(columns, settings)):
        raise UserError(reason, where="augment", fix="Take these keys out, or leave the section out.")


def _why_not(columns: Sequence[Column], settings: AugmentSettings) -> str:
    inputs = {column.kind for column in columns if not column.target}
    if unfit := settings.unfit(inputs):
        have = " and ".join(sorted(f"{kind}s" for kind in inputs))
        kinds = sorted({f"{settings.asked()[key]}s" for key in unfit})
        return f"{', '.join(unfit)} would change {' and '.join(kinds)}, and this task reads {have}"
    places = sorted({column.kind for column in columns if column.target} - _FREE_OF_PLACES)
    if "text" in settings.asked().values() and places:
        return f"texts cannot be changed where what is to be predicted ({', '.join(places)}) lies in them"
    return ""
