"""The answer of the most similar training conversation, as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from burnish.baselines.similar_rows import SimilarRows, load_similar_rows
from burnish.contracts import Baseline, BaselineInputs, Prediction, Rows, Targets, Untouched


@dataclass(frozen=True)
class NearestAnswer:
    """Answers with what was answered to the most similar question."""

    known: SimilarRows

    def predict(self, rows: Rows) -> list[Prediction]:
        """A training answer for each row; its confidence is how similar the questions are."""
        if not len(rows):
            return []
        places, similarities = self.known.nearest(rows, 1)
        return [
            Prediction(
                value=self.known.rows[int(place)]["answer"],
                confidence=min(1.0, max(0.0, float(similarity))),
                scores={"similarity": float(similarity)},
            )
            for place, similarity in zip(places[:, 0], similarities[:, 0], strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write the training conversations."""
        self.known.save(folder)

    def head(self) -> None:
        """It is no network."""
        return


def _fit(inputs: BaselineInputs) -> NearestAnswer:
    return NearestAnswer(SimilarRows(inputs.train))


def _load(folder: Path, _targets: Targets, _model: Untouched) -> NearestAnswer:
    return NearestAnswer(load_similar_rows(folder))


NEAREST_ANSWER = Baseline(
    name="nearest-answer",
    summary="the answer of the most similar training conversation",
    uses_features=False,
    fit=_fit,
    load=_load,
)
