"""The untouched model, without training: the label whose name or description lies nearest in embedding space."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.baselines.nearest_neighbours import unit_length
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.predictions import label_predictions, softmax

if TYPE_CHECKING:
    from burnish.contracts import Features

_SHARPNESS = 20.0
_FILE = "labels.safetensors"


@dataclass(frozen=True, kw_only=True)
class ZeroShot:
    """Unit features of the labels' words, float32 (labels, width)."""

    labels: Features
    targets: Targets
    features: FeatureFunction

    def predict(self, rows: Rows) -> list[Prediction]:
        """Softmax of scaled cosine similarities."""
        similarity = unit_length(self.features(rows)) @ self.labels.T
        return label_predictions(softmax(_SHARPNESS * similarity), self.targets)

    def save(self, folder: Path) -> None:
        """Write the labels' features."""
        from safetensors.numpy import save_file

        save_file({"labels": self.labels}, folder / _FILE)

    def head(self) -> None:
        """It works on features of unit length, which a linear head does not see."""
        return


def label_words(label: str, targets: Targets) -> str:
    """The words that stand for a label: its description, or its name as words (`card_arrival`: card arrival)."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return targets.descriptions.get(label) or re.sub(r"[_\-./]+", " ", spaced).strip() or label


def zero_shot(role: str) -> Baseline:
    """The baseline for rows whose input is the text in `role`."""

    def fit(inputs: BaselineInputs) -> ZeroShot:
        words = [{role: label_words(label, inputs.targets)} for label in inputs.targets.labels]
        return ZeroShot(labels=unit_length(inputs.features(words)), targets=inputs.targets, features=inputs.features)

    def load(folder: Path, targets: Targets, features: FeatureFunction) -> ZeroShot:
        from safetensors.numpy import load_file

        return ZeroShot(labels=load_file(folder / _FILE)["labels"], targets=targets, features=features)

    return Baseline(
        name="zero-shot",
        summary="the untouched model: nearest label name or description",
        uses_features=True,
        fit=fit,
        load=load,
    )
