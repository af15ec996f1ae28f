"""Spans to tags of words and back, and the best sequence that can be."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from burnish.spans.reading import Span
from burnish.spans.tags import allowed_transitions, best_tags, spans_of_words, tag_names, tags_of_words
from burnish.spans.words import word_bounds

LABELS = ("a", "b")


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """A text of any characters with spans that begin and end where words do."""
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
    words = word_bounds(text)
    cuts = sorted(draw(st.sets(st.integers(0, len(words)), max_size=8)))
    spans = [
        Span(words[first][0], words[last - 1][1], draw(st.sampled_from(LABELS)))
        for first, last in itertools.pairwise(cuts)
        if draw(st.booleans())
    ]
    return text, spans


@given(marked_texts())
def test_spans_of_whole_words_come_back_exactly(marked: tuple[str, list[Span]]) -> None:
    text, spans = marked
    words = word_bounds(text)
    tags = tags_of_words(words, spans, LABELS)
    assert [span for span, _ in spans_of_words(words, tags, LABELS)] == spans


@given(marked_texts())
def test_tags_of_spans_are_a_sequence_that_can_be(marked: tuple[str, list[Span]]) -> None:
    text, spans = marked
    tags = tags_of_words(word_bounds(text), spans, LABELS)
    begin, follow = allowed_transitions(len(LABELS))
    assert all(begin[tag] == 0 for tag in tags[:1])
    assert all(follow[one, two] == 0 for one, two in itertools.pairwise(tags))


def test_a_span_within_a_word_takes_in_the_whole_word() -> None:
    words = word_bounds("unhappy people")
    tags = tags_of_words(words, [Span(2, 7, "a"), Span(8, 10, "b")], LABELS)
    assert [tag_names(LABELS)[tag] for tag in tags] == ["B-a", "B-b"]


def test_unknown_kinds_are_marked_and_two_spans_side_by_side_stay_two() -> None:
    words = word_bounds("x y z")
    assert tags_of_words(words, [Span(0, 3, "c")], LABELS) == [-1, -1, 0]
    tags = tags_of_words(words, [Span(0, 1, "a"), Span(2, 5, "a")], LABELS)
    assert [tag_names(LABELS)[tag] for tag in tags] == ["B-a", "B-a", "I-a"]
    assert [span for span, _ in spans_of_words(words, [2, 2, 4], LABELS)] == [Span(0, 3, "a"), Span(4, 5, "b")]


@given(st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_no_sequence_that_can_be_has_a_higher_sum(words: int, seed: int) -> None:
    begin, follow = allowed_transitions(1)
    scores = np.random.default_rng(seed).normal(size=(words, 3))

    def total(tags: tuple[int, ...]) -> float:
        own = sum(float(scores[place, tag]) for place, tag in enumerate(tags))
        moves = sum(float(follow[one, two]) for one, two in itertools.pairwise(tags))
        return own + moves + (float(begin[tags[0]]) if tags else 0.0)

    found = tuple(best_tags(scores, begin, follow))
    assert len(found) == words
    assert total(found) >= max(map(total, itertools.product(range(3), repeat=words))) - 1e-9
