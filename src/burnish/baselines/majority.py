"""Always the most frequent label: what knowing nothing about the input is worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.predictions import label_predictions


@dataclass(frozen=True, kw_only=True)
class Majority:
    """Answers every row with the training rows' label shares."""

    targets: Targets

    def predict(self, rows: Rows) -> list[Prediction]:
        """The same prediction for every row."""
        counts = np.array(self.targets.counts, dtype=np.float64)
        return label_predictions(np.tile(counts / counts.sum(), (len(rows), 1)), self.targets)

    def save(self, folder: Path) -> None:
        """Nothing to write: the targets hold the counts."""

    def head(self) -> None:
        """No linear head equals it."""
        return


def _fit(inputs: BaselineInputs) -> Majority:
    return Majority(targets=inputs.targets)


def _load(_folder: Path, targets: Targets, _features: FeatureFunction) -> Majority:
    return Majority(targets=targets)


MAJORITY = Baseline(
    name="majority", summary="always the most frequent label", uses_features=False, fit=_fit, load=_load
)
