"""Personal data: found, never shown, masked, and replaced consistently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.checks import personal_data
from burnish.data.personal import _MAY_HOLD, _finder_of, find_personal, masked, replaced
from tests.checks.seeing import see, texts

VALUES = {
    "EMAIL": "jane.doe+shop@example.co.uk",
    "IBAN": "DE89 3704 0044 0532 0130 00",
    "CARD": "4111 1111 1111 1111",
    "IP": "192.168.10.12",
    "PHONE": "+44 20 7946 0958",
    "NAME": "Jane Doe",
}
SENTENCE = (
    "My name is Jane Doe, write to jane.doe+shop@example.co.uk or call +44 20 7946 0958; card 4111 1111 1111 1111, "
    "account DE89 3704 0044 0532 0130 00, from 192.168.10.12."
)


def test_every_kind_is_found_at_its_place() -> None:
    spans = find_personal(SENTENCE)
    assert {span.kind: SENTENCE[span.start : span.end] for span in spans} == VALUES
    assert spans == sorted(spans)


PIECES = (
    *VALUES.values(),
    *"0123456789 .:/-@()+aF",
    *(
        "4111",
        "1111-1111",
        "3782 822463 10005",
        "DE89",
        "GB82 WEST 1234 5698 7654 32",
        "2001:db8::1",
        "::ffff:10.1.2.3",
    ),
    *("a@b.co", "x.y@z.museum", "212-555-0199", "(030) 23", "+33 1 42 68 53 00", "x123", "\n", "Dear", "Mr.", "no"),
)


@pytest.mark.parametrize("kind", VALUES)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=14))
def test_nothing_is_found_where_the_quick_look_sees_nothing(kind: str, pieces: list[str]) -> None:
    text = "".join(pieces)
    if _MAY_HOLD[kind].search(text) is None:
        assert list(_finder_of(kind)(text)) == []


def test_what_only_looks_like_it_stays() -> None:
    plain = "Order 4111 1111 1111 1112 came at 10:30:22 in version 1.2.3, 20% off, Dear Sir, mail@home"
    assert masked(plain, find_personal(plain)) == plain


def test_masks_name_the_kind() -> None:
    assert masked(SENTENCE, find_personal(SENTENCE)) == (
        "My name is <NAME>, write to <EMAIL> or call <PHONE>; card <CARD>, account <IBAN>, from <IP>."
    )


def test_the_same_value_is_replaced_by_the_same_one() -> None:
    twice = "jane@example.com met joe@example.com, then jane@example.com"
    one, other = replaced(twice, find_personal(twice), 0), replaced(twice, find_personal(twice), 1)
    words = one.split()
    assert words[0] == words[-1]
    assert len({words[0], words[2].strip(",")}) == 2
    assert one != other
    assert "jane" not in one


def test_made_up_values_are_of_their_kind() -> None:
    put = replaced(SENTENCE, find_personal(SENTENCE), 7)
    assert [span.kind for span in find_personal(put)] == [span.kind for span in find_personal(SENTENCE)]
    assert not any(value in put for value in VALUES.values())


def test_findings_never_show_the_values() -> None:
    seen = see(texts("nothing here", SENTENCE), texts(SENTENCE, first=8))
    found = personal_data.CHECK.find(seen)
    assert found[0].rows == [1, 8]
    told = f"{found[0].text} {found[0].shown} {found[0].examples} {found[0].figures}"
    assert not any(value in told for value in VALUES.values())
    assert "2 e-mail addresses" in found[0].text
    assert found[0].repaired == {}


def test_numbers_within_codes_are_no_telephone_numbers() -> None:
    assert find_personal("part a39 12345 of works12 7400001, batch B5301234567") == []
    found = find_personal("part a5, call 0151 12345678")
    assert [span.kind for span in found] == ["PHONE"]
