"""Training on changed rows: resumed to the bit, nothing kept of frozen layers, samples written, refusals at once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForMaskedLM

from burnish.errors import UserError
from burnish.events import Note, Progress
from burnish.faces.python import prepare
from burnish.pipeline import run_stages, wanted_record
from burnish.recipe import Recipe, complete_recipe
from burnish.run_folder import RunFolder, read_json
from burnish.stages import train
from tests.finished import FAST
from tests.making import make_encoder, review_rows, write_csv
from tests.pictures import make_image_encoder, write_shapes

OFTEN = {**FAST, "epochs": 2, "checkpoint-seconds": 0}


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small encoder that has a head for masked words."""
    folder = make_encoder(tmp_path_factory.mktemp("masked"))
    torch.manual_seed(0)
    AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(folder)
    return folder


def complete(source: Path, encoder: Path, **keys: Any) -> Recipe:
    given = {"model": str(encoder), "training": OFTEN, "method": "full", **keys}
    return complete_recipe(prepare(source, name="", out=source.parent, keys=given)[0])[0]


def trained(recipe: Recipe, folder: Path, stop_at: int = 0) -> list[str]:
    """What is said while the stages up to `train` are done; stopped after so many steps of training."""
    said = []
    work = run_stages(recipe, RunFolder(root=folder), last="train")
    for event in work:
        if isinstance(event, Note):
            said.append(event.text)
        if stop_at and isinstance(event, Progress) and event.work == "training" and event.done >= stop_at:
            work.close()
            break
    return said


def test_a_resumed_training_comes_to_the_same_weights(masked: Path, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "reviews.csv", list(review_rows(90)))
    asked = {"word-dropout": 0.2, "substitute": 0.3, "share": 0.8}
    recipe = complete(data, masked, augment=asked, training={**OFTEN, "oversample": "sqrt"})
    said = trained(recipe, tmp_path / "whole")
    assert any("training rows are changed anew in every epoch: word-dropout, substitute" in text for text in said)
    trained(recipe, tmp_path / "halted", stop_at=3)
    assert (tmp_path / "halted" / "train" / ".substitutes.json").is_file()
    torch.manual_seed(99)
    assert any("going on from the checkpoint" in text for text in trained(recipe, tmp_path / "halted"))
    one, other = (load_file(tmp_path / name / "train" / "model" / "model.safetensors") for name in ("whole", "halted"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    facts = read_json(tmp_path / "halted" / "train" / "augmentation.json")
    assert facts == read_json(tmp_path / "whole" / "train" / "augmentation.json")
    assert facts["changes"] == ["word-dropout", "substitute"]
    assert facts["texts_with_substitutes"] == 54
    assert 1 <= len(facts["samples"]) <= 6
    assert all(sample["before"] != sample["after"] for sample in facts["samples"])
    assert not (tmp_path / "whole" / "train" / ".substitutes.json").exists()


def test_changed_rows_are_learned_from(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    """Other weights than without, and nothing kept of layers that are frozen."""
    plain = trained(complete(reviews, encoder, method="head"), tmp_path / "plain")
    changed = trained(complete(reviews, encoder, method="head", augment={"word-dropout": 0.5}), tmp_path / "changed")
    assert any("features are computed once per row" in text for text in plain)
    assert not any("computed once" in text for text in changed)
    assert "states of frozen layers are not reused: augmentation changes rows in every epoch" in changed
    one, other = (read_json(tmp_path / name / "train" / "training.json")["curve"] for name in ("plain", "changed"))
    assert one != other
    assert not (tmp_path / "plain" / "train" / "augmentation.json").exists()


def test_few_shot_learns_from_changed_rows_too(reviews: Path, encoder: Path, tmp_path: Path) -> None:
    recipe = complete(
        reviews, encoder, method="few-shot", augment={"word-dropout": 0.2}, training={**OFTEN, "epochs": 1}
    )
    trained(recipe, tmp_path / "run")
    assert read_json(tmp_path / "run" / "train" / "augmentation.json")["samples"]


def test_what_cannot_be_done_is_refused_before_anything_is_trained(
    reviews: Path, encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="mixup would change images, and this task reads texts"):
        complete(reviews, encoder, augment={"mixup": 0.2})
    recipe = complete(reviews, encoder, augment={"substitute": 0.2})
    with pytest.raises(UserError, match="without a head that says which word was hidden") as refused:
        trained(recipe, tmp_path / "run")
    assert "masked-model" in refused.value.fix
    assert not (tmp_path / "run" / "check" / "record.json").exists()


def test_another_model_may_replace_the_words(reviews: Path, encoder: Path, masked: Path, tmp_path: Path) -> None:
    recipe = complete(reviews, encoder, augment={"substitute": 0.2, "masked-model": str(masked)})
    trained(recipe, tmp_path / "run", stop_at=1)
    assert read_json(tmp_path / "run" / "train" / "augmentation.json")["texts_with_substitutes"] > 100
    before = wanted_record(train.STAGE, recipe, RunFolder(root=tmp_path / "run"))
    assert recipe.augment is not None
    moved = recipe.augment.model_copy(update={"masked_model": str(shutil.copytree(masked, tmp_path / "elsewhere"))})
    after = wanted_record(train.STAGE, recipe.model_copy(update={"augment": moved}), RunFolder(root=tmp_path / "run"))
    assert before == after, "what the model is counts, not where it lies"
    assert set(before["files"]) == {"augment.masked-model"}


def test_pictures_are_changed_and_mixed(tmp_path: Path) -> None:
    data = write_shapes(tmp_path / "shapes", 45)
    asked = {"flip": 0.5, "crop": 0.3, "colour": 0.2, "rand-augment": 1, "cutmix": 1.0}
    given = {"model": str(make_image_encoder(tmp_path / "model")), "training": OFTEN, "method": "full"}
    recipe = complete_recipe(prepare(data, name="", out=tmp_path, keys={**given, "augment": asked})[0])[0]
    trained(recipe, tmp_path / "whole")
    trained(recipe, tmp_path / "halted", stop_at=2)
    trained(recipe, tmp_path / "halted")
    one, other = (read_json(tmp_path / name / "train" / "training.json")["curve"] for name in ("whole", "halted"))
    assert one == other
    samples = read_json(tmp_path / "whole" / "train" / "augmentation.json")["samples"]
    assert samples[0]["kind"] == "image"
    assert samples[0]["before"].startswith("data:image/png;base64,")
    assert samples[0]["before"] != samples[0]["after"]
    divided = read_json(tmp_path / "whole" / "split" / "split.json")
    assert divided["near_duplicates"]["clusters"] > 0
