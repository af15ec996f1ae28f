"""What holds for every baseline of every task."""

from __future__ import annotations

from pathlib import Path

from burnish.contracts import LoadedModel
from burnish.exporting.parity import compare_predictions
from burnish.metrics.intervals import score_rows
from burnish.predictor import UntouchedModel
from burnish.training.head import put_head
from tests.contracts.samples import Toy


def test_it_predicts_every_row_in_order_and_the_same_again(toy: Toy) -> None:
    one_label = any(column.kind == "label" for column in toy.task.columns)
    for baseline in toy.task.baselines:
        predictions = toy.fitted[baseline.name].predict(toy.test)
        assert len(predictions) == len(toy.test)
        again = baseline.fit(toy.inputs()).predict(list(reversed(toy.test)))[::-1]
        assert compare_predictions(baseline.name, predictions, again).passed, baseline.name
        for prediction in predictions:
            assert 0 <= prediction.confidence <= 1
            assert prediction.value in toy.targets.labels or not one_label


def test_saved_and_loaded_it_answers_the_same(toy: Toy, tmp_path: Path) -> None:
    for baseline in toy.task.baselines:
        folder = tmp_path / baseline.name
        folder.mkdir()
        toy.fitted[baseline.name].save(folder)
        assert all(path.suffix in {".safetensors", ".json"} for path in folder.iterdir()), "plain arrays and JSON only"
        loaded = baseline.load(folder, toy.targets, toy.inputs().features)
        parity = compare_predictions(
            baseline.name, toy.fitted[baseline.name].predict(toy.test), loaded.predict(toy.test)
        )
        assert parity.passed, baseline.name
        assert parity.largest_difference < 1e-6


def test_it_says_truly_whether_it_uses_the_model(toy: Toy, tmp_path: Path) -> None:
    def refuse() -> LoadedModel:
        raise AssertionError("the model was used")

    untouched = UntouchedModel(task=toy.task, load=refuse)
    for baseline in toy.task.baselines:
        folder = tmp_path / baseline.name
        folder.mkdir()
        toy.fitted[baseline.name].save(folder)
        if not baseline.uses_features and not baseline.asks_model:
            assert baseline.load(folder, toy.targets, untouched).predict(toy.test)


def test_its_head_is_the_linear_layer_that_gives_the_same_answers(toy: Toy) -> None:
    heads = set()
    for baseline in toy.task.baselines:
        layer = toy.fitted[baseline.name].head()
        if layer is None:
            continue
        heads.add(baseline.name)
        model = toy.task.load(toy.base, toy.targets, 0)
        put_head(model, *layer)
        answers = toy.task.predict(model, toy.test, toy.targets)
        assert compare_predictions(baseline.name, toy.fitted[baseline.name].predict(toy.test), answers).passed
    assert toy.task.start in heads or not toy.task.start


def test_what_learns_beats_guessing_where_rows_are_easy(toy: Toy) -> None:
    """No baseline is worse than the first, which knows nothing of the input, on easy rows; the best is far better."""
    truths = toy.task.truths(toy.test)
    metric = next(m for m in toy.task.metrics if m.name == toy.task.default_metric(toy.targets))
    sign = 1 if metric.higher_is_better else -1
    scores = {
        baseline.name: sign
        * score_rows(metric, metric.statistics(truths, toy.fitted[baseline.name].predict(toy.test), toy.targets))
        for baseline in toy.task.baselines
    }
    floor = scores.pop(toy.task.baselines[0].name)
    for baseline in toy.task.baselines:
        if baseline.name in {"zero-shot", "own-labels"} or baseline.asks_model:
            scores.pop(baseline.name, None)  # it learns nothing, and the toy model knows nothing
    assert min(scores.values()) >= floor, scores
    assert max(scores.values()) > floor + 0.3 * (abs(floor) if metric.relative else 1.0), scores
