"""Load, pool and save image encoders: Hugging Face's (ResNet, ConvNeXt, ViT, DINOv2, Swin, MobileNetV2) and our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from burnish.adapting.bottleneck import restore_adapters, save_adapters
from burnish.contracts import LoadedModel
from burnish.errors import UserError
from burnish.models.efficientnet_lite import MODEL_TYPE, WIDTH, EfficientNetLite, load_package_weights
from burnish.models.own_classes import own_classes
from burnish.models.pictures import PictureReader
from burnish.run_folder import read_json

HEAD_FILE, WEIGHTS_FILE, CONFIG_FILE = "head.safetensors", "model.safetensors", "config.json"
PICTURES_FILE, PREPROCESSOR_FILE = "pictures.json", "preprocessor_config.json"
_SIDE = 224
_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_FEATURE_DROPOUT = 0.1


class ImageNetwork(nn.Module):
    """An encoder of pictures, its features pooled to one vector, and a linear head.

    Norms over batches always work with the statistics that they were trained with, so that a picture's answer does not
    depend on its company, and states below what trains can be reused.

    Args:
        body: Returns a map of features, or a Hugging Face output.
        width: Of its features.
        outputs: Of the head.
        reader: Gives mean and deviation of the pixels.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, body: nn.Module, width: int, outputs: int, reader: PictureReader) -> None:
        super().__init__()
        self.body = body
        self.dropout = nn.Dropout(_FEATURE_DROPOUT)
        self.head = nn.Linear(width, outputs)
        for name, values in (("mean", reader.mean), ("deviation", reader.deviation)):
            self.register_buffer(name, 255 * torch.tensor(values).reshape(1, 3, 1, 1), persistent=False)
        self._by_token = hasattr(getattr(body, "embeddings", None), "cls_token")

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Logits, float (rows, outputs), for pictures (rows, 3, side, side), uint8 or float from 0 to 255."""
        centred = (pixel_values.to(self.mean.dtype) - self.mean) / self.deviation
        centred = centred.contiguous(memory_format=torch.channels_last)  # convolutions take half the time so
        wrapped: Any = self.body
        body = wrapped.get_base_model() if hasattr(wrapped, "get_base_model") else wrapped
        result: Tensor = self.head(self.dropout(self._pooled(body(centred))))
        return result

    def train(self, mode: bool = True) -> ImageNetwork:
        """As for any network, but norms over batches stay as they are."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001
                module.eval()
        return self

    def _pooled(self, output: Any) -> Tensor:
        """One vector a row, (rows, width): the class token's, or the mean over places."""
        if isinstance(output, Tensor):
            return output.mean((-2, -1))
        states: Tensor = output.last_hidden_state
        if self._by_token:
            return states[:, 0]
        pooled = getattr(output, "pooler_output", None)
        if pooled is None:
            pooled = states.mean((-2, -1)) if states.ndim == 4 else states.mean(1)
        return pooled.flatten(1)


def load_image_encoder(folder: Path, outputs: int, longest: int) -> LoadedModel:
    """Load an encoder from a folder, with a new (zero) head.

    Args:
        folder: Holds config.json and weights; preprocessor_config.json says mean, deviation and size of pictures.
        outputs: Number of outputs of the head.
        longest: Pixels a side of the pictures; 0: the model's own.

    Raises:
        UserError: A file is missing or damaged, weights do not fit, or it is no encoder of pictures.
    """
    config = read_json(folder / CONFIG_FILE)
    if config.get("model_type") == MODEL_TYPE:
        body, width = _load_own(folder), WIDTH
    else:
        body = _load_hugging_face(folder)
        width = _width(body, folder)
    reader = _reader(folder, config, body, longest)
    network = ImageNetwork(body, width, outputs, reader)
    nn.init.zeros_(network.head.weight)
    nn.init.zeros_(network.head.bias)
    pooler = getattr(body, "pooler", None)
    if isinstance(pooler, nn.Module) and network._by_token:  # noqa: SLF001
        pooler.requires_grad_(False)  # nothing reads its output
    blocks = _block_names(network)
    return LoadedModel(
        network=network.eval(),
        processor=reader,
        body="body",
        head="head",
        blocks=blocks,
        adaptable=tuple(
            f"{block}.{name}"
            for block in blocks
            for name, module in network.get_submodule(block).named_modules()
            if isinstance(module, nn.Linear)
        ),
        embeddings="",
        longest=reader.side,
        unit="pixels a side",
        own_classes=own_classes(folder, config, width),
    )


def save_image_encoder(model: LoadedModel, folder: Path) -> None:
    """Write encoder, head, and how pictures are read; Hugging Face models as `save_pretrained` does."""
    network: Any = model.network
    reader: PictureReader = model.processor
    if isinstance(network.body, EfficientNetLite):
        weights = {name: tensor.contiguous() for name, tensor in network.body.state_dict().items()}
        save_file(weights, folder / WEIGHTS_FILE)
        (folder / CONFIG_FILE).write_text(json.dumps({"model_type": MODEL_TYPE}, indent=2), encoding="utf-8")
    else:
        network.body.save_pretrained(folder)
    save_adapters(network, folder)
    save_file({name: tensor.contiguous() for name, tensor in network.head.state_dict().items()}, folder / HEAD_FILE)
    pictures = {"side": reader.side, "mean": reader.mean, "deviation": reader.deviation}
    (folder / PICTURES_FILE).write_text(json.dumps(pictures, indent=2), encoding="utf-8")


def restore_image_encoder(folder: Path, outputs: int, longest: int) -> LoadedModel:
    """Load what `save_image_encoder` wrote."""
    model = load_image_encoder(folder, outputs, longest)
    restore_adapters(model.network, folder)
    try:
        model.network.get_submodule(model.head).load_state_dict(load_file(folder / HEAD_FILE))
    except Exception as error:
        raise _damaged(folder / HEAD_FILE, error) from error
    return model


def _load_own(folder: Path) -> nn.Module:
    network = EfficientNetLite()
    saved, packaged = folder / WEIGHTS_FILE, sorted(folder.glob("*.pth"))
    try:
        if saved.is_file() or not packaged:
            network.load_state_dict(load_file(saved))
        else:
            load_package_weights(network, packaged[0])
    except Exception as error:
        raise _damaged(folder, error) from error
    return network


def _load_hugging_face(folder: Path) -> Any:
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        body, info = AutoModel.from_pretrained(
            str(folder), dtype=torch.float32, output_loading_info=True, trust_remote_code=False, local_files_only=True
        )
    except Exception as error:  # transformers raises OSError, ValueError, RuntimeError and safetensors' own
        raise _damaged(folder, error) from error
    missing = sorted(name for name in info["missing_keys"] if not name.startswith("pooler."))
    if missing or info.get("mismatched_keys"):
        raise UserError(
            f"the weights do not fit the model's config.json (first that is missing: {missing[0] if missing else '-'})",
            where=str(folder),
            fix="They would start at random. Give a folder whose weights and config.json belong together.",
        )
    if getattr(body, "main_input_name", "") != "pixel_values":
        raise UserError(
            f"a {body.config.model_type!r} model does not read pictures",
            where=str(folder),
            fix="Use an image encoder: ResNet, ConvNeXt, ViT, DINOv2, Swin, MobileNetV2 and the like.",
        )
    return body


def _width(body: Any, folder: Path) -> int:
    """How wide the pooled features are, found out with one small picture."""
    probe = ImageNetwork(body.eval(), 1, 1, PictureReader(side=_SIDE))
    side = _own_side(body.config.to_dict()) or _SIDE
    try:
        with torch.no_grad():
            return int(probe._pooled(body(torch.zeros(1, 3, side, side))).shape[-1])  # noqa: SLF001
    except Exception as error:
        raise _damaged(folder, error, "the model gives no features for a picture") from error


def _reader(folder: Path, config: dict[str, Any], body: Any, longest: int) -> PictureReader:
    """How pictures are read: as the folder says, or as is usual for the model."""
    if (folder / PICTURES_FILE).is_file():
        kept = read_json(folder / PICTURES_FILE)
        return PictureReader(side=longest or kept["side"], mean=tuple(kept["mean"]), deviation=tuple(kept["deviation"]))
    if config.get("model_type") == MODEL_TYPE:
        return PictureReader(side=longest or _SIDE)
    path = folder / PREPROCESSOR_FILE
    settings = read_json(path) if path.is_file() else {}
    mean, deviation = (tuple(settings.get(k) or usual) for k, usual in zip(_STATISTICS, _IMAGENET, strict=True))
    own = _own_side(config)
    fixed = own if hasattr(getattr(body, "embeddings", None), "position_embeddings") else 0
    if longest and fixed and longest != fixed:
        raise UserError(
            f"`longest: {longest}` does not suit this model, which takes pictures of {fixed} pixels a side only",
            where="data.longest",
            fix="Leave it out, or use a model without fixed positions: ResNet, ConvNeXt, MobileNetV2.",
        )
    return PictureReader(side=longest or fixed or _asked_side(settings) or own or _SIDE, mean=mean, deviation=deviation)


_STATISTICS = ("image_mean", "image_std")


def _asked_side(settings: dict[str, Any]) -> int:
    """The side of pictures that a preprocessor's settings name."""
    for key in ("crop_size", "size"):
        value = settings.get(key)
        if isinstance(value, dict):
            value = value.get("height") or value.get("shortest_edge")
        if isinstance(value, int) and value > 0:
            return value
    return 0


def _own_side(config: dict[str, Any]) -> int:
    value = config.get("image_size")
    if isinstance(value, list | tuple):
        value = value[0]
    return value if isinstance(value, int) else 0


def _block_names(network: ImageNetwork) -> tuple[str, ...]:
    """The repeated layers: children of the outermost list of equal modules; our own network's last layer is one too."""
    if isinstance(network.body, EfficientNetLite):
        return (*(f"body.blocks.{number}" for number in range(len(network.body.blocks))), "body.top")
    lists = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, nn.ModuleList | nn.Sequential) and len(module) > 1 and len(set(map(type, module))) == 1
    }
    if not lists:
        return ()
    outermost = min(lists, key=lambda name: (name.count("."), -len(lists[name])))
    return tuple(f"{outermost}.{index}" for index in range(len(lists[outermost])))


def _damaged(path: Path, error: Exception, what: str = "the model cannot be loaded") -> UserError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return UserError(
        f"{what}: {reason}",
        where=str(path),
        fix="A weight file may be damaged or cut short, or files may be missing: fetch or copy the model again.",
    )
