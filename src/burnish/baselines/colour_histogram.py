"""How often each brightness of each channel occurs, and a linear classifier: what colour alone is worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from burnish.baselines.logistic import fit_logistic
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.metrics.classification import label_indices
from burnish.picture_files import read_picture
from burnish.predictions import label_predictions, softmax

STRENGTHS = (0.01, 0.1, 1.0, 10.0)
_BINS, _SIDE = 16, 128
_FILE = "histogram.safetensors"


@dataclass(frozen=True, kw_only=True)
class ColourHistogram:
    """Weight float64 (labels, bins) and bias float64 (labels,) on the roots of the shares of the bins."""

    role: str
    weight: np.ndarray
    bias: np.ndarray
    targets: Targets

    def predict(self, rows: Rows) -> list[Prediction]:
        """Softmax of a linear function of the histogram."""
        found = _histograms(rows, self.role)
        return label_predictions(softmax(found @ self.weight.T + self.bias), self.targets)

    def save(self, folder: Path) -> None:
        """Write the layer."""
        from safetensors.numpy import save_file

        save_file({"weight": self.weight, "bias": self.bias}, folder / _FILE)

    def head(self) -> None:
        """It does not use the model's features."""
        return


def _histograms(rows: Rows, role: str) -> np.ndarray:
    """Roots of the shares of bright and dark, by channel, float64 (rows, 3 x bins)."""
    found = np.zeros((len(rows), 3 * _BINS))
    for number, row in enumerate(rows):
        picture = read_picture(row[role], draft=_SIDE)
        picture.thumbnail((_SIDE, _SIDE))
        counts = np.array(picture.histogram(), dtype=np.float64).reshape(3, _BINS, -1).sum(axis=2)
        found[number] = np.sqrt(counts / counts.sum(axis=1, keepdims=True)).ravel()
    return found


def colour_histogram(role: str) -> Baseline:
    """The baseline for rows whose input is the picture in `role`."""

    def fit(inputs: BaselineInputs) -> ColourHistogram:
        train, validation = _histograms(inputs.train, role), _histograms(inputs.validation, role)
        mean = train.mean(axis=0)
        scale = float(np.sqrt(((train - mean) ** 2).mean())) or 1.0
        weight, bias, _ = fit_logistic(
            (train - mean) / scale,
            label_indices([row["label"] for row in inputs.train], inputs.targets),
            (validation - mean) / scale,
            label_indices([row["label"] for row in inputs.validation], inputs.targets),
            STRENGTHS,
        )
        raw = weight / scale
        return ColourHistogram(role=role, weight=raw, bias=bias - raw @ mean, targets=inputs.targets)

    def load(folder: Path, targets: Targets, _features: FeatureFunction) -> ColourHistogram:
        from safetensors.numpy import load_file

        layer = load_file(folder / _FILE)
        return ColourHistogram(role=role, weight=layer["weight"], bias=layer["bias"], targets=targets)

    return Baseline(
        name="colour-histogram",
        summary="how often each brightness of each colour occurs, with logistic regression",
        uses_features=False,
        fit=fit,
        load=load,
    )
