"""A number from a text, from a file to predictions with intervals."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import burnish
from burnish.recipe import complete_recipe, parse_recipe
from burnish.tasks.text_regression import TASK
from tests.contracts.samples import SAMPLES
from tests.exporting.test_outside import TEXTS
from tests.faces.commands import Terminal
from tests.finished import FAST
from tests.making import write_csv
from tests.processes import Processes
from tests.without_burnish import said_without_burnish


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> burnish.Run:
    """A run on numbers, with nothing named but the file: 90 easy rows and one without a number."""
    folder = tmp_path_factory.mktemp("priced")
    sample = SAMPLES[TASK.name]
    rows = [(row["text"], f"{100 * row['label']:.2f}") for row in sample.make_rows()]
    data = write_csv(folder / "prices.csv", [*rows, ("what a lovely button", "unknown")], ("text", "price"))
    model = sample.make_model(folder / "model")
    return burnish.run(data, model=str(model), method="full", training=FAST | {"epochs": 2}, out=folder / "runs")


def test_the_task_is_inferred_from_numbers_and_said(priced: burnish.Run) -> None:
    values = {"data": {"train": str(priced.folder.parent.parent / "prices.csv"), "label": "price"}}
    _, said = complete_recipe(parse_recipe(values, "options"))
    assert any("text-regression (inferred, since the values do not suit text-classification;" in line for line in said)
    del values["data"]["label"]
    _, said = complete_recipe(parse_recipe(values, "options"))
    assert any("label: column 'price' (inferred" in line for line in said)
    ledger = list(csv.DictReader((priced.folder / "check" / "ledger.csv").open(encoding="utf-8")))
    assert [row["reason"] for row in ledger if row["outcome"] == "dropped"] == ["the label is not a number"]


def test_the_gain_is_asked_as_a_share_of_the_best_baselines_error(priced: burnish.Run) -> None:
    verdict = priced.verdict
    assert verdict["metric"] == "rmse"
    best = min(verdict["baselines"], key=lambda baseline: baseline["value"])
    assert best["name"] == verdict["best_baseline"] != "mean"
    assert verdict["minimum_gain"] == pytest.approx(0.02 * best["value"])
    assert "2.0% of the baseline's score" in " ".join(verdict["reasons"]) or verdict["decision"] == "inconclusive"


def test_files_are_answered_with_intervals(priced: burnish.Run, burnish_command: Terminal, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "new.csv", [("a great lovely box", ""), ("", ""), ("awful broken", "")], ("text", "id"))
    burnish_command("predict", str(priced.folder), str(data), "-o", str(tmp_path / "told.csv"))
    great, empty, awful = csv.DictReader((tmp_path / "told.csv").open(encoding="utf-8"))
    assert (empty["prediction"], empty["low"], empty["high"]) == ("", "", "")
    for row in (great, awful):
        assert float(row["low"]) < float(row["prediction"]) < float(row["high"])
        assert float(row["confidence"]) == 0.9
    assert float(great["prediction"]) > float(awful["prediction"])
    told = burnish_command("predict", str(priced.folder), "--text", "a great lovely box").out
    assert "to" in told
    assert "(90% of the time)" in told


def test_the_cards_lines_give_the_networks_answers(priced: burnish.Run, processes: Processes) -> None:
    from burnish.predictor import load_specialist

    specialist = load_specialist(priced.folder / "export" / "specialist")
    model = TASK.restore(specialist.folder, specialist.manifest.targets.targets(), specialist.manifest.longest)
    said = said_without_burnish(processes, TASK.usage(model, "."), specialist.folder)
    for line, prediction in zip(said, specialist.predict(TEXTS), strict=True):
        value, _, reach, *_ = line.split(" ")
        assert prediction.interval is not None
        assert float(value) == pytest.approx(prediction.value, abs=1e-2)
        assert float(reach) == pytest.approx(prediction.interval[1] - prediction.value, abs=1e-2)


def test_the_report_draws_the_answers(priced: burnish.Run) -> None:
    page = priced.report.read_text(encoding="utf-8")
    assert "What it says, and what is true" in page
    assert "Its largest errors" in page
    assert "interval half width" in page


def test_a_row_that_cannot_be_read_says_why() -> None:
    assert TASK.read_row({"text": "x", "label": "many"}) == "the label is not a number"
    assert TASK.read_row({"text": "x", "label": ""}) == "the number is missing"
    assert TASK.read_row({"text": "x"}) == {"text": "x"}
