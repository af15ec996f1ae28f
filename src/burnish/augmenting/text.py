"""Change texts: leave words out, and put likely words in the place of others."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeAlias

# Of a text: likely words with their probabilities, by the position of the word that they may stand for.
Substitutes: TypeAlias = Mapping[int, Sequence[tuple[str, float]]]


def drop_words(text: str, chance: float, generator: random.Random) -> str:
    """A text without some of its words, each left out with the same chance; one at least stays.

    Args:
        text: Words are what blanks divide.
        chance: Of each word to be left out.
        generator: Draws.
    """
    words = text.split()
    kept = [word for word in words if generator.random() >= chance]
    if len(kept) == len(words):
        return text
    return " ".join(kept or [generator.choice(words)])


def replace_words(text: str, substitutes: Substitutes, generator: random.Random) -> str:
    """A text in which words are replaced by likely ones, drawn by their probabilities."""
    words = text.split()
    for position, likely in substitutes.items():
        (chosen,) = generator.choices([word for word, _ in likely], [probability for _, probability in likely])
        words[position] = chosen
    return " ".join(words)
