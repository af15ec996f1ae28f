"""Python lines that use a saved image classifier without burnish, for model cards: ONNX Runtime and Pillow do."""

from __future__ import annotations

from burnish.contracts import LoadedModel

_LINES = """\
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

folder = Path("{folder}")
labels = json.loads((folder / "manifest.json").read_text())["targets"]["labels"]
session = onnxruntime.InferenceSession(folder / "model.onnx")
for name in sys.argv[1:]:
    picture = ImageOps.exif_transpose(Image.open(name)).convert("RGB").resize(({side}, {side}), Image.BICUBIC)
    pixels = np.asarray(picture, dtype=np.uint8).transpose(2, 0, 1)[None]
    logits = session.run(None, {"pixel_values": pixels})[0][0]
    probabilities = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    print(f"{labels[int(probabilities.argmax())]} {float(probabilities.max()):.4f} {name}")
"""


def image_encoder_usage(model: LoadedModel, folder: str) -> str:
    """Lines that answer the picture files named on the command line with what export wrote.

    Args:
        model: The saved model.
        folder: Its folder, as the lines shall name it.
    """
    return _LINES.replace("{folder}", folder).replace("{side}", str(model.longest))
