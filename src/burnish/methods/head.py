"""`head`: feature extraction. The pre-trained network stays as it is; only the new head trains."""

from __future__ import annotations

from burnish.contracts import LoadedModel
from burnish.method_contract import Method, ParameterGroup
from burnish.section import Section


class HeadSettings(Section):
    """`head` has no keys of its own."""


def _refuse(model: LoadedModel, _settings: HeadSettings) -> str:
    if model.generates:
        return "this model writes with the head that it was pre-trained with, and has no new one to train; use `lora`."
    return ""


def _prepare(model: LoadedModel, _settings: HeadSettings) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    from burnish.adapting.groups import head_group

    return model, head_group(model)


def _finish(model: LoadedModel) -> LoadedModel:
    return model


METHOD = Method(
    name="head",
    summary="trains the new head alone, on features that are computed once",
    settings=HeadSettings,
    defaults={"learning_rate": 1e-3, "epochs": 10, "start_scale": 1.0},
    refuse=_refuse,
    prepare=_prepare,
    finish=_finish,
)
