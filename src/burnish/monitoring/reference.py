"""What the world was like when the specialist was made: the reference that windows of requests are compared with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from burnish.contracts import Json
from burnish.monitoring.drift import Embedding
from burnish.run_folder import atomic_path


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Facts about rows from before.

    Attributes:
        version: The specialist's version that they belong to.
        embedding: Where the inputs of the training and validation rows lie; None where nothing embeds them.
        values: The specialist's answers to the test rows, as JSON texts.
        confidences: And how sure it was; empty where that is not known.
        right: Share of the test rows that it answered right; None where answers are not right or wrong.
        characters: Lengths of the texts of training and validation rows.
    """

    version: str
    embedding: Embedding | None
    values: Sequence[str]
    confidences: Sequence[float]
    right: float | None
    characters: Sequence[float]

    def write(self, path: Path) -> None:
        """Write everything into one file."""
        facts: dict[str, Json] = {
            "version": self.version,
            "values": list(self.values),
            "right": self.right,
            "rows": self.embedding.rows if self.embedding else 0,
        }
        empty = np.zeros((0, 0))
        arrays = {
            "mean": self.embedding.mean if self.embedding else empty,
            "whitening": self.embedding.whitening if self.embedding else empty,
            "confidences": np.asarray(self.confidences, dtype=np.float64),
            "characters": np.asarray(self.characters, dtype=np.float64),
            "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
        }
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_reference(path: Path) -> Reference | None:
    """What `Reference.write` wrote; None where there is nothing, or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            facts = json.loads(arrays["facts"].tobytes())
            has_embedding = bool(arrays["mean"].size)
            return Reference(
                version=facts["version"],
                embedding=Embedding(mean=arrays["mean"], whitening=arrays["whitening"], rows=facts["rows"])
                if has_embedding
                else None,
                values=facts["values"],
                confidences=arrays["confidences"].tolist(),
                right=facts["right"],
                characters=arrays["characters"].tolist(),
            )
    except (OSError, ValueError, KeyError):
        return None
