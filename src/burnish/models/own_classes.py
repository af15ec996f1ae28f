"""The classes that a Hugging Face image classifier was pre-trained with, where they are told by burnish's features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import safe_open

from burnish.contracts import OwnClasses

# Models whose classifier is one linear layer on the features that burnish pools; those of others see something else
_SAME_FEATURES = {"convnext", "mobilenet_v2", "resnet", "swin", "vit"}
_LAYERS = ("classifier", "classifier.1")


def own_classes(folder: Path, config: dict[str, Any], width: int) -> OwnClasses | None:
    """Read names and classifier of a model's own classes.

    Args:
        folder: Holds config.json and weights as safetensors.
        config: The content of config.json.
        width: Of the features.

    Returns:
        None where the model has no such classifier, or its classes have no names.
    """
    names = config.get("id2label")
    if config.get("model_type") not in _SAME_FEATURES or not isinstance(names, dict):
        return None
    told = tuple(str(names[key]) for key in sorted(names, key=int))
    if all(name == f"LABEL_{number}" for number, name in enumerate(told)):
        return None
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as weights:
            for layer in _LAYERS:
                if f"{layer}.weight" not in weights.keys():  # noqa: SIM118 (it is no mapping)
                    continue
                weight, bias = (weights.get_tensor(f"{layer}.{part}") for part in ("weight", "bias"))
                if weight.shape != (len(told), width) or bias.shape != (len(told),):
                    return None
                return OwnClasses(names=told, weight=weight.astype("float32"), bias=bias.astype("float32"))
    return None
