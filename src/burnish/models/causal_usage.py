"""Python lines that talk to a saved causal language model without burnish, for model cards."""

from __future__ import annotations

from burnish.contracts import LoadedModel
from burnish.models.chat_template import ChatProcessor

_LINES = """\
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "{folder}"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

for question in ("What can you do for me?", "How long does it take?"):
    messages = {messages}
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    batch = tokenizer(text, add_special_tokens=False, return_tensors="pt")
    with torch.inference_mode():
        written = model.generate(
            **batch, max_new_tokens={longest}, do_sample=False, eos_token_id={stops}, pad_token_id={padding}
        )
    print(tokenizer.decode(written[0, batch["input_ids"].shape[1] :], skip_special_tokens=True).strip())
"""


def causal_usage(model: LoadedModel, folder: str) -> str:
    """Lines that ask a saved model two questions, as burnish would.

    Args:
        model: The saved model.
        folder: Its folder, as the lines shall name it.
    """
    from burnish.models.generation import stop_ids

    processor: ChatProcessor = model.processor
    shown = processor.complete([{"role": "user", "content": "\0"}])
    turns = ", ".join(
        f'{{"role": {m["role"]!r}, "content": '
        + (
            "question"
            if m["content"] == "\0"
            else f"{m['content'].replace(chr(0), '')!r} + question"
            if "\0" in m["content"]
            else repr(m["content"])
        )
        + "}"
        for m in shown
    )
    filled = {
        "folder": folder,
        "messages": f"[{turns}]",
        "longest": str(processor.longest_answer),
        "stops": str(sorted(stop_ids(model.network.plain, processor))),
        "padding": str(processor.pad_token_id),
    }
    lines = _LINES
    for name, text in filled.items():
        lines = lines.replace(f"{{{name}}}", text)
    return lines
