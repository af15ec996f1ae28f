"""Contrastive tuning: every row has company, and the loss is the published one."""

from __future__ import annotations

import math
import random
from collections import Counter

import torch
from hypothesis import given
from hypothesis import strategies as st

from burnish.methods.few_shot import batches_of_company, contrastive_loss


@given(
    strata=st.lists(st.integers(0, 6), min_size=1, max_size=80),
    size=st.integers(4, 20),
    together=st.integers(2, 4),
    seed=st.integers(0, 5),
)
def test_every_row_occurs_in_company_of_its_class(strata: list[int], size: int, together: int, seed: int) -> None:
    batches = batches_of_company(strata, size, together, random.Random(seed))
    assert {row for batch in batches for row in batch} == set(range(len(strata)))
    assert all(batch and len(batch) <= max(size, together) for batch in batches)
    counts = Counter(strata)
    for batch in batches:
        inside = Counter(strata[row] for row in batch)
        for stratum, count in inside.items():
            assert count >= min(together, counts[stratum])


def test_the_loss_is_the_mean_over_company_of_the_log_share() -> None:
    torch.manual_seed(0)
    features, strata, temperature = torch.randn(5, 7), torch.tensor([0, 1, 0, 1, 2]), 0.3
    losses, counts = contrastive_loss(features, strata, temperature)
    unit = features / features.norm(dim=1, keepdim=True)
    for row in range(5):
        others = [other for other in range(5) if other != row]
        total = sum(math.exp(float(unit[row] @ unit[other]) / temperature) for other in others)
        company = [other for other in others if strata[other] == strata[row]]
        shares = [math.log(math.exp(float(unit[row] @ unit[o]) / temperature) / total) for o in company]
        expected = -sum(shares) / len(shares) if shares else 0.0
        assert abs(float(losses[row]) - expected) < 1e-5
        assert float(counts[row]) == bool(company)


def test_rows_of_a_class_that_lie_together_have_a_smaller_loss() -> None:
    strata = torch.tensor([0, 0, 1, 1])
    near = torch.tensor([[1.0, 0], [1, 0.1], [0, 1], [0.1, 1]])
    mixed = near[[0, 2, 1, 3]]
    assert contrastive_loss(near, strata, 0.1)[0].sum() < contrastive_loss(mixed, strata, 0.1)[0].sum()
