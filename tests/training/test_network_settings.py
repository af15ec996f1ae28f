"""Dropout and gradient checkpointing as the recipe asks, on encoders of different make."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModel

from burnish.contracts import LoadedModel
from burnish.errors import UserError
from burnish.training.loop import train_epoch
from burnish.training.network_settings import apply_network_settings
from burnish.training.settings import TrainingSettings
from tests.training.schooling import differing, open_school


@pytest.mark.parametrize("kind", ["bert", "modernbert"])
def test_no_dropout_makes_two_passes_equal(kind: str) -> None:
    settings = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    extra = (
        {"vocab_size": 100, "pad_token_id": 0, "attention_dropout": 0.5, "mlp_dropout": 0.5} if kind != "bert" else {}
    )
    network = AutoModel.from_config(AutoConfig.for_model(kind, **settings, **extra))
    network.train()
    model = LoadedModel(
        network=network, processor=None, body="", head="", blocks=(), adaptable=(), embeddings="", longest=8
    )
    ids = torch.arange(1, 9).unsqueeze(0)
    assert not torch.equal(network(ids).last_hidden_state, network(ids).last_hidden_state)
    apply_network_settings(model, TrainingSettings(dropout=0.0))
    assert torch.equal(network(ids).last_hidden_state, network(ids).last_hidden_state)


def test_checkpointing_changes_no_weight(encoder: Path) -> None:
    plain, twice = open_school(encoder, dropout=False), open_school(encoder, dropout=False)
    apply_network_settings(twice.model, TrainingSettings(gradient_checkpointing=True))
    for school in (plain, twice):
        list(train_epoch(school.begin(), school.lesson))
    assert not differing(plain.weights(), twice.weights())


def test_a_network_that_cannot_is_refused() -> None:
    model = LoadedModel(
        network=nn.ModuleDict({"body": nn.Linear(2, 2)}),
        processor=None,
        body="body",
        head="",
        blocks=(),
        adaptable=(),
        embeddings="",
        longest=8,
    )
    with pytest.raises(UserError, match="cannot compute its activations twice"):
        apply_network_settings(model, TrainingSettings(gradient_checkpointing=True))
