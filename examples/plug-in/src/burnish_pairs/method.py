"""`head`: only the head trains, and the pre-trained model stays as it is."""

from __future__ import annotations

from pydantic import Field

from burnish.contracts import LoadedModel, Method, ParameterGroup
from burnish.section import Section


class HeadSettings(Section):
    """Recipe keys of `method: {name: head, …}`."""

    rate: float = Field(1.0, gt=0, le=1000, description="The head's learning rate, as a multiple of the recipe's.")


def _refuse(model: LoadedModel, _settings: HeadSettings) -> str:
    return "" if model.head else "this model has no head of its own to train; use the method full."


def _prepare(model: LoadedModel, settings: HeadSettings) -> tuple[ParameterGroup, ...]:
    head = model.network.get_submodule(model.head)
    names = tuple(f"{model.head}.{name}" for name, _ in head.named_parameters())
    return (ParameterGroup(names=names, rate=settings.rate),)


def _finish(model: LoadedModel) -> LoadedModel:
    return model


METHOD = Method(
    name="head",
    summary="trains the head and nothing else",
    settings=HeadSettings,
    refuse=_refuse,
    prepare=_prepare,
    finish=_finish,
)
