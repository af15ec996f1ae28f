"""`biases`: the head trains, and in the blocks the biases alone (BitFit, Ben Zaken et al. 2022)."""

from __future__ import annotations

from pydantic import Field

from burnish.contracts import LoadedModel
from burnish.method_contract import Method, ParameterGroup
from burnish.section import Section


class BiasesSettings(Section):
    """Recipe keys of `method: {name: biases, …}`."""

    rate: float = Field(1.0, gt=0, le=1000, description="The biases' learning rate, as a multiple of the recipe's.")


def _biases(model: LoadedModel) -> tuple[str, ...]:
    blocks = tuple(f"{block}." for block in model.blocks)
    names = [name for name, _ in model.network.named_parameters()]
    return tuple(name for name in names if name.startswith(blocks) and name.endswith(".bias"))


def _refuse(model: LoadedModel, _settings: BiasesSettings) -> str:
    return "" if _biases(model) else "the blocks of this model have no biases; use the method full."


def _prepare(model: LoadedModel, settings: BiasesSettings) -> tuple[LoadedModel, tuple[ParameterGroup, ...]]:
    head = model.network.get_submodule(model.head)
    names = tuple(f"{model.head}.{name}" for name, _ in head.named_parameters())
    return model, (ParameterGroup(names=names), ParameterGroup(names=_biases(model), rate=settings.rate, decay=0))


def _finish(model: LoadedModel) -> LoadedModel:
    return model


METHOD = Method(
    name="biases",
    summary="trains the head and the biases of every block",
    settings=BiasesSettings,
    defaults={"learning_rate": 1e-3, "epochs": 5},
    refuse=_refuse,
    prepare=_prepare,
    finish=_finish,
)
