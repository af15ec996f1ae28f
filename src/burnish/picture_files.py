"""Read pictures of any usual kind as plain RGB, and say what is wrong with a file that is none."""

from __future__ import annotations

import warnings
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 100_000_000  # a larger picture is refused before it is unpacked: it may be made to fill the memory
_SMALL = 64  # pixels a side; all of a JPEG file is read for that, and little is computed
_BACKGROUND = (255, 255, 255)  # what shows through where a picture is transparent


class UnreadablePictureError(Exception):
    """A file that is no usable picture; the message ends the sentence "the image …"."""


def read_picture(source: Any, *, draft: int = 0) -> Image:
    """A picture as RGB, turned as its camera was held, on white where it is transparent.

    Args:
        source: A file, or a picture in memory.
        draft: JPEG files may be read smaller, but with no side below this many pixels; 0: in full.

    Raises:
        UnreadablePictureError: It is no picture, damaged, or too large.
        UserError: Pillow is not installed.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise UserError(
            "reading pictures needs Pillow, which is not installed",
            where="image",
            fix="Add it: pip install 'burnish[images]', or in a clone: pip install -c constraints.txt -e '.[images]'",
        ) from None

    if isinstance(source, Image.Image):
        return _as_rgb(source)
    path = Path(source)
    try:
        if path.stat().st_size == 0:
            raise UnreadablePictureError("is an empty file")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes, which are looked at here, and of odd metadata
            with Image.open(path) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise UnreadablePictureError(f"has {opened.width} x {opened.height} pixels, which is too many")
                if draft:
                    opened.draft("RGB", (draft, draft))
                opened.load()
                return _as_rgb(opened)
    except UnreadablePictureError:
        raise
    except FileNotFoundError:
        raise UnreadablePictureError("file does not exist") from None
    except UnidentifiedImageError:
        raise UnreadablePictureError("file is no picture that can be read") from None
    except (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError, EOFError, MemoryError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnreadablePictureError(f"file is damaged: {reason}") from None


def picture_trouble(source: Any) -> str:
    """What is wrong with a picture, to end the sentence "the image …"; "" where it can be read to its end.

    A file that has not changed is read once only.
    """
    try:
        found = Path(source).stat()
    except (OSError, TypeError):
        return _trouble(source)
    return _known_trouble(str(source), found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=1 << 20)
def _known_trouble(source: str, _size: int, _time: int) -> str:
    return _trouble(source)


def _trouble(source: Any) -> str:
    try:
        read_picture(source, draft=_SMALL)
    except UnreadablePictureError as error:
        return str(error)
    return ""


def _as_rgb(image: Image) -> Image:
    from PIL import Image as Images
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return _from_deep(image)
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Images.new("RGBA", layered.size, (*_BACKGROUND, 255))
        return Images.alpha_composite(ground, layered).convert("RGB")
    return image.convert("RGB")


def _from_deep(image: Image) -> Image:
    """A grey picture of 16 bits or of fractions, its range brought to 8 bits; Pillow alone would cut it off."""
    import numpy as np
    from PIL import Image as Images

    values = np.asarray(image, dtype=np.float64)
    most = 65535.0 if values.max(initial=0) > 255 else 255.0 if values.max(initial=0) > 1 else 1.0
    grey = np.clip(values / most * 255, 0, 255).round().astype(np.uint8)
    return Images.fromarray(grey).convert("RGB")
