"""Recipe settings that change how a network computes while it trains: dropout and gradient checkpointing."""

from __future__ import annotations

from typing import Any

from torch import nn

from burnish.contracts import LoadedModel
from burnish.errors import UserError
from burnish.training.dropout import quicken_dropout
from burnish.training.settings import TrainingSettings

# Attention in transformers holds its dropout as a number, not as a module.
_NUMBERS = ("attention_dropout", "dropout_prob", "attn_dropout")


def apply_network_settings(model: LoadedModel, settings: TrainingSettings) -> None:
    """Set dropout and gradient checkpointing as the recipe says, and let dropout be quick.

    Raises:
        UserError: The network cannot compute activations twice.
    """
    if settings.dropout is not None:
        _set_dropout(model.network, settings.dropout)
    quicken_dropout(model.network)
    if settings.gradient_checkpointing:
        body: Any = model.network.get_submodule(model.body)
        if not getattr(body, "supports_gradient_checkpointing", False):
            raise UserError(
                "this model cannot compute its activations twice",
                where="training.gradient-checkpointing",
                fix="Leave it out; a smaller `batch-size`, or a larger `accumulate`, saves memory too.",
            )
        body.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})


def _set_dropout(network: nn.Module, share: float) -> None:
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = share
        for name in _NUMBERS:
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, share)
