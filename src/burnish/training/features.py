"""Features of the untouched model, computed once per row and kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from burnish.contracts import Example, LoadedModel
from burnish.fetch.cache import cache_folder
from burnish.run_folder import atomic_path
from burnish.training.forward import Collate, head_inputs

CODE = "1"  # raised when this module would give other numbers for the same key


def cached_features(model: LoadedModel, examples: Sequence[Example], collate: Collate, digest: str) -> np.ndarray:
    """What flows into the head for every example, float32 (rows, width).

    Args:
        model: The untouched model.
        examples: Encoded rows.
        collate: The task's.
        digest: Digest of the model's weights.
    """
    kept = _kept_file(examples, digest, model)
    if kept.is_file():
        try:
            features = np.load(kept, allow_pickle=False)
            if len(features) == len(examples):
                return np.asarray(features)
        except (OSError, ValueError):
            pass  # damaged: computed again and replaced below
    features = head_inputs(model, examples, collate)
    with atomic_path(kept) as temporary, temporary.open("wb") as file:
        np.save(file, features)
    return features


def _kept_file(examples: Sequence[Example], digest: str, model: LoadedModel) -> Path:
    key = hashlib.sha256(f"{CODE}|{digest}|{type(model.network).__name__}|{model.head}".encode())
    for example in examples:
        inputs = {name: value for name, value in example.items() if name not in {"targets", "row"}}
        key.update(json.dumps(inputs, sort_keys=True).encode())
    return cache_folder() / "features" / f"{key.hexdigest()[:32]}.npy"
