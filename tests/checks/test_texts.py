"""Checks of texts: broken characters, remains of HTML, texts without words, languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.checks import broken_characters, html_remains, mixed_languages, nearly_empty
from burnish.checks.broken_characters import mended
from burnish.checks.html_remains import plain_text
from tests.checks.seeing import see, texts


def test_wrong_decodings_are_mended() -> None:
    good = "a naïve café, 20 € and “quotes”"
    broken = good.encode().decode("windows-1252", errors="replace").replace("\ufffd", "\x9d")
    found = broken_characters.CHECK.find(see(texts("plain", good, broken, "zero\u200bwidth"), texts("x\x00y", first=9)))
    assert len(found) == 1
    assert found[0].rows == [2, 3, 9]
    assert found[0].repaired[2] == {"text": good}
    assert found[0].repaired[3] == {"text": "zerowidth"}
    assert found[0].repaired[9] == {"text": "xy"}


def test_characters_that_are_lost_are_told() -> None:
    found = broken_characters.CHECK.find(see(texts("caf\ufffd au lait", "tea")))
    assert "in 1 of them characters are lost" in found[0].text


@given(st.text())
def test_mending_twice_changes_nothing_more(text: str) -> None:
    assert mended(mended(text)) == mended(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Great!<br />Works &amp; looks fine", "Great! Works & looks fine"),
        ("<p>One</p><p>two</p>", "One two"),
        ("<script>alert(1)</script>left <b>bo", "left bo"),
        ("a < b and b > c", "a < b and b > c"),
        ("if x <y then", "if x <y then"),
        ("R&D and AT&T", "R&D and AT&T"),
        ("5 &lt; 6", "5 < 6"),
    ],
)
def test_html_remains_are_taken_out_and_nothing_else(text: str, plain: str) -> None:
    assert plain_text(text) == plain


def test_html_is_found_with_its_rows() -> None:
    found = html_remains.CHECK.find(see(texts("fine", "<br>x"), texts("&nbsp;y", first=5)))
    assert found[0].rows == [1, 5]
    assert html_remains.CHECK.find(see(texts("fine"))) == []


def test_texts_without_words() -> None:
    found = nearly_empty.CHECK.find(see(texts("12 34", "ok", "?!", "7a", "カード")))
    assert found[0].rows == [0, 2, 3]


def test_texts_in_another_language() -> None:
    english = [f"I would like to know when parcel number {number} will arrive at my house" for number in range(20)]
    german = [f"Ich möchte gerne wissen, wann das Paket Nummer {number} endlich ankommt" for number in range(4)]
    found = mixed_languages.CHECK.find(see(texts(*english, *german, "ok")))
    assert found[0].rows == [20, 21, 22, 23]
    assert "de 4" in found[0].text
    assert mixed_languages.CHECK.find(see(texts(*english, german[0]))) == [], "one text may be a mistake"
    assert mixed_languages.CHECK.find(see(texts("ok"))) == []


def test_what_a_control_character_kept_apart_is_mended_too() -> None:
    assert mended("¬\x1fÄ") == mended(mended("¬\x1fÄ"))
