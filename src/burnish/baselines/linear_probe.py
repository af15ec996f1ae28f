"""A linear layer on the frozen features of the untouched model (Alain & Bengio 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from burnish.baselines.logistic import fit_logistic
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.metrics.classification import label_indices
from burnish.predictions import label_predictions, softmax

if TYPE_CHECKING:
    from burnish.contracts import Features

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_FILE = "probe.safetensors"


@dataclass(frozen=True, kw_only=True)
class LinearProbe:
    """Weight float32 (labels, width) and bias float32 (labels,) on raw features."""

    weight: Features
    bias: Features
    targets: Targets
    features: FeatureFunction

    def predict(self, rows: Rows) -> list[Prediction]:
        """Softmax of a linear function of the features."""
        return label_predictions(softmax(self.features(rows) @ self.weight.T + self.bias), self.targets)

    def save(self, folder: Path) -> None:
        """Write the layer."""
        from safetensors.numpy import save_file

        save_file({"weight": self.weight, "bias": self.bias}, folder / _FILE)

    def head(self) -> tuple[Features, Features]:
        """The layer itself."""
        return self.weight, self.bias


def _fit(inputs: BaselineInputs) -> LinearProbe:
    features = inputs.features(inputs.train)
    mean = features.mean(axis=0)
    scale = float(np.sqrt(((features - mean) ** 2).mean())) or 1.0
    weight, bias, _ = fit_logistic(
        (features - mean) / scale,
        label_indices([row["label"] for row in inputs.train], inputs.targets),
        (inputs.features(inputs.validation) - mean) / scale,
        label_indices([row["label"] for row in inputs.validation], inputs.targets),
        STRENGTHS,
    )
    raw = weight / scale  # the layer on features as they are: the scaling is folded in
    return LinearProbe(
        weight=raw.astype(np.float32),
        bias=(bias - raw @ mean).astype(np.float32),
        targets=inputs.targets,
        features=inputs.features,
    )


def _load(folder: Path, targets: Targets, features: FeatureFunction) -> LinearProbe:
    from safetensors.numpy import load_file

    layer = load_file(folder / _FILE)
    return LinearProbe(weight=layer["weight"], bias=layer["bias"], targets=targets, features=features)


LINEAR_PROBE = Baseline(
    name="linear-probe",
    summary="logistic regression on the frozen model's features",
    uses_features=True,
    fit=_fit,
    load=_load,
)
