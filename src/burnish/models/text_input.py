"""What tasks that read texts with an encoder share; heavy libraries load when it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from burnish.contracts import Batch, Example, LoadedModel, Rows

if TYPE_CHECKING:
    from burnish.language_model import LanguageModel

# Of the ONNX form: input names with their free dimensions.
ONNX_INPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "input_ids": ("rows", "tokens"),
    "attention_mask": ("rows", "tokens"),
}


def save(model: LoadedModel, folder: Path) -> None:
    """Write the encoder and its head, for the task's `restore`."""
    from burnish.models.text_encoder import save_text_encoder

    save_text_encoder(model, folder)


def lengths(model: LoadedModel, rows: Rows) -> list[int]:
    """Tokens of each row's text, before anything is cut off."""
    from burnish.models.text_batches import text_lengths

    return text_lengths(model, rows)


def collate(model: LoadedModel, examples: Sequence[Example]) -> Batch:
    """A padded batch of encoded texts, with a target each."""
    from burnish.models.text_batches import collate_texts

    return collate_texts(model, examples)


def language(folder: Path, longest: int) -> LanguageModel:
    """The encoder as a model of the language of texts, for continued pre-training."""
    from burnish.models.masked_language import open_masked_language

    return open_masked_language(folder, longest, "text")
