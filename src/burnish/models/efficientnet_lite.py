"""EfficientNet-Lite 0 (Tan & Le 2019, without squeeze-and-excitation, with ReLU6), written anew for its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

MODEL_TYPE = "efficientnet-lite"
WIDTH = 1280
# Of each stage: blocks, kernel, stride of the first, expansion, channels in and out.
STAGES = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)
_NAMES = {  # of the package's weights, innermost part first
    "_conv_stem": "stem.convolution",
    "_conv_head": "top.convolution",
    "_expand_conv": "expand.convolution",
    "_depthwise_conv": "depthwise.convolution",
    "_project_conv": "project.convolution",
}


class Convolution(nn.Module):
    """A convolution whose output has the input's size divided by the stride, rounded up, then a norm and ReLU6."""

    def __init__(self, channels: int, out: int, kernel: int, *, stride: int = 1, groups: int = 1, active: bool = True):
        super().__init__()
        self.kernel, self.stride, self.active = kernel, stride, active
        self.convolution = nn.Conv2d(channels, out, kernel, stride=stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(out, eps=1e-3, momentum=0.01)

    def forward(self, states: Tensor) -> Tensor:
        """Float (rows, channels, height, width) -> (rows, out, height / stride, width / stride)."""
        height, width = (self._padding(size) for size in states.shape[-2:])
        padded = functional.pad(states, (width // 2, width - width // 2, height // 2, height - height // 2))
        normed = self.norm(self.convolution(padded))
        return functional.relu6(normed) if self.active else normed

    def _padding(self, size: int) -> int:
        """Zeros to add on both sides together; an odd one goes behind, as TensorFlow puts it."""
        out = -(-size // self.stride)
        return max((out - 1) * self.stride + self.kernel - size, 0)


class Block(nn.Module):
    """An inverted bottleneck: widen, filter each channel, narrow; added to its input where shapes allow."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand = Convolution(channels, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = Convolution(wide, wide, kernel, stride=stride, groups=wide)
        self.project = Convolution(wide, out, 1, active=False)
        self.adds = stride == 1 and channels == out

    def forward(self, states: Tensor) -> Tensor:
        """Float (rows, channels, height, width) -> (rows, out, height / stride, width / stride)."""
        result: Tensor = self.project(self.depthwise(self.expand(states)))
        return states + result if self.adds else result


class EfficientNetLite(nn.Module):
    """The network up to its last map of features."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, 32, 3, stride=2)
        blocks = []
        for count, kernel, stride, expansion, channels, out in STAGES:
            blocks.append(Block(channels, out, kernel, stride, expansion))
            blocks += [Block(out, out, kernel, 1, expansion) for _ in range(count - 1)]
        self.blocks = nn.ModuleList(blocks)
        self.top = Convolution(STAGES[-1][-1], WIDTH, 1)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Float (rows, 3, height, width), about 0 and within 1 -> (rows, 1280, height / 32, width / 32)."""
        states = self.stem(pixel_values)
        for block in self.blocks:
            states = block(states)
        result: Tensor = self.top(states)
        return result


def load_package_weights(network: EfficientNetLite, file: Path) -> None:
    """Load the weights of the package archive, which hold nothing but tensors.

    Raises:
        RuntimeError: Names or shapes are not those of this network.
    """
    weights: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    network.load_state_dict({_renamed(name): tensor for name, tensor in weights.items() if not name.startswith("_fc.")})


def _renamed(name: str) -> str:
    """`_blocks.3._bn1.weight` -> `blocks.3.depthwise.norm.weight`."""
    *path, part, ending = name.split(".")
    if path:
        place = f"blocks.{path[1]}."
        norms = {"_bn0": "expand.norm", "_bn1": "depthwise.norm", "_bn2": "project.norm"}
    else:
        place, norms = "", {"_bn0": "stem.norm", "_bn1": "top.norm"}
    return f"{place}{_NAMES.get(part) or norms[part]}.{ending}"
