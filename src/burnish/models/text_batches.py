"""From rows with a text to what a text encoder takes: lengths, token ids, padded batches."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from burnish.contracts import Batch, Example, Json, LoadedModel, Rows


def text_lengths(model: LoadedModel, rows: Rows) -> list[int]:
    """Tokens of every row's `text`, before cutting."""
    only_ids = {"return_attention_mask": False, "return_token_type_ids": False}
    encoded = model.processor([row["text"] for row in rows], truncation=False, verbose=False, **only_ids)
    return [len(ids) for ids in encoded["input_ids"]]


def encode_texts(model: LoadedModel, rows: Rows, targets: Sequence[Json]) -> list[Example]:
    """Token ids of every row's `text`, cut at the model's longest input.

    Args:
        model: Its processor is a tokenizer.
        rows: Rows with a `text`.
        targets: What the loss compares each row's outputs with.
    """
    encoded = model.processor([row["text"] for row in rows], truncation=True, max_length=model.longest)
    return [
        {"row": row.get("row", number), "length": len(ids), "input_ids": ids, "targets": target}
        for number, (row, ids, target) in enumerate(zip(rows, encoded["input_ids"], targets, strict=True))
    ]


def collate_texts(model: LoadedModel, examples: Sequence[Example]) -> Batch:
    """Ids and mask, int64 (rows, tokens), padded to the longest row; targets as they are."""
    longest = max(example["length"] for example in examples)
    padding = model.processor.pad_token_id
    ids = [example["input_ids"] + [padding] * (longest - example["length"]) for example in examples]
    lengths = torch.tensor([example["length"] for example in examples])
    return {
        "input_ids": torch.tensor(ids),
        "attention_mask": (torch.arange(longest) < lengths.unsqueeze(1)).long(),
        "targets": torch.tensor([example["targets"] for example in examples]),
    }
