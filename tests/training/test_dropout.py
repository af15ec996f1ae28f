"""Quick dropout drops the share it is asked for, keeps the mean, and is torch's own wherever it does not train."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from burnish.training.dropout import QuickDropout, mask_of, quicken_dropout


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_share_is_met_and_the_mean_is_kept(share: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    mask = mask_of(torch.ones(1000, 401, dtype=dtype), share).double()
    spread = (share * (1 - share) / mask.numel()) ** 0.5
    assert abs((mask == 0).double().mean().item() - share) < 5 * spread + 1 / 65536
    assert mask.mean().item() == pytest.approx(
        1.0, abs=5 * spread / (1 - share) + (0.004 if dtype != torch.float32 else 0)
    )
    rows, columns = (mask == 0).double().mean(1), (mask == 0).double().mean(0)
    assert rows.std() < 3 * (share * (1 - share) / 401) ** 0.5
    assert columns.std() < 3 * (share * (1 - share) / 1000) ** 0.5


def test_neighbours_are_independent() -> None:
    torch.manual_seed(0)
    dropped = (mask_of(torch.ones(400_000), 0.3) == 0).double() - 0.3
    for lag in (1, 2, 3, 4, 8):
        assert abs((dropped[lag:] * dropped[:-lag]).mean().item()) < 0.002


def test_the_same_seed_gives_the_same_and_gradients_flow_through_what_is_kept() -> None:
    layer = QuickDropout(0.4).train()
    values = torch.randn(3, 7, requires_grad=True)
    torch.manual_seed(5)
    first = layer(values)
    torch.manual_seed(5)
    assert torch.equal(first, layer(values))
    first.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad == 0, first == 0)
    assert torch.allclose(values.grad[first != 0], torch.tensor(1 / 0.6), atol=1e-4)


def test_a_network_keeps_its_shares_and_answers() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.2), nn.Dropout1d(0.3)).eval()
    values = torch.randn(5, 4)
    before = network(values)
    quicken_dropout(network)
    assert isinstance(network[1], QuickDropout)
    assert network[1].p == 0.2
    assert type(network[2]) is nn.Dropout1d
    assert torch.equal(network(values), before)
