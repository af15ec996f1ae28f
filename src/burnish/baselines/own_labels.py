"""The untouched model's own classes, where their names are those of the labels to predict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from burnish.baselines.zero_shot import label_words
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.predictions import label_predictions, softmax

if TYPE_CHECKING:
    from burnish.contracts import Features

_FILE = "classes.safetensors"
_LEAST = 2  # labels that classes stand for; below that there is no choice to make


@dataclass(frozen=True, kw_only=True)
class OwnLabels:
    """The part of the model's classifier whose classes stand for labels.

    Attributes:
        weight: float32 (classes, width).
        bias: float32 (classes,).
        labels: int64 (classes,), the label that each class stands for.
        targets: All labels; those that no class stands for are never answered.
        features: What gives rows their features.
    """

    weight: Features
    bias: Features
    labels: np.ndarray
    targets: Targets
    features: FeatureFunction

    def predict(self, rows: Rows) -> list[Prediction]:
        """A label is as probable as its classes together, among all classes that stand for a label."""
        probable = softmax(self.features(rows) @ self.weight.T + self.bias)
        shares = np.zeros((len(probable), len(self.targets.labels)))
        np.add.at(shares.T, self.labels, probable.T)
        return label_predictions(shares, self.targets)

    def save(self, folder: Path) -> None:
        """Write the part of the classifier and what its classes stand for."""
        from safetensors.numpy import save_file

        save_file({"weight": self.weight, "bias": self.bias, "labels": self.labels}, folder / _FILE)

    def head(self) -> None:
        """Several classes may stand for one label, and none for another."""
        return


def classes_of_labels(names: tuple[str, ...], targets: Targets) -> dict[int, int]:
    """Which classes stand for a label: class position -> label position.

    A class may have several names, divided by commas (`tabby, tabby cat`). It stands for a label if one of them is the
    label's words, or ends in them: a `Persian cat` is a cat.
    """
    words = {label_words(label, targets).casefold(): number for number, label in enumerate(targets.labels)}
    found: dict[int, int] = {}
    for position, name in enumerate(names):
        for one in name.replace("_", " ").casefold().split(","):
            parts = one.split()
            endings = (" ".join(parts[begin:]) for begin in range(len(parts)))
            if (label := next((words[ending] for ending in endings if ending in words), None)) is not None:
                found.setdefault(position, label)
    return found


def _applies(inputs: BaselineInputs) -> bool:
    own = inputs.own_classes
    return own is not None and len(set(classes_of_labels(own.names, inputs.targets).values())) >= _LEAST


def _fit(inputs: BaselineInputs) -> OwnLabels:
    own = inputs.own_classes
    if own is None:
        raise ValueError("the model has no classes of its own: ask `applies` first")
    standing = classes_of_labels(own.names, inputs.targets)
    chosen = sorted(standing)
    return OwnLabels(
        weight=np.ascontiguousarray(own.weight[chosen]),
        bias=np.ascontiguousarray(own.bias[chosen]),
        labels=np.array([standing[position] for position in chosen], dtype=np.int64),
        targets=inputs.targets,
        features=inputs.features,
    )


def _load(folder: Path, targets: Targets, features: FeatureFunction) -> OwnLabels:
    from safetensors.numpy import load_file

    kept = load_file(folder / _FILE)
    return OwnLabels(
        weight=kept["weight"], bias=kept["bias"], labels=kept["labels"], targets=targets, features=features
    )


OWN_LABELS = Baseline(
    name="own-labels",
    summary="the untouched model's own classes, where their names are labels",
    uses_features=True,
    fit=_fit,
    load=_load,
    applies=_applies,
)
