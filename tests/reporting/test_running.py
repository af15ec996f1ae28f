from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.reporting.facts import read_facts
from burnish.reporting.running import RunningView, view_running
from tests.reporting.made_up import files, write_run


def view(tmp_path: Path, content: dict[str, Any], name: str = "run") -> RunningView:
    return view_running(read_facts(write_run(tmp_path / name, content)))


def test_cost_and_energy_say_where_their_numbers_come_from(tmp_path: Path) -> None:
    content = files()
    found = view(tmp_path, content)
    assert "0.10 USD per hour (a typical cloud price; set your own in the recipe)" in found.cost_sentence
    assert "0.50 Wh (estimated from processor time" in found.energy_sentence
    assert "10-watt lamp for 3 min" in found.energy_sentence
    cost = content["evaluate/verdict.json"]["cost"]
    cost |= {"price_from": "recipe", "energy_measured": True}
    found = view(tmp_path, content)
    assert "(the price in the recipe)" in found.cost_sentence
    assert "(measured by the processor's own counter)" in found.energy_sentence


def test_stages_in_order_with_bars(tmp_path: Path) -> None:
    assert [(stage.name, stage.seconds, stage.width) for stage in view(tmp_path, files()).stages] == [
        ("train", "1 min 20 s", 100.0),
        ("evaluate", "7.0 s", 8.75),
    ]


def test_parity(tmp_path: Path) -> None:
    content = files()
    found = view(tmp_path, content)
    assert [(row.form, row.difference, row.passed) for row in found.parity] == [
        ("torch", "0", True),
        ("onnx", "1.0e-06", True),
    ]
    assert "so the scores above are those of what you will run" in found.parity_sentence
    content["export/parity.json"][1]["passed"] = False
    assert view(tmp_path, content).parity_sentence.endswith("does: onnx.")


def test_versions_and_origin(tmp_path: Path) -> None:
    found = view(tmp_path, files())
    assert dict(found.versions) == {
        "python": "3.12.1",
        "burnish": "0.1.0 (source abc)",
        "sha256 of the base model": "d0",
        "sha256 of the sealed rows": "5ea1",
    }
    assert dict(found.base)["Licence of the base model"] == "apache-2.0"
    assert dict(found.base)["Seed"] == "0"
    assert dict(found.base)["Put to use"] == "the fine-tuned specialist"


def test_use_takes_the_lines_of_the_card(tmp_path: Path) -> None:
    command, python, by_hand = view(tmp_path, files()).snippets
    assert 'burnish predict runs/run --text "…"' in command.code
    assert "burnish.load('runs/run')" in python.code
    assert by_hand.code == 'import torch\nprint("by hand")'


def test_a_name_with_spaces_is_quoted_for_the_shell(tmp_path: Path) -> None:
    command = view(tmp_path, files(), "my run").snippets[0]
    assert "burnish predict 'runs/my run' --text" in command.code


def test_a_kept_baseline_is_named(tmp_path: Path) -> None:
    content = files("keep-baseline")
    content["evaluate/specialist/manifest.json"]["baseline"] = "probe"
    found = view(tmp_path, content)
    assert found.use_sentence.endswith("the baseline probe.")
    assert "on all test rows" in found.parity_sentence
    assert dict(found.base)["Put to use"] == "the baseline probe"
