"""Likely words: whole words of letters, other than the one they stand for, within what the model reads."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoConfig, AutoModelForMaskedLM

from burnish.augmenting.substitution import VARIANTS, _whole_words, find_substitutes
from burnish.events import finish
from burnish.language_model import LanguageModel
from burnish.models.masked_language import open_masked_language
from tests.making import FILLERS, NEGATIVE, NEUTRAL, POSITIVE, make_encoder


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """A small model with a head for masked words."""
    folder = make_encoder(tmp_path_factory.mktemp("masked"))
    torch.manual_seed(0)
    AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(folder)
    opened = open_masked_language(folder, 0, "text")
    assert not opened.new_head
    return opened


def test_words_are_replaced_by_others_as_they_were_written(language: LanguageModel) -> None:
    text = "Great, it is 12 (solid) boxes"
    (variants,) = finish(find_substitutes(language, [text], 0.5, 0))
    assert len(variants) == VARIANTS
    for variant in variants:
        assert len(variant) == 2 or len(variant) == 3
        assert 3 not in variant, "12 is no word of letters"
        for position, likely in variant.items():
            for word, probability in likely:
                assert 0 < probability <= 1
                bare = word.strip(",()").lower()
                assert bare in {*FILLERS, *NEGATIVE, *POSITIVE, *NEUTRAL}
                assert bare != text.split()[position].strip(",()").lower()
                assert word.endswith(",") == (position == 0)
                assert word.startswith("(") == (position == 4)
                assert word[0].isupper() == (position == 0)


def test_the_same_seed_finds_the_same_whatever_stands_beside(language: LanguageModel) -> None:
    texts = ["the box is great", "a cable", "12 34", ""]
    found = finish(find_substitutes(language, texts, 0.3, 7))
    assert [len(variants) for variants in found] == [VARIANTS, VARIANTS, 0, 0]
    (alone,) = finish(find_substitutes(language, texts[:1], 0.3, 7))
    assert [sorted(variant) for variant in alone] == [sorted(variant) for variant in found[0]]
    again = finish(find_substitutes(language, texts, 0.3, 7))
    assert again == found
    assert finish(find_substitutes(language, texts, 0.3, 8)) != found


def test_what_is_beyond_the_models_reach_is_left(language: LanguageModel) -> None:
    (variants,) = finish(find_substitutes(language, ["the great box " * 60], 0.9, 0))
    assert variants == []


def test_pieces_of_words_are_no_words() -> None:
    class Tokenizer:
        all_special_tokens = ("[MASK]",)

        def __init__(self, *tokens: str) -> None:
            self.tokens = tokens

        def get_vocab(self) -> dict[str, int]:
            return {token: number for number, token in enumerate(self.tokens)}

    def whole(*tokens: str) -> list[str]:
        return [
            token for token, allowed in zip(tokens, _whole_words(Tokenizer(*tokens)).tolist(), strict=True) if allowed
        ]

    assert whole("[MASK]", "cat", "##ing", "a", "12", "don't", "été") == ["cat", "été"]
    assert whole("[MASK]", "Ġcat", "ing", "Ġa", "Ġ12") == ["Ġcat"]
    assert whole("▁dog", "s", "▁Hund") == ["▁dog", "▁Hund"]
