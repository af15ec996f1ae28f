"""What evaluate measures."""

from __future__ import annotations

from pathlib import Path

import burnish
from burnish.contracts import Targets
from burnish.data.rows import read_rows
from burnish.events import finish
from burnish.hardware import Meter
from burnish.predictor import UntouchedModel
from burnish.stages.evaluate import _answer, _features_seconds
from burnish.tasks.text_classification import TASK
from tests.kept import opened
from tests.making import make_encoder, review_rows


def seconds_of(untouched: UntouchedModel, rows: list[dict[str, str]]) -> float:
    meter = Meter()
    untouched(rows)
    return meter.read().processor_seconds


def test_features_that_the_cache_gave_still_cost_what_computing_them_costs(tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "encoder", width=256, layers=6)
    rows = [{"text": " ".join([text] * 10), "label": label} for text, label in review_rows(200)]
    model = TASK.load(encoder, Targets(labels=("a", "b"), counts=(1, 1)), 0)
    computing = seconds_of(UntouchedModel(task=TASK, load=lambda: model), rows)
    untouched = UntouchedModel(task=TASK, load=lambda: model, digest="seen before")
    untouched(rows)
    from_cache = seconds_of(untouched, rows)
    told = _features_seconds(untouched, rows)
    assert computing / 3 < told < 3 * computing, "other work on the machine makes processor seconds longer, too"
    assert from_cache < told / 3


def test_every_baseline_that_reads_features_is_charged_for_them(finished: burnish.Run) -> None:
    run = opened(finished)
    rows = read_rows(finished.folder / "split" / "test.parquet")
    systems = {system.name: system for system in finish(_answer(run, rows))}
    assert list(systems) == ["specialist", *(baseline.name for baseline in run.task.baselines)]
    for baseline in run.task.baselines:
        system = systems[baseline.name]
        assert system.predictions == run.baseline(baseline.name).predict(rows), "as when loaded alone"
        if baseline.uses_features:
            assert system.seconds > 2 * systems["majority"].seconds
