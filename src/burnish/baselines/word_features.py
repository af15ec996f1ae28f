"""What a word looks like and stands beside, as names of features: for systems without a pre-trained model."""

from __future__ import annotations

from itertools import groupby

from burnish.contracts import Row
from burnish.spans.words import word_bounds

_BESIDE = 2  # words to either side that count
_EDGE = "\u2205"
ALWAYS = "always"  # a feature that every word has


def word_features(row: Row) -> list[list[str]]:
    """The features of every word of a row's `text`, and of the `context` that it stands in, if any."""
    words = [row["text"][begin:end] for begin, end in word_bounds(row["text"])]
    context = str(row.get("context", ""))
    said = sorted({context[begin:end].casefold() for begin, end in word_bounds(context)})
    around = [_EDGE] * _BESIDE
    folded = [*around, *(word.casefold() for word in words), *around]
    shapes = [*around, *(shape(word) for word in words), *around]
    return [_of_word(place + _BESIDE, word, folded, shapes, said) for place, word in enumerate(words)]


def _of_word(place: int, word: str, folded: list[str], shapes: list[str], said: list[str]) -> list[str]:
    own = folded[place]
    near = range(-_BESIDE, _BESIDE + 1)
    return [
        ALWAYS,
        f"shape={shapes[place]}",
        f"begins={own[:3]}",
        f"ends={own[-3:]}",
        f"ends2={own[-2:]}",
        *(f"word{step:+d}={folded[place + step]}" for step in near),
        *(f"shape{step:+d}={shapes[place + step]}" for step in near if step),
        f"words-0={folded[place - 1]} {own}",
        f"words+0={own} {folded[place + 1]}",
        *(f"said={other}" for other in said),
        *(f"said={other} shape={shapes[place]}" for other in said),
    ]


def shape(word: str) -> str:
    """A word's letters and digits by kind, runs of the same kind once: `Ab-9` for `Hello-42`."""

    def kind(character: str) -> str:
        if character.isdigit():
            return "9"
        if character.isalpha():
            return "A" if character.isupper() else "a"
        return character

    return "".join(key for key, _ in groupby(map(kind, word)))
