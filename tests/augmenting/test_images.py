"""Images: the same size and mode, the same for the same draw, and what each change is for."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from burnish.augmenting.images import change_image, colour, crop, flip, rand_augment
from burnish.augmenting.settings import AugmentSettings


def picture(width: int = 24, height: int = 16, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """Smooth colours with some noise."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.stack([8 * rows, 8 * columns, 4 * (rows + columns)], axis=-1) + generator.integers(
        0, 20, (height, width, 3)
    )
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert(mode)


@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    mode=st.sampled_from(["RGB", "L"]),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=80, deadline=None)
def test_size_and_mode_stay_and_the_same_draw_gives_the_same(width: int, height: int, mode: str, seed: int) -> None:
    asked = AugmentSettings(flip=0.5, crop=0.5, colour=0.4, rand_augment=2)
    image = picture(width, height, mode)
    before = image.tobytes()
    found = change_image(image, asked, random.Random(seed))
    assert (found.size, found.mode) == (image.size, image.mode)
    assert found.tobytes() == change_image(image, asked, random.Random(seed)).tobytes()
    assert image.tobytes() == before, "the image itself was changed"


def test_mirrored_twice_is_the_image() -> None:
    image = picture()
    assert flip(image).tobytes() != image.tobytes()
    assert flip(flip(image)).tobytes() == image.tobytes()


def test_a_crop_keeps_at_least_what_is_asked() -> None:
    rows, columns = np.mgrid[0:200, 0:200]
    image = Image.fromarray(np.stack([rows, columns, 0 * rows], axis=-1).astype(np.uint8))
    shares = []
    for seed in range(40):
        found = np.asarray(crop(image, 0.4, random.Random(seed))).astype(int)
        shares.append(np.ptp(found[..., 0]) * np.ptp(found[..., 1]) / 199**2)
    assert 0.5 < min(shares) < 0.75
    assert max(shares) > 0.85
    assert crop(image, 0.0, random.Random(0)).size == image.size


def test_colours_change_and_places_do_not() -> None:
    image = picture(48, 48)
    found = colour(image, 0.5, random.Random(1))
    assert found.tobytes() != image.tobytes()
    before, after = (np.asarray(each.convert("L"), dtype=float).ravel() for each in (image, found))
    assert np.corrcoef(before, after)[0, 1] > 0.9


@pytest.mark.parametrize("count", [1, 3, 10])
def test_randaugment_draws_among_all_changes(count: int) -> None:
    image = picture(32, 32)
    found = {rand_augment(image, count, random.Random(seed)).tobytes() for seed in range(60)}
    assert len(found) >= (12 if count == 1 else 50)
    assert rand_augment(image, 0, random.Random(0)) is image
