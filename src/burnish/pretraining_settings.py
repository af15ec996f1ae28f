"""Recipe section `pretraining`: whether and how pre-training goes on, before a method adapts the model."""

from __future__ import annotations

from pydantic import Field

from burnish.data.source import SourceKey
from burnish.section import Section


class PretrainingSettings(Section):
    """Go on pre-training on texts of the domain, before any method; without this section, or with `null`, it is not."""

    data: SourceKey | None = Field(
        None, description="A source of texts without labels, beside those of the training rows; empty: these alone."
    )
    epochs: int = Field(1, ge=1, le=1000, description="Passes over the texts.")
    learning_rate: float = Field(1e-4, gt=0, le=1, description="Highest rate.")
    batch_size: int = Field(16, ge=1, description="Texts per optimiser step.")
    mask: float = Field(0.15, gt=0, lt=1, description="Share of a text's tokens to predict; at least one.")
    held_out: float = Field(0.1, gt=0, lt=1, description="Share of the texts that perplexity is measured on.")
    head_epochs: int = Field(
        3, ge=1, le=1000, description="Passes that first fit a head alone where the model has none."
    )
    head_learning_rate: float = Field(2e-3, gt=0, le=1, description="Highest rate while a new head is fitted alone.")
