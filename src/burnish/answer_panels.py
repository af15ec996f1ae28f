"""What a report shows of written answers: how long they are, and those of all systems side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from burnish.contracts import Json, Prediction, Rows
from burnish.conversations.messages import SYSTEM, last_question
from burnish.metrics.answers import words_of
from burnish.metrics.intervals import share_interval
from burnish.panels import table_panel

_SHOWN = 12
_QUARTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def length_panels(rows: Rows, truths: Sequence[str], predictions: Sequence[Prediction]) -> list[dict[str, Json]]:
    """How long answers are beside the right ones, and how many were cut at the limit."""
    told = [len(words_of(prediction.value)) for prediction in predictions]
    true = [len(words_of(truth)) for truth in truths]
    cut = sum(prediction.scores.get("finished", 1.0) < 1 for prediction in predictions)
    chance = share_interval(cut, len(rows)) if len(rows) else None
    ends = f" (95% interval {chance.low:.1%} to {chance.high:.1%})" if chance else ""
    return [
        table_panel(
            "How long its answers are",
            f"Words of the specialist's answers and of the right ones. {cut} of {len(rows)} answers did not come to an "
            f"end by themselves and were cut{ends}.",
            ("answers", "shortest", "a quarter below", "half below", "three quarters below", "longest"),
            [(name, *_quartiles(lengths)) for name, lengths in (("specialist", told), ("right", true))],
        )
    ]


def _quartiles(lengths: Sequence[int]) -> list[int]:
    """Lengths that there are: a quarter, half … of all are no longer."""
    return [int(value) for value in np.quantile(lengths or [0], _QUARTILES, method="higher")]


def answers_side_by_side(rows: Rows, answers: Mapping[str, Sequence[Prediction]]) -> list[dict[str, Json]]:
    """Questions with the answers of several systems and the right one, spread over all rows.

    Args:
        rows: With their `messages` and `answer`.
        answers: By system, those to be shown first coming first.
    """
    chosen = range(0, len(rows), max(1, -(-len(rows) // _SHOWN)))
    shown = [
        {
            "system": "\n".join(m["content"] for m in rows[place]["messages"] if m["role"] == SYSTEM),
            "turns": sum(m["role"] != SYSTEM for m in rows[place]["messages"]),
            "question": last_question(rows[place]["messages"]),
            "answers": [
                *({"name": name, "text": found[place].value} for name, found in answers.items()),
                {"name": "the data", "text": rows[place]["answer"]},
            ],
        }
        for place in chosen
    ]
    return [
        {
            "kind": "answers",
            "title": "Answers side by side",
            "caption": f"{len(shown)} of the {len(rows)} test rows, spread over all of them and chosen without looking "
            "at the answers. All answers, with what each model was given, are in evaluate/answers.jsonl.",
            "rows": shown,
        }
    ]
