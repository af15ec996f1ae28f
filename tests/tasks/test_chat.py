"""Answers in conversations, from a file to a verdict, an adapter, a report and a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import burnish
from burnish.errors import UserError
from burnish.faces.server.served import open_served
from burnish.faces.server.settings import ServerSettings
from burnish.predictor import load_specialist
from burnish.tasks.chat import TASK
from tests.chats import ANSWERS, FORGETFUL, chat_rows, make_chat_model
from tests.faces.commands import Terminal
from tests.faces.server.serving import running
from tests.finished import FAST
from tests.once import made_once, shared_folder
from tests.processes import Processes
from tests.without_burnish import said_without_burnish

QUESTIONS = ["What can you do for me?", "How long does it take?"]  # of the card's lines
SYSTEM = {"role": "system", "content": "be quiet"}


def messages(row: dict[str, Any]) -> list[dict[str, str]]:
    return [{"role": "user", "content": row["messages"]}, {"role": "assistant", "content": row["answer"]}]


def unusual_rows() -> list[list[dict[str, str]]]:
    first, second, third, fourth = map(messages, chat_rows(64)[60:])
    return [
        [{"role": "tool", "content": "42"}, *first],
        [SYSTEM, SYSTEM, *second],
        [third[0], {"role": "assistant", "content": " "}],
        [{"role": "user", "content": "box " * 25_000}, fourth[1]],
    ]


def write_recipe(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"data": data}), encoding="utf-8")  # YAML, too
    return path


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> burnish.Run:
    """A run on 60 easy conversations and four that are unusual, on a model whose template drops system messages."""

    def make(folder: Path) -> None:
        rows = [*map(messages, chat_rows(60)), *unusual_rows()]
        data = folder / "talks.jsonl"
        data.write_text("\n".join(json.dumps({"messages": row}) for row in rows), encoding="utf-8")
        model = make_chat_model(folder / "model", template=FORGETFUL)
        settings = FAST | {"epochs": 4, "learning-rate": 0.03, "batch-size": 8}
        recipe = write_recipe(folder / "talks.yaml", {"train": str(data), "prompt": "be great"})
        burnish.run(recipe, model=str(model), training=settings, out=folder / "runs")

    return burnish.load(made_once(shared_folder(tmp_path_factory) / "talked", make) / "runs" / "talks")


def test_unusual_conversations_are_found_with_their_lines(talked: burnish.Run) -> None:
    found = {f["name"]: f for f in json.loads((talked.folder / "check" / "findings.json").read_text(encoding="utf-8"))}
    told = found["unusable-rows"]["examples"]
    assert [line.partition("talks.jsonl:")[2] for line in told] == [
        "61: unknown role 'tool'",
        "62: there are two system messages",
        "63: the answer is empty",
    ]
    assert found["huge-messages"]["examples"] == ["row 63: 99,999 characters"]
    assert found["cut-short"]["count"] == 1
    assert found["system-message-moved"]["count"] == 61


def test_it_learns_to_answer_and_is_compared_with_the_untouched_model(talked: burnish.Run) -> None:
    assert talked.verdict["metric"] == "rouge-l"
    scores = json.loads((talked.folder / "evaluate" / "scores.json").read_text(encoding="utf-8"))["metrics"]
    assert set(scores["rouge-l"]["baselines"]) == {"prompted", "few-shot-prompted", "nearest-answer"}
    assert set(scores["perplexity"]["baselines"]) == {"prompted"}
    assert scores["perplexity"]["specialist"]["value"] < scores["perplexity"]["baselines"]["prompted"]["value"]
    assert scores["rouge-l"]["specialist"]["value"] > scores["rouge-l"]["baselines"]["prompted"]["value"]
    assert {c["test"] for c in scores["perplexity"]["comparisons"]} == {"paired bootstrap, 2000 resamples"}


def test_every_answer_is_kept_with_its_prompt(talked: burnish.Run) -> None:
    path = talked.folder / "evaluate" / "answers.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    own = [line for line in lines if line["system"] == "specialist"]
    shown = [line for line in lines if line["system"] == "few-shot-prompted"]
    assert own[0]["prompt"].startswith("<|im_start|>user\nbe great\n\n")
    assert own[0]["prompt"].endswith("<|im_end|>\n<|im_start|>assistant\n")
    assert shown[0]["prompt"].count("<|im_start|>assistant") == 4
    assert own[0]["truth"] in ANSWERS.values()


def test_the_report_shows_answers_side_by_side(talked: burnish.Run) -> None:
    page = talked.report.read_text(encoding="utf-8")
    assert "Answers side by side" in page
    assert "the data" in page
    assert "perplexity" in page


def test_the_cards_lines_give_the_networks_answers(talked: burnish.Run, processes: Processes) -> None:
    specialist = load_specialist(talked.folder / "export" / "specialist")
    assert specialist.manifest.targets.prompt == "be great"
    model = TASK.restore(specialist.folder, specialist.manifest.targets.targets(), specialist.manifest.longest)
    said = said_without_burnish(processes, TASK.usage(model, "."), specialist.folder)
    assert said == [prediction.value for prediction in specialist.predict(QUESTIONS)]


def test_the_adapter_alone_on_the_base_gives_the_specialists_states(talked: burnish.Run) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base: Any = AutoModelForCausalLM.from_pretrained(talked.folder.parent.parent / "model")
    merged: Any = AutoModelForCausalLM.from_pretrained(talked.folder / "export" / "specialist")
    ids = torch.arange(20).unsqueeze(0)
    with torch.inference_mode():
        before = base(ids).logits
        adapted = PeftModel.from_pretrained(base, str(talked.folder / "train" / "adapter"))(ids).logits
        expected = merged(ids).logits
    assert torch.allclose(adapted, expected, atol=1e-4)
    assert not torch.allclose(before, expected, atol=1e-1)


def test_it_answers_on_the_command_line(talked: burnish.Run, burnish_command: Terminal, tmp_path: Path) -> None:
    row = chat_rows(60)[0]
    told = burnish_command("predict", str(talked.folder), "--text", row["messages"], "--json").out
    (answer,) = json.loads(told)["predictions"]
    assert answer["prediction"] == burnish.load(talked.folder).specialist.predict([row["messages"]])[0].value
    data = tmp_path / "new.jsonl"
    data.write_text(json.dumps({"messages": messages(row)[:1]}), encoding="utf-8")
    burnish_command("predict", str(talked.folder), str(data), "-o", str(tmp_path / "told.jsonl"))
    assert json.loads((tmp_path / "told.jsonl").read_text(encoding="utf-8"))["prediction"] == answer["prediction"]


def test_a_server_answers_conversations(talked: burnish.Run) -> None:
    asked = messages(chat_rows(60)[3])[:1]
    served = open_served(talked.folder)
    with running(served, ServerSettings()) as server:
        answer = server.ask("/predict", {"messages": asked})
        assert answer.status == 200, answer.body
        assert answer.json()["value"] == served.specialist.predict([{"messages": asked}])[0].value
        refused = server.ask("/predict", {"messages": [{"role": "tool", "content": "x"}]})
        assert (refused.status, refused.json()["error"]["what"]) == (422, "unknown role 'tool'")


def test_nothing_to_learn_ends_the_run(tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text("\n".join(map(json.dumps, chat_rows(20))), encoding="utf-8")
    model = make_chat_model(tmp_path / "model")
    recipe = write_recipe(tmp_path / "rows.yaml", {"train": str(data), "longest": 8})
    with pytest.raises(UserError, match="nothing is left to learn: in none of 20 conversations"):
        burnish.run(recipe, model=str(model), out=tmp_path / "runs")


def test_a_prompt_for_nobody_is_refused(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "prompt.yaml", {"train": str(reviews), "prompt": "be great"})
    with pytest.raises(UserError, match="talks to no model"):
        burnish.run(recipe, model=str(encoder), out=tmp_path / "runs")
