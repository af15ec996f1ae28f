"""Words and word pairs, weighted by rarity, and ridge regression."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from burnish.baselines.ridge import Ridge, fit_ridge
from burnish.baselines.terms import load_vectorizer, new_vectorizer, save_vocabulary
from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.number_predictions import number_predictions, standardised

STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0)
_ARRAYS = "tfidf.safetensors"


@dataclass(frozen=True, kw_only=True)
class TfidfRidge:
    """A fitted vectoriser and the layer on its terms."""

    role: str
    vectorizer: Any
    ridge: Ridge
    targets: Targets

    def predict(self, rows: Rows) -> list[Prediction]:
        """A linear function of the weighted terms."""
        terms = self.vectorizer.transform([row[self.role] for row in rows])
        told = np.asarray(terms @ self.ridge.weight + self.ridge.bias)
        return number_predictions(np.stack([told, np.full_like(told, self.ridge.half_width)], axis=1), self.targets)

    def save(self, folder: Path) -> None:
        """Write the vocabulary as JSON and the numbers as safetensors."""
        from safetensors.numpy import save_file

        idf = save_vocabulary(self.vectorizer, folder)
        other = np.array([self.ridge.bias, self.ridge.half_width])
        save_file({"idf": idf, "weight": self.ridge.weight, "bias_and_half_width": other}, folder / _ARRAYS)

    def head(self) -> None:
        """It does not use the model's features."""
        return


def tfidf_ridge(role: str) -> Baseline:
    """The baseline for rows whose input is the text in `role`."""

    def fit(inputs: BaselineInputs) -> TfidfRidge:
        vectorizer = new_vectorizer()
        ridge = fit_ridge(
            vectorizer.fit_transform([row[role] for row in inputs.train]),
            standardised([row["label"] for row in inputs.train], inputs.targets),
            vectorizer.transform([row[role] for row in inputs.validation]),
            standardised([row["label"] for row in inputs.validation], inputs.targets),
            STRENGTHS,
        )
        return TfidfRidge(role=role, vectorizer=vectorizer, ridge=ridge, targets=inputs.targets)

    def load(folder: Path, targets: Targets, _features: FeatureFunction) -> TfidfRidge:
        from safetensors.numpy import load_file

        arrays = load_file(folder / _ARRAYS)
        bias, half_width = map(float, arrays["bias_and_half_width"])
        ridge = Ridge(weight=arrays["weight"], bias=bias, half_width=half_width)
        return TfidfRidge(role=role, vectorizer=load_vectorizer(folder, arrays["idf"]), ridge=ridge, targets=targets)

    return Baseline(
        name="tfidf-ridge",
        summary="words and word pairs with ridge regression",
        uses_features=False,
        fit=fit,
        load=load,
    )
