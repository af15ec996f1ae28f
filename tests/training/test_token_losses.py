"""Cross-entropy in parts: torch's own values and gradients, in memory that does not grow with the tokens."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from burnish.training import token_losses as room
from burnish.training.token_losses import token_losses


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("most", [1, 60, 1 << 24])
def test_values_and_gradients_are_those_of_torch(smoothing: float, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_LOGITS", most)
    torch.manual_seed(0)
    states, weight = torch.randn(7, 5, requires_grad=True), torch.randn(11, 5, requires_grad=True)
    targets, scale = torch.tensor([0, 10, 3, 3, 7, 1, 2]), torch.rand(7)
    losses = token_losses(states, weight, targets, smoothing=smoothing)
    found = torch.autograd.grad((losses * scale).sum(), (states, weight))
    plain = functional.cross_entropy(states @ weight.T, targets, reduction="none", label_smoothing=smoothing)
    expected = torch.autograd.grad((plain * scale).sum(), (states, weight))
    assert torch.allclose(losses, plain, atol=1e-5)
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Watches how large the largest tensor is that anything computes."""

    numbers = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple) else (result,):
            self.numbers = max(self.numbers, tensor.numel() if isinstance(tensor, torch.Tensor) else 0)
        return result


def test_memory_does_not_grow_with_tokens_times_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 4,000 tokens and 1,000 words there are never 4 million logits, forward or backward, but 20,000 at a time."""
    monkeypatch.setattr(room, "MOST_LOGITS", 20_000)
    states, weight = torch.randn(4000, 4, requires_grad=True), torch.randn(1000, 4, requires_grad=True)
    with Largest() as largest:  # type: ignore[no-untyped-call]
        token_losses(states, weight, torch.zeros(4000, dtype=torch.int64)).sum().backward()  # type: ignore[no-untyped-call]
    assert largest.numbers == 20_000


def test_half_precision_stays_near() -> None:
    torch.manual_seed(0)
    states, weight, targets = torch.randn(20, 16), torch.randn(50, 16), torch.randint(0, 50, (20,))
    exact = token_losses(states, weight, targets)
    half = token_losses(states, weight, targets, precision=torch.bfloat16)
    assert half.dtype == torch.float32
    assert torch.allclose(half, exact, rtol=0.02, atol=0.02)
