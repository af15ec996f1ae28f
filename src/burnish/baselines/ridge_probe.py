"""A linear layer for a number on the frozen features of the untouched model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from burnish.baselines.ridge import fit_ridge
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.number_predictions import number_predictions, standardised

if TYPE_CHECKING:
    from burnish.contracts import Features

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
_FILE = "probe.safetensors"


@dataclass(frozen=True, kw_only=True)
class RidgeProbe:
    """Weight float32 (2, width) and bias float32 (2,) on raw features: the number, and half its interval's width."""

    weight: Features
    bias: Features
    targets: Targets
    features: FeatureFunction

    def predict(self, rows: Rows) -> list[Prediction]:
        """A linear function of the features."""
        return number_predictions(self.features(rows) @ self.weight.T + self.bias, self.targets)

    def save(self, folder: Path) -> None:
        """Write the layer."""
        from safetensors.numpy import save_file

        save_file({"weight": self.weight, "bias": self.bias}, folder / _FILE)

    def head(self) -> tuple[Features, Features]:
        """The layer itself."""
        return self.weight, self.bias


def _fit(inputs: BaselineInputs) -> RidgeProbe:
    features = inputs.features(inputs.train)
    mean = features.mean(axis=0)
    scale = float(np.sqrt(((features - mean) ** 2).mean())) or 1.0
    found = fit_ridge(
        (features - mean) / scale,
        standardised([row["label"] for row in inputs.train], inputs.targets),
        (inputs.features(inputs.validation) - mean) / scale,
        standardised([row["label"] for row in inputs.validation], inputs.targets),
        STRENGTHS,
    )
    raw = found.weight / scale  # the layer on features as they are: the scaling is folded in
    return RidgeProbe(
        weight=np.stack([raw, np.zeros_like(raw)]).astype(np.float32),
        bias=np.array([found.bias - raw @ mean, found.half_width], dtype=np.float32),
        targets=inputs.targets,
        features=inputs.features,
    )


def _load(folder: Path, targets: Targets, features: FeatureFunction) -> RidgeProbe:
    from safetensors.numpy import load_file

    layer = load_file(folder / _FILE)
    return RidgeProbe(weight=layer["weight"], bias=layer["bias"], targets=targets, features=features)


RIDGE_PROBE = Baseline(
    name="ridge-probe",
    summary="ridge regression on the frozen model's features",
    uses_features=True,
    fit=_fit,
    load=_load,
)
