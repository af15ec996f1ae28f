"""Rows through a network, whatever their number, and the network left as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from burnish.contracts import Batch
from burnish.errors import UserError
from burnish.memory_faults import OutOfMemoryError
from burnish.tasks.text_classification import TASK
from burnish.training.forward import evaluating, forward_rows, head_inputs, units_at_once, units_to_learn
from tests.training.schooling import open_school

TOO_MUCH = 2**50


class Cramped(nn.Module):
    """A network that really asks for too much memory when it gets more rows than it has room for."""

    def __init__(self, network: nn.Module, room: int) -> None:
        super().__init__()
        self.network, self.room = network, room
        self.sizes: list[int] = []

    def forward(self, **batch: Tensor) -> Tensor:
        answer: Tensor = self.network(**batch)
        self.sizes.append(len(answer))
        if len(answer) > self.room:
            torch.empty(TOO_MUCH, dtype=torch.uint8)
        return answer


def modes(network: nn.Module) -> dict[str, bool]:
    return {name: module.training for name, module in network.named_modules()}


def test_where_memory_is_short_the_answers_are_the_same(encoder: Path) -> None:
    school = open_school(encoder)
    nn.init.normal_(school.model.network.get_submodule("head").weight)  # type: ignore[arg-type]
    expected = forward_rows(school.model, school.lesson.examples, TASK.collate)
    cramped = Cramped(school.model.network, room=5)
    found = forward_rows(replace(school.model, network=cramped), school.lesson.examples, TASK.collate)
    assert max(cramped.sizes) > 5
    assert np.abs(found - expected).max() < 1e-5


def test_a_row_that_never_fits_is_said(encoder: Path) -> None:
    school = open_school(encoder)
    model = replace(school.model, network=Cramped(school.model.network, room=0))
    with pytest.raises(OutOfMemoryError, match="single row") as caught:
        forward_rows(model, school.lesson.examples, TASK.collate)
    assert caught.value.where == "reading rows"


def test_dropout_is_off_and_every_part_goes_back_to_its_own_mode(encoder: Path) -> None:
    school = open_school(encoder)
    network = school.model.network.train()
    network.get_submodule(school.model.blocks[0]).eval()  # at rest while the others train
    before = modes(network)
    assert len(set(before.values())) == 2
    first = forward_rows(school.model, school.lesson.examples, TASK.collate)
    assert modes(network) == before
    assert np.array_equal(forward_rows(school.model, school.lesson.examples, TASK.collate), first)
    with evaluating(network):
        assert not any(modes(network).values())


def test_a_failure_leaves_the_network_as_it_was(encoder: Path) -> None:
    school = open_school(encoder)
    network = school.model.network.train()
    before = modes(network)

    def collate(*_: object) -> Batch:
        raise UserError("no batch today")

    for run in (forward_rows, head_inputs):
        with pytest.raises(UserError, match="no batch"):
            run(school.model, school.lesson.examples, collate)
        assert modes(network) == before
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        head = network.get_submodule(school.model.head)
        assert not head._forward_pre_hooks


def test_no_rows_give_no_outputs(encoder: Path) -> None:
    assert len(forward_rows(open_school(encoder).model, [], TASK.collate)) == 0


def test_only_tokens_are_cut_to_what_caches_hold(encoder: Path) -> None:
    model = open_school(encoder).model
    pixels = replace(model, unit="pixels a side")
    assert units_to_learn(model) < units_at_once(model) <= 4096
    assert units_at_once(pixels) == 4096
    assert units_to_learn(pixels) > 2**31
