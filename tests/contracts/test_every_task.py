"""What holds for every task."""

from __future__ import annotations

import ast
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from burnish.catalog import tasks
from burnish.contracts import Prediction, Targets
from burnish.exporting.parity import compare_predictions
from burnish.metrics.intervals import score_rows
from burnish.training.forward import call, head_inputs
from tests.contracts.samples import SAMPLES, Toy


def test_every_task_has_a_sample() -> None:
    assert set(SAMPLES) == set(tasks())


def test_names_and_summaries_are_written_for_people(toy: Toy) -> None:
    task = toy.task
    assert task.name == task.name.lower().replace("_", "-")
    plugins: list[Any] = [task, *task.columns, *task.metrics, *task.baselines]
    for described in plugins:
        assert described.summary
        assert described.summary[0].islower()
    assert len({column.role for column in task.columns}) == len(task.columns)
    assert len({metric.name for metric in task.metrics}) == len(task.metrics)
    assert len({baseline.name for baseline in task.baselines}) == len(task.baselines)
    assert any(column.target for column in task.columns)
    assert not all(column.target for column in task.columns)


def test_a_row_without_values_is_dropped_with_a_reason(toy: Toy) -> None:
    for empty in (None, "", "  "):
        reason = toy.task.read_row({column.role: empty for column in toy.task.columns})
        assert isinstance(reason, str)
        assert reason


def test_reading_a_row_again_changes_nothing(toy: Toy) -> None:
    for row in toy.train[:5]:
        values = {key: value for key, value in row.items() if key != "row"}
        assert toy.task.read_row(values) == values


def test_targets_survive_json(toy: Toy) -> None:
    from burnish.exporting.manifest import TargetsForm

    form = TargetsForm.of(toy.targets).model_dump(mode="json")
    assert TargetsForm.model_validate(json.loads(json.dumps(form))).targets() == toy.targets


def test_the_loaded_model_names_its_parts(toy: Toy) -> None:
    model = toy.model
    names = dict(model.network.named_modules())
    assert isinstance(names[model.head], torch.nn.Linear)
    assert model.blocks
    assert model.adaptable
    for name in (*model.blocks, *model.adaptable, *filter(None, [model.embeddings])):
        assert name in names
    assert all(any(name.startswith(f"{block}.") for block in model.blocks) for name in model.adaptable)
    assert all(isinstance(names[name], torch.nn.Linear) for name in model.adaptable)
    assert model.longest > 0


def test_encoding_keeps_order_and_says_lengths(toy: Toy) -> None:
    examples = toy.task.encode(toy.model, toy.train, toy.targets)
    assert [example["row"] for example in examples] == [row["row"] for row in toy.train]
    assert all(0 < example["length"] <= toy.model.longest for example in examples)
    lengths = toy.task.lengths(toy.model, toy.train)
    assert [example["length"] for example in examples] == [min(length, toy.model.longest) for length in lengths]


def test_the_loss_of_a_row_does_not_depend_on_its_batch(toy: Toy) -> None:
    examples = toy.task.encode(toy.model, toy.train[:6], toy.targets)
    toy.model.network.eval()
    with torch.inference_mode():
        batch = toy.task.collate(toy.model, examples)
        together, counts = toy.task.loss(call(toy.model.network, batch), batch, 0.0)
        assert together.shape == counts.shape == (6,)
        assert (counts > 0).all()
        for index, example in enumerate(examples):
            alone = toy.task.collate(toy.model, [example])
            loss, count = toy.task.loss(call(toy.model.network, alone), alone, 0.0)
            assert math.isclose(loss.item(), together[index].item(), abs_tol=1e-5)
            assert count.item() == counts[index].item()


def test_predictions_are_ordered_complete_and_the_same_in_any_company(toy: Toy) -> None:
    predictions = toy.task.predict(toy.model, toy.test, toy.targets)
    assert len(predictions) == len(toy.test)
    backwards = toy.task.predict(toy.model, list(reversed(toy.test)), toy.targets)[::-1]
    assert compare_predictions("backwards", predictions, backwards).passed
    assert toy.task.predict(toy.model, [], toy.targets) == []
    for prediction in predictions:
        assert isinstance(prediction, Prediction)
        assert 0 <= prediction.confidence <= 1
        assert prediction.scores
        json.dumps([prediction.value, dict(prediction.scores)])


def test_predicting_needs_no_targets_in_the_rows(toy: Toy) -> None:
    inputs = [column.role for column in toy.task.columns if not column.target]
    bare = [{role: row[role] for role in inputs} for row in toy.test]
    with_targets = toy.task.predict(toy.model, toy.test, toy.targets)
    assert toy.task.predict(toy.model, bare, toy.targets) == with_targets
    assert toy.task.encode(toy.model, bare, Targets())


def test_saved_and_restored_is_the_same_to_the_bit(toy: Toy, tmp_path: Path) -> None:
    toy.task.save(toy.model, tmp_path)
    restored = toy.task.restore(tmp_path, toy.targets, toy.model.longest)
    for (name, before), (_, after) in zip(
        toy.model.network.state_dict().items(), restored.network.state_dict().items(), strict=True
    ):
        assert torch.equal(before, after), name
    expected = toy.task.predict(toy.model, toy.test, toy.targets)
    assert toy.task.predict(restored, toy.test, toy.targets) == expected
    assert not list(tmp_path.rglob("*.bin"))


def test_the_default_metric_and_the_start_exist(toy: Toy) -> None:
    names = [metric.name for metric in toy.task.metrics]
    assert toy.task.default_metric(toy.targets) in names
    assert toy.task.start in {"", *(baseline.name for baseline in toy.task.baselines)}
    assert not toy.task.validation_loss.higher_is_better


def test_truths_score_perfectly(toy: Toy) -> None:
    """Predictions that are the truth get the best possible score of every metric that compares answers."""
    truths = toy.task.truths(toy.test)
    perfect = [Prediction(value=truth, confidence=1.0, scores={str(truth): 1.0}) for truth in truths]
    for metric in toy.task.metrics:
        score = score_rows(metric, metric.statistics(truths, perfect, toy.targets))
        assert score == pytest.approx(1.0 if metric.higher_is_better else 0.0, abs=1e-9), metric.name


def test_panels_are_plain_data(toy: Toy) -> None:
    predictions = toy.task.predict(toy.model, toy.test, toy.targets)
    panels = toy.task.panels(toy.test, predictions, toy.targets)
    assert panels
    for panel in json.loads(json.dumps(panels)):
        assert {"kind", "title", "caption"} <= panel.keys()


def test_a_language_model_learns_from_rows_without_targets(toy: Toy, tmp_path: Path) -> None:
    if toy.task.language is None:
        pytest.skip("the task has none")
    language = toy.task.language(toy.base, 0)
    inputs = [column.role for column in toy.task.columns if not column.target]
    rows = [{"row": row["row"], **{role: row[role] for role in inputs}} for row in toy.train[:6]]
    hidden = [language.hide(e, 0.3, torch.Generator().manual_seed(n)) for n, e in enumerate(language.encode(rows))]
    with torch.inference_mode():
        batch = language.collate(language.model, hidden)
        together, counts = language.loss(call(language.model.network, batch), batch, 0.0)
        assert (counts >= 1).all()
        for index, example in enumerate(hidden):
            alone = language.collate(language.model, [example])
            loss, count = language.loss(call(language.model.network, alone), alone, 0.0)
            assert math.isclose(loss.item(), together[index].item(), rel_tol=1e-4)
            assert count.item() == counts[index].item()
    assert language.head
    assert set(language.head) <= {name for name, _ in language.model.network.named_parameters()}
    language.save(tmp_path / "base")
    again = toy.task.load(tmp_path / "base", toy.targets, 0)
    before, after = (
        head_inputs(m, toy.task.encode(m, rows, toy.targets), toy.task.collate) for m in (toy.model, again)
    )
    assert abs(before - after).max() < 1e-6, "what nothing was learned from is the same"


def test_the_usage_lines_are_python(toy: Toy) -> None:
    lines = toy.task.usage(toy.model, "folder")
    compile(lines, "usage", "exec")
    assert ast.parse(lines).body, "there is more than comments"
