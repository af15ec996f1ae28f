"""Counts of texts are those of a Counter, also where texts become digests."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.data import counted_texts
from burnish.data.counted_texts import CountedTexts


@pytest.mark.parametrize("many", [3, 1000])
@given(parts=st.lists(st.lists(st.sampled_from(["", *"abcdefghij"]), max_size=9), max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_as_a_counter_counts(parts: list[list[str]], many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted_texts, "_MANY", many)
    counted = CountedTexts()
    for part in parts:
        assert counted.add(part) == Counter(text for text in part if text)
    texts = [text for part in parts for text in part]
    wanted = Counter(text for text in texts if text)
    distinct, places = counted.commonest(3)
    assert distinct == len(wanted)
    assert [(texts[place], count) for place, count in places] == wanted.most_common(3)
