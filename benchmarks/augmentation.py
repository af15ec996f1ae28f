"""What changing training rows is worth on a few hundred reviews or photographs.

    python -m benchmarks.augmentation word-dropout
    python -m benchmarks.augmentation substitute
    BURNISH_DATA=path/to/data python -m benchmarks.augmentation images

The section `augment` is compared with the recipe without it by `burnish ablate`, on half of the rows, which are held
out. Reviews are of products. Where words are replaced, that is by `minilm` with a head for hidden words that has been
trained on reviews of the other kinds. The photographs are of magnetic tiles, at most so many of each of six classes.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import burnish
from benchmarks.data import write
from benchmarks.magnetic_tile import listed
from burnish.data.samples import write_sample
from burnish.events import finish
from burnish.models.masked_language import open_masked_language
from burnish.models.sources import resolve_model

_OTHER_KINDS = ("movies", "editorials", "tweets")
_BATCH = 16
_HALVES = {"train": 0.4, "validation": 0.5, "test": 0.1}


def reviews(folder: Path, kind: str) -> list[tuple[str, str]]:
    """All sentences of one kind with their sentiment, in a random order."""
    finish(write_sample("reviews", folder / f"{kind}.csv", kind))
    with (folder / f"{kind}.csv").open(newline="", encoding="utf-8") as file:
        found = [(row["text"], row["sentiment"]) for row in csv.DictReader(file)]
    random.Random(0).shuffle(found)
    return found


def masked_model(folder: Path, texts: int, epochs: int) -> Path:
    """`minilm` with a head for hidden words, both trained on so many sentences of the other kinds."""
    import torch

    language = open_masked_language(finish(resolve_model("minilm")).folder, 0, "text")
    sentences = [text for kind in _OTHER_KINDS for text, _ in reviews(folder, kind)]
    random.Random(1).shuffle(sentences)
    examples = language.encode([{"text": text} for text in sentences[:texts]])
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = language.model.network.train()
    head = [parameter for name, parameter in network.named_parameters() if name in language.head]
    for parameters, rate in ((head, 2e-3), (list(network.parameters()), 1e-4)):
        optimiser = torch.optim.AdamW(parameters, rate)
        for _ in range(epochs):
            random.Random(0).shuffle(examples)
            losses = []
            for begin in range(0, len(examples), _BATCH):
                hidden = [language.hide(example, 0.15, None) for example in examples[begin : begin + _BATCH]]
                batch = language.collate(language.model, hidden)
                outputs = network(**{name: tensor for name, tensor in batch.items() if name != "targets"})
                summed, counts = language.loss(outputs, batch, 0.0)
                loss = summed.sum() / counts.sum()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                network.zero_grad()
                losses.append(float(loss.detach()))
            print(f"hidden words: loss {sum(losses) / len(losses):.2f}", flush=True)
    masked: Any = network.masked
    masked.save_pretrained(folder / "masked")
    language.model.processor.save_pretrained(folder / "masked")
    return folder / "masked"


def some_photographs(folder: Path, most: int) -> Path:
    """A table of at most so many photographs of each class."""
    data = Path(os.environ["BURNISH_DATA"]) / "magnetic-tile"
    with listed(data, folder / "all.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["image"], row["label"]) for row in csv.DictReader(file)]
    random.Random(0).shuffle(rows)
    of_class: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        of_class.setdefault(row[1], []).append(row)
    path = folder / "some.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "label"), *(row for some in of_class.values() for row in some[:most])])
    return path


def compared(data: Path, augment: Mapping[str, Any], seeds: int, folder: Path, epochs: int, **keys: Any) -> None:
    """Compare, and print what was found."""
    result = burnish.ablate(
        data,
        "augment",
        seeds=seeds,
        out=folder / "runs",
        method="full",
        augment=augment,
        training={"threads": 1, "epochs": epochs, "precision": "fp32"},
        split=_HALVES,
        **keys,
    ).result
    score, gain = result["score"], result["score"]["difference"]
    told = f"{result['metric']} without {score['without']['mean']:.3f}, with {score['with']['mean']:.3f}; difference"
    reach = f"95% interval {100 * gain['low']:+.1f} to {100 * gain['high']:+.1f}, p {score['p']:.3f}, {score['test']}"
    print(f"{told} {100 * gain['value']:+.1f} points, {reach}, {result['rows']} validation rows: {result['sentence']}")


def main() -> None:
    """Make the data, and compare on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("change", choices=("word-dropout", "substitute", "images"))
    parser.add_argument("--rows", type=int, default=400, help="reviews")
    parser.add_argument("--share", type=float, default=0.1, help="of the words that are left out or replaced")
    parser.add_argument("--texts", type=int, default=3000, help="sentences that the head for hidden words learns from")
    parser.add_argument("--photographs", type=int, default=80, help="of each class, at most")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.change == "images":
            data = some_photographs(folder, given.photographs)
            changes = {"flip": 0.5, "crop": 0.3}
            compared(data, changes, given.seeds, folder, given.epochs, task="image-classification")
            return
        data = write(folder / "some.csv", reviews(folder, "products")[: given.rows])
        asked: dict[str, Any] = {given.change: given.share}
        if given.change == "substitute":
            asked["masked-model"] = str(masked_model(folder, given.texts, given.epochs))
        compared(data, asked, given.seeds, folder, given.epochs, model="minilm")


if __name__ == "__main__":
    main()
