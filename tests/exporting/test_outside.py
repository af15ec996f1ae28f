"""An exported specialist works without burnish, as its card says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import burnish
from burnish.predictor import load_specialist
from tests.processes import Processes
from tests.without_burnish import said_without_burnish

TEXTS = ["It does exactly what I hoped for.", "It broke after two days."]  # those of the card


def code_without_burnish(card: str) -> str:
    blocks = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
    assert len(blocks) == 2
    return str(blocks[1])


def test_the_cards_lines_give_the_specialists_answers(finished: burnish.Run, processes: Processes) -> None:
    code = code_without_burnish((finished.specialist_folder / "README.md").read_text())
    said = said_without_burnish(processes, code, finished.specialist_folder)
    expected = [
        f"{p.value} {p.confidence:.4f} {t}" for p, t in zip(finished.specialist.predict(TEXTS), TEXTS, strict=True)
    ]
    assert said == expected


def test_the_card_has_the_hubs_metadata_and_the_scores(finished: burnish.Run) -> None:
    from huggingface_hub import ModelCard

    card = ModelCard.load(finished.specialist_folder / "README.md")
    assert card.data.pipeline_tag == "text-classification"
    assert card.data.base_model
    results = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert results["accuracy"] == pytest.approx(finished.verdict["specialist"]["value"], abs=1e-4)
    for name in ("tfidf-linear", "linear-probe", "majority"):
        assert name in card.text
    assert "## Limits" in card.text


def test_the_onnx_file_runs_alone_on_any_number_of_rows_and_tokens(finished: burnish.Run) -> None:
    """onnxruntime and the tokenizer file are enough: no torch, no transformers."""
    code = """
import json, sys
sys.modules["burnish"] = sys.modules["torch"] = sys.modules["transformers"] = None
import numpy, onnxruntime, tokenizers
tokenizer = tokenizers.Tokenizer.from_file("tokenizer.json")
tokenizer.no_padding()
session = onnxruntime.InferenceSession("model.onnx")
for texts in json.load(sys.stdin):
    ids = [tokenizer.encode(text).ids for text in texts]
    longest = max(map(len, ids))
    mask = numpy.array([[1] * len(row) + [0] * (longest - len(row)) for row in ids], dtype=numpy.int64)
    tokens = numpy.array([row + [0] * (longest - len(row)) for row in ids], dtype=numpy.int64)
    logits = session.run(["logits"], {"input_ids": tokens, "attention_mask": mask})[0]
    print(json.dumps(logits.tolist()))
"""
    batches = [["the great"], ["awful broken poor", "a lovely box", "it is"], ["the and " * 20, "great"]]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=finished.specialist_folder,
        input=json.dumps(batches),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for texts, line in zip(batches, done.stdout.splitlines(), strict=True):
        logits = np.array(json.loads(line))
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        for row, prediction in zip(probabilities, finished.specialist.predict(texts), strict=True):
            assert np.abs(row - list(prediction.scores.values())).max() < 1e-5


def test_both_engines_answer_alike(finished: burnish.Run) -> None:
    texts = ["the great", "awful " * 30, "box", "a b c d"]
    onnx = load_specialist(finished.specialist_folder, "onnx").predict(texts)
    for first, second in zip(finished.specialist.predict(texts), onnx, strict=True):
        assert first.value == second.value
        assert first.confidence == pytest.approx(second.confidence, abs=1e-5)


def test_parity_was_measured_on_stored_probes(finished: burnish.Run) -> None:
    parities = json.loads((finished.folder / "export" / "parity.json").read_text())
    assert [parity["form"] for parity in parities] == ["torch", "onnx"]
    for parity in parities:
        assert parity["passed"]
        assert parity["rows"] == 48
        assert 0 <= parity["largest_difference"] < 1e-4


def test_what_is_evaluated_is_what_is_exported(finished: burnish.Run) -> None:
    def digests(folder: Path) -> object:
        return json.loads((folder / "manifest.json").read_text())["files"]

    assert digests(finished.specialist_folder) == digests(finished.folder / "export" / "specialist")


def test_the_parity_gate_stops_an_export_that_differs(finished: burnish.Run, tmp_path: Path) -> None:
    """Probes that the trained network never answered so: export must refuse."""
    import shutil

    from burnish.events import finish
    from burnish.faces.python import prepare
    from burnish.run_folder import RunFolder
    from burnish.stages.export import STAGE

    folder = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    probes = json.loads((folder / "train" / "probes.json").read_text())
    probes[0]["scores"] = dict.fromkeys(probes[0]["scores"], 1 / 3)
    (folder / "train" / "probes.json").write_text(json.dumps(probes))
    shutil.rmtree(folder / "export")
    recipe, _ = prepare(folder / "recipe.yaml", name="", out=tmp_path, keys={})
    with pytest.raises(burnish.UserError, match="does not answer as the trained network"):
        finish(STAGE.run(recipe, RunFolder(root=folder)))
    assert not (folder / "export" / "specialist").exists()
