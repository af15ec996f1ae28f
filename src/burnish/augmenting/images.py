"""Change images as Pillow holds them: mirror, crop, colour, and RandAugment (Cubuk et al. 2020)."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from burnish.augmenting.settings import AugmentSettings

if TYPE_CHECKING:
    from PIL.Image import Image

_ASPECT = 4 / 3  # a crop is at most so much wider or higher than the image
_STRENGTH = 0.5  # of the changes of RandAugment, of the most that each can be


def change_image(image: Image, settings: AugmentSettings, generator: random.Random) -> Image:
    """An image changed as the settings say; of the same size and mode."""
    if settings.crop:
        image = crop(image, settings.crop, generator)
    if settings.flip and generator.random() < settings.flip:
        image = flip(image)
    if settings.colour:
        image = colour(image, settings.colour, generator)
    if settings.rand_augment:
        image = rand_augment(image, settings.rand_augment, generator)
    return image


def flip(image: Image) -> Image:
    """The image, left and right exchanged."""
    from PIL import ImageOps

    return ImageOps.mirror(image)


def crop(image: Image, most: float, generator: random.Random) -> Image:
    """A piece of the image, enlarged to its size.

    Args:
        image: Any.
        most: The largest share of the area that is cut away.
        generator: Draws size, shape and place.
    """
    from PIL.Image import Resampling

    width, height = image.size
    area = generator.uniform(1 - most, 1) * width * height
    aspect = width / height * math.exp(generator.uniform(-math.log(_ASPECT), math.log(_ASPECT)))
    wide = min(width, max(1, round(math.sqrt(area * aspect))))
    high = min(height, max(1, round(math.sqrt(area / aspect))))
    left, top = generator.randint(0, width - wide), generator.randint(0, height - high)
    return image.resize((width, height), Resampling.BILINEAR, box=(left, top, left + wide, top + high))


def colour(image: Image, most: float, generator: random.Random) -> Image:
    """Brightness, contrast and saturation changed, each by a factor within 1 ± `most`."""
    from PIL import ImageEnhance

    kinds: list[Any] = [ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color]
    for kind in kinds:
        image = kind(image).enhance(generator.uniform(1 - most, 1 + most))
    return image


def rand_augment(image: Image, count: int, generator: random.Random) -> Image:
    """Some changes drawn from all, one after the other, of middling strength.

    Args:
        image: RGB or grey.
        count: How many.
        generator: Draws which, and in which direction.
    """
    for _ in range(count):
        change = generator.choice(_CHANGES)
        image = change(image, generator.choice((-1, 1)) * _STRENGTH)
    return image


def _enhanced(kind: str) -> Callable[[Image, float], Image]:
    def change(image: Image, strength: float) -> Image:
        from PIL import ImageEnhance

        changed: Image = getattr(ImageEnhance, kind)(image).enhance(1 + 0.9 * strength)
        return changed

    return change


def _moved(matrix: Callable[[float, int, int], tuple[float, ...]]) -> Callable[[Image, float], Image]:
    def change(image: Image, strength: float) -> Image:
        from PIL.Image import Resampling, Transform

        numbers = matrix(strength, *image.size)
        return image.transform(image.size, Transform.AFFINE, numbers, resample=Resampling.BILINEAR)

    return change


def _rotated(image: Image, strength: float) -> Image:
    from PIL.Image import Resampling

    return image.rotate(30 * strength, resample=Resampling.BILINEAR)


def _posterised(image: Image, strength: float) -> Image:
    from PIL import ImageOps

    return ImageOps.posterize(image, 8 - round(4 * abs(strength)))


def _solarised(image: Image, strength: float) -> Image:
    from PIL import ImageOps

    return ImageOps.solarize(image, 255 - round(255 * abs(strength)))


def _stretched(image: Image, _strength: float) -> Image:
    from PIL import ImageOps

    return ImageOps.autocontrast(image)


_CHANGES: tuple[Callable[[Image, float], Image], ...] = (
    _enhanced("Brightness"),
    _enhanced("Contrast"),
    _enhanced("Color"),
    _enhanced("Sharpness"),
    _rotated,
    _posterised,
    _solarised,
    _stretched,
    _moved(lambda strength, _w, _h: (1, 0.3 * strength, 0, 0, 1, 0)),  # sheared along the width
    _moved(lambda strength, _w, _h: (1, 0, 0, 0.3 * strength, 1, 0)),  # sheared along the height
    _moved(lambda strength, w, _h: (1, 0, 0.3 * strength * w, 0, 1, 0)),  # shifted sideways
    _moved(lambda strength, _w, h: (1, 0, 0, 0, 1, 0.3 * strength * h)),  # shifted up or down
)
