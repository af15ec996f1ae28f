"""How training rows were changed: what was asked for, and a few rows before and after."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.reporting import words
from burnish.reporting.facts import Facts


@dataclass(frozen=True, kw_only=True)
class ChangedRow:
    """A row before and after; pictures are data addresses."""

    is_picture: bool
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class AugmentationView:
    """The part on augmentation; empty sentences where there was none."""

    sentence: str = ""
    samples: tuple[ChangedRow, ...] = ()


def view_augmentation(facts: Facts) -> AugmentationView:
    """Lay out augmentation.json."""
    told = facts.augmentation
    if not told:
        return AugmentationView()
    which = (
        "Every training row was" if told["share"] == 1 else f"{words.percent(told['share'])} of the training rows were"
    )
    return AugmentationView(
        sentence=f"{which} changed anew in each epoch: {words.listed(told['changes'])}. "
        "Validation and test rows stayed as they are.",
        samples=tuple(
            ChangedRow(is_picture=sample["kind"] == "image", before=sample["before"], after=sample["after"])
            for sample in told["samples"]
        ),
    )
