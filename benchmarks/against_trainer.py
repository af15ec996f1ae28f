"""burnish against the Hugging Face Trainer and SetFit: same base model, same rows, same epochs, one thread.

    BURNISH_DATA=path/to/data python -m benchmarks.against_trainer --rows 200 1000 all

Each system runs in a process of its own, one after the other, in one go. Processor seconds are compared, not wall
seconds: on shared machines those swing tenfold. The Trainer runs with its own defaults (batches of 8, learning rate
5e-5, fp32) and dynamic padding. burnish is given the same rows, keeps a tenth of them for validation, and is measured
twice: up to the trained model (reading, checks, baselines, training), and whole (export, ONNX, parity, comparison on
the test rows, report). SetFit's own default makes pairs without end on such data, so its steps are bounded.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data import Rows, banking77, subset, write
from benchmarks.measuring import Worker, in_own_process, processor_seconds, report, table
from burnish.events import finish
from burnish.models.sources import resolve_model

EPOCHS = 5
SETFIT_STEPS = 250


def chosen_rows(settings: dict[str, Any]) -> tuple[Rows, Rows]:
    """Training and test rows of one case."""
    train, test = banking77()
    return (train if settings["rows"] == "all" else subset(train, int(settings["rows"]), settings["seed"])), test


def accuracy(answers: list[str], rows: Rows) -> float:
    """Share of right answers."""
    return sum(answer == label for answer, (_, label) in zip(answers, rows, strict=True)) / len(rows)


def run_burnish(settings: dict[str, Any]) -> dict[str, Any]:
    """The whole pipeline, through the Python face."""
    import burnish

    train, test = chosen_rows(settings)
    with tempfile.TemporaryDirectory() as folder:
        data, held_out = write(Path(folder) / "train.csv", train), write(Path(folder) / "test.csv", test)
        began = processor_seconds()
        run = burnish.run(
            data,
            test=held_out,
            model="minilm",
            split={"train": 0.72, "validation": 0.08, "test": 0.2},
            training={"threads": 1, "epochs": EPOCHS},
            seed=settings["seed"],
            out=Path(folder) / "runs",
        )
        whole = processor_seconds() - began
        stages = ("check", "split", "baseline", "train")
        records = [json.loads((run.folder / stage / "record.json").read_text()) for stage in stages]
        return {
            "accuracy": run.verdict["specialist"]["value"],
            "seconds": sum(record["usage"]["processor_seconds"] for record in records),
            "whole_seconds": whole,
            "probe": next(b["value"] for b in run.verdict["baselines"] if b["name"] == "linear-probe"),
        }


def run_trainer(settings: dict[str, Any]) -> dict[str, Any]:
    """AutoModelForSequenceClassification and Trainer, as the documentation shows them."""
    import numpy as np
    import transformers
    from datasets import Dataset

    train, test = chosen_rows(settings)
    base = str(finish(resolve_model("minilm")).folder)
    labels = sorted({label for _, label in train})
    position = {label: index for index, label in enumerate(labels)}
    transformers.set_seed(settings["seed"])
    began = processor_seconds()
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(base, num_labels=len(labels))

    def encoded(rows: Rows) -> Any:
        columns = {"text": [text for text, _ in rows], "label": [position.get(label, 0) for _, label in rows]}
        return Dataset.from_dict(columns).map(lambda batch: tokenizer(batch["text"], truncation=True), batched=True)

    with tempfile.TemporaryDirectory() as folder:
        arguments = transformers.TrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.get("epochs", EPOCHS),
            learning_rate=settings.get("learning_rate", 5e-5),
            seed=settings["seed"],
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
        )
        trainer = transformers.Trainer(
            model=model,
            args=arguments,
            train_dataset=encoded(train),
            data_collator=transformers.DataCollatorWithPadding(tokenizer),
        )
        trainer.train()
        trained = processor_seconds() - began
        predicted = np.argmax(trainer.predict(encoded(test)).predictions, axis=-1)
    answers = [labels[index] for index in predicted]
    return {"accuracy": accuracy(answers, test), "seconds": trained, "whole_seconds": processor_seconds() - began}


def run_setfit(settings: dict[str, Any]) -> dict[str, Any]:
    """SetFit with its defaults, but bounded steps."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    train, test = chosen_rows(settings)
    base = str(finish(resolve_model("minilm")).folder)
    began = processor_seconds()
    model = SetFitModel.from_pretrained(base, labels=sorted({label for _, label in train}))
    rows = Dataset.from_dict({"text": [text for text, _ in train], "label": [label for _, label in train]})
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, max_steps=SETFIT_STEPS, seed=settings["seed"], report_to="none", show_progress_bar=False
        )
        Trainer(model=model, args=arguments, train_dataset=rows).train()
    trained = processor_seconds() - began
    answers = [str(answer) for answer in model.predict([text for text, _ in test])]
    return {"accuracy": accuracy(answers, test), "seconds": trained, "whole_seconds": processor_seconds() - began}


SYSTEMS: dict[str, Worker] = {"burnish": run_burnish, "Trainer": run_trainer, "SetFit": run_setfit}


def main() -> None:
    """Run every system on every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", default=["200", "1000", "all"], help="numbers of training rows, or all")
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--system", help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.system:
        report(SYSTEMS[options.system](options.settings))
        return
    rows = []
    for count in options.rows:
        results = {}
        for system in options.systems:
            began = time.perf_counter()
            results[system] = in_own_process("benchmarks.against_trainer", system, rows=count, seed=options.seed)
            print(f"{system} on {count} rows: {results[system]} ({time.perf_counter() - began:.0f} s)", flush=True)
        stock = results.get("Trainer", {}).get("seconds")
        for system, result in results.items():
            ratio = f"{stock / result['seconds']:.1f}x" if stock else ""
            rows.append(
                [
                    count,
                    system,
                    f"{result['accuracy']:.1%}",
                    f"{result['seconds']:.1f}",
                    ratio,
                    f"{result['whole_seconds']:.1f}",
                    f"{result['peak_megabytes']}",
                ]
            )
    headings = ["rows", "system", "test accuracy", "CPU s to trained", "Trainer / this", "CPU s whole", "peak MB"]
    print("\n" + table(headings, rows))


if __name__ == "__main__":
    main()
