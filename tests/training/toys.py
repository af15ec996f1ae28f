"""Small networks of many builds, for the tests of what is frozen."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from burnish.contracts import Batch, Example, LoadedModel

WIDTH = 16


class Block(nn.Module):
    """Mixes the tokens of a row, without its padding."""

    def __init__(self) -> None:
        super().__init__()
        self.own, self.others = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.dropout = nn.Dropout(0.1)

    def forward(self, hidden_states: Tensor, mask: Tensor) -> Any:
        """States (rows, tokens, width)."""
        weights = mask.unsqueeze(-1).to(hidden_states.dtype)
        mean = (hidden_states * weights).sum(1, keepdim=True) / weights.sum(1, keepdim=True)
        return hidden_states + self.dropout(torch.tanh(self.own(hidden_states) + self.others(mean)))


class Toy(nn.Module):
    """Embeddings, blocks, a mean over the tokens, a head. Tests change one thing each by `run` and `answer`."""

    def __init__(self, block: type[nn.Module] = Block, blocks: int = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embeddings = nn.Embedding(50, WIDTH)
        self.layers = nn.ModuleList(block() for _ in range(blocks))
        self.head = nn.Linear(WIDTH, 3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        """Outputs (rows, 3)."""
        states = self.run(self.embeddings(input_ids), attention_mask)
        weights = attention_mask.unsqueeze(-1).to(states.dtype)
        return self.answer((states * weights).sum(1) / weights.sum(1))

    def run(self, states: Tensor, mask: Tensor) -> Tensor:
        """States after all blocks."""
        for layer in self.layers:
            states = layer(states, mask)
        return states

    def answer(self, features: Tensor) -> Any:
        """Outputs of features."""
        return self.head(features)


def toy_model(network: nn.Module, *, frozen: int = 0) -> LoadedModel:
    """A loaded model of a toy, whose embeddings and lowest blocks are frozen where `frozen` is not 0."""
    blocks = tuple(f"layers.{number}" for number in range(len(network.layers)))  # type: ignore[arg-type]
    below = ("embeddings", *blocks[:frozen]) if frozen else ()
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not any(name.startswith(f"{lower}.") for lower in below))
    return LoadedModel(
        network=network,
        processor=None,
        body="",
        head="head",
        blocks=blocks,
        adaptable=(),
        embeddings="embeddings",
        longest=64,
    )


def toy_examples(rows: int = 24, seed: int = 0) -> list[Example]:
    """Rows of 2 to 12 tokens."""
    generator = random.Random(seed)
    examples = []
    for row in range(rows):
        ids = generator.choices(range(1, 50), k=2 + row % 11)
        examples.append({"row": row, "length": len(ids), "input_ids": ids, "targets": row % 3})
    return examples


def toy_collate(_model: LoadedModel, examples: Sequence[Example]) -> Batch:
    """Padded on the right."""
    longest = max(example["length"] for example in examples)
    return {
        "input_ids": torch.tensor([e["input_ids"] + [0] * (longest - e["length"]) for e in examples]),
        "attention_mask": torch.tensor([[1] * e["length"] + [0] * (longest - e["length"]) for e in examples]),
        "targets": torch.tensor([example["targets"] for example in examples]),
    }


class PooledViT(nn.Module):
    """A vision transformer and a head on its first state."""

    def __init__(self) -> None:
        super().__init__()
        import transformers

        torch.manual_seed(0)
        self.body = transformers.ViTModel(
            transformers.ViTConfig(
                image_size=16,
                patch_size=8,
                hidden_size=WIDTH,
                num_hidden_layers=4,
                num_attention_heads=2,
                intermediate_size=2 * WIDTH,
                hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
            ),
            add_pooling_layer=False,
        )
        self.head = nn.Linear(WIDTH, 3)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Outputs (rows, 3) of images (rows, 3, 16, 16)."""
        return self.head(self.body(pixel_values=pixel_values).last_hidden_state[:, 0])  # type: ignore[no-any-return]


def image_model() -> LoadedModel:
    """A loaded model of a `PooledViT`."""
    return LoadedModel(
        network=PooledViT(),
        processor=None,
        body="body",
        head="head",
        blocks=tuple(f"body.layers.{number}" for number in range(4)),
        adaptable=(),
        embeddings="",
        longest=1,
        unit="images",
    )


def image_examples(rows: int = 24) -> list[Example]:
    """Rows of noise."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(rows, 3, 16, 16, generator=generator)
    return [{"row": n, "length": 1, "pixels": image, "targets": n % 3} for n, image in enumerate(images)]


def image_collate(_model: LoadedModel, examples: Sequence[Example]) -> Batch:
    """Images need no padding."""
    return {
        "pixel_values": torch.stack([example["pixels"] for example in examples]),
        "targets": torch.tensor([example["targets"] for example in examples]),
    }
