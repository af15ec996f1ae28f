"""What labelling functions say of rows: votes, how they cover and contradict each other, and one answer from all."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.errors import UserError

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

    Votes = np.ndarray[Any, np.dtype[np.int64]]

ABSTAINS = -1
LEAST_FUNCTIONS = 3  # fewer say nothing of each other's accuracy
_EPOCHS = 500


@dataclass(frozen=True, kw_only=True)
class FunctionFigures:
    """One labelling function in numbers; shares are of all rows.

    Attributes:
        name: The function's.
        labels: The labels that it gave.
        coverage: Where it gave a label.
        overlaps: Where another function gave one too.
        conflicts: Where another function gave a different one.
        right: How many of its answers on rows labelled by people are right.
        judged: How many such answers it gave.
        weight: The accuracy that the label model found for it without looking at people's labels; None without one.
    """

    name: str
    labels: tuple[str, ...]
    coverage: float
    overlaps: float
    conflicts: float
    right: int
    judged: int
    weight: float | None

    @property
    def accuracy(self) -> float | None:
        """The share of its answers that are right on rows labelled by people; None where it gave none there."""
        return self.right / self.judged if self.judged else None


def figures(
    names: Sequence[str], labels: Sequence[str], votes: Votes, gold: Votes, weights: Sequence[float] | None
) -> list[FunctionFigures]:
    """Every function in numbers.

    Args:
        names: Of the functions.
        labels: All labels.
        votes: int64 (rows, functions): positions in `labels`, -1 where a function abstains.
        gold: int64 (rows,): people's labels, -1 where there is none.
        weights: By function, where a label model was fitted.
    """
    given = votes >= 0
    others = given.sum(axis=1, keepdims=True) - given > 0
    found = []
    for number, name in enumerate(names):
        own = votes[:, [number]]
        differs = ((votes != own) & given).any(axis=1)
        judged = given[:, number] & (gold >= 0)
        found.append(
            FunctionFigures(
                name=name,
                labels=tuple(labels[label] for label in np.unique(own[own >= 0])),
                coverage=float(given[:, number].mean()),
                overlaps=float((given[:, number] & others[:, number]).mean()),
                conflicts=float((given[:, number] & differs).mean()),
                right=int((own[:, 0][judged] == gold[judged]).sum()),
                judged=int(judged.sum()),
                weight=None if weights is None else float(weights[number]),
            )
        )
    return found


def majority(votes: Votes, classes: int) -> FloatArray:
    """The share of votes that each label has, float64 (rows, classes); 0 throughout where all abstain."""
    counts = np.stack([(votes == label).sum(axis=1) for label in range(classes)], axis=1).astype(np.float64)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def label_model(
    votes: Votes, classes: int, balance: Sequence[float] | None, seed: int
) -> tuple[FloatArray, list[float]]:
    """One answer from all, by Snorkel's label model (Ratner et al. 2019): it learns from agreement whom to believe.

    Args:
        votes: int64 (rows, functions), three functions or more.
        classes: How many labels there are, two or more.
        balance: The share of each label; None takes them as equal.
        seed: Seed of its start.

    Returns:
        Probabilities, float64 (rows, classes), and the accuracy that it found for each function.

    Raises:
        UserError: The library is not installed.
    """
    if importlib.util.find_spec("snorkel") is None:
        raise UserError(
            "combining labelling functions needs the library snorkel",
            where="burnish label weak",
            fix="Add it: pip install 'burnish[annotation]', or in a clone: "
            "pip install -c constraints.txt -e '.[annotation]'. Or take --combine majority.",
        )
    from snorkel.labeling.model import LabelModel

    voted = votes[(votes >= 0).any(axis=1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LabelModel(cardinality=classes, verbose=False)
        model.fit(
            voted,
            class_balance=None if balance is None else list(balance),
            n_epochs=_EPOCHS,
            seed=seed,
            progress_bar=False,
        )
        found = np.zeros((len(votes), classes))
        found[(votes >= 0).any(axis=1)] = model.predict_proba(voted)
    return found, [float(weight) for weight in model.get_weights()]
