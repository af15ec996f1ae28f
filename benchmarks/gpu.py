"""Training on a GPU: rows a second, memory and accuracy, against the Hugging Face Trainer with the same batches' size.

    BURNISH_DATA=path/to/data python -m benchmarks.gpu

Two networks: `minilm` on Banking77 as it is (short texts), and one of the size of BERT base on eight questions joined
into one text. The second has random weights, since none can be had offline: its speed is measured, and nothing else.
Both systems compute in bf16, in batches of the same size, and warm up for an epoch, in which compiling also happens.
Wall seconds, each system in a process of its own.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data import Rows, banking77, subset, write
from benchmarks.measuring import Worker, add_results_option, kept, serve_worker, table, until
from burnish.events import finish
from burnish.models.sources import resolve_model

JOINED = 8  # questions in a long text
SYSTEMS = ("burnish", "burnish, compiled", "Trainer")
NETWORKS = ("minilm", "base size")


def chosen_rows(settings: dict[str, Any]) -> Rows:
    """Rows of Banking77, joined into long texts for the large network."""
    train, _ = banking77()
    rows = subset(train, settings["rows"], settings["seed"])
    if settings["network"] == "minilm":
        return rows
    texts = [text for text, _ in train]
    return [
        (" ".join([text, *texts[number * 7 % 9000 :][: number % JOINED]]), label)
        for number, (text, label) in enumerate(rows)
    ]


def base_folder(settings: dict[str, Any], folder: Path) -> str:
    """The network's folder: the catalogue's, or a new one of random weights with its tokenizer."""
    import torch
    import transformers

    known = finish(resolve_model("minilm")).folder
    if settings["network"] == "minilm":
        return str(known)
    tokenizer = transformers.AutoTokenizer.from_pretrained(known)
    torch.manual_seed(settings["seed"])
    config = transformers.BertConfig(vocab_size=len(tokenizer))
    transformers.BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def run_burnish(settings: dict[str, Any]) -> dict[str, Any]:
    """Two epochs of the training loop on a GPU, as they are or with compiled blocks."""
    import torch

    from benchmarks.systems import opened_run
    from burnish.stages.session import open_session
    from burnish.training import loop
    from burnish.training.casting import cast_once

    with tempfile.TemporaryDirectory() as folder:
        data = write(Path(folder) / "train.csv", chosen_rows(settings))
        base = base_folder(settings, Path(folder) / "base")
        training = {"batch-size": settings["batch_size"], "start": "new", "epochs": 2}
        recipe = {"model": base, "method": "full", "training": training}
        session = finish(open_session(opened_run(until("baseline", data, Path(folder) / "runs", recipe))))
        if settings["compiled"]:
            for name in session.model.blocks:
                session.model.network.get_submodule(name).compile(dynamic=True)
        seconds = []
        with cast_once(session.training, bf16=session.lesson.bf16):
            for _ in range(2):
                torch.cuda.synchronize()
                began = time.perf_counter()
                rows = sum(record.rows for record in loop.train_epoch(session.training, session.lesson))
                torch.cuda.synchronize()
                seconds.append(time.perf_counter() - began)
    return _told(seconds, rows)


def run_trainer(settings: dict[str, Any]) -> dict[str, Any]:
    """Two epochs of the Trainer, with dynamic padding and bf16."""
    import torch
    import transformers
    from datasets import Dataset

    rows = chosen_rows(settings)
    seconds: list[float] = []

    class Clock(transformers.TrainerCallback):  # type: ignore[misc]  # its types are not read
        """Takes the time of every epoch."""

        def on_epoch_begin(self, *_: Any, **__: Any) -> None:
            torch.cuda.synchronize()
            seconds.append(-time.perf_counter())

        def on_epoch_end(self, *_: Any, **__: Any) -> None:
            torch.cuda.synchronize()
            seconds[-1] += time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        base = base_folder(settings, Path(folder) / "base")
        tokenizer = transformers.AutoTokenizer.from_pretrained(base)
        labels = sorted({label for _, label in rows})
        model = transformers.AutoModelForSequenceClassification.from_pretrained(base, num_labels=len(labels))
        columns = {"text": [text for text, _ in rows], "label": [labels.index(label) for _, label in rows]}
        data = Dataset.from_dict(columns).map(lambda batch: tokenizer(batch["text"], truncation=True), batched=True)
        arguments = transformers.TrainingArguments(
            output_dir=folder,
            num_train_epochs=2,
            per_device_train_batch_size=settings["batch_size"],
            bf16=True,
            seed=settings["seed"],
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            torch_compile=settings["compiled"],
        )
        collator = transformers.DataCollatorWithPadding(tokenizer)
        trainer = transformers.Trainer(
            model=model, args=arguments, train_dataset=data, data_collator=collator, callbacks=[Clock()]
        )
        trainer.train()
    return _told(seconds, len(rows))


def _told(seconds: list[float], rows: int) -> dict[str, Any]:
    import torch

    return {
        "first": seconds[0],
        "second": seconds[1],
        "rows": rows,
        "gpu_megabytes": round(torch.cuda.max_memory_allocated() / 1e6),
        "gpu": torch.cuda.get_device_name(),
    }


WORKERS: dict[str, Worker] = {"burnish": run_burnish, "Trainer": run_trainer}


def main() -> None:
    """Run every system on both networks and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--seed", type=int, default=0)
    add_results_option(parser)
    options = parser.parse_args()
    lines = []
    for network in options.networks:
        for system in options.systems:
            name, _, compiled = system.partition(", ")
            settings = {"network": network, "rows": options.rows, "seed": options.seed, "compiled": bool(compiled)}
            settings["batch_size"] = 16 if network == "minilm" else 32
            found = kept(options.results, "benchmarks.gpu", name, **settings)
            figures = [f"{found['first']:.1f}", f"{found['second']:.1f}", f"{found['rows'] / found['second']:,.0f}"]
            lines.append([network, system, *figures, f"{found['gpu_megabytes']:,}", found["gpu"]])
    headings = ["network", "system", "s, first epoch", "s, second", "rows a second", "GPU MB at most", "GPU"]
    print("\n" + table(headings, lines))


if __name__ == "__main__" and not serve_worker(WORKERS):
    main()
