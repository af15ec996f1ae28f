"""The pictures of a report."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from burnish.contracts import Prediction, Targets
from burnish.image_panels import class_panels, error_panels, thumbnail
from burnish.models.image_encoder import load_image_encoder
from burnish.reporting.panels import view_panels
from tests.pictures import SHAPES, make_image_encoder, shape_rows

ROWS = shape_rows()[::3]
SOURCES, TRUTHS = [row["image"] for row in ROWS], [row["label"] for row in ROWS]
TARGETS = Targets(labels=SHAPES, counts=(10, 10, 10))
TOLD = [
    Prediction(value="disc" if n == 4 else truth, confidence=0.5 + n / 100, scores={}) for n, truth in enumerate(TRUTHS)
]


def opened(address: str) -> Image.Image:
    begin = "data:image/jpeg;base64,"
    assert address.startswith(begin)
    return Image.open(io.BytesIO(base64.b64decode(address.removeprefix(begin))))


def test_every_class_has_some_pictures() -> None:
    panels = class_panels(SOURCES, TRUTHS, TOLD, TARGETS)
    assert [panel["title"] for panel in panels] == [f"Pictures of “{shape}”" for shape in SHAPES]
    assert "9 of 10" in panels[0]["caption"]
    assert all(5 <= len(panel["pictures"]) <= 7 for panel in panels)
    assert opened(panels[1]["pictures"][0]["picture"]).size == (32, 32)


def test_errors_stand_beside_where_the_network_looked(tmp_path: Path) -> None:
    model = load_image_encoder(make_image_encoder(tmp_path / "vit"), 3, 0)
    (panel,) = error_panels(model, SOURCES, TRUTHS, TOLD, TARGETS)
    wrong, looked = panel["pictures"]
    assert wrong["caption"] == "“disc”, 54% sure; it is “cross”"
    assert (wrong["wrong"], looked["wrong"]) == (True, False)
    assert opened(looked["picture"]).size == (32, 32)
    assert error_panels(model, SOURCES, TRUTHS, [Prediction(value=t, confidence=1) for t in TRUTHS], TARGETS) == []
    (view,) = view_panels([panel])
    assert [picture.wrong for picture in view.pictures] == [True, False]


def test_only_pictures_inside_the_page_are_shown() -> None:
    panel = {"kind": "pictures", "title": "t", "caption": "c"}
    outside = {"picture": "https://example.org/x.png", "caption": "", "wrong": False}
    assert view_panels([{**panel, "pictures": [outside]}])[0].pictures == ()


def test_dark_is_where_it_did_not_look() -> None:
    heat = np.zeros((4, 4))
    heat[:2, :2] = 1
    lit = np.asarray(opened(thumbnail(Image.new("RGB", (40, 40), (200, 200, 200)), heat)), dtype=int)
    assert lit[4, 4].min() > 150 > 60 > lit[-4, -4].max()
