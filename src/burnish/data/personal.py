"""Personal data in texts: e-mail addresses, telephone and card numbers, IBANs, IP addresses, and names.

Presidio's recognisers find what has a pattern and check its checksum where it has one. Names are found by a
named-entity model of spaCy where one is installed; else only those that a form of address or an introduction comes
before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

KINDS = ("EMAIL", "IBAN", "CARD", "IP", "PHONE", "NAME")  # where two overlap, the earlier kind stands
_MAY_HOLD: dict[str, re.Pattern[str]] = {  # what every such value has: most texts need no closer look
    "EMAIL": re.compile(r"@\w"),
    "IBAN": re.compile(r"[A-Za-z]{2}\d{2}"),
    "CARD": re.compile(r"(?:\d[ -]?){12}"),
    "IP": re.compile(r"\d\.\d+\.\d+\.\d|:[0-9A-Fa-f]*:"),
    "PHONE": re.compile(r"(?<![A-Za-zÀ-ɏ\d])(?:\d[ ().\-/]{0,3}){7}"),  # a number after a letter is of a code
}
_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
_ADDRESSED = re.compile(
    r"\b(?:(?i:my name is|name's|name:|dear|mr\.?|mrs\.?|ms\.?|miss|dr\.?|prof\.?|herr|frau|madame|monsieur|señora?|"
    rf"regards,|sincerely,|cheers,|signed:?)\s+)+({_WORD}(?:\s+{_WORD}){{0,2}})"
)
_MAY_HOLD["NAME"] = _ADDRESSED
_NO_NAMES = frozenset({"Sir", "Madam", "Customer", "Team", "Support", "All", "Sirs", "Colleagues"})
_GIVEN = ("Alex", "Robin", "Kim", "Sam", "Charlie", "Dana", "Jamie", "Lee", "Morgan", "Noel", "Pat", "Quinn", "Rene")
_FAMILY = ("Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Pine", "Rowan", "Yew")


@dataclass(frozen=True, kw_only=True, order=True)
class Span:
    """A piece of personal data: text[start:end] is of a kind."""

    start: int
    end: int
    kind: str


def find_personal(text: str) -> list[Span]:
    """Personal data in a text, in order, none overlapping another."""
    found: list[Span] = []
    for kind in KINDS:
        if (kind == "NAME" and names_by_model()) or _MAY_HOLD[kind].search(text):
            for start, end in _finder_of(kind)(text):
                if all(end <= span.start or span.end <= start for span in found):
                    found.append(Span(start=start, end=end, kind=kind))
    return sorted(found)


def prepare() -> None:
    """Load what finds personal data: that takes seconds, and whoever is in a hurry later wants it done before."""
    for kind in KINDS:
        _finder_of(kind)


def masked(text: str, spans: Sequence[Span]) -> str:
    """The text with `<EMAIL>` and the like in place of what was found."""
    return _put(text, spans, lambda span: f"<{span.kind}>")


def replaced(text: str, spans: Sequence[Span], seed: int) -> str:
    """The text with made-up values in place of what was found; the same value gives the same one.

    They come from ranges that are reserved for examples, where there are such ranges. They hide values from readers,
    and are no encryption: who knows the seed can try out values.
    """
    return _put(text, spans, lambda span: _made_up(span.kind, text[span.start : span.end], seed))


@cache
def names_by_model() -> str:
    """The installed spaCy pipeline that finds names, or ""."""
    return next(iter(sorted(entry.name for entry in entry_points(group="spacy_models"))), "")


def _put(text: str, spans: Sequence[Span], what: Callable[[Span], str]) -> str:
    parts, end = [], 0
    for span in spans:
        parts += [text[end : span.start], what(span)]
        end = span.end
    return "".join([*parts, text[end:]])


@cache
def _finder_of(kind: str) -> Callable[[str], Iterator[tuple[int, int]]]:
    """What gives the places of a kind in a text."""
    if kind == "NAME":
        return _name_finder()
    from presidio_analyzer import predefined_recognizers as presidio

    recognisers: dict[str, Callable[[], Any]] = {
        "EMAIL": _email_recogniser,
        "IBAN": presidio.IbanRecognizer,
        "CARD": presidio.CreditCardRecognizer,
        "IP": presidio.IpRecognizer,
        "PHONE": presidio.PhoneRecognizer,
    }
    return _finder(recognisers[kind](), _MAY_HOLD[kind])


def _email_recogniser() -> Any:
    """Presidio's, which would fetch the list of public suffixes, with the list that is installed."""
    import tldextract
    from presidio_analyzer.predefined_recognizers import EmailRecognizer

    known = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    class Offline(EmailRecognizer):  # type: ignore[misc]  # its types are not read
        def validate_result(self, pattern_text: str) -> bool:
            return bool(known(pattern_text).fqdn)

    return Offline()


def _finder(recogniser: Any, form: re.Pattern[str]) -> Callable[[str], Iterator[tuple[int, int]]]:
    """Finds what a recogniser finds and is of a form: six digits are a telephone number to Presidio's."""

    def find(text: str) -> Iterator[tuple[int, int]]:
        for result in recogniser.analyze(text, recogniser.supported_entities, None):
            if form.search(text[result.start : result.end]):
                yield result.start, result.end

    return find


def _name_finder() -> Callable[[str], Iterator[tuple[int, int]]]:
    def addressed(text: str) -> Iterator[tuple[int, int]]:
        for match in _ADDRESSED.finditer(text):
            if match[1].split()[0] not in _NO_NAMES:
                yield match.span(1)

    pipeline = names_by_model()
    if not pipeline:
        return addressed
    import spacy

    model = spacy.load(pipeline)

    def by_model(text: str) -> Iterator[tuple[int, int]]:
        for entity in model(text).ents:
            if entity.label_ in {"PERSON", "PER"}:
                yield entity.start_char, entity.end_char
        yield from addressed(text)

    return by_model


def _made_up(kind: str, value: str, seed: int) -> str:
    plain = "".join(value.split()).casefold()
    number = int.from_bytes(hashlib.blake2b(plain.encode(), key=seed.to_bytes(8, "big"), digest_size=8).digest(), "big")
    match kind:
        case "EMAIL":
            return f"person{number % 10**9:09d}@example.org"
        case "PHONE":
            return f"+1 202 555 01{number % 100:02d} ext. {number // 100 % 10**6:06d}"
        case "CARD":
            return _with_luhn(f"400000{number % 10**9:09d}")
        case "IBAN":
            return _iban(f"{number % 10**18:018d}")
        case "IP":
            return f"198.{18 + number % 2}.{number // 2 % 256}.{number // 512 % 256}"
    return f"{_GIVEN[number % len(_GIVEN)]} {_FAMILY[number // 16 % len(_FAMILY)]}"


def _with_luhn(digits: str) -> str:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return f"{digits}{-total % 10}"


def _iban(account: str) -> str:
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"
