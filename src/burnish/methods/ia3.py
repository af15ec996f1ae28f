"""`ia3`: a learned scale for keys, values and feed-forward activations (Liu et al. 2022), through peft."""

from __future__ import annotations

from burnish.adapting.peft_body import body_names, merge_body, save_adapter, wrap_body
from burnish.adapting.sublayers import sublayers_of
from burnish.contracts import LoadedModel
from burnish.method_contract import Method, ParameterGroup
from burnish.section import Section


class Ia3Settings(Section):
    """`ia3` has no keys of its own."""


def _refuse(model: LoadedModel, _settings: Ia3Settings) -> str:
    if not sublayers_of(model):
        return "this model's blocks have no attention and feed-forward layers to scale; use `method: full` or `lora`."
    return ""


def _prepare(model: LoadedModel, _settings: Ia3Settings) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    from peft import IA3Config

    found = sublayers_of(model)
    # Keys and values are scaled where they come out, the feed-forward activation where it goes in.
    scaled = [name for layers in found for name in (*layers.attention_in, layers.feed_forward_out)]
    config = IA3Config(
        target_modules=body_names(model, scaled),
        feedforward_modules=body_names(model, [layers.feed_forward_out for layers in found]),
        task_type="CAUSAL_LM" if model.generates else "FEATURE_EXTRACTION",
    )
    return wrap_body(model, config)


METHOD = Method(
    name="ia3",
    summary="trains one scale per activation; the smallest change; merged on export",
    settings=Ia3Settings,
    defaults={"learning_rate": 1e-2, "epochs": 5},
    refuse=_refuse,
    prepare=_prepare,
    finish=merge_body,
    keep=save_adapter,
)
