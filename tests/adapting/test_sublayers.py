"""Attention and feed-forward layers are found by shape and order, in encoders of different make."""

from __future__ import annotations

from dataclasses import replace

import pytest
from torch import nn
from transformers import AutoConfig, AutoModel

from burnish.adapting.sublayers import sublayers_of
from burnish.contracts import LoadedModel

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
MADE = {
    "bert": (SMALL, "encoder.layer", "attention.output.dense", "output.dense"),
    "roberta": (SMALL, "encoder.layer", "attention.output.dense", "output.dense"),
    "distilbert": (
        {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
        "transformer.layer",
        "attention.out_lin",
        "ffn.lin2",
    ),
    "modernbert": ({**SMALL, "vocab_size": 100, "pad_token_id": 0}, "layers", "attn.Wo", "mlp.Wo"),
    "llama": ({**SMALL, "vocab_size": 100}, "layers", "self_attn.o_proj", "mlp.down_proj"),
}


def opened(kind: str) -> LoadedModel:
    settings, blocks, _, _ = MADE[kind]
    network = AutoModel.from_config(AutoConfig.for_model(kind, **settings))
    names = tuple(f"{blocks}.{index}" for index in range(2))
    linear = tuple(
        f"{block}.{name}"
        for block in names
        for name, module in network.get_submodule(block).named_modules()
        if isinstance(module, nn.Linear)
    )
    return LoadedModel(
        network=network,
        processor=None,
        body="",
        head="",
        blocks=names,
        adaptable=linear,
        embeddings="",
        longest=16,
    )


@pytest.mark.parametrize("kind", MADE)
def test_the_layers_that_end_attention_and_feed_forward_are_found(kind: str) -> None:
    _, blocks, attention, feed_forward = MADE[kind]
    found = sublayers_of(opened(kind))
    assert [layers.attention_out for layers in found] == [f"{blocks}.{n}.{attention}" for n in range(2)]
    assert [layers.feed_forward_out for layers in found] == [f"{blocks}.{n}.{feed_forward}" for n in range(2)]
    assert all(layers.attention_in for layers in found)


def test_blocks_of_another_shape_have_none() -> None:
    model = opened("bert")
    assert sublayers_of(replace(model, adaptable=model.adaptable[:2])) == ()
