"""Recipe section `augment`: how training rows are changed, by what their columns hold."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field, model_validator

from burnish.section import Section, kebab

# The fields that change something, by the kind of column that they change.
FIELDS = {
    "text": ("word_dropout", "substitute"),
    "image": ("flip", "crop", "colour", "rand_augment", "mixup", "cutmix"),
    "audio": ("noise", "shift", "speed", "spec_augment"),
}


class AugmentSettings(Section):
    """Change training rows a little, anew in every epoch; without this section, or with `null`, they stay."""

    share: float = Field(1.0, gt=0, le=1, description="Share of the training rows that are changed, drawn every epoch.")
    word_dropout: float = Field(0.0, ge=0, lt=1, description="Texts: the chance of each word to be left out.")
    substitute: float = Field(
        0.0, ge=0, lt=1, description="Texts: share of the words that a masked language model replaces by likely ones."
    )
    masked_model: str = Field(
        "", description="The model that replaces words: a catalogue name, Hub id or folder; empty: the base model."
    )
    flip: float = Field(0.0, ge=0, le=1, description="Images: the chance to be mirrored, left and right.")
    crop: float = Field(0.0, ge=0, lt=1, description="Images: most of the area that is cut away before it is enlarged.")
    colour: float = Field(
        0.0, ge=0, le=1, description="Images: most that brightness, contrast and saturation are changed by."
    )
    rand_augment: int = Field(
        0,
        ge=0,
        le=10,
        description="Images: how many of 12 changes are drawn for each (RandAugment, Cubuk et al. 2020).",
    )
    mixup: float = Field(
        0.0, ge=0, le=10, description="Images: two are blended, by a Beta(α, α) share (Zhang et al. 2018); this is α."
    )
    cutmix: float = Field(
        0.0, ge=0, le=10, description="Images: one gets a rectangle of another, likewise (Yun et al. 2019); this is α."
    )
    noise: float = Field(0.0, ge=0, le=1, description="Sounds: most noise, as a share of the loudness.")
    shift: float = Field(
        0.0, ge=0, le=1, description="Sounds: most that they are shifted by, as a share of the length."
    )
    speed: float = Field(0.0, ge=0, lt=1, description="Sounds: most that they are made faster or slower, as a share.")
    spec_augment: int = Field(
        0,
        ge=0,
        le=10,
        description="Sounds: how many bands and stretches of a spectrogram are masked (Park et al. 2019).",
    )

    @model_validator(mode="after")
    def _does_something(self) -> AugmentSettings:
        if not self.asked():
            raise ValueError("nothing is to be changed: name at least one change, or leave the section out")
        if self.mixup and self.cutmix:
            raise ValueError("`mixup` and `cutmix` both mix images: leave one out")
        return self

    def asked(self) -> dict[str, str]:
        """The changes that are asked for, as keys, each with the kind of column that it is for."""
        return {kebab(name): kind for kind, names in FIELDS.items() for name in names if getattr(self, name)}

    def unfit(self, kinds: Iterable[str]) -> list[str]:
        """Keys that are asked for and would change no column of these kinds."""
        known = set(kinds)
        return [key for key, kind in self.asked().items() if kind not in known]
