"""`few-shot`: the encoder learns which rows belong together, then the head is fitted (as SetFit, Tunstall et al. 2022).

SetFit passes two rows through the encoder for each pair. Here every pair within a batch counts, and the batches are
drawn so that each holds several rows of every class that it has: a batch of 32 rows gives 496 pairs for 32 passes.
Pairs are never listed, so memory does not grow with their number.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from burnish.contracts import LoadedModel
from burnish.method_contract import Method, Objective, ParameterGroup
from burnish.section import Section

if TYPE_CHECKING:
    import torch


class FewShotSettings(Section):
    """Recipe keys of `method: {name: few-shot, …}`."""

    together: int = Field(2, ge=2, description="Rows of the same class that a batch holds.")
    temperature: float = Field(0.05, gt=0, description="Lower: the nearest wrong rows weigh more.")
    rounds: int = Field(2, ge=1, description="How often every row is seen in an epoch, in other company each time.")
    layer_decay: float = Field(0.8, gt=0, le=1, description="Each block's learning rate as a share of the one above.")


def _refuse(model: LoadedModel, _settings: FewShotSettings) -> str:
    if model.generates:
        return "it teaches which rows belong together, and this model writes answers; use `method: lora` or `full`."
    if model.by_unit:
        return (
            f"it teaches which rows belong together, and here every one of the {model.unit} of a row has an answer of "
            "its own; use `method: full`, which is best with few rows too, or `method: lora`."
        )
    return ""


def _prepare(model: LoadedModel, settings: FewShotSettings) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    from burnish.adapting.groups import grouped_by_depth

    return model, grouped_by_depth(model, layer_decay=settings.layer_decay)


def _finish(model: LoadedModel) -> LoadedModel:
    return model


def _objective(settings: FewShotSettings) -> Objective:
    def batches(strata: Sequence[int], size: int, seed: int, epoch: int) -> list[list[int]]:
        generator = random.Random(f"{seed}/{epoch}/pairs")
        return [
            batch
            for _ in range(settings.rounds)
            for batch in batches_of_company(strata, size, settings.together, generator)
        ]

    def loss(features: torch.Tensor, strata: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return contrastive_loss(features, strata, settings.temperature)

    return Objective(batches=batches, loss=loss)


def batches_of_company(strata: Sequence[int], size: int, together: int, generator: random.Random) -> list[list[int]]:
    """Batches of row positions in which every row has company of its class; every row occurs.

    Args:
        strata: The class of every row.
        size: Rows in a batch.
        together: Rows of a class that stay together; a class with fewer gives all it has.
        generator: Shuffles.
    """
    by_class: dict[int, list[int]] = defaultdict(list)
    for row, stratum in enumerate(strata):
        by_class[stratum].append(row)
    groups = []
    for rows in by_class.values():
        generator.shuffle(rows)
        cut = [rows[begin : begin + together] for begin in range(0, len(rows), together)]
        if len(cut) > 1 and len(cut[-1]) < together:  # the last one borrows company from the first
            cut[-1] += cut[0][: together - len(cut[-1])]
        groups += cut
    generator.shuffle(groups)
    batches: list[list[int]] = [[]]
    for group in groups:
        if batches[-1] and len(batches[-1]) + len(group) > size:
            batches.append([])
        batches[-1] += group
    return batches


def contrastive_loss(
    features: torch.Tensor, strata: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Supervised contrastive loss over all pairs of a batch (Khosla et al. 2020).

    Args:
        features: float (rows, width).
        strata: int64 (rows,).
        temperature: Divides the cosines.

    Returns:
        Loss of every row, and 1 for each row that had company (else 0), float (rows,).
    """
    import torch
    from torch.nn import functional

    unit = functional.normalize(features.float(), dim=-1)
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    cosines = (unit @ unit.T / temperature).masked_fill(itself, float("-inf"))
    shares = torch.log_softmax(cosines, dim=-1).masked_fill(itself, 0.0)
    company = (strata.unsqueeze(0) == strata.unsqueeze(1)) & ~itself
    count = company.sum(dim=1)
    losses = -(shares * company).sum(dim=1) / count.clamp(min=1)
    return losses, (count > 0).float()


METHOD = Method(
    name="few-shot",
    summary="teaches the encoder which rows belong together, then fits the head; for a few rows a class",
    settings=FewShotSettings,
    defaults={"learning_rate": 2e-4, "epochs": 2, "batch_size": 32},
    refuse=_refuse,
    prepare=_prepare,
    finish=_finish,
    objective=_objective,
)
