"""The label whose training rows lie nearest on average, in the features of the untouched model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.metrics.classification import label_indices
from burnish.predictions import label_predictions, softmax

if TYPE_CHECKING:
    from burnish.contracts import Features

_FILE = "means.safetensors"


@dataclass(frozen=True, kw_only=True)
class ClassMeans:
    """The mean features of every label, float32 (labels, width)."""

    means: Features
    targets: Targets
    features: FeatureFunction

    def predict(self, rows: Rows) -> list[Prediction]:
        """Softmax of the negative distance to every mean."""
        distances = np.linalg.norm(self.features(rows)[:, None] - self.means[None], axis=2)
        return label_predictions(softmax(-distances), self.targets)

    def save(self, folder: Path) -> None:
        """Write the means."""
        from safetensors.numpy import save_file

        save_file({"means": self.means}, folder / _FILE)

    def head(self) -> None:
        """Distances are not linear in the features, so no head equals it."""
        return


def _fit(inputs: BaselineInputs) -> ClassMeans:
    features = inputs.features(inputs.train)
    labels = label_indices([row["label"] for row in inputs.train], inputs.targets)
    means = np.stack([features[labels == index].mean(axis=0) for index in range(len(inputs.targets.labels))])
    return ClassMeans(means=means, targets=inputs.targets, features=inputs.features)


def _load(folder: Path, targets: Targets, features: FeatureFunction) -> ClassMeans:
    from safetensors.numpy import load_file

    return ClassMeans(means=load_file(folder / _FILE)["means"], targets=targets, features=features)


CLASS_MEANS = Baseline(
    name="class-means",
    summary="the label whose training rows lie nearest on average",
    uses_features=True,
    fit=_fit,
    load=_load,
)
