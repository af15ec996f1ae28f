"""What an image file is like, seen through Pillow: what is wrong with it, what is odd about it, and its thumbnail."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 50_000_000  # pixels; decoding more takes hundreds of megabytes
SMALLEST = 32  # pixels of the shorter side
THUMBNAIL = 16
_MOST_BITS = 24  # of 256 by which the hashes of copies may differ
_MOST_LEVELS = 6.0  # of 255 by which their thumbnails may differ on average
_ORIENTATION = 274  # the EXIF tag
_GREY = 3  # levels of 255 by which the colours of a grey image differ at most
_ENDINGS = {"JPEG": {".jpg", ".jpeg", ".jpe", ".jfif"}, "TIFF": {".tif", ".tiff"}, "MPO": {".jpg", ".jpeg"}}


def image_fault(path: Path) -> str:
    """Why an image cannot be used, in a few words; "" where it can."""
    from PIL import Image, UnidentifiedImageError

    if fault := file_fault(path):
        return fault
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of very large images: told below
            with Image.open(path) as image:
                if image.width * image.height > LARGEST:
                    return f"the image has {image.width * image.height / 1e6:.0f} million pixels"
                image.load()
    except Image.DecompressionBombError:
        return "the image has hundreds of millions of pixels"
    except UnidentifiedImageError:
        return "the file is not an image"
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        return "the image is cut off" if "truncated" in str(error) else "the image is damaged"
    return ""


def file_fault(path: Path) -> str:
    """Why a file cannot be read, in a few words; "" where it can."""
    try:
        size = path.stat().st_size
    except OSError:
        return "the file does not exist"
    if not path.is_file():
        return "it is not a file"
    return "" if size else "the file is empty"


def image_oddities(path: Path) -> list[str]:
    """What is odd about an image that can be read: wrong ending, tiny, grey, one colour, to be turned."""
    from PIL import Image

    odd = []
    with Image.open(path) as image:
        kind = str(image.format)
        if path.suffix and path.suffix.lower() not in _ENDINGS.get(kind, {f".{kind.lower()}"}):
            odd.append(f"is a {kind} file with the ending {path.suffix}")
        if min(image.size) < SMALLEST:
            odd.append(f"is tiny ({image.width} x {image.height})")
        if image.getexif().get(_ORIENTATION, 1) != 1:
            odd.append("has to be turned to stand upright (EXIF)")
        pixels = np.asarray(_small(image, 64).convert("RGB"), dtype=np.int16)
    if pixels.max() - pixels.min() <= _GREY:
        odd.append("has one colour only")
    elif (pixels.max(axis=2) - pixels.min(axis=2)).max() <= _GREY:
        odd.append("is grey")
    return odd


def thumbnail(path: Path) -> NDArray[np.uint8]:
    """A grey image of 16 x 17 pixels, uint8, upright."""
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        small = upright.convert("L").resize((THUMBNAIL + 1, THUMBNAIL), Image.Resampling.BILINEAR, reducing_gap=2)
        return np.asarray(small, dtype=np.uint8)


def image_duplicates(thumbnails: NDArray[np.uint8]) -> dict[int, int]:
    """Images that look like an earlier one: difference hashes nearly equal, and the thumbnails, too.

    Args:
        thumbnails: uint8 (images, 16, 17).

    Returns:
        The place of the first like it, by the place of the image.
    """
    rising = (thumbnails[:, :, 1:] > thumbnails[:, :, :-1]).reshape(len(thumbnails), -1)
    hashes = np.packbits(rising, axis=1).view(np.uint64)
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.int16)
    first: dict[int, int] = {}
    for place in range(1, len(hashes)):
        near = np.flatnonzero(np.bitwise_count(hashes[:place] ^ hashes[place]).sum(axis=1) <= _MOST_BITS)
        alike = (int(other) for other in near if np.abs(flat[other] - flat[place]).mean() <= _MOST_LEVELS)
        if (other := next((other for other in alike if other not in first), None)) is not None:
            first[place] = other
    return first


def _small(image: Any, side: int) -> Any:
    image.draft("RGB", (side, side))
    image.thumbnail((side, side))
    return image
