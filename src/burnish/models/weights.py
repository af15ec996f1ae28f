"""How many weights a model's folder holds, from the headers of its files alone."""

from __future__ import annotations

import json
import math
from pathlib import Path


def weights_in(folder: Path) -> int:
    """Weights in the safetensors files of a folder; 0 where there are none, or they cannot be read."""
    return sum(_weights_in_file(path) for path in folder.glob("*.safetensors")) if folder.is_dir() else 0


def _weights_in_file(path: Path) -> int:
    """A safetensors file begins with the length of its JSON header, 8 bytes, little-endian."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, MemoryError, OverflowError):
        return 0  # a damaged file is found, and said, when the model is loaded
