"""Pictures that tests draw themselves, and small image encoders."""

from __future__ import annotations

import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

SHAPES = ("cross", "disc", "stripes")
OWN_CLASSES = ("red disc, saucer", "Greek cross", "tabby, tabby cat", "stripes", "dotted_disc")
_kept: list[Any] = []  # folders that live as long as the tests do


def draw(shape: str, generator: random.Random, side: int = 32) -> Any:
    """A shape of its own colour, not quite in the middle, on grey."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (side, side), (120, 120, 120 + generator.randrange(8)))
    pen = ImageDraw.Draw(picture)
    x, y, reach = (side // 2 + generator.randrange(-3, 4) for _ in range(3))
    reach = reach // 2
    if shape == "disc":
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=(230, 60, 40))
    elif shape == "cross":
        pen.line((x - reach, y, x + reach, y), fill=(30, 60, 230), width=side // 6)
        pen.line((x, y - reach, x, y + reach), fill=(30, 60, 230), width=side // 6)
    else:
        for begin in range(generator.randrange(3), side, side // 5):
            pen.line((0, begin, side, begin), fill=(40, 200, 60), width=side // 12)
    return picture


def write_shapes(folder: Path, count: int, seed: int = 0) -> Path:
    """A folder per shape, `count` PNG files in all; returns the folder."""
    generator = random.Random(seed)
    for number in range(count):
        shape = SHAPES[number % len(SHAPES)]
        (folder / shape).mkdir(parents=True, exist_ok=True)
        draw(shape, generator).save(folder / shape / f"{number:03}.png")
    return folder


@cache
def shape_rows() -> list[dict[str, Any]]:
    """90 rows of picture files with their labels."""
    place = tempfile.TemporaryDirectory()
    _kept.append(place)
    folder = write_shapes(Path(place.name), 90)
    return [{"image": str(file), "label": file.parent.name} for file in sorted(folder.rglob("*.png"))]


def _spread(part: Any) -> None:
    """Draw a layer's weights wide enough to tell features apart."""
    for parameter in part.parameters(recurse=False):
        parameter.normal_()


def make_image_encoder(folder: Path, kind: str = "vit", seed: int = 0, classes: tuple[str, ...] = ()) -> Path:
    """Save a small image encoder with random weights, as `save_pretrained` writes it.

    Args:
        folder: Made if it does not exist.
        kind: vit, dinov2, swin, resnet, convnext, mobilenet_v2.
        seed: Seed of the weights.
        classes: Names of classes that it tells apart by a classifier, with random weights too.
    """
    import json

    import torch
    import transformers

    torch.manual_seed(seed)
    tokens = {"image_size": 32, "patch_size": 8, "num_attention_heads": 2}
    sizes: dict[str, dict[str, Any]] = {
        "vit": {**tokens, "hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 64},
        "dinov2": {**tokens, "hidden_size": 32, "num_hidden_layers": 2, "mlp_ratio": 2},
        "swin": {"image_size": 32, "patch_size": 4, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2]},
        "resnet": {"embedding_size": 16, "hidden_sizes": [16, 32], "depths": [1, 1], "layer_type": "basic"},
        "convnext": {"hidden_sizes": [16, 32], "depths": [1, 1], "num_stages": 2},
        "mobilenet_v2": {"depth_multiplier": 0.35, "image_size": 32},
    }
    if kind == "swin":
        sizes["swin"]["window_size"] = 4
    config = transformers.AutoConfig.for_model(kind, **sizes[kind])
    model: Any = transformers.AutoModel.from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and "position" not in name:
                parameter.mul_(4)  # random weights as small as usual would tell nothing apart
    if classes:
        config.id2label = dict(enumerate(classes))
        body, model = model, transformers.AutoModelForImageClassification.from_config(config)
        model.base_model.load_state_dict(body.state_dict(), strict=False)  # without a pooler that no classifier reads
        with torch.no_grad():
            model.classifier.apply(_spread)
    model.save_pretrained(folder)
    settings = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.25, 0.25, 0.25], "size": {"height": 32, "width": 32}}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder
