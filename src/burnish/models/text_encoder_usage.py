"""Python lines that use a saved text encoder and its head without burnish, for model cards."""

from __future__ import annotations

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
labels = json.loads((folder / "manifest.json").read_text())["targets"]["labels"]
tokenizer = AutoTokenizer.from_pretrained(folder)
encoder = AutoModel.from_pretrained(folder).eval()
head = load_file(folder / "head.safetensors")
{additions}
texts = ["It does exactly what I hoped for.", "It broke after two days."]
batch = tokenizer(texts, padding=True, truncation=True, max_length={longest}, return_tensors="pt")
with torch.inference_mode():
    states = encoder(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
{cut}mask = batch["attention_mask"].unsqueeze(-1)
features = {pooled}
probabilities = torch.softmax(features @ head["weight"].T + head["bias"], dim=-1)
for text, row in zip(texts, probabilities):
    print(f"{labels[int(row.argmax())]} {float(row.max()):.4f} {text}")
"""

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

_PROMPT = """
# A soft prompt: virtual tokens that peft puts before the text.
encoder = PeftModel.from_pretrained(encoder, folder / "{file}").eval()
"""


def text_encoder_usage(model: LoadedModel, folder: str) -> str:
    """Lines that answer two texts with what `save_text_encoder` wrote.

    Args:
        model: The saved model.
        folder: Its folder, as the lines shall name it.
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
        "imports": imports,
        "additions": additions,
        "cut": cut,
        "folder": folder,
        "longest": str(model.longest),
        "pooled": "states[:, 0]" if network.pooling == "cls" else "(states * mask).sum(1) / mask.sum(1)",
    }
    lines = _LINES
    for name, text in filled.items():
        lines = lines.replace(f"{{{name}}}", text)
    return lines
