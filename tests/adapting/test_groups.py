"""Groups by depth: rates fall towards the input, vectors and embeddings do not decay, blocks join one after another."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.adapting.groups import depth_of, grouped_by_depth, head_group
from burnish.contracts import LoadedModel
from burnish.method_contract import ParameterGroup
from burnish.tasks.text_classification import TASK


@pytest.fixture
def model(encoder: Path) -> LoadedModel:
    return TASK.load(encoder, TASK.targets([{"label": "a"}, {"label": "b"}], {}), 0)


def by_name(groups: tuple[ParameterGroup, ...]) -> dict[str, ParameterGroup]:
    return {name: group for group in groups for name in group.names}


def test_every_depth_learns_at_a_share_of_the_rate_above(model: LoadedModel) -> None:
    found = by_name(grouped_by_depth(model, layer_decay=0.5))
    blocks = len(model.blocks)
    assert found["head.weight"].rate == 1
    for number, block in enumerate(model.blocks):
        assert found[f"{block}.output.dense.weight"].rate == 0.5 ** (blocks - number)
    assert found[f"{model.embeddings}.weight"].rate == 0.5 ** (blocks + 1)


def test_only_matrices_decay_and_the_unread_pooler_rests(model: LoadedModel) -> None:
    found = by_name(grouped_by_depth(model))
    parameters = dict(model.network.named_parameters())
    for name, group in found.items():
        embeds = "embeddings" in name
        assert group.decay == float(parameters[name].ndim > 1 and not embeds), name
    assert not any("pooler" in name for name in found)


def test_the_lowest_depth_that_trains(model: LoadedModel) -> None:
    found = by_name(grouped_by_depth(model, lowest=2))
    assert {depth_of(model, name) for name in found} == set(range(2, len(model.blocks) + 2))
    assert set(by_name(head_group(model))) == {"head.weight", "head.bias"}


@pytest.mark.parametrize(("unfreeze", "begins"), [(1, [0, 1, 2, 3]), (2, [0, 1, 1, 2])])
def test_blocks_join_from_the_top(model: LoadedModel, unfreeze: int, begins: list[int]) -> None:
    found = by_name(grouped_by_depth(model, unfreeze=unfreeze))
    assert len(model.blocks) == 2
    names = ["head.weight", *(f"{block}.output.dense.weight" for block in reversed(model.blocks))]
    assert [found[name].begin for name in [*names, f"{model.embeddings}.weight"]] == begins
