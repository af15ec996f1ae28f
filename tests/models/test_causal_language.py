"""Causal language models of three families: loaded, packed without leaks, written by plain transformers too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from burnish.contracts import LoadedModel, Targets
from burnish.errors import UserError
from burnish.models.causal_language import load_causal_language, save_causal_language
from burnish.models.chat_batches import bins_of, collate_conversations, encode_conversations
from burnish.models.generation import write_answers
from burnish.training.conversing import answer_conversations, conversation_losses, weigh_answers
from burnish.training.forward import call
from tests.chats import chat_rows, make_chat_model
from tests.making import make_encoder

KINDS = ("llama", "mistral", "gpt_neox")
ROWS = [
    {"row": n, "messages": [{"role": "user", "content": r["messages"]}], "answer": r["answer"]}
    for n, r in enumerate(chat_rows(12))
]
SHORT = Targets(statistics={"answer_tokens": 16.0})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: make_chat_model(tmp_path_factory.mktemp(kind), kind=kind) for kind in KINDS}


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest, folders: dict[str, Path]) -> LoadedModel:
    return load_causal_language(folders[request.param], SHORT, 0)


def losses(model: LoadedModel, rows: list[dict[str, Any]]) -> torch.Tensor:
    batch = collate_conversations(model, encode_conversations(model, rows))
    with torch.inference_mode():
        return conversation_losses(call(model.network, batch), batch, 0.0)[0]


def test_its_parts_have_names(model: LoadedModel) -> None:
    assert model.generates
    assert len(model.blocks) == 2
    assert model.longest == 256
    assert model.processor.longest_answer == 16
    assert model.network.packs


def test_conversations_that_share_a_row_do_not_see_each_other(model: LoadedModel) -> None:
    """Packed, every conversation has the loss that it has alone, and changing one changes no other."""
    rows = [
        {**ROWS[n], "messages": [{"role": "user", "content": " ".join(["box"] * size)}]}
        for n, size in enumerate((40, 5, 9, 12, 3))
    ]
    examples = encode_conversations(model, rows)
    batch = collate_conversations(model, examples)
    assert (
        batch["input_ids"].shape[0]
        == len(bins_of([e["length"] for e in examples], max(e["length"] for e in examples)))
        < len(rows)
    )
    assert set(batch["owners"].flatten().tolist()) == {-1, 0, 1, 2, 3, 4}
    together = losses(model, rows)
    for number, row in enumerate(rows):
        assert losses(model, [row]).item() == pytest.approx(together[number].item(), rel=1e-4)
    changed = [{**rows[0], "messages": [{"role": "user", "content": " ".join(["awful"] * 40)}]}, *rows[1:]]
    assert torch.allclose(losses(model, changed)[1:], together[1:], rtol=1e-4)
    assert losses(model, changed)[0] != together[0]


def test_where_lower_blocks_rest_conversations_have_rows_of_their_own(folders: dict[str, Path]) -> None:
    model = load_causal_language(folders["llama"], SHORT, 0)
    model.network.get_submodule(model.blocks[0]).requires_grad_(False)
    rows = [
        {**ROWS[n], "messages": [{"role": "user", "content": " ".join(["box"] * size)}]}
        for n, size in enumerate((40, 5, 9))
    ]
    batch = collate_conversations(model, encode_conversations(model, rows))
    assert set(batch) == {"input_ids", "attention_mask", "targets"}
    assert len(batch["input_ids"]) == 3


def test_rows_go_into_the_first_row_that_has_room() -> None:
    assert bins_of([5, 9, 4, 10, 1], 10) == [[3], [1, 4], [0, 2]]


def test_answers_are_those_of_plain_transformers(model: LoadedModel, tmp_path: Path) -> None:
    """Saved, and loaded by transformers alone, with its template and `generate`: the same words and probabilities."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    save_causal_language(model, tmp_path)
    plain: Any = AutoModelForCausalLM.from_pretrained(tmp_path)
    tokenizer: Any = AutoTokenizer.from_pretrained(tmp_path)
    for row, prediction in zip(ROWS[:4], answer_conversations(model, ROWS[:4]), strict=True):
        text = tokenizer.apply_chat_template(row["messages"], tokenize=False, add_generation_prompt=True)
        assert prediction.prompt == text
        batch = tokenizer(text, add_special_tokens=False, return_tensors="pt")
        stops = [tokenizer.convert_tokens_to_ids(token) for token in ("<|im_end|>", "</s>")]
        with torch.inference_mode():
            written = plain.generate(
                **batch,
                max_new_tokens=16,
                do_sample=False,
                eos_token_id=stops,
                output_logits=True,
                return_dict_in_generate=True,
            )
        said = written.sequences[0, batch["input_ids"].shape[1] :]
        assert prediction.value == tokenizer.decode(said, skip_special_tokens=True).strip()
        shares = torch.stack(written.logits)[:, 0].log_softmax(dim=-1).max(dim=-1).values
        assert prediction.scores["log-probability"] == pytest.approx(shares.mean().item(), abs=1e-4)
        assert prediction.scores["finished"] == float(said[-1].item() in stops)


def test_drawn_answers_are_the_same_for_the_same_seed(folders: dict[str, Path]) -> None:
    model = load_causal_language(folders["llama"], SHORT, 0)
    prompts = [model.processor.asked(row["messages"], 100).ids for row in ROWS[:3]]
    with torch.inference_mode():
        first, again, other, greedy = (
            [one.ids for one in write_answers(model, prompts, temperature=heat, seed=seed)]
            for heat, seed in ((1.0, 1), (1.0, 1), (1.0, 2), (0.0, 1))
        )
    assert first == again
    assert first != other
    assert first != greedy


def test_weights_of_answers_are_log_probabilities_of_the_last_answer_alone(folders: dict[str, Path]) -> None:
    model = load_causal_language(folders["mistral"], SHORT, 0)
    turns = [*ROWS[0]["messages"], {"role": "assistant", "content": "thank you"}, {"role": "user", "content": "box"}]
    row = {"row": 0, "messages": turns, "answer": "please ask"}
    text = model.processor.tokenizer.apply_chat_template(
        [*turns, {"role": "assistant", "content": "please ask"}], tokenize=False
    )
    ids = torch.tensor([model.processor.tokenizer(text, add_special_tokens=False)["input_ids"]])
    plain: Any = model.network.plain
    with torch.inference_mode():
        shares = plain(input_ids=ids).logits.log_softmax(dim=-1)
    places = range(ids.shape[1] - 5, ids.shape[1] - 1)  # please, blank, ask, the end of the turn; a line break follows
    expected = -sum(shares[0, place - 1, ids[0, place]].item() for place in places)
    assert weigh_answers(model, [row]).tolist() == [[pytest.approx(expected, rel=1e-4), 4.0]]


def refusal(folder: Path, longest: int = 0) -> UserError:
    with pytest.raises(UserError) as caught:
        load_causal_language(folder, SHORT, longest)
    assert caught.value.fix
    return caught.value


def test_what_cannot_be_talked_to_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    assert "has no chat template" in refusal(make_chat_model(tmp_path / "mute", template="")).what
    assert (
        "'distilbert' model does not write text" in refusal(make_encoder(tmp_path / "reader", kind="distilbert")).what
    )
    assert "more than the 256 tokens" in refusal(folders["llama"], longest=1000).what
    broken = make_chat_model(tmp_path / "broken")
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    assert "cannot be loaded" in refusal(broken).what
    scaled = make_chat_model(tmp_path / "scaled", kind="cohere")
    config = json.loads((scaled / "config.json").read_text(encoding="utf-8"))
    assert config["logit_scale"] != 1
    assert "more between its states and its words than its head" in refusal(scaled).what
