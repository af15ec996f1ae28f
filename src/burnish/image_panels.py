"""What a report shows of classified pictures: some of each class, and errors with where the network looked."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from burnish.contracts import Json, LoadedModel, Prediction, Targets
from burnish.picture_files import read_picture

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE = 112
_QUALITY = 80
_CLASSES_SHOWN, _SHOWN_OF_EACH = 12, 6
_ERRORS_SHOWN = 12


def class_panels(
    sources: Sequence[Any], truths: Sequence[str], predictions: Sequence[Prediction], targets: Targets
) -> list[dict[str, Json]]:
    """Some test pictures of each class with their answers, the classes with most rows first."""
    order = sorted(zip(targets.labels, targets.counts, strict=True), key=lambda entry: -entry[1])
    panels = []
    for label, _ in order[:_CLASSES_SHOWN]:
        rows = [row for row, truth in enumerate(truths) if truth == label]
        if not rows:
            continue
        shown = rows[:: max(1, len(rows) // _SHOWN_OF_EACH)][:_SHOWN_OF_EACH]
        right = sum(predictions[row].value == label for row in rows)
        panels.append(
            pictures_panel(
                f"Pictures of “{label}”",
                f"{right} of {len(rows)} test pictures of this class are answered right; {len(shown)} are shown.",
                [
                    _entry(thumbnail(sources[row]), predictions[row], label if predictions[row].value != label else "")
                    for row in shown
                ],
            )
        )
    return panels


def error_panels(
    model: LoadedModel,
    sources: Sequence[Any],
    truths: Sequence[str],
    predictions: Sequence[Prediction],
    targets: Targets,
) -> list[dict[str, Json]]:
    """The most confident errors: each picture, and where the network looked for its answer."""
    from burnish.models.grad_cam import looked_at

    wrong = [row for row, (truth, told) in enumerate(zip(truths, predictions, strict=True)) if truth != told.value]
    wrong = sorted(wrong, key=lambda row: -predictions[row].confidence)[:_ERRORS_SHOWN]
    if not wrong:
        return []
    outputs = [targets.labels.index(predictions[row].value) for row in wrong]
    maps = looked_at(model, [sources[row] for row in wrong], outputs)
    entries = []
    for number, row in enumerate(wrong):
        entries.append(_entry(thumbnail(sources[row]), predictions[row], truths[row]))
        if maps is not None:
            entries.append({"picture": thumbnail(sources[row], maps[number]), "caption": "looked at", "wrong": False})
    return [
        pictures_panel(
            "Its most confident errors, and where it looked",
            "Beside each picture, the places that spoke for the answer are bright (Grad-CAM, Selvaraju et al. 2017): a "
            "bright place that has nothing to do with the class hints at a short cut. Some errors are mistakes in the "
            "data.",
            entries,
        )
    ]


def pictures_panel(title: str, caption: str, pictures: Sequence[dict[str, Json]]) -> dict[str, Json]:
    """Pictures in rows; each has `picture` (a data address), `caption` and `wrong`."""
    return {"kind": "pictures", "title": title, "caption": caption, "pictures": list(pictures)}


def thumbnail(source: Any, heat: np.ndarray | None = None) -> str:
    """A small picture as a data address; with a map of heat in [0, 1], dark where that is low."""
    picture = read_picture(source, draft=2 * _SIDE)
    picture.thumbnail((_SIDE, _SIDE))
    if heat is not None:
        picture = _lit(picture, heat)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode("ascii")


def _lit(picture: Image, heat: np.ndarray) -> Image:
    from PIL import Image as Images

    small = Images.fromarray((255 * heat).astype(np.uint8)).resize(picture.size, Images.Resampling.BICUBIC)
    light = 0.2 + 0.8 * np.asarray(small, dtype=np.float64)[..., None] / 255
    return Images.fromarray((np.asarray(picture) * light).astype(np.uint8))


def _entry(picture: str, told: Prediction, truth: str) -> dict[str, Json]:
    """A picture with its answer; `truth` where that is another."""
    told_as = f"“{told.value}”, {told.confidence:.0%} sure"
    return {"picture": picture, "caption": f"{told_as}; it is “{truth}”" if truth else told_as, "wrong": bool(truth)}
