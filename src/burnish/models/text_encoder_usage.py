"""Python lines that use a saved text encoder and its head without burnish, for model cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from burnish.adapting.bottleneck import ADAPTERS_FILE, ATTRIBUTE
from burnish.adapting.peft_body import ADAPTER_FOLDER, is_wrapped
from burnish.contracts import LoadedModel

_LINES = """\
import json
from pathlib import Path

import torch
{imports}from transformers import AutoModel, AutoTokenizer

folder = Path("{folder}")
{known}
tokenizer = AutoTokenizer.from_pretrained(folder)
encoder = AutoModel.from_pretrained(folder).eval()
head = load_file(folder / "head.safetensors")
{additions}
texts = ["It does exactly what I hoped for.", "It broke after two days."]
batch = tokenizer(texts, padding=True, truncation=True, max_length={longest}, return_tensors="pt")
with torch.inference_mode():
    states = encoder(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
{cut}mask = batch["attention_mask"].unsqueeze(-1)
{words}features = {pooled}
outputs = features @ head["weight"].T + head["bias"]
{answers}
"""


@dataclass(frozen=True, kw_only=True)
class AnswerLines:
    """What usage lines know beforehand, and how they turn `outputs` and `texts` into answers."""

    known: str
    answers: str


LABELS = AnswerLines(
    known='labels = json.loads((folder / "manifest.json").read_text())["targets"]["labels"]',
    answers="""\
for text, row in zip(texts, torch.softmax(outputs, dim=-1)):
    print(f"{labels[int(row.argmax())]} {float(row.max()):.4f} {text}")""",
)
NUMBERS = AnswerLines(
    known='known = json.loads((folder / "manifest.json").read_text())["targets"]["statistics"]',
    answers="""\
for text, (number, half_width) in zip(texts, outputs * known["spread"]):
    print(f"{known['mean'] + float(number):.4f} ± {float(half_width):.4f} {text}")""",
)
TAGS = AnswerLines(
    known=f"""{LABELS.known}
tags = ["O", *(f"{{part}}-{{label}}" for label in labels for part in "BI")]


def beside(states, words, step):
    own, others = words.unsqueeze(2), words.unsqueeze(1)
    share = ((others == own + step) & (own > 0) & (others > 0)).float()
    return share / share.sum(2, keepdim=True).clamp(min=1) @ states

""",
    # burnish cuts words itself, and goes by the other outputs, too: the scores of what follows what.
    answers="""\
for ids, rows in zip(batch["input_ids"], torch.softmax(outputs[..., : len(tags)], dim=-1)):
    for token, row in zip(tokenizer.convert_ids_to_tokens(ids), rows):
        print(f"{tags[int(row.argmax())]} {float(row.max()):.4f} {token}")""",
)

_BOTTLENECKS = """
# Bottleneck adapters: what each of these layers puts out goes through a small network of two layers.
adapters = load_file(folder / "{file}")
with safe_open(folder / "{file}", framework="pt") as file:
    places = file.metadata()["places"].split("\\n")


def adapter(number):
    down, up = (torch.nn.utils.skip_init(torch.nn.Linear, *adapters[f"{number}.{name}.weight"].T.shape)
                for name in ("down", "up"))
    for name, layer in (("down", down), ("up", up)):
        layer.load_state_dict({key: adapters[f"{number}.{name}.{key}"] for key in ("weight", "bias")})
    return lambda module, inputs, output: output + up(torch.nn.functional.gelu(down(output)))


for number, place in enumerate(places):
    encoder.get_submodule(place.removeprefix("{body}.")).register_forward_hook(adapter(number))
"""

_WORDS = """\
words = [[0 if word is None else word + 1 for word in batch.word_ids(row)] for row in range(len(texts))]
words = torch.tensor(words)
"""

_PROMPT = """
# A soft prompt: virtual tokens that peft puts before the text.
encoder = PeftModel.from_pretrained(encoder, folder / "{file}").eval()
"""

_BESIDE = "torch.cat([beside(states, words, step) for step in (0, -1, 1)], dim=2)"

_POOLED = {"cls": "states[:, 0]", "mean": "(states * mask).sum(1) / mask.sum(1)", "none": _BESIDE}


def text_encoder_usage(model: LoadedModel, folder: str, lines_of: AnswerLines = LABELS) -> str:
    """Lines that answer two texts with what `save_text_encoder` wrote.

    Args:
        model: The saved model.
        folder: Its folder, as the lines shall name it.
        lines_of: What is printed for each text.
    """
    network: Any = model.network
    imports, additions, cut = "from safetensors.torch import load_file\n", "", ""
    if hasattr(network, ATTRIBUTE):
        imports = "from safetensors import safe_open\n" + imports
        additions = _BOTTLENECKS.replace("{file}", ADAPTERS_FILE).replace("{body}", model.body)
    if is_wrapped(model):
        imports = "from peft import PeftModel\n" + imports
        additions = _PROMPT.replace("{file}", ADAPTER_FOLDER)
        cut = 'states = states[:, -batch["input_ids"].shape[1] :]  # without the virtual tokens\n'
    filled = {
        "known": lines_of.known,
        "answers": lines_of.answers,
        "imports": imports,
        "additions": additions,
        "cut": cut,
        "words": _WORDS if network.pooling == "none" else "",
        "folder": folder,
        "longest": str(model.longest),
        "pooled": _POOLED[network.pooling],
    }
    lines = _LINES
    for name, text in filled.items():
        lines = lines.replace(f"{{{name}}}", text)
    return lines
