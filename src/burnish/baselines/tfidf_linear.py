"""Words and word pairs, weighted by rarity, and a linear classifier: hard to beat, and free to run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from burnish.baselines.logistic import fit_logistic
from burnish.baselines.terms import load_vectorizer, new_vectorizer, save_vocabulary
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.metrics.classification import label_indices
from burnish.predictions import label_predictions, softmax

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)
_ARRAYS = "tfidf.safetensors"


@dataclass(frozen=True, kw_only=True)
class TfidfLinear:
    """A fitted vectoriser, weight float64 (labels, terms) and bias float64 (labels,)."""

    role: str
    vectorizer: Any
    weight: np.ndarray
    bias: np.ndarray
    targets: Targets

    def predict(self, rows: Rows) -> list[Prediction]:
        """Softmax of a linear function of the weighted terms."""
        terms = self.vectorizer.transform([row[self.role] for row in rows])
        return label_predictions(softmax(np.asarray(terms @ self.weight.T + self.bias)), self.targets)

    def save(self, folder: Path) -> None:
        """Write the vocabulary as JSON and the numbers as safetensors."""
        from safetensors.numpy import save_file

        idf = save_vocabulary(self.vectorizer, folder)
        save_file({"idf": idf, "weight": self.weight, "bias": self.bias}, folder / _ARRAYS)

    def head(self) -> None:
        """It does not use the model's features."""
        return


def tfidf_linear(role: str) -> Baseline:
    """The baseline for rows whose input is the text in `role`."""

    def fit(inputs: BaselineInputs) -> TfidfLinear:
        vectorizer = new_vectorizer()
        train = vectorizer.fit_transform([row[role] for row in inputs.train])
        weight, bias, _ = fit_logistic(
            train,
            label_indices([row["label"] for row in inputs.train], inputs.targets),
            vectorizer.transform([row[role] for row in inputs.validation]),
            label_indices([row["label"] for row in inputs.validation], inputs.targets),
            STRENGTHS,
        )
        return TfidfLinear(role=role, vectorizer=vectorizer, weight=weight, bias=bias, targets=inputs.targets)

    def load(folder: Path, targets: Targets, _features: FeatureFunction) -> TfidfLinear:
        from safetensors.numpy import load_file

        arrays = load_file(folder / _ARRAYS)
        vectorizer = load_vectorizer(folder, arrays["idf"])
        return TfidfLinear(
            role=role, vectorizer=vectorizer, weight=arrays["weight"], bias=arrays["bias"], targets=targets
        )

    return Baseline(
        name="tfidf-linear",
        summary="words and word pairs with logistic regression",
        uses_features=False,
        fit=fit,
        load=load,
    )
