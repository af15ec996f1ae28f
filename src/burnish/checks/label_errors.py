"""`label-errors`: rows whose label the other rows speak against (confident learning, Northcutt et al. 2021)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from burnish.checks.check import Check, Doubted, Found, Seen, numbers, short
from burnish.data.rows import ROW
from burnish.finding import counted

_LEAST_ROWS, _LEAST_OF_CLASS = 50, 5
_MANY = 0.03  # of the rows
_MOST_ANSWERS = 6_000_000  # rows times classes; of more, as many rows as that allows are looked at
_GOOD = 0.6  # agreement of the probe with the labels beyond chance (Cohen's kappa)
_MUCH_LIKELIER = 0.8  # by which another label must be, where the probe is no better than that


def _find(seen: Seen) -> list[Found]:
    from cleanlab.filter import find_label_issues

    from burnish.checks.out_of_fold import out_of_fold

    role = seen.target("label")
    every = -(-len(seen.rows) * len({row[role] for row in seen.rows}) // _MOST_ANSWERS)
    seen = replace(seen, rows=seen.rows[::every]) if every > 1 else seen
    names, labels, counts = np.unique([row[role] for row in seen.rows], return_inverse=True, return_counts=True)
    if len(labels) < _LEAST_ROWS or len(names) < 2:
        return []
    probabilities = out_of_fold(seen.features_of(seen.rows), labels, len(names), seen.seed)
    suspects = find_label_issues(
        labels,
        probabilities,
        filter_by="low_self_confidence",  # as many as confident learning counts, the least believed ones
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )
    better = probabilities.argmax(axis=1)
    least = 0.0 if _kappa(labels, better) >= _GOOD else _MUCH_LIKELIER
    gap = probabilities.max(axis=1) - probabilities[np.arange(len(labels)), labels]
    places = [int(p) for p in suspects if counts[labels[p]] >= _LEAST_OF_CLASS and gap[p] >= least and gap[p] > 0]
    if not places:
        return []
    rows = [seen.rows[place] for place in places]
    guessed = {row[ROW]: str(names[better[place]]) for row, place in zip(rows, places, strict=True)}
    share = len(places) / len(labels)
    return [
        Found(
            severity="warning" if share > _MANY else "note",
            text=f"{counted(len(places), 'row looks', 'rows look')} wrongly labelled ({share:.1%}); the linear probe "
            f"agrees with {np.mean(better == labels):.0%} of "
            + (f"the {len(labels):,} labels looked at" if every > 1 else "all labels"),
            advice="decide about each with `burnish label confirm`, the least believed first",
            rows=numbers(seen.rows, places),
            shown={
                row[ROW]: f"{short(' '.join(seen.texts([row])) or row[ROW], 80)} is {row[role]!r}; the others say "
                f"{guessed[row[ROW]]!r} ({probabilities[place, better[place]]:.0%})"
                for row, place in zip(rows, places, strict=True)
            },
            reason="looks wrongly labelled",
            repaired={number: {role: label} for number, label in guessed.items()},
            figures=_by_label(names, labels, places),
            doubted=[
                Doubted(
                    row=row[ROW],
                    text=" ".join(seen.texts([row])),
                    label=row[role],
                    suggested=guessed[row[ROW]],
                    confidence=round(float(probabilities[place, better[place]]), 4),
                )
                for row, place in zip(rows, places, strict=True)
            ],
        )
    ]


def _kappa(labels: np.ndarray, answers: np.ndarray) -> float:
    """Agreement beyond what the frequencies of the labels alone would give."""
    agreed = float(np.mean(labels == answers))
    classes = int(max(labels.max(), answers.max())) + 1
    chance = float(np.bincount(labels, minlength=classes) @ np.bincount(answers, minlength=classes)) / len(labels) ** 2
    return (agreed - chance) / (1 - chance) if chance < 1 else 0.0


def _by_label(names: np.ndarray, labels: np.ndarray, places: list[int]) -> dict[str, object]:
    suspects = np.bincount(labels[places], minlength=len(names))
    worst = np.argsort(-suspects, kind="stable")[:10]
    bars = [[str(names[label]), int(suspects[label])] for label in worst if suspects[label]]
    return {"kind": "bars", "title": "Suspected rows by the label that they have", "bars": bars}


CHECK = Check(
    name="label-errors",
    summary="rows whose label the linear probe, fitted on other rows, does not believe (confident learning)",
    consequence="wrong labels teach what is not so, and a right answer counts as wrong where they are tested",
    repair="each was given the label that the probe believes most",
    policies=("report", "repair", "drop", "fail", "skip"),
    targets=frozenset({"label"}),
    needs_features=True,
    library="cleanlab",
    judged=True,
    find=_find,
)
