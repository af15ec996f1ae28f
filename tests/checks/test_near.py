"""Near-duplicates within the rows, and of the given test rows."""

from __future__ import annotations

from burnish.checks import near_duplicates, near_leaked
from tests.checks.seeing import row, see, texts

CARD = "I lost my card yesterday, what should I do now?"
OTHER = "the parcel came two weeks late and was damaged"


def test_copies_point_to_the_first_of_them() -> None:
    rows = [*texts(CARD, OTHER, CARD.lower(), OTHER + "!"), row(4, CARD + "?", "y")]
    found = near_duplicates.CHECK.find(see(rows))[0]
    assert set(found.rows) == {2, 3, 4}
    assert found.rows[0] == 4, "one with another label comes first"
    assert found.merged == {2: 0, 3: 1}, "copies with another label are not merged"
    assert "1 of them with another label" in found.text
    assert near_duplicates.CHECK.find(see(texts(CARD, OTHER))) == []


def test_a_chain_is_merged_into_rows_that_stay() -> None:
    words = [chr(97 + place) * 4 for place in range(14)]
    chain = [" ".join(words[place : place + 9]) for place in range(5)]
    merged = near_duplicates.CHECK.find(see(texts(*chain)))[0].merged
    assert merged
    assert not set(merged.values()) & set(merged)


def test_copies_of_a_near_copy_are_merged_too() -> None:
    near = CARD.replace("card", "carb")
    assert near_duplicates.CHECK.find(see(texts(CARD, near, OTHER, near)))[0].merged == {1: 0, 3: 0}


def test_training_rows_near_a_test_row() -> None:
    found = near_leaked.CHECK.find(see(texts(CARD, OTHER, CARD.upper()), texts(CARD + " please", first=7)))[0]
    assert found.rows == [0, 2]
    assert "100.0% of the test rows" in found.text
    assert near_leaked.CHECK.find(see(texts(CARD, CARD), texts(OTHER, first=7))) == []
