from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.reporting.facts import read_facts
from burnish.reporting.learning import LearningView, view_learning
from tests.reporting.made_up import files, write_run


def view(tmp_path: Path, changes: dict[str, Any]) -> LearningView:
    content = files()
    content["train/training.json"] |= changes
    return view_learning(read_facts(write_run(tmp_path / "run", content)))


def test_curves_by_epoch_with_the_kept_checkpoint(tmp_path: Path) -> None:
    found = view(tmp_path, {})
    loss, score = found.plots
    assert [tick.label for tick in loss.x.ticks] == ["0", "0.5", "1.0", "1.5", "2.0"]
    assert [series.name for series in loss.series] == ["training rows", "validation rows"]
    assert loss.series[1].line == "M0,20L50,50L100,40"
    assert score.mark == loss.mark == 50
    assert score.series[0].dots.count("M") == 3
    assert "from 0.600 to 0.750" in score.label
    assert "after epoch 1 was kept" in score.label
    assert [line[-1] for line in found.validations] == ["", "kept", ""]


def test_sentences(tmp_path: Path) -> None:
    took, outcome, calibrated = view(tmp_path, {}).sentences
    assert took == "Training took 2 epochs and 1 min 20 s."
    assert outcome == (
        "On validation rows accuracy went from 0.600 at the start to 0.780 after epoch 1, whose checkpoint was kept."
    )
    assert "(temperature 1.500): their loss went from 0.500 to 0.450." in calibrated


def test_an_unbeaten_start_and_an_early_end(tmp_path: Path) -> None:
    told = view(tmp_path, {"best": 0, "stopped": "no better score in 3 validations", "calibration": {}}).sentences
    assert told == (
        "Training took 2 epochs and 1 min 20 s, and ended early: no better score in 3 validations.",
        "Every epoch was clearly worse than the start (accuracy 0.600 on validation rows), so the start was kept.",
    )


def test_growing_too_sure_is_said(tmp_path: Path) -> None:
    validations = [
        {"epoch": 0, "step": 0, "score": 0.6, "loss": 0.6},
        {"epoch": 1, "step": 2, "score": 0.7, "loss": 0.5},
        {"epoch": 2, "step": 4, "score": 0.8, "loss": 0.9},
    ]
    told = " ".join(view(tmp_path, {"validations": validations, "best": 2}).sentences)
    assert "lowest after epoch 1 and then rose" in told
    assert "more epochs might help" not in told


def test_a_loss_that_still_falls_is_said(tmp_path: Path) -> None:
    validations = [
        {"epoch": 0, "step": 0, "score": 0.6, "loss": 0.6},
        {"epoch": 1, "step": 2, "score": 0.7, "loss": 0.5},
    ]
    assert "more epochs might help" in " ".join(view(tmp_path, {"validations": validations, "best": 1}).sentences)


def test_a_score_like_that_at_the_start_is_said(tmp_path: Path) -> None:
    validations = [
        {"epoch": 0, "step": 0, "score": 0.6, "loss": 0.6},
        {"epoch": 1, "step": 2, "score": 0.6, "loss": 0.5},
    ]
    told = " ".join(view(tmp_path, {"validations": validations, "best": 1}).sentences)
    assert "0.600 both at the start and after epoch 1, whose checkpoint was kept" in told


def test_no_training_steps_draw_no_curve(tmp_path: Path) -> None:
    start = [{"epoch": 0, "step": 0, "score": 0.6, "loss": 0.6}]
    found = view(tmp_path, {"validations": start, "best": 0, "curve": []})
    assert found.plots == ()
    assert found.sentences[0].startswith("Training took 0 epochs")


def test_a_loss_that_is_no_number_breaks_the_line_only(tmp_path: Path) -> None:
    loss, _ = view(tmp_path, {"curve": [[1, 0.9], [2, float("nan")], [3, 0.2], [4, 0.1]]}).plots
    assert loss.series[0].line.count("M") == 2
    assert "nan" not in loss.series[0].line
