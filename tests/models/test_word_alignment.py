"""Words and tokens: spans go through tokens and come back exactly, in one window or in several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.errors import UserError
from burnish.models.word_alignment import Window, lengths, windows
from burnish.spans.reading import Span
from burnish.spans.tags import spans_of_words, tags_of_words
from burnish.spans.words import word_bounds
from tests.spans.test_tags import LABELS, marked_texts

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def _fast(tokenizer: Any) -> Any:
    import transformers
    from tokenizers import processors

    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **names)


def pieces_of_words() -> Any:
    """As BERT does: cut at blanks and punctuation, then words into known pieces, here single characters."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    letters = [*"abcdefghij", *(f"##{letter}" for letter in "abcdefghij0123456789")]
    vocabulary = {word: index for index, word in enumerate([*SPECIAL, *letters, "friday", "table", "##le"])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return _fast(tokenizer)


def bytes_of_texts() -> Any:
    """As GPT-2 and RoBERTa do: bytes, of which some stand together."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {word: index for index, word in enumerate([*SPECIAL, *alphabet, "\u0120t", "ab", "12"])}
    merges = [("\u0120", "t"), ("a", "b"), ("1", "2")]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return _fast(tokenizer)


TOKENIZERS = {"pieces": pieces_of_words(), "bytes": bytes_of_texts()}


def tags_by_token(parts: Sequence[Window], tags: Sequence[int]) -> list[dict[int, int]]:
    """The tags on the tokens that answer for words, as training sees them."""
    found = []
    for part in parts:
        own = dict(zip(reversed(part.units), reversed(tags[part.words.start : part.words.stop]), strict=True))
        found.append(own)
    return found


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("longest", [12, 512])
def test_spans_go_through_tokens_and_come_back(name: str, longest: int) -> None:
    tokenizer = TOKENIZERS[name]

    @settings(max_examples=60, deadline=None)
    @given(marked_texts(), st.sampled_from(["", "which day?"]))
    def check(marked: tuple[str, list[Span]], context: str) -> None:
        text, spans = marked
        words = word_bounds(text)
        (parts,) = windows(tokenizer, [text], [context], longest)
        assert [word for part in parts for word in part.words] == list(range(len(words)))
        assert all(len(part.ids) <= longest for part in parts)
        assert all(0 <= unit < len(part.ids) for part in parts for unit in part.units)
        tags = tags_of_words(words, spans, LABELS)
        by_token = tags_by_token(parts, tags)
        read = [own[unit] for part, own in zip(parts, by_token, strict=True) for unit in part.units]
        shared = any(len(set(part.units)) < len(part.units) for part in parts)
        if not shared:  # else one token stands for several words, and says the same of all
            assert [span for span, _ in spans_of_words(words, read, LABELS)] == spans

    check()


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_word_in_several_pieces_is_answered_by_its_first(name: str) -> None:
    tokenizer = TOKENIZERS[name]
    text = "ab friday, 12"
    ((part,),) = windows(tokenizer, [text], [""], 512)
    offsets = tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    assert [offsets[unit][0] for unit in part.units] == [begin for begin, _ in word_bounds(text)]


def test_every_token_knows_its_word() -> None:
    ((part,),) = windows(TOKENIZERS["pieces"], ["ab friday, 12"], ["table"], 512)
    assert part.owners == [0, 0, 0, 1, 1, 2, 3, 4, 0]
    assert part.units == [3, 5, 6, 7]


def test_windows_overlap_and_every_word_is_answered_where_most_is_around_it() -> None:
    tokenizer = TOKENIZERS["pieces"]
    text = " ".join(["table"] * 40)
    (parts,) = windows(tokenizer, [text], [""], 18)
    assert len(parts) > 2
    assert [word for part in parts for word in part.words] == list(range(40))
    first, second = parts[0], parts[1]
    assert len(first.units) < 16, "the last words of a window are left to the next one"
    assert min(second.units) > 1, "and there they do not stand at the edge"


def test_a_context_stands_before_every_window_and_is_cut() -> None:
    tokenizer = TOKENIZERS["pieces"]
    text, context = " ".join(["table"] * 30), " ".join(["friday"] * 30)
    (parts,) = windows(tokenizer, [text], [context], 20)
    friday = tokenizer.convert_tokens_to_ids("friday")
    assert {part.ids.count(friday) for part in parts} == {5}
    assert lengths(tokenizer, [text, text], ["", context]) == [32, 63]


def test_a_word_without_a_token_goes_with_the_one_before_it() -> None:
    """BERT takes control characters away before it cuts."""
    tokenizer = TOKENIZERS["pieces"]
    ((part,),) = windows(tokenizer, ["table \x01 ab"], [""], 512)
    assert part.units == [1, 1, 2]


def test_a_tokenizer_that_does_not_say_where_tokens_are_is_refused() -> None:
    class Slow:
        is_fast = False

    with pytest.raises(UserError, match="which characters a token stands for"):
        windows(Slow(), ["a"], [""], 8)
