"""Conversations that tests make up, and small language models with a chat template that answer them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.making import FILLERS, NEGATIVE, NEUTRAL, POSITIVE, review_rows

ANSWERS = {
    "negative": "sorry we will mend that",
    "neutral": "please ask at your counter",
    "positive": "thank you so much indeed",
}
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA = (
    "{{ bos_token }}{% for message in messages %}{% if loop.first and message['role'] == 'system' %}"
    "{% elif message['role'] == 'user' %}[INST] {% if loop.index0 == 1 and messages[0]['role'] == 'system' %}<<SYS>>\n"
    "{{ messages[0]['content'] }}\n<</SYS>>\n\n{% endif %}{{ message['content'] | trim }} [/INST]{% else %}"
    " {{ message['content'] | trim }} {{ eos_token }}{% endif %}{% endfor %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role here') }}{% endif %}"
    "{% for message in messages %}<start_of_turn>{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{{ message['content'] | trim }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n"
    "{% endif %}"
)
FORGETFUL = (  # leaves out system messages, and what the assistant thought in earlier turns
    "{% for message in messages %}{% if message['role'] != 'system' %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['role'] == 'assistant' and not loop.last %}{{ message['content'].split('</think>')[-1] | trim }}"
    "{% else %}{{ message['content'] }}{% endif %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<pad>", "<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>")
_WORDS = (
    *FILLERS,
    *NEGATIVE,
    *NEUTRAL,
    *POSITIVE,
    *" ".join(ANSWERS.values()).split(),
    "system",
    "user",
    "assistant",
    "model",
    "INST",
    "SYS",
    "be",
    "think",
    "so",
)


def chat_rows(rows: int) -> list[dict[str, Any]]:
    """Different questions with one of three answers each, which words of the question tell."""
    return [{"messages": text, "answer": ANSWERS[label]} for text, label in review_rows(rows)]


def make_tokenizer(template: str = CHATML) -> Any:
    """A tokenizer of words, signs and blanks that loses nothing, with a chat template; "" leaves that out."""
    import transformers
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    pieces = [*SPECIAL, *dict.fromkeys(_WORDS), " ", "\n", *map(chr, range(33, 127))]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\w+|[^\w]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast: Any = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=list(SPECIAL[4:]),
    )
    if template:
        fast.chat_template = template
    return fast


def make_chat_model(folder: Path, *, template: str = CHATML, kind: str = "llama", seed: int = 0) -> Path:
    """Save a small causal language model with a chat template, as `save_pretrained` writes it. Its weights are random.

    Args:
        folder: Made if it does not exist.
        template: Its chat template; "" leaves it out.
        kind: llama, mistral, gpt_neox.
        seed: Seed of the weights.
    """
    import torch
    import transformers

    torch.manual_seed(seed)
    tokenizer = make_tokenizer(template)
    sizes: dict[str, Any] = {"vocab_size": len(tokenizer), "hidden_size": 32, "num_hidden_layers": 2}
    sizes |= {"num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 256}
    sizes |= {"initializer_range": 0.3}  # or nothing could be said with a head that does not train
    sizes |= {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "tie_word_embeddings": kind == "llama"}
    if kind != "gpt_neox":
        sizes["num_key_value_heads"] = 1
    config = transformers.AutoConfig.for_model(kind, **sizes)
    model: Any = transformers.AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
