"""A list of the phrases that training rows mark: they are found again, word by word, whatever stands around them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from burnish.contracts import Baseline, BaselineInputs, FeatureFunction, Prediction, Rows, Targets
from burnish.spans.predictions import as_prediction
from burnish.spans.reading import Span, read_spans
from burnish.spans.words import Bounds, word_bounds

_FILE = "phrases.json"
_LEAST_SHARE = 0.5  # a phrase counts where at least this share of its places in training rows is marked
_DOUBT = 1.0  # places, not marked, that every phrase is taken to have had: few places prove little

Phrase: TypeAlias = tuple[str, ...]  # its words without regard to case


@dataclass(frozen=True, kw_only=True)
class Gazetteer:
    """Label and share of marked places, by phrase."""

    phrases: dict[Phrase, tuple[str, float]]

    def predict(self, rows: Rows) -> list[Prediction]:
        """From the left, the longest phrase that is known."""
        longest = max(map(len, self.phrases), default=0)
        return [self._answer(row["text"], longest) for row in rows]

    def _answer(self, text: str, longest: int) -> Prediction:
        words = word_bounds(text)
        folded = _folded(text, words)
        found: list[tuple[Span, float]] = []
        place = 0
        while place < len(words):
            lengths = range(min(longest, len(words) - place), 0, -1)
            length = next((n for n in lengths if folded[place : place + n] in self.phrases), 0)
            if length:
                label, share = self.phrases[folded[place : place + length]]
                found.append((Span(words[place][0], words[place + length - 1][1], label), share))
            place += length or 1
        return as_prediction(text, found, elsewhere=0.5)

    def save(self, folder: Path) -> None:
        """Write the phrases as JSON."""
        listed = [[list(phrase), label, share] for phrase, (label, share) in self.phrases.items()]
        (folder / _FILE).write_text(json.dumps(listed, ensure_ascii=False), encoding="utf-8")

    def head(self) -> None:
        """It does not use the model's features."""
        return


def _folded(text: str, words: Sequence[Bounds]) -> Phrase:
    return tuple(text[begin:end].casefold() for begin, end in words)


def _fit(inputs: BaselineInputs) -> Gazetteer:
    marked: dict[Phrase, Counter[str]] = defaultdict(Counter)
    for row in inputs.train:
        for span in read_spans(row["spans"], row["text"], None):
            piece = row["text"][span.start : span.end]
            marked[_folded(piece, word_bounds(piece))][span.label] += 1
    longest = max(map(len, marked), default=0)
    seen: Counter[Phrase] = Counter()
    for row in inputs.train:
        folded = _folded(row["text"], word_bounds(row["text"]))
        seen.update(phrase for phrase in _phrases(folded, longest) if phrase in marked)
    phrases = {}
    for phrase, labels in sorted(marked.items()):
        label, count = max(sorted(labels.items()), key=lambda entry: entry[1])
        places = max(seen[phrase], labels.total())
        if count >= _LEAST_SHARE * places:
            phrases[phrase] = (label, count / (places + _DOUBT))
    return Gazetteer(phrases=phrases)


def _phrases(words: Phrase, longest: int) -> Iterator[Phrase]:
    for begin in range(len(words)):
        for end in range(begin + 1, min(len(words), begin + longest) + 1):
            yield words[begin:end]


def _load(folder: Path, _targets: Targets, _features: FeatureFunction) -> Gazetteer:
    listed = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return Gazetteer(phrases={tuple(phrase): (label, share) for phrase, label, share in listed})


GAZETTEER = Baseline(
    name="gazetteer",
    summary="finds the phrases again that training rows mark",
    uses_features=False,
    fit=_fit,
    load=_load,
)
