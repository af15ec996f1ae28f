"""`adapter`: small bottlenecks inside the blocks train, with the head; the base stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from burnish.adapting.sublayers import sublayers_of
from burnish.contracts import LoadedModel
from burnish.method_contract import Method, ParameterGroup
from burnish.section import Section


class AdapterSettings(Section):
    """Recipe keys of `method: {name: adapter, …}`."""

    kind: Literal["houlsby", "pfeiffer"] = Field(
        "houlsby", description="Behind attention and feed-forward (Houlsby 2019), or feed-forward only (Pfeiffer 2021)."
    )
    size: int = Field(64, ge=1, description="Width of the bottleneck.")
    blocks: int = Field(0, ge=0, description="Only this many of the uppermost blocks get adapters; 0: all.")


def _refuse(model: LoadedModel, _settings: AdapterSettings) -> str:
    if model.generates:
        return "adapters stay beside the network, and a model that writes is to load by itself; use `method: lora`."
    if not sublayers_of(model):
        return "this model's blocks have no attention and feed-forward layers that an adapter could follow; use `full`."
    return ""


def _prepare(model: LoadedModel, settings: AdapterSettings) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    from burnish.adapting.bottleneck import ATTRIBUTE, attach
    from burnish.adapting.groups import decays, head_group

    layers = sublayers_of(model)[-settings.blocks :] if settings.blocks else sublayers_of(model)
    both = settings.kind == "houlsby"
    places = [name for each in layers for name in ([each.attention_out] if both else []) + [each.feed_forward_out]]
    adapters = attach(model.network, places, settings.size)
    names = [f"{ATTRIBUTE}.{name}" for name, _ in adapters.named_parameters()]
    matrices = tuple(name for name in names if decays(model.network, name))
    vectors = tuple(name for name in names if not decays(model.network, name))
    return model, (*head_group(model), ParameterGroup(names=matrices), ParameterGroup(names=vectors, decay=0.0))


def _finish(model: LoadedModel) -> LoadedModel:
    return model  # a bottleneck is not linear: it stays beside the base, and is saved with it


def _keep(model: LoadedModel, folder: Path) -> None:
    from burnish.adapting.bottleneck import save_adapters

    save_adapters(model.network, folder)


METHOD = Method(
    name="adapter",
    summary="trains bottlenecks inside the blocks; the base stays as it is",
    settings=AdapterSettings,
    defaults={"learning_rate": 1e-3, "epochs": 5},
    refuse=_refuse,
    prepare=_prepare,
    finish=_finish,
    keep=_keep,
)
