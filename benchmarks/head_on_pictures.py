"""Training only the head on pictures: burnish against a Trainer script that does the same, on scikit-learn's digits.

    python -m benchmarks.head_on_pictures --rows 600 --epochs 10

Both freeze `efficientnet-lite0`, at 64 pixels a side, on one thread, each in a process of its own with an empty cache.
The script reads and resizes every picture in every epoch, as scripts do. CPU seconds are those of training alone; for
burnish those of the baselines are added, since they compute the features and the start.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import in_own_process, processor_seconds, report, table, until

_SIDE, _TEST = 64, 400


def main() -> None:
    """Run both systems and print the table, or be one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--system", choices=("burnish", "Trainer"))
    parser.add_argument("--settings", type=json.loads, default={})
    options = parser.parse_args()
    if options.system:
        report({"burnish": run_burnish, "Trainer": run_trainer}[options.system](options.settings))
        return
    lines = []
    for system in ("burnish", "Trainer"):
        found = in_own_process("benchmarks.head_on_pictures", system, rows=options.rows, epochs=options.epochs)
        lines.append([system, f"{found['accuracy']:.1%}", f"{found['seconds']:.1f}", str(found["peak_megabytes"])])
    print(table(["system", "test accuracy", "CPU s training", "peak MB"], lines))


def parts(folder: Path, rows: int) -> tuple[list[tuple[Path, str]], list[tuple[Path, str]]]:
    """Training and test pictures with their labels, drawn alike."""
    from burnish.data.samples import write_sample
    from burnish.events import finish

    finish(write_sample("digits", folder / "digits"))
    found = sorted((folder / "digits").rglob("*.png"), key=lambda path: path.name)
    labelled = [(path, path.parent.name) for path in found]
    return labelled[_TEST : _TEST + rows], labelled[:_TEST]


def run_burnish(settings: dict[str, Any]) -> dict[str, Any]:
    """The pipeline up to the trained model; a tenth of the rows validates."""
    from burnish.run_folder import read_json
    from burnish.tasks.image_classification import TASK

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["BURNISH_CACHE"] = str(folder / "cache")
        train, test = parts(folder, settings["rows"])
        for name, rows in (("train", train), ("test", test)):
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([("image", "label"), *rows])
        training = {"threads": 1, "epochs": settings["epochs"], "patience": settings["epochs"], "precision": "fp32"}
        recipe = {
            "task": "image-classification",
            "method": "head",
            "training": training,
            "data": {"test": str(folder / "test.csv"), "longest": _SIDE},
            "split": {"train": 0.72, "validation": 0.08, "test": 0.2},
        }
        root = until("train", folder / "train.csv", folder / "runs", recipe)
        seconds = sum(
            read_json(root / stage / "record.json")["usage"]["processor_seconds"] for stage in ("baseline", "train")
        )
        targets = TASK.targets([{"label": label} for _, label in train], {})
        model = TASK.restore(root / "train" / "model", targets, _SIDE)
        told = TASK.predict(model, [{"image": str(path)} for path, _ in test], targets)
        right = sum(p.value == label for p, (_, label) in zip(told, test, strict=True))
        return {"accuracy": right / len(test), "seconds": seconds}


def run_trainer(settings: dict[str, Any]) -> dict[str, Any]:
    """A Hugging Face Trainer on the same frozen network with a new linear layer."""
    import numpy as np
    import torch
    from PIL import Image
    from transformers import Trainer, TrainingArguments

    from burnish.events import finish
    from burnish.models.image_encoder import load_image_encoder
    from burnish.models.sources import resolve_model

    class Classifier(torch.nn.Module):
        def __init__(self, network: torch.nn.Module) -> None:
            super().__init__()
            self.network = network

        def forward(self, pixel_values: torch.Tensor, labels: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
            logits = self.network(pixel_values=pixel_values)
            loss = torch.nn.functional.cross_entropy(logits, labels) if labels is not None else logits.sum()
            return {"loss": loss, "logits": logits}

    class Pictures(torch.utils.data.Dataset[dict[str, Any]]):
        def __init__(self, rows: list[tuple[Path, str]]) -> None:
            self.rows = rows

        def __len__(self) -> int:
            return len(self.rows)

        def __getitem__(self, index: int) -> dict[str, Any]:
            path, label = self.rows[index]
            picture = Image.open(path).convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
            pixels = torch.from_numpy(np.asarray(picture).transpose(2, 0, 1).copy())
            return {"pixel_values": pixels, "labels": int(label)}

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        train, test = parts(folder, settings["rows"])
        model = load_image_encoder(finish(resolve_model("efficientnet-lite0")).folder, 10, _SIDE)
        for name, parameter in model.network.named_parameters():
            parameter.requires_grad_(name.startswith(f"{model.head}."))
        arguments = TrainingArguments(
            output_dir=str(folder / "out"),
            num_train_epochs=settings["epochs"],
            per_device_train_batch_size=16,
            learning_rate=1e-3,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
        )
        trainer = Trainer(model=Classifier(model.network), args=arguments, train_dataset=Pictures(train))
        began = processor_seconds()
        trainer.train()
        seconds = processor_seconds() - began
        found = trainer.predict(Pictures(test))
        logits = np.asarray(found.predictions)
        right = float((logits.argmax(axis=1) == np.asarray(found.label_ids)).mean())
        return {"accuracy": right, "seconds": seconds}


if __name__ == "__main__":
    main()
