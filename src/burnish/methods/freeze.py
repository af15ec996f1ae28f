"""`freeze`: the lowest blocks stay as they are; what lies above them trains."""

from __future__ import annotations

from pydantic import Field

from burnish.contracts import LoadedModel
from burnish.method_contract import Method, ParameterGroup
from burnish.section import Section


class FreezeSettings(Section):
    """Recipe keys of `method: {name: freeze, …}`."""

    blocks: int = Field(0, ge=0, description="How many of the lowest blocks are frozen; 0: the share below says.")
    share: float = Field(0.66, gt=0, lt=1, description="Share of the blocks that is frozen, where `blocks` is 0.")
    layer_decay: float = Field(0.8, gt=0, le=1, description="Each block's learning rate as a share of the one above.")


def _frozen(model: LoadedModel, settings: FreezeSettings) -> int:
    return settings.blocks or round(settings.share * len(model.blocks))


def _refuse(model: LoadedModel, settings: FreezeSettings) -> str:
    if len(model.blocks) < 2:
        return "this model has no blocks to freeze some of; use `method: head` or `method: full`."
    if _frozen(model, settings) >= len(model.blocks):
        return (
            f"the model has {len(model.blocks)} blocks, and all are to be frozen; freeze at most "
            f"{len(model.blocks) - 1}, or use `method: head`."
        )
    return ""


def _prepare(model: LoadedModel, settings: FreezeSettings) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    from burnish.adapting.groups import grouped_by_depth

    lowest = _frozen(model, settings) + 1  # depth 0 is the embeddings'
    return model, grouped_by_depth(model, layer_decay=settings.layer_decay, lowest=lowest)


def _finish(model: LoadedModel) -> LoadedModel:
    return model


METHOD = Method(
    name="freeze",
    summary="freezes the lowest blocks and trains the rest, on states that are computed once",
    settings=FreezeSettings,
    defaults={"learning_rate": 3e-4, "epochs": 10},
    refuse=_refuse,
    prepare=_prepare,
    finish=_finish,
)
