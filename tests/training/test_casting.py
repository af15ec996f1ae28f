"""Weights at rest are cast once: the same answers and gradients to the bit, and nothing is left behind."""

from __future__ import annotations

from pathlib import Path

import torch

from burnish.training.casting import cast_once
from burnish.training.forward import call
from burnish.training.loop import begin_training
from tests.training.schooling import School, open_school


def gradients(school: School, *, cast: bool, bf16: bool = True) -> dict[str, torch.Tensor]:
    """Outputs and gradients of a batch under autocast, with the upper blocks and the head training."""
    groups = [group for group in school.groups if any("layer.1" in name or "head" in name for name in group.names)]
    training = begin_training(school.model, groups, school.lesson.settings)
    batch = school.lesson.collate(school.model, school.lesson.examples[:8])
    with cast_once(training, bf16=cast), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        outputs = call(training.network, batch)
    outputs.float().square().sum().backward()
    assert not any("forward" in vars(module) for module in school.model.network.modules())
    found = {name: p.grad for name, p in school.model.network.named_parameters() if p.grad is not None}
    return {"outputs": outputs.detach(), **found}


def test_the_same_to_the_bit(encoder: Path) -> None:
    for bf16 in (True, False):
        plain = gradients(open_school(encoder, dropout=False), cast=False, bf16=bf16)
        cast = gradients(open_school(encoder, dropout=False), cast=True, bf16=bf16)
        assert plain.keys() == cast.keys()
        assert len(plain) > 3
        assert all(torch.equal(plain[name], cast[name]) for name in plain)


def test_layers_at_rest_do_not_cast_again(encoder: Path) -> None:
    school = open_school(encoder, dropout=False)
    training = begin_training(school.model, school.groups[-1:], school.lesson.settings)
    before = {name: module for name, module in school.model.network.named_modules() if "forward" in vars(module)}
    with cast_once(training, bf16=True):
        ours = [name for name, module in school.model.network.named_modules() if "forward" in vars(module)]
    assert before == {}
    assert ours
    assert not any(f"{name}.weight" in training.names for name in ours)
