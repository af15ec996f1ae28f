"""`lora`: low-rank updates beside the linear layers (Hu et al. 2021), through peft; merged on export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from burnish.adapting.peft_body import body_names, merge_body, save_adapter, wrap_body
from burnish.contracts import LoadedModel
from burnish.method_contract import Method, ParameterGroup
from burnish.section import Section


class LoraSettings(Section):
    """Recipe keys of `method: {name: lora, …}`."""

    rank: int = Field(16, ge=1, description="Rank of every update.")
    alpha: float = Field(32, gt=0, description="Updates are scaled by alpha / rank.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout before every update.")
    targets: Literal["all-linear"] | list[str] = Field(
        "all-linear", description="`all-linear`, or endings of the names of linear layers: [query, value]."
    )
    blocks: int = Field(0, ge=0, description="Only this many of the uppermost blocks get updates; 0: all.")
    rank_stabilised: bool = Field(False, description="Scale by alpha / sqrt(rank) (Kalajdzievski 2023).")
    dora: bool = Field(False, description="Train magnitudes apart from directions (Liu et al. 2024).")
    bits: Literal[4, 32] = Field(32, description="4: a quantised base (QLoRA, Dettmers et al. 2023), on a CUDA GPU.")


def _refuse(model: LoadedModel, settings: LoraSettings) -> str:
    if not model.adaptable:
        return "this model has no linear layers that an update could go beside; use `method: full` or `method: head`."
    if not _targets(model, settings):
        endings = sorted({name.rpartition(".")[2] for name in model.adaptable})
        there = ", ".join(endings)
        return f"no linear layer is named {settings.targets}; their names end in {there}. Or use `method: adapter`."
    if settings.bits == 4 and settings.dora:
        return (
            "magnitudes (`dora`) are not trained on a 4-bit base; leave out `dora` or `bits`, or use `method: freeze`."
        )
    if settings.bits == 4 and (missing := _missing_for_four_bits()):
        return f"a 4-bit base needs {missing}; leave `bits` out, or use `method: freeze`, which saves memory too."
    return ""


def _targets(model: LoadedModel, settings: LoraSettings) -> list[str]:
    blocks = model.blocks[-settings.blocks :] if settings.blocks else model.blocks
    upper = [name for name in model.adaptable if any(name.startswith(f"{block}.") for block in blocks)]
    if settings.targets == "all-linear":
        return upper
    return [name for name in upper if _ends_in(name, settings.targets)]


def _ends_in(name: str, endings: Sequence[str]) -> bool:
    return any(f".{name}".endswith(f".{ending}") for ending in endings)


def _missing_for_four_bits() -> str:
    from importlib.util import find_spec

    import torch

    if not torch.cuda.is_available():
        return "a CUDA GPU, and this machine has none"
    return "" if find_spec("bitsandbytes") else "the package bitsandbytes (pip install bitsandbytes)"


def _prepare(model: LoadedModel, settings: LoraSettings) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    from peft import LoraConfig

    targets = body_names(model, _targets(model, settings))
    if settings.bits == 4:
        from burnish.adapting.four_bits import quantise

        quantise(model, _targets(model, settings))
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,  # peft divides; a float serves
        lora_dropout=settings.dropout,
        target_modules=targets,
        use_rslora=settings.rank_stabilised,
        use_dora=settings.dora,
        task_type="CAUSAL_LM" if model.generates else "FEATURE_EXTRACTION",  # told to whoever loads it alone
    )
    return wrap_body(model, config)


METHOD = Method(
    name="lora",
    summary="trains low-rank updates beside the linear layers; merged on export",
    settings=LoraSettings,
    defaults={"learning_rate": 1e-3, "epochs": 5},
    refuse=_refuse,
    prepare=_prepare,
    finish=merge_body,
    keep=save_adapter,
)
