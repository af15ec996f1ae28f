"""Mixup and CutMix: shapes, shares, and soft targets that add up to 1."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from burnish.augmenting.mixing import cutmix, mixup
from burnish.contracts import Batch


def batch(rows: int = 6, height: int = 8, width: int = 10, kind: torch.dtype = torch.float32) -> Batch:
    generator = torch.Generator().manual_seed(rows)
    images = torch.randint(0, 256, (rows, 3, height, width), generator=generator).to(kind)
    return {"pixel_values": images, "row_numbers": torch.arange(rows), "targets": torch.arange(rows) % 3}


@given(
    rows=st.integers(1, 7),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    alpha=st.floats(0.05, 5),
    seed=st.integers(0, 10_000),
    kind=st.sampled_from([mixup, cutmix]),
    of=st.sampled_from([torch.float32, torch.uint8]),
)
@settings(max_examples=100, deadline=None)
def test_shapes_stay_and_soft_targets_add_up_to_1(
    rows: int, height: int, width: int, alpha: float, seed: int, kind: Any, of: torch.dtype
) -> None:
    given_ = batch(rows, height, width, of)
    before = given_["pixel_values"].clone()
    found = kind(given_, alpha, random.Random(seed))
    images = found.batch["pixel_values"]
    assert images.shape == before.shape
    assert images.dtype == before.dtype
    assert torch.equal(given_["pixel_values"], before), "the batch itself was changed"
    assert torch.equal(found.batch["row_numbers"], given_["row_numbers"])
    assert sorted(found.partner.tolist()) == list(range(rows))
    assert 0 <= found.share <= 1
    soft = found.soft_targets(3)
    assert torch.allclose(soft.sum(dim=1), torch.ones(rows))
    again = kind(given_, alpha, random.Random(seed))
    assert torch.equal(again.batch["pixel_values"], images)
    assert torch.equal(again.partner, found.partner)


def test_mixup_blends_by_the_share() -> None:
    given_ = batch()
    found = mixup(given_, 1.0, random.Random(3))
    images = given_["pixel_values"]
    assert torch.allclose(found.batch["pixel_values"], found.share * images + (1 - found.share) * images[found.partner])
    whole = mixup(batch(kind=torch.uint8), 1.0, random.Random(3)).batch["pixel_values"]
    assert (whole.float() - found.batch["pixel_values"]).abs().max() <= 0.5


def test_cutmix_takes_a_rectangle_as_large_as_the_share_says() -> None:
    given_ = batch(5, 20, 30)
    found = cutmix(given_, 1.0, random.Random(1))
    images, cut = given_["pixel_values"], found.batch["pixel_values"]
    for row, partner in enumerate(found.partner.tolist()):
        if partner == row:
            continue
        taken = (cut[row] == images[partner]).all(dim=0)
        kept = (cut[row] == images[row]).all(dim=0)
        assert (taken ^ kept).all(), "each place is of one of the two"
        assert kept.float().mean().item() == pytest.approx(found.share)
        high, wide = taken.any(dim=1), taken.any(dim=0)
        assert taken[high][:, wide].all(), "what is taken is a rectangle"


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_that_of_the_soft_targets(smoothing: float) -> None:
    def cross_entropy(outputs: Any, of: Batch, label_smoothing: float) -> tuple[torch.Tensor, torch.Tensor]:
        losses = functional.cross_entropy(outputs, of["targets"], reduction="none", label_smoothing=label_smoothing)
        return losses, torch.ones_like(losses)

    found = mixup(batch(), 0.8, random.Random(0))
    outputs = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    losses, counts = found.loss(cross_entropy, outputs, smoothing)
    soft = found.soft_targets(3)
    expected = functional.cross_entropy(outputs, soft, reduction="none", label_smoothing=smoothing)
    assert torch.allclose(losses, expected, atol=1e-6)
    assert torch.allclose(counts, torch.ones(6))
