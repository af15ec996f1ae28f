"""The labels of the most similar training rows, by cosine similarity of frozen features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.metrics.classification import label_indices
from burnish.predictions import label_predictions

if TYPE_CHECKING:
    from burnish.contracts import Features

NEIGHBOURS = (1, 3, 5, 10, 20)
_SHARPNESS = 10.0
_FILE = "neighbours.safetensors"
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True, kw_only=True)
class NearestNeighbours:
    """Unit features float32 (training rows, width), their labels int64 (training rows,), and how many vote."""

    units: Features
    labels: np.ndarray
    count: int
    targets: Targets
    features: FeatureFunction

    def predict(self, rows: Rows) -> list[Prediction]:
        """Label shares among the nearest training rows, weighted by similarity."""
        return label_predictions(self.shares(unit_length(self.features(rows)), self.count), self.targets)

    def shares(self, queries: Features, count: int) -> np.ndarray:
        """Votes for every label, float64 (queries, labels) adding up to 1, of the `count` nearest training rows."""
        shares = np.zeros((len(queries), len(self.targets.labels)))
        count = min(count, len(self.units))
        for begin in range(0, len(queries), _ROWS_AT_ONCE):
            similarity = queries[begin : begin + _ROWS_AT_ONCE] @ self.units.T
            nearest = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
            votes = np.exp(_SHARPNESS * np.take_along_axis(similarity, nearest, axis=1))
            rows = np.arange(len(similarity))[:, None] + begin
            np.add.at(shares, (rows, self.labels[nearest]), votes)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def save(self, folder: Path) -> None:
        """Write the training rows' features and labels."""
        from safetensors.numpy import save_file

        arrays = {"units": self.units, "labels": self.labels, "count": np.array([self.count])}
        save_file(arrays, folder / _FILE)

    def head(self) -> None:
        """No linear head equals it."""
        return


def unit_length(vectors: Features) -> Features:
    """Vectors (rows, width) scaled to length 1; zero vectors stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def _fit(inputs: BaselineInputs) -> NearestNeighbours:
    units = unit_length(inputs.features(inputs.train))
    labels = label_indices([row["label"] for row in inputs.train], inputs.targets)
    queries = unit_length(inputs.features(inputs.validation))
    wanted = label_indices([row["label"] for row in inputs.validation], inputs.targets)

    def voting(count: int) -> NearestNeighbours:
        return NearestNeighbours(
            units=units, labels=labels, count=count, targets=inputs.targets, features=inputs.features
        )

    def validation_accuracy(count: int) -> float:
        return float((voting(count).shares(queries, count).argmax(axis=1) == wanted).mean())

    return voting(max(NEIGHBOURS, key=validation_accuracy))


def _load(folder: Path, targets: Targets, features: FeatureFunction) -> NearestNeighbours:
    from safetensors.numpy import load_file

    arrays = load_file(folder / _FILE)
    return NearestNeighbours(
        units=arrays["units"],
        labels=arrays["labels"],
        count=int(arrays["count"][0]),
        targets=targets,
        features=features,
    )


NEAREST_NEIGHBOURS = Baseline(
    name="nearest-neighbours",
    summary="labels of the most similar training rows in embedding space",
    uses_features=True,
    fit=_fit,
    load=_load,
)
