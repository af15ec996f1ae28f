"""Masked language modelling: what is hidden, what is answered, and what is written."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM, GPT2Config, GPT2Model

from burnish.contracts import Example
from burnish.errors import UserError
from burnish.language_model import LanguageModel
from burnish.models.masked_language import mask_tokens, open_masked_language
from burnish.models.text_encoder import load_text_encoder
from burnish.run_folder import read_json, write_json
from burnish.training.forward import call
from tests.making import make_encoder, review_rows

KINDS = ("bert", "roberta", "distilbert", "modernbert")
ORDINARY, MASK = torch.arange(10, 40), 4


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: make_encoder(tmp_path_factory.mktemp(kind), kind=kind) for kind in KINDS}


@pytest.fixture(scope="module")
def opened(encoders: dict[str, Path]) -> LanguageModel:
    return open_masked_language(encoders["bert"], 0, "text")


def masked_of(language: LanguageModel) -> Any:
    """The library's own model."""
    return language.model.network.masked


def example(kinds: list[bool]) -> Example:
    """Ordinary tokens (True) have ids from 10, special ones (False) below."""
    ids = [10 + number % 30 if ordinary else number % 4 for number, ordinary in enumerate(kinds)]
    ordinary = [position for position, kind in enumerate(kinds) if kind]
    return {"row": 7, "length": len(ids), "input_ids": ids, "ordinary": ordinary}


@settings(max_examples=200, deadline=None)
@given(
    kinds=st.lists(st.booleans(), min_size=1, max_size=60).filter(any),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 1000),
)
def test_masks(kinds: list[bool], share: float, seed: int) -> None:
    given_example = example(kinds)
    before = {**given_example, "input_ids": list(given_example["input_ids"])}
    hidden = mask_tokens(ORDINARY, MASK, given_example, share, torch.Generator().manual_seed(seed))
    assert given_example == before, "the example itself is used again in the next epoch"
    assert len(hidden["chosen"]) == max(1, round(share * sum(kinds)))
    assert hidden["chosen"] == sorted(set(hidden["chosen"]))
    assert set(hidden["chosen"]) <= set(given_example["ordinary"]), "special tokens are never chosen"
    assert hidden["targets"] == [given_example["input_ids"][position] for position in hidden["chosen"]]
    for position, (old, new) in enumerate(zip(given_example["input_ids"], hidden["input_ids"], strict=True)):
        if position not in hidden["chosen"]:
            assert new == old
        else:
            assert new == MASK or new in ORDINARY
    assert {"row": 7, "length": len(kinds)}.items() <= hidden.items()


def test_of_the_chosen_eight_tenths_are_masked_one_replaced_one_kept() -> None:
    long = example([True] * 4000)
    hidden = mask_tokens(ORDINARY, MASK, long, 0.5, torch.Generator().manual_seed(1))
    became = [hidden["input_ids"][position] for position in hidden["chosen"]]
    kept = sum(new == old for new, old in zip(became, hidden["targets"], strict=True)) / len(became)
    masked = became.count(MASK) / len(became)
    assert abs(masked - 0.8) < 0.03
    assert abs(kept - 0.1 * (1 + 1 / len(ORDINARY))) < 0.03, "another token is the same one now and then"


def test_without_a_generator_it_draws_from_torchs_own() -> None:
    long = example([True] * 50)
    torch.manual_seed(3)
    first, second = (mask_tokens(ORDINARY, MASK, long, 0.3, None) for _ in range(2))
    torch.manual_seed(3)
    assert mask_tokens(ORDINARY, MASK, long, 0.3, None) == first
    assert first != second


def test_padding_and_special_tokens_are_never_asked_for(opened: LanguageModel) -> None:
    rows = [{"row": n, "text": text} for n, (text, _) in enumerate(review_rows(30))]
    rows += [{"row": 30, "text": "nothing here is a known word to it"}, {"row": 31, "text": "zzz yyy"}]
    examples = opened.encode(rows)
    assert [e["row"] for e in examples] == list(range(31)), "a row of unknown words alone has nothing to hide"
    torch.manual_seed(0)
    batch = opened.collate(opened.model, [opened.hide(e, 0.9, None) for e in examples])
    special = set(opened.model.processor.all_special_ids)
    assert not (batch["chosen"] & ~batch["attention_mask"].bool()).any()
    assert not special & set(batch["targets"].tolist())
    assert len(batch["targets"]) == batch["chosen"].sum()
    assert batch["attention_mask"].sum(1).tolist() == [e["length"] for e in examples]
    lengths = torch.tensor([e["length"] for e in examples]).unsqueeze(1)
    padding = batch["input_ids"][torch.arange(batch["input_ids"].shape[1]) >= lengths]
    assert set(padding.tolist()) == {opened.model.processor.pad_token_id}


@pytest.mark.parametrize("kind", KINDS)
def test_it_answers_for_the_chosen_tokens_as_the_whole_network_would(kind: str, encoders: dict[str, Path]) -> None:
    language = open_masked_language(encoders[kind], 0, "text")
    examples = language.encode([{"text": text} for text, _ in review_rows(8)])
    hidden = [language.hide(e, 0.4, torch.Generator().manual_seed(0)) for e in examples]
    batch = language.collate(language.model, hidden)
    with torch.inference_mode():
        answers = call(language.model.network, batch)
        whole = masked_of(language)(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        losses, counts = language.loss(answers, batch, 0.0)
    torch.testing.assert_close(answers, whole[batch["chosen"]])
    assert counts.tolist() == [len(e["chosen"]) for e in hidden]
    by_hand = torch.log_softmax(whole, -1)
    for row, one in enumerate(hidden):
        told = [-by_hand[row, place, t] for place, t in zip(one["chosen"], one["targets"], strict=True)]
        assert math.isclose(losses[row].item(), sum(told).item(), rel_tol=1e-4)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_head_is_tied_and_a_heads_own_weights_are_used(
    kind: str, encoders: dict[str, Path], tmp_path: Path
) -> None:
    language = open_masked_language(encoders[kind], 0, "text")
    assert language.new_head
    parameters = dict(language.model.network.named_parameters())
    names = {name for name in parameters if name.startswith(f"{language.model.body}.")}
    assert names | set(language.head) == set(parameters)
    assert not names & set(language.head)
    masked = masked_of(language)
    assert masked.get_output_embeddings().weight is masked.get_input_embeddings().weight
    assert language.model.network.get_submodule(language.model.head) is masked.get_output_embeddings()

    whole = shutil.copytree(encoders[kind], tmp_path / "whole")
    torch.manual_seed(5)
    model = AutoModelForMaskedLM.from_pretrained(str(whole))
    model.save_pretrained(whole)
    again = open_masked_language(whole, 0, "text")
    assert not again.new_head
    for name, tensor in masked_of(again).state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name]), name


def test_a_new_head_is_tied_where_the_config_would_not(encoders: dict[str, Path], tmp_path: Path) -> None:
    """A decoder of its own would begin at random, and be learned from few texts."""
    folder = shutil.copytree(encoders["bert"], tmp_path / "untied")
    write_json(folder / "config.json", {**read_json(folder / "config.json"), "tie_word_embeddings": False})
    masked = masked_of(open_masked_language(folder, 0, "text"))
    assert masked.get_output_embeddings().weight is masked.get_input_embeddings().weight


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_a_base_folder(kind: str, encoders: dict[str, Path], tmp_path: Path) -> None:
    source = shutil.copytree(encoders[kind], tmp_path / "source")
    (source / "1_Pooling").mkdir()
    write_json(source / "1_Pooling" / "config.json", {"pooling_mode_cls_token": True})
    language = open_masked_language(source, 0, "text")
    with torch.no_grad():
        for name, parameter in language.model.network.named_parameters():
            if name not in language.head:
                parameter.add_(0.5)
    language.save(tmp_path / "base")
    before, after = load_text_encoder(source, 2, 0), load_text_encoder(tmp_path / "base", 2, 0)
    assert after.network.pooling == "cls"
    assert (tmp_path / "base" / "tokenizer.json").is_file()
    assert not (tmp_path / "base" / "head.safetensors").exists()
    moved = dict(after.network.named_parameters())
    for name, old in before.network.named_parameters():
        difference = moved[name] - old
        expected = 0.0 if name.startswith(("head.", "encoder.pooler.")) else 0.5
        torch.testing.assert_close(difference, torch.full_like(difference, expected))
    assert set(load_file(tmp_path / "base" / "model.safetensors")) == set(load_file(source / "model.safetensors"))


def test_refusals(encoders: dict[str, Path], tmp_path: Path) -> None:
    bare = shutil.copytree(encoders["bert"], tmp_path / "bare")
    told = read_json(bare / "tokenizer_config.json")
    write_json(bare / "tokenizer_config.json", {key: value for key, value in told.items() if key != "mask_token"})
    with pytest.raises(UserError, match="its tokenizer has no mask token") as caught:
        open_masked_language(bare, 0, "text")
    assert "Leave out `pretraining`" in caught.value.fix

    other = shutil.copytree(encoders["bert"], tmp_path / "other")
    GPT2Model(GPT2Config(n_layer=1, n_embd=8, n_head=1, vocab_size=200)).save_pretrained(other)
    with pytest.raises(UserError, match="cannot go on learning to predict masked words: Unrecognized config"):
        open_masked_language(other, 0, "text")
