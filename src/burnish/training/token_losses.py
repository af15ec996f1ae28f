"""Cross-entropy over a large vocabulary in memory that does not grow with the number of tokens.

Logits are computed for some tokens at a time, only for those that are learned, and thrown away at once; their gradient
is computed in the same pass (as in Cut Cross-Entropy, Wijmans et al. 2024, and Liger Kernel, Hsu et al. 2024).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

MOST_LOGITS = 1 << 24  # at once: 64 MiB in float32


def token_losses(
    states: Tensor, weight: Tensor, targets: Tensor, *, smoothing: float = 0.0, precision: torch.dtype | None = None
) -> Tensor:
    """The cross-entropy of every token, float32 (tokens,).

    Args:
        states: What flows into the head, float (tokens, width).
        weight: The head's, float (vocabulary, width). It has no bias.
        targets: int64 (tokens,).
        smoothing: Share of each target that is spread over the whole vocabulary.
        precision: What logits are computed in; default: that of the states.
    """
    kind = precision or states.dtype
    found: Tensor = _TokenLosses.apply(states, weight, targets, smoothing, kind)  # type: ignore[no-untyped-call]
    return found


class _TokenLosses(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, states: Tensor, weight: Tensor, targets: Tensor, smoothing: float, precision: torch.dtype
    ) -> Tensor:
        losses = torch.empty(len(states), dtype=torch.float32, device=states.device)
        wanted = context.needs_input_grad[0]
        gradient = torch.empty_like(states) if wanted else None
        kernel = weight.to(precision)
        for part in _parts(len(states), len(weight)):
            logits, logarithm = _logits(states[part], kernel)
            right = logits.gather(1, targets[part].unsqueeze(1)).squeeze(1)
            losses[part] = logarithm - (1 - smoothing) * right - (smoothing * logits.mean(1) if smoothing else 0.0)
            if gradient is not None:
                slopes = _slopes(logits, logarithm, targets[part], smoothing)
                gradient[part] = (slopes.to(precision) @ kernel).to(gradient.dtype)
        context.save_for_backward(states, weight, targets, gradient)
        context.settings = (smoothing, precision)
        return losses

    @staticmethod
    def backward(context: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        states, weight, targets, gradient = context.saved_tensors
        smoothing, precision = context.settings
        of_states = gradient * upstream.unsqueeze(1).to(gradient.dtype) if gradient is not None else None
        of_weight = None
        if context.needs_input_grad[1]:
            of_weight = torch.zeros_like(weight)
            kernel = weight.to(precision)
            for part in _parts(len(states), len(weight)):
                logits, logarithm = _logits(states[part], kernel)
                slopes = _slopes(logits, logarithm, targets[part], smoothing) * upstream[part].unsqueeze(1)
                of_weight += (slopes.to(precision).T @ states[part].to(precision)).to(weight.dtype)
        return of_states, of_weight, None, None, None


def _parts(tokens: int, vocabulary: int) -> list[slice]:
    size = max(1, MOST_LOGITS // vocabulary)
    return [slice(begin, begin + size) for begin in range(0, tokens, size)]


def _logits(states: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of some tokens, float32 (tokens, vocabulary), and the logarithm of the sum of their exponentials."""
    logits = (states.to(kernel.dtype) @ kernel.T).float()
    return logits, torch.logsumexp(logits, dim=1)


def _slopes(logits: Tensor, logarithm: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """How losses change with their logits; takes the place of the logits."""
    slopes = logits.sub_(logarithm.unsqueeze(1)).exp_()
    if smoothing:
        slopes.sub_(smoothing / logits.shape[1])
    slopes.scatter_add_(1, targets.unsqueeze(1), torch.full_like(logarithm, smoothing - 1).unsqueeze(1))
    return slopes
