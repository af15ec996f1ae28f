"""Image encoders of many kinds through the real loading code, and our own network for the package's weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import nn

from burnish.errors import UserError
from burnish.models.efficientnet_lite import EfficientNetLite, load_package_weights
from burnish.models.grad_cam import looked_at
from burnish.models.image_encoder import load_image_encoder, restore_image_encoder, save_image_encoder
from tests.pictures import OWN_CLASSES, make_image_encoder, shape_rows

KINDS = ("vit", "dinov2", "swin", "resnet", "convnext", "mobilenet_v2")
BLOCKS = {"vit": 2, "dinov2": 2, "swin": 2, "resnet": 2, "convnext": 2}


def own_folder(folder: Path) -> Path:
    """Our network with random weights, as the catalogue leaves it after taking it out of the package."""
    torch.manual_seed(0)
    network = EfficientNetLite()
    packaged = {packaged_name(name): tensor for name, tensor in network.state_dict().items()}
    packaged |= {"_fc.weight": torch.zeros(1000, 1280), "_fc.bias": torch.zeros(1000)}
    folder.mkdir(parents=True)
    torch.save(packaged, folder / "efficientnet-lite0.pth")
    (folder / "config.json").write_text(json.dumps({"model_type": "efficientnet-lite"}))
    return folder


def packaged_name(name: str) -> str:
    """The package's name of one of our parameters."""
    *path, part, ending = name.split(".")
    if path[0] != "blocks":
        outer = {
            "stem.convolution": "_conv_stem",
            "top.convolution": "_conv_head",
            "stem.norm": "_bn0",
            "top.norm": "_bn1",
        }
        return f"{outer[f'{path[0]}.{part}']}.{ending}"
    inner = {
        "expand": ("_expand_conv", "_bn0"),
        "depthwise": ("_depthwise_conv", "_bn1"),
        "project": ("_project_conv", "_bn2"),
    }
    return f"_blocks.{path[1]}.{inner[path[2]][part == 'norm']}.{ending}"


def test_convolutions_get_pixels_channels_last(tmp_path: Path) -> None:
    network = load_image_encoder(own_folder(tmp_path / "own"), 2, 32).network
    seen = []
    convolution = next(part for part in network.modules() if isinstance(part, nn.Conv2d))
    convolution.register_forward_pre_hook(
        lambda _part, given: seen.append(given[0].is_contiguous(memory_format=torch.channels_last))
    )
    network(pixel_values=torch.zeros(2, 3, 32, 32))
    assert seen == [True]


@pytest.mark.parametrize("kind", KINDS)
def test_any_hugging_face_encoder_has_features_blocks_and_a_head(kind: str, tmp_path: Path) -> None:
    model = load_image_encoder(make_image_encoder(tmp_path / kind, kind), 3, 0)
    names = dict(model.network.named_modules())
    assert len(model.blocks) == BLOCKS.get(kind, len(model.blocks)) >= 2
    assert all(isinstance(names[name], nn.Linear) for name in model.adaptable)
    assert bool(model.adaptable) == (kind not in {"resnet", "mobilenet_v2"})
    pixels = model.processor.pixels([row["image"] for row in shape_rows()[:4]])
    assert pixels.shape == (4, 3, 32, 32)
    logits = model.network(pixel_values=pixels)
    assert logits.shape == (4, 3)
    assert not logits.any(), "a new head starts every class equally probable"
    nn.init.normal_(names["head"].weight)
    told = model.network(pixel_values=pixels)
    save_image_encoder(model, tmp_path / "saved")
    restored = restore_image_encoder(tmp_path / "saved", 3, model.longest)
    assert torch.equal(restored.network(pixel_values=pixels), told)
    assert restored.processor.mean == (0.5, 0.4, 0.3)
    maps = looked_at(restored, [row["image"] for row in shape_rows()[:2]], [0, 2])
    assert maps is not None
    assert all(0 <= found.min() <= found.max() <= 1 for found in maps)


@pytest.mark.parametrize("kind", KINDS)
def test_own_classes_are_told_as_by_the_library(kind: str, tmp_path: Path) -> None:
    """The classifier on burnish's features gives transformers' own logits; where it would not, there is none."""
    model = load_image_encoder(make_image_encoder(tmp_path / kind, kind, classes=OWN_CLASSES), 3, 0)
    if kind == "dinov2":  # its classifier also sees the mean of all places
        assert model.own_classes is None
        return
    own = model.own_classes
    assert own is not None
    assert own.names == OWN_CLASSES
    head = nn.Linear(own.weight.shape[1], len(own.names))
    head.weight.data, head.bias.data = torch.from_numpy(own.weight), torch.from_numpy(own.bias)
    setattr(model.network, model.head, head)
    pixels = model.processor.pixels([row["image"] for row in shape_rows()[:4]])
    library: Any = transformers.AutoModelForImageClassification.from_pretrained(str(tmp_path / kind))
    network: Any = model.network
    expected = library.eval()(pixel_values=(pixels.float() - network.mean) / network.deviation).logits
    torch.testing.assert_close(model.network(pixel_values=pixels), expected, atol=1e-4, rtol=1e-4)


def test_classes_without_names_are_none(tmp_path: Path) -> None:
    folder = make_image_encoder(tmp_path / "vit", classes=("LABEL_0", "LABEL_1"))
    assert load_image_encoder(folder, 3, 0).own_classes is None
    assert load_image_encoder(make_image_encoder(tmp_path / "plain"), 3, 0).own_classes is None


@pytest.mark.parametrize("kind", ["resnet", "mobilenet_v2"])
def test_training_leaves_the_statistics_of_norms_alone(kind: str, tmp_path: Path) -> None:
    model = load_image_encoder(make_image_encoder(tmp_path / kind, kind), 3, 0)
    before = {name: buffer.clone() for name, buffer in model.network.named_buffers()}
    model.network.train()(pixel_values=torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8))
    assert all(torch.equal(before[name], buffer) for name, buffer in model.network.named_buffers())


def test_our_network_takes_the_packages_names_and_keeps_its_own(tmp_path: Path) -> None:
    folder = own_folder(tmp_path / "packaged")
    model = load_image_encoder(folder, 2, 64)
    assert len(model.blocks) == 17
    assert model.adaptable == ()
    pixels = model.processor.pixels([row["image"] for row in shape_rows()[:2]])
    nn.init.normal_(model.network.get_parameter("head.weight"))
    told = model.network(pixel_values=pixels)
    (tmp_path / "saved").mkdir()
    save_image_encoder(model, tmp_path / "saved")
    assert {path.suffix for path in (tmp_path / "saved").iterdir()} == {".json", ".safetensors"}
    assert torch.equal(restore_image_encoder(tmp_path / "saved", 2, 64).network(pixel_values=pixels), told)


def test_our_network_pads_as_tensorflow_does() -> None:
    """An even side and a stride of 2: the one missing row of zeros goes behind."""
    network = EfficientNetLite().eval()
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 224, 224)).shape == (1, 1280, 7, 7)
        assert network(torch.zeros(1, 3, 75, 101)).shape == (1, 1280, 3, 4)
        picture = torch.zeros(1, 3, 8, 8)
        picture[..., -1, -1] = 1
        stem = network.stem
        expected = nn.functional.conv2d(nn.functional.pad(picture, (0, 1, 0, 1)), stem.convolution.weight, stride=2)
        assert torch.allclose(stem(picture), nn.functional.relu6(stem.norm(expected)))


def test_weights_that_would_run_code_are_refused(tmp_path: Path) -> None:
    folder = own_folder(tmp_path / "model")
    torch.save({"_conv_stem.weight": Path("x")}, folder / "efficientnet-lite0.pth")
    with pytest.raises(UserError, match="cannot be loaded"):
        load_image_encoder(folder, 2, 0)
    with pytest.raises(Exception, match=r"[Ww]eights"):
        load_package_weights(EfficientNetLite(), folder / "efficientnet-lite0.pth")


def test_a_text_model_is_refused(encoder: Path) -> None:
    with pytest.raises(UserError, match="does not read pictures"):
        load_image_encoder(encoder, 2, 0)


def test_another_size_is_refused_where_positions_are_fixed(tmp_path: Path) -> None:
    folder = make_image_encoder(tmp_path / "vit")
    with pytest.raises(UserError, match="32 pixels a side only"):
        load_image_encoder(folder, 2, 64)
    assert load_image_encoder(make_image_encoder(tmp_path / "resnet", "resnet"), 2, 64).longest == 64


def test_where_it_looked_is_where_the_difference_is(tmp_path: Path) -> None:
    """Only the lower right corner of the picture is not grey, so only there can anything speak for a class."""
    from PIL import Image

    picture = Image.new("RGB", (32, 32), (128, 102, 76))  # the mean: zeros for the network
    picture.paste((255, 0, 0), (16, 16, 32, 32))
    picture.save(tmp_path / "corner.png")
    model = load_image_encoder(make_image_encoder(tmp_path / "resnet", "resnet"), 2, 64)
    torch.manual_seed(1)
    nn.init.normal_(model.network.get_parameter("head.weight"))
    for output in (0, 1):
        found = looked_at(model, [tmp_path / "corner.png"], [output])
        assert found is not None
        side = found[0].shape[0] // 2
        assert found[0][side:, side:].sum() >= found[0][:side, :side].sum()
    assert all(parameter.requires_grad for parameter in model.network.parameters())
