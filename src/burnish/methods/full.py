"""`full`: every weight of the network trains."""

from __future__ import annotations

from pydantic import Field

from burnish.contracts import LoadedModel
from burnish.method_contract import Method, ParameterGroup
from burnish.section import Section


class FullSettings(Section):
    """Recipe keys of `method: {name: full, …}`."""

    layer_decay: float = Field(
        0.8, gt=0, le=1, description="Each block's learning rate is this share of the one above (Howard & Ruder 2018)."
    )
    unfreeze: int = Field(
        0,
        ge=0,
        description="Blocks that join at each epoch's start, from the top (gradual unfreezing); 0: all at once.",
    )


def _refuse(_model: LoadedModel, _settings: FullSettings) -> str:
    return ""


def _prepare(model: LoadedModel, settings: FullSettings) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    from burnish.adapting.groups import grouped_by_depth

    return model, grouped_by_depth(model, layer_decay=settings.layer_decay, unfreeze=settings.unfreeze)


def _finish(model: LoadedModel) -> LoadedModel:
    return model


METHOD = Method(
    name="full",
    summary="fine-tunes every weight",
    settings=FullSettings,
    defaults={"learning_rate": 2e-4, "epochs": 5},
    refuse=_refuse,
    prepare=_prepare,
    finish=_finish,
)
