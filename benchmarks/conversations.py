"""Contract sections with their summaries as conversations, and the systems that `against_sft` compares."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from benchmarks.data import legal_summaries
from benchmarks.measuring import Worker, processor_seconds, report
from burnish.contracts import Targets
from burnish.events import finish
from burnish.models.sources import resolve_model

MODEL = "smollm2-135m-instruct"
PROMPT = "Summarise the section of a contract in plain English, in one short sentence."
RANK, ALPHA, RATE, BATCH = 16, 32, 1e-3, 8


def prepared(settings: dict[str, Any]) -> tuple[Any, Any, list[dict[str, Any]]]:
    """The task, the untouched model, and encoded rows."""
    from burnish.tasks.chat import TASK

    model = TASK.load(finish(resolve_model(MODEL)).folder, Targets(prompt=PROMPT), settings["longest"])
    read: list[Any] = [
        TASK.read_row({"messages": r["section"], "answer": r["summary"]}) for r in legal_summaries()[: settings["rows"]]
    ]
    return TASK, model, TASK.encode(model, read, Targets())


def batches_of(lengths: Sequence[int], epochs: int) -> list[list[int]]:
    """The batches of all epochs, as burnish makes them: every system is given these."""
    from burnish.training.batches import training_batches

    return [b for epoch in range(epochs) for b in training_batches(lengths, range(len(lengths)), BATCH, 0, epoch)]


def burnish(settings: dict[str, Any]) -> dict[str, Any]:
    """LoRA by burnish's own loop."""
    import torch

    from burnish.catalog import get_method
    from burnish.training.casting import cast_once
    from burnish.training.lesson import Lesson
    from burnish.training.loop import begin_training, train_epoch
    from burnish.training.settings import TrainingSettings

    task, model, examples = prepared(settings)
    epochs, bf16 = settings["epochs"], settings["bf16"]
    method = get_method("lora")
    torch.manual_seed(0)
    model, groups = method.prepare(model, method.settings(rank=RANK, alpha=ALPHA))
    shared = TrainingSettings(
        device="cpu", threads=1, epochs=epochs, batch_size=BATCH, learning_rate=RATE, schedule="constant", warm_up=0
    )
    training = begin_training(model, groups, shared)
    lesson = Lesson(
        examples=examples,
        weights=[1.0] * len(examples),
        collate=task.collate,
        loss=task.loss,
        settings=shared,
        bf16=bf16,
        seed=0,
    )
    began = processor_seconds()
    with cast_once(training, bf16=bf16):
        losses = [record.loss for _ in range(epochs) for record in train_epoch(training, lesson)]
    return {"seconds": processor_seconds() - began, "losses": losses, "tokens": epochs * sum(lesson.lengths)}


def trl(settings: dict[str, Any]) -> dict[str, Any]:
    """The same LoRA by peft and TRL's SFTTrainer, on the same token ids and masks in the same batches."""
    import tempfile

    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    _, _, examples = prepared(settings)
    lengths = [example["length"] for example in examples]
    ordered = [examples[place] for batch in batches_of(lengths, settings["epochs"]) for place in batch]
    data = Dataset.from_list(
        [
            {
                "input_ids": example["input_ids"],
                "completion_mask": [0, *(int(target >= 0) for target in example["targets"][:-1])],
            }
            for example in ordered
        ]
    )
    folder = finish(resolve_model(MODEL)).folder
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as place:
        given = SFTConfig(
            output_dir=place,
            num_train_epochs=1,  # the rows of all epochs stand one after the other
            per_device_train_batch_size=BATCH,
            learning_rate=RATE,
            lr_scheduler_type="constant",
            warmup_steps=0,
            weight_decay=0.01,
            max_grad_norm=1.0,
            max_length=settings["longest"],
            completion_only_loss=True,
            train_sampling_strategy="sequential",
            gradient_checkpointing=False,
            bf16=settings["bf16"],
            use_cpu=True,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_num_workers=0,
        )
        trainer = SFTTrainer(
            model=AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32),
            args=given,
            train_dataset=data,
            processing_class=AutoTokenizer.from_pretrained(folder),
            peft_config=LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM"),
        )
        began = processor_seconds()
        trainer.train()
        seconds = processor_seconds() - began
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {"seconds": seconds, "losses": losses, "tokens": sum(example["length"] for example in ordered)}


SYSTEMS: dict[str, Worker] = {"burnish": burnish, "TRL": trl}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", choices=SYSTEMS, required=True)
    parser.add_argument("--settings", type=json.loads, required=True)
    asked = parser.parse_args()
    report(SYSTEMS[asked.system](asked.settings))
