"""Rows: changed by what their columns hold, repeatable by seed, epoch and row, and refused where it makes no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from burnish.augmenting.rows import Augmenter, require_fitting
from burnish.augmenting.settings import FIELDS, AugmentSettings
from burnish.contracts import Column
from burnish.errors import UserError

TEXT = Column(role="text", summary="a text")
LABEL = Column(role="label", summary="a label", target=True, kind="label")
PICTURE = Column(role="picture", summary="a file", kind="image")
SENTENCE = "the great box is solid and the cable was useful for a week"


def augmenter(seed: int = 0, columns: tuple[Column, ...] = (TEXT, LABEL), **settings: Any) -> Augmenter:
    return Augmenter(columns=columns, settings=AugmentSettings(**settings), seed=seed)


def test_a_change_depends_on_seed_epoch_and_row_and_nothing_else() -> None:
    row = {"text": SENTENCE, "label": "positive", "row": 3}
    one = augmenter(word_dropout=0.4)
    first = one.change(row, "3/0", 0)
    one.change(row, "4/0", 1)
    assert first is not None
    assert one.change(row, "3/0", 0) == first == augmenter(word_dropout=0.4).change(row, "3/0", 0)
    others = [
        one.change(row, "3/0", 1),
        one.change(row, "3/1", 0),
        augmenter(1, word_dropout=0.4).change(row, "3/0", 0),
    ]
    assert all(other != first for other in others)
    assert (first["label"], first["row"]) == ("positive", 3)
    assert row["text"] == SENTENCE


def test_the_share_of_rows_is_drawn_anew() -> None:
    one = augmenter(word_dropout=0.5, share=0.3)
    changed = [[one.change({"text": SENTENCE}, str(n), epoch) is not None for n in range(500)] for epoch in (0, 1)]
    assert 0.25 < sum(changed[0]) / 500 < 0.35
    assert changed[0] != changed[1]


def test_texts_get_likely_words() -> None:
    known = {"a solid box": [{1: [("sturdy", 1.0)]}]}
    one = Augmenter(columns=(TEXT,), settings=AugmentSettings(substitute=0.3), seed=0, substitutes=known)
    assert one.change({"text": "a solid box"}, "0", 0) == {"text": "a sturdy box"}
    assert one.change({"text": "an unknown text"}, "0", 0) is None


def test_pictures_are_changed_from_files_and_in_memory(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (12, 16, 3)).astype(np.uint8)
    image = Image.fromarray(pixels)
    image.save(tmp_path / "a.png")
    one = augmenter(columns=(PICTURE, LABEL), crop=0.5)
    from_file = one.change({"picture": str(tmp_path / "a.png"), "label": "x"}, "0", 0)
    in_memory = one.change({"picture": image, "label": "x"}, "0", 0)
    assert from_file is not None
    assert in_memory is not None
    assert from_file["picture"].tobytes() == in_memory["picture"].tobytes() != image.tobytes()
    assert augmenter(columns=(PICTURE,), mixup=0.2).change({"picture": image}, "0", 0) is None, "mixing is of batches"


def test_what_would_change_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="nothing is to be changed"):
        AugmentSettings(share=0.5)
    with pytest.raises(ValidationError, match="leave one out"):
        AugmentSettings(mixup=0.2, cutmix=0.2)
    with pytest.raises(UserError, match="flip would change images, and this task reads texts"):
        require_fitting((TEXT, LABEL), AugmentSettings(flip=0.5, word_dropout=0.1))
    require_fitting((TEXT, LABEL), AugmentSettings(word_dropout=0.1))
    require_fitting((TEXT, LABEL), None)


def test_texts_stay_where_what_is_predicted_lies_in_them() -> None:
    spans = Column(role="spans", summary="places", target=True, kind="spans")
    with pytest.raises(
        UserError, match=r"texts cannot be changed where what is to be predicted \(spans\) lies in them"
    ):
        require_fitting((TEXT, spans), AugmentSettings(word_dropout=0.1))


def test_every_setting_is_of_one_kind() -> None:
    of_kinds = [name for names in FIELDS.values() for name in names]
    assert len(of_kinds) == len(set(of_kinds))
    assert set(of_kinds) == set(AugmentSettings.model_fields) - {"share", "masked_model"}
