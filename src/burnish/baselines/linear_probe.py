"""A linear layer on the frozen features of the untouched model (Alain & Bengio 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.baselines.logistic import fit_layer
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


def _fit(inputs: BaselineInputs, *, balanced: bool = False) -> LinearProbe:
    weight, bias = fit_layer(
        inputs.features(inputs.train),
        label_indices([row["label"] for row in inputs.train], inputs.targets),
        inputs.features(inputs.validation),
        label_indices([row["label"] for row in inputs.validation], inputs.targets),
        STRENGTHS,
        balanced=balanced,
    )
    return LinearProbe(weight=weight, bias=bias, targets=inputs.targets, features=inputs.features)


def _fit_balanced(inputs: BaselineInputs) -> LinearProbe:
    return _fit(inputs, balanced=True)


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
    scales=True,
)
BALANCED_PROBE = Baseline(
    name="balanced-probe",
    summary="logistic regression on the frozen model's features, every class counting the same",
    uses_features=True,
    fit=_fit_balanced,
    load=_load,
    scales=True,
)
