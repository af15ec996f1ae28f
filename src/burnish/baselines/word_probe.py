"""A linear layer on the frozen features of every word and its neighbours (Alain & Bengio 2016), fitted as a chain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from burnish.baselines.chain_layer import TaggedWords, fit_chain_layer
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.spans.predictions import chain_predictions
from burnish.spans.reading import read_spans
from burnish.spans.tags import tags_of_words
from burnish.spans.words import word_bounds

if TYPE_CHECKING:
    from burnish.contracts import Features

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)
_FILE = "probe.safetensors"
_MOST_WORDS = 10_000  # more change no score, and cost in proportion


@dataclass(frozen=True, kw_only=True)
class WordProbe:
    """Weight float32 (scores, width) and bias float32 (scores,) on raw features; see `spans.chain` for the scores."""

    weight: Features
    bias: Features
    targets: Targets
    features: FeatureFunction

    def predict(self, rows: Rows) -> list[Prediction]:
        """The best tags by what a linear function of every word's features scores."""
        if not rows:
            return []
        return chain_predictions(self.features(rows) @ self.weight.T + self.bias, rows, self.targets)

    def save(self, folder: Path) -> None:
        """Write the layer."""
        from safetensors.numpy import save_file

        save_file({"weight": self.weight, "bias": self.bias}, folder / _FILE)

    def head(self) -> tuple[Features, Features]:
        """The layer itself."""
        return self.weight, self.bias


def _fit(inputs: BaselineInputs) -> WordProbe:
    order = np.random.default_rng(inputs.seed).permutation(len(inputs.train))
    counts = np.cumsum([len(word_bounds(inputs.train[row]["text"])) for row in order])
    chosen = np.sort(order[: 1 + int((counts <= _MOST_WORDS).sum())])
    train = _tagged([inputs.train[row] for row in chosen], inputs)
    layer = fit_chain_layer(train, _tagged(inputs.validation, inputs), len(inputs.targets.labels), STRENGTHS)
    return WordProbe(weight=layer[0], bias=layer[1], targets=inputs.targets, features=inputs.features)


def _tagged(rows: Rows, inputs: BaselineInputs) -> TaggedWords:
    counts = [len(word_bounds(row["text"])) for row in rows]
    return TaggedWords(features=inputs.features(rows), tags=word_tags(rows, inputs.targets), counts=counts)


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
    summary="a conditional random field on the frozen model's features of every word",
    uses_features=True,
    fit=_fit,
    load=_load,
)
