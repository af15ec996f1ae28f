"""The untouched model, asked: with the recipe's prompt alone, or with similar training conversations before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.baselines.similar_rows import SimilarRows, load_similar_rows
from burnish.contracts import Baseline, BaselineInputs, Prediction, Row, Rows, Targets, Untouched
from burnish.conversations.messages import ASSISTANT, SYSTEM, Message

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

SHOTS = 3
_MOST_CHARACTERS = 2000  # of all examples: more would leave no room for the question


@dataclass(frozen=True)
class Prompted:
    """The untouched model's own answers."""

    model: Untouched

    def predict(self, rows: Rows) -> list[Prediction]:
        """What it answers."""
        return self.model.predict(rows)

    def weigh(self, rows: Rows) -> FloatArray:
        """How probable the right answers are to it."""
        return self.model.weigh(rows)

    def save(self, folder: Path) -> None:
        """There is nothing to write: it has learned nothing."""

    def head(self) -> None:
        """Training starts from it as it is."""
        return


@dataclass(frozen=True)
class FewShotPrompted:
    """The untouched model's answers after it was shown how similar questions were answered."""

    known: SimilarRows
    model: Untouched

    def predict(self, rows: Rows) -> list[Prediction]:
        """What it answers."""
        return self.model.predict(self.with_shots(rows))

    def with_shots(self, rows: Rows) -> list[Row]:
        """Every row with up to three training conversations before its question, the most similar one last."""
        if not len(rows):
            return []
        places, _ = self.known.nearest(rows, SHOTS)
        return [
            _shown(row, [self.known.rows[int(place)] for place in chosen])
            for row, chosen in zip(rows, places, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write the training conversations."""
        self.known.save(folder)

    def head(self) -> None:
        """A prompt is no layer."""
        return


def _shown(row: Row, shots: Sequence[Row]) -> Row:
    begin = [message for message in row["messages"] if message["role"] == SYSTEM]
    rest = row["messages"][len(begin) :]
    turns: list[Message] = []
    for shot in shots:  # nearest first
        asked = [message for message in shot["messages"] if message["role"] != SYSTEM]
        shown: list[Message] = [*asked, {"role": ASSISTANT, "content": shot["answer"]}]
        if sum(len(message["content"]) for message in (*shown, *turns)) <= _MOST_CHARACTERS:
            turns = [*shown, *turns]
    return {**row, "messages": [*begin, *turns, *rest]}


def _fit_prompted(inputs: BaselineInputs) -> Prompted:
    return Prompted(inputs.features)


def _load_prompted(_folder: Path, _targets: Targets, model: Untouched) -> Prompted:
    return Prompted(model)


def _fit_few_shot(inputs: BaselineInputs) -> FewShotPrompted:
    return FewShotPrompted(SimilarRows(inputs.train), inputs.features)


def _load_few_shot(folder: Path, _targets: Targets, model: Untouched) -> FewShotPrompted:
    return FewShotPrompted(load_similar_rows(folder), model)


PROMPTED = Baseline(
    name="prompted",
    summary="the untouched model, with the recipe's prompt",
    uses_features=False,
    asks_model=True,
    fit=_fit_prompted,
    load=_load_prompted,
)
FEW_SHOT_PROMPTED = Baseline(
    name="few-shot-prompted",
    summary="the untouched model, shown three similar training conversations before the question",
    uses_features=False,
    asks_model=True,
    fit=_fit_few_shot,
    load=_load_few_shot,
)
