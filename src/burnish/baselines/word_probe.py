"""A linear layer on the frozen features of every word's first token (Alain & Bengio 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from burnish.baselines.logistic import fit_layer
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.predictions import softmax
from burnish.spans.predictions import span_predictions
from burnish.spans.reading import read_spans
from burnish.spans.tags import tag_names, tags_of_words
from burnish.spans.words import word_bounds

if TYPE_CHECKING:
    from burnish.contracts import Features

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)
_FILE = "probe.safetensors"
_MOST_WORDS = 20_000  # more change no score, and cost in proportion
_NEVER = -30.0  # the bias of a tag that no training word has


@dataclass(frozen=True, kw_only=True)
class WordProbe:
    """Weight float32 (tags, width) and bias float32 (tags,) on raw features."""

    weight: Features
    bias: Features
    targets: Targets
    features: FeatureFunction

    def predict(self, rows: Rows) -> list[Prediction]:
        """The best tags by the softmax of a linear function of every word's features."""
        if not rows:
            return []
        return span_predictions(softmax(self.features(rows) @ self.weight.T + self.bias), rows, self.targets)

    def save(self, folder: Path) -> None:
        """Write the layer."""
        from safetensors.numpy import save_file

        save_file({"weight": self.weight, "bias": self.bias}, folder / _FILE)

    def head(self) -> tuple[Features, Features]:
        """The layer itself."""
        return self.weight, self.bias


def _fit(inputs: BaselineInputs) -> WordProbe:
    tags = len(tag_names(inputs.targets.labels))
    train = word_tags(inputs.train, inputs.targets)
    chosen = np.flatnonzero(train >= 0)
    if len(chosen) > _MOST_WORDS:
        chosen = np.sort(np.random.default_rng(inputs.seed).choice(chosen, _MOST_WORDS, replace=False))
    present, compact = np.unique(train[chosen], return_inverse=True)
    position = np.full(tags + 1, -1)  # the last for words of no known kind
    position[present] = np.arange(len(present))
    features = inputs.features(inputs.train)[chosen]
    weight = np.zeros((tags, features.shape[1]), dtype=np.float32)
    bias = np.full(tags, _NEVER, dtype=np.float32)
    bias[present] = 0.0
    if len(present) > 1:
        validation = position[word_tags(inputs.validation, inputs.targets)]
        layer = fit_layer(features, compact, inputs.features(inputs.validation), validation, STRENGTHS)
        weight[present], bias[present] = layer
    return WordProbe(weight=weight, bias=bias, targets=inputs.targets, features=inputs.features)


def word_tags(rows: Rows, targets: Targets) -> np.ndarray:
    """The tags of the words of all rows in order, int64 (words,); -1 for kinds that training never saw."""
    found = [
        tags_of_words(word_bounds(row["text"]), read_spans(row["spans"], row["text"], None), targets.labels)
        for row in rows
    ]
    return np.array([tag for tags in found for tag in tags], dtype=np.int64)


def _load(folder: Path, targets: Targets, features: FeatureFunction) -> WordProbe:
    from safetensors.numpy import load_file

    layer = load_file(folder / _FILE)
    return WordProbe(weight=layer["weight"], bias=layer["bias"], targets=targets, features=features)


WORD_PROBE = Baseline(
    name="word-probe",
    summary="logistic regression on the frozen model's features of every word",
    uses_features=True,
    fit=_fit,
    load=_load,
)
