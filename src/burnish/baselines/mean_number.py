"""Always the mean of the training rows: what knowing nothing about the input is worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.metrics.conformal import conformal_half_width
from burnish.number_predictions import number_predictions, standardised

_FILE = "mean.safetensors"


@dataclass(frozen=True, kw_only=True)
class MeanNumber:
    """Answers every row with the training rows' mean, `half_width` wide in their spread to either side."""

    half_width: float
    targets: Targets

    def predict(self, rows: Rows) -> list[Prediction]:
        """The same prediction for every row."""
        return number_predictions(np.tile([0.0, self.half_width], (len(rows), 1)), self.targets)

    def save(self, folder: Path) -> None:
        """Write the width; the targets hold the mean."""
        from safetensors.numpy import save_file

        save_file({"half_width": np.array([self.half_width])}, folder / _FILE)

    def head(self) -> None:
        """A start from it would be a new head."""
        return


def _fit(inputs: BaselineInputs) -> MeanNumber:
    errors = standardised([row["label"] for row in inputs.validation], inputs.targets)
    return MeanNumber(half_width=conformal_half_width(errors), targets=inputs.targets)


def _load(folder: Path, targets: Targets, _features: FeatureFunction) -> MeanNumber:
    from safetensors.numpy import load_file

    return MeanNumber(half_width=float(load_file(folder / _FILE)["half_width"][0]), targets=targets)


MEAN_NUMBER = Baseline(
    name="mean", summary="always the mean of the training rows", uses_features=False, fit=_fit, load=_load
)
