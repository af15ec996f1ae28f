"""Wrap a model's body in a peft adapter, and take it out again. The adapters themselves are peft's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.adapting.groups import decays, head_group
from burnish.contracts import LoadedModel
from burnish.errors import UserError
from burnish.method_contract import ParameterGroup

if TYPE_CHECKING:
    from torch import nn

ADAPTER_FOLDER = "adapter"
_SPARE_POSITIONS = 2  # RoBERTa and its kin number positions from 2


def wrap_body(model: LoadedModel, config: Any) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    """Put a new peft adapter around (and into) the body; what trains are the adapter and the head.

    Args:
        model: Its network is changed in place.
        config: A peft configuration.

    Returns:
        The model with the names of its parts as they are now, and the groups of parameters that train.
    """
    from peft import PeftModelForFeatureExtraction

    config.base_model_name_or_path = ""  # the base's folder is this machine's affair
    wrapped = _rewrapped(model, PeftModelForFeatureExtraction(model.network.get_submodule(model.body), config))
    groups = [*head_group(wrapped)]
    added = [
        name
        for name, parameter in wrapped.network.named_parameters()
        if parameter.requires_grad and name.startswith(f"{model.body}.")
    ]
    for decay in (True, False):
        names = tuple(name for name in added if decays(wrapped.network, name) == decay)
        groups += [ParameterGroup(names=names, decay=float(decay))] if names else []
    return wrapped, tuple(groups)


def merge_body(model: LoadedModel) -> LoadedModel:
    """Fold the adapter's weights into the layers that it adapts, and take the wrapper away."""
    peft_model: Any = model.network.get_submodule(model.body)
    if find_spec("bitsandbytes") is not None:
        from burnish.adapting.four_bits import plain_layers

        plain_layers(peft_model.base_model.model)
    merged = peft_model.merge_and_unload()
    return _renamed(_with_body(model, merged), f"{model.body}.base_model.model.", f"{model.body}.")


def save_adapter(model: LoadedModel, folder: Path) -> None:
    """Write the adapter alone, as peft writes it: adapter_config.json and adapter_model.safetensors."""
    peft_model: Any = model.network.get_submodule(model.body)
    peft_model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # an empty form


def load_adapter(model: LoadedModel, folder: Path) -> LoadedModel:
    """Put an adapter that `save_adapter` wrote around the body.

    Raises:
        UserError: Its files are damaged.
    """
    from peft import PeftModelForFeatureExtraction

    try:
        peft_model = PeftModelForFeatureExtraction.from_pretrained(model.network.get_submodule(model.body), str(folder))
    except Exception as error:  # peft raises OSError, ValueError, RuntimeError and safetensors' own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"the adapter cannot be loaded: {reason}",
            where=str(folder),
            fix="A file may be damaged or missing: copy the specialist again, or export it again.",
        ) from error
    return _rewrapped(model, peft_model)


def is_wrapped(model: LoadedModel) -> bool:
    """Whether the body has a peft adapter around it."""
    return hasattr(model.network.get_submodule(model.body), "active_peft_config")


def body_names(model: LoadedModel, names: Sequence[str]) -> list[str]:
    """Names of modules as the body itself knows them."""
    return [name.removeprefix(f"{model.body}.") for name in names]


def _rewrapped(model: LoadedModel, peft_model: Any) -> LoadedModel:
    """The model with a peft model as its body, its names, and room for the virtual tokens."""
    config = peft_model.active_peft_config
    inner = "base_model." if config.is_prompt_learning else "base_model.model."
    wrapped = _renamed(_with_body(model, peft_model), f"{model.body}.", f"{model.body}.{inner}")
    virtual = int(getattr(config, "num_virtual_tokens", 0) or 0)
    positions = int(getattr(peft_model.config, "max_position_embeddings", 0) or 0)
    room = positions - virtual - _SPARE_POSITIONS
    return replace(wrapped, longest=min(model.longest, room)) if virtual and positions else wrapped


def _with_body(model: LoadedModel, body: nn.Module) -> LoadedModel:
    parent, _, child = model.body.rpartition(".")
    setattr(model.network.get_submodule(parent), child, body)
    return model


def _renamed(model: LoadedModel, old: str, new: str) -> LoadedModel:
    """The model with the names of what lies in its body as they are after wrapping or unwrapping."""

    def renamed(name: str) -> str:
        return new + name.removeprefix(old) if name.startswith(old) else name

    return replace(
        model,
        blocks=tuple(map(renamed, model.blocks)),
        adaptable=tuple(map(renamed, model.adaptable)),
        embeddings=renamed(model.embeddings),
        head=renamed(model.head),
    )
