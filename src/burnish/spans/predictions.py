"""From the probabilities of words' tags to predictions: spans with scores."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.contracts import Prediction, Rows, Targets
from burnish.spans.chain import tag_probabilities
from burnish.spans.reading import Span, as_dicts
from burnish.spans.tags import NEVER, OUTSIDE, allowed_transitions, best_tags, spans_of_words
from burnish.spans.words import word_bounds

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

ELSEWHERE = "nothing else"  # the score of there being no other span
_SMALLEST = 1e-12


def span_predictions(probabilities: np.ndarray, rows: Rows, targets: Targets) -> list[Prediction]:
    """The spans of rows: of the tag sequences that can be, the most probable one.

    Args:
        probabilities: float (words of all rows in order, tags), each line adding up to 1.
        rows: With their `text`.
        targets: Gives the kinds of spans.
    """
    begin, follow = allowed_transitions(len(targets.labels))
    found, first = [], 0
    for row in rows:
        words = word_bounds(row["text"])
        own = np.asarray(probabilities[first : first + len(words)], dtype=np.float64)
        first += len(words)
        tags = best_tags(_one_voice(np.log(np.maximum(own, _SMALLEST))), begin, follow)
        found.append(as_prediction(row["text"], scored_spans(words, tags, own, targets), _elsewhere(tags, own)))
    return found


def chain_predictions(scores: np.ndarray, rows: Rows, targets: Targets) -> list[Prediction]:
    """The spans of rows, from what a linear chain scores.

    Args:
        scores: float (words of all rows in order, `count_scores`).
        rows: With their `text`.
        targets: Gives the kinds of spans.
    """
    return span_predictions(chain_probabilities(scores, rows, targets), rows, targets) if rows else []


def chain_probabilities(scores: np.ndarray, rows: Rows, targets: Targets) -> FloatArray:
    """The probability of every word's tag, float64 (words of all rows in order, tags); see `chain_predictions`."""
    ends = np.cumsum([len(word_bounds(row["text"])) for row in rows])
    own = np.split(np.asarray(scores), ends[:-1])
    return np.concatenate([tag_probabilities(of_row, len(targets.labels)) for of_row in own])


def scored_spans(
    words: Sequence[tuple[int, int]], tags: Sequence[int], probabilities: FloatArray, targets: Targets
) -> list[tuple[Span, float]]:
    """The spans that tags mean, each with the least of its words' probabilities of belonging to it."""
    return [
        (span, float(min(_of_kind(probabilities[place], tags[place]) for place in places)))
        for span, places in spans_of_words(words, tags, targets.labels)
    ]


def as_prediction(text: str, spans: Sequence[tuple[Span, float]], elsewhere: float) -> Prediction:
    """A prediction of spans.

    Args:
        text: The row's.
        spans: In order, each with its score.
        elsewhere: The probability that there is no other span.
    """
    scores = {f"{span.start}-{span.end} {span.label}": score for span, score in spans}
    detail: list[dict[str, Any]] = [
        {**value, "text": text[value["start"] : value["end"]], "score": round(score, 4)}
        for value, (_, score) in zip(as_dicts([span for span, _ in spans]), spans, strict=True)
    ]
    return Prediction(
        value=as_dicts([span for span, _ in spans]),
        confidence=min([elsewhere, *scores.values()]),
        scores={**scores, ELSEWHERE: elsewhere},
        detail=detail,
    )


def _of_kind(probabilities: FloatArray, tag: int) -> float:
    """The probability of a tag's kind, whether it begins a span there or goes on."""
    first = tag - (tag - 1) % 2
    return float(min(1.0, probabilities[first : first + 2].sum()))


def _elsewhere(tags: Sequence[int], probabilities: FloatArray) -> float:
    outside = [probabilities[place, OUTSIDE] for place, tag in enumerate(tags) if tag == OUTSIDE]
    return float(min(1.0, min(outside, default=1.0)))


def _one_voice(scores: FloatArray) -> FloatArray:
    """Words that share a token have the same scores to the bit: the first of them decides, the others go on with it."""
    same = [place for place, (one, two) in enumerate(itertools.pairwise(scores), start=1) if np.array_equal(one, two)]
    if not same:
        return scores
    scores = scores.copy()
    scores[same] = 0.0
    scores[same, 1::2] = NEVER
    scores[same, OUTSIDE] = -1e-6  # after O nothing else can be; after a B or an I it is not wanted
    return scores
