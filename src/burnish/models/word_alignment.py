"""Where the words of a text are among a tokenizer's tokens: in one window, or in several that overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from burnish.errors import UserError
from burnish.spans.words import Bounds, word_bounds

_OVERLAP = 4  # a window begins again where a quarter of the one before is still to come
_MOST_CONTEXT = 4  # what comes before the text has at most a quarter of a window


@dataclass(frozen=True, kw_only=True)
class Window:
    """A part of a text (or the whole), as tokens.

    Attributes:
        ids: Of its tokens, with those that the model wants around them.
        owners: For each token the word that it belongs to, counted from 1 in this window; 0 for none.
        units: Of each word that is answered here, the position of its first token.
        words: The positions of these words in the text.
    """

    ids: list[int]
    owners: list[int]
    units: list[int]
    words: range


def windows(tokenizer: Any, texts: Sequence[str], contexts: Sequence[str], longest: int) -> list[list[Window]]:
    """The windows of every text; each word is answered in one of them, the one that shows most around it.

    Args:
        tokenizer: A fast one of transformers: it says which characters a token stands for.
        texts: What has words.
        contexts: What stands before each text, or "".
        longest: Most tokens of a window.

    Raises:
        UserError: The tokenizer does not say where tokens are.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise UserError(
            "the model's tokenizer does not say which characters a token stands for",
            where="model",
            fix="Use a model whose folder has a tokenizer.json.",
        )
    found: list[list[Window]] = [[] for _ in texts]
    for paired in (False, True):
        chosen = [place for place, context in enumerate(contexts) if bool(context) is paired]
        if chosen:
            before = [_cut(tokenizer, contexts[place], longest // _MOST_CONTEXT) for place in chosen] if paired else []
            parts = _parts(tokenizer, before, [texts[place] for place in chosen], longest)
            for place, own in zip(chosen, parts, strict=True):
                found[place] = _assigned(own, word_bounds(texts[place]))
    return found


def lengths(tokenizer: Any, texts: Sequence[str], contexts: Sequence[str]) -> list[int]:
    """Tokens of every text with its context, in one piece."""
    bare = tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]
    found = [len(ids) for ids in bare]
    if paired := [place for place, context in enumerate(contexts) if context]:
        pairs = tokenizer(
            [contexts[place] for place in paired], [texts[place] for place in paired], truncation=False, verbose=False
        )
        for place, ids in zip(paired, pairs["input_ids"], strict=True):
            found[place] = len(ids)
    return found


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Tokens of a window, and of those that stand for characters of the text: position, begin, end."""

    ids: list[int]
    tokens: list[tuple[int, int, int]]


def _cut(tokenizer: Any, context: str, most: int) -> str:
    """The beginning of a context, as many tokens as it may have."""
    encoded = tokenizer(context, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    offsets = encoded["offset_mapping"]
    return context if len(offsets) <= most else context[: offsets[most - 1][1]]


def _parts(tokenizer: Any, before: Sequence[str], texts: Sequence[str], longest: int) -> list[list[_Part]]:
    """The windows of every text as the tokenizer cuts them."""
    side = 1 if before else 0
    encoded = tokenizer(
        *([list(before)] if before else []),
        list(texts),
        truncation="only_second" if before else True,
        max_length=longest,
        stride=max(0, longest // _OVERLAP - 2),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        verbose=False,
    )
    parts: list[list[_Part]] = [[] for _ in texts]
    for number, origin in enumerate(encoded["overflow_to_sample_mapping"]):
        tokens = [
            (place, begin, end)
            for place, ((begin, end), of) in enumerate(
                zip(encoded["offset_mapping"][number], encoded.sequence_ids(number), strict=True)
            )
            if of == side and end > begin
        ]
        parts[origin].append(_Part(ids=list(encoded["input_ids"][number]), tokens=tokens))
    return parts


def _assigned(parts: Sequence[_Part], words: Sequence[Bounds]) -> list[Window]:
    """Give every word to one window; those that no token stands for go with the word before them."""
    places = [_first_tokens(part, words) for part in parts]
    units: list[list[int]] = [[] for _ in parts]
    begins = [0] * len(parts)
    window, unit = 0, 0
    for word in range(len(words)):
        here = [number for number in range(window, len(parts)) if places[number][word] >= 0]
        if here:
            latest = max(here, key=lambda number: (_around(places[number][word], parts[number]), -number))
            for number in range(window + 1, latest + 1):
                begins[number] = word
            window, unit = latest, places[latest][word]
        units[window].append(unit)
    return [
        Window(ids=part.ids, owners=_owners(part, words), units=own, words=range(begin, begin + len(own)))
        for part, own, begin in zip(parts, units, begins, strict=True)
    ]


def _first_tokens(part: _Part, words: Sequence[Bounds]) -> list[int]:
    """The position of the first token of each word, -1 for words that have none here."""
    found, waiting = [], 0
    for begin, end in words:
        while waiting < len(part.tokens) and part.tokens[waiting][2] <= begin:
            waiting += 1
        inside = waiting < len(part.tokens) and part.tokens[waiting][1] < end
        found.append(part.tokens[waiting][0] if inside else -1)
    return found


def _owners(part: _Part, words: Sequence[Bounds]) -> list[int]:
    """For each token the word that it belongs to, see `Window`; a token of several words goes to the first."""
    owners, word, latest, count = [0] * len(part.ids), 0, -1, 0
    for place, begin, end in part.tokens:
        while word < len(words) and words[word][1] <= begin:
            word += 1
        if word < len(words) and words[word][0] < end:
            count += word != latest
            latest = word
            owners[place] = count
    return owners


def _around(place: int, part: _Part) -> int:
    """How many tokens a position has at least to either side."""
    return min(place - part.tokens[0][0], part.tokens[-1][0] - place)
