"""Find what a masked language model would put in the place of words (Wu et al. 2019, without the label)."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from burnish.augmenting.text import Substitutes
from burnish.contracts import Example
from burnish.events import Progress, Work
from burnish.language_model import LanguageModel

VARIANTS = 4  # sets of words that are hidden of each text; an epoch takes one of them
_LIKELY = 5  # words to choose from
_AT_ONCE = 32  # texts
_WORD = re.compile(r"(?P<before>\W*)(?P<word>[^\W\d_]+)(?P<after>\W*)")
_CONTINUES = "##"  # how the pieces of a word after its first begin, in WordPiece
_BEGINS = ("Ġ", "▁")  # how tokens that begin a word begin, in byte pairs and in SentencePiece


def find_substitutes(
    language: LanguageModel, texts: Sequence[str], share: float, seed: int
) -> Work[list[list[Substitutes]]]:
    """For every text some sets of its words, with words that the model finds likely in their place.

    Args:
        language: Its tokenizer has a mask token.
        texts: Words are what blanks divide; those of letters only may be replaced.
        share: Of these words that is replaced at a time; one at least.
        seed: Chooses the words.

    Returns:
        Up to four sets for each text; none for a text without words.
    """
    allowed = _whole_words(language.model.processor)
    found: list[list[Substitutes]] = [[] for _ in texts]
    asked = [(number, variant) for number in range(len(texts)) for variant in range(VARIANTS)]
    for begin in range(0, len(asked), _AT_ONCE):
        hidden = [
            (number, *_hide(texts[number], share, random.Random(f"{seed}/{texts[number]}/{variant}")))
            for number, variant in asked[begin : begin + _AT_ONCE]
        ]
        questions = [
            (number, words, *_encode(language, masked, len(words))) for number, words, masked in hidden if words
        ]
        questions = [question for question in questions if question[3]]
        for (number, words, _, _), logits in zip(questions, _answers(language, questions), strict=True):
            if likely := _likely(language.model.processor, logits, words, texts[number].split(), allowed):
                found[number].append(likely)
        yield Progress(work="looking for likely words", done=begin + len(hidden), total=len(asked))
    return found


def _hide(text: str, share: float, generator: random.Random) -> tuple[list[int], list[str | None]]:
    """Positions of the words to hide, and the text's words with None for those."""
    words: list[str | None] = [*text.split()]
    fit = [position for position, word in enumerate(words) if word and _WORD.fullmatch(word)]
    if not fit:
        return [], words
    chosen = sorted(generator.sample(fit, max(1, round(share * len(fit)))))
    return chosen, [None if position in chosen else word for position, word in enumerate(words)]


def _encode(language: LanguageModel, masked: Sequence[str | None], hidden: int) -> tuple[Example, bool]:
    """The text with mask tokens, and whether all of them are within what the model reads."""
    tokenizer = language.model.processor
    text = " ".join(tokenizer.mask_token if word is None else word for word in masked)
    ids = tokenizer([text], truncation=True, max_length=language.model.longest)["input_ids"][0]
    chosen = [position for position, token in enumerate(ids) if token == tokenizer.mask_token_id]
    example = {"row": 0, "length": len(ids), "input_ids": ids, "chosen": chosen, "targets": [0] * len(chosen)}
    return example, len(chosen) == hidden


def _answers(language: LanguageModel, questions: Sequence[tuple[Any, ...]]) -> list[Tensor]:
    """Logits of the hidden words of every text, float (words, vocabulary)."""
    if not questions:
        return []
    examples = [question[2] for question in questions]
    batch = language.collate(language.model, examples)
    with torch.inference_mode():
        logits = language.model.network(**{name: tensor for name, tensor in batch.items() if name != "targets"})
    return list(logits.float().split([len(example["chosen"]) for example in examples]))


def _likely(
    tokenizer: Any, logits: Tensor, positions: Sequence[int], words: Sequence[str], allowed: Tensor
) -> dict[int, list[tuple[str, float]]]:
    """The likeliest other words by position, written as the word that they stand for was."""
    found: dict[int, list[tuple[str, float]]] = {}
    for position, of_word in zip(positions, logits, strict=True):
        parts = _WORD.fullmatch(words[position])
        assert parts is not None
        masked = of_word[: len(allowed)].masked_fill(~allowed[: len(of_word)], float("-inf")).softmax(-1)
        probabilities, tokens = masked.topk(min(_LIKELY + 1, int(allowed.sum())))
        others = [
            (_in_place(parts, tokenizer.decode([token]).strip()), probability)
            for token, probability in zip(tokens.tolist(), probabilities.tolist(), strict=True)
        ]
        others = [(word, probability) for word, probability in others if word.lower() != words[position].lower()]
        if others:
            found[position] = others[:_LIKELY]
    return found


def _in_place(parts: re.Match[str], word: str) -> str:
    """A word with the capital letter and the punctuation of the one that it stands for."""
    written = word.capitalize() if parts["word"][0].isupper() else word.lower()
    return f"{parts['before']}{written}{parts['after']}"


def _whole_words(tokenizer: Any) -> Tensor:
    """Which tokens are whole words of letters, bool (vocabulary,)."""
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    special = set(tokenizer.all_special_tokens)
    marked = any(token.startswith(_BEGINS) for token in vocabulary)
    allowed = torch.zeros(max(vocabulary.values()) + 1, dtype=torch.bool)
    for token, number in vocabulary.items():
        bare = token.lstrip("".join(_BEGINS))
        begins = token.startswith(_BEGINS) if marked else not token.startswith(_CONTINUES)
        allowed[number] = begins and bare.isalpha() and len(bare) > 1 and token not in special
    return allowed
