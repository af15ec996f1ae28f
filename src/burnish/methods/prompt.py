"""`prompt`: virtual tokens before the text are all that trains, with the head (Lester et al. 2021), through peft."""

from __future__ import annotations

from pydantic import Field

from burnish.adapting.peft_body import save_adapter, wrap_body
from burnish.contracts import LoadedModel
from burnish.method_contract import Method, ParameterGroup
from burnish.section import Section


class PromptSettings(Section):
    """Recipe keys of `method: {name: prompt, …}`."""

    tokens: int = Field(20, ge=1, description="Virtual tokens before every input.")


def _refuse(model: LoadedModel, settings: PromptSettings) -> str:
    if model.generates:
        return "virtual tokens would be lost on export, where a model that writes is to load by itself; use `lora`."
    if not model.embeddings:
        return "soft prompts need token embeddings, and this model has none; use `method: lora` or `adapter`."
    if settings.tokens >= model.longest:
        return (
            f"{settings.tokens} virtual tokens leave no room in the {model.longest} that this model takes; "
            "give fewer, or use `method: lora`."
        )
    return ""


def _prepare(model: LoadedModel, settings: PromptSettings) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    from peft import PromptTuningConfig

    config = PromptTuningConfig(num_virtual_tokens=settings.tokens, task_type="FEATURE_EXTRACTION")
    return wrap_body(model, config)


def _finish(model: LoadedModel) -> LoadedModel:
    return model  # nothing to merge into: the virtual tokens stay beside the base, and are saved with it


METHOD = Method(
    name="prompt",
    summary="trains virtual tokens before the text (soft prompt); the base stays as it is",
    settings=PromptSettings,
    defaults={"learning_rate": 1e-2, "epochs": 10},
    refuse=_refuse,
    prepare=_prepare,
    finish=_finish,
    keep=save_adapter,
)
