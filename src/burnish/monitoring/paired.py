"""Two versions that answered the same requests, compared: how often they agree, and with feedback, which is right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from burnish.contracts import Metric, Prediction, Targets
from burnish.metrics.comparison import Comparison, compare
from burnish.metrics.intervals import Estimate, share_interval
from burnish.monitoring.entry import Shadow
from burnish.monitoring.store import Pair


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What was found.

    Attributes:
        requests: Requests that both versions answered.
        agree: The share of them that both answered in the same way.
        by_challenger: Of how many of them the client was given the challenger's answer.
        seconds: The median time of an answer of the champion and of the challenger.
        confidence: Their mean confidence.
        metric: What was scored.
        told: Requests whose right answer is known by feedback.
        champion: The champion's score on these; None where there are none.
        challenger: The challenger's.
        comparison: The paired test between the two.
    """

    requests: int
    agree: Estimate
    by_challenger: int
    seconds: tuple[float, float]
    confidence: tuple[float, float]
    metric: str
    told: int
    champion: Estimate | None = None
    challenger: Estimate | None = None
    comparison: Comparison | None = None

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-able values."""
        return asdict(self)


def compare_pairs(pairs: Sequence[Pair], metric: Metric, targets: Targets) -> Compared:
    """Compare a champion (first) with a challenger (second).

    Args:
        pairs: Requests that both answered; at least one.
        metric: Scores answers whose truth is known.
        targets: What the specialist predicts.
    """
    same = sum(pair.first.value == pair.second.value for pair in pairs)
    told = [pair for pair in pairs if pair.truth is not None]
    facts: dict[str, Any] = {}
    if told:
        truths = [pair.truth for pair in told]
        champion, challenger = (
            metric.statistics(truths, [*map(_prediction, answers)], targets)
            for answers in ([pair.first for pair in told], [pair.second for pair in told])
        )
        score, others, (found,) = compare(metric, challenger, {"champion": champion}, seed=0)
        facts = {"challenger": score, "champion": others["champion"], "comparison": found}
    return Compared(
        requests=len(pairs),
        agree=share_interval(same, len(pairs)),
        by_challenger=sum(pair.by_second for pair in pairs),
        seconds=_both(pairs, "seconds", np.median),
        confidence=_both(pairs, "confidence", np.mean),
        metric=metric.name,
        told=len(told),
        **facts,
    )


def _both(pairs: Sequence[Pair], name: str, summary: Any) -> tuple[float, float]:
    return (
        float(summary([getattr(pair.first, name) for pair in pairs])),
        float(summary([getattr(pair.second, name) for pair in pairs])),
    )


def _prediction(answer: Shadow) -> Prediction:
    return Prediction(value=json.loads(answer.value), confidence=answer.confidence, scores=json.loads(answer.scores))
