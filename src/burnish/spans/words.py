"""The words of a text: what tags are given to. A function of the text alone, so every system sees the same words."""

from __future__ import annotations

import unicodedata
from typing import TypeAlias

Bounds: TypeAlias = tuple[int, int]  # begin and end in characters, the end not included

_JOINER = "\u200d"  # makes one of two characters
_JOINERS = frozenset({"\u200c", _JOINER})
_SKIN_TONES = range(0x1F3FB, 0x1F400)
# Scripts that put no blanks between words: each of their characters is a word.
_WITHOUT_BLANKS = (
    range(0x0E00, 0x0F00),  # Thai and Lao
    range(0x1000, 0x10A0),  # Burmese
    range(0x1780, 0x1800),  # Khmer
    range(0x2E80, 0xA000),  # Chinese and Japanese
    range(0xF900, 0xFB00),
    range(0x20000, 0x40000),
)


def word_bounds(text: str) -> list[Bounds]:
    """Where words begin and end: runs of letters and digits, and every other character that is not blank by itself.

    A mark that belongs to the character before it (an accent, a skin tone) stays with it. Characters of scripts that
    are written without blanks are words by themselves.
    """
    found: list[list[int]] = []
    running = False  # whether the last word is a run that may go on
    for place, character in enumerate(text):
        if character.isspace():
            running = False
        elif found and _goes_on(text, place, begun=found[-1][1] == place, running=running):
            found[-1][1] = place + 1
        else:
            found.append([place, place + 1])
            running = _runs(character)
    return [(begin, end) for begin, end in found]


def _goes_on(text: str, place: int, *, begun: bool, running: bool) -> bool:
    """Whether a character belongs to the word before it; `begun` says whether that ends where the character stands."""
    belongs = begun and (extends(text[place]) or text[place - 1] == _JOINER)
    return belongs or (running and _runs(text[place]))


def extends(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    return (
        unicodedata.category(character)[0] == "M" or character in _JOINERS or ord(character) in _SKIN_TONES
    ) and not character.isspace()


def within_a_character(text: str, place: int) -> bool:
    """Whether a boundary would cut what people read as one character."""
    return (
        0 < place < len(text)
        and not text[place - 1].isspace()
        and (extends(text[place]) or text[place - 1] == "\u200d")
    )


def _runs(character: str) -> bool:
    code = ord(character)
    return (character.isalnum() or character == "_") and not any(code in script for script in _WITHOUT_BLANKS)
