"""`full`: every weight of the network trains."""

from __future__ import annotations

from pydantic import Field

from burnish.contracts import LoadedModel, Method, ParameterGroup
from burnish.section import Section


class FullSettings(Section):
    """Recipe keys of `method: {name: full, …}`."""

    layer_decay: float = Field(
        1.0, gt=0, le=1, description="Each block's learning rate is this share of the one above (Howard & Ruder 2018)."
    )


def _refuse(_model: LoadedModel, _settings: FullSettings) -> str:
    return ""


def _prepare(model: LoadedModel, settings: FullSettings) -> tuple[ParameterGroup, ...]:
    from burnish.training.groups import grouped_by_depth

    return grouped_by_depth(model, settings.layer_decay)


def _finish(model: LoadedModel) -> LoadedModel:
    return model


METHOD = Method(
    name="full",
    summary="fine-tunes every weight",
    settings=FullSettings,
    refuse=_refuse,
    prepare=_prepare,
    finish=_finish,
)
