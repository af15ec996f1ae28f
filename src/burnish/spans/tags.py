"""Tags of words (BIO): of spans, and back, with only such sequences as can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from burnish.spans.reading import Span
from burnish.spans.words import Bounds

if TYPE_CHECKING:
    from burnish.contracts import FloatArray

OUTSIDE = 0  # the position of the tag O
NEVER = -1e9  # the logarithm of a probability of 0


def tag_names(labels: Sequence[str]) -> list[str]:
    """The tags of kinds of spans, in the order of a network's outputs: O, then B and I of each."""
    return ["O", *(f"{part}-{label}" for label in labels for part in "BI")]


def tags_of_words(words: Sequence[Bounds], spans: Sequence[Span], labels: Sequence[str]) -> list[int]:
    """The position of every word's tag; -1 for words of a kind that is not among `labels`.

    A span that begins or ends within a word takes in the whole word; where two do, the first has it.
    """
    position = {label: 1 + 2 * index for index, label in enumerate(labels)}
    tags, waiting, begun = [], list(spans), False
    for begin, end in words:
        while waiting and waiting[0].end <= begin:
            waiting.pop(0)
            begun = False
        if not waiting or waiting[0].start >= end:
            tags.append(OUTSIDE)
            continue
        first = position.get(waiting[0].label, -1)
        tags.append(first + begun if first >= 0 else -1)
        begun = True
    return tags


def spans_of_words(words: Sequence[Bounds], tags: Sequence[int], labels: Sequence[str]) -> list[tuple[Span, range]]:
    """The spans that tags mean, each with the positions of its words; an I without a beginning begins a span."""
    found: list[tuple[Span, range]] = []
    last = OUTSIDE
    for place, ((begin, end), tag) in enumerate(zip(words, tags, strict=True)):
        if tag != OUTSIDE:
            kind, goes_on = divmod(tag - 1, 2)
            if goes_on and last != OUTSIDE and (last - 1) // 2 == kind:
                span, places = found[-1]
                found[-1] = (span._replace(end=end), range(places.start, place + 1))
            else:
                found.append((Span(begin, end, labels[kind]), range(place, place + 1)))
        last = tag
    return found


def allowed_transitions(kinds: int) -> tuple[FloatArray, FloatArray]:
    """What may follow what, as logarithms of 1 and 0: from the beginning, (tags,), and from tag to tag, (tags, tags).

    An I follows a B or an I of its own kind only.
    """
    size = 1 + 2 * kinds
    begin, follow = np.zeros(size), np.zeros((size, size))
    begin[2::2] = NEVER
    follow[:, 2::2] = NEVER
    for first in range(1, size, 2):
        follow[first : first + 2, first + 1] = 0.0
    return begin, follow


def best_tags(scores: FloatArray, begin: FloatArray, follow: FloatArray) -> list[int]:
    """The sequence of tags with the highest sum (Viterbi 1967).

    Args:
        scores: float64 (words, tags), of each word's tags.
        begin: float64 (tags,), added at the first word.
        follow: float64 (tags, tags), added from each word's tag to the next one's.
    """
    if not len(scores):
        return []
    best, came_from = scores[0] + begin, []
    for own in scores[1:]:
        ways = best[:, None] + follow
        came_from.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + own
    tags = [int(best.argmax())]
    for origin in reversed(came_from):
        tags.append(int(origin[tags[-1]]))
    return tags[::-1]
