"""Pre-training before any method: perplexity falls, a killed process goes on to the same bits, no test row is read."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM

import burnish
from burnish import catalog
from burnish.data.rows import read_rows
from burnish.errors import UserError
from burnish.events import Event, Note, Progress, StageDone, StageStarted, finish
from burnish.faces.python import prepare
from burnish.models.sources import weights_digest
from burnish.pipeline import run_stages
from burnish.recipe import Recipe, complete_recipe, parse_recipe
from burnish.recipe_problems import read_recipe_file
from burnish.run_folder import RunFolder, read_json
from burnish.stages.session import open_session
from burnish.stages.stage import open_run
from burnish.training.forward import head_inputs
from tests.finished import FAST, finish_run
from tests.making import review_rows, write_csv
from tests.processes import Process, Processes

SETTINGS: dict[str, Any] = {"epochs": 3, "learning-rate": 0.003, "batch-size": 8, "head-epochs": 2}


def stages_as_told() -> None:
    """The program of a process: the stages up to `pretrain` of a recipe, saying all that happens."""
    place, run = map(Path, sys.argv[1:])
    recipe = parse_recipe(read_recipe_file(place)[0], str(place))
    for event in run_stages(recipe, RunFolder(root=run), last="pretrain"):
        if isinstance(event, Note):
            print(event.text, flush=True)
        elif isinstance(event, Progress):
            print(event.work, event.done, flush=True)


def complete(source: Path, encoder: Path, out: Path, **keys: Any) -> Recipe:
    given = {"model": str(encoder), "training": FAST, "pretraining": SETTINGS, **keys}
    return complete_recipe(prepare(source, name="", out=out, keys=given)[0])[0]


def pretrained(recipe: Recipe, folder: Path) -> list[Event]:
    """What is said while the stages up to `pretrain` are done."""
    return list(run_stages(recipe, RunFolder(root=folder), last="pretrain"))


def notes(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Note)]


def facts(folder: Path) -> dict[str, Any]:
    return dict(read_json(folder / "pretrain" / "pretraining.json"))


@pytest.fixture
def unlabelled(tmp_path: Path) -> Path:
    """120 rows, of which 20 stand in `reviews` too."""
    texts = [text for text, _ in [*review_rows(20), *review_rows(100, seed=5)]]
    return write_csv(tmp_path / "unlabelled.csv", [(text,) for text in texts], ("text",))


def test_perplexity_falls(reviews: Path, unlabelled: Path, encoder: Path, tmp_path: Path) -> None:
    recipe = complete(reviews, encoder, tmp_path, pretraining={**SETTINGS, "data": str(unlabelled)})
    said = notes(pretrained(recipe, tmp_path / "run"))
    told = facts(tmp_path / "run")
    assert told["perplexity"]["after"] < 0.5 * told["perplexity"]["before"]
    assert told["rows"] == {
        "training": 144, "unlabelled": 100, "without_words": 0, "cut": 0, "learned": 220, "held_out": 24
    }  # fmt: skip
    assert told["head"] == "new, tied to the embeddings, first fitted alone"
    assert (told["epochs"], told["steps"], told["mask"]) == (3, 3 * 28, 0.15)
    assert [step for step, _ in told["held_out"]] == [0, 28, 56, 84]
    assert told["curve"][-1][1] < told["curve"][0][1]
    alone = [loss for _, loss in told["head_alone"]["held_out"]]
    assert len(alone) == 1 + SETTINGS["head-epochs"]
    assert alone[-1] < alone[0]
    assert alone[-1] == pytest.approx(told["held_out"][0][1]), "before is the model with the head that was fitted"
    assert any("comes without a head" in note for note in said)
    assert any(note.startswith("perplexity on held-out texts went from") for note in said)
    assert sorted(path.name for path in (tmp_path / "run" / "pretrain").iterdir()) == [
        "base", "pretraining.json", "record.json"
    ]  # fmt: skip


def test_while_a_new_head_is_fitted_the_body_rests(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    recipe = complete(reviews, encoder, tmp_path)
    folder = tmp_path / "run"
    for event in run_stages(recipe, RunFolder(root=folder), last="pretrain"):
        if isinstance(event, Note) and event.text.startswith("head alone, epoch 2"):
            break
    weights = load_file(folder / "pretrain" / "head-checkpoint.safetensors")
    trained = {name for name in weights if name.startswith("weight/")}
    assert trained
    assert all(name.startswith("weight/masked.cls.") for name in trained)


def test_a_head_of_its_own_is_not_fitted_first(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    whole = shutil.copytree(encoder, tmp_path / "whole")
    AutoModelForMaskedLM.from_pretrained(str(whole)).save_pretrained(whole)
    said = notes(pretrained(complete(reviews, whole, tmp_path), tmp_path / "run"))
    told = facts(tmp_path / "run")
    assert (told["head"], told["head_alone"]) == ("the model's own", None)
    assert told["perplexity"]["after"] < told["perplexity"]["before"]
    assert not any("without a head" in note or "head alone" in note for note in said)
    kept = load_file(tmp_path / "run" / "pretrain" / "base" / "model.safetensors")
    assert not any("cls.predictions" in name for name in kept), "the encoder alone is written"


def kill_at(line: str, process: Process) -> None:
    """Kill a process when it has said a line that begins like this."""
    for said in process.stdout:
        if said.startswith(line):
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL, f"it ended before it said {line!r}"


def test_killed_it_goes_on_to_the_same_bits(reviews: Path, encoder: Path, tmp_path: Path, processes: Processes) -> None:
    """Killed while the head is fitted, between the two parts, and within an epoch of the second."""
    recipe = complete(reviews, encoder, tmp_path, training={**FAST, "checkpoint-seconds": 0.0})
    recipe.write(tmp_path / "recipe.yaml")
    pretrained(recipe, tmp_path / "whole")
    run = tmp_path / "killed"

    def start() -> Process:
        return processes.start(tmp_path / "recipe.yaml", run, function=f"{__name__}:{stages_as_told.__name__}")

    for line in ("fitting the head 9", "head alone, epoch 2", "pre-training 25"):
        kill_at(line, start())
    output, errors = start().communicate()
    assert "going on from the checkpoint at step 34 of 34" in output, errors  # the head's
    assert "going on from the checkpoint at step 2" in output, "in the second epoch of everything"
    assert not output.startswith("fitting the head")
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        files = [folder / "pretrain" / "base" / name for folder in (run, tmp_path / "whole")]
        assert files[0].read_bytes() == files[1].read_bytes(), name
    for key in ("perplexity", "held_out", "curve"):
        assert facts(run)[key] == facts(tmp_path / "whole")[key], key


def test_the_test_rows_are_not_opened(reviews: Path, unlabelled: Path, encoder: Path, tmp_path: Path) -> None:
    """Every file that Python opens is written down with the stage at work; and none of their texts is read."""
    opened: list[tuple[str, str]] = []
    stage, listening = "", True

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event == "open" and isinstance(arguments[0], str | bytes | Path):
            opened.append((str(arguments[0]), stage))

    recipe = complete(reviews, encoder, tmp_path, pretraining={**SETTINGS, "data": str(unlabelled)})
    sys.addaudithook(listen)  # hooks cannot be removed: it stops listening instead
    try:
        for event in run_stages(recipe, RunFolder(root=tmp_path / "run"), last="pretrain"):
            if isinstance(event, StageStarted):
                stage = event.stage
    finally:
        listening = False
    by_stage = {path for path, at in opened if at == "pretrain"}
    assert any(path.endswith("check/unlabelled.parquet") for path in by_stage)
    assert any(path.endswith("split/train.parquet") for path in by_stage)
    assert not any(path.endswith(("test.parquet", "rows.parquet", "validation.parquet", ".csv")) for path in by_stage)

    read = {row["text"] for row in read_rows(tmp_path / "run" / "check" / "unlabelled.parquet")}
    parts = [read_rows(tmp_path / "run" / "split" / f"{part}.parquet") for part in ("train", "validation", "test")]
    assert not read & {row["text"] for part in parts for row in part}


def test_without_the_section_nothing_is_different(finished: burnish.Run) -> None:
    log = (finished.folder / "log.jsonl").read_text()
    assert '"pretrain"' not in log
    assert not (finished.folder / "pretrain").exists()
    record = json.loads((finished.folder / "train" / "record.json").read_text())
    assert "pretrain" not in record["inputs"]
    manifest = json.loads((finished.folder / "export" / "specialist" / "manifest.json").read_text())
    assert manifest["method"] == "full"
    assert "Pre-training" not in (finished.folder / "report" / "report.html").read_text()


def test_taking_the_section_out_trains_again_from_the_untouched_model(
    reviews: Path, encoder: Path, tmp_path: Path
) -> None:
    folder = RunFolder(root=tmp_path / "run")
    short = {**SETTINGS, "epochs": 1, "head-epochs": 1}
    with_it = complete(reviews, encoder, tmp_path, pretraining=short, training={**FAST, "epochs": 1})
    without = with_it.model_copy(update={"pretraining": None})
    finish(run_stages(with_it, folder, last="train"))
    skipped = {e.stage: e.skipped for e in run_stages(with_it, folder, last="train") if isinstance(e, StageDone)}
    assert skipped == dict.fromkeys(("check", "split", "baseline", "pretrain", "train"), True)
    events = list(run_stages(without, folder, last="train"))
    assert {e.stage: e.reason for e in events if isinstance(e, StageStarted)} == {
        "train": "the result of pretrain changed"
    }
    assert not folder.stage("pretrain").exists()
    assert "the head starts from the baseline linear-probe" in notes(events)
    again = {e.stage: e.reason for e in run_stages(with_it, folder, last="train") if isinstance(e, StageStarted)}
    assert again == {"pretrain": "", "train": "the result of pretrain changed"}


def test_training_starts_from_the_adapted_model(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    recipe = complete(reviews, encoder, tmp_path)
    folder = RunFolder(root=tmp_path / "run")
    finish(run_stages(recipe, folder, last="pretrain"))
    opened = finish(open_run(recipe, folder))
    adapted = opened.adapted()
    assert opened.base.digest == weights_digest(encoder) != adapted.base.digest
    assert adapted.base.digest == weights_digest(folder.file("pretrain", "base"))
    assert (adapted.base.name, adapted.base.base) == (opened.base.name, opened.base.base)
    rows = read_rows(folder.file("split", "train.parquet"))
    examples = opened.task.encode(adapted.untouched(), rows, opened.targets)
    fresh = head_inputs(adapted.untouched(), examples, opened.task.collate)
    untouched = opened.features()(rows)
    assert abs(adapted.features()(rows) - fresh).max() < 1e-5, "the cache has them by the adapted weights"
    assert abs(untouched - fresh).max() > 1e-2

    events: list[Event] = []
    work = open_session(opened)
    while True:
        try:
            events.append(next(work))
        except StopIteration as stop:
            session = stop.value
            break
    assert any("fitted anew to the model as pre-training left it" in note for note in notes(events))
    body = load_file(adapted.base.folder / "model.safetensors")
    trained = session.model.network.get_parameter("encoder.encoder.layer.0.output.dense.weight")
    assert torch.equal(trained, body["encoder.layer.0.output.dense.weight"])
    probe = opened.baseline(opened.task.start).head()
    assert probe is not None
    scale, head = recipe.training.start_scale, session.model.network.get_submodule(session.model.head)
    assert not torch.allclose(head.weight, scale * torch.from_numpy(probe[0]), rtol=0.1)
    truths = torch.tensor([opened.targets.labels.index(row["label"]) for row in rows])

    def right(weight: torch.Tensor, bias: torch.Tensor) -> int:
        return int(((torch.from_numpy(fresh) @ weight.T + bias).argmax(1) == truths).sum())

    assert right(head.weight, head.bias) > right(*map(torch.from_numpy, probe))


def test_a_whole_run_ends_in_a_verdict(reviews: Path, unlabelled: Path, encoder: Path, tmp_path: Path) -> None:
    given = {**SETTINGS, "data": str(unlabelled)}
    training = {"epochs": 6, "learning-rate": 0.01}
    run = finish_run(
        reviews, encoder, tmp_path / "runs", pretraining=given, training=training, evaluate={"minimum-gain": 0}
    )
    assert run.verdict["decision"] in {"ship", "inconclusive"}
    manifest = json.loads((run.specialist_folder / "manifest.json").read_text())
    assert manifest["method"] == "full, after continued pre-training"
    assert manifest["base"]["digest"] == weights_digest(encoder)
    card = (run.specialist_folder / "README.md").read_text()
    assert f"`{encoder.name}` with the method `full, after continued pre-training`" in " ".join(card.split())
    report = (run.folder / "report" / "report.html").read_text()
    assert "Pre-training on texts of the domain" in report
    assert "do not add up" not in report
    assert "something is wrong" not in report
    assert run.specialist.predict(["the great lovely"])[0].value == "positive"
    recipe, _ = prepare(run.folder / "recipe.yaml", name="", out=tmp_path, keys={})
    assert recipe.pretraining is not None
    assert recipe.pretraining.data is not None
    assert Path(recipe.pretraining.data).samefile(unlabelled), "it is found from the run's folder"


def test_a_task_without_it_refuses(
    reviews: Path, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = complete(reviews, encoder, tmp_path)
    plain = replace(catalog.get_task("text-classification"), language=None)
    monkeypatch.setattr("burnish.stages.stage.get_task", lambda _name: plain)
    with pytest.raises(UserError, match="models for text-classification cannot be pre-trained further") as caught:
        pretrained(recipe, tmp_path / "run")
    assert caught.value.where == "pretraining"
    assert not (tmp_path / "run" / "check" / "record.json").exists(), "before anything else is done"


def test_a_model_that_cannot_is_refused_before_baselines(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    bare = shutil.copytree(encoder, tmp_path / "bare")
    told = read_json(bare / "tokenizer_config.json")
    (bare / "tokenizer_config.json").write_text(json.dumps({k: v for k, v in told.items() if k != "mask_token"}))
    with pytest.raises(UserError, match="no mask token"):
        pretrained(complete(reviews, bare, tmp_path), tmp_path / "run")
    assert not (tmp_path / "run" / "split").exists()


def test_too_few_texts(encoder: Path, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "few.csv", list(review_rows(10, labels=2)))
    recipe = complete(data, encoder, tmp_path, pretraining={**SETTINGS, "held-out": 0.95})
    with pytest.raises(UserError, match="texts are too few to pre-train on"):
        pretrained(recipe, tmp_path / "run")


def test_training_that_finds_no_adapted_model_says_so(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    recipe = complete(reviews, encoder, tmp_path)
    folder = RunFolder(root=tmp_path / "run")
    finish(run_stages(recipe, folder, last="baseline"))
    with pytest.raises(UserError, match="asks for `pretraining`, and that has not been done here"):
        finish(open_run(recipe, folder)).adapted()


def test_progress_names_its_two_parts(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    events = pretrained(complete(reviews, encoder, tmp_path), tmp_path / "run")
    earlier = {"checks", "dividing the rows", "baselines"}
    bars = {e.work: (e.done, e.total) for e in events if isinstance(e, Progress) and e.work not in earlier}
    assert bars == {"fitting the head": (34, 34), "pre-training": (51, 51)}
    assert torch.get_num_threads() == FAST["threads"]
