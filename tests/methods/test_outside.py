"""What a method leaves behind works without burnish: merged, with adapters or virtual tokens beside it, and in ONNX."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import burnish
from burnish.predictor import load_specialist
from tests.finished import finish_run
from tests.making import review_rows, write_csv
from tests.processes import Processes
from tests.without_burnish import said_without_burnish

TEXTS = ["It does exactly what I hoped for.", "It broke after two days."]
ADDING = ("lora", "ia3", "adapter", "prompt")


@pytest.fixture(scope="module", params=ADDING)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> burnish.Run:
    """A short run of a method that adds something to the network."""
    folder = tmp_path_factory.mktemp(request.param)
    data = write_csv(folder / "reviews.csv", list(review_rows(120)))
    training = {"epochs": 2, "learning-rate": 0.02, "precision": "fp32"}
    return finish_run(data, encoder, folder / "runs", training=training, method=request.param)


def test_the_lines_of_the_card_give_the_exported_specialists_answers(run: burnish.Run, processes: Processes) -> None:
    folder = run.folder / "export" / "specialist"
    specialist = load_specialist(folder)
    code = specialist.task.usage(specialist.task.restore(folder, specialist.manifest.targets.targets(), 0), ".")
    said = said_without_burnish(processes, code, folder)
    expected = [f"{p.value} {p.confidence:.4f} {t}" for p, t in zip(specialist.predict(TEXTS), TEXTS, strict=True)]
    assert said == expected


def test_torch_and_onnx_forms_passed_the_parity_gate(run: burnish.Run) -> None:
    parities = {entry["form"]: entry for entry in json.loads((run.folder / "export" / "parity.json").read_text())}
    assert set(parities) == {"torch", "onnx"}
    assert all(entry["largest_difference"] < 1e-3 for entry in parities.values())


def test_what_was_added_is_kept_alone(run: burnish.Run) -> None:
    """The file holds the additions and no weight of the base (at this toy size they would be as large)."""
    kept = list((run.folder / "train" / "adapter").rglob("*.safetensors"))
    assert len(kept) == 1
    names = list(load_file(kept[0]))
    assert names
    marks = ("lora_A", "lora_B", "ia3_l", "prompt_embeddings", "down.", "up.")
    assert all(any(mark in name for mark in marks) for name in names), names


def test_plain_peft_loads_the_kept_adapter(run: burnish.Run, encoder: Path) -> None:
    """With the untouched encoder, the adapter alone gives the states of the exported one."""
    from peft import PeftModel
    from transformers import AutoModel, AutoTokenizer

    adapter, exported = run.folder / "train" / "adapter", run.folder / "export" / "specialist"
    if not (adapter / "adapter_config.json").is_file():
        pytest.skip("this method's adapters are not peft's")
    assert "base_model_name_or_path" in (adapter / "adapter_config.json").read_text()
    assert str(encoder) not in (adapter / "adapter_config.json").read_text()
    batch = AutoTokenizer.from_pretrained(exported)(TEXTS, padding=True, return_tensors="pt")
    given = {name: batch[name] for name in ("input_ids", "attention_mask")}
    adapted = PeftModel.from_pretrained(AutoModel.from_pretrained(encoder), adapter).eval()
    merged = AutoModel.from_pretrained(exported).eval()
    if (exported / "adapter").is_dir():
        merged = PeftModel.from_pretrained(merged, exported / "adapter").eval()
    with torch.inference_mode():
        difference = (adapted(**given).last_hidden_state - merged(**given).last_hidden_state).abs().max()
    assert difference < 1e-4
