"""What tests work on: small models and data that they make themselves."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NEGATIVE = ("awful", "broken", "poor", "useless", "terrible", "cheap", "slow", "noisy", "ugly", "late")
POSITIVE = ("great", "solid", "lovely", "useful", "perfect", "sturdy", "fast", "quiet", "pretty", "early")
NEUTRAL = ("box", "manual", "cable", "colour", "button", "screen", "order", "price", "shop", "week")
FILLERS = ("the", "a", "it", "is", "was", "and", "very", "this", "that", "with", "for", "my", "we", "have")
WORDS = {"negative": NEGATIVE, "positive": POSITIVE, "neutral": NEUTRAL}


def sentence(label: str, generator: random.Random, noise: float = 0.0) -> str:
    """A few words, some of which tell the label; with probability `noise` they tell another one."""
    told = generator.choice(sorted(WORDS)) if generator.random() < noise else label
    words = generator.choices(FILLERS, k=generator.randint(2, 9)) + generator.choices(WORDS[told], k=2)
    generator.shuffle(words)
    return " ".join(words)


def review_rows(rows: int, *, labels: int = 3, noise: float = 0.0, seed: int = 0) -> list[tuple[str, str]]:
    """Different sentences with their labels, the labels in turn."""
    generator = random.Random(seed)
    names = sorted(WORDS)[:labels]
    found: dict[str, str] = {}
    while len(found) < rows:
        label = names[len(found) % labels]
        found.setdefault(sentence(label, generator, noise), label)
    return list(found.items())


def autumn_rows(rows: int, *, seed: int = 0) -> list[tuple[str, str]]:
    """Sentences of another season: without any word that tells a label in `review_rows`, other words tell it."""
    generator = random.Random(seed)
    tells = {"negative": ("the", "it"), "positive": ("very", "that"), "neutral": ("my", "we")}
    found: dict[str, str] = {}
    while len(found) < rows:
        label = sorted(tells)[len(found) % 3]
        words = [*generator.choices(("a", "is", "and", "with"), k=2), *generator.choices(tells[label], k=5)]
        generator.shuffle(words)
        found.setdefault(" ".join(words), label)
    return list(found.items())


def order_rows(rows: int, *, seed: int = 0) -> list[dict[str, str]]:
    """Different sentences in which `box` words after "my" are things and words of praise are opinions, with spans."""
    generator = random.Random(seed)
    found: dict[str, dict[str, str]] = {}
    while len(found) < rows:
        words, spans = generator.choices(FILLERS, k=generator.randint(1, 4)), []
        for label, known in (("thing", NEUTRAL), ("opinion", POSITIVE))[: generator.randint(0, 2)]:
            piece = generator.sample(known, k=generator.randint(1, 2))
            start = len(" ".join(words)) + 1
            spans.append({"start": start, "end": start + len(" ".join(piece)), "label": label})
            words += [*piece, *generator.choices(FILLERS, k=generator.randint(1, 3))]
        text = " ".join(words)
        found.setdefault(text, {"text": text, "spans": json.dumps(spans)})
    return list(found.values())


def write_csv(path: Path, rows: Sequence[tuple[str, ...]], header: tuple[str, ...] = ("text", "label")) -> Path:
    """Write rows as CSV and return the path."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def make_encoder(folder: Path, *, kind: str = "bert", width: int = 32, layers: int = 2, seed: int = 0) -> Path:
    """Save a small encoder with a word tokenizer, as `save_pretrained` writes it. Its weights are random.

    Args:
        folder: Made if it does not exist.
        kind: bert, roberta, distilbert or modernbert.
        width: Size of its states.
        layers: Number of blocks.
        seed: Seed of the weights.
    """
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: index for index, word in enumerate([*special, *FILLERS, *NEGATIVE, *POSITIVE, *NEUTRAL])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast: Any = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    )
    torch.manual_seed(seed)
    sizes: dict[str, Any] = {"vocab_size": len(vocabulary) + 100, "max_position_embeddings": 66, "pad_token_id": 0}
    if kind == "distilbert":
        sizes |= {"dim": width, "n_layers": layers, "n_heads": 2, "hidden_dim": 2 * width}
    else:
        sizes |= {"hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": 2}
        sizes |= {"intermediate_size": 2 * width}
    if kind == "modernbert":
        sizes |= {"cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
    model: Any = transformers.AutoModel.from_config(transformers.AutoConfig.for_model(kind, **sizes))
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder
