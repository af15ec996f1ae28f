"""The systems that benchmarks compare: burnish, the Hugging Face Trainer (with peft), and SetFit; each a worker.

A worker gets JSON-able settings and returns test accuracy, processor seconds and what else is worth saying. Libraries
are imported before the clock starts, in every worker.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data import Rows, banking77, reviews, subset, write
from benchmarks.measuring import Worker, processor_seconds, serve_worker, until, without_states
from burnish.events import finish
from burnish.models.sources import resolve_model

if TYPE_CHECKING:
    from burnish.predictor import NetworkAnswers
    from burnish.stages.stage import OpenRun

EPOCHS = 5
MOST_TESTED = 1000  # rows of a domain that nothing is learned from
SETFIT_STEPS = 250


def chosen_rows(settings: dict[str, Any]) -> tuple[Rows, Rows]:
    """Training and test rows of one case: `rows` of Banking77, or of a domain of the sample reviews (`data`)."""
    if domain := settings.get("data"):
        found = reviews(domain, settings["seed"])
        held_out = min(MOST_TESTED, len(found) // 5)
        train, test = found[held_out:], found[:held_out]
    else:
        train, test = banking77()
        test = subset(test, settings.get("tested", len(test)), settings["seed"])
    return (train if settings["rows"] == "all" else subset(train, int(settings["rows"]), settings["seed"])), test


def accuracy(answers: list[str], rows: Rows) -> float:
    """Share of right answers."""
    return sum(answer == label for answer, (_, label) in zip(answers, rows, strict=True)) / len(rows)


def run_burnish(settings: dict[str, Any]) -> dict[str, Any]:
    """The whole pipeline, through the Python face.

    `seconds` is what the train stage took, with states computed anew: nothing that the baselines computed before is
    left to it. `seconds_before` is what checks, split and baselines took; `whole_seconds` is everything.
    """
    import accelerate  # noqa: F401
    import sklearn.linear_model  # noqa: F401
    import torch  # noqa: F401
    import transformers  # noqa: F401

    import burnish
    from burnish.run_folder import RunFolder

    train, test = chosen_rows(settings)
    with tempfile.TemporaryDirectory() as folder:
        data, held_out = write(Path(folder) / "train.csv", train), write(Path(folder) / "test.csv", test)
        recipe: dict[str, Any] = {
            "test": held_out,
            "model": "minilm",
            "method": settings.get("method", "full"),
            "split": {"train": 0.72, "validation": 0.08, "test": 0.2},
            "training": {"threads": 1, "epochs": EPOCHS, **settings.get("training", {})},
            "seed": settings["seed"],
        }
        began, out = processor_seconds(), Path(folder) / "runs"
        until("baseline", data, out, recipe)
        with without_states():
            run = burnish.run(data, out=out, **recipe)
        whole = processor_seconds() - began
        used = {
            stage: (RunFolder(root=run.folder).record(stage) or {})["usage"]["processor_seconds"]
            for stage in ("check", "split", "baseline", "train")
        }
        return {
            "accuracy": run.scores["metrics"]["accuracy"]["specialist"]["value"],
            "seconds": used["train"],
            "seconds_before": used["check"] + used["split"] + used["baseline"],
            "whole_seconds": whole,
            "probe": run.scores["metrics"]["accuracy"]["baselines"]["linear-probe"]["value"],
        }


def run_training(settings: dict[str, Any]) -> dict[str, Any]:
    """Burnish up to the trained model: by default settings, or with the `method`, `training` and `split` given.

    `seconds` is what the train stage took, with states computed anew.
    """
    import accelerate  # noqa: F401
    import sklearn.linear_model  # noqa: F401
    import torch  # noqa: F401
    import transformers  # noqa: F401

    from burnish.run_folder import RunFolder

    train, test = chosen_rows(settings)
    with tempfile.TemporaryDirectory() as folder:
        data, held_out = write(Path(folder) / "train.csv", train), write(Path(folder) / "test.csv", test)
        recipe: dict[str, Any] = {"test": held_out, "seed": settings["seed"]}
        recipe |= {"training": {"threads": 1, **settings.get("training", {})}}
        recipe |= {key: settings[key] for key in ("method", "split") if key in settings}
        began, out = processor_seconds(), Path(folder) / "runs"
        until("baseline", data, out, recipe)
        with without_states():
            root = until("train", data, out, recipe)
        whole = processor_seconds() - began
        opened, tuned = trained_answers(root)
        found = [
            [str(p.value) for p in system.predict(_texts(test))] for system in (tuned, opened.baseline("linear-probe"))
        ]
        seconds = (RunFolder(root=root).record("train") or {})["usage"]["processor_seconds"]
        method = opened.recipe.method.name
    return {
        "accuracy": accuracy(found[0], test),
        "probe": accuracy(found[1], test),
        "test_rows": len(test),
        "seconds": seconds,
        "whole_seconds": whole,
        "method": method,
    }


def trained_answers(root: Path) -> tuple[OpenRun, NetworkAnswers]:
    """A run whose train stage has ended, opened, and what it trained."""
    from burnish.predictor import NetworkAnswers
    from burnish.stages.stage import MODEL_FOLDER

    opened = opened_run(root)
    model = opened.task.restore(opened.folder.file("train", MODEL_FOLDER), opened.targets, 0)
    return opened, NetworkAnswers(task=opened.task, model=model, targets=opened.targets)


def opened_run(root: Path) -> OpenRun:
    """A run whose data is divided."""
    from burnish.recipe import parse_recipe
    from burnish.recipe_problems import read_recipe_file
    from burnish.run_folder import RunFolder
    from burnish.stages.stage import open_run

    values, lines = read_recipe_file(root / "recipe.yaml")
    return finish(open_run(parse_recipe(values, "recipe", lines), RunFolder(root=root)))


def _texts(rows: Rows) -> list[dict[str, str]]:
    return [{"text": text} for text, _ in rows]


def run_trainer(settings: dict[str, Any]) -> dict[str, Any]:
    """AutoModelForSequenceClassification and Trainer, as the documentation shows them.

    Settings: `epochs`, `learning_rate`; `bf16`, for where only accuracy counts; `freeze` (lowest blocks that do not
    train, with the embeddings); `lora` (rank: peft's low-rank updates beside all linear layers).
    """
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
    model = _adapted(model, settings)

    def encoded(rows: Rows) -> Any:
        columns = {"text": [text for text, _ in rows], "label": [position.get(label, 0) for _, label in rows]}
        return Dataset.from_dict(columns).map(lambda batch: tokenizer(batch["text"], truncation=True), batched=True)

    with tempfile.TemporaryDirectory() as folder:
        arguments = transformers.TrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.get("epochs", EPOCHS),
            learning_rate=settings.get("learning_rate", 5e-5),
            bf16=settings.get("bf16", False),
            seed=settings["seed"],
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
            label_names=["labels"],
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


def _adapted(model: Any, settings: dict[str, Any]) -> Any:
    """The model with its lowest blocks frozen, or with low-rank updates, as the settings say."""
    if settings.get("freeze"):
        frozen = [model.bert.embeddings, *model.bert.encoder.layer[: settings["freeze"]]]
        for part in frozen:
            part.requires_grad_(False)
    if settings.get("lora"):
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(
            r=settings["lora"], lora_alpha=2 * settings["lora"], target_modules="all-linear", task_type="SEQ_CLS"
        )
        return get_peft_model(model, config)
    return model


def run_setfit(settings: dict[str, Any]) -> dict[str, Any]:
    """SetFit with its defaults, but bounded steps (`steps`; -1 for its own)."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    train, test = chosen_rows(settings)
    base = str(finish(resolve_model("minilm")).folder)
    began = processor_seconds()
    model = SetFitModel.from_pretrained(base, labels=sorted({label for _, label in train}))
    rows = Dataset.from_dict({"text": [text for text, _ in train], "label": [label for _, label in train]})
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=settings.get("steps", SETFIT_STEPS),
            seed=settings["seed"],
            report_to="none",
            show_progress_bar=False,
        )
        Trainer(model=model, args=arguments, train_dataset=rows).train()
    trained = processor_seconds() - began
    answers = [str(answer) for answer in model.predict([text for text, _ in test])]
    return {"accuracy": accuracy(answers, test), "seconds": trained, "whole_seconds": processor_seconds() - began}


SYSTEMS: dict[str, Worker] = {
    "burnish": run_burnish,
    "burnish, to the trained model": run_training,
    "Trainer": run_trainer,
    "SetFit": run_setfit,
}


if __name__ == "__main__":
    serve_worker(SYSTEMS)
