"""What the states at a place depend on is named: no less, and no more than is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from burnish.contracts import LoadedModel
from burnish.training.frozen_place import depended_on, find_place, identity, watch
from tests.making import make_encoder
from tests.training.schooling import open_school, switch_dropout_off
from tests.training.toys import WIDTH, Block, Toy, toy_collate, toy_examples, toy_model


def names_of(model: LoadedModel) -> set[str]:
    batch = toy_collate(model, toy_examples(4))
    return depended_on(model, batch, find_place(model, batch))


def name_of(model: LoadedModel) -> str:
    batch = toy_collate(model, toy_examples(4))
    place = find_place(model, batch)
    return identity(model, place, depended_on(model, batch, place), bf16=False)


def lower(*blocks: int) -> set[str]:
    within = {f"layers.{n}.{m}.{k}" for n in blocks for m in ("own", "others") for k in ("weight", "bias")}
    return {"embeddings.weight"} | within


def test_only_what_lies_below_counts() -> None:
    assert names_of(toy_model(Toy(), frozen=1)) == lower(0)
    assert names_of(toy_model(Toy(), frozen=3)) == lower(0, 1, 2)
    assert names_of(toy_model(Toy(), frozen=4)) == lower(0, 1, 2, 3)


def test_what_nothing_reads_does_not_count() -> None:
    class Idle(Toy):
        """Called, and then thrown away: as a pooler is, whose weights are random where a file has none."""

        def __init__(self) -> None:
            super().__init__()
            self.pooler = nn.Linear(WIDTH, WIDTH)

        def run(self, states: Tensor, mask: Tensor) -> Tensor:
            self.pooler(states)
            return super().run(states, mask)

    network = Idle()
    network.pooler.requires_grad_(False)
    assert names_of(toy_model(network, frozen=2)) == lower(0, 1)
    for parameter in network.pooler.parameters():
        assert parameter.isfinite().all()


def test_what_may_be_read_for_other_rows_counts() -> None:
    class Choosing(Toy):
        """Some layers are for rare rows only."""

        def __init__(self) -> None:
            super().__init__()
            self.rare = nn.Linear(WIDTH, WIDTH)
            self.loose = nn.Parameter(torch.zeros(WIDTH), requires_grad=False)

        def run(self, states: Tensor, mask: Tensor) -> Tensor:
            return super().run(self.rare(states) if mask.shape[1] > 40 else states, mask)

    network = Choosing()
    model = toy_model(network, frozen=2)
    network.rare.requires_grad_(False)
    network.loose.requires_grad_(False)
    assert names_of(model) >= {"rare.weight", "rare.bias"}


def test_what_is_read_without_gradient_counts() -> None:
    class Hidden(Toy):
        def run(self, states: Tensor, mask: Tensor) -> Tensor:
            with torch.no_grad():
                states = self.layers[0](states, mask)
            for layer in list(self.layers)[1:]:
                states = layer(states, mask)
            return states

    assert names_of(toy_model(Hidden(), frozen=2)) >= lower(0, 1)


def test_buffers_below_count() -> None:
    class Shifted(Block):
        shift: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("shift", torch.zeros(WIDTH))

        def forward(self, hidden_states: Tensor, mask: Tensor) -> Any:
            return super().forward(hidden_states + self.shift, mask)

    network = Toy(Shifted)
    model = toy_model(network, frozen=2)
    before = name_of(model)
    network.get_buffer("layers.3.shift").add_(1)
    assert name_of(model) == before
    network.get_buffer("layers.1.shift").add_(1)
    assert name_of(model) != before


def test_settings_of_modules_count_but_dropout_does_not() -> None:
    class Scaled(Block):
        scale = 1.0

        def __init__(self) -> None:
            super().__init__()
            self.scale = 1.0

        def forward(self, hidden_states: Tensor, mask: Tensor) -> Any:
            return super().forward(hidden_states * self.scale, mask)

    network = Toy(Scaled)
    model = toy_model(network, frozen=2)
    before = name_of(model)
    switch_dropout_off(network)
    network.train(not network.training)
    vars(network.layers[3])["scale"] = 2.0
    assert name_of(model) == before
    vars(network.layers[1])["scale"] = 2.0
    assert name_of(model) != before


@pytest.mark.parametrize("kind", ["bert", "modernbert"])
def test_the_same_folder_has_the_same_identity_wherever_it_lies(tmp_path: Path, kind: str) -> None:
    names = []
    for place in ("one", "two"):
        school = open_school(make_encoder(tmp_path / place, kind=kind))
        model = school.model
        pooler = getattr(model.network.encoder, "pooler", None)
        if isinstance(pooler, nn.Module):  # as if its file had no weights for it
            for parameter in pooler.parameters():
                nn.init.normal_(parameter)
        for name, parameter in model.network.named_parameters():
            parameter.requires_grad_(name.startswith("head."))
        batch = school.lesson.collate(model, school.lesson.examples[:4])
        found = find_place(model, batch)
        assert found.module == "head"
        names.append(identity(model, found, depended_on(model, batch, found), bf16=False))
    assert names[0] == names[1]
    assert names[0] != names[1].replace("fp32", "bf16")


def test_watching_sees_what_flows() -> None:
    model = toy_model(Toy(), frozen=2)
    batch = toy_collate(model, toy_examples(4))
    seen = watch(model, batch)
    assert list(seen.inputs) == [*model.blocks, "head"]
    assert torch.equal(seen.inputs["layers.1"][0], seen.outputs["layers.0"][0])
    assert seen.outputs["head"][0] is seen.result
    assert {"layers.2.own", "embeddings", ""} <= seen.called
