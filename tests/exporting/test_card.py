"""The card says what is true of the specialist that it lies beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

import burnish
from burnish.exporting.card import CardFacts, write_card
from burnish.exporting.manifest import CARD, read_manifest
from tests.kept import keep

CUT = "Inputs are cut at 64 tokens."
CALIBRATED = "Confidence was calibrated on validation rows"
OWN = "Its confidence is the baseline's own and was not calibrated."


def read_card(folder: Path) -> Any:
    """As the Hub reads it; its metadata are attributes that no type tells of."""
    return ModelCard.load(folder / CARD)


def card_of_kept(run: burnish.Run, baseline: str, folder: Path) -> Any:
    place = keep(run, baseline, folder)
    facts = CardFacts(
        name="trial",
        manifest=read_manifest(place),
        verdict={**run.verdict, "decision": "keep-baseline", "best_baseline": baseline},
        scores=run.scores["metrics"],
        sizes={"train": 144, "validation": 48, "test": 48},
        seed=0,
        usage="",
    )
    write_card(place / CARD, facts)
    return read_card(place)


def accuracy_in(card: Any) -> float:
    (result,) = [result for result in card.data.eval_results if result.metric_type == "accuracy"]
    return float(result.metric_value)


def test_a_fine_tuned_network_is_cut_and_calibrated(finished: burnish.Run) -> None:
    card = read_card(finished.specialist_folder)
    assert CUT in card.text
    assert CALIBRATED in card.text
    assert OWN not in card.text
    assert "with the method `full`" in card.text
    assert card.data.base_model == read_manifest(finished.specialist_folder).base.base


@pytest.mark.parametrize("baseline", ["linear-probe", "nearest-neighbours", "zero-shot"])
def test_a_baseline_on_the_models_features_is_cut_and_not_calibrated(
    baseline: str, finished: burnish.Run, tmp_path: Path
) -> None:
    card = card_of_kept(finished, baseline, tmp_path / baseline)
    assert CUT in card.text
    assert CALIBRATED not in card.text
    assert OWN in card.text
    assert f"baseline `{baseline}` on the untouched" in card.text
    assert "with the method" not in card.text
    assert card.data.base_model


@pytest.mark.parametrize("baseline", ["majority", "tfidf-linear"])
def test_a_baseline_without_the_model_owes_it_nothing(baseline: str, finished: burnish.Run, tmp_path: Path) -> None:
    card = card_of_kept(finished, baseline, tmp_path / baseline)
    assert "are cut at" not in card.text
    assert CALIBRATED not in card.text
    assert OWN in card.text
    assert f"baseline `{baseline}`, which uses no pre-trained model" in card.text
    assert card.data.base_model is None
    assert card.data.license is None
    assert "Without burnish" not in card.text
    expected = finished.scores["metrics"]["accuracy"]["baselines"][baseline]["value"]
    assert accuracy_in(card) == pytest.approx(expected, abs=1e-4)
